//! Names of data files: the only signed metadata of a delivery.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::agreement::{DatasetId, PartyId};

/// Longest data file name, in bytes.
pub const LONGEST: usize = 200;

/// `<party>_<dataset>_<full|delta>_<as-of date>_<sequence>.csv[.gz|.zst].age`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFileName {
    /// Who supplies the data.
    pub party: PartyId,
    /// What it is.
    pub dataset: DatasetId,
    /// The whole dataset, or what changed since the last delivery.
    pub mode: Mode,
    /// The day on which the data was true.
    pub as_of: Date,
    /// Strictly increasing per party and dataset, from 1.
    pub sequence: u32,
    /// What lies between the CSV and age.
    pub compression: Compression,
    text: String,
}

/// How a delivery relates to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Replaces the party's snapshot.
    Full,
    /// Applies to it; the first column is `aksi`.
    Delta,
}

/// Compression between CSV and age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// `.csv.age`
    None,
    /// `.csv.gz.age`
    Gzip,
    /// `.csv.zst.age`
    Zstd,
}

/// The name breaks the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write <party>_<dataset>_<full|delta>_<YYYY-MM-DD>_<sequence>.csv[.gz|.zst].age")]
pub struct BadName;

impl DataFileName {
    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for DataFileName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let parse = || {
            let stem = text.strip_suffix(".age")?;
            let (stem, compression) = match stem.strip_suffix(".gz") {
                Some(stem) => (stem, Compression::Gzip),
                None => match stem.strip_suffix(".zst") {
                    Some(stem) => (stem, Compression::Zstd),
                    None => (stem, Compression::None),
                },
            };
            let (stem, sequence) = stem.strip_suffix(".csv")?.rsplit_once('_')?;
            let (stem, as_of) = stem.rsplit_once('_')?;
            let (stem, mode) = stem.rsplit_once('_')?;
            let (party, dataset) = stem.split_once('_')?;
            Some(Self {
                party: party.parse().ok()?,
                dataset: dataset.parse().ok()?,
                mode: match mode {
                    "full" => Mode::Full,
                    "delta" => Mode::Delta,
                    _ => return None,
                },
                as_of: day(as_of)?,
                sequence: sequence_number(sequence)?,
                compression,
                text: text.to_owned(),
            })
        };
        if text.len() > LONGEST {
            return Err(BadName);
        }
        parse().ok_or(BadName)
    }
}

/// Exactly `YYYY-MM-DD`: jiff alone would also take other ISO 8601 forms.
fn day(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok()?;
    (text.len() == 10 && date.to_string() == text).then_some(date)
}

/// 1 to 9 digits, at least 1; leading zeros are for people and do not count.
fn sequence_number(text: &str) -> Option<u32> {
    let digits = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && *n > 0)
}

impl fmt::Display for DataFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Delta => "delta",
        })
    }
}
