//! What the rows of a data file must be: one judgement, by the service of what it received and by a party of what it is
//! about to send.
//!
//! Two passes, each with constant memory and on all cores: `intake` looks at each row by itself, `settle` at rows beside
//! each other. What they say does not depend on how many cores there are.

mod admit;
mod base;
mod beginning;
mod blocks;
mod finding;
mod intake;
mod records;
mod settle;
pub mod stream;
mod table;
mod tally;
mod twins;

use std::io::Read;
use std::path::Path;

use crate::agreement::{Agreement, Dataset};
use crate::config::Limits;
use crate::delivery::{DataFileName, Sha256Digest};
use crate::rejection::{Code, Rejection, RowCounts};
use crate::snapshot::{Reader, StoreKey};
use crate::stop::Stop;
use crate::workers::Workers;

pub use admit::admit;
pub use beginning::{Beginning, beginning};
pub use finding::{Findings, Line};
pub use tally::Tally;

use blocks::Blocks;
use intake::Text;
use settle::settle;

/// Where rows are laid while they are judged, and by which rules.
pub struct Desk<'a> {
    /// The rules.
    pub agreement: &'a Agreement,
    /// The dataset.
    pub dataset: &'a Dataset,
    /// Sizes beyond which a file is refused.
    pub limits: Limits,
    /// Private folder for encrypted scratch files and the new snapshot.
    pub work: &'a Path,
    /// Their key.
    pub store: &'a StoreKey,
    /// Who works.
    pub workers: &'a Workers,
    /// Is told how many more rows were read.
    pub progress: &'a dyn Fn(u64),
}

/// A data file whose rows were judged, and not too many refused.
pub struct Judged {
    /// The party's whole dataset after this file, sorted; it lies in the work folder.
    pub snapshot: Reader,
    /// Rows in the file.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
    /// Rows of the snapshot before that stay because the new ones were refused.
    pub carried: u64,
    /// SHA-256 of the plaintext.
    pub plaintext: Sha256Digest,
}

/// What was learned of a data file, also where it is refused.
#[derive(Debug, Default)]
pub struct Learned {
    /// The header row by the agreement's names; empty where it was not understood.
    pub columns: Vec<String>,
    /// What was counted at a clean end.
    pub whole: Option<Whole>,
    /// What the checks found.
    pub tally: Tally,
}

/// A data file that was read to its end.
#[derive(Debug, Clone, Copy)]
pub struct Whole {
    /// SHA-256 of the plaintext.
    pub plaintext: Sha256Digest,
    /// Rows in the file.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
}

/// Judges every row of `plaintext`, the CSV text of a file of that name.
///
/// `base` gives the party's snapshot before, once the rows by themselves are in order; without one a delta's rows are
/// taken as fitting. `findings` hears of each fault as it is found; `learned` has what there is to tell however it ends.
///
/// Refuses with what is wrong with the text (`NOT_CSV`, `COLUMN_MISSING`, …), and with `ROWS_REFUSED` where more rows are
/// refused than the agreement tolerates.
pub fn judge(
    desk: &Desk,
    plaintext: Box<dyn Read + Send>,
    file: &DataFileName,
    base: impl FnOnce() -> Result<Option<Reader>, Stop>,
    findings: &mut dyn Findings,
    learned: &mut Learned,
) -> Result<Judged, Stop> {
    let tally = &mut learned.tally;
    let text = Text::open(desk, Blocks::of(plaintext, desk.limits.row), file)?;
    learned.columns = text.columns(desk.dataset);
    let intake = text.take_in(desk, file, findings, tally)?;
    let base = base()?;
    let settled = settle(desk, file, &intake, base.as_ref(), findings, tally)?;
    let refused = intake.refused + settled.refused;
    learned.whole = Some(Whole {
        plaintext: intake.plaintext,
        rows: intake.read,
        refused,
    });
    let percent = desk.agreement.thresholds.refused_percent;
    if refused * 100 > u64::from(percent) * intake.read {
        let counts = RowCounts {
            rows: intake.read,
            refused,
            tolerated_percent: percent,
            findings: tally.findings(),
        };
        let rejection = Rejection::new(Code::RowsRefused).in_file(file);
        return Err(rejection.with_rows(counts).into());
    }
    Ok(Judged {
        snapshot: settled.snapshot,
        rows: intake.read,
        refused,
        carried: settled.carried,
        plaintext: intake.plaintext,
    })
}
