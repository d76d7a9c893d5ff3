//! The records of one side, numbered in the order of their keys, in the forms in which they compare.

use std::path::Path;

use crate::agreement::{Dataset, NameRules, Row};
use crate::digest::Sha256Digest;
use crate::fault::Fault;
use crate::snapshot::{Merged, PARTITIONS, Partition, Reader, Rows, StoreKey, Writer, sorted};

use super::super::columns::Columns;
use super::facets::Facet;
use super::frequency::Frequencies;

/// Where the number stands in a person's row; the facets follow.
pub(super) const NUMBER: usize = 0;

/// Digits of a number: rows are sorted by text.
const DIGITS: usize = 10;

/// One side.
pub(super) struct People {
    /// The records as they came, sorted by key in each partition.
    pub(super) records: Reader,
    /// Where the key stands in them.
    pub(super) key: Vec<usize>,
    /// One row each, as above, in any order.
    pub(super) rows: Reader,
}

impl People {
    /// Numbers the records of one side (0 left, 1 right) and counts their names and texts.
    pub(super) fn of(
        scratch: &Path,
        store: &StoreKey,
        rules: &NameRules,
        facets: &[Facet],
        dataset: &Dataset,
        left: &Reader,
        side: usize,
    ) -> Result<(Self, Frequencies), Fault> {
        let mut frequencies = Frequencies::of(facets);
        let columns = Columns::of(dataset, left);
        let key = columns.places(&dataset.key, left)?;
        let records = in_order(scratch, store, left, &key)?;
        let names = std::iter::once("nomor".to_owned());
        let names: Vec<String> = names.chain(facets.iter().map(|f| f.name.clone())).collect();
        let mut writer = Writer::scratch(scratch, store, &names)?;
        let mut stream = Merged::of(&records, &key)?;
        let (mut record, mut person) = (Row::new(), Row::new());
        let mut number = 0;
        while stream.read(&mut record)? {
            let text = number_text(number);
            write(rules, facets, &columns, side, &text, &record, &mut person);
            for place in 0..facets.len() {
                frequencies.count(place, facet(&person, place));
            }
            writer.push(&text, &person)?;
            number += 1;
        }
        let rows = writer.finish()?;
        Ok((Self { records, key, rows }, frequencies))
    }
}

/// About so many people of a snapshot, in the forms in which they compare. Partitions hold people by a hash of their key,
/// so the first ones are as good as all; the same snapshots of one store give the same sample.
pub(super) fn sample(
    rules: &NameRules,
    facets: &[Facet],
    dataset: &Dataset,
    snapshot: &Reader,
    side: usize,
    wanted: u64,
) -> Result<Vec<Row>, Fault> {
    let columns = Columns::of(dataset, snapshot);
    let mut record = Row::new();
    let (mut seen, mut people) = (0, Vec::new());
    // A partition in advance, since how many there are decides how many are drawn.
    let rows = snapshot.rows();
    let share = rows.div_ceil(wanted.max(1)).clamp(1, PARTITIONS as u64);
    let looked_at = PARTITIONS.div_ceil(usize::try_from(share).unwrap_or(1));
    let all = (rows / share).max(1);
    for partition in Partition::all().take(looked_at) {
        let mut rows = snapshot.partition(partition);
        while rows.read(&mut record)? {
            if drawn(seen, wanted, all) {
                let mut person = Row::new();
                write(rules, facets, &columns, side, "", &record, &mut person);
                people.push(person);
            }
            seen += 1;
        }
    }
    Ok(people)
}

/// A person's row.
fn write(
    rules: &NameRules,
    facets: &[Facet],
    columns: &Columns,
    side: usize,
    number: &str,
    record: &Row,
    person: &mut Row,
) {
    person.clear();
    person.push(number);
    for facet in facets {
        let position = facet.positions.get(side).copied().unwrap_or(usize::MAX);
        person.push(&facet.form(rules, columns.get(record, position)));
    }
}

/// What a person's row holds of a facet.
pub(super) fn facet(person: &Row, place: usize) -> &str {
    person.get(NUMBER + 1 + place)
}

/// A number as text that sorts.
pub(super) fn number_text(number: u64) -> String {
    format!("{number:0DIGITS$}")
}

/// The same rows, each partition sorted by these columns, then by the whole row.
pub(super) fn in_order(
    scratch: &Path,
    store: &StoreKey,
    rows: &Reader,
    columns: &[usize],
) -> Result<Reader, Fault> {
    let mut writer = Writer::scratch(scratch, store, rows.columns())?;
    let mut row = Row::new();
    for partition in Partition::all() {
        let mut rows = sorted(rows, partition, columns, scratch, store)?;
        while rows.read(&mut row)? {
            writer.push_to(partition, &row)?;
        }
    }
    writer.finish()
}

/// Whether a record is among about `wanted` of `all`, evenly spread and the same in every run.
pub(super) fn drawn(number: u64, wanted: u64, all: u64) -> bool {
    if all <= wanted {
        return true;
    }
    let mut low = [0; 8];
    let digest = Sha256Digest::of(&number.to_le_bytes());
    low.iter_mut()
        .zip(digest.as_bytes())
        .for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(low) % all < wanted
}
