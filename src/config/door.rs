//! The section `sftp` of `padan.yaml`: bounds on what SFTP clients may use. What it leaves out keeps the default of
//! the SFTP server.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use crate::agreement::document::problem::Findings;
use crate::agreement::document::reader::{Located, Section, Spot, quoted};

use super::units::{Size, Time};

/// What the section says; `None` is not said.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// Connections at a time.
    pub connections: Option<usize>,
    /// The same from one address.
    pub connections_per_address: Option<usize>,
    /// Connections that have not logged in yet, as `MaxStartups` of sshd_config(5).
    pub max_startups: Option<MaxStartups>,
    /// The same from one address, a number.
    pub max_startups_per_address: Option<usize>,
    /// Time from connecting to being logged in.
    pub login_grace: Option<Duration>,
    /// Refused login attempts on one connection.
    pub login_attempts: Option<usize>,
    /// Failed logins before an address is shut out.
    pub ban_failures: Option<u32>,
    /// Time within which they must happen.
    pub ban_within: Option<Duration>,
    /// How long it is shut out.
    pub ban_duration: Option<Duration>,
    /// Networks that are never shut out: an address and how many of its first bits count.
    pub ban_never: Option<Vec<(IpAddr, u8)>>,
    /// Time without a request after which a connection is closed.
    pub idle: Option<Duration>,
    /// SFTP sessions, each in an SSH channel, on one connection.
    pub channels: Option<usize>,
    /// Requests a second on one connection.
    pub requests_per_second: Option<u32>,
    /// Open files and folders in one SFTP session.
    pub open_handles: Option<usize>,
    /// The same of one party.
    pub open_handles_per_party: Option<usize>,
    /// Bytes of answers that may wait in one SFTP session.
    pub pending_output: Option<usize>,
    /// Bytes of requests that may wait in one SFTP session.
    pub waiting_input: Option<usize>,
    /// The same of one party.
    pub waiting_input_per_party: Option<usize>,
    /// Bytes in one direction after which the session keys are exchanged anew.
    pub rekey: Option<usize>,
    /// Leave out the algorithms that only older clients need.
    pub strict_algorithms: Option<bool>,
    /// Longest name of a file or folder, in bytes.
    pub name_bytes: Option<usize>,
    /// Folders below `inbox/`, one in the other.
    pub depth: Option<usize>,
    /// Bytes that one party may keep in its inbox.
    pub quota_bytes: Option<u64>,
    /// Files and folders that one party may keep in its inbox.
    pub quota_files: Option<u64>,
    /// Bring an upload to the disk before its CLOSE is answered.
    pub fsync: Option<bool>,
    /// Tell the SHA-256 of each upload.
    pub hash_uploads: Option<bool>,
    /// Tell a client at once of a delivery that will be refused.
    pub early_word: Option<bool>,
    /// How long what clients leave behind stays.
    pub leftovers: Option<Duration>,
}

/// `START:RATE:FULL`, as in sshd_config(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxStartups {
    /// From this many on, new ones are refused by chance.
    pub start: usize,
    /// That chance in percent.
    pub rate: u8,
    /// From this many on, all are refused.
    pub full: usize,
}

const KEYS: &[&str] = &[
    "connections",
    "connections_per_address",
    "max_startups",
    "max_startups_per_address",
    "login_grace",
    "login_attempts",
    "bans",
    "idle",
    "channels",
    "requests_per_second",
    "open_handles",
    "open_handles_per_party",
    "pending_output",
    "waiting_input",
    "waiting_input_per_party",
    "rekey",
    "strict_algorithms",
    "name_bytes",
    "depth",
    "quota",
    "fsync",
    "hash_uploads",
    "early_word",
    "leftovers",
];
/// Folders below an inbox, one in the other, in which deliveries are looked for: clients may not make more.
pub const DEEPEST_FOLDER: usize = 8;

/// Most entries of an inbox that are looked at: one party's litter must not hold up the other. No quota allows more, or a
/// delivery could lie where nobody looks.
pub const MOST_ENTRIES: u64 = 5_000;
const BANS: &[&str] = &["failures", "within", "duration", "never"];
const QUOTA: &[&str] = &["bytes", "files"];

