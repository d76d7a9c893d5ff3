//! A file that people edit while the service runs: read again when it has changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::fault::Fault;

/// A file that was changed as short ago as this, in seconds, may change again without another time stamp.
const SETTLED: i64 = 2;

/// What a file says, as of its last good reading.
#[derive(Debug)]
pub(crate) struct Fresh<T> {
    path: PathBuf,
    read: fn(&Path) -> Result<T, Fault>,
    held: Mutex<Held<T>>,
}

#[derive(Debug)]
struct Held<T> {
    /// What the file looked like when it was last read, well or badly.
    seen: Option<Stamp>,
    value: Arc<T>,
}

/// Every write to a file, every change of its owner or permissions and every other file in its place alters this.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl<T> Fresh<T> {
    /// Reads the file with `read`.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) fn open(path: &Path, read: fn(&Path) -> Result<T, Fault>) -> Result<Self, Fault> {
        let seen = stamp(path);
        let value = Arc::new(read(path)?);
        Ok(Self {
            path: path.to_path_buf(),
            read,
            held: Mutex::new(Held { seen, value }),
        })
    }

    /// What the file says now. If it cannot be used any more: what it said before, and an error in the log.
    pub(crate) fn get(&self) -> Arc<T> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamp(&self.path);
        // A file that is gone, or has just been written, is read (or missed) each time.
        if now.is_none() || now != held.seen {
            match (self.read)(&self.path) {
                Ok(value) => held.value = Arc::new(value),
                Err(fault) => tracing::error!(%fault, "the old logins stay in force"),
            }
            held.seen = now;
        }
        Arc::clone(&held.value)
    }
}

/// `None` if there is no such file, or if it is so new that its time stamp proves nothing.
fn stamp(path: &Path) -> Option<Stamp> {
    let found = fs::metadata(path).ok()?;
    let changed = (found.ctime(), found.ctime_nsec());
    let settled = Timestamp::now().as_second().saturating_sub(changed.0) > SETTLED;
    settled.then_some(Stamp {
        device: found.dev(),
        inode: found.ino(),
        bytes: found.size(),
        changed,
    })
}
