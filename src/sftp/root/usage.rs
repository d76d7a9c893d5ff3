//! What a party keeps in its inbox, and whether there may be more.
//!
//! A walk through the inbox counts; between two walks, what this process lets grow is added. So a WRITE costs an
//! addition, not a walk. A walk is repeated when it is older than a second, and before anything is refused, since what
//! was removed, taken in by the pipeline or written by another process shows only there. Walking never takes more than a
//! small part of the time: who would be refused waits for its turn. What several processes write between two walks may
//! exceed the quota by as much.
//!
//! A file counts with its size, holes included: what it can be read as is what has to be taken in. What was
//! removed counts for its bytes as long as this process has it open.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, FileType, fstat, statat};
use rustix::io::Errno;
use tokio::sync::Semaphore;

use crate::sftp::limits::{Limits, Quota};
use crate::sftp::off_the_loop::off_the_loop;
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::root::folder::{entries, open_folder};
use crate::sftp::root::in_use::{Common, Held, Inode, removed_from};

/// A walk is old after this.
const OLD: Duration = Duration::from_secs(1);
/// After a walk, this many times as long as it took must pass before the next one for the sake of age,
const IDLE_FOR_AGE: u32 = 100;
/// or before the next one that somebody waits for.
const IDLE_FOR_NEED: u32 = 10;
/// Folders one in the other that are counted; parties cannot make as many.
const DEEPEST: usize = 64;

/// The inboxes that this process serves: all sessions of a party count together.
static SHARED: LazyLock<Mutex<HashMap<Inode, Weak<Usage>>>> = LazyLock::new(Mutex::default);

/// Bytes and entries: kept, grown, allowed or left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    /// Bytes of all files.
    pub(crate) bytes: u64,
    /// Files and folders.
    pub(crate) entries: u64,
}

/// What one inbox holds.
#[derive(Debug)]
pub(crate) struct Usage {
    inbox: Dir,
    inode: Inode,
    count: Mutex<Count>,
    /// Walks so far.
    walks: AtomicU64,
    /// As many as the party may have open, in all its sessions.
    openings: Arc<Semaphore>,
    /// Held while walking: one walk at a time.
    walking: Mutex<()>,
}

#[derive(Debug)]
struct Count {
    quota: Quota,
    last: Option<Walk>,
    /// What grew since the count began; never less.
    grown: Amount,
}

/// The last walk.
#[derive(Debug, Clone, Copy)]
struct Walk {
    found: Amount,
    /// [`Count::grown`] before it.
    grown_before: Amount,
    began: Instant,
    took: Duration,
}

impl Usage {
    /// The count of an inbox, shared with everybody in this process who has it open. The first one's limits hold for
    /// what may be open.
    ///
    /// # Errors
    /// The folder handle cannot be used.
    pub(crate) fn shared(inbox: &Dir, limits: &Limits) -> io::Result<Arc<Self>> {
        let stat = fstat(inbox)?;
        let inode = (stat.st_dev, stat.st_ino);
        let mut shared = locked(&SHARED);
        let known = shared.get(&inode).and_then(Weak::upgrade);
        if let Some(usage) = known {
            locked(&usage.count).quota = limits.quota;
            return Ok(usage);
        }
        shared.retain(|_, usage| usage.strong_count() > 0);
        let usage = Arc::new(Self {
            inbox: inbox.try_clone()?,
            inode,
            count: Mutex::new(Count {
                quota: limits.quota,
                last: None,
                grown: Amount::default(),
            }),
            walks: AtomicU64::new(0),
            openings: Arc::new(Semaphore::new(limits.open_handles_per_party)),
            walking: Mutex::new(()),
        });
        shared.insert(inode, Arc::downgrade(&usage));
        Ok(usage)
    }

    /// The inbox.
    pub(crate) fn inode(&self) -> Inode {
        self.inode
    }

    /// Places for what the party opens.
    pub(crate) fn openings(&self) -> Arc<Semaphore> {
        Arc::clone(&self.openings)
    }

    /// Counts growth that is about to happen, unless it is more than what is left.
    ///
    /// # Errors
    /// The inbox is full: how much is allowed, and what to do.
    pub(crate) fn grow(&self, more: Amount) -> Result<(), Refusal> {
        self.count_sometimes()?;
        if !locked(&self.count).take(more) {
            self.count_now()?;
            let mut count = locked(&self.count);
            if !count.take(more) {
                return Err(full(count.quota, more));
            }
        }
        Ok(())
    }

