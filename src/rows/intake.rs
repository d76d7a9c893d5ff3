//! First pass over a data file: each row is checked by itself and lies encrypted in its partition.

use crate::agreement::checks::{CheckCode, Finding, check_key_only, check_row};
use crate::agreement::{Dataset, Row};
use crate::delivery::{DataFileName, Mode, Sha256Digest};
use crate::reconcile::Action;
use crate::rejection::{Code, Rejection};
use crate::snapshot::{Reader, Writer};
use crate::stop::Stop;

use super::Desk;
use super::finding::{Findings, Line, tell};
use super::table::Table;
use super::tally::Tally;

/// Columns before the dataset's own in the intake: the row's number, and the delta's action.
pub const EXTRA: usize = 2;

/// In place of an action: the row was refused, but its key is sound. It must not pass for one that is gone, nor its twin
/// for the only one.
pub const REFUSED: &str = "TOLAK";

/// Rows between two words to whoever watches.
const PROGRESS_STEP: u64 = 4096;

/// The rows in no order, and what was found so far.
pub struct Intake {
    /// Columns `baris`, `aksi`, then the dataset's.
    pub rows: Reader,
    /// Rows in the file.
    pub read: u64,
    /// Rows refused so far.
    pub refused: u64,
    /// SHA-256 of the plaintext.
    pub plaintext: Sha256Digest,
}

/// Reads the table to its end.
pub fn take_in(
    desk: &Desk,
    mut table: Table,
    file: &DataFileName,
    report: &mut dyn Findings,
    tally: &mut Tally,
) -> Result<Intake, Stop> {
    let dataset = desk.dataset;
    let mut rows = Writer::scratch(desk.work, desk.store, &columns(dataset))?;
    let (mut raw, mut row, mut action_word) = (Row::new(), Row::new(), String::new());
    let mut stored = Row::new();
    let mut findings = Vec::new();
    let (mut read, mut refused) = (0, 0);
    while let Some(number) = table.next(&mut raw, &mut action_word)? {
        read += 1;
        if read % PROGRESS_STEP == 0 {
            (desk.progress)(PROGRESS_STEP);
        }
        findings.clear();
        let action = match file.mode {
            Mode::Full => Some(Action::Tambah),
            Mode::Delta => Action::from_word(&action_word),
        };
        let fields: Vec<&str> = raw.fields().collect();
        row.clear();
        let accepted = match action {
            None => {
                findings.push(Finding::new(CheckCode::AksiTidakDikenal, None));
                false
            }
            Some(Action::Hapus) => check_key_only(dataset, &fields, &mut row, &mut findings),
            Some(_) => check_row(
                dataset,
                &desk.agreement.thresholds,
                file.as_of,
                &fields,
                &mut row,
                &mut findings,
            ),
        };
        for finding in &findings {
            let line = Line {
                row: number,
                finding,
                key: key_text(dataset, &raw, 0),
                value: match finding.column {
                    Some(column) => raw.get(column),
                    None => "",
                },
            };
            tell(report, tally, dataset, &line)?;
        }
        let word = match action.filter(|_| accepted) {
            Some(action) => action.as_str(),
            None => {
                refused += 1;
                if dataset.key.iter().any(|k| row.get(*k).is_empty()) {
                    continue;
                }
                REFUSED
            }
        };
        stored.clear();
        stored.extend([number.to_string().as_str(), word]);
        stored.extend(row.fields());
        rows.push(group_key(dataset, &row), &stored)?;
    }
    (desk.progress)(read % PROGRESS_STEP);
    if read == 0 {
        return Err(Rejection::new(Code::NoRows).in_file(file).into());
    }
    Ok(Intake {
        rows: rows.finish()?,
        read,
        refused,
        plaintext: table.plaintext_digest(),
    })
}

/// The value that decides a row's partition: the first key column.
pub fn group_key<'r>(dataset: &Dataset, row: &'r Row) -> &'r str {
    dataset.key.first().map_or("", |k| row.get(*k))
}

/// A row's key for its sender's eyes; `offset` is where the dataset's columns begin in `row`.
pub fn key_text(dataset: &Dataset, row: &Row, offset: usize) -> String {
    let values: Vec<&str> = dataset.key.iter().map(|k| row.get(k + offset)).collect();
    values.join("/")
}

fn columns(dataset: &Dataset) -> Vec<String> {
    ["baris", "aksi"]
        .into_iter()
        .chain(dataset.fields.iter().map(|f| f.name.as_str()))
        .map(str::to_owned)
        .collect()
}
