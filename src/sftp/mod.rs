//! The SFTP server: folders over SSH, public key only, one closed root per party.
//!
//! Reading order, along the way of a byte: [`Server`] in `listener` accepts and supervises connections; `transport`
//! chooses the algorithms, `stream` buffers the socket; `session` answers SSH (login by `auth`, from `authorized_keys`
//! and the `addresses` in it); `channel` bounds what one SFTP channel may queue and `stash`es what must wait; `codec`
//! cuts its bytes into requests; `engine` and `extensions` carry them out on `handles` and on the `jail` (`folder`,
//! `listing`), after `path` has made a strange path canonical and `policy` has said whether the party may do this
//! there; `reply` writes the answer, `refusal` says why not. [`client`] is the other side, for the demonstration and
//! tests.
//!
//! The whole SFTP layer runs inline in russh's `data` callback: a task that reads russh's `Channel` deadlocks with
//! clients that pipeline (the session waits for the task, the task for the session).
//!
//! What this room never does: decrypt, read a manifest, know a delivery, share memory with the pipeline, follow or
//! make a link, log a file name. It meets the pipeline at the folders: an open writer holds a shared advisory lock.

mod addresses;
mod auth;
mod authorized_keys;
mod channel;
pub mod client;
mod codec;
mod engine;
mod extensions;
mod folder;
mod handles;
mod jail;
mod listener;
mod listing;
mod path;
mod policy;
mod refusal;
mod reply;
mod session;
mod stash;
mod stream;
mod transport;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use listener::Server;

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
}

impl Settings {
    /// Everything that is wrong with the key files they name: the host key's and each account's.
    pub fn problems(&self) -> Vec<Fault> {
        let host_key = read_ssh_key(&self.host_key).err();
        let logins = self
            .accounts
            .iter()
            .filter_map(|account| auth::Registry::read(std::slice::from_ref(account)).err());
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

/// Bounds on what clients may use, so that none can starve the service.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time, all accounts together.
    pub connections: usize,
    /// Connections at a time that have not logged in yet.
    pub logins_pending: usize,
    /// Time from connecting to being logged in.
    pub login_grace: Duration,
    /// Refused login attempts on one connection.
    pub login_attempts: usize,
    /// Time that every refused attempt takes, whatever the reason.
    pub refusal_time: Duration,
    /// Time without a request after which a connection is closed.
    pub idle: Duration,
    /// SSH channels on one connection.
    pub channels: usize,
    /// Open files and folders on one channel.
    pub open_handles: usize,
    /// Bytes of requests that may wait on one channel while the client does not read its answers.
    pub waiting_input: usize,
    /// Bytes of answers produced at a time before they must have left for the network.
    pub pending_output: usize,
    /// The SSH receive window of a channel, in bytes.
    pub window: u32,
    /// Bytes in one direction after which the session keys are exchanged anew.
    pub rekey_bytes: usize,
    /// Time that connections have for their running request when the server stops.
    pub stop_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            logins_pending: 64,
            login_grace: Duration::from_secs(30),
            login_attempts: 8,
            refusal_time: Duration::from_millis(300),
            idle: Duration::from_secs(15 * 60),
            channels: 8,
            open_handles: 128,
            waiting_input: 16 << 20,
            pending_output: 1 << 20,
            window: 4 << 20,
            rekey_bytes: 1 << 30,
            stop_grace: Duration::from_secs(5),
        }
    }
}
