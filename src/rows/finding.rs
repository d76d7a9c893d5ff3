//! What the checks found, told as it is found.

use crate::agreement::Dataset;
use crate::agreement::checks::Finding;
use crate::fault::Fault;

use super::tally::Tally;

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
    tally.add(line.row, line.finding);
    findings.hear(dataset, line)
}
