//! The local side: what is here, what is on its way, what was set aside.
//!
//! ```text
//! outbox/<response>/      verified, whole
//! receipts/<name>.json …  verified; earlier/ keeps what a newer one replaced
//! quarantine/…            not verified
//! .partial/…              on its way
//! .padan-fetch.json       what was fetched; .padan-fetch.lock: one run at a time
//! ```

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::files::{self, Moved};

use super::super::Trouble;
use super::state::State;

/// Most copies of one name that are set aside.
const MOST_ASIDE: u32 = 100;

/// A folder into which one run fetches.
pub(super) struct Folder {
    root: PathBuf,
    /// What was fetched.
    pub state: State,
    /// Held while the run lasts.
    _lock: File,
}

impl Folder {
    /// Makes what is missing and keeps other runs out.
    pub fn open(root: &Path) -> Result<Self, Trouble> {
        for part in ["outbox", "receipts"] {
            files::create_dir(&root.join(part)).map_err(Trouble::usage)?;
        }
        let path = root.join(".padan-fetch.lock");
        let lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Fault::io("lock", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Fault::Inconsistent(format!(
                    "another padan fetch is at work in {}; nothing is done, try again when it has ended",
                    root.display()
                ))
                .into());
            }
            Err(TryLockError::Error(e)) => return Err(Fault::io("lock", &path)(e).into()),
        }
        Ok(Self {
            state: State::load(&root.join(".padan-fetch.json"))?,
            root: root.to_path_buf(),
            _lock: lock,
        })
    }

    /// Where a response appears.
    pub fn response(&self, name: &str) -> PathBuf {
        self.root.join("outbox").join(name)
    }

    /// Where receipts and notices appear.
    pub fn papers(&self) -> PathBuf {
        self.root.join("receipts")
    }

    /// Where something is while it is fetched; `kind` is the server's folder.
    pub fn partial(&self, kind: &str, name: &str) -> Result<PathBuf, Fault> {
        let path = self.root.join(".partial").join(kind).join(name);
        files::create_dir(&path)?;
        Ok(path)
    }

    /// Where something is set aside first.
    pub fn aside(&self, kind: &str, name: &str) -> PathBuf {
        self.root.join("quarantine").join(kind).join(name)
    }

    /// Sets aside what does not verify. The same again, by its signed list or document, takes the place of the one before.
    pub fn set_aside(&self, kind: &str, name: &str, list: &str) -> Result<PathBuf, Fault> {
        let from = self.partial(kind, name)?;
        let first = self.aside(kind, name);
        if let Some(parent) = first.parent() {
            files::create_dir(parent)?;
        }
        let read = |folder: &Path, file: &str| fs::read(folder.join(file)).ok();
        for number in 1..=MOST_ASIDE {
            let to = match number {
                1 => first.clone(),
                number => self.aside(kind, &format!("{name}.{number}")),
            };
            let signature = format!("{list}.sig");
            let same = [list, signature.as_str()]
                .iter()
                .all(|file| read(&from, file) == read(&to, file));
            if to.exists() && same {
                files::remove_dir(&to)?;
            }
            if move_whole(&from, &to)? == Moved::Yes {
                return Ok(to);
            }
        }
        Err(Fault::Inconsistent(format!(
            "{} has {MOST_ASIDE} copies set aside; look at them and remove them",
            first.display()
        )))
    }
}

/// Gives a folder or a file its place, never over another, and makes it durable.
pub(super) fn move_whole(from: &Path, to: &Path) -> Result<Moved, Fault> {
    let moved = files::move_new(from, to)?;
    if moved == Moved::Yes {
        for path in [to, from] {
            path.parent().map_or(Ok(()), files::sync_dir)?;
        }
    }
    Ok(moved)
}
