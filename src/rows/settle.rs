//! Second pass: rows that contradict each other, the delta's base, families; then the snapshot, sorted by key.

use std::cmp::Ordering;
use std::mem;
use std::path::Path;

use jiff::civil::Date;

use crate::agreement::checks::{CheckCode, Finding, check_group};
use crate::agreement::{Dataset, Row, Thresholds};
use crate::delivery::{DataFileName, Mode};
use crate::fault::Fault;
use crate::reconcile::Action;
use crate::snapshot::{Lane, Partition, Reader, SortKey, StoreKey, Writer, sorted};

use super::Desk;
use super::base::Base;
use super::finding::{Findings, LAID, Notes, tell_laid};
use super::intake::{Intake, group_key};
use super::tally::Tally;
use super::twins::Twins;

/// Most rows of one group that are judged together; a longer group is judged in pieces.
const GROUP_MOST: usize = 256;

/// The new snapshot, sorted, not yet in its place.
pub(super) struct Settled {
    /// It lies in the work folder.
    pub(super) snapshot: Reader,
    /// Rows refused in this pass.
    pub(super) refused: u64,
    /// Rows of the base that stay because the new ones were refused.
    pub(super) carried: u64,
}

/// Merges the rows taken in with the `base`, the party's snapshot before, into its new one. A full delivery replaces the
/// base but for the keys whose rows were refused.
pub(super) fn settle(
    desk: &Desk,
    file: &DataFileName,
    intake: &Intake,
    base: Option<&Reader>,
    findings: &mut dyn Findings,
    tally: &mut Tally,
) -> Result<Settled, Fault> {
    let dataset = desk.dataset;
    let names: Vec<String> = dataset.fields.iter().map(|f| f.name.clone()).collect();
    let path = desk.work.join(format!("{}.snap", file.dataset));
    let snapshot = Writer::create(desk.work, &path, desk.store, &names)?;
    let unique = dataset
        .unique
        .map(|_| Writer::scratch(desk.work, desk.store, &[]))
        .transpose()?;
    let pass = Pass {
        dataset,
        thresholds: &desk.agreement.thresholds,
        mode: file.mode,
        as_of: file.as_of,
        intake,
        base,
        work: desk.work,
        store: desk.store,
    };
    let laid = Writer::scratch(desk.work, desk.store, &LAID.map(str::to_owned))?;
    let (mut refused, mut carried) = (0, 0);
    desk.workers.each(
        Partition::runs(intake.read).map(Ok),
        || {
            let unique = unique.as_ref().map(Writer::lane);
            Ok(Hand::of(snapshot.lane(), unique, laid.lane()))
        },
        |hand, run| {
            for partition in run {
                pass.partition(hand, partition)?;
            }
            Ok(mem::take(&mut hand.found))
        },
        Hand::end,
        |found: Found| {
            // Whoever watches sees that it goes on.
            (desk.progress)(0);
            refused += found.refused;
            carried += found.carried;
            found.notes.tell(0, dataset, findings, tally)
        },
    )?;
    tell_laid(&laid.finish()?, dataset, findings, tally)?;
    if let Some(unique) = unique {
        let unique = unique.finish()?;
        let laid = Writer::scratch(desk.work, desk.store, &LAID.map(str::to_owned))?;
        desk.workers.each(
            Partition::runs(unique.rows()).map(Ok),
            || Ok(laid.lane()),
            |lane, run| pass.shared(&unique, run, lane),
            Lane::end,
            |()| {
                (desk.progress)(0);
                Ok(())
            },
        )?;
        tell_laid(&laid.finish()?, dataset, findings, tally)?;
    }
    Ok(Settled {
        snapshot: snapshot.finish()?,
        refused,
        carried,
    })
}

struct Pass<'a> {
    dataset: &'a Dataset,
    thresholds: &'a Thresholds,
    mode: Mode,
    as_of: Date,
    intake: &'a Intake,
    base: Option<&'a Reader>,
    work: &'a Path,
    store: &'a StoreKey,
}

