//! Likely pairs among the records that met nobody: for a person to decide, never adopted.
//!
//! ```text
//!   leftovers ─▶ people ─▶ blocks ─▶ sweep ─▶ weights ─▶ sweep ─▶ settle ─▶ sheet
//!   both sides   numbered  by key    count    m and u    weigh    one to    with the
//!                          parts     outcomes            pairs    one       values
//! ```
//!
//! [`facets`] says what is compared and [`levels`] how; [`blocks`] which records meet at all. All of it lies in encrypted
//! files without a name, partition by partition. What a reader gets follows from the columns that it may see and from no
//! other: where the two parties' columns differ, each gets a run of its own.

mod blocks;
mod estimates;
mod facets;
mod frequency;
mod levels;
mod locks;
mod people;
mod settle;
mod sheet;
mod sweep;
mod weights;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::Write;
use std::sync::Mutex;

use crate::agreement::{self, Agreement, CandidateField, Dataset, PartyId, Reconciliation};
use crate::fault::Fault;
use crate::snapshot::{Reader, Writer};

pub use estimates::{Estimate, Estimates};

use super::Bench;
use blocks::{everyone, passes};
use facets::Facet;
use levels::Likeness;
use locks::{locked, unlocked};
use people::{People, drawn, facet};
use settle::{Demand, Found, Pair};
use sheet::{Making, Sheet};
use sweep::{Blocks, MOST, Member, Skipped};
use weights::{Counts, Outcome, Seen, Weights};

/// Records of each side whose pairs with each other tell how alike two people are: the more, the more are left over.
const APART: [u64; 2] = [100, 800];
/// Records of the left side whose pairs the weights are estimated from; more hardly changes them.
const TRAINING: u64 = 25_000;
/// Pairs that wait before they are written together.
const BATCH: usize = 1_000;

/// The likely pairs of one reconciliation for those who may see them.
pub struct Candidates {
    readers: Vec<PartyId>,
    fields: Vec<CandidateField>,
    sheet: Sheet,
    /// How they were found.
    pub estimates: Estimates,
}

/// How many pairs were chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CandidateCounts {
    /// All of them.
    pub pairs: u64,
    /// Those of which a record has another pair that is nearly as likely.
    pub ambiguous: u64,
}

impl Candidates {
    /// Writes the pairs, sorted by the left record's key.
    ///
    /// Columns: `id`, `skor`, `peluang`, `tanda`, `alasan`, then each key column and each compared one for both parties.
    pub fn write_csv(&self, out: &mut dyn Write) -> Result<(), Fault> {
        self.sheet.write_csv(out)
    }

    /// How many pairs there are.
    pub fn counts(&self) -> CandidateCounts {
        self.sheet.counts
    }

    pub(super) fn is_for(&self, reader: &PartyId) -> bool {
        self.readers.contains(reader)
    }
}

/// Finds the likely pairs among what is left of both sides, for each reader who may know of them. The whole snapshots tell
/// how alike two people are.
pub(super) fn run(
    bench: Bench,
    agreement: &Agreement,
    recon: &Reconciliation,
    datasets: [&Dataset; 2],
    snapshots: [&Reader; 2],
    leftovers: &[Reader; 2],
) -> Result<Vec<Candidates>, Fault> {
    let Some(asked) = &recon.candidates else {
        return Ok(Vec::new());
    };
    let mut all: Vec<Candidates> = Vec::new();
    for party in &agreement.parties {
        let fields = facets::visible(recon, &asked.fields, datasets, &party.id);
        let facets = facets::of(&fields, datasets);
        if !facets.iter().any(Facet::tells_people_apart) {
            continue;
        }
        let same = |one: &&mut Candidates| {
            one.fields
                .iter()
                .map(|f| &f.name)
                .eq(fields.iter().map(|f| &f.name))
        };
        if let Some(same) = all.iter_mut().find(same) {
            same.readers.push(party.id.clone());
            continue;
        }
        let search = Search {
            bench,
            agreement,
            recon,
            datasets,
            snapshots,
            asked,
            likenesses: facets.iter().map(|f| f.likeness).collect(),
            facets: &facets,
            fields: &fields,
        };
        let (sheet, estimates) = search.run(leftovers)?;
        all.push(Candidates {
            readers: vec![party.id.clone()],
            fields,
            sheet,
            estimates,
        });
    }
    Ok(all)
}

