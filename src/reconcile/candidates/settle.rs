//! One record, one partner: the best pair first, and which of those chosen have a near rival.

use std::collections::BTreeMap;
use std::path::Path;

use crate::agreement::Row;
use crate::fault::Fault;
use crate::snapshot::{Merged, Partition, Reader, Rows, StoreKey, Writer, sorted};

use super::people::{in_order, number_text};
use super::weights::{Outcome, share_of_matches, weight_of};

/// Columns of a pair's row: the numbers of both records, the weight as text that sorts the greatest first, the outcome,
/// and the weight of the best other pair of either record.
const LEFT: usize = 0;
const RIGHT: usize = 1;
const ORDER: usize = 2;
/// Records of a side that a small one is taken for.
const FEWEST: u64 = 100;
/// Greater than any weight.
const TOP: i32 = 100_000;

/// Pairs as they are found, each as often as a pass found it.
pub(super) struct Found {
    writer: Writer,
}

/// A pair of records.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) left: u64,
    pub(super) right: u64,
    /// In hundredths of a bit.
    pub(super) weight: i32,
    pub(super) outcome: Outcome,
    /// Weight of the best other pair of either record.
    pub(super) rival: Option<i32>,
}

/// What is asked of a pair, and of how many records it is chosen.
pub(super) struct Demand {
    /// Records of each side.
    pub(super) records: [u64; 2],
    /// Least probability.
    pub(super) least: f64,
}

/// The pairs that were chosen, sorted by the right record's number in each partition.
pub(super) struct Settled {
    pub(super) pairs: Reader,
    /// The share of all possible pairs that are one person.
    pub(super) share: f64,
}

impl Found {
    /// Nothing found yet.
    pub(super) fn begin(scratch: &Path, store: &StoreKey) -> Result<Self, Fault> {
        Ok(Self {
            writer: writer(scratch, store)?,
        })
    }

    /// Adds a pair.
    pub(super) fn push(&mut self, pair: &Pair) -> Result<(), Fault> {
        pair.write(&mut self.writer, LEFT)
    }

    /// Chooses.
    pub(super) fn settle(
        self,
        scratch: &Path,
        store: &StoreKey,
        demand: &Demand,
    ) -> Result<Settled, Fault> {
        let found = self.writer.finish()?;
        let mut weights = BTreeMap::new();
        let by_left = rivals(scratch, store, &found, [LEFT, RIGHT], |pair| {
            *weights.entry(pair.weight).or_default() += 1;
            true
        })?;
        let share = share_of_matches(&weights, demand.pairs(), demand.most());
        let least = weight_of(demand.least, share);
        let likely = |pair: &Pair| pair.weight >= least;
        let by_right = rivals(scratch, store, &by_left, [RIGHT, LEFT], likely)?;
        let ordered = in_order(scratch, store, &by_right, &[ORDER, LEFT, RIGHT])?;
        let mut chosen = writer(scratch, store)?;
        let mut taken = demand.records.map(Taken::none);
        let (mut rows, mut row) = (Merged::of(&ordered, &[ORDER, LEFT, RIGHT])?, Row::new());
        while rows.read(&mut row)? {
            let pair = Pair::read(&row);
            let [left, right] = &mut taken;
            if !left.has(pair.left) && !right.has(pair.right) {
                left.take(pair.left);
                right.take(pair.right);
                pair.write(&mut chosen, RIGHT)?;
            }
        }
        Ok(Settled {
            pairs: in_order(scratch, store, &chosen.finish()?, &[RIGHT])?,
            share,
        })
    }
}

impl Demand {
    /// All pairs that there are. Few records are taken for more, so that a poor pair is not likely for want of others.
    fn pairs(&self) -> f64 {
        let records = self.records.iter();
        records.map(|n| (*n).max(FEWEST) as f64).product()
    }

