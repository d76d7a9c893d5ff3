//! The ledger in one SQLite file: write-ahead log, every commit on the disk before it counts.
//!
//! Several processes may have it open at once (`padan rerun` beside `padan serve`): every writing method takes the
//! write lock at its beginning and waits for it, so that no method ever has to be repeated. Apart from opening the
//! file, the SQL is meant to run on PostgreSQL as it stands.

mod answers;
mod deliveries;
mod door;
mod events;
mod figures;
mod keys;
mod open;
mod parts;
mod service;
mod value;
mod waiting;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqlitePool;
use tokio::runtime::Handle;

use crate::agreement::{DatasetId, PartyId, ReconciliationId};
use crate::delivery::{DeliveryId, Sha256Digest};
use crate::fault::Fault;

use super::Ledger;
use super::record::{
    Begun, Clock, Counts, Delivery, DoorEvent, Event, Expected, Incomplete, Inputs, KeyNotice,
    NewDelivery, Part, PartOutcome, Published, RunFigures, ServiceEvent, Waiting,
};

/// [`Ledger`] in an SQLite file.
///
/// Its methods wait on the runtime, which must be a multi-threaded one with its clock enabled. Called from inside an
/// async task they would panic.
#[derive(Debug)]
pub struct SqliteLedger {
    pool: SqlitePool,
    runtime: Handle,
}

impl SqliteLedger {
    /// Opens the ledger, makes it (mode 0600) when there is none, and brings its schema up to date.
    ///
    /// A [`Fault::Ledger`] when the file is damaged or was written by a newer version.
    pub fn open(file: &Path, runtime: Handle) -> Result<Self, Fault> {
        let pool = runtime.block_on(open::for_service(file))?;
        Ok(Self { pool, runtime })
    }

    /// Opens an existing ledger for reading, also while another process writes it.
    ///
    /// A [`Fault::Ledger`] when there is none, or when its schema is not the one of this version.
    pub fn open_read_only(file: &Path, runtime: Handle) -> Result<Self, Fault> {
        let pool = runtime.block_on(open::for_reading(file))?;
        Ok(Self { pool, runtime })
    }

    /// One transaction that holds the write lock from its beginning.
    fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.runtime.block_on(async {
            // SQLite's own word, and the only one: without it a second writer fails instead of waiting.
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let result = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(result)
        })
    }

    /// One transaction that sees one state of the ledger throughout.
    fn read<T>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.runtime.block_on(async {
            let mut transaction = self.pool.begin().await?;
            let result = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(result)
        })
    }
}

impl Ledger for SqliteLedger {
    fn waiting(&self, waiting: &[Waiting], now: Timestamp) -> Result<Vec<Timestamp>, Fault> {
        self.write(async |db| waiting::note(db, waiting, now).await)
    }

    fn waiting_told(&self, waiting: &Waiting) -> Result<bool, Fault> {
        self.write(async |db| waiting::told(db, waiting).await)
    }

    fn waiting_only(&self, party: &PartyId, present: &[String]) -> Result<Vec<String>, Fault> {
        self.write(async |db| waiting::only(db, party, present).await)
    }

    fn incomplete(&self) -> Result<Vec<Incomplete>, Fault> {
        self.read(async |db| waiting::all(db).await)
    }

    fn begin(&self, new: &NewDelivery) -> Result<Begun, Fault> {
        self.write(async |db| deliveries::begin(db, new).await)
    }

    fn claimed(&self, id: &DeliveryId, at: Timestamp) -> Result<(), Fault> {
        self.write(async |db| deliveries::claimed(db, id, at).await)
    }

    fn withdraw(&self, id: &DeliveryId, at: Timestamp) -> Result<(), Fault> {
        self.write(async |db| deliveries::withdraw(db, id, at).await)
    }

    fn open(&self) -> Result<Vec<Delivery>, Fault> {
        self.read(async |db| deliveries::open(db).await)
    }

