//! Bounds on what clients may use, with their defaults.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// Bounds on what clients may use, so that none can starve the service. An *address* is one IPv4 address or one IPv6
/// network of 64 bits: whoever has one IPv6 address has all of its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time, all accounts together.
    pub connections: usize,
    /// Connections at a time from one address.
    pub connections_per_address: usize,
    /// Connections at a time that have not logged in yet.
    pub startups: Startups,
    /// The same from one address. Below [`Startups::start`], so that one address alone never makes the dice roll for
    /// the others.
    pub startups_per_address: usize,
    /// Time from connecting to being logged in.
    pub login_grace: Duration,
    /// Refused login attempts on one connection.
    pub login_attempts: usize,
    /// When addresses that fail to log in are shut out for a while.
    pub bans: Bans,
    /// Time that every refused attempt takes, whatever the reason.
    pub refusal_time: Duration,
    /// Time without a request after which a connection is closed.
    pub idle: Duration,
    /// SSH channels, each one SFTP session, on one connection at a time.
    pub channels: usize,
    /// Open files and folders on one channel.
    pub open_handles: usize,
    /// The same of one party, all its sessions in this process together: the system gives a process only so many.
    pub open_handles_per_party: usize,
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
    /// Requests a second that one connection may make on the average; more wait. Not 0.
    pub requests_per_second: u32,
    /// Longest name of a file or folder, in bytes; at most 255.
    pub name_bytes: usize,
    /// Folders below `inbox/`, one in the other.
    pub depth: usize,
    /// What one party may keep in its inbox.
    pub quota: Quota,
    /// Bring an upload to the disk before its CLOSE is answered.
    pub fsync: bool,
    /// Tell the SHA-256 of each upload: about half a second of a processor for each GiB.
    pub hash_uploads: bool,
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

/// When an address that fails to log in is shut out for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bans {
    /// Connections that ended without a login.
    pub failures: u32,
    /// Time from the first of them to the last.
    pub within: Duration,
    /// How long the address is shut out. Nothing that it does meanwhile makes it longer.
    pub duration: Duration,
    /// Networks that are never shut out: an address and how many of its first bits count.
    pub never: Vec<(IpAddr, u8)>,
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
            startups_per_address: 32,
            login_grace: Duration::from_secs(30),
            login_attempts: 8,
            bans: Bans {
                failures: 10,
                within: Duration::from_secs(10 * 60),
                duration: Duration::from_secs(30 * 60),
                // Behind a proxy or a tunnel on this machine, everybody comes from here.
                never: vec![
                    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
                    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
                ],
            },
            refusal_time: Duration::from_millis(300),
            idle: Duration::from_secs(15 * 60),
            channels: 8,
            open_handles: 128,
            open_handles_per_party: 4096,
            waiting_input: 16 << 20,
            pending_output: 1 << 20,
            strict_algorithms: false,
            window: 4 << 20,
            rekey_bytes: 1 << 30,
            // 1.5 GiB/s in the 32 KiB pieces of most clients: more than one connection's cipher does.
            requests_per_second: 50_000,
            name_bytes: 255,
            depth: 8,
            quota: Quota {
                bytes: 200 << 30,
                files: 5_000,
            },
            fsync: true,
            hash_uploads: true,
            stop_grace: Duration::from_secs(5),
        }
    }
}
