//! What the ledger holds, as plain records.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::agreement::{DatasetId, PartyId, ReconciliationId};
use crate::delivery::{DeliveryId, Mode, Sha256Digest};
use crate::rejection::Code;

/// Something incomplete in an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Whose inbox.
    pub party: PartyId,
    /// Path below the inbox of the manifest or the lonely file; digests where it does not follow the naming rule.
    pub place: String,
    /// Digest over sizes and missing parts: changes when the sender goes on.
    pub fingerprint: Sha256Digest,
}

/// Something that lies incomplete in an inbox, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incomplete {
    /// Whose inbox.
    pub party: PartyId,
    /// Path below the inbox of the manifest or the lonely file; digests where it does not follow the naming rule.
    pub place: String,
    /// Since when nothing changed about it.
    pub since: Timestamp,
    /// Whether the sender was told what is missing.
    pub told: bool,
}

/// How many deliveries are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Being claimed or on their way, faulted ones included.
    pub open: u64,
    /// Open ones that wait for their next try after a fault.
    pub faulted: u64,
    /// Answered.
    pub answered: u64,
    /// Rejected.
    pub rejected: u64,
}

/// A complete delivery about to be claimed.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// SHA-256 of its manifest.
    pub id: DeliveryId,
    /// In whose inbox it lay.
    pub party: PartyId,
    /// The manifest's name without `.sha256`.
    pub stem: String,
    /// Folder below the inbox, empty for the inbox itself.
    pub folder: String,
    /// File names to move: manifest, signature, data files.
    pub files: Vec<String>,
    /// Our time of receipt: term and key validity are judged at it.
    pub received: Timestamp,
    /// When this attempt begins: later than its receipt when an operator runs it again.
    pub begun: Timestamp,
}

/// What [`super::Ledger::begin`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// Open now: claim it.
    Open,
    /// Already answered: give the same receipt again.
    Answered,
    /// Another party's delivery, open or answered: nothing was noted. Give no receipt of it; the name tells another
    /// party than the account that dropped it.
    OfAnother,
}

/// One delivery as far as it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// SHA-256 of its manifest.
    pub id: DeliveryId,
    /// Who sent it.
    pub party: PartyId,
    /// The manifest's name without `.sha256`.
    pub stem: String,
    /// Folder below the inbox it came from.
    pub folder: String,
    /// File names: manifest, signature, data files.
    pub files: Vec<String>,
    /// Our time of receipt.
    pub received: Timestamp,
    /// How far it got.
    pub state: State,
    /// From 1; grows when a rejected delivery is dropped or run again.
    pub attempt: u32,
    /// Faults since the last attempt began.
    pub faults: u32,
    /// Not before this time is a faulted delivery tried again.
    pub retry_at: Option<Timestamp>,
    /// Why it was rejected.
    pub code: Option<Code>,
    /// Its data files, once verified.
    pub parts: Vec<Part>,
}

/// How far a delivery got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its files are being moved out of the inbox.
    Claiming,
    /// In staging, on its way.
    Open,
    /// Answered.
    Answered,
    /// Rejected; the sender was told.
    Rejected,
}

/// One data file of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is.
    pub dataset: DatasetId,
    /// Full or delta.
    pub mode: Mode,
    /// The day on which the data was true.
    pub as_of: Date,
    /// Sequence per party and dataset.
    pub sequence: u32,
    /// Its file name.
    pub file: String,
    /// SHA-256 of the ciphertext.
    pub digest: Sha256Digest,
    /// What ingest found.
    pub outcome: Option<PartOutcome>,
}

/// What ingest found in a data file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartOutcome {
    /// SHA-256 of the plaintext.
    pub plaintext: Sha256Digest,
    /// Rows in the file.
    pub rows: u64,
    /// Rows taken over.
    pub accepted: u64,
    /// Rows refused.
    pub refused: u64,
    /// Findings by check code and level word, as `NIK_WILAYAH` → 12.
    pub findings: BTreeMap<String, u64>,
}

/// Everything that a part's answer depends on besides its own bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The day in responses, in the service's time zone.
    pub run_date: Date,
    /// SHA-256 of the agreement file.
    pub agreement: Sha256Digest,
    /// The delivery whose snapshot the changes start from.
    pub previous: Option<DeliveryId>,
    /// Per reconciliation: the counterpart's snapshot, and the difference state of the run before.
    pub reconciliations: BTreeMap<ReconciliationId, ReconciliationInputs>,
}

/// What one reconciliation is computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciliationInputs {
    /// Delivery of the counterpart's snapshot; `None` while it has sent none.
    pub counterpart: Option<DeliveryId>,
    /// Delivery that wrote the difference state before this one.
    pub state: Option<DeliveryId>,
}

/// What one run of a reconciliation came to, as far as one reader may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFigures {
    /// The day of the run, in the service's time zone.
    pub run_date: Date,
    /// The dataset whose delivery caused it.
    pub dataset: DatasetId,
    /// That delivery's sequence.
    pub sequence: u32,
    /// Records that met; `None` where the reader may not know it.
    pub matched: Option<u64>,
    /// Of these, the ones without any difference.
    pub agreeing: Option<u64>,
    /// Differences that are open after the run.
    pub open: u64,
    /// Of these, the ones that it opened.
    pub new: u64,
    /// Differences that it found resolved.
    pub resolved: u64,
}

