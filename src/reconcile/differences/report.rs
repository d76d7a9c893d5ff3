//! What one party may see of the differences (Pasal 3, 11; domain §2).

use std::collections::BTreeSet;
use std::io::Write;
use std::mem;
use std::path::Path;

use crate::agreement::{Agreement, Dataset, PartyId, Reconciliation, Row};
use crate::csv::Lines;
use crate::fault::Fault;
use crate::snapshot::{Merged, Partition, Reader, Rows, StoreKey, Writer, sorted};

use super::counts::Seen;
use super::record::{
    self, ACUAN, ID, JENIS, KOLOM, PUTUSAN, SEJAK, STATUS, Side, TINDAKAN, only_side,
};

/// Columns between the values and the end.
const LAST: [usize; 5] = [PUTUSAN, ACUAN, TINDAKAN, STATUS, SEJAK];

/// One party's view.
pub(super) struct Report {
    party: PartyId,
    /// The side that this party supplies.
    own: Side,
    /// Names of the other side's columns that it is entitled to.
    visible: BTreeSet<String>,
    /// Whether it is entitled to the other side's key.
    sees_key: bool,
    /// Whether it learns that a column differs that it may not see.
    disclosed: bool,
    header: Vec<String>,
    /// The sides in the order of the agreement's parties.
    sides: [Side; 2],
    key_parts: usize,
    rows: Reader,
}

impl Report {
    /// Prepares the view of `party` on `all`, which is sorted in each partition.
    pub(super) fn of(
        scratch: &Path,
        store: &StoreKey,
        agreement: &Agreement,
        recon: &Reconciliation,
        datasets: [&Dataset; 2],
        party: &PartyId,
        all: &Reader,
    ) -> Result<Self, Fault> {
        let supplied = |party: &PartyId| {
            let [left, _] = datasets;
            match left.party == *party {
                true => Side::Left,
                false => Side::Right,
            }
        };
        let own = supplied(party);
        let other = own.other().of(datasets);
        let visible = visible(recon, own.other(), other, party);
        let [first, second] = &agreement.parties;
        let values = [first, second].map(|p| format!("nilai_{}", p.id));
        let mut header = vec!["id".to_owned(), "jenis".to_owned()];
        header.extend(recon.key.iter().cloned());
        header.push("kolom".to_owned());
        header.extend(values);
        header.extend(["putusan", "acuan", "tindakan", "status", "sejak"].map(str::to_owned));
        let mut report = Self {
            party: party.clone(),
            own,
            sees_key: recon.key.iter().all(|part| visible.contains(part)),
            visible,
            disclosed: recon.names_disclosed_to.contains(party),
            header,
            sides: [supplied(&first.id), supplied(&second.id)],
            key_parts: recon.key.len(),
            rows: all.clone(),
        };
        if report.own == Side::Right && !report.sees_key && recon.also_by.is_some() {
            report.rows = report.under_own_key(scratch, store)?;
        }
        Ok(report)
    }

    pub(super) fn party(&self) -> &PartyId {
        &self.party
    }

    pub(super) fn write_header(&self, out: &mut dyn Write) -> Result<(), Fault> {
        let mut lines = Lines::new(out, "perbedaan.csv");
        self.header.iter().for_each(|column| lines.field(column));
        lines.end()
    }

