//! Second pass: rows that contradict each other, the delta's base, families; then the snapshot, sorted by key.

use std::cmp::Ordering;
use std::mem;

use jiff::civil::Date;

use crate::agreement::checks::{CheckCode, Finding, check_group};
use crate::agreement::{Dataset, Row};
use crate::delivery::{DataFileName, Mode};
use crate::fault::Fault;
use crate::reconcile::Action;
use crate::snapshot::{Cursor, Partition, Reader, Rows, SortKey, Writer, sorted};

use super::Desk;
use super::finding::{Findings, Line, tell};
use super::intake::{EXTRA, group_key, key_text};
use super::tally::Tally;
use super::twins::Twins;

/// Most rows of one group that are judged together; a longer group is judged in pieces.
const GROUP_MOST: usize = 256;

/// The new snapshot, sorted, not yet in its place.
pub struct Settled {
    /// It lies in the work folder.
    pub snapshot: Reader,
    /// Rows refused in this pass.
    pub refused: u64,
    /// Rows of the base that stay because the new ones were refused.
    pub carried: u64,
}

/// Merges the rows taken in with the `base`, the party's snapshot before, into its new one. A full delivery replaces the
/// base but for the keys whose rows were refused.
pub fn settle(
    desk: &Desk,
    file: &DataFileName,
    rows: &Reader,
    base: Option<&Reader>,
    report: &mut dyn Findings,
    tally: &mut Tally,
) -> Result<Settled, Fault> {
    let names: Vec<String> = desk.dataset.fields.iter().map(|f| f.name.clone()).collect();
    let mut pass = Pass {
        desk,
        mode: file.mode,
        as_of: file.as_of,
        report,
        tally,
        snapshot: Writer::create(
            desk.work,
            &desk.work.join(format!("{}.snap", file.dataset)),
            desk.store,
            &names,
        )?,
        unique: desk
            .dataset
            .unique
            .map(|_| Writer::scratch(desk.work, desk.store, &[]))
            .transpose()?,
        numbers: vec![],
        group: vec![],
        entry: Row::new(),
        refused: 0,
        carried: 0,
    };
    let key: Vec<usize> = desk.dataset.key.iter().map(|k| k + EXTRA).collect();
    for partition in Partition::all() {
        let incoming = sorted(rows, partition, &key, desk.work, desk.store)?;
        let base = base.map(|b| Base::of(b, partition, desk.dataset));
        pass.partition(partition, Twins::of(incoming, &key)?, base)?;
    }
    if let Some(unique) = pass.unique.take() {
        pass.report_shared(&unique.finish()?)?;
    }
    Ok(Settled {
        snapshot: pass.snapshot.finish()?,
        refused: pass.refused,
        carried: pass.carried,
    })
}

struct Pass<'a> {
    desk: &'a Desk<'a>,
    mode: Mode,
    as_of: Date,
    report: &'a mut dyn Findings,
    tally: &'a mut Tally,
    snapshot: Writer,
    unique: Option<Writer>,
    /// Rows that share the first key column.
    group: Vec<Row>,
    /// Of each of these its number, where it came in this delivery.
    numbers: Vec<Option<u64>>,
    /// Kept for its memory.
    entry: Row,
    refused: u64,
    carried: u64,
}

