//! Row checks (domain §3): every value, every row, every family, judged by the agreement alone.
//!
//! Pure and deterministic: ages and "in the future" are judged against the day of the extract, never the clock.
//! Each finding is a stable [`CheckCode`] and a column; it never holds a value.
//!
//! What is done to a value before it is judged: spaces around it are dropped, in every column, since they are an
//! export's padding. Spaces inside stay and count: a NIP in groups of digits is refused. Nothing is ever padded,
//! completed or guessed.
//!
//! - one file per kind of value: `nip`, `nik`, `card`, `dates`, `golongan`, `sex`, `number`, `text`;
//!   `field` picks among them;
//! - rules over several columns: `person`, `service`; over the rows of one group: `family`;
//! - `code` and `table`: the codes, their levels and sentences.

mod card;
mod code;
mod dates;
mod digits;
mod family;
mod field;
mod golongan;
mod nik;
mod nip;
mod number;
mod person;
mod rules;
mod service;
mod sex;
mod table;
mod text;

use jiff::civil::Date;

use super::{Dataset, Field, Level, Required, Row, Thresholds};

pub use code::CheckCode;
pub use family::check_group;

/// One thing that a check found in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it is.
    pub code: CheckCode,
    /// How loudly it speaks.
    pub level: Level,
    /// Position of the column in [`Dataset::fields`]; `None` where the row as a whole is meant.
    pub column: Option<usize>,
}

impl Finding {
    /// A finding at its code's level.
    pub fn new(code: CheckCode, column: Option<usize>) -> Self {
        Self {
            code,
            level: code.level(),
            column,
        }
    }
}

/// Checks one row and fills `row` with the normal forms of its values, in the order of [`Dataset::fields`].
///
/// `raw` holds the values as they came; `as_of` is the day on
/// which the data was true. Findings are appended. Returns whether the row is accepted, that is, without an ERROR;
/// in a refused row the faulty values are empty.
pub fn check_row(
    dataset: &Dataset,
    thresholds: &Thresholds,
    as_of: Date,
    raw: &(impl Values + ?Sized),
    row: &mut Row,
    findings: &mut Vec<Finding>,
) -> bool {
    let before = findings.len();
    row.clear();
    for (position, field) in dataset.fields.iter().enumerate() {
        fill(
            position,
            field,
            thresholds,
            value(raw, position),
            row,
            findings,
        );
    }
    for (position, field) in dataset.fields.iter().enumerate() {
        if let Required::When { column, equals } = &field.required
            && row.get(*column) == equals
            && value(raw, position).is_empty()
        {
            findings.push(Finding::new(CheckCode::KosongWajib, Some(position)));
        }
    }
    for check in &dataset.checks {
        rules::apply(check, thresholds, as_of, row, findings);
    }
    accepted(findings, before)
}

/// Checks the key alone, for `aksi` HAPUS; all other columns are left empty in `row` whatever was sent.
///
/// Findings are appended. Returns whether the key is usable.
pub fn check_key_only(
    dataset: &Dataset,
    raw: &(impl Values + ?Sized),
    row: &mut Row,
    findings: &mut Vec<Finding>,
) -> bool {
    let before = findings.len();
    row.clear();
    for (position, field) in dataset.fields.iter().enumerate() {
        let text = value(raw, position);
        if !dataset.key.contains(&position) {
            row.push("");
        } else if text.is_empty() {
            row.push("");
            findings.push(Finding::new(CheckCode::KosongWajib, Some(position)));
        } else {
            let mut buffer = [0; 10];
            match field::normal(&field.kind, text, &mut buffer) {
                Ok((normal, _)) => row.push(normal),
                Err(code) => {
                    row.push("");
                    findings.push(Finding::new(code, Some(position)));
                }
            }
        }
    }
    accepted(findings, before)
}

/// The values of one row as they came, in the order of [`Dataset::fields`].
pub trait Values {
    /// The value at `position`; empty where there is none.
    fn value(&self, position: usize) -> &str;
}

impl Values for [&str] {
    fn value(&self, position: usize) -> &str {
        self.get(position).copied().unwrap_or_default()
    }
}

impl Values for Row {
    fn value(&self, position: usize) -> &str {
        self.get(position)
    }
}

/// The value as it counts: without the spaces around it.
fn value(raw: &(impl Values + ?Sized), position: usize) -> &str {
    let value = raw.value(position);
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    // Most values have nothing to be cut off, which two bytes tell.
    match plain(value.as_bytes().first()) && plain(value.as_bytes().last()) {
        true => value,
        false => value.trim(),
    }
}

/// Appends one value's normal form.
fn fill(
    position: usize,
    field: &Field,
    thresholds: &Thresholds,
    text: &str,
    row: &mut Row,
    findings: &mut Vec<Finding>,
) {
    let mut report = |code| findings.push(Finding::new(code, Some(position)));
    if text.is_empty() {
        row.push("");
        if field.required == Required::Yes {
            report(CheckCode::KosongWajib);
        }
        return;
    }
    let mut buffer = [0; 10];
    match field::normal(&field.kind, text, &mut buffer) {
        Ok((normal, remark)) => {
            row.push(normal);
            if let Some(code) = remark {
                report(code);
            }
            if field::strange_province(&field.kind, normal, thresholds) {
                report(CheckCode::NikWilayah);
            }
        }
        Err(code) => {
            row.push("");
            report(code);
        }
    }
}

/// Whether nothing that was found since `before` refuses the row.
fn accepted(findings: &[Finding], before: usize) -> bool {
    findings
        .iter()
        .skip(before)
        .all(|finding| finding.level != Level::Error)
}

#[cfg(test)]
mod tests;
