//! What the checks found, told as it is found and counted at the end.

use std::collections::BTreeMap;

use crate::agreement::checks::{CheckCode, Finding};
use crate::agreement::{Dataset, Level};
use crate::fault::Fault;
use crate::rejection::FindingCount;

/// How often each check spoke, by its level.
pub type Tally = BTreeMap<(CheckCode, Level), u64>;

/// A finding with what its sender needs to mend it.
pub struct Line<'a> {
    /// Number of the row as a spreadsheet counts.
    pub row: u64,
    /// What was found.
    pub finding: &'a Finding,
    /// The row's key, as sent or in normal form.
    pub key: String,
    /// The value at fault; whoever hears it keeps it encrypted or not at all.
    pub value: &'a str,
}

/// Who hears of each finding.
pub trait Findings {
    /// Hears one.
    fn hear(&mut self, dataset: &Dataset, line: &Line) -> Result<(), Fault>;
}

/// Counts a finding and tells it.
pub fn tell(
    findings: &mut dyn Findings,
    tally: &mut Tally,
    dataset: &Dataset,
    line: &Line,
) -> Result<(), Fault> {
    let finding = line.finding;
    *tally.entry((finding.code, finding.level)).or_default() += 1;
    findings.hear(dataset, line)
}

/// Every finding, counted, with its sentences.
pub fn counts(tally: &Tally) -> Vec<FindingCount> {
    tally
        .iter()
        .map(|((code, level), count)| FindingCount {
            code: code.as_str(),
            level: level_word(*level),
            count: *count,
            pesan: code.indonesian(),
            message: code.english(),
        })
        .collect()
}

/// The word for a level in files for people: ERROR refuses the row, WARN keeps it.
pub fn level_word(level: Level) -> &'static str {
    match level {
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    }
}
