//! A rejection is the sender's mistake: final, coded, answered with a receipt that says what to do.

mod entry;
mod table;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use entry::{About, Entry, Level, Sentence, Text};

use table::TABLE;

/// Stable codes (design §3). A code never changes its meaning; a new mistake gets a new code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The manifest is not the plain output of `sha256sum`.
    ManifestFormat,
    /// A file name does not follow `<party>_<dataset>_<full|delta>_<date>_<sequence>.csv[.gz|.zst].age`.
    NameFormat,
    /// The name tells another party than the account that dropped it.
    NameNotSender,
    /// A file's SHA-256 is not the one in the manifest.
    ChecksumMismatch,
    /// A file that the manifest lists, or the signature, never came.
    Incomplete,
    /// The signature does not verify over this manifest.
    SignatureBad,
    /// No line of `allowed_signers` knows the key.
    SignerUnknown,
    /// The key belongs to another party.
    SignerNotSender,
    /// The key was not valid at the time of receipt.
    SignerExpired,
    /// The key or the algorithm is too weak.
    SignerWeak,
    /// The key, its certificate or the authority behind it is revoked.
    SignerRevoked,
    /// The key's certificate is no good for signing, whoever made it.
    SignerCertificate,
    /// Signed for another purpose than `padan`.
    NamespaceWrong,
    /// The same sequence came before with other content.
    SequenceConflict,
    /// A later sequence was already accepted.
    SequenceOld,
    /// The agreement has no such dataset from this party.
    DatasetNotAgreed,
    /// One dataset stands twice in a delivery.
    DatasetDoubled,
    /// The agreement was not in force.
    OutOfTerm,
    /// The as-of date in the name lies after the day of receipt.
    AsOfFuture,
    /// A file, its plaintext, its age header, a row or a field is over the limit.
    TooLarge,
    /// Not encrypted to the service's recipient.
    DecryptNoKey,
    /// Locked with a passphrase, which the service does not take.
    DecryptPassphrase,
    /// Truncated, altered or no age file.
    DecryptDamaged,
    /// Encrypted to a classical recipient although the agreement demands post-quantum ones.
    PostquantumRequired,
    /// Not gzip or zstd although the name says so, or damaged inside.
    CompressionDamaged,
    /// The plaintext is not UTF-8.
    NotUtf8,
    /// The plaintext is not CSV with a header row and rows of equal length.
    NotCsv,
    /// Nothing in it but, at most, a header.
    NoRows,
    /// A column that was not agreed.
    ColumnUnknown,
    /// An agreed column is missing.
    ColumnMissing,
    /// A column stands twice.
    ColumnDoubled,
    /// More rows were refused than the agreement tolerates.
    RowsRefused,
    /// A delta before any full delivery.
    DeltaWithoutBase,
    /// Something else than a plain file was dropped.
    NotAFile,
    /// A table was dropped without encryption; it is removed at once.
    NotEncrypted,
    /// An upload was not gone on with; what it left behind is removed.
    LeftOver,
    /// Data that the calendar of the agreement expects has not come: a notice, no rejection.
    DeliveryLate,
    /// A new key of the service takes the place of an old one: a notice, no rejection.
    KeyRotation,
    /// A key of the party ends soon: a notice, no rejection.
    KeyEndsSoon,
}

impl Code {
    /// Every code, in the order of this list.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(code, _)| *code)
    }

    /// What is said about it.
    #[allow(
        clippy::indexing_slicing,
        reason = "a test holds that the table has a row for every code"
    )]
    pub fn entry(self) -> &'static Entry {
        &TABLE[self as usize].1
    }

    /// The code as it stands in receipts, `CHECKSUM_MISMATCH`.
    pub fn as_str(self) -> &'static str {
        self.entry().name
    }

    /// The sentences for a person.
    pub fn text(self) -> Text {
        self.entry().text
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where in the delivery the mistake is. Holds only what may stand in an unencrypted receipt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// A file of the delivery, by its agreed name; `None` when its name breaks the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in the plaintext or in the manifest, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Columns: names of the agreement, or positions (`#3`) where the sender's text is not repeated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

/// What the row checks found in a file that is refused because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// Rows in the file.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
    /// Share of refused rows, in percent, that the agreement tolerates.
    pub tolerated_percent: u8,
    /// Every finding, counted.
    pub findings: Vec<FindingCount>,
}

/// One row check, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCount {
    /// Stable code of the check.
    pub code: String,
    /// ERROR refuses the row, WARN keeps it, INFO is only counted.
    pub level: Level,
    /// How many.
    pub count: u64,
    /// Indonesian.
    pub pesan: String,
    /// English.
    pub message: String,
}

/// The sender's mistake. Terminal for the delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The stable code.
    pub code: Code,
    /// Where it is.
    pub place: Place,
    /// What the row checks found, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Box<RowCounts>>,
    /// Agreed names of other files that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

impl Rejection {
    /// A rejection of the delivery as a whole.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            place: Place::default(),
            rows: None,
            names: vec![],
        }
    }

    /// Names another file that it is about, as the one accepted before; pass only a name that follows the naming rule.
    pub fn beside(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Names the file; pass only a name that follows the naming rule.
    pub fn in_file(mut self, name: impl fmt::Display) -> Self {
        self.place.file = Some(name.to_string());
        self
    }

    /// Names the line, from 1.
    pub fn at_line(mut self, line: u64) -> Self {
        self.place.line = Some(line);
        self
    }

    /// Names columns of the agreement, or positions as `#3`.
    pub fn for_columns(mut self, columns: Vec<String>) -> Self {
        self.place.columns = columns;
        self
    }

    /// Tells what the row checks found.
    pub fn with_rows(mut self, rows: RowCounts) -> Self {
        self.rows = Some(Box::new(rows));
        self
    }
}

impl From<Code> for Rejection {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}