    fn delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>, Fault> {
        self.read(async |db| deliveries::one(db, id).await)
    }

    fn find(&self, text: &str) -> Result<Vec<Delivery>, Fault> {
        self.read(async |db| deliveries::find(db, text).await)
    }

    fn recent(&self, party: Option<&PartyId>, most: u32) -> Result<Vec<Delivery>, Fault> {
        self.read(async |db| deliveries::recent(db, party, most).await)
    }

    fn open_of(&self, party: &PartyId, most: u32) -> Result<Vec<Delivery>, Fault> {
        self.read(async |db| deliveries::open_of(db, party, most).await)
    }

    fn closed_of(&self, party: &PartyId, most: u32) -> Result<Vec<Delivery>, Fault> {
        self.read(async |db| deliveries::closed_of(db, party, most).await)
    }

    fn counts(&self, party: Option<&PartyId>) -> Result<Counts, Fault> {
        self.read(async |db| deliveries::counts(db, party).await)
    }

    fn expired(&self, until: Timestamp) -> Result<Vec<Delivery>, Fault> {
        self.read(async |db| deliveries::expired(db, until).await)
    }

    fn append(&self, event: &Event) -> Result<(), Fault> {
        self.write(async |db| events::append_known(db, event).await)
    }

    fn events(&self, id: &DeliveryId) -> Result<Vec<Event>, Fault> {
        self.read(async |db| events::of(db, id).await)
    }

    fn set_parts(&self, id: &DeliveryId, parts: &[Part]) -> Result<(), Fault> {
        self.write(async |db| parts::set(db, id, parts).await)
    }

    fn current(
        &self,
        party: &PartyId,
        dataset: &DatasetId,
    ) -> Result<Option<(DeliveryId, Part)>, Fault> {
        self.read(async |db| parts::current(db, party, dataset).await)
    }

    fn answered_sequence(
        &self,
        party: &PartyId,
        dataset: &DatasetId,
        sequence: u32,
    ) -> Result<Option<DeliveryId>, Fault> {
        self.read(async |db| parts::answered_sequence(db, party, dataset, sequence).await)
    }

    fn same_plaintext(
        &self,
        party: &PartyId,
        dataset: &DatasetId,
        plaintext: &Sha256Digest,
        except: &DeliveryId,
    ) -> Result<Option<(DeliveryId, Part)>, Fault> {
        self.read(async |db| parts::same_plaintext(db, party, dataset, plaintext, except).await)
    }

    fn ingested(
        &self,
        id: &DeliveryId,
        dataset: &DatasetId,
        outcome: &PartOutcome,
    ) -> Result<(), Fault> {
        self.write(async |db| parts::ingested(db, id, dataset, outcome).await)
    }

    fn set_inputs(
        &self,
        id: &DeliveryId,
        dataset: &DatasetId,
        inputs: &Inputs,
    ) -> Result<(), Fault> {
        self.write(async |db| answers::set_inputs(db, id, dataset, inputs).await)
    }

    fn needed_since(&self, since: Timestamp) -> Result<BTreeSet<DeliveryId>, Fault> {
        self.read(async |db| answers::needed_since(db, since).await)
    }

    fn inputs(&self, id: &DeliveryId, dataset: &DatasetId) -> Result<Option<Inputs>, Fault> {
        self.read(async |db| answers::inputs(db, id, dataset).await)
    }

    fn state_of(&self, reconciliation: &ReconciliationId) -> Result<Option<DeliveryId>, Fault> {
        self.read(async |db| answers::state_of(db, reconciliation).await)
    }

    fn set_run_figures(
        &self,
        id: &DeliveryId,
        reconciliation: &ReconciliationId,
        reader: &PartyId,
        figures: &RunFigures,
    ) -> Result<(), Fault> {
        self.write(async |db| figures::set(db, id, reconciliation, reader, figures).await)
    }

