//! Bounds on what clients may use, with their defaults.

use std::time::Duration;

/// Bounds on what clients may use, so that none can starve the service.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time, all accounts together.
    pub connections: usize,
    /// Connections at a time from one address.
    pub connections_per_address: usize,
    /// Connections at a time that have not logged in yet.
    pub startups: Startups,
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
    /// Leave out the key exchanges and message authentication that only older clients need and that `ssh-audit` warns of.
    pub strict_algorithms: bool,
    /// The SSH receive window of a channel, in bytes.
    pub window: u32,
    /// Bytes in one direction after which the session keys are exchanged anew.
    pub rekey_bytes: usize,
    /// Requests a second that one connection may make on the average; more wait.
    pub requests_per_second: u32,
    /// Longest name of a file or folder, in bytes; at most 255.
    pub name_bytes: usize,
    /// Folders below `inbox/`, one in the other.
    pub depth: usize,
    /// What one party may keep in its inbox.
    pub quota: Quota,
    /// Bring an upload to the disk before its CLOSE is answered.
    pub fsync: bool,
    /// Time that connections have for their running request when the server stops.
    pub stop_grace: Duration,
}

/// How many connections may be waiting to log in, as `MaxStartups` of sshd_config(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Startups {
    /// From this many on, new ones are refused by chance.
    pub start: usize,
    /// The chance of being refused at `start`, in percent; it rises to 100 at `full`.
    pub rate: u8,
    /// From this many on, all are refused.
    pub full: usize,
}

/// What one party may keep in its inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of all files together.
    pub bytes: u64,
    /// Files and folders together.
    pub files: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_address: 128,
            startups: Startups {
                start: 64,
                rate: 30,
                full: 256,
            },
            login_grace: Duration::from_secs(30),
            login_attempts: 8,
            refusal_time: Duration::from_millis(300),
            idle: Duration::from_secs(15 * 60),
            channels: 8,
            open_handles: 128,
            waiting_input: 16 << 20,
            pending_output: 1 << 20,
            strict_algorithms: false,
            window: 4 << 20,
            rekey_bytes: 1 << 30,
            requests_per_second: 20_000,
            name_bytes: 255,
            depth: 8,
            quota: Quota {
                bytes: 200 << 30,
                files: 20_000,
            },
            fsync: true,
            stop_grace: Duration::from_secs(5),
        }
    }
}
