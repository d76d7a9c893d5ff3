//! Keys of ours that begin, are made or are retired while the service runs: it takes them up by itself.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::KeyFiles;
use crate::trust::key_file::generations::{self, Generation};

use super::{Service, key_warnings, reload};
use crate::sftp;

/// Parties' keys end on days, not on minutes.
const READ_AGAIN: Duration = Duration::from_secs(3_600);

/// When the service has read and told what.
pub struct KeyWatch {
    /// What could not be read: it is told once.
    failed: Option<Seen>,
    read: Timestamp,
    warned: Date,
}

/// Every file name of our own keys, with what tells a file from another one in its place, and which are in force.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    files: Vec<(PathBuf, Option<u64>)>,
    in_force: Vec<PathBuf>,
}

impl KeyWatch {
    /// Of a service that has just read its keys and warned of them.
    pub fn new(service: &Service) -> Self {
        let now = Timestamp::now();
        Self {
            failed: None,
            read: now,
            warned: today(service, now),
        }
    }

    /// Has the keys read again if ours have changed or another is in force now, and once an hour; once a day tells the
    /// log what the operator should know. Returns when the next one begins.
    pub fn mind(&mut self, service: &Service, server: &sftp::Server) -> Option<Duration> {
        let now = Timestamp::now();
        let (seen, next) = look(&service.config.keys, now);
        if *service.seen() != seen {
            if self.failed.as_ref() != Some(&seen) {
                reload(service, server);
                self.read = now;
            }
            self.failed = (*service.seen() != seen).then_some(seen);
        } else if now.duration_since(self.read).unsigned_abs() >= READ_AGAIN {
            service.read_inventory();
            self.read = now;
        }
        let today = today(service, now);
        if today != self.warned {
            for warning in key_warnings(&service.config, now) {
                tracing::warn!("{warning}");
            }
            self.warned = today;
        }
        next.map(|next| now.duration_until(next).unsigned_abs())
    }
}

fn today(service: &Service, now: Timestamp) -> Date {
    now.to_zoned(service.config.time_zone.clone()).date()
}

/// What is there, and when the next key begins. What cannot be listed is told by whoever reads it.
pub fn look(files: &KeyFiles, now: Timestamp) -> (Seen, Option<Timestamp>) {
    let mut seen = Seen::default();
    let mut next = None;
    for path in [
        &files.signing,
        &files.age_identity,
        &files.ssh_host,
        &files.store_identity,
    ] {
        let all: Vec<Generation> = generations::of(path).unwrap_or_default();
        let retired = generations::retired(path).unwrap_or_default();
        let retired = retired.into_iter().map(|(_, path)| path);
        for path in all.iter().map(|one| one.path.clone()).chain(retired) {
            let file = fs::metadata(&path).ok().map(|found| found.ino());
            seen.files.push((path, file));
        }
        seen.in_force.extend(generations::in_force(path, now));
        let later = all.iter().filter_map(|one| one.from).filter(|at| *at > now);
        next = next.into_iter().chain(later).min();
    }
    // The certificate of a new host key may come later than the key.
    if let Some(named) = &files.ssh_host_certificate {
        for one in generations::of(&files.ssh_host).unwrap_or_default() {
            let path = generations::with_ending(&one.path, "-cert.pub");
            let path = if path.exists() { path } else { named.clone() };
            let file = fs::metadata(&path).ok().map(|found| found.ino());
            seen.files.push((path, file));
        }
    }
    (seen, next)
}
