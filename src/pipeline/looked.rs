//! Digests of files in an inbox as they were last read.
//!
//! A large file whose upload was cut may rest for a day; reading all of it at every look would keep a core busy. So a
//! file of the same identity and size is read again only after a while, and each time after twice as long. Whoever goes
//! on with an upload changes its size, and a file event forgets what was read; should the event be lost, a file
//! rewritten in place is found at the latest after as long as it rested.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::digest::Sha256Digest;

/// First wait before the same file is read again.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);
/// Longest wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(5);

/// What was read, by device, inode and size.
#[derive(Debug, Default)]
pub struct Looked {
    files: Mutex<HashMap<(u64, u64, u64), Entry>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    digest: Sha256Digest,
    again: Timestamp,
    wait: SignedDuration,
}

impl Looked {
    /// The digest of an open file: as it was read a short while ago, else as it is. `None` if it cannot be read.
    pub fn digest(&self, file: File, now: Timestamp) -> Option<Sha256Digest> {
        let meta = file.metadata().ok()?;
        let key = (meta.dev(), meta.ino(), meta.size());
        let known = self.files().get(&key).copied();
        if let Some(known) = known.filter(|entry| now < entry.again) {
            return Some(known.digest);
        }
        let digest = Sha256Digest::of_stream(file).ok()?;
        let wait = known.map_or(FIRST_WAIT, |entry| (entry.wait * 2).min(LONGEST_WAIT));
        let again = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        let mut files = self.files();
        // What nobody has asked for since long before it was due has gone from the inbox.
        files.retain(|_, entry| now < entry.again + LONGEST_WAIT * 2);
        files.insert(
            key,
            Entry {
                digest,
                again,
                wait,
            },
        );
        Some(digest)
    }

    /// What was read of an open file, however long ago.
    pub fn known(&self, file: &File) -> Option<Sha256Digest> {
        let meta = file.metadata().ok()?;
        let key = (meta.dev(), meta.ino(), meta.size());
        self.files().get(&key).map(|entry| entry.digest)
    }

    /// Somebody wrote the file at `path`: what was read of it no longer holds.
    pub fn forget(&self, path: &Path) {
        if let Ok(meta) = path.symlink_metadata() {
            self.files()
                .retain(|(device, inode, _), _| (*device, *inode) != (meta.dev(), meta.ino()));
        }
    }

    fn files(&self) -> std::sync::MutexGuard<'_, HashMap<(u64, u64, u64), Entry>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use jiff::{SignedDuration, Timestamp};

    use super::{Looked, Sha256Digest};

    #[test]
    fn a_resting_file_is_read_seldom_and_a_growing_one_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        let looked = Looked::default();
        let start = Timestamp::UNIX_EPOCH;
        let look = |seconds: i64| {
            let now = start + SignedDuration::from_secs(seconds);
            looked.digest(File::open(&path).unwrap(), now).unwrap()
        };
        fs::write(&path, "half").unwrap();
        assert_eq!(look(0), Sha256Digest::of(b"half"));
        fs::write(&path, "HALF").unwrap();
        assert_eq!(look(0), Sha256Digest::of(b"half"), "read again at once");
        assert_eq!(
            look(1),
            Sha256Digest::of(b"HALF"),
            "not read again when due"
        );
        fs::write(&path, "HALb").unwrap();
        assert_eq!(
            look(2),
            Sha256Digest::of(b"HALF"),
            "the wait did not double"
        );
        assert_eq!(look(3), Sha256Digest::of(b"HALb"));
        fs::write(&path, "HbLb").unwrap();
        looked.forget(&path);
        assert_eq!(look(3), Sha256Digest::of(b"HbLb"), "an event was ignored");
        fs::write(&path, "HALF and half").unwrap();
        assert_eq!(look(3), Sha256Digest::of(b"HALF and half"));
    }
}
