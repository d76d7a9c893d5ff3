//! A key of ours that is followed by another: what the parties have to know of it, in the formats of their tools.

use std::fmt;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::config::KeyFiles;

use super::life::{Key, Purpose};

/// For so long after the old signing key has signed its last, its signatures can be verified without naming a time:
/// whoever fetches answers late finds them good.
const GRACE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Which of our keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Signs receipts and responses.
    Signing,
    /// Opens deliveries.
    Age,
    /// The SFTP server's.
    Host,
    /// Protects snapshots; nobody else knows of it.
    Store,
}

/// A key that is followed by another.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// Which.
    pub role: Role,
    /// When the new key takes the old one's place.
    pub switch: Timestamp,
    /// Keys that go, the oldest first.
    pub old: Vec<Key>,
    /// Keys that come.
    pub new: Vec<Key>,
}

impl Role {
    /// The roles whose new keys parties are told.
    pub const ANNOUNCED: [Self; 3] = [Self::Signing, Self::Age, Self::Host];

    /// As a person writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Age => "age",
            Self::Host => "host",
            Self::Store => "store",
        }
    }

    /// The file of the first key.
    pub fn file(self, files: &KeyFiles) -> &Path {
        match self {
            Self::Signing => &files.signing,
            Self::Age => &files.age_identity,
            Self::Host => &files.ssh_host,
            Self::Store => &files.store_identity,
        }
    }

    fn purpose(self) -> Purpose {
        match self {
            Self::Signing => Purpose::SignAnswers,
            Self::Age => Purpose::OpenDeliveries,
            Self::Host => Purpose::Host,
            Self::Store => Purpose::Store,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Rotation {
    /// Every rotation that is under way: its old key is still there.
    pub fn all(keys: &[Key]) -> Vec<Self> {
        Role::ANNOUNCED
            .into_iter()
            .filter_map(|role| Self::of(role, keys))
            .collect()
    }

    fn of(role: Role, keys: &[Key]) -> Option<Self> {
        let ours = keys
            .iter()
            .filter(|key| key.owner.is_none() && key.purpose == role.purpose());
        let (mut old, new): (Vec<Key>, Vec<Key>) = ours.cloned().partition(|key| key.succeeded);
        old.sort_by_key(|key| key.until);
        Some(Self {
            switch: old.last()?.until?,
            role,
            old,
            new,
        })
    }

    /// What tells this rotation from another one.
    pub fn mark(&self) -> &str {
        self.new.first().map_or("", |key| &key.fingerprint)
    }

    /// The lines of a party's `padan_signers`, with the times in which each key is good; empty for other roles.
    pub fn signers(&self, namespace: &str) -> Vec<String> {
        if self.role != Role::Signing {
            return vec![];
        }
        let line = |option: &str, day: Option<Timestamp>, key: &Key| {
            let day = day.map_or(String::new(), |day| {
                format!(",{option}=\"{}\"", utc_day(day))
            });
            format!("padan namespaces=\"{namespace}\"{day} {}", key.public)
        };
        let late = |key: &Key| key.until.and_then(|until| until.checked_add(GRACE).ok());
        let old = self
            .old
            .iter()
            .map(|key| line("valid-before", late(key), key));
        let new = self
            .new
            .iter()
            .map(|key| line("valid-after", key.from, key));
        old.chain(new).collect()
    }

    /// The lines of a party's `padan_recipients.txt` (`false`) or `padan_recipients_pq.txt` (`true`).
    pub fn recipients(&self, postquantum: bool) -> Vec<String> {
        let new = self.new.iter().filter(|_| self.role == Role::Age);
        new.map(|key| key.public.clone())
            .filter(|line| line.starts_with("age1pq1") == postquantum)
            .collect()
    }

    /// The new host key, to stand in `known_hosts` behind the server's name.
    pub fn host_keys(&self) -> Vec<String> {
        let new = self.new.iter().filter(|_| self.role == Role::Host);
        new.map(|key| key.public.clone()).collect()
    }
}

/// As ssh-keygen reads it.
fn utc_day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dZ").to_string()
}
