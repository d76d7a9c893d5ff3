//! One delivery under way.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::delivery::DeliveryId;
use crate::ledger::{Delivery, Stage};

use super::Context;
use super::account::Account;
use super::scan::Candidate;

/// Who sent a delivery, where its ciphertext lies, and whether the outcome counts. Only the pipeline makes one.
#[derive(Debug, Clone)]
pub struct Job {
    /// SHA-256 of the manifest.
    pub(super) id: DeliveryId,
    /// Who dropped it, by the SFTP account.
    pub(super) party: PartyId,
    /// The manifest's name without `.sha256`.
    pub(super) stem: String,
    /// Names of its files: manifest, signature, data files, as far as they came.
    pub(super) files: Vec<String>,
    /// Our time of receipt.
    pub(super) received: Timestamp,
    /// Faults so far: each one lengthens the wait for the next try.
    pub(super) faults: u32,
    /// Private folder with its files.
    pub(super) source: PathBuf,
    /// Private folder for everything that is made on the way.
    pub(super) work: PathBuf,
    /// What it is run for.
    pub(super) run: Run,
    /// What this run learns on its way, for the receipt.
    pub(super) account: Account,
}

/// What a delivery is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// To be answered.
    First,
    /// Answered before: the same answers are computed again, compared and handed out where they are missing.
    Again,
    /// To see what would happen: nothing is kept or handed out.
    Dry,
}

impl Job {
    /// The job of a delivery in staging, to be answered.
    pub(super) fn of(cx: &Context, delivery: &Delivery) -> Self {
        let source = cx.layout.staged(&delivery.id);
        Self {
            id: delivery.id,
            party: delivery.party.clone(),
            stem: delivery.stem.clone(),
            files: delivery.files.clone(),
            received: delivery.received,
            faults: delivery.faults,
            work: source.join("work"),
            source,
            run: Run::First,
            account: Account::default(),
        }
    }

    /// What a candidate in an inbox would be if it were taken now: to be looked at only, so it makes nothing on the way.
    pub(super) fn arriving(candidate: &Candidate, here: &Path, now: Timestamp) -> Self {
        Self {
            id: candidate.id,
            party: candidate.party.clone(),
            stem: candidate.stem.clone(),
            files: candidate.files.clone(),
            received: now,
            faults: 0,
            source: here.to_path_buf(),
            work: PathBuf::new(),
            run: Run::Dry,
            account: Account::default(),
        }
    }

    /// A delivery that lies in `kept`, to be looked at only.
    pub(super) fn of_kept(delivery: &Delivery, kept: &Path) -> Self {
        Self {
            id: delivery.id,
            party: delivery.party.clone(),
            stem: delivery.stem.clone(),
            files: delivery.files.clone(),
            received: delivery.received,
            faults: delivery.faults,
            source: kept.to_path_buf(),
            work: PathBuf::new(),
            run: Run::Dry,
            account: Account::default(),
        }
    }

    /// The job of a kept delivery that only looks: `source` stays as it is, `work` goes afterwards.
    pub(super) fn again(cx: &Context, delivery: &Delivery, source: &Path, run: Run) -> Self {
        Self {
            // No delivery has such a name, so what a killed process leaves of it is tidied away.
            work: cx.layout.staging().join(format!("{}.again", delivery.id)),
            source: source.to_path_buf(),
            run,
            ..Self::of(cx, delivery)
        }
    }

    /// A stage begins.
    pub(super) fn enter(&self, cx: &Context, stage: Stage) {
        self.account.enter(stage, (cx.clock)());
        cx.progress.enter(self, stage);
    }

    /// Who sent it.
    pub fn party(&self) -> &PartyId {
        &self.party
    }

    /// What it is called for people, as in the ledger.
    pub fn short(&self) -> String {
        self.id.short()
    }
}
