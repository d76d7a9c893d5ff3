//! Where everything lies on disk (design §4).

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::agreement::{DatasetId, PartyId, ReconciliationId};
use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::files;

/// Paths below the data folder.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of a data folder.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            root: data_dir.to_path_buf(),
        }
    }

    /// The data folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A party's SFTP root: holds `inbox/`, `outbox/`, `receipts/` and `STATUS.txt`.
    pub fn party(&self, party: &PartyId) -> PathBuf {
        self.root.join("parties").join(party.as_str())
    }

    /// Makes a party's folders, where they are missing.
    pub fn create_party(&self, party: &PartyId) -> Result<(), Fault> {
        files::create_dir(&self.inbox(party))?;
        files::create_dir(&self.outbox(party))?;
        files::create_dir(&self.receipts(party))
    }

    /// Where a party drops deliveries.
    pub fn inbox(&self, party: &PartyId) -> PathBuf {
        self.party(party).join("inbox")
    }

    /// Where a party finds responses.
    pub fn outbox(&self, party: &PartyId) -> PathBuf {
        self.party(party).join("outbox")
    }

    /// Where a party finds receipts and notes.
    pub fn receipts(&self, party: &PartyId) -> PathBuf {
        self.party(party).join("receipts")
    }

    /// The page that tells a party about its last deliveries.
    pub fn status(&self, party: &PartyId) -> PathBuf {
        self.party(party).join("STATUS.txt")
    }

    /// Private folder of all deliveries under way.
    pub fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// Private folder of one delivery under way: its ciphertext as claimed, and `work/`.
    pub fn staged(&self, id: &DeliveryId) -> PathBuf {
        self.staging().join(id.to_string())
    }

    /// Everything archived: by party, then by month of receipt.
    pub fn archive(&self) -> PathBuf {
        self.root.join("archive")
    }

    /// Answered and rejected deliveries as they came, by month of receipt in UTC.
    pub fn archived(&self, party: &PartyId, received: Timestamp, id: &DeliveryId) -> PathBuf {
        self.archive()
            .join(party.as_str())
            .join(Self::month(received))
            .join(id.to_string())
    }

    /// The archive's folder for what was received then, as `2026-11`.
    pub fn month(received: Timestamp) -> String {
        let month = received.to_zoned(TimeZone::UTC).strftime("%Y-%m");
        month.to_string()
    }

    /// The encrypted snapshots of one dataset.
    pub fn snapshots(&self, party: &PartyId, dataset: &DatasetId) -> PathBuf {
        self.root
            .join("snapshots")
            .join(party.as_str())
            .join(dataset.as_str())
    }

    /// The encrypted snapshot that a delivery left.
    pub fn snapshot(&self, party: &PartyId, dataset: &DatasetId, id: &DeliveryId) -> PathBuf {
        self.snapshots(party, dataset).join(format!("{id}.snap"))
    }

    /// The encrypted lists of open differences of one reconciliation.
    pub fn difference_lists(&self, reconciliation: &ReconciliationId) -> PathBuf {
        self.root.join("differences").join(reconciliation.as_str())
    }

    /// The encrypted list of open differences that a delivery left.
    pub fn differences(&self, reconciliation: &ReconciliationId, id: &DeliveryId) -> PathBuf {
        self.difference_lists(reconciliation)
            .join(format!("{id}.snap"))
    }

    /// The ledger's database.
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.db")
    }

    /// Held exclusively by whoever moves deliveries: one pass at a time, also across processes.
    pub fn pipeline_lock(&self) -> PathBuf {
        self.root.join("pipeline.lock")
    }
}
