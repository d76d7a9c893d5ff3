//! What is said about a code, of a delivery, a row or a workbook: the one form in which receipts, `padan explain` and the page of
//! codes know it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One code and what a person reads about it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The stable code, as `CHECKSUM_MISMATCH`.
    #[serde(rename = "code")]
    pub name: &'static str,
    /// What it is said of.
    pub about: About,
    /// How loudly it speaks.
    pub level: Level,
    /// The sentences.
    #[serde(flatten)]
    pub text: Text,
}

/// What a code is said of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// A delivery, or a file that makes none.
    Delivery,
    /// One row of a data file.
    Row,
    /// A workbook that a party's own tool does not take; the service never sees it.
    Workbook,
}

/// How loudly a code speaks (domain §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Counted.
    Info,
    /// The row is kept and reported.
    Warn,
    /// The row, or the delivery, is refused.
    Error,
}

/// What is said in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Text {
    /// Indonesian.
    pub id: Sentence,
    /// English.
    pub en: Sentence,
}

/// What happened, and what to do now. Prints as both, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// What happened.
    pub what: &'static str,
    /// What to do now.
    pub remedy: &'static str,
}

impl Entry {
    /// An entry; each language tells what happened, then what to do.
    pub const fn new(
        name: &'static str,
        about: About,
        level: Level,
        [id_what, id_remedy]: [&'static str; 2],
        [en_what, en_remedy]: [&'static str; 2],
    ) -> Self {
        Self {
            name,
            about,
            level,
            text: Text {
                id: Sentence {
                    what: id_what,
                    remedy: id_remedy,
                },
                en: Sentence {
                    what: en_what,
                    remedy: en_remedy,
                },
            },
        }
    }
}

impl Level {
    /// The word in files for people: ERROR refuses the row, WARN keeps it, INFO only counts it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.remedy)
    }
}
