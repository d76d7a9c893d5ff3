//! `calon_padanan`: the chosen pairs with the values that a person decides by.

use std::io::Write;
use std::path::Path;

use crate::agreement::{Agreement, CandidateField, Dataset, Reconciliation, Row};
use crate::csv::Lines;
use crate::digest::Hasher;
use crate::fault::Fault;
use crate::snapshot::{Merged, Reader, Rows, StoreKey, Writer};

use super::super::columns::Columns;
use super::CandidateCounts;
use super::facets::Facet;
use super::people::{People, in_order, number_text};
use super::settle::{Pair, Settled};
use super::weights::probability;

/// Where the left record's number stands in a row, after the right one's; weight, percentage, mark and reasons follow,
/// then the right record's key and values, then the left one's.
const LEFT: usize = 1;
const FIXED: usize = 6;

/// How a pair whose records have no near rival is marked.
const CLEAR: &str = "JELAS";
/// One that has.
const AMBIGUOUS: &str = "RAGU";

/// The file in its making.
pub(super) struct Sheet {
    header: Vec<String>,
    /// Sorted by the left record's key in each partition.
    rows: Reader,
    id: String,
    /// Key columns.
    key: usize,
    /// Which sides' values stand first: the sides in the order of the agreement's parties.
    sides: [usize; 2],
    pub(super) counts: CandidateCounts,
}

/// What the rows are made of.
pub(super) struct Making<'a> {
    pub(super) scratch: &'a Path,
    pub(super) store: &'a StoreKey,
    pub(super) agreement: &'a Agreement,
    pub(super) recon: &'a Reconciliation,
    pub(super) datasets: [&'a Dataset; 2],
    pub(super) fields: &'a [CandidateField],
    pub(super) facets: &'a [Facet],
    pub(super) people: [&'a People; 2],
    /// How near a rival makes a pair ambiguous, in hundredths of a bit.
    pub(super) margin: i32,
}

impl Making<'_> {
    /// Puts the values of both records to each pair.
    pub(super) fn sheet(&self, settled: &Settled) -> Result<Sheet, Fault> {
        let mut counts = CandidateCounts::default();
        let columns = self.columns();
        let mut rows = Writer::scratch(self.scratch, self.store, &columns)?;
        self.attach(1, &settled.pairs, RIGHT_OF_PAIR, |row, values, out| {
            let pair = Pair::read(row);
            let ambiguous = pair
                .rival
                .is_some_and(|rival| rival >= pair.weight - self.margin);
            counts.pairs += 1;
            counts.ambiguous += u64::from(ambiguous);
            let percent = (100.0 * probability(pair.weight, settled.share)).min(99.0) as u8;
            out.clear();
            out.push(&number_text(pair.right));
            out.push(&number_text(pair.left));
            out.push(&tenths(pair.weight));
            out.push(&percent.to_string());
            out.push(if ambiguous { AMBIGUOUS } else { CLEAR });
            out.push(&self.reasons(&pair));
            out.extend(values.fields());
            rows.push(&number_text(pair.left), out)
        })?;
        let by_left = in_order(self.scratch, self.store, &rows.finish()?, &[LEFT])?;
        let mut rows = Writer::scratch(self.scratch, self.store, &columns)?;
        self.attach(0, &by_left, LEFT, |row, values, out| {
            out.clear();
            out.extend(row.fields().chain(values.fields()));
            rows.push(row.get(LEFT), out)
        })?;
        let [first, _] = &self.agreement.parties;
        let [left, _] = self.datasets;
        Ok(Sheet {
            header: self.header(),
            rows: rows.finish()?,
            id: self.recon.id.to_string(),
            key: self.recon.key.len(),
            sides: if left.party == first.id {
                [0, 1]
            } else {
                [1, 0]
            },
            counts,
        })
    }

    /// Walks along the pairs, which are sorted by the number of their record on one side, and hands each to `put` with
    /// that record's key and values.
    fn attach(
        &self,
        side: usize,
        pairs: &Reader,
        place: usize,
        mut put: impl FnMut(&Row, &Row, &mut Row) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (Some(people), Some(dataset)) = (self.people.get(side), self.datasets.get(side)) else {
            return Ok(());
        };
        let columns = Columns::of(dataset, &people.records);
        let mut pairs = Merged::of(pairs, &[place])?;
        let mut records = Merged::of(&people.records, &people.key)?;
        let (mut pair, mut record) = (Row::new(), Row::new());
        let (mut values, mut out) = (Row::new(), Row::new());
        let mut next = 0;
        while pairs.read(&mut pair)? {
            let number: u64 = pair.get(place).parse().unwrap_or_default();
            while next <= number && records.read(&mut record)? {
                next += 1;
            }
            values.clear();
            people
                .key
                .iter()
                .for_each(|at| values.push(record.get(*at)));
            for field in self.shown() {
                let position = field.positions.get(side).copied().unwrap_or(usize::MAX);
                values.push(columns.get(&record, position));
            }
            put(&pair, &values, &mut out)?;
        }
        Ok(())
    }

    /// The columns beside the key.
    fn shown(&self) -> impl Iterator<Item = &CandidateField> {
        let fields = self.fields.iter();
        fields.filter(|field| !self.recon.key.contains(&field.name))
    }

    fn reasons(&self, pair: &Pair) -> String {
        let reason = |(place, facet): (usize, &Facet)| {
            let word = facet.likeness.word(pair.outcome.level(place));
            format!("{} {word}", facet.name)
        };
        let reasons: Vec<String> = self.facets.iter().enumerate().map(reason).collect();
        reasons.join("; ")
    }

    fn header(&self) -> Vec<String> {
        let mut header: Vec<String> = ["id", "skor", "peluang", "tanda", "alasan"]
            .map(str::to_owned)
            .to_vec();
        let shown = self.shown().map(|field| &field.name);
        for name in self.recon.key.iter().chain(shown) {
            for party in &self.agreement.parties {
                header.push(format!("{name}_{}", party.id));
            }
        }
        header
    }

    /// Names of the columns between the steps.
    fn columns(&self) -> Vec<String> {
        let fixed = ["kanan", "kiri", "skor", "peluang", "tanda", "alasan"];
        let names = || {
            let shown = self.shown().map(|field| &field.name);
            self.recon.key.iter().chain(shown)
        };
        let mut columns: Vec<String> = fixed.map(str::to_owned).to_vec();
        for side in ["kanan", "kiri"] {
            columns.extend(names().map(|name| format!("{side}_{name}")));
        }
        columns
    }
}

