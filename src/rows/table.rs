//! The CSV text of one data file as a table: its separator, and where the dataset's columns stand in it.

use simd_csv::{ZeroCopyByteRecord, ZeroCopyReaderBuilder};

use crate::agreement::Dataset;
use crate::delivery::{DataFileName, Mode};
use crate::rejection::{Code, Rejection};

use super::records::unquoted;

/// First column of a delta.
const ACTION: &str = "aksi";
/// The header row must end within this many bytes.
pub(super) const LONGEST_HEADER: usize = 64 << 10;

/// How the rows of one data file are read.
#[derive(Debug)]
pub(super) struct Table {
    /// What stands between two fields.
    pub(super) separator: u8,
    /// Columns in the file.
    pub(super) width: usize,
    /// For each column of the dataset, its position in the file.
    pub(super) positions: Vec<usize>,
    /// Whether the first column is the action.
    pub(super) delta: bool,
}

impl Table {
    /// Reads the header row, with which `text` begins. Refuses with `NO_ROWS`, `NOT_UTF8`, `NOT_CSV`, `COLUMN_MISSING`,
    /// `COLUMN_UNKNOWN` or `COLUMN_DOUBLED`.
    pub(super) fn of(
        text: &[u8],
        file: &DataFileName,
        dataset: &Dataset,
    ) -> Result<Self, Rejection> {
        let refuse = |code: Code| Rejection::new(code).in_file(file).at_line(1);
        let start = text.get(..LONGEST_HEADER).unwrap_or(text);
        if start.len() < text.len() && !start.contains(&b'\n') {
            return Err(refuse(Code::NotCsv));
        }
        let separator = dataset.separator.unwrap_or_else(|| detect(start));
        let mut reader = ZeroCopyReaderBuilder::with_capacity(LONGEST_HEADER)
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(text);
        let record = match reader.read_byte_record() {
            Ok(Some(record)) => record,
            Ok(None) => return Err(refuse(Code::NoRows)),
            Err(_) => return Err(refuse(Code::NotCsv)),
        };
        if std::str::from_utf8(record.as_slice()).is_err() {
            return Err(refuse(Code::NotUtf8));
        }
        let names = header_names(&record).ok_or_else(|| refuse(Code::NotCsv))?;
        let delta = file.mode == Mode::Delta;
        Ok(Self {
            separator,
            width: names.len(),
            positions: match_columns(&names, dataset, delta, refuse)?,
            delta,
        })
    }

    /// The header row in its own order, by the names of the dataset's columns.
    pub(super) fn columns(&self, dataset: &Dataset) -> Vec<String> {
        let mut placed: Vec<_> = self.positions.iter().zip(&dataset.fields).collect();
        placed.sort_by_key(|(position, _)| **position);
        let action = self.delta.then(|| ACTION.to_owned());
        let names = placed.into_iter().map(|(_, field)| field.name.clone());
        action.into_iter().chain(names).collect()
    }
}

/// The names as they are compared; `None` where the quoting is unsound.
pub(super) fn header_names(record: &ZeroCopyByteRecord<'_>) -> Option<Vec<String>> {
    let names = record.iter().map(|field| {
        let mut name = String::new();
        unquoted(std::str::from_utf8(field).ok()?, &mut name)?;
        Some(name.trim().to_ascii_lowercase())
    });
    names.collect()
}

/// Finds every agreed column in the header row, whatever the order; refuses what was not agreed. The sender's own
/// words are not repeated: without a header row they would be a person's data.
fn match_columns(
    names: &[String],
    dataset: &Dataset,
    delta: bool,
    refuse: impl Fn(Code) -> Rejection,
) -> Result<Vec<usize>, Rejection> {
    let action = usize::from(delta);
    let data = names.get(action..).unwrap_or_default();
    let mut missing: Vec<String> = dataset
        .fields
        .iter()
        .filter(|field| !data.contains(&field.name))
        .map(|field| field.name.clone())
        .collect();
    if delta && names.first().is_none_or(|name| name != ACTION) {
        missing.insert(0, ACTION.to_owned());
    }
    if names.len() == 1 && missing.len() > 1 {
        return Err(refuse(Code::NotCsv));
    }
    if !missing.is_empty() {
        return Err(refuse(Code::ColumnMissing).for_columns(missing));
    }
    let doubled: Vec<String> = dataset
        .fields
        .iter()
        .filter(|field| data.iter().filter(|name| **name == field.name).count() > 1)
        .map(|field| field.name.clone())
        .collect();
    if !doubled.is_empty() {
        return Err(refuse(Code::ColumnDoubled).for_columns(doubled));
    }
    let unknown: Vec<String> = data
        .iter()
        .enumerate()
        .filter(|(_, name)| dataset.position(name).is_none())
        .map(|(position, _)| format!("#{}", position + action + 1))
        .collect();
    if !unknown.is_empty() {
        return Err(refuse(Code::ColumnUnknown).for_columns(unknown));
    }
    Ok(dataset
        .fields
        .iter()
        .filter_map(|field| names.iter().position(|name| *name == field.name))
        .collect())
}

/// The separator that stands most often in the first line.
pub(super) fn detect(start: &[u8]) -> u8 {
    let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |separator: u8| line.iter().filter(|b| **b == separator).count();
    // The comma last: of equals, max_by_key takes the last.
    [b'\t', b'|', b';', b',']
        .into_iter()
        .max_by_key(|separator| count(*separator))
        .unwrap_or(b',')
}
