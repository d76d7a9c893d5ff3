//! One partition in the order of its key.

use std::path::Path;

use crate::agreement::Row;
use crate::fault::Fault;

use super::block::{Plain, Raw};
use super::merge::Merged;
use super::reader::Reader;
use super::store_key::StoreKey;
use super::writer::Writer;
use super::{Partition, Rows};

/// Most bytes sorted in memory at once. A partition of 10 M rows fits; a larger one is sorted in runs.
const BUDGET: usize = 16 << 20;

/// The values of some columns, comparable byte by byte as the list of values is. Never prints.
#[derive(Default)]
pub struct SortKey(Plain);

/// A partition's rows in order; see [`sorted`].
pub struct Sorted(Order);

enum Order {
    InMemory {
        loaded: Loaded,
        next: usize,
        ends: Vec<usize>,
    },
    Runs(Merged),
}

/// The rows of `partition` by the bytes of their values in `columns`; rows with equal values by their whole content.
///
/// A partition too large for memory is sorted through an encrypted file without a name in the folder `scratch`.
pub fn sorted(
    reader: &Reader,
    partition: Partition,
    columns: &[usize],
    scratch: &Path,
    store: &StoreKey,
) -> Result<Sorted, Fault> {
    sorted_within(BUDGET, reader, partition, columns, scratch, store)
}

fn sorted_within(
    budget: usize,
    reader: &Reader,
    partition: Partition,
    columns: &[usize],
    scratch: &Path,
    store: &StoreKey,
) -> Result<Sorted, Fault> {
    let mut cursor = reader.partition(partition);
    let mut loaded = Loaded::default();
    let mut runs = None;
    while let Some(raw) = cursor.next_raw()? {
        if !loaded.is_empty() && loaded.len_with(raw.encoded) > budget {
            let (runs, places) = match &mut runs {
                Some(runs) => runs,
                None => runs.insert((
                    Writer::scratch(scratch, store, reader.columns())?,
                    Partition::all(),
                )),
            };
            let place = places
                .next()
                .ok_or_else(|| reader.damaged("has a partition too large to sort"))?;
            loaded.sort();
            loaded.write(runs, place)?;
            loaded.clear();
        }
        loaded.push(&raw, columns);
    }
    loaded.sort();
    match runs {
        None => Ok(Sorted(Order::InMemory {
            loaded,
            next: 0,
            ends: Vec::new(),
        })),
        Some((mut runs, mut places)) => {
            let place = places
                .next()
                .ok_or_else(|| reader.damaged("has a partition too large to sort"))?;
            loaded.write(&mut runs, place)?;
            drop(loaded);
            Ok(Sorted(Order::Runs(Merged::of(&runs.finish()?, columns)?)))
        }
    }
}

impl Rows for Sorted {
    fn read(&mut self, row: &mut Row) -> Result<bool, Fault> {
        match &mut self.0 {
            Order::Runs(merged) => merged.read(row),
            Order::InMemory { loaded, next, ends } => {
                let found = loaded.read(*next, row, ends);
                *next += 1;
                Ok(found)
            }
        }
    }
}

impl SortKey {
    /// Replaces the key by the one of `row`.
    pub fn set(&mut self, row: &Row, columns: &[usize]) {
        self.0.clear();
        let value = |column: &usize| row.get(*column).as_bytes();
        write_key(columns.iter().map(value), &mut self.0);
    }

    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for SortKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for SortKey {}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes().cmp(other.bytes())
    }
}

/// Each value ends with two zero bytes; a zero byte inside is followed by 0xff, so that no value runs into the next.
pub(super) fn write_key<'v>(values: impl Iterator<Item = &'v [u8]>, out: &mut Plain) {
    for value in values {
        out.reserve(value.len() + 2);
        let mut pieces = value.split(|byte| *byte == 0);
        out.extend(pieces.next().unwrap_or_default());
        for piece in pieces {
            out.extend(&[0, 0xff]);
            out.extend(piece);
        }
        out.extend(&[0, 0]);
    }
}

/// The first bytes of a record as a number: where two differ, they compare as the records do.
pub(super) fn beginning(record: &[u8]) -> u128 {
    // A shorter one is the smaller, as where the rest decides.
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(record)
        .for_each(|(to, from)| *to = *from);
    u128::from_be_bytes(bytes)
}

/// Rows in memory: in one buffer each row's key and then the row.
#[derive(Default)]
struct Loaded {
    bytes: Plain,
    places: Vec<Place>,
}

