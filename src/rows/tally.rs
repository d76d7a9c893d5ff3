//! What the checks found in one data file: how often each spoke, and where the first faults are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::agreement::checks::{CheckCode, Finding};
use crate::agreement::{Dataset, Level};
use crate::delivery::receipt::RowFault;
use crate::rejection::FindingCount;

/// How many rows at fault a receipt lists.
const MOST_FIRST: usize = 10;

/// Counts, and the first faults in memory for them alone.
#[derive(Debug, Default)]
pub struct Tally {
    counts: BTreeMap<CheckCode, u64>,
    /// Errors before warnings, then by line: in whatever order they are found, the same ten stay.
    first: BTreeSet<(Reverse<Level>, u64, Option<usize>, CheckCode)>,
}

impl Tally {
    /// Counts findings that nobody is told one by one.
    pub fn count(&mut self, code: CheckCode, more: u64) {
        *self.counts.entry(code).or_default() += more;
    }

    /// Counts a finding in the row of that number.
    pub fn add(&mut self, line: u64, finding: &Finding) {
        self.count(finding.code, 1);
        let place = (Reverse(finding.level), line, finding.column, finding.code);
        if self.first.len() >= MOST_FIRST && self.first.last().is_some_and(|last| place > *last) {
            return;
        }
        self.first.insert(place);
        if self.first.len() > MOST_FIRST {
            self.first.pop_last();
        }
    }

    /// How often each check spoke.
    pub fn by_code(&self) -> BTreeMap<String, u64> {
        let counts = self.counts.iter();
        counts
            .map(|(code, count)| (code.as_str().to_owned(), *count))
            .collect()
    }

    /// The same with level and sentences.
    pub fn findings(&self) -> Vec<FindingCount> {
        let counts = self.counts.iter();
        counts
            .map(|(code, count)| {
                let entry = code.entry();
                FindingCount {
                    code: entry.name.to_owned(),
                    level: entry.level,
                    count: *count,
                    pesan: entry.text.id.to_string(),
                    message: entry.text.en.to_string(),
                }
            })
            .collect()
    }

    /// The first faults, by the names of the dataset's columns.
    pub fn first_faults(&self, dataset: &Dataset) -> Vec<RowFault> {
        let name = |column: usize| dataset.fields.get(column).map(|field| field.name.clone());
        let first = self.first.iter();
        first
            .map(|(Reverse(level), line, column, code)| RowFault {
                line: *line,
                column: column.and_then(name),
                code: code.as_str().to_owned(),
                level: *level,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{CheckCode, Finding, Level, Tally};

    #[test]
    fn errors_come_before_warnings_and_the_first_lines_stay_in_whatever_order() {
        let mut tally = Tally::default();
        for line in [7, 3, 900, 11, 4, 12, 5, 13, 6, 14, 8, 15, 9] {
            tally.add(line, &Finding::new(CheckCode::NikBentuk, Some(1)));
            tally.add(
                line - 1,
                &Finding::new(CheckCode::TmtBukanAwalBulan, Some(2)),
            );
            tally.count(CheckCode::GolonganDinormalkan, 1);
        }
        let lines: Vec<_> = tally.first.iter().map(|(_, line, ..)| *line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9, 11, 12, 13]);
        assert!(
            tally
                .first
                .iter()
                .all(|(level, ..)| level.0 == Level::Error)
        );
        assert_eq!(tally.by_code()["GOLONGAN_DINORMALKAN"], 13);
        assert_eq!(tally.findings().len(), 3);

        let mut tally = Tally::default();
        tally.add(2, &Finding::new(CheckCode::TmtBukanAwalBulan, Some(2)));
        tally.add(9, &Finding::new(CheckCode::KunciGanda, None));
        let lines: Vec<_> = tally.first.iter().map(|(_, line, ..)| *line).collect();
        assert_eq!(lines, [9, 2], "the refused row first");
    }
}
