//! The way of one delivery, from a folder in an inbox to answers in the outboxes.
//!
//! [`advance`] is the spine: six stages, each of which consumes the proof of the one before. Proofs have private fields
//! and one constructor each, the stage itself; none is ever rebuilt from the ledger. An interrupted stage is done again
//! from the staged bytes, and each is idempotent.

mod account;
mod archive;
mod beside;
mod board;
pub mod calendar;
mod claim;
mod clock;
mod early;
mod follow;
mod held;
mod ingest;
mod job;
mod keys;
mod looked;
mod marker;
mod open;
mod pass;
mod plaintext;
mod reconcile;
mod recorded;
mod rerun;
mod respond;
mod retention;
mod run;
mod scan;
mod status_page;
mod take;
mod verify;
mod waiting;

use jiff::Timestamp;

use crate::config::Config;
use crate::layout::Layout;
use crate::ledger::{Ledger, Stage};
use crate::snapshot::StoreKey;
use crate::trust::keyring::{Keyring, PublicKeys};
use crate::trust::life::Key;
use crate::workers::Workers;

pub use beside::seen_beside;
pub use board::{Board, Examined, Inbox, Seen, Standing};
pub use clock::{LEAPT, accept_clock, holds};
pub use early::{Refused, cares, early_word};
pub use job::Job;
pub use looked::Looked;
pub use marker::ENDING as MARKER_ENDING;
pub use pass::{Pass, Removed, pass};
pub use recorded::recorded;
pub use rerun::{Rerun, rerun};
pub use respond::Responded;
pub use run::Ended;

pub use crate::stop::Stop;

use claim::claim;
use ingest::ingest;
use open::open;
use reconcile::reconcile;
use respond::respond;
use verify::verify;

/// Everything a stage needs besides the delivery.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The service's configuration, with the agreement.
    pub config: &'a Config,
    /// Keys of the service and of the parties.
    pub keyring: &'a Keyring,
    /// Every key there is, for what parties are told of them.
    pub keys: &'a [Key],
    /// Wraps the keys of snapshots.
    pub store: &'a StoreKey,
    /// Who works.
    pub workers: &'a Workers,
    /// The service's memory.
    pub ledger: &'a dyn Ledger,
    /// Where everything lies.
    pub layout: &'a Layout,
    /// What time it is.
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
    /// Who watches.
    pub progress: &'a dyn Progress,
    /// What was read of incomplete files in earlier passes.
    pub looked: &'a Looked,
    /// Where everything in flight stands, for pages and listings.
    pub board: &'a Board,
}

/// What is needed to look at a delivery and touch nothing: no private key, no store.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The service's configuration, with the agreement.
    pub config: &'a Config,
    /// Public keys of the parties.
    pub keys: &'a PublicKeys,
    /// The service's memory, only read.
    pub ledger: &'a dyn Ledger,
    /// Where everything lies.
    pub layout: &'a Layout,
    /// What time it is.
    pub now: Timestamp,
}

impl<'a> Context<'a> {
    /// The part of it that looks.
    pub fn desk(&self) -> Desk<'a> {
        Desk {
            config: self.config,
            keys: &self.keyring.parties,
            ledger: self.ledger,
            layout: self.layout,
            now: (self.clock)(),
        }
    }
}

/// Watches deliveries on their way: a person at a terminal, or nobody.
pub trait Progress {
    /// Another process is moving deliveries; this one waits for it.
    fn wait(&self);

    /// A stage begins.
    fn enter(&self, job: &Job, stage: Stage);

    /// That many more rows were read.
    fn rows(&self, more: u64);
}

/// Takes one delivery all the way.
pub fn advance(cx: &Context, job: Job) -> Result<Responded, Stop> {
    let claimed = claim(cx, job)?;
    let verified = verify(cx, claimed)?;
    let opened = open(cx, verified)?;
    let ingested = ingest(cx, opened)?;
    let reconciled = reconcile(cx, ingested)?;
    respond(cx, reconciled)
}