struct Place {
    /// How the record begins, as a number: it decides nearly always, without a look at the record.
    begin: u128,
    key: usize,
    row: usize,
    end: usize,
}

impl Loaded {
    fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Size with one more row, its key taken to be as long as itself at most.
    fn len_with(&self, encoded: &[u8]) -> usize {
        self.bytes.len()
            + self.places.len() * size_of::<Place>()
            + encoded.len()
            + size_of::<Place>()
    }

    fn push(&mut self, raw: &Raw<'_, '_>, columns: &[usize]) {
        let key = self.bytes.len();
        write_key(columns.iter().map(|c| raw.field(*c)), &mut self.bytes);
        let row = self.bytes.len();
        self.bytes.extend(raw.encoded);
        let begin = beginning(self.bytes.get(key..).unwrap_or_default());
        self.places.push(Place {
            begin,
            key,
            row,
            end: self.bytes.len(),
        });
    }

    /// By key, then by the row itself: the result depends on content only, not on the order of arrival.
    fn sort(&mut self) {
        let bytes = &self.bytes;
        let record = |p: &Place| bytes.get(p.key..p.end).unwrap_or_default();
        self.places
            .sort_unstable_by(|a, b| a.begin.cmp(&b.begin).then_with(|| record(a).cmp(record(b))));
    }

    fn read(&self, number: usize, row: &mut Row, ends: &mut Vec<usize>) -> bool {
        row.clear();
        let bytes = |p: &Place| self.bytes.get(p.row..p.end);
        match self.places.get(number).and_then(bytes) {
            Some(mut bytes) => {
                let raw = Raw::take(&mut bytes, ends);
                raw.is_some_and(|raw| raw.read(row).is_some())
            }
            None => false,
        }
    }

    fn write(&self, writer: &mut Writer, partition: Partition) -> Result<(), Fault> {
        let (mut row, mut ends) = (Row::new(), Vec::new());
        for number in 0..self.places.len() {
            self.read(number, &mut row, &mut ends);
            writer.push_to(partition, &row)?;
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::super::Partition;
    use super::*;

    fn all(mut rows: impl Rows) -> Vec<Vec<String>> {
        let (mut row, mut out) = (Row::new(), Vec::new());
        while rows.read(&mut row).unwrap() {
            out.push(row.fields().map(str::to_owned).collect());
        }
        out
    }

    proptest! {
        #[test]
        fn keys_compare_as_the_lists_of_their_values(
            a in any::<[String; 2]>(), b in any::<[String; 2]>(), zeros in any::<[u8; 2]>()
        ) {
            let spread = |[x, y]: [String; 2], n: u8| [format!("{x}{}", "\0".repeat(n as usize % 4)), y];
            let (a, b) = (spread(a, zeros[0]), spread(b, zeros[1]));
            let (mut left, mut right) = (SortKey::default(), SortKey::default());
            left.set(&a.iter().collect(), &[0, 1]);
            right.set(&b.iter().collect(), &[0, 1]);
            prop_assert_eq!(left.cmp(&right), a.cmp(&b));
        }
    }

    #[test]
    fn a_partition_too_large_for_memory_is_sorted_the_same() {
        let (dir, store) = (tempfile::tempdir().unwrap(), StoreKey::generate_for_tests());
        let columns = ["a", "b"].map(str::to_owned);
        let mut writer = Writer::scratch(dir.path(), &store, &columns).unwrap();
        let place = Partition::all().nth(9).unwrap();
        let mut random = fastrand::Rng::with_seed(5);
        let mut expected = Vec::new();
        for _ in 0..4000 {
            let fields = [random.u8(..).to_string(), random.u32(..).to_string()];
            writer.push_to(place, &fields.iter().collect()).unwrap();
            expected.push(fields.to_vec());
        }
        expected.sort();
        let reader = writer.finish().unwrap();
        for budget in [1_000_000_000, 20_000, 1500] {
            let rows = sorted_within(budget, &reader, place, &[0], dir.path(), &store).unwrap();
            let rows = all(rows);
            assert!(rows.is_sorted_by_key(|r| &r[0]));
            let mut by_content = rows.clone();
            by_content.sort();
            assert!(by_content == expected, "budget {budget}");
        }
        let whole = |budget| sorted_within(budget, &reader, place, &[0], dir.path(), &store);
        assert!(all(whole(1 << 30).unwrap()) == all(whole(1500).unwrap()));
        assert!(
            whole(100).is_err(),
            "more runs than partitions is a fault, not a panic"
        );
        assert_eq!(
            dir.path().read_dir().unwrap().count(),
            0,
            "runs leave nothing"
        );
    }
}
