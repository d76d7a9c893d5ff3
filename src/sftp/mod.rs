//! The SFTP server: folders over SSH, public key only, one closed root per party.
//!
//! Reading order, along the way of a byte:
//! - `ssh`: [`Server`] accepts connections (`listener`). `admission` gives each a place unless its address is shut out
//!   (`bans`), or it is `turned_away`; its `visit` watches over it by its `pulse`. `session` answers SSH with the
//!   algorithms of `transport` over a buffered `stream`; `channel` bounds what one SFTP channel may queue, `stash`es what
//!   must wait and keeps to the `pace`. Where another SSH server stands at the door, `stdio` takes their place.
//! - `login`: who may come in (`auth`), by key or `certificate`, from `authorized_keys` and the `addresses` in it, or
//!   for which `reason` not; what the server proves itself with (`host_key`).
//! - `requests`: `codec` cuts the bytes, `request` reads what is asked for; `engine` and `extensions` carry it out on
//!   `handles`, which take the `fingerprint` of an upload; `arrivals` ask what it is worth; what takes long is `work` in slices; `reply` writes the
//!   answer, `refusal` says why not, and a `denial` is told.
//! - `root`: `path` makes a strange path canonical, `policy` says whether the party may do this there, `usage` whether
//!   there is room for it; the `jail` (`folder`, `listing`, `locking`) does it. What is open is known to all who have it open
//!   (`in_use`).
//!
//! - `attendant`: who says, from outside, what a file in an inbox is worth; its word becomes the answer to a CLOSE or RENAME.
//!
//! What happens is told as an [`Event`]: `facts` are its fields, `names` says what may be shown of a name. [`client`] is
//! the other side, for the demonstration and tests.
//!
//! The whole SFTP layer runs inline in russh's `data` callback: a task that reads russh's `Channel` deadlocks with
//! clients that pipeline (the session waits for the task, the task for the session).
//!
//! What this room never does: decrypt, read a manifest, know a delivery, share memory with the pipeline, follow or
//! make a link, tell a name that does not follow the rule for deliveries. It meets the pipeline at the folders: an open
//! writer holds a shared advisory lock.

mod attendant;
pub mod client;
mod event;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod login;
mod off_the_loop;
mod requests;
mod root;
mod ssh;
mod stdio;

use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::Timestamp;
use russh::keys::Certificate;
use russh::keys::ssh_key::public::KeyData;

pub use attendant::{Arrived, Attend, Attendant, Word};
pub use event::{Event, Facts, Names, Recorder, What};
pub use limits::{Bans, Limits, Quota, Startups};
pub use ssh::listener::Server;
pub use stdio::{Ended, Rules, Visit, serve_stdio};

use crate::fault::Fault;
use crate::trust::revoked::Revoked;

use login::auth::{Registry, read_keys};
use login::authorized_keys::Role;
use login::host_key::{HostKey, certificates};

/// What the server needs to know, already checked by the caller's configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The SSH host key in OpenSSH's format, without a passphrase, readable by its owner only.
    pub host_key: PathBuf,
    /// Its certificate (`…-cert.pub`), which spares clients that trust the authority to be told of the key.
    pub host_certificate: Option<PathBuf>,
    /// Keys and certificates that no longer log in, in a format of sshd's `RevokedKeys`.
    pub revoked_keys: Option<PathBuf>,
    /// One for each party.
    pub accounts: Vec<Account>,
    /// Bounds on what a client may use.
    pub limits: Limits,
    /// Who hears of what happens.
    pub recorder: Recorder,
    /// Who says what the parties' files are worth.
    pub attendant: Attendant,
}

impl Settings {
    /// Everything that is wrong at `now` with the key files they name: the host key's, each account's, the list of
    /// revoked ones.
    pub fn problems(&self, now: Timestamp) -> Vec<Fault> {
        let host_key = self.host_key(now).err();
        let revoked = self.revoked_keys.as_deref();
        let revoked = revoked.and_then(|path| Revoked::load(path).err());
        let logins = self
            .accounts
            .iter()
            .filter_map(|account| Registry::read(std::slice::from_ref(account), None).err());
        host_key.into_iter().chain(revoked).chain(logins).collect()
    }

    /// What an operator should know although the files can be used: a new host key that waits for its certificate, an
    /// account that nobody can log in to.
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        let host_key = self.host_key(now).ok();
        let host_key = host_key.and_then(|host_key| host_key.warning());
        let logins = Registry::read(&self.accounts, None);
        let logins = logins.map_or_else(|_| Vec::new(), |logins| logins.warnings(now));
        host_key.into_iter().chain(logins).collect()
    }

    /// Every line of every account's `authorized_keys`, or why a file cannot be used.
    pub fn logins(&self) -> Vec<Result<Vec<LoginKey>, Fault>> {
        let read = |account: &Account| {
            let listed = read_keys(&account.authorized_keys)?;
            Ok(listed
                .into_iter()
                .map(|one| LoginKey {
                    account: account.name.clone(),
                    line: one.line,
                    is_authority: one.role != Role::Login,
                    until: one.expires,
                    key: one.key,
                })
                .collect())
        };
        self.accounts.iter().map(read).collect()
    }

    /// The host key's certificates and those of its successors.
    ///
    /// # Errors
    /// One that cannot be read.
    pub fn host_certificates(&self) -> Result<Vec<HostCertificate>, Fault> {
        let Some(named) = &self.host_certificate else {
            return Ok(vec![]);
        };
        // A certificate may hold 2^64 - 1: forever.
        let second = |second: u64| Timestamp::from_second(i64::try_from(second).ok()?).ok();
        let told = |(file, one): (PathBuf, Certificate)| HostCertificate {
            file,
            key: one.public_key().clone(),
            from: second(one.valid_after()).filter(|from| *from > Timestamp::UNIX_EPOCH),
            until: second(one.valid_before()),
        };
        let all = certificates(&self.host_key, named)?;
        Ok(all.into_iter().map(told).collect())
    }

    fn host_key(&self, now: Timestamp) -> Result<HostKey, Fault> {
        HostKey::read(&self.host_key, self.host_certificate.as_deref(), now)
    }
}

/// A line of an `authorized_keys`, for whoever looks after keys.
#[derive(Debug, Clone)]
pub struct LoginKey {
    /// The account that the key opens.
    pub account: String,
    /// The line, from 1.
    pub line: usize,
    /// Whether it signs certificates instead of logging in.
    pub is_authority: bool,
    /// Its `expiry-time=`.
    pub until: Option<Timestamp>,
    /// The key.
    pub key: KeyData,
}

/// A certificate of a host key, for whoever looks after keys.
#[derive(Debug, Clone)]
pub struct HostCertificate {
    /// Where it lies.
    pub file: PathBuf,
    /// The host key in it.
    pub key: KeyData,
    /// From when on it is good.
    pub from: Option<Timestamp>,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// A party's login and its root.
#[derive(Debug, Clone)]
pub struct Account {
    /// The SSH user name: the party's id.
    pub name: String,
    /// The folder that contains `inbox/`, `outbox/`, `receipts/` and `STATUS.txt`. The folders must exist.
    pub root: PathBuf,
    /// The keys that may log in, in OpenSSH's `authorized_keys` format.
    pub authorized_keys: PathBuf,
}
