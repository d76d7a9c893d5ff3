//! The SFTP server: folders over SSH, public key only, one closed root per party.
//!
//! Reading order, along the way of a byte:
//! - `ssh`: [`Server`] accepts connections (`listener`). `admission` gives each a place unless its address is shut out
//!   (`bans`), or it is `turned_away`; its `visit` watches over it by its `pulse`. `session` answers SSH with the
//!   algorithms of `transport` over a buffered `stream`; `channel` bounds what one SFTP channel may queue, `stash`es what
//!   must wait and keeps to the `pace`.
//! - `login`: who may come in (`auth`), from `authorized_keys` and the `addresses` in it.
//! - `requests`: `codec` cuts the bytes into requests; `engine` and `extensions` carry them out on `handles`; `reply`
//!   writes the answer, `refusal` says why not.
//! - `root`: `path` makes a strange path canonical, `policy` says whether the party may do this there, the `jail`
//!   (`folder`, `listing`) does it.
//!
//! What happens is told as an [`Event`]. [`client`] is the other side, for the demonstration and tests.
//!
//! The whole SFTP layer runs inline in russh's `data` callback: a task that reads russh's `Channel` deadlocks with
//! clients that pipeline (the session waits for the task, the task for the session).
//!
//! What this room never does: decrypt, read a manifest, know a delivery, share memory with the pipeline, follow or
//! make a link, log a file name. It meets the pipeline at the folders: an open writer holds a shared advisory lock.

pub mod client;
mod event;
mod limits;
mod login;
mod requests;
mod root;
mod ssh;

use std::net::SocketAddr;
use std::path::PathBuf;

pub use event::{Event, Recorder, What};
pub use limits::{Bans, Limits, Quota, Startups};
pub use ssh::listener::Server;

use crate::fault::Fault;
use crate::trust::key_file::read_ssh_key;

/// What the server needs to know, already checked by the caller's configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The SSH host key in OpenSSH's format, without a passphrase, readable by its owner only.
    pub host_key: PathBuf,
    /// One for each party.
    pub accounts: Vec<Account>,
    /// Bounds on what a client may use.
    pub limits: Limits,
    /// Who hears of what happens.
    pub recorder: Recorder,
}

impl Settings {
    /// Everything that is wrong with the key files they name: the host key's and each account's.
    pub fn problems(&self) -> Vec<Fault> {
        let host_key = read_ssh_key(&self.host_key).err();
        let logins = self
            .accounts
            .iter()
            .filter_map(|account| login::auth::Registry::read(std::slice::from_ref(account)).err());
        host_key.into_iter().chain(logins).collect()
    }
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
