//! The receipt: what became of a delivery, for a person (Indonesian, then English) and for a machine.
//!
//! It proves, with the service's signature over the JSON: which bytes came (digests of manifest, ciphertext and
//! plaintext), who signed them, by which agreement they were judged, how far they got, what the checks found, which
//! columns go to whom, and by which rule. It holds names, counts, digests and codes and no row's value, so it is not
//! encrypted.

mod page;
mod wrap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::agreement::{DatasetId, PartyId, ReconciliationId};
use crate::digest::Sha256Digest;
use crate::rejection::{Code, FindingCount, Level, Place, RowCounts};

use super::id::DeliveryId;
use super::name::Mode;

/// Version of the document, in its `format` field.
pub const FORMAT: &str = "padan-receipt-2";
/// The version before, of which old receipts still are: it had no more than the fields that are not optional here.
pub const FORMER_FORMAT: &str = "padan-receipt-1";

/// `<stem>.json`; [`Receipt::text`] is `<stem>.txt`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receipt {
    /// [`FORMAT`], or of an old one [`FORMER_FORMAT`].
    pub format: String,
    /// Accepted, refused or waiting.
    pub verdict: Verdict,
    /// The stage that gave the verdict; `None` for what never became a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// SHA-256 of the manifest; `None` for a file that came without one.
    pub delivery: Option<DeliveryId>,
    /// What the delivery is called: the manifest's name without `.sha256`.
    pub name: String,
    /// Who sent it.
    pub party: PartyId,
    /// When it was received, as [`super::INSTANT`].
    pub received: String,
    /// Fingerprint of the key that signed the manifest, as `ssh-keygen -l` prints it; `None` before that is proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// SHA-256 of the agreement file in force.
    pub agreement: Sha256Digest,
    /// The numbers under which the parties filed the agreement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agreement_numbers: Vec<String>,
    /// Why it was refused, or what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// The data files, as far as the manifest was believed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileReceipt>,
    /// The encrypted list of refused and warned rows, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_file: Option<String>,
    /// SHA-256 of that list as it is, encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_file_sha256: Option<Sha256Digest>,
    /// SHA-256 of the page for a person, [`Receipt::text`]: so the signature proves that page, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_sha256: Option<Sha256Digest>,
    /// How long each stage took, in the order of the way; the last one until this receipt was written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timing: Vec<StageTime>,
    /// Name and version of the software that judged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Accepted and answered.
    Diterima,
    /// Refused.
    Ditolak,
    /// Incomplete: still lying in the inbox.
    Menunggu,
}

/// A code with its sentences.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// Where it is.
    pub place: Place,
    /// What the row checks found, where that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowCounts>,
    /// Names that are missing or do not match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Indonesian.
    pub pesan: String,
    /// English.
    pub message: String,
}

/// One data file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileReceipt {
    /// Its name.
    pub file: String,
    /// SHA-256 of the ciphertext.
    pub sha256: Sha256Digest,
    /// SHA-256 of the plaintext, after decompression; `None` where it was not read to a clean end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plaintext_sha256: Option<Sha256Digest>,
    /// What it is.
    pub dataset: DatasetId,
    /// Full or delta.
    pub mode: Mode,
    /// The day on which the data was true.
    pub as_of: Date,
    /// Its sequence.
    pub sequence: u32,
    /// The sequence before it, where one or more are skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap_after: Option<u32>,
    /// An earlier sequence with the same plaintext.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_content_as: Option<u32>,
    /// The as-of day before, where this one is earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than: Option<Date>,
    /// Rows in the file; `None` where it was not read to a clean end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Rows taken over; `None` where the delivery is refused, of which nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    /// Rows refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<u64>,
    /// Records known before that stay as they were because their new rows were refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_over: Option<u64>,
    /// What the checks found, as far as it was read.
    pub findings: Vec<FindingCount>,
    /// The first of the rows that are refused, then of those that are warned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_faults: Vec<RowFault>,
    /// What becomes of each column; `None` where the header row was not understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
    /// Response folder in the sender's own outbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Reconciliations that wait for the counterpart's data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<ReconciliationId>,
}

/// A row at fault: where it is, never what stands there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowFault {
    /// Number of the row as a spreadsheet counts: the header is row 1.
    pub line: u64,
    /// Name of the column; `None` where the row as a whole is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Stable code of the check.
    pub code: String,
    /// ERROR refuses the row, WARN keeps it.
    pub level: Level,
}

/// Data minimisation, column by column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    /// The header row, in its order, by the agreement's names.
    pub received: Vec<String>,
    /// What the service keeps, encrypted.
    pub kept: Vec<String>,
    /// What it does not keep: nothing but the `aksi` of a delta, since a column that was not agreed refuses the file.
    pub dropped: Vec<String>,
    /// What each other party may receive of it, whether or not this delivery was accepted.
    pub disclosed: Vec<Disclosure>,
}

/// What one party may receive of a dataset, and by which rule (Pasal 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// The reader.
    pub to: PartyId,
    /// The rule of the agreement that applies, after its place there; `None` where none entitles this reader.
    pub rule: Option<String>,
    /// The columns that may leave.
    pub columns: Vec<String>,
    /// The columns that never do.
    pub withheld: Vec<String>,
}

/// How long one stage took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageTime {
    /// The stage's name.
    pub stage: String,
    /// Milliseconds.
    pub ms: u64,
}

impl Problem {
    /// The problem with the sentences of its code.
    pub fn new(code: Code, place: Place) -> Self {
        let text = code.text();
        Self {
            code,
            place,
            rows: None,
            names: vec![],
            pesan: text.id.to_string(),
            message: text.en.to_string(),
        }
    }
}

impl Receipt {
    /// The receipt for a person: Indonesian, then English, then what needs no language.
    pub fn text(&self) -> String {
        page::page(self)
    }

    /// The receipt for a machine: JSON, one field a line, ending with a line break.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}