/// One plaintext that was handed to a party, by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Who received it.
    pub reader: PartyId,
    /// Response folder in the outbox; empty for a file in `receipts/`.
    pub folder: String,
    /// File name without `.age`.
    pub file: String,
    /// SHA-256 of its plaintext.
    pub plaintext: Sha256Digest,
}

/// Stages of the way of a delivery, as in types, logs, receipts and pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Moved into private staging.
    Claim,
    /// Signature, names, digests, sequence, term.
    Verify,
    /// Decrypted.
    Open,
    /// Rows checked, snapshot written.
    Ingest,
    /// Changes and differences found.
    Reconcile,
    /// Responses and receipt published.
    Respond,
}

impl Stage {
    /// The stage's name, the same everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Verify => "verify",
            Self::Open => "open",
            Self::Ingest => "ingest",
            Self::Reconcile => "reconcile",
            Self::Respond => "respond",
        }
    }
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Begun (claim only) .
    Begun,
    /// Done.
    Done,
    /// The sender's mistake.
    Rejected,
    /// Our trouble.
    Fault,
    /// The files vanished before they were claimed.
    Withdrawn,
    /// An operator ran it again; the detail holds the reason.
    Rerun,
    /// The same delivery was dropped again.
    Repeated,
    /// Another party's account dropped it; the detail tells which.
    TurnedAway,
    /// What was kept of it was destroyed at the end of its retention.
    Destroyed,
}

/// One line of a delivery's story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Of which delivery.
    pub delivery: DeliveryId,
    /// When.
    pub at: Timestamp,
    /// In which stage.
    pub stage: Stage,
    /// How it ended.
    pub outcome: Outcome,
    /// The rejection's code.
    pub code: Option<Code>,
    /// Counts, digests, a fault's text or an operator's reason; no row's value.
    pub detail: Option<String>,
}

/// Something that happened at the door: a login, an upload, a denial. Fields that do not apply are `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoorEvent {
    /// When.
    pub at: Timestamp,
    /// What, as a word: `login`, `login_refused`, `upload`, `download`, `renamed`, `denied`, …
    pub event: String,
    /// Whose account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// From which address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<IpAddr>,
    /// How the client's software calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Fingerprint of the key that logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What a denied request wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The path, as far as it follows the naming rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The new path after a rename.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Bytes moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// SHA-256 of an upload that was brought to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
    /// How long it took, or takes, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// Why not, or what else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Something that concerns neither a delivery nor a login: a notice, the calendar, the clock. Fields that do not apply are
/// `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceEvent {
    /// When.
    pub at: Timestamp,
    /// What, as a word: `notice`, `notice_withdrawn`, `late`, `received`, `clock_behind`, …
    pub event: String,
    /// Whom it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Which dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetId>,
    /// The code of a notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The name of a notice in the party's receipts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// SHA-256 of the notice's JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
    /// Days, or an operator's reason; nothing about a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl ServiceEvent {
    /// An event with nothing but its word.
    pub fn new(at: Timestamp, event: &str) -> Self {
        Self {
            at,
            event: event.to_owned(),
            party: None,
            dataset: None,
            code: None,
            name: None,
            sha256: None,
            detail: None,
        }
    }
}

/// A dataset that the calendar of the agreement expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Which.
    pub dataset: DatasetId,
    /// From whom.
    pub party: PartyId,
    /// The rule, as the agreement writes it.
    pub rule: String,
    /// The day on which the service met this rule: nothing before is expected.
    pub since: Date,
    /// What the party was told to be missing.
    pub told: Option<Missing>,
}

/// What a party was told to be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// First day of the first missing period.
    pub first: Date,
    /// Last day of the last one.
    pub last: Date,
    /// When it was told the last time.
    pub told_at: Timestamp,
    /// How often it was reminded since.
    pub reminders: u32,
}

/// What the ledger knows of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// The newest instant of any event; `None` before the first.
    pub newest: Option<Timestamp>,
    /// Whether the operator was told that the clock stands behind it.
    pub told_behind: bool,
    /// The newest instant before time went on by more than [`LEAP`] at once, unless an operator has said since that the
    /// clock is right.
    pub leapt: Option<Timestamp>,
}

/// A running service notes the time each day, so whoever finds that so much went by at once was off for long, or has a
/// clock that is ahead. A timer that runs once a week is neither.
pub const LEAP: SignedDuration = SignedDuration::from_hours(8 * 24);

impl Clock {
    /// Whether `now` is later than the newest instant by a leap, or a leap was not accepted yet.
    pub fn is_doubtful(&self, now: Timestamp) -> bool {
        let leaps = |newest: Timestamp| newest.duration_until(now) > LEAP;
        self.leapt.is_some() || self.newest.is_some_and(leaps)
    }
}

/// What a party was told of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyNotice {
    /// Who was told.
    pub party: PartyId,
    /// The key's fingerprint.
    pub key: String,
    /// What, as `rotation signing` or `ends 2027-12-31T00:00:00Z 30`.
    pub told: String,
}
