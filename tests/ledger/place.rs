//! A ledger in a temporary folder, and deliveries to put into it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use padan::agreement::{DatasetId, PartyId, ReconciliationId};
use padan::delivery::{DeliveryId, Mode, Sha256Digest};
use padan::fault::Fault;
use padan::ledger::record::ReconciliationInputs;
use padan::ledger::{
    Begun, Delivery, Event, Inputs, Ledger, NewDelivery, Outcome, Part, PartOutcome, Published,
    SqliteLedger, Stage,
};
use padan::rejection::Code;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A folder where a ledger may be, and a runtime.
pub struct Folder {
    runtime: Runtime,
    folder: TempDir,
}

/// A ledger in its folder.
pub struct Place {
    pub ledger: SqliteLedger,
    pub folder: Folder,
}

impl Deref for Place {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.folder
    }
}

impl Folder {
    pub fn new() -> Self {
        Self {
            runtime: Runtime::new().unwrap(),
            folder: TempDir::new().unwrap(),
        }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    pub fn open(&self) -> Result<SqliteLedger, Fault> {
        SqliteLedger::open(&self.file(), self.runtime.handle().clone())
    }

    pub fn open_read_only(&self) -> Result<SqliteLedger, Fault> {
        SqliteLedger::open_read_only(&self.file(), self.runtime.handle().clone())
    }

    /// What both ways of opening say about a file they refuse.
    pub fn refusals(&self) -> [String; 2] {
        [self.open(), self.open_read_only()].map(|outcome| outcome.unwrap_err().to_string())
    }

    /// Someone with another tool at the file.
    pub fn sql(&self, statement: &'static str) -> Result<u64, sqlx::Error> {
        self.runtime.block_on(async {
            let options = SqliteConnectOptions::new().filename(self.file());
            let mut connection = options.connect().await?;
            let done = sqlx::query(statement).execute(&mut connection).await?;
            connection.close().await?;
            Ok(done.rows_affected())
        })
    }

    /// How many problems SQLite itself finds in the file.
    pub fn problems(&self) -> usize {
        self.runtime.block_on(async {
            let options = SqliteConnectOptions::new().filename(self.file());
            let mut connection = options.connect().await.unwrap();
            let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let dangling = sqlx::query("PRAGMA foreign_key_check")
                .fetch_all(&mut connection)
                .await
                .unwrap();
            connection.close().await.unwrap();
            dangling.len() + found.iter().filter(|word| *word != "ok").count()
        })
    }
}

impl Place {
    pub fn new() -> Self {
        let folder = Folder::new();
        let ledger = folder.open().unwrap();
        Self { ledger, folder }
    }

    /// The ledger as another process would find it now.
    pub fn again(&self) -> SqliteLedger {
        self.open().unwrap()
    }

    pub fn reader(&self) -> SqliteLedger {
        self.open_read_only().unwrap()
    }

    /// Begins, claims and lists a `pns` delivery with this sequence.
    pub fn opened(&self, sequence: u32) -> DeliveryId {
        let new = delivery("bkn", sequence);
        assert_eq!(self.ledger.begin(&new).unwrap(), Begun::Open);
        self.ledger
            .claimed(&new.id, at(i64::from(sequence) + 1))
            .unwrap();
        self.ledger.set_parts(&new.id, &[part(sequence)]).unwrap();
        new.id
    }

    pub fn answered(&self, sequence: u32) -> DeliveryId {
        let id = self.opened(sequence);
        let found = outcome(&format!("plaintext {sequence}"));
        self.ledger.ingested(&id, &pns(), &found).unwrap();
        self.ledger.close(&id, &done(&id), &[]).unwrap();
        id
    }

    pub fn rejected(&self, sequence: u32) -> DeliveryId {
        let id = self.opened(sequence);
        self.ledger.close(&id, &refused(&id), &[]).unwrap();
        id
    }
}

pub fn at(second: i64) -> Timestamp {
    let start: Timestamp = "2026-11-22T06:00:00.123456789Z".parse().unwrap();
    start + SignedDuration::from_secs(second)
}

pub fn bkn() -> PartyId {
    "bkn".parse().unwrap()
}

pub fn pns() -> DatasetId {
    "pns".parse().unwrap()
}

pub fn golongan() -> ReconciliationId {
    "golongan".parse().unwrap()
}

pub fn delivery(party: &str, sequence: u32) -> NewDelivery {
    let stem = format!("bkn_pns_full_2026-11-22_{sequence:04}");
    NewDelivery {
        id: DeliveryId::of_manifest(stem.as_bytes()),
        party: party.parse().unwrap(),
        files: vec![
            format!("{stem}.sha256"),
            format!("{stem}.sha256.sig"),
            format!("{stem}.csv.age"),
        ],
        stem,
        folder: "november".to_owned(),
        received: at(i64::from(sequence)),
        begun: at(i64::from(sequence)),
    }
}

pub fn part(sequence: u32) -> Part {
    Part {
        dataset: pns(),
        mode: Mode::Full,
        as_of: "2026-11-22".parse().unwrap(),
        sequence,
        file: format!("bkn_pns_full_2026-11-22_{sequence:04}.csv.age"),
        digest: Sha256Digest::of(b"ciphertext"),
        outcome: None,
    }
}

pub fn outcome(plaintext: &str) -> PartOutcome {
    PartOutcome {
        plaintext: Sha256Digest::of(plaintext.as_bytes()),
        rows: 1000,
        accepted: 988,
        refused: 12,
        findings: BTreeMap::from([("NIP_BENTUK".to_owned(), 12), ("NIK_WILAYAH".to_owned(), 3)]),
    }
}

pub fn event(id: &DeliveryId, stage: Stage, outcome: Outcome) -> Event {
    Event {
        delivery: *id,
        at: at(60),
        stage,
        outcome,
        code: None,
        detail: None,
    }
}

pub fn done(id: &DeliveryId) -> Event {
    event(id, Stage::Respond, Outcome::Done)
}

pub fn refused(id: &DeliveryId) -> Event {
    Event {
        code: Some(Code::ColumnMissing),
        ..event(id, Stage::Ingest, Outcome::Rejected)
    }
}

pub fn inputs(previous: Option<DeliveryId>) -> Inputs {
    Inputs {
        run_date: "2026-11-22".parse().unwrap(),
        agreement: Sha256Digest::of(b"agreement"),
        previous,
        reconciliations: BTreeMap::from([(
            golongan(),
            ReconciliationInputs {
                counterpart: Some(DeliveryId::of_manifest(b"theirs")),
                state: None,
            },
        )]),
    }
}

pub fn published(file: &str) -> Published {
    Published {
        reader: "bpjs".parse().unwrap(),
        folder: "2026-11-22_pns_bkn_0007".to_owned(),
        file: file.to_owned(),
        plaintext: Sha256Digest::of(file.as_bytes()),
    }
}

/// Stage and outcome of each event, in order.
pub fn story(ledger: &SqliteLedger, id: &DeliveryId) -> Vec<(Stage, Outcome)> {
    let events = ledger.events(id).unwrap();
    events.iter().map(|e| (e.stage, e.outcome)).collect()
}

pub fn ids(deliveries: Vec<Delivery>) -> Vec<DeliveryId> {
    deliveries.into_iter().map(|d| d.id).collect()
}