impl Pass<'_> {
    fn partition(
        &mut self,
        partition: Partition,
        mut incoming: Twins<impl Rows>,
        mut base: Option<Base>,
    ) -> Result<(), Fault> {
        let key = &self.desk.dataset.key;
        // Where the base is not known, only who keeps it can tell whom a delta may change.
        let based = base.is_some();
        let mut stored = Row::new();
        let mut row_key = SortKey::default();
        while let Some(twin) = incoming.read(&mut stored)? {
            let number = stored.get(0).parse().unwrap_or(0);
            let action = Action::from_word(stored.get(1));
            let row: Row = stored.fields().skip(EXTRA).collect();
            row_key.set(&row, key);
            let old = self.pass_by(partition, base.as_mut(), &row_key)?;
            let Some(action) = action.filter(|_| !twin) else {
                if action.is_some() {
                    self.refuse(number, &row, CheckCode::KunciGanda)?;
                }
                self.carry_over(partition, old)?;
                continue;
            };
            match (self.mode, action, old) {
                (Mode::Full, _, _)
                | (Mode::Delta, Action::Tambah, None)
                | (Mode::Delta, Action::Ubah, Some(_)) => {
                    self.keep(partition, Some(number), row)?;
                }
                (Mode::Delta, Action::Ubah, None) if !based => {
                    self.keep(partition, Some(number), row)?;
                }
                (Mode::Delta, Action::Hapus, None) if !based => {}
                (Mode::Delta, Action::Hapus, Some(_)) => {}
                (Mode::Delta, Action::Tambah, Some(old)) => {
                    self.refuse(number, &row, CheckCode::DeltaAda)?;
                    self.keep(partition, None, old)?;
                }
                (Mode::Delta, Action::Ubah | Action::Hapus, None) => {
                    self.refuse(number, &row, CheckCode::DeltaTiada)?;
                }
            }
        }
        if let Some(base) = base.as_mut().filter(|_| self.mode == Mode::Delta) {
            while let Some(old) = base.rest()? {
                self.keep(partition, None, old)?;
            }
        }
        self.end_group(partition)
    }

    /// Goes through the base up to `key`: what stands before it stays in a delta and is gone in a full delivery. Returns
    /// the base's own row of that key.
    fn pass_by(
        &mut self,
        partition: Partition,
        base: Option<&mut Base>,
        key: &SortKey,
    ) -> Result<Option<Row>, Fault> {
        let Some(base) = base else {
            return Ok(None);
        };
        while let Some((old, ordering)) = base.up_to(key)? {
            if ordering == Ordering::Equal {
                return Ok(Some(old));
            }
            if self.mode == Mode::Delta {
                self.keep(partition, None, old)?;
            }
        }
        Ok(None)
    }

    /// A refused row tells nothing: what was known of that key stays. Else a typing error would be told to the counterpart
    /// as a person who left.
    fn carry_over(&mut self, partition: Partition, old: Option<Row>) -> Result<(), Fault> {
        if let Some(old) = old {
            self.carried += 1;
            self.keep(partition, None, old)?;
        }
        Ok(())
    }

    /// A row of the new snapshot, in key order.
    fn keep(&mut self, partition: Partition, number: Option<u64>, row: Row) -> Result<(), Fault> {
        let dataset = self.desk.dataset;
        let ended = self.group.first().is_some_and(|first| {
            group_key(dataset, first) != group_key(dataset, &row) || self.group.len() >= GROUP_MOST
        });
        if ended {
            self.end_group(partition)?;
        }
        self.group.push(row);
        self.numbers.push(number);
        Ok(())
    }

    fn end_group(&mut self, partition: Partition) -> Result<(), Fault> {
        let (mut numbers, mut rows) = (mem::take(&mut self.numbers), mem::take(&mut self.group));
        let dataset = self.desk.dataset;
        if numbers.iter().any(Option::is_some) {
            let mut findings = Vec::new();
            let thresholds = &self.desk.agreement.thresholds;
            check_group(dataset, thresholds, self.as_of, &rows, &mut findings);
            for (index, finding) in &findings {
                // A row that lay there before was reported when it came.
                if let (Some(Some(number)), Some(row)) = (numbers.get(*index), rows.get(*index)) {
                    self.tell(*number, row, finding)?;
                }
            }
        }
        for (number, row) in numbers.iter().zip(&rows) {
            self.snapshot.push_to(partition, row)?;
            if let (Some(unique), Some(column)) = (&mut self.unique, dataset.unique)
                && !row.get(column).is_empty()
            {
                let number = number.map_or_else(String::new, |n| n.to_string());
                self.entry.clear();
                self.entry.extend([row.get(column), number.as_str()]);
                self.entry.extend(dataset.key.iter().map(|k| row.get(*k)));
                unique.push(row.get(column), &self.entry)?;
            }
        }
        rows.clear();
        numbers.clear();
        (self.numbers, self.group) = (numbers, rows);
        Ok(())
    }

    /// One value of the unique column under several keys: every row of this delivery that has it is warned.
    fn report_shared(&mut self, unique: &Reader) -> Result<(), Fault> {
        let mut entry = Row::new();
        for partition in Partition::all() {
            let rows = sorted(unique, partition, &[0], self.desk.work, self.desk.store)?;
            let mut twins = Twins::of(rows, &[0])?;
            while let Some(twin) = twins.read(&mut entry)? {
                let Some(number) = entry.get(1).parse().ok().filter(|_| twin) else {
                    continue;
                };
                let finding = Finding::new(CheckCode::NikGanda, self.desk.dataset.unique);
                let key: Vec<&str> = entry.fields().skip(2).collect();
                let line = Line {
                    row: number,
                    finding: &finding,
                    key: key.join("/"),
                    value: entry.get(0),
                };
                tell(self.report, self.tally, self.desk.dataset, &line)?;
            }
        }
        Ok(())
    }

    fn refuse(&mut self, number: u64, row: &Row, code: CheckCode) -> Result<(), Fault> {
        self.refused += 1;
        let finding = Finding::new(code, self.desk.dataset.key.first().copied());
        self.tell(number, row, &finding)
    }

    fn tell(&mut self, number: u64, row: &Row, finding: &Finding) -> Result<(), Fault> {
        let line = Line {
            row: number,
            finding,
            key: key_text(self.desk.dataset, row, 0),
            value: finding.column.map_or("", |column| row.get(column)),
        };
        tell(self.report, self.tally, self.desk.dataset, &line)
    }
}

/// The party's rows before this delta, one partition in key order, in today's columns.
struct Base {
    cursor: Cursor,
    /// For each column of the dataset, its place in the old snapshot.
    places: Vec<Option<usize>>,
    key: Vec<usize>,
    ahead: Option<(SortKey, Row)>,
}

impl Base {
    fn of(reader: &Reader, partition: Partition, dataset: &Dataset) -> Self {
        let place = |name: &String| reader.columns().iter().position(|c| c == name);
        Self {
            cursor: reader.partition(partition),
            places: dataset.fields.iter().map(|f| place(&f.name)).collect(),
            key: dataset.key.clone(),
            ahead: None,
        }
    }

    /// The next row if its key is not after `key`, and how it compares.
    fn up_to(&mut self, key: &SortKey) -> Result<Option<(Row, Ordering)>, Fault> {
        match self.next()? {
            Some((own, row)) if own <= *key => {
                let ordering = own.cmp(key);
                Ok(Some((row, ordering)))
            }
            later => {
                self.ahead = later;
                Ok(None)
            }
        }
    }

    fn rest(&mut self) -> Result<Option<Row>, Fault> {
        Ok(self.next()?.map(|(_, row)| row))
    }

    fn next(&mut self) -> Result<Option<(SortKey, Row)>, Fault> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        let mut old = Row::new();
        if !self.cursor.read(&mut old)? {
            return Ok(None);
        }
        let row: Row = self
            .places
            .iter()
            .map(|place| place.map_or("", |p| old.get(p)))
            .collect();
        let mut key = SortKey::default();
        key.set(&row, &self.key);
        Ok(Some((key, row)))
    }
}