    fn run_figures(
        &self,
        reconciliation: &ReconciliationId,
        reader: &PartyId,
        last: &DeliveryId,
        most: u32,
    ) -> Result<Vec<RunFigures>, Fault> {
        self.read(async |db| figures::up_to(db, reconciliation, reader, last, most).await)
    }

    fn prepared(
        &self,
        id: &DeliveryId,
        published: &[Published],
        at: Timestamp,
    ) -> Result<bool, Fault> {
        self.write(async |db| answers::prepared(db, id, published, at).await)
    }

    fn published(&self, id: &DeliveryId) -> Result<Vec<Published>, Fault> {
        self.read(async |db| answers::published(db, id).await)
    }

    fn keeps_receipt(
        &self,
        party: &PartyId,
        file: &str,
        except: Option<&DeliveryId>,
    ) -> Result<bool, Fault> {
        self.read(async |db| answers::keeps_receipt(db, party, file, except).await)
    }

    fn close(
        &self,
        id: &DeliveryId,
        event: &Event,
        states: &[ReconciliationId],
    ) -> Result<(), Fault> {
        self.write(async |db| answers::close(db, id, event, states).await)
    }

    fn fault(&self, event: &Event, retry_at: Timestamp) -> Result<(), Fault> {
        self.write(async |db| deliveries::fault(db, event, retry_at).await)
    }

    fn at_door(&self, events: &[DoorEvent]) -> Result<(), Fault> {
        self.write(async |db| door::append(db, events).await)
    }

    fn door_events(
        &self,
        party: Option<&PartyId>,
        since: Timestamp,
        most: u32,
    ) -> Result<Vec<DoorEvent>, Fault> {
        self.read(async |db| door::newest(db, party, since, most).await)
    }

    fn trim_door(&self, until: Timestamp) -> Result<(), Fault> {
        self.write(async |db| door::trim(db, until).await)
    }

    fn note(&self, event: &ServiceEvent) -> Result<(), Fault> {
        self.write(async |db| service::note(db, event).await)
    }

    fn key_notices(&self) -> Result<Vec<KeyNotice>, Fault> {
        self.read(async |db| keys::all(db).await)
    }

    fn key_told(&self, notice: &KeyNotice, at: Timestamp) -> Result<(), Fault> {
        self.write(async |db| keys::told(db, notice, at).await)
    }

    fn key_notice_over(&self, notice: &KeyNotice) -> Result<(), Fault> {
        self.write(async |db| keys::over(db, notice).await)
    }

    fn service_events(
        &self,
        party: Option<&PartyId>,
        most: u32,
    ) -> Result<Vec<ServiceEvent>, Fault> {
        self.read(async |db| service::newest(db, party, most).await)
    }

    fn calendar(&self) -> Result<Vec<Expected>, Fault> {
        self.read(async |db| service::calendar(db).await)
    }

    fn set_expected(&self, expected: &Expected, event: &ServiceEvent) -> Result<(), Fault> {
        self.write(async |db| service::set_expected(db, expected, event).await)
    }

    fn expected_no_more(&self, dataset: &DatasetId, event: &ServiceEvent) -> Result<(), Fault> {
        self.write(async |db| service::expected_no_more(db, dataset, event).await)
    }

    fn answered_days(&self, party: &PartyId, dataset: &DatasetId) -> Result<Vec<Date>, Fault> {
        self.read(async |db| service::answered_days(db, party, dataset).await)
    }

    fn clock(&self) -> Result<Clock, Fault> {
        self.read(async |db| service::clock(db).await)
    }

    fn goes_on(&self, at: Timestamp) -> Result<(), Fault> {
        self.write(async |db| service::mark(db, at).await)
    }

    fn clock_told(&self, behind: bool, event: &ServiceEvent) -> Result<(), Fault> {
        self.write(async |db| service::clock_told(db, behind, event).await)
    }

    fn set_clock_back(&self, event: &ServiceEvent) -> Result<(), Fault> {
        self.write(async |db| service::set_clock_back(db, event).await)
    }
}
