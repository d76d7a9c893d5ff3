//! The same judgement of rows that the service makes, before anything leaves.

use std::io::Read;

use crate::agreement::checks::CheckCode;
use crate::agreement::{Agreement, Dataset, Level};
use crate::config::Limits;
use crate::delivery::{DataFileName, Sha256Digest};
use crate::fault::Fault;
use crate::rejection::FindingCount;
use crate::rows::{Desk, Findings, Learned, Line, judge};
use crate::snapshot::StoreKey;
use crate::stop::Stop;
use crate::workers::Workers;

/// Sizes beyond which the service refuses a file, as its configuration has them unless the operator chose others.
pub const LIMITS: Limits = Limits {
    data_file: 20 << 30,
    plaintext: 64 << 30,
    row: 64 << 10,
    expansion: 200,
};

/// A file whose rows the service would take.
pub struct Checked {
    /// Rows in the file.
    pub rows: u64,
    /// Rows refused, within what the agreement tolerates.
    pub refused: u64,
    /// SHA-256 of the plaintext.
    pub plaintext: Sha256Digest,
    /// Every finding, counted.
    pub findings: Vec<FindingCount>,
}

/// Where a check spoke; no value and no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The row as a spreadsheet counts: the header is 1.
    pub row: u64,
    /// What was found.
    pub code: CheckCode,
    /// How loudly.
    pub level: Level,
    /// The column, where one is meant.
    pub column: Option<String>,
}

/// Judges every row of the CSV text, with the rules and the messages of the service. Scratch files hold ciphertext alone,
/// under a key that is kept nowhere. For a delta nobody here knows whom the service knows, so every row counts as fitting.
///
/// `hear` is told each ERROR and WARN as it is found; `progress` how many more rows were read.
pub fn check(
    agreement: &Agreement,
    dataset: &Dataset,
    name: &DataFileName,
    plaintext: Box<dyn Read + Send>,
    hear: &mut dyn FnMut(Fact) -> Result<(), Fault>,
    progress: &dyn Fn(u64),
) -> Result<Checked, Stop> {
    let work = tempfile::tempdir().map_err(Fault::io("make a folder in", &std::env::temp_dir()))?;
    let store = StoreKey::ephemeral()?;
    let desk = Desk {
        agreement,
        dataset,
        limits: LIMITS,
        work: work.path(),
        store: &store,
        workers: &Workers::of_this_machine(),
        progress,
    };
    let mut learned = Learned::default();
    let base = || Ok(None);
    let judged = judge(
        &desk,
        plaintext,
        name,
        base,
        &mut Listener(hear),
        &mut learned,
    )?;
    Ok(Checked {
        rows: judged.rows,
        refused: judged.refused,
        plaintext: judged.plaintext,
        findings: learned.tally.findings(),
    })
}

/// Leaves out what may not be kept in the open.
struct Listener<'a>(&'a mut dyn FnMut(Fact) -> Result<(), Fault>);

impl Findings for Listener<'_> {
    fn hear(&mut self, dataset: &Dataset, line: &Line) -> Result<(), Fault> {
        let finding = line.finding;
        let field = finding.column.and_then(|column| dataset.fields.get(column));
        (self.0)(Fact {
            row: line.row,
            code: finding.code,
            level: finding.level,
            column: field.map(|field| field.name.clone()),
        })
    }
}
