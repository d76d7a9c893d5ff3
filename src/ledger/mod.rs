//! What happened to every delivery: the service's memory (design §8).
//!
//! One trait, each method one transaction, so that SQLite today and PostgreSQL tomorrow tell the same story. The
//! ledger holds names, digests, counts and codes; never a row's value. Nothing in it is a proof: an interrupted
//! delivery goes through its stages again from the staged bytes.

pub mod record;
pub mod sqlite;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::agreement::{DatasetId, PartyId, ReconciliationId};
use crate::delivery::{DeliveryId, Sha256Digest};
use crate::fault::Fault;

pub use record::{
    Begun, Clock, Counts, Delivery, DoorEvent, Event, Expected, Incomplete, Inputs, KeyNotice,
    Missing, NewDelivery, Outcome, Part, PartOutcome, Published, RunFigures, ServiceEvent, Stage,
    State, Waiting,
};
pub use sqlite::SqliteLedger;

/// The service's memory. Methods block; call them from the pipeline's own thread, never from an async task.
pub trait Ledger: Send + Sync {
    /// Notes that incomplete deliveries lie in the inboxes, all in one transaction. Returns of each since when it has
    /// lain there unchanged: a new `fingerprint` starts the time again.
    fn waiting(&self, waiting: &[Waiting], now: Timestamp) -> Result<Vec<Timestamp>, Fault>;

    /// Notes that the sender was told about it. Returns false if that was already noted for this fingerprint.
    fn waiting_told(&self, waiting: &Waiting) -> Result<bool, Fault>;

    /// Forgets every waiting entry of `party` whose `place` is not among `present`; returns the places about which the
    /// sender was told.
    fn waiting_only(&self, party: &PartyId, present: &[String]) -> Result<Vec<String>, Fault>;

    /// Everything that lies incomplete in the inboxes, longest first.
    fn incomplete(&self) -> Result<Vec<Incomplete>, Fault>;

    /// Opens a delivery before the first of its files is moved, with an event. A known id that was rejected is opened
    /// anew (`attempt` + 1), and what is known of its earlier attempt is forgotten except for the events; one that is
    /// open goes on as it was; one that was answered stays answered. The order of calls is the order of receipt.
    fn begin(&self, new: &NewDelivery) -> Result<Begun, Fault>;

    /// Notes that all its files are in staging, with an event.
    fn claimed(&self, id: &DeliveryId, at: Timestamp) -> Result<(), Fault>;

    /// Removes a delivery whose files vanished from the inbox before they could be claimed, with an event. One that
    /// was rejected before is rejected again, for the same reason.
    fn withdraw(&self, id: &DeliveryId, at: Timestamp) -> Result<(), Fault>;

    /// Deliveries that are not answered or rejected, in order of receipt.
    fn open(&self) -> Result<Vec<Delivery>, Fault>;

    /// One delivery.
    fn delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>, Fault>;

    /// Deliveries whose id begins with `text` (6 digits or more), or whose manifest stem or a data file's name is
    /// `text` (with or without `.sha256`), newest first.
    fn find(&self, text: &str) -> Result<Vec<Delivery>, Fault>;

    /// The newest deliveries, of one party or of all.
    fn recent(&self, party: Option<&PartyId>, most: u32) -> Result<Vec<Delivery>, Fault>;

    /// At most so many deliveries of a party that are not answered or rejected, in order of receipt.
    fn open_of(&self, party: &PartyId, most: u32) -> Result<Vec<Delivery>, Fault>;

    /// The newest deliveries of a party that are answered or rejected, newest first.
    fn closed_of(&self, party: &PartyId, most: u32) -> Result<Vec<Delivery>, Fault>;

    /// How many deliveries there are, of one party or of all.
    fn counts(&self, party: Option<&PartyId>) -> Result<Counts, Fault>;

    /// Closed deliveries received before `until` of which nothing was noted as destroyed,
    /// oldest first.
    fn expired(&self, until: Timestamp) -> Result<Vec<Delivery>, Fault>;

    /// Appends an event; events are never changed or removed.
    fn append(&self, event: &Event) -> Result<(), Fault>;

    /// All events of a delivery in order.
    fn events(&self, id: &DeliveryId) -> Result<Vec<Event>, Fault>;

    /// Replaces the parts of an open delivery with what its verified manifest lists: at most one per dataset.
    fn set_parts(&self, id: &DeliveryId, parts: &[Part]) -> Result<(), Fault>;

    /// The newest answered part of this dataset (highest sequence), whose snapshot is the party's current one.
    fn current(
        &self,
        party: &PartyId,
        dataset: &DatasetId,
    ) -> Result<Option<(DeliveryId, Part)>, Fault>;

    /// The answered part with this sequence.
    fn answered_sequence(
        &self,
        party: &PartyId,
        dataset: &DatasetId,
        sequence: u32,
    ) -> Result<Option<DeliveryId>, Fault>;

    /// The first answered part of this dataset with the same plaintext, other than of `except`: it was re-encrypted.
    fn same_plaintext(
        &self,
        party: &PartyId,
        dataset: &DatasetId,
        plaintext: &Sha256Digest,
        except: &DeliveryId,
    ) -> Result<Option<(DeliveryId, Part)>, Fault>;

    /// Notes what ingest found in a part.
    fn ingested(
        &self,
        id: &DeliveryId,
        dataset: &DatasetId,
        outcome: &PartOutcome,
    ) -> Result<(), Fault>;

    /// Notes what a part's answer depends on. An interrupted part notes it anew: it is compared with what is newest then.
    fn set_inputs(
        &self,
        id: &DeliveryId,
        dataset: &DatasetId,
        inputs: &Inputs,
    ) -> Result<(), Fault>;