    /// The share of them that are one person if everyone of the smaller side had a partner.
    fn most(&self) -> f64 {
        let fewer = self.records.iter().min().copied().unwrap_or_default();
        fewer.max(1) as f64 / self.pairs()
    }

    /// No pair of less weight can be chosen, whatever the share of matches turns out to be.
    pub(super) fn least_weight(&self) -> i32 {
        weight_of(self.least, self.most())
    }
}

/// Drops what was found twice, notes each pair's best rival among those of the first record, and keeps what is asked
/// for. The pairs come back under the second record.
fn rivals(
    scratch: &Path,
    store: &StoreKey,
    pairs: &Reader,
    [first, second]: [usize; 2],
    mut keep: impl FnMut(&Pair) -> bool,
) -> Result<Reader, Fault> {
    let mut kept = writer(scratch, store)?;
    let mut flush = |group: &mut Vec<Pair>| -> Result<(), Fault> {
        let mut best = group.iter().map(|pair| pair.weight).collect::<Vec<_>>();
        best.sort_unstable_by(|a, b| b.cmp(a));
        for mut pair in group.drain(..) {
            let rival = match best.first() {
                Some(top) if *top == pair.weight => best.get(1),
                top => top,
            };
            pair.rival = pair.rival.max(rival.copied());
            if keep(&pair) {
                pair.write(&mut kept, second)?;
            }
        }
        Ok(())
    };
    let (mut row, mut group) = (Row::new(), Vec::<Pair>::new());
    for partition in Partition::all() {
        let mut rows = sorted(pairs, partition, &[first, second], scratch, store)?;
        while rows.read(&mut row)? {
            let pair = Pair::read(&row);
            if let Some(last) = group.last() {
                if (last.left, last.right) == (pair.left, pair.right) {
                    continue;
                }
                if last.of(first) != pair.of(first) {
                    flush(&mut group)?;
                }
            }
            group.push(pair);
        }
        flush(&mut group)?;
    }
    kept.finish()
}

fn writer(scratch: &Path, store: &StoreKey) -> Result<Writer, Fault> {
    let columns = ["kiri", "kanan", "urutan", "hasil", "saingan"];
    Writer::scratch(scratch, store, &columns.map(str::to_owned))
}

impl Pair {
    /// As [`Pair::write`] wrote it.
    pub(super) fn read(row: &Row) -> Self {
        let number = |place| row.get(place).parse().unwrap_or_default();
        Self {
            left: number(LEFT),
            right: number(RIGHT),
            weight: TOP - row.get(ORDER).parse().unwrap_or(TOP),
            outcome: Outcome(u64::from_str_radix(row.get(3), 16).unwrap_or_default()),
            rival: row.get(4).parse().ok(),
        }
    }

    fn write(&self, writer: &mut Writer, under: usize) -> Result<(), Fault> {
        let mut row = Row::new();
        row.push(&number_text(self.left));
        row.push(&number_text(self.right));
        row.push(&format!("{:06}", TOP - self.weight));
        row.push(&format!("{:x}", self.outcome.0));
        row.push(
            &self
                .rival
                .map_or_else(String::new, |rival| rival.to_string()),
        );
        writer.push(&number_text(self.of(under)), &row)
    }

    fn of(&self, side: usize) -> u64 {
        if side == LEFT { self.left } else { self.right }
    }
}

/// The numbers that have a partner, a bit each.
struct Taken(Vec<u64>);

impl Taken {
    fn none(records: u64) -> Self {
        Self(vec![
            0;
            usize::try_from(records / 64 + 1).unwrap_or_default()
        ])
    }

    fn place(number: u64) -> (usize, u64) {
        (
            usize::try_from(number / 64).unwrap_or(usize::MAX),
            1 << (number % 64),
        )
    }

    fn has(&self, number: u64) -> bool {
        let (word, bit) = Self::place(number);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }

    fn take(&mut self, number: u64) {
        let (word, bit) = Self::place(number);
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= bit;
        }
    }
}