    /// Writes the rows and counts them, and of these what the `other` party sees too.
    pub(super) fn write_rows(&self, other: &Self, out: &mut dyn Write) -> Result<Seen, Fault> {
        let mut lines = Lines::new(out, "perbedaan.csv");
        let mut seen = Seen::default();
        let mut rows = Merged::of(&self.rows, &record::order(self.key_parts))?;
        let (mut row, mut bare) = (Row::new(), Row::new());
        while rows.read(&mut row)? {
            if !self.shows(&row) {
                continue;
            }
            // Whoever may know that a column differs, and no more, is not told how much it differs.
            if !self.tells_verdict(&row) {
                record::with(&row, &[(PUTUSAN, "")], &mut bare);
                mem::swap(&mut row, &mut bare);
            }
            seen.own.add(&row);
            if other.shows(&row) {
                if other.tells_verdict(&row) {
                    seen.common.add(&row);
                } else {
                    record::with(&row, &[(PUTUSAN, "")], &mut bare);
                    seen.common.add(&bare);
                }
            }
            let key = record::first_key(self.key_parts);
            let head = [ID, JENIS].into_iter().chain(key).chain([KOLOM]);
            head.for_each(|position| lines.field(row.get(position)));
            for side in self.sides {
                lines.field(match self.shows_value(side, &row) {
                    true => row.get(side.nilai()),
                    false => "",
                });
            }
            LAST.into_iter()
                .for_each(|position| lines.field(row.get(position)));
            lines.end()?;
        }
        Ok(seen)
    }

    /// Whether the party may know of this difference at all.
    fn shows(&self, row: &Row) -> bool {
        match only_side(row) {
            Some(side) => side == self.own || self.sees_key,
            None => self.tells_of(row.get(KOLOM)),
        }
    }

    /// Whether it learns of every difference in a column.
    pub(super) fn tells_of(&self, kolom: &str) -> bool {
        self.disclosed || self.visible.contains(kolom)
    }

    /// Whether it learns how much the values differ.
    fn tells_verdict(&self, row: &Row) -> bool {
        only_side(row).is_some() || self.shows_value(self.own.other(), row)
    }

    fn shows_value(&self, side: Side, row: &Row) -> bool {
        side == self.own || self.visible.contains(row.get(KOLOM))
    }

    /// The same differences under the right side's own keys, for a right side that may not see the left's: the other
    /// key neither stands in a row nor decides its place.
    fn under_own_key(&self, scratch: &Path, store: &StoreKey) -> Result<Reader, Fault> {
        let (first, second) = (
            record::first_key(self.key_parts),
            record::second_key(self.key_parts),
        );
        let mut unsorted = Writer::scratch(scratch, store, self.rows.columns())?;
        let (mut row, mut own) = (Row::new(), Row::new());
        for partition in Partition::all() {
            let mut rows = self.rows.partition(partition);
            while rows.read(&mut row)? {
                let changes: Vec<_> = first
                    .clone()
                    .zip(second.clone().map(|place| row.get(place)))
                    .collect();
                record::with(&row, &changes, &mut own);
                unsorted.push(own.get(first.start), &own)?;
            }
        }
        let unsorted = unsorted.finish()?;
        let mut writer = Writer::scratch(scratch, store, self.rows.columns())?;
        let order = record::order(self.key_parts);
        for partition in Partition::all() {
            let mut rows = sorted(&unsorted, partition, &order, scratch, store)?;
            while rows.read(&mut row)? {
                writer.push_to(partition, &row)?;
            }
        }
        writer.finish()
    }
}

/// The names in `kolom` whose value on `side` the party is entitled to.
fn visible(
    recon: &Reconciliation,
    side: Side,
    dataset: &Dataset,
    party: &PartyId,
) -> BTreeSet<String> {
    let key = recon
        .key
        .iter()
        .filter_map(|name| Some((name.clone(), dataset.position(name)?)));
    let compared = recon
        .comparisons
        .iter()
        .map(|c| (c.name.clone(), side.of(c.positions)));
    let second = recon.also_by.and_then(|positions| {
        let position = side.of(positions);
        Some((dataset.fields.get(position)?.name.clone(), position))
    });
    // A name may come more than once; it is visible only where each of its columns is.
    let (mut seen, mut hidden) = (BTreeSet::new(), BTreeSet::new());
    for (name, position) in key.chain(compared).chain(second) {
        match dataset.entitled(party, position) {
            true => seen.insert(name),
            false => hidden.insert(name),
        };
    }
    seen.retain(|name| !hidden.contains(name));
    seen
}
