//! A file that people edit while the service runs: read again when it has changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::fault::Fault;

/// A file that was changed as short ago as this, in seconds, may change again without another time stamp.
const SETTLED: i64 = 2;

/// What a file says, as long as it can be used.
#[derive(Debug)]
pub(crate) struct Fresh<T> {
    path: PathBuf,
    read: fn(&Path) -> Result<T, Fault>,
    held: Mutex<Held<T>>,
}

#[derive(Debug)]
struct Held<T> {
    /// What the file looked like when it was last read well.
    seen: Option<Stamp>,
    /// What it said then, or why it cannot be used.
    value: Result<Arc<T>, String>,
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
        let value = Ok(Arc::new(read(path)?));
        Ok(Self {
            path: path.to_path_buf(),
            read,
            held: Mutex::new(Held { seen, value }),
        })
    }

    /// What the file says now; nothing if it cannot be used, which is told once in the log for each thing that is wrong
    /// with it. What it said before counts no more: that may be the very thing that somebody has just withdrawn.
    pub(crate) fn get(&self) -> Option<Arc<T>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamp(&self.path);
        // A file that is gone, has just been written or could not be used is read (or missed) each time.
        if now.is_none() || now != held.seen {
            match (self.read)(&self.path) {
                Ok(value) => {
                    if held.value.is_err() {
                        tracing::info!(file = %self.path.display(), "the logins are in force again");
                    }
                    (held.seen, held.value) = (now, Ok(Arc::new(value)));
                }
                Err(fault) => {
                    let problem = fault.to_string();
                    if held.value.as_ref().err() != Some(&problem) {
                        tracing::error!(%fault, "nobody logs in by this file until it is mended");
                    }
                    (held.seen, held.value) = (None, Err(problem));
                }
            }
        }
        held.value.as_ref().ok().map(Arc::clone)
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