/// More connections than this need another machine.
const MOST_CONNECTIONS: usize = 100_000;
/// First number of `max_startups` where the file has none: the server's own default.
pub const USUAL_STARTUPS: usize = 64;
/// Answers of one session at a time: at least the largest one.
const OUTPUT: RangeInclusive<u64> = 256 << 10..=64 << 20;
/// Requests of one session that wait: at least two windows.
const INPUT: RangeInclusive<u64> = 8 << 20..=256 << 20;
/// The same of all sessions of a party.
const INPUT_OF_ALL: RangeInclusive<u64> = 8 << 20..=16 << 30;
/// RFC 4253 §9 recommends 1 GiB; below 1 MiB a transfer is little else.
const REKEY: RangeInclusive<u64> = 1 << 20..=64 << 30;
/// Sizes that no disk has exceed what the protocol can count.
const STORED: RangeInclusive<u64> = 1 << 20..=1 << 60;

/// Reads the section, if it is there.
pub(super) fn read(file: &Section<'_>, found: &mut Findings) -> Door {
    let section = file
        .optional("sftp")
        .and_then(|spot| spot.section(KEYS, found));
    section.map_or_else(Door::default, |section| read_section(&section, found))
}

fn read_section(section: &Section<'_>, found: &mut Findings) -> Door {
    let connections = number(section, "connections", 1..=MOST_CONNECTIONS, found);
    let most = connections.unwrap_or(MOST_CONNECTIONS);
    let per_address = number(section, "connections_per_address", 1..=most, found);
    let startups = section.optional("max_startups").and_then(|spot| {
        spot.parsed::<MaxStartups>("START:RATE:FULL as sshd has it", "64:30:256", found)
    });
    let mut door = Door {
        connections,
        connections_per_address: per_address,
        max_startups: startups.map(|located| located.value),
        max_startups_per_address: None,
        login_grace: time(section, "login_grace", found),
        login_attempts: number(section, "login_attempts", 1..=100, found),
        idle: time(section, "idle", found),
        channels: number(section, "channels", 1..=64, found),
        requests_per_second: number(section, "requests_per_second", 100..=1_000_000, found),
        open_handles: number(section, "open_handles", 1..=4096, found),
        open_handles_per_party: number(section, "open_handles_per_party", 1..=1_000_000, found),
        pending_output: memory(section, "pending_output", OUTPUT, found),
        waiting_input: memory(section, "waiting_input", INPUT, found),
        waiting_input_per_party: memory(section, "waiting_input_per_party", INPUT_OF_ALL, found),
        rekey: memory(section, "rekey", REKEY, found),
        // A file system's own bound, from NAME_MAX of Linux; shorter than 64 no delivery's name fits.
        name_bytes: number(section, "name_bytes", 64..=255, found),
        depth: number(section, "depth", 1..=DEEPEST_FOLDER, found),
        strict_algorithms: switch(section, "strict_algorithms", found),
        fsync: switch(section, "fsync", found),
        hash_uploads: switch(section, "hash_uploads", found),
        early_word: switch(section, "early_word", found),
        leftovers: time(section, "leftovers", found),
        ..Door::default()
    };
    door.max_startups_per_address = startups_per_address(section, most, door.max_startups, found);
    read_bans(section, &mut door, found);
    if let Some(quota) = inner(section, "quota", QUOTA, found) {
        door.quota_bytes = size(&quota, "bytes", STORED, found);
        door.quota_files = number(&quota, "files", 1..=MOST_ENTRIES, found);
    }
    door
}

/// One address must not reach alone the number from which new connections of all others are refused by chance.
fn startups_per_address(
    section: &Section<'_>,
    most: usize,
    startups: Option<MaxStartups>,
    found: &mut Findings,
) -> Option<usize> {
    let spot = section.optional("max_startups_per_address")?;
    let number: usize = spot.number(1..=most, found)?;
    let start = startups.map_or(USUAL_STARTUPS, |startups| startups.start);
    if number >= start {
        spot.problem(
            found,
            format!("{number} is not below the first number of max_startups, {start}: one address alone could have others refused"),
            "write a smaller number, or raise the first number of max_startups above it",
        );
        return None;
    }
    Some(number)
}

fn switch(section: &Section<'_>, key: &str, found: &mut Findings) -> Option<bool> {
    section.optional(key)?.boolean(found)
}