/// What one thread keeps from partition to partition.
struct Hand {
    snapshot: Lane,
    unique: Option<Lane>,
    /// Findings that wait to be told.
    laid: Lane,
    /// Rows that share the first key column.
    group: Vec<Row>,
    /// Of each of these its number, where it came in this delivery.
    numbers: Vec<Option<u64>>,
    /// Rows kept for their memory.
    spare: Vec<Row>,
    found: Found,
}

#[derive(Default)]
struct Found {
    notes: Notes,
    refused: u64,
    carried: u64,
}

impl Hand {
    fn of(snapshot: Lane, unique: Option<Lane>, laid: Lane) -> Self {
        Self {
            snapshot,
            unique,
            laid,
            group: Vec::new(),
            numbers: Vec::new(),
            spare: Vec::new(),
            found: Found::default(),
        }
    }

    fn end(self) -> Result<(), Fault> {
        self.snapshot.end()?;
        self.laid.end()?;
        self.unique.map_or(Ok(()), Lane::end)
    }

    fn spare(&mut self) -> Row {
        self.spare.pop().unwrap_or_default()
    }
}

impl Pass<'_> {
    fn partition(&self, hand: &mut Hand, partition: Partition) -> Result<(), Fault> {
        let (key, width) = (&self.dataset.key, self.dataset.fields.len());
        let incoming = sorted(&self.intake.rows, partition, key, self.work, self.store)?;
        let mut incoming = Twins::of(incoming, key)?;
        let mut base = self.base.map(|b| Base::of(b, partition, self.dataset));
        // Where the base is not known, only who keeps it can tell whom a delta may change.
        let based = base.is_some();
        let mut row = hand.spare();
        let mut row_key = SortKey::default();
        while let Some(twin) = incoming.read(&mut row)? {
            let number = self.intake.numbers.of(row.get(width));
            let action = Action::from_word(row.get(width + 1));
            row.truncate(width);
            row_key.set(&row, key);
            let old = self.pass_by(hand, partition, base.as_mut(), &row_key)?;
            let Some(action) = action.filter(|_| !twin) else {
                if action.is_some() {
                    self.refuse(hand, partition, number, &row, CheckCode::KunciGanda)?;
                }
                self.carry_over(hand, partition, old)?;
                continue;
            };
            match (self.mode, action, old) {
                (Mode::Full, _, old) => {
                    if let Some(base) = &mut base {
                        base.spare = old;
                    }
                    let kept = mem::replace(&mut row, hand.spare());
                    self.keep(hand, partition, Some(number), kept)?;
                }
                (Mode::Delta, Action::Tambah, None) | (Mode::Delta, Action::Ubah, Some(_)) => {
                    let kept = mem::replace(&mut row, hand.spare());
                    self.keep(hand, partition, Some(number), kept)?;
                }
                (Mode::Delta, Action::Ubah, None) if !based => {
                    let kept = mem::replace(&mut row, hand.spare());
                    self.keep(hand, partition, Some(number), kept)?;
                }
                (Mode::Delta, Action::Hapus, None) if !based => {}
                (Mode::Delta, Action::Hapus, Some(_)) => {}
                (Mode::Delta, Action::Tambah, Some(old)) => {
                    self.refuse(hand, partition, number, &row, CheckCode::DeltaAda)?;
                    self.keep(hand, partition, None, old)?;
                }
                (Mode::Delta, Action::Ubah | Action::Hapus, None) => {
                    self.refuse(hand, partition, number, &row, CheckCode::DeltaTiada)?;
                }
            }
        }
        hand.spare.push(row);
        if let Some(base) = base.as_mut().filter(|_| self.mode == Mode::Delta) {
            while let Some(old) = base.rest()? {
                self.keep(hand, partition, None, old)?;
            }
        }
        self.end_group(hand, partition)?;
        hand.found.notes.lay(partition, &mut hand.laid)?;
        hand.laid.leave(partition)?;
        hand.snapshot.leave(partition)
    }

    /// Goes through the base up to `key`: what stands before it stays in a delta and is gone in a full delivery. Returns
    /// the base's own row of that key.
    fn pass_by(
        &self,
        hand: &mut Hand,
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
                self.keep(hand, partition, None, old)?;
            } else {
                base.spare = Some(old);
            }
        }
        Ok(None)
    }

    /// A refused row tells nothing: what was known of that key stays. Else a typing error would be told to the counterpart
    /// as a person who left.
    fn carry_over(
        &self,
        hand: &mut Hand,
        partition: Partition,
        old: Option<Row>,
    ) -> Result<(), Fault> {
        if let Some(old) = old {
            hand.found.carried += 1;
            self.keep(hand, partition, None, old)?;
        }
        Ok(())
    }

    /// A row of the new snapshot, in key order.
    fn keep(
        &self,
        hand: &mut Hand,
        partition: Partition,
        number: Option<u64>,
        row: Row,
    ) -> Result<(), Fault> {
        let key = group_key(self.dataset, &row);
        let ended = hand.group.first().is_some_and(|first| {
            group_key(self.dataset, first) != key || hand.group.len() >= GROUP_MOST
        });
        if ended {
            self.end_group(hand, partition)?;
        }
        hand.group.push(row);
        hand.numbers.push(number);
        Ok(())
    }

    fn end_group(&self, hand: &mut Hand, partition: Partition) -> Result<(), Fault> {
        if hand.numbers.iter().any(Option::is_some) {
            let mut findings = Vec::new();
            let (dataset, rows) = (self.dataset, mem::take(&mut hand.group));
            check_group(dataset, self.thresholds, self.as_of, &rows, &mut findings);
            for (index, finding) in &findings {
                // A row that lay there before was reported when it came.
                let number = hand.numbers.get(*index).copied().flatten();
                if let (Some(number), Some(row)) = (number, rows.get(*index)) {
                    self.note(hand, partition, number, finding, row)?;
                }
            }
            hand.group = rows;
        }
        for (number, row) in hand.numbers.drain(..).zip(&hand.group) {
            hand.snapshot.push_to(partition, row)?;
            if let (Some(unique), Some(column)) = (&mut hand.unique, self.dataset.unique)
                && !row.get(column).is_empty()
            {
                let mut entry = hand.spare.pop().unwrap_or_default();
                entry.clear();
                let number = number.map_or_else(String::new, |n| n.to_string());
                entry.extend([row.get(column), number.as_str()]);
                entry.extend(self.dataset.key.iter().map(|k| row.get(*k)));
                unique.push(row.get(column), &entry)?;
                hand.spare.push(entry);
            }
        }
        hand.spare.append(&mut hand.group);
        Ok(())
    }

    /// One value of the unique column under several keys: every row of this delivery that has it is warned.
    fn shared(&self, unique: &Reader, run: Vec<Partition>, laid: &mut Lane) -> Result<(), Fault> {
        let (mut notes, mut entry) = (Notes::default(), Row::new());
        for partition in run {
            let rows = sorted(unique, partition, &[0], self.work, self.store)?;
            let mut twins = Twins::of(rows, &[0])?;
            while let Some(twin) = twins.read(&mut entry)? {
                let Some(number) = entry.get(1).parse().ok().filter(|_| twin) else {
                    continue;
                };
                let finding = Finding::new(CheckCode::NikGanda, self.dataset.unique);
                let key: Vec<&str> = entry.fields().skip(2).collect();
                notes.add_texts(number, &finding, &key, entry.get(0));
                if notes.are_many() {
                    notes.lay(partition, laid)?;
                }
            }
            notes.lay(partition, laid)?;
            laid.leave(partition)?;
        }
        Ok(())
    }

    fn refuse(
        &self,
        hand: &mut Hand,
        partition: Partition,
        number: u64,
        row: &Row,
        code: CheckCode,
    ) -> Result<(), Fault> {
        hand.found.refused += 1;
        let finding = Finding::new(code, self.dataset.key.first().copied());
        self.note(hand, partition, number, &finding, row)
    }

    fn note(
        &self,
        hand: &mut Hand,
        partition: Partition,
        number: u64,
        finding: &Finding,
        row: &Row,
    ) -> Result<(), Fault> {
        let notes = &mut hand.found.notes;
        notes.add(number, finding, self.dataset, row);
        match notes.are_many() {
            true => notes.lay(partition, &mut hand.laid),
            false => Ok(()),
        }
    }
}
