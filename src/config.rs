//! The service's configuration, checked: [`Config::load`] reads `padan.yaml` and the agreement it names, and tells
//! every problem of both files at once.

mod door;
mod load;
mod raw;
pub mod units;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use door::{DEEPEST_FOLDER, Door, MOST_ENTRIES, MaxStartups, USUAL_STARTUPS};
use jiff::tz::TimeZone;

use crate::agreement::document::problem::Problem;
use crate::agreement::{Agreement, PartyId};

/// `padan.yaml` and its agreement, after every check. Paths are resolved against the file's folder.
#[derive(Debug)]
pub struct Config {
    /// The rules of the exchange.
    pub agreement: Agreement,
    /// Where everything is kept (design §4).
    pub data_dir: PathBuf,
    /// Where the SFTP server listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// In which run dates and receipts are written.
    pub time_zone: TimeZone,
    /// SSHSIG namespace of this environment.
    pub namespace: String,
    /// The service's own keys.
    pub keys: KeyFiles,
    /// Each party's public keys.
    pub parties: BTreeMap<PartyId, PartyFiles>,
    /// Sizes and counts beyond which something is refused.
    pub limits: Limits,
    /// Between two scans when no event comes.
    pub rescan: Duration,
    /// How long an incomplete delivery rests before its sender is told.
    pub settle: Duration,
    /// How long an incomplete delivery rests before it is refused.
    pub give_up: Duration,
    /// What SFTP clients may use.
    pub sftp: Door,
    /// How long answered deliveries are kept for a re-run.
    pub retention: Retention,
    /// What an operator should know although the files can be used, as a term that is about to end.
    pub warnings: Vec<Problem>,
}

/// How long what broken uploads leave behind stays, unless the file says otherwise.
const LEFTOVERS: Duration = Duration::from_secs(7 * 24 * 3_600);

impl Config {
    /// How long what broken uploads leave behind in an inbox rests before it is removed.
    pub fn leftovers(&self) -> Duration {
        self.sftp.leftovers.unwrap_or(LEFTOVERS)
    }

    /// Whether a client is told at once of a delivery that will be refused.
    pub fn early_word(&self) -> bool {
        self.sftp.early_word.unwrap_or(true)
    }
}

/// The service's own keys; each private file 0600 or it is refused.
#[derive(Debug, Clone)]
pub struct KeyFiles {
    /// OpenSSH private key of the SFTP server.
    pub ssh_host: PathBuf,
    /// Its certificate, if clients shall trust an authority instead of the key.
    pub ssh_host_certificate: Option<PathBuf>,
    /// Keys that no longer log in, in a format of sshd's `RevokedKeys`.
    pub revoked_keys: Option<PathBuf>,
    /// age identities to which deliveries are encrypted, one a line.
    pub age_identity: PathBuf,
    /// age identity that wraps snapshot keys.
    pub store_identity: PathBuf,
    /// OpenSSH private key that signs receipts and responses.
    pub signing: PathBuf,
}

/// Public keys of one party.
#[derive(Debug, Clone)]
pub struct PartyFiles {
    /// SFTP logins, in sshd's format.
    pub authorized_keys: PathBuf,
    /// Signers of its manifests, in ssh-keygen's format.
    pub allowed_signers: PathBuf,
    /// age recipients of its responses, one a line.
    pub recipients: PathBuf,
}

/// Sizes in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest data file as sent.
    pub data_file: u64,
    /// Largest plaintext of one data file: stops a compression bomb.
    pub plaintext: u64,
    /// Largest row.
    pub row: u64,
    /// Most times the plaintext may be larger than the compressed bytes.
    pub expansion: u64,
}

/// How long things are kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Archived ciphertext and the snapshots a re-run needs.
    pub archive: Duration,
}
