//! An event as flat fields, the same in the log and in a record.

use std::net::IpAddr;
use std::time::Duration;

use crate::sftp::event::{Event, What};

/// Who, from where, what, how much: fields that do not apply are `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'e> {
    /// What happened, as a word that stays.
    pub event: &'static str,
    /// The party.
    pub account: Option<&'e str>,
    /// Where the client connects from.
    pub peer: Option<IpAddr>,
    /// How its software calls itself.
    pub client: Option<&'e str>,
    /// Fingerprint of the key that logged in.
    pub key: Option<&'e str>,
    /// What a denied request wanted.
    pub action: Option<&'static str>,
    /// The path, or what may be shown of it.
    pub file: Option<&'e str>,
    /// The new path after a rename.
    pub to: Option<&'e str>,
    /// Bytes moved, or the new size.
    pub bytes: Option<u64>,
    /// SHA-256 of an upload, in lower-case hex.
    pub sha256: Option<&'e str>,
    /// How long it took, or takes, in milliseconds.
    pub ms: Option<u64>,
    /// How many more of the kind there were.
    pub untold: Option<u64>,
    /// Why not.
    pub reason: Option<&'static str>,
}

impl Event {
    /// The event's fields.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            account: self.account.as_deref(),
            peer: self.peer,
            client: self.client.as_deref(),
            ..self.what.facts()
        }
    }
}

impl What {
    fn facts(&self) -> Facts<'_> {
        let none = Facts::default();
        match self {
            Self::Login { fingerprint } => Facts {
                event: "login",
                key: fingerprint.as_deref(),
                ..none
            },
            Self::LoginRefused { reason } => Facts {
                event: "login_refused",
                reason: Some(reason),
                ..none
            },
            Self::TurnedAway { reason } => Facts {
                event: "turned_away",
                reason: Some(reason),
                ..none
            },
            Self::Banned { duration } => Facts {
                event: "banned",
                ms: Some(millis(*duration)),
                ..none
            },
            Self::Ended { duration } => Facts {
                event: "ended",
                ms: Some(millis(*duration)),
                ..none
            },
            Self::Upload {
                file,
                bytes,
                sha256,
                duration,
            } => Facts {
                event: "upload",
                file: Some(file),
                bytes: Some(*bytes),
                sha256: sha256.as_deref(),
                ms: Some(millis(*duration)),
                ..none
            },
            Self::Download {
                file,
                bytes,
                duration,
            } => Facts {
                event: "download",
                file: Some(file),
                bytes: Some(*bytes),
                ms: Some(millis(*duration)),
                ..none
            },
            Self::Resized { file, bytes } => Facts {
                event: "resized",
                file: Some(file),
                bytes: Some(*bytes),
                ..none
            },
            Self::Renamed { from, to } => Facts {
                event: "renamed",
                file: Some(from),
                to: Some(to),
                ..none
            },
            Self::Removed { file } => Facts {
                event: "removed",
                file: Some(file),
                ..none
            },
            Self::FolderMade { folder } => Facts {
                event: "folder_made",
                file: Some(folder),
                ..none
            },
            Self::FolderRemoved { folder } => Facts {
                event: "folder_removed",
                file: Some(folder),
                ..none
            },
            Self::Denied {
                action,
                file,
                reason,
            } => Facts {
                event: "denied",
                action: Some(action),
                file: file.as_deref(),
                reason: Some(reason),
                ..none
            },
            Self::DeniedMore { untold } => Facts {
                event: "denied_more",
                untold: Some(*untold),
                ..none
            },
        }
    }
}

impl Facts<'_> {
    /// One line of the log.
    pub(crate) fn log(&self) {
        tracing::info!(
            event = display(self.event),
            account = self.account.map(display),
            peer = self.peer.map(display),
            client = self.client,
            key = self.key.map(display),
            action = self.action,
            file = self.file,
            to = self.to,
            bytes = self.bytes,
            sha256 = self.sha256.map(display),
            ms = self.ms,
            untold = self.untold,
            reason = self.reason,
        );
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