/// Where a pair's row has the number of its right record.
const RIGHT_OF_PAIR: usize = 1;

impl Sheet {
    /// Writes the file, sorted by the left record's key.
    pub(super) fn write_csv(&self, out: &mut dyn Write) -> Result<(), Fault> {
        let mut lines = Lines::new(out, "calon_padanan.csv");
        self.header.iter().for_each(|column| lines.field(column));
        lines.end()?;
        let (mut rows, mut row) = (Merged::of(&self.rows, &[LEFT])?, Row::new());
        // The right record's values stand first in a row.
        let values = (self.rows.columns().len() - FIXED) / 2;
        let of = |side: usize| FIXED + values * (1 - side);
        while rows.read(&mut row)? {
            lines.field(&self.id_of(&row, [of(0), of(1)]));
            (2..FIXED).for_each(|place| lines.field(row.get(place)));
            for value in 0..values {
                self.sides
                    .iter()
                    .for_each(|side| lines.field(row.get(of(*side) + value)));
            }
            lines.end()?;
        }
        Ok(())
    }

    /// 20 hexadecimal digits, the same in every run: SHA-256 over reconciliation and both keys.
    fn id_of(&self, row: &Row, keys: [usize; 2]) -> String {
        let mut hasher = Hasher::default();
        let mut part = |text: &str| {
            hasher.update(&(text.len() as u32).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        part(&self.id);
        part("CALON");
        for key in keys {
            (key..key + self.key).for_each(|place| part(row.get(place)));
        }
        hasher.finish().to_string().chars().take(20).collect()
    }
}

/// Hundredths of a bit as bits with one decimal.
fn tenths(weight: i32) -> String {
    let tenths = (f64::from(weight) / 10.0).round() as i32;
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10)
}
