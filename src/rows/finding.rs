//! What the checks found: noted by the threads that look, told by one, in the order of the rows.

use std::collections::BTreeMap;

use crate::agreement::checks::{CheckCode, Finding, Values};
use crate::agreement::{Dataset, Level, Row};
use crate::fault::Fault;
use crate::snapshot::{Lane, Partition, Reader, Rows};

use super::tally::Tally;

/// A finding with what its sender needs to mend it.
pub struct Line<'a> {
    /// Number of the row as a spreadsheet counts.
    pub row: u64,
    /// What was found: an ERROR or a WARN.
    pub finding: &'a Finding,
    /// The row's key, as sent or in normal form.
    pub key: &'a str,
    /// The value at fault; whoever hears it keeps it encrypted or not at all.
    pub value: &'a str,
}

/// Who hears of each finding that is not merely counted.
pub trait Findings {
    /// Hears one.
    fn hear(&mut self, dataset: &Dataset, line: &Line) -> Result<(), Fault>;
}

/// Findings that are still to be told.
#[derive(Default)]
pub(super) struct Notes {
    told: Vec<Note>,
    /// Key and value of each.
    texts: Row,
    /// INFO, which nobody is told one by one.
    counted: BTreeMap<CheckCode, u64>,
}

struct Note {
    row: u64,
    finding: Finding,
}

/// Columns of notes that were laid aside: row, code, column, key, value.
pub(super) const LAID: [&str; 5] = ["baris", "kode", "kolom", "kunci", "nilai"];
/// So many notes are held in memory before they are laid aside.
const MOST: usize = 1024;

impl Notes {
    /// Notes a finding in the row of that number, whose values are `values`.
    pub(super) fn add(
        &mut self,
        row: u64,
        finding: &Finding,
        dataset: &Dataset,
        values: &(impl Values + ?Sized),
    ) {
        let key: Vec<&str> = dataset.key.iter().map(|k| values.value(*k)).collect();
        let value = finding.column.map_or("", |column| values.value(column));
        self.add_texts(row, finding, &key, value);
    }

    /// The same, where key and value are known otherwise.
    pub(super) fn add_texts(&mut self, row: u64, finding: &Finding, key: &[&str], value: &str) {
        if finding.level == Level::Info {
            *self.counted.entry(finding.code).or_default() += 1;
            return;
        }
        self.told.push(Note {
            row,
            finding: *finding,
        });
        self.texts.push(&key.join("/"));
        self.texts.push(value);
    }

    /// Whether it is time to lay them aside.
    pub(super) fn are_many(&self) -> bool {
        self.told.len() >= MOST
    }

    /// Lays them aside, encrypted, and keeps the counts of the others: a thread may find more than memory holds.
    pub(super) fn lay(&mut self, partition: Partition, lane: &mut Lane) -> Result<(), Fault> {
        let mut row = Row::new();
        for (place, note) in self.told.drain(..).enumerate() {
            let column = note
                .finding
                .column
                .map_or_else(String::new, |c| c.to_string());
            row.clear();
            row.push(&note.row.to_string());
            row.push(note.finding.code.as_str());
            row.push(&column);
            row.push(self.texts.get(2 * place));
            row.push(self.texts.get(2 * place + 1));
            lane.push_to(partition, &row)?;
        }
        self.texts.clear();
        Ok(())
    }

    /// Counts and tells all of it; row 0 of the notes is number `first`.
    pub(super) fn tell(
        self,
        first: u64,
        dataset: &Dataset,
        findings: &mut dyn Findings,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        for (code, count) in self.counted {
            tally.count(code, count);
        }
        for (place, note) in self.told.iter().enumerate() {
            let line = Line {
                row: first + note.row,
                finding: &note.finding,
                key: self.texts.get(2 * place),
                value: self.texts.get(2 * place + 1),
            };
            tally.add(line.row, line.finding);
            findings.hear(dataset, &line)?;
        }
        Ok(())
    }
}

/// Counts and tells what was laid aside.
pub(super) fn tell_laid(
    laid: &Reader,
    dataset: &Dataset,
    findings: &mut dyn Findings,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let mut row = Row::new();
    for partition in Partition::all() {
        let mut rows = laid.partition(partition);
        while rows.read(&mut row)? {
            let code = CheckCode::all().find(|code| code.as_str() == row.get(1));
            let code = code.ok_or_else(|| laid.damaged("holds a finding of no kind"))?;
            let finding = Finding::new(code, row.get(2).parse().ok());
            let line = Line {
                row: row.get(0).parse().unwrap_or(0),
                finding: &finding,
                key: row.get(3),
                value: row.get(4),
            };
            tally.add(line.row, line.finding);
            findings.hear(dataset, &line)?;
        }
    }
    Ok(())
}