    /// Deliveries whose snapshots or lists of differences the answers to deliveries received since then depend on.
    fn needed_since(&self, since: Timestamp) -> Result<BTreeSet<DeliveryId>, Fault>;

    /// The inputs as they were noted.
    fn inputs(&self, id: &DeliveryId, dataset: &DatasetId) -> Result<Option<Inputs>, Fault>;

    /// The answered delivery that wrote the newest difference state of a reconciliation.
    fn state_of(&self, reconciliation: &ReconciliationId) -> Result<Option<DeliveryId>, Fault>;

    /// Notes what a run of a reconciliation came to, as far as `reader` may know it. An interrupted delivery notes it anew.
    fn set_run_figures(
        &self,
        id: &DeliveryId,
        reconciliation: &ReconciliationId,
        reader: &PartyId,
        figures: &RunFigures,
    ) -> Result<(), Fault>;

    /// What `reader` may know of the runs of a reconciliation up to that of the answered delivery `last`, oldest first
    /// and `most` of them at most: the newest. Later runs are not among them, whenever this is asked.
    fn run_figures(
        &self,
        reconciliation: &ReconciliationId,
        reader: &PartyId,
        last: &DeliveryId,
        most: u32,
    ) -> Result<Vec<RunFigures>, Fault>;

    /// Notes that everything to be published (never nothing: the receipt at least) lies ready in staging, with the
    /// digests of its plaintext. From here on an interrupted delivery only finishes publishing. Returns false if
    /// that was already noted.
    fn prepared(
        &self,
        id: &DeliveryId,
        published: &[Published],
        at: Timestamp,
    ) -> Result<bool, Fault>;

    /// What [`Ledger::prepared`] noted in this attempt; empty if it did not yet.
    fn published(&self, id: &DeliveryId) -> Result<Vec<Published>, Fault>;

    /// Whether `party` was given a document `file` in its receipts that must stay as it is: about a delivery that was
    /// answered, or whose answer lies ready. That of `except` does not count.
    fn keeps_receipt(
        &self,
        party: &PartyId,
        file: &str,
        except: Option<&DeliveryId>,
    ) -> Result<bool, Fault>;

    /// Closes an open delivery as answered (`event` is `Done`) or rejected (it is `Rejected` with its code), with its
    /// last event; `states` are the reconciliations whose new difference state it wrote, if it was answered. A fault
    /// if one of its sequences was answered meanwhile.
    fn close(
        &self,
        id: &DeliveryId,
        event: &Event,
        states: &[ReconciliationId],
    ) -> Result<(), Fault>;

    /// Notes a fault with its event and when to try again.
    fn fault(&self, event: &Event, retry_at: Timestamp) -> Result<(), Fault>;

    /// Appends what happened at the door, in this order. It is never changed, and removed only by
    /// [`Ledger::trim_door`].
    fn at_door(&self, events: &[DoorEvent]) -> Result<(), Fault>;

    /// The newest events at the door since then, of one party or of all, newest first.
    fn door_events(
        &self,
        party: Option<&PartyId>,
        since: Timestamp,
        most: u32,
    ) -> Result<Vec<DoorEvent>, Fault>;

    /// Removes the events at the door from before `until`, the oldest first; one that was recorded after a younger one
    /// waits for that.
    fn trim_door(&self, until: Timestamp) -> Result<(), Fault>;

    /// Appends what concerns neither a delivery nor a login; it is never changed or removed.
    fn note(&self, event: &ServiceEvent) -> Result<(), Fault>;

    /// The newest of these events, newest first: of one party those that name it or no party.
    fn service_events(
        &self,
        party: Option<&PartyId>,
        most: u32,
    ) -> Result<Vec<ServiceEvent>, Fault>;

    /// What parties were told of keys.
    fn key_notices(&self) -> Result<Vec<KeyNotice>, Fault>;

    /// Notes that a party was told of a key.
    fn key_told(&self, notice: &KeyNotice, at: Timestamp) -> Result<(), Fault>;

    /// Forgets that a party was told of a key, because it is over.
    fn key_notice_over(&self, notice: &KeyNotice) -> Result<(), Fault>;

    /// Every dataset that is expected, and what its party was told, by dataset.
    fn calendar(&self) -> Result<Vec<Expected>, Fault>;

    /// Notes since when a dataset is expected and what its party was told, with an event.
    fn set_expected(&self, expected: &Expected, event: &ServiceEvent) -> Result<(), Fault>;

    /// Forgets a dataset that is expected no more, with an event.
    fn expected_no_more(&self, dataset: &DatasetId, event: &ServiceEvent) -> Result<(), Fault>;

    /// The as-of days of the answered parts of a dataset, in order of their sequence.
    fn answered_days(&self, party: &PartyId, dataset: &DatasetId) -> Result<Vec<Date>, Fault>;

    /// The newest instant of any event, but for the door's: from here on time does not go back.
    fn clock(&self) -> Result<Clock, Fault>;

    /// Time went on, although nothing happened. An event does the same. More than [`record::LEAP`] at once is noted, with
    /// an event `clock_leapt`.
    fn goes_on(&self, at: Timestamp) -> Result<(), Fault>;

    /// Notes that the operator was told that the clock stands behind, or does no longer, with the event.
    fn clock_told(&self, behind: bool, event: &ServiceEvent) -> Result<(), Fault>;

    /// An operator says that the clock is right now, at the event's time: the mark is set to it, what waits for a later
    /// instant waits no longer, and no leap is noted any more.
    fn set_clock_back(&self, event: &ServiceEvent) -> Result<(), Fault>;
}
