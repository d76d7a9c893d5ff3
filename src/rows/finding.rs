//! What the checks found: noted by the threads that look, told by one, in the order of the rows.

use std::collections::BTreeMap;

use crate::agreement::checks::{CheckCode, Finding, Values};
use crate::agreement::{Dataset, Level, Row};
use crate::fault::Fault;

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
    /// INFO, which nobody is told one by one.
    counted: BTreeMap<CheckCode, u64>,
}

struct Note {
    row: u64,
    finding: Finding,
    /// Key and value.
    texts: Row,
}

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
            texts: [key.join("/").as_str(), value].iter().collect(),
        });
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
        for note in self.told {
            let line = Line {
                row: first + note.row,
                finding: &note.finding,
                key: note.texts.get(0),
                value: note.texts.get(1),
            };
            tally.add(line.row, line.finding);
            findings.hear(dataset, &line)?;
        }
        Ok(())
    }
}