    /// The quota, and what is left of it.
    ///
    /// # Errors
    /// The inbox cannot be read.
    pub(crate) fn left(&self) -> Result<(Quota, Amount), Refusal> {
        self.count_now()?;
        let count = locked(&self.count);
        let used = count.used();
        let left = Amount {
            bytes: count.quota.bytes.saturating_sub(used.bytes),
            entries: count.quota.files.saturating_sub(used.entries),
        };
        Ok((count.quota, left))
    }

    /// Walks through the inbox if the last walk is old, unless somebody does.
    fn count_sometimes(&self) -> Result<(), Refusal> {
        let last = locked(&self.count).last;
        let Some(last) = last else {
            return self.count_now();
        };
        if last.began.elapsed() < OLD.max(last.took * IDLE_FOR_AGE) {
            return Ok(());
        }
        match self.walking.try_lock() {
            Ok(_alone) => self.walk(),
            Err(_) => Ok(()),
        }
    }

    /// Has the inbox walked through from now on, by this thread or another.
    fn count_now(&self) -> Result<(), Refusal> {
        let asked = Instant::now();
        off_the_loop(|| {
            let _alone = locked(&self.walking);
            let last = locked(&self.count).last;
            if let Some(last) = last {
                if last.began >= asked {
                    return Ok(());
                }
                let next = last.took * (IDLE_FOR_NEED + 1);
                thread::sleep(next.saturating_sub(last.began.elapsed()));
            }
            self.walk()
        })
    }

    /// Walks through the inbox; with [`Usage::walking`] held.
    fn walk(&self) -> Result<(), Refusal> {
        let grown_before = locked(&self.count).grown;
        let began = Instant::now();
        let mut found = Amount::default();
        off_the_loop(|| add(&self.inbox, DEEPEST, &mut found))?;
        // Afterwards: what is removed meanwhile counts twice rather than not at all.
        found.bytes = found.bytes.saturating_add(removed_from(self.inode));
        locked(&self.count).last = Some(Walk {
            found,
            grown_before,
            began,
            took: began.elapsed(),
        });
        self.walks.fetch_add(1, Ordering::Release);
        Ok(())
    }
}

impl Count {
    fn used(&self) -> Amount {
        let (found, before) = self
            .last
            .map_or_else(Default::default, |last| (last.found, last.grown_before));
        let sum = |found: u64, grown: u64, before| found.saturating_add(grown - before);
        Amount {
            bytes: sum(found.bytes, self.grown.bytes, before.bytes),
            entries: sum(found.entries, self.grown.entries, before.entries),
        }
    }

    /// Adds growth if there is room for it.
    fn take(&mut self, more: Amount) -> bool {
        let used = self.used();
        let fits = |used: u64, more: u64, most| more == 0 || used.saturating_add(more) <= most;
        let room = fits(used.bytes, more.bytes, self.quota.bytes)
            && fits(used.entries, more.entries, self.quota.files);
        if room {
            self.grown.bytes = self.grown.bytes.saturating_add(more.bytes);
            self.grown.entries = self.grown.entries.saturating_add(more.entries);
        }
        room
    }
}

