//! Where everything in flight stands, as it was last looked at: for `STATUS.txt` and for listings. Nothing is decided by it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::agreement::PartyId;
use crate::delivery::DeliveryId;
use crate::ledger::Stage;

/// Where a file in an inbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its client is still writing it, or is to give it its name.
    Uploading,
    /// It belongs to no manifest yet.
    NoManifest,
    /// Its manifest is not signed yet.
    NoSignature,
    /// A data file of its manifest is missing.
    NoData,
    /// A data file is another than its manifest says.
    Mismatch,
    /// All of it is there: its turn comes.
    Queued,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Uploading,
        Self::NoManifest,
        Self::NoSignature,
        Self::NoData,
        Self::Mismatch,
        Self::Queued,
    ];

    /// Indonesian.
    pub fn indonesian(self) -> &'static str {
        match self {
            Self::Uploading => "sedang diunggah",
            Self::NoManifest => "menunggu manifes",
            Self::NoSignature => "menunggu tanda tangan",
            Self::NoData => "menunggu berkas data",
            Self::Mismatch => "checksum belum cocok",
            Self::Queued => "antre",
        }
    }

    /// English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Uploading => "being uploaded",
            Self::NoManifest => "waiting for its manifest",
            Self::NoSignature => "waiting for its signature",
            Self::NoData => "waiting for a data file",
            Self::Mismatch => "checksum does not match yet",
            Self::Queued => "queued",
        }
    }

    /// Indonesian in one word, for a column of a listing.
    pub fn word(self) -> &'static str {
        match self {
            Self::Uploading => "sedang-diunggah",
            Self::NoManifest => "menunggu-manifes",
            Self::NoSignature => "menunggu-tanda-tangan",
            Self::NoData => "menunggu-berkas-data",
            Self::Mismatch => "checksum-belum-cocok",
            Self::Queued => "antre",
        }
    }
}

/// A file in an inbox, as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Where it stands.
    pub standing: Standing,
    /// Whether it is told of by itself: a manifest, or a file that belongs to none.
    pub leads: bool,
}

/// What lies in one inbox, by paths below it.
pub type Inbox = BTreeMap<String, Seen>;

/// A delivery that is being examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Examined {
    /// Which.
    pub id: DeliveryId,
    /// How far it is.
    pub stage: Stage,
    /// Rows read so far.
    pub rows: u64,
}

/// What was last seen, shared by all who tell of it.
#[derive(Debug, Default)]
pub struct Board {
    inboxes: Mutex<BTreeMap<PartyId, Arc<Inbox>>>,
    examined: Mutex<Option<Examined>>,
}

impl Board {
    /// A party's inbox; empty as long as nobody has looked.
    pub fn inbox(&self, party: &PartyId) -> Arc<Inbox> {
        locked(&self.inboxes)
            .get(party)
            .cloned()
            .unwrap_or_default()
    }

    /// A party's inbox was looked at.
    pub(super) fn set_inbox(&self, party: &PartyId, inbox: Inbox) {
        locked(&self.inboxes).insert(party.clone(), Arc::new(inbox));
    }

    /// What is being examined.
    pub fn examined(&self) -> Option<Examined> {
        *locked(&self.examined)
    }

    pub(super) fn set_examined(&self, examined: Option<Examined>) {
        *locked(&self.examined) = examined;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