fn read_bans(section: &Section<'_>, door: &mut Door, found: &mut Findings) {
    let Some(bans) = inner(section, "bans", BANS, found) else {
        return;
    };
    door.ban_failures = number(&bans, "failures", 1..=1_000_000, found);
    door.ban_within = time(&bans, "within", found);
    door.ban_duration = time(&bans, "duration", found);
    door.ban_never = bans.optional("never").and_then(|spot| {
        let networks = spot.items("a list of addresses and networks", found)?;
        let read = networks.iter().filter_map(|spot| {
            spot.parsed::<Network>("an address or a network", "192.0.2.7 or 10.0.0.0/8", found)
        });
        Some(
            read.map(|located| (located.value.0, located.value.1))
                .collect(),
        )
    });
}

fn inner<'d>(
    section: &Section<'d>,
    key: &str,
    keys: &[&str],
    found: &mut Findings,
) -> Option<Section<'d>> {
    section.optional(key)?.section(keys, found)
}

fn number<N>(
    section: &Section<'_>,
    key: &str,
    range: RangeInclusive<N>,
    found: &mut Findings,
) -> Option<N>
where
    N: FromStr + PartialOrd + fmt::Display + Copy,
{
    section.optional(key)?.number(range, found)
}

fn time(section: &Section<'_>, key: &str, found: &mut Findings) -> Option<Duration> {
    let time: Located<'_, Time> =
        section
            .optional(key)?
            .parsed("a length of time", "30s, 10m, 24h or 90d", found)?;
    Some(time.value.0)
}

fn memory(
    section: &Section<'_>,
    key: &str,
    range: RangeInclusive<u64>,
    found: &mut Findings,
) -> Option<usize> {
    usize::try_from(size(section, key, range, found)?).ok()
}

fn size(
    section: &Section<'_>,
    key: &str,
    range: RangeInclusive<u64>,
    found: &mut Findings,
) -> Option<u64> {
    let spot: Spot<'_> = section.optional(key)?;
    let size: Located<'_, Size> = spot.parsed("a size", "64KiB, 10MiB or 20GiB", found)?;
    if range.contains(&size.value.0) {
        return Some(size.value.0);
    }
    let what = if size.value.0 < *range.start() {
        "it is too small"
    } else {
        "it is too large"
    };
    let (low, high) = (Size(*range.start()), Size(*range.end()));
    spot.problem(found, what, format!("write a size from {low} to {high}"));
    None
}

/// Why a text is not `START:RATE:FULL`.
#[derive(Debug, thiserror::Error)]
pub enum BadStartups {
    /// Not three numbers.
    #[error("three whole numbers with colons between them")]
    Form,
    /// A percentage outside 1 to 100.
    #[error("the rate is a percentage, 1 to 100")]
    Rate,
    /// The first is 0 or above the last.
    #[error("the first number is at least 1 and not above the last")]
    Order,
}

impl FromStr for MaxStartups {
    type Err = BadStartups;

    fn from_str(text: &str) -> Result<Self, BadStartups> {
        let numbers: Option<Vec<usize>> =
            text.split(':').map(|number| number.parse().ok()).collect();
        let Some([start, rate, full]) = numbers.as_deref() else {
            return Err(BadStartups::Form);
        };
        let rate = u8::try_from(*rate)
            .ok()
            .filter(|rate| (1..=100).contains(rate));
        if *start == 0 || start > full {
            return Err(BadStartups::Order);
        }
        Ok(Self {
            start: *start,
            rate: rate.ok_or(BadStartups::Rate)?,
            full: *full,
        })
    }
}

/// An address and how many of its first bits count.
struct Network(IpAddr, u8);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) = text.split_once('/').unwrap_or((text, ""));
        let bad = || format!("{} is not one", quoted(text));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        match (bits, bits.parse()) {
            ("", _) if !text.contains('/') => Ok(Self(address, all)),
            // Bits behind the prefix are a slip of the pen, here as in `from=`.
            (_, Ok(bits)) if bits <= all && !has_bits_behind(address, bits) => {
                Ok(Self(address, bits))
            }
            _ => Err(bad()),
        }
    }
}

fn has_bits_behind(address: IpAddr, bits: u8) -> bool {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(address) => address.to_bits().checked_shl(bits).unwrap_or(0) != 0,
        IpAddr::V6(address) => address.to_bits().checked_shl(bits).unwrap_or(0) != 0,
    }
}