/// Counts a folder's files and folders, without itself. What vanishes meanwhile is passed over.
fn add(folder: &Dir, levels: usize, found: &mut Amount) -> io::Result<()> {
    for entry in entries(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let stat = match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => continue,
            Err(error) => return Err(error.into()),
        };
        found.entries += 1;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                found.bytes = found.bytes.saturating_add(stat.st_size as u64);
            }
            FileType::Directory if levels > 0 => {
                let Ok(name) = name.to_str() else { continue };
                match open_folder(folder, name) {
                    Ok(below) => add(&below, levels - 1, found)?,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn full(quota: Quota, more: Amount) -> Refusal {
    let what = if more.bytes == 0 {
        format!("{} files and folders", quota.files)
    } else {
        size(quota.bytes)
    };
    Refusal::over_quota(format!(
        "the inbox is full, at most {what} may lie in it: remove what you no longer need, or wait until your \
         deliveries have been taken in"
    ))
}

/// Bytes as a person writes them; rounded down.
fn size(bytes: u64) -> String {
    [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        .into_iter()
        .find(|(unit, _)| bytes >= *unit)
        .map_or_else(
            || format!("{bytes} bytes"),
            |(unit, name)| format!("{} {name}", bytes / unit),
        )
}

/// A panic elsewhere leaves numbers that the next walk sets right.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one handle does to its file, and leave to let it grow.
#[derive(Debug, Clone)]
pub(crate) struct Growth {
    /// `None` where there is no quota.
    usage: Option<Arc<Usage>>,
    file: Arc<Common>,
    /// [`Common::changes`] after the last one of this handle.
    seen: u64,
    /// Nobody else changed the file before that.
    alone: bool,
    /// Every write goes to the end.
    appends: bool,
}

impl Growth {
    /// For a file that was just opened.
    ///
    /// # Errors
    /// Those of looking at the file.
    pub(crate) fn new(usage: Option<Arc<Usage>>, file: &Held, appends: bool) -> io::Result<Self> {
        let common = file.common();
        let growth = Self {
            usage,
            seen: common.changes.load(Ordering::Acquire),
            file: common,
            alone: true,
            appends,
        };
        growth.look_again(growth.walks(), file)?;
        Ok(growth)
    }

    /// Before a write of `len` bytes at `offset`.
    ///
    /// # Errors
    /// The inbox is full, or the file cannot be looked at.
    pub(crate) fn write(&mut self, file: &File, offset: u64, len: u64) -> Result<(), Refusal> {
        let size = self.size(file)?;
        let start = if self.appends { size } else { offset };
        self.reach(size, start.saturating_add(len))?;
        self.change();
        Ok(())
    }

    /// Before the file's size is set.
    ///
    /// # Errors
    /// The inbox is full, or the file cannot be looked at.
    pub(crate) fn resize(&mut self, file: &File, size: u64) -> Result<(), Refusal> {
        self.reach(self.size(file)?, size)?;
        self.file.size.store(size, Ordering::Release);
        self.change();
        Ok(())
    }

    /// Whether nobody else in this process changed the file since it was opened.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone && self.file.changes.load(Ordering::Acquire) == self.seen
    }

    /// The size up to which was counted. Others may have cut the file: who does so in this process tells; what other
    /// processes did is looked up after each walk.
    fn size(&self, file: &File) -> io::Result<u64> {
        let walks = self.walks();
        if self.file.walk.load(Ordering::Acquire) != walks {
            self.look_again(walks, file)?;
        }
        Ok(self.file.size.load(Ordering::Acquire))
    }

    fn look_again(&self, walks: u64, file: &File) -> io::Result<()> {
        self.file.walk.store(walks, Ordering::Release);
        let size = fstat(file)?.st_size as u64;
        self.file.size.store(size, Ordering::Release);
        Ok(())
    }

    fn walks(&self) -> u64 {
        let usage = self.usage.as_ref();
        usage.map_or(0, |usage| usage.walks.load(Ordering::Acquire))
    }

    fn reach(&self, size: u64, end: u64) -> Result<(), Refusal> {
        if end > size {
            if let Some(usage) = &self.usage {
                let bytes = end - size;
                usage.grow(Amount { bytes, entries: 0 })?;
            }
            self.file.size.fetch_max(end, Ordering::AcqRel);
        }
        Ok(())
    }

    fn change(&mut self) {
        let before = self.file.changes.fetch_add(1, Ordering::AcqRel);
        self.alone &= before == self.seen;
        self.seen = before.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;
    use std::sync::Arc;

    use cap_std::ambient_authority;
    use cap_std::fs::Dir;
    use tempfile::TempDir;

    use super::{Amount, Growth, Held, Limits, Quota, Refusal, Usage, size};

    fn usage(path: &Path, bytes: u64, files: u64) -> Arc<Usage> {
        let inbox = Dir::open_ambient_dir(path, ambient_authority()).unwrap();
        let limits = Limits {
            quota: Quota { bytes, files },
            ..Limits::default()
        };
        Usage::shared(&inbox, &limits).unwrap()
    }

    const ENTRY: Amount = Amount {
        bytes: 0,
        entries: 1,
    };

    fn bytes(bytes: u64) -> Amount {
        Amount { bytes, entries: 0 }
    }

    #[test]
    fn what_lies_there_counts_with_holes_and_folders() {
        let dir = TempDir::new().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::write(dir.path().join("a/b/f"), "1234567").unwrap();
        File::create(dir.path().join("sparse"))
            .unwrap()
            .set_len(1 << 40)
            .unwrap();
        let usage = usage(dir.path(), (1 << 40) + 10, 5);
        let (_, left) = usage.left().unwrap();
        let entries = 1;
        assert_eq!(left, Amount { bytes: 3, entries });
        usage.grow(bytes(3)).unwrap();
        fs::write(dir.path().join("a/b/f"), "1234567890").unwrap();
        let refusal = usage.grow(bytes(1)).unwrap_err();
        assert!(
            refusal.message.contains("at most 1024 GiB"),
            "{}",
            refusal.message
        );
        usage.grow(ENTRY).unwrap();
        fs::create_dir(dir.path().join("c")).unwrap();
        let refusal = usage.grow(ENTRY).unwrap_err();
        assert!(
            refusal.message.contains("5 files and folders"),
            "{}",
            refusal.message
        );
    }

    #[test]
    fn what_goes_makes_room_and_what_others_write_takes_it() {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("f"), [0; 90]).unwrap();
        let (first, second) = (usage(dir.path(), 100, 9), usage(dir.path(), 100, 9));
        first.grow(bytes(6)).unwrap();
        second.grow(bytes(4)).unwrap();
        // A walk sees what is there, whatever was announced.
        fs::remove_file(dir.path().join("f")).unwrap();
        fs::write(dir.path().join("g"), [0; 60]).unwrap();
        assert_eq!(second.left().unwrap().1.bytes, 40);
        first.grow(bytes(40)).unwrap();
    }

    #[test]
    fn a_file_is_counted_for_where_it_grows_only() {
        let dir = TempDir::new().unwrap();
        let usage = usage(dir.path(), 100, 9);
        let file = Held::new(tempfile::tempfile().unwrap(), None).unwrap();
        let mut growth = Growth::new(Some(usage), &file, false).unwrap();
        let mut write = |offset, len| {
            growth.write(&file, offset, len)?;
            let size = file.metadata().unwrap().len();
            file.set_len(size.max(offset + len)).unwrap();
            Ok::<(), Refusal>(())
        };
        write(0, 50).unwrap();
        for _ in 0..10 {
            write(10, 40).unwrap();
        }
        write(90, 10).unwrap();
        assert!(write(1000, 1).is_err());
        assert!(write(u64::MAX, u64::MAX).is_err());
        write(0, 100).unwrap();
        assert!(growth.resize(&file, 1 << 63).is_err());
        growth.resize(&file, 20).unwrap();
        let mut free = Growth::new(None, &file, true).unwrap();
        free.write(&file, 0, 1 << 50).unwrap();
        free.write(&file, 0, 5).unwrap();
        let size = free.size(&file).unwrap();
        assert_eq!(size, 100 + (1 << 50) + 5, "at the end, whatever the offset");
    }

    #[test]
    fn handles_of_one_file_count_it_together_and_know_of_each_other() {
        let dir = TempDir::new().unwrap();
        let usage = usage(dir.path(), 100, 9);
        let path = dir.path().join("f");
        let open = || {
            let options = File::options().read(true).write(true).create(true).clone();
            let file = Held::new(options.open(&path).unwrap(), None).unwrap();
            let growth = Growth::new(Some(Arc::clone(&usage)), &file, false).unwrap();
            (file, growth)
        };
        let (file, mut first) = open();
        first.write(&file, 0, 60).unwrap();
        file.set_len(60).unwrap();
        assert!(first.is_alone());
        let (other, mut second) = open();
        assert!(first.is_alone() && second.is_alone());
        second.resize(&other, 0).unwrap();
        assert_eq!(first.size(&file).unwrap(), 0);
        other.set_len(0).unwrap();
        assert!(second.is_alone() && !first.is_alone());
        // 60 more of 100, although the first had as many before: only a walk finds that they went.
        first.write(&file, 0, 60).unwrap();
        file.set_len(60).unwrap();
        assert!(!second.is_alone() && !first.is_alone());
        assert_eq!(usage.left().unwrap().1.bytes, 40);
        // Another process is noticed after the next walk.
        File::create(&path).unwrap();
        usage.left().unwrap();
        first.write(&file, 0, 60).unwrap();
        file.set_len(60).unwrap();
        assert!(first.write(&file, 60, 41).is_err());
    }

    #[test]
    fn sizes_read_as_people_write_them() {
        for (bytes, text) in [
            (1000, "1000 bytes"),
            (2048, "2 KiB"),
            (100 << 20, "100 MiB"),
            (200 << 30, "200 GiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