/// One run over one set of columns.
struct Search<'a> {
    bench: Bench<'a>,
    agreement: &'a Agreement,
    recon: &'a Reconciliation,
    datasets: [&'a Dataset; 2],
    snapshots: [&'a Reader; 2],
    asked: &'a agreement::Candidates,
    facets: &'a [Facet],
    likenesses: Vec<Likeness>,
    fields: &'a [CandidateField],
}

impl Search<'_> {
    fn run(&self, leftovers: &[Reader; 2]) -> Result<(Sheet, Estimates), Fault> {
        let left_over = leftovers.each_ref().map(Reader::rows);
        let [left, right] = leftovers;
        // Where one side has nobody left, the other one's need not be looked at.
        let none =
            |side: &Reader| Writer::scratch(self.bench.scratch, self.bench.store, side.columns());
        let (left, right) = match left_over.contains(&0) {
            true => (&none(left)?.finish()?, &none(right)?.finish()?),
            false => (left, right),
        };
        let [on_left, on_right] = self.datasets;
        let people = |dataset, rows, side| {
            let (scratch, store, rules) =
                (self.bench.scratch, self.bench.store, &self.agreement.names);
            People::of(scratch, store, rules, self.facets, dataset, rows, side)
        };
        // One after the other: each holds a block of every partition twice.
        let (left, mut frequencies) = people(on_left, left, 0)?;
        let (right, others) = people(on_right, right, 1)?;
        frequencies.add(&others);
        let people = [&left, &right];
        let demand = Demand {
            records: people.map(|side| side.rows.rows()),
            least: f64::from(self.asked.least_percent) / 100.0,
        };
        let mut blocks = Vec::new();
        for pass in self.passes(&demand) {
            let made = Blocks::of(self.bench, &pass, people, &frequencies)?;
            blocks.push((pass.within, made));
        }
        let weights = self.weights(&demand, &blocks)?;
        let (found, compared) = self.weigh(&demand, &weights, &blocks)?;
        let settled = found.settle(self.bench.scratch, self.bench.store, &demand)?;
        let sheet = Making {
            scratch: self.bench.scratch,
            store: self.bench.store,
            agreement: self.agreement,
            recon: self.recon,
            datasets: self.datasets,
            fields: self.fields,
            facets: self.facets,
            people,
            margin: self.margin(),
        }
        .sheet(&settled)?;
        let mut skipped = Skipped::default();
        for (_, one) in &blocks {
            skipped.blocks += one.skipped.blocks;
            skipped.pairs += one.skipped.pairs;
        }
        let sides = self.datasets.map(|dataset| dataset.party.clone());
        let estimates = Estimates::of(
            sides.into_iter().zip(left_over).collect(),
            compared,
            skipped,
            settled.share,
            self.facets,
            &weights,
        );
        Ok((sheet, estimates))
    }

    /// Few records are all held against each other; more only where a key brings them together.
    fn passes(&self, demand: &Demand) -> Vec<blocks::Pass> {
        match demand.records.iter().all(|records| *records <= MOST as u64) {
            true => everyone(),
            false => passes(self.facets),
        }
    }

    fn weights(&self, demand: &Demand, blocks: &[(u16, Blocks)]) -> Result<Weights, Fault> {
        let apart = self.count_apart(demand)?;
        let [left, _] = demand.records;
        let trains = |member: &Member<'_>| {
            left <= TRAINING || drawn(member.number().parse().unwrap_or_default(), TRAINING, left)
        };
        let mut passes = Vec::new();
        for (within, blocks) in blocks {
            let begin = HashMap::<u64, u64>::new;
            let states = blocks.sweep(
                self.bench,
                self.facets.len(),
                begin,
                trains,
                |counts, a, b| {
                    *counts.entry(self.compare(a, b).0).or_default() += 1;
                    Ok(())
                },
            )?;
            let mut counts = Counts::new();
            for (outcome, count) in states.into_iter().flatten() {
                *counts.entry(outcome).or_default() += count;
            }
            passes.push(Seen {
                within: *within,
                counts,
            });
        }
        let trained = demand.records.iter().min().copied().unwrap_or_default();
        Ok(Weights::estimate(
            &self.likenesses,
            &apart,
            &passes,
            trained.min(TRAINING),
        ))
    }

    /// How alike different people are: pairs of records of one side, whether they met somebody or not.
    fn count_apart(&self, demand: &Demand) -> Result<Counts, Fault> {
        let mut counts = Counts::new();
        let fewer = demand.records.iter().min().copied().unwrap_or_default();
        if fewer == 0 {
            return Ok(counts);
        }
        let [least, most] = APART;
        for (side, (dataset, snapshot)) in self.datasets.iter().zip(self.snapshots).enumerate() {
            let rules = &self.agreement.names;
            let wanted = fewer.clamp(least, most);
            let sample = people::sample(rules, self.facets, dataset, snapshot, side, wanted)?;
            for (at, a) in sample.iter().enumerate() {
                for b in sample.iter().skip(at + 1) {
                    let outcome = self.outcome(|place| [facet(a, place), facet(b, place)]);
                    *counts.entry(outcome.0).or_default() += 1;
                }
            }
        }
        Ok(counts)
    }

    /// Every pair that may be likely enough, or a rival of one that is; also how many pairs the passes hold, each as often
    /// as it is in one.
    fn weigh(
        &self,
        demand: &Demand,
        weights: &Weights,
        blocks: &[(u16, Blocks)],
    ) -> Result<(Found, u64), Fault> {
        let least = demand.least_weight() - self.margin();
        let found = Mutex::new(Found::begin(self.bench.scratch, self.bench.store)?);
        let flush = |batch: &mut Vec<Pair>| -> Result<(), Fault> {
            let mut found = locked(&found);
            batch.drain(..).try_for_each(|pair| found.push(&pair))
        };
        let mut compared = 0;
        for (_, blocks) in blocks {
            let begin = || (Vec::new(), 0);
            let rests = blocks.sweep(
                self.bench,
                self.facets.len(),
                begin,
                |_| true,
                |(batch, pairs), a, b| {
                    *pairs += 1;
                    let outcome = self.compare(a, b);
                    let weight = weights.of(outcome, |place| a.rarity(place));
                    if weight >= least {
                        batch.push(Pair {
                            left: a.number().parse().unwrap_or_default(),
                            right: b.number().parse().unwrap_or_default(),
                            weight,
                            outcome,
                            rival: None,
                        });
                    }
                    match batch.len() < BATCH {
                        true => Ok(()),
                        false => flush(batch),
                    }
                },
            )?;
            for (mut rest, pairs) in rests {
                flush(&mut rest)?;
                compared += pairs;
            }
        }
        Ok((unlocked(found), compared))
    }

    fn compare(&self, a: &Member<'_>, b: &Member<'_>) -> Outcome {
        self.outcome(|place| [a.facet(place), b.facet(place)])
    }

    fn outcome<'v>(&self, values: impl Fn(usize) -> [&'v str; 2]) -> Outcome {
        let similar = self.agreement.names.similar_permille;
        let all = self.likenesses.iter().enumerate();
        all.fold(Outcome(0), |outcome, (place, likeness)| {
            let [a, b] = values(place);
            outcome.with(place, likeness.level(a, b, similar))
        })
    }

    fn margin(&self) -> i32 {
        (100.0 * libm::log2(f64::from(self.asked.ambiguous_ratio))).round() as i32
    }
}
