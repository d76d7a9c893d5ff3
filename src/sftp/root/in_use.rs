//! The files that this process has open for its clients. What one handle does to a file concerns everybody else who has
//! it open, and a file that was removed takes its room until the last of them closes it.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, LazyLock, Mutex};

use rustix::fs::fstat;

use crate::sftp::root::usage::locked;

/// Device and inode of a file or folder.
pub(crate) type Inode = (u64, u64);

/// Whoever has a file open is in here.
static FILES: LazyLock<Mutex<HashMap<Inode, Users>>> = LazyLock::new(Mutex::default);

/// All who have one file open.
struct Users {
    inbox: Option<Inode>,
    files: Vec<Arc<File>>,
    common: Arc<Common>,
}

/// What all of them know of the file. A change is told here before it is made.
#[derive(Debug, Default)]
pub(crate) struct Common {
    /// The size up to which was counted.
    pub(crate) size: AtomicU64,
    /// The walk through the inbox after which `size` was looked up.
    pub(crate) walk: AtomicU64,
    /// How often its content was changed.
    pub(crate) changes: AtomicU64,
}

/// An open file, known to the others.
#[derive(Debug)]
pub(crate) struct Held {
    file: Arc<File>,
    inode: Inode,
    common: Arc<Common>,
}

impl Held {
    /// Lets the others know of a file, until this is dropped; `inbox` is where it counts.
    ///
    /// # Errors
    /// Those of looking at the file.
    pub(crate) fn new(file: File, inbox: Option<Inode>) -> io::Result<Self> {
        let stat = fstat(&file)?;
        let (file, inode) = (Arc::new(file), (stat.st_dev, stat.st_ino));
        let mut all = locked(&FILES);
        let users = all.entry(inode).or_insert_with(|| Users {
            inbox,
            files: Vec::with_capacity(1),
            common: Arc::default(),
        });
        users.files.push(Arc::clone(&file));
        let common = Arc::clone(&users.common);
        drop(all);
        Ok(Self {
            file,
            inode,
            common,
        })
    }

    /// What it has in common with the others.
    pub(crate) fn common(&self) -> Arc<Common> {
        Arc::clone(&self.common)
    }
}

impl Deref for Held {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

impl Drop for Held {
    /// Forgets the file before it is closed: its lock must not outlive the answer to CLOSE.
    fn drop(&mut self) {
        let mut all = locked(&FILES);
        if let Some(users) = all.get_mut(&self.inode) {
            users.files.retain(|file| !Arc::ptr_eq(file, &self.file));
            if users.files.is_empty() {
                all.remove(&self.inode);
            }
        }
    }
}

/// Bytes of what was removed from an inbox and is still open.
pub(crate) fn removed_from(inbox: Inode) -> u64 {
    // Looked at in place: a copy of a handle could keep a lock for longer than its owner.
    let all = locked(&FILES);
    let open = all.values().filter(|users| users.inbox == Some(inbox));
    let stats = open.filter_map(|users| fstat(users.files.first()?).ok());
    let removed = stats.filter(|stat| stat.st_nlink == 0);
    removed.fold(0, |sum, stat| sum.saturating_add(stat.st_size as u64))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::{Held, removed_from};

    #[test]
    fn what_was_removed_counts_until_the_last_one_closes_it() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "12345").unwrap();
        // No inode of a real folder.
        let inbox = (u64::MAX, 1);
        let hold = || Held::new(File::open(&path).unwrap(), Some(inbox)).unwrap();
        let (first, second) = (hold(), hold());
        assert!(Arc::ptr_eq(&first.common(), &second.common()));
        assert_eq!(removed_from(inbox), 0);
        fs::remove_file(&path).unwrap();
        assert_eq!(removed_from(inbox), 5);
        assert_eq!(removed_from((u64::MAX, 2)), 0);
        drop(first);
        assert_eq!(removed_from(inbox), 5);
        drop(second);
        assert_eq!(removed_from(inbox), 0);
    }

    #[test]
    fn a_lock_ends_with_its_owner_whoever_else_has_the_file_open() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        let held = Held::new(File::create(&path).unwrap(), None).unwrap();
        held.lock_shared().unwrap();
        let reader = Held::new(File::open(&path).unwrap(), None).unwrap();
        let claim = File::open(&path).unwrap();
        assert!(claim.try_lock().is_err());
        drop(held);
        claim.try_lock().unwrap();
        drop(reader);
    }
}
