//! A party's root as capability handles. Every open goes through one folder handle and one name, and no name is
//! followed if it is a link, so nothing outside the root can be reached whatever the path or the disk says.

use std::collections::VecDeque;
use std::fs::{File, FileTimes, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use cap_std::ambient_authority;
use cap_std::fs::{
    Dir, DirBuilder, DirBuilderExt, Metadata, MetadataExt, OpenOptions, OpenOptionsExt,
};
use rustix::fs::{AtFlags, OFlags, RenameFlags, StatVfs, Timespec, Timestamps};

use crate::sftp::requests::refusal::Refusal;
use crate::sftp::root::folder::{Folder, fits, open_folder};
use crate::sftp::root::listing::{Listing, Look, seen};
use crate::sftp::root::path::{Area, STATUS_FILE, Target};
use crate::sftp::root::policy::INBOX_DEPTH;

/// How often, and with what pause between, a file is tried to be locked for writing.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(1);

/// The open root of one party.
#[derive(Debug)]
pub(crate) struct Jail {
    root: Dir,
    inbox: Dir,
    outbox: Dir,
    receipts: Dir,
}

/// How a file is opened for writing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WriteMode {
    /// Make the file if it is missing.
    pub(crate) create: bool,
    /// Fail if it is there.
    pub(crate) exclusive: bool,
    /// Empty it.
    pub(crate) truncate: bool,
    /// Every write goes to the end.
    pub(crate) append: bool,
}

/// Times to set, seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// Last access.
    pub(crate) accessed: u32,
    /// Last change.
    pub(crate) modified: u32,
}

impl From<Times> for FileTimes {
    fn from(times: Times) -> Self {
        let second = |seconds: u32| UNIX_EPOCH + Duration::from_secs(u64::from(seconds));
        Self::new()
            .set_accessed(second(times.accessed))
            .set_modified(second(times.modified))
    }
}

impl Jail {
    /// Opens a party's root and its three folders.
    ///
    /// # Errors
    /// One of them is missing, no folder, or a link.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let root = Dir::open_ambient_dir(root, ambient_authority())?;
        Ok(Self {
            inbox: open_folder(&root, Area::Inbox.name())?,
            outbox: open_folder(&root, Area::Outbox.name())?,
            receipts: open_folder(&root, Area::Receipts.name())?,
            root,
        })
    }

    /// Attributes of a file or folder.
    pub(crate) fn look(&self, target: Target<'_>) -> Result<Look, Refusal> {
        let (metadata, writable) = match target {
            Target::Root => (self.root.dir_metadata()?, false),
            Target::Area(area) => (self.area(area).dir_metadata()?, true),
            Target::Status => (self.root.symlink_metadata(STATUS_FILE)?, false),
            Target::Entry {
                area,
                folders,
                name,
            } => (
                self.folder(area, folders)?.symlink_metadata(name)?,
                area == Area::Inbox,
            ),
            Target::Nowhere => return Err(Refusal::missing()),
        };
        seen(&metadata, writable).ok_or_else(Refusal::missing)
    }

    /// Opens a file for reading.
    pub(crate) fn open_read(&self, target: Target<'_>) -> Result<File, Refusal> {
        let (folder, name) = self.named(target)?;
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(SAFE_FLAGS);
        let file = folder.open_with(name, &options)?.into_std();
        only_plain_file(&file)?;
        Ok(file)
    }

    /// Opens a file for writing and holds the shared lock that keeps it from being claimed.
    ///
    /// The order is the whole point: the file is opened as it is, locked, checked to be still the one of that name (the
    /// pipeline claims by an exclusive lock and a rename), and only then emptied.
    pub(crate) fn open_write(&self, target: Target<'_>, mode: WriteMode) -> Result<File, Refusal> {
        let (folder, name) = self.named(target)?;
        let mut options = OpenOptions::new();
        options
            .write(true)
            // Also for a client that only writes: its upload's digest may need the whole file.
            .read(true)
            .append(mode.append)
            .create(mode.create)
            .create_new(mode.create && mode.exclusive)
            .mode(0o600)
            .custom_flags(SAFE_FLAGS);
        let file = folder.open_with(name, &options)?.into_std();
        only_plain_file(&file)?;
        lock_for_writing(&file)?;
        if !still_named(&folder, name, &file) {
            return Err(Refusal::taken_in());
        }
        if mode.truncate {
            file.set_len(0)?;
        }
        Ok(file)
    }

    /// Begins a listing.
    pub(crate) fn list(&self, target: Target<'_>) -> Result<Listing, Refusal> {
        match target {
            Target::Root => {
                let mut entries: VecDeque<_> = Area::ALL
                    .into_iter()
                    .filter_map(|area| {
                        let look = self.look(Target::Area(area)).ok()?;
                        Some((area.name().to_owned(), look))
                    })
                    .collect();
                if let Ok(look) = self.look(Target::Status) {
                    entries.push_back((STATUS_FILE.to_owned(), look));
                }
                Ok(Listing::Root(entries))
            }
            Target::Area(area) => Ok(Listing::Folder {
                entries: self.area(area).entries()?,
                writable: area == Area::Inbox,
            }),
            Target::Entry {
                area,
                folders,
                name,
            } => Ok(Listing::Folder {
                entries: open_folder(&*self.folder(area, folders)?, name)?.entries()?,
                writable: area == Area::Inbox,
            }),
            Target::Status | Target::Nowhere => Err(Refusal::missing()),
        }
    }

    /// Removes a file.
    pub(crate) fn remove(&self, target: Target<'_>) -> Result<(), Refusal> {
        let (folder, name) = self.named(target)?;
        if self.look(target)?.folder {
            return Err(Refusal::failure("this is a folder; remove it as a folder"));
        }
        let _held = guard(&folder, name)?;
        Ok(folder.remove_file(name)?)
    }

    /// Removes an empty folder.
    pub(crate) fn remove_folder(&self, target: Target<'_>) -> Result<(), Refusal> {
        let (folder, name) = self.named(target)?;
        Ok(folder.remove_dir(name)?)
    }

    /// Makes a folder that only the service can enter on the server.
    pub(crate) fn make_folder(&self, target: Target<'_>) -> Result<(), Refusal> {
        let (folder, name) = self.named(target)?;
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        Ok(folder.create_dir_with(name, &builder)?)
    }

    /// Renames a file or folder; `replace` overwrites a file of the new name in the same step.
    pub(crate) fn rename(
        &self,
        from: Target<'_>,
        to: Target<'_>,
        replace: bool,
    ) -> Result<(), Refusal> {
        let (old_folder, old_name) = self.named(from)?;
        let (new_folder, new_name) = self.named(to)?;
        if self.look(from)?.folder
            && let Target::Entry { folders, .. } = to
        {
            let room = INBOX_DEPTH.saturating_sub(folders.len());
            if !fits(&open_folder(&old_folder, old_name)?, room)? {
                return Err(Refusal::denied(
                    "inbox/ holds folders at most 8 levels deep: move the folder higher up",
                ));
            }
        }
        // Held to the end of the step: neither name may be one that is just being claimed.
        let _source = guard(&old_folder, old_name)?;
        let _target = guard(&new_folder, new_name)?;
        let flags = if replace {
            RenameFlags::empty()
        } else {
            RenameFlags::NOREPLACE
        };
        rustix::fs::renameat_with(&*old_folder, old_name, &*new_folder, new_name, flags)
            .map_err(io::Error::from)?;
        Ok(())
    }

    /// Sets the times of a file or folder, never of what a link names.
    pub(crate) fn set_times(&self, target: Target<'_>, times: Times) -> Result<(), Refusal> {
        let (folder, name) = self.named(target)?;
        let second = |seconds: u32| Timespec {
            tv_sec: i64::from(seconds),
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: second(times.accessed),
            last_modification: second(times.modified),
        };
        rustix::fs::utimensat(&*folder, name, &times, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(io::Error::from)?;
        Ok(())
    }

    /// Space on the file system of a target that exists.
    pub(crate) fn space(&self, target: Target<'_>) -> Result<StatVfs, Refusal> {
        self.look(target)?;
        let dir = match target {
            Target::Area(area) | Target::Entry { area, .. } => self.area(area),
            Target::Root | Target::Status | Target::Nowhere => &self.root,
        };
        Ok(rustix::fs::fstatvfs(dir).map_err(io::Error::from)?)
    }

    fn area(&self, area: Area) -> &Dir {
        match area {
            Area::Inbox => &self.inbox,
            Area::Outbox => &self.outbox,
            Area::Receipts => &self.receipts,
        }
    }

    /// Walks down, one handle and one name at a time.
    fn folder(&self, area: Area, folders: &[String]) -> io::Result<Folder<'_>> {
        let mut folder = Folder::Top(self.area(area));
        for name in folders {
            folder = Folder::Below(open_folder(&folder, name)?);
        }
        Ok(folder)
    }

    /// The folder handle and the last name of something that has a name.
    fn named<'t>(&self, target: Target<'t>) -> Result<(Folder<'_>, &'t str), Refusal> {
        match target {
            Target::Status => Ok((Folder::Top(&self.root), STATUS_FILE)),
            Target::Entry {
                area,
                folders,
                name,
            } => Ok((self.folder(area, folders)?, name)),
            Target::Root | Target::Area(_) | Target::Nowhere => Err(Refusal::missing()),
        }
    }
}

/// Attributes of an open file of the party.
pub(crate) fn look_at(file: &File, writable: bool) -> Result<Look, Refusal> {
    let metadata = Metadata::from_file(file)?;
    seen(&metadata, writable).ok_or_else(Refusal::missing)
}

/// Keeps a file from being claimed while its name changes or goes. `None` for a folder, or where there is nothing.
fn guard(folder: &Dir, name: &str) -> Result<Option<File>, Refusal> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(SAFE_FLAGS);
    let file = match folder.open_with(name, &options) {
        Ok(file) => file.into_std(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    lock_for_writing(&file)?;
    if still_named(folder, name, &file) {
        Ok(Some(file))
    } else {
        Err(Refusal::taken_in())
    }
}

/// Takes the shared lock. A scan that looks whether anybody writes holds the exclusive one for an instant, which must
/// not cost a client its upload; a claim holds it until the file has gone from the inbox.
fn lock_for_writing(file: &File) -> Result<(), Refusal> {
    for _ in 0..LOCK_TRIES {
        match file.try_lock_shared() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(Refusal::taken_in())
}

/// Links are not followed; a pipe that someone planted does not block the open.
const SAFE_FLAGS: i32 = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits() as i32;

fn only_plain_file(file: &File) -> Result<(), Refusal> {
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        Err(Refusal::failure("this is a folder"))
    } else if kind.is_file() {
        Ok(())
    } else {
        Err(Refusal::missing())
    }
}

/// Whether the name still leads to the very file that was opened.
fn still_named(folder: &Dir, name: &str, file: &File) -> bool {
    let opened = Metadata::from_file(file);
    let named = folder.symlink_metadata(name);
    matches!((opened, named), (Ok(a), Ok(b)) if (a.dev(), a.ino()) == (b.dev(), b.ino()))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::{Jail, WriteMode, still_named};
    use crate::sftp::requests::refusal::Refusal;
    use crate::sftp::root::path::CanonicalPath;

    const NEW: WriteMode = WriteMode {
        create: true,
        exclusive: false,
        truncate: true,
        append: false,
    };

    fn root() -> (TempDir, Jail) {
        let dir = TempDir::new().unwrap();
        for folder in ["inbox", "outbox", "receipts"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let jail = Jail::open(dir.path()).unwrap();
        (dir, jail)
    }

    fn at(path: &str) -> CanonicalPath {
        CanonicalPath::parse(path).unwrap()
    }

    #[test]
    fn a_root_with_a_link_for_a_folder_is_not_opened() {
        let (dir, _) = root();
        fs::remove_dir(dir.path().join("outbox")).unwrap();
        assert!(Jail::open(dir.path()).is_err());
        symlink("inbox", dir.path().join("outbox")).unwrap();
        assert!(Jail::open(dir.path()).is_err());
    }

    #[test]
    fn only_the_file_that_still_has_the_name_may_be_written() {
        let (dir, jail) = root();
        let path = dir.path().join("inbox/f");
        let opened = File::create(&path).unwrap();
        assert!(still_named(&jail.inbox, "f", &opened));
        fs::rename(&path, dir.path().join("staged")).unwrap();
        assert!(!still_named(&jail.inbox, "f", &opened), "renamed away");
        File::create(&path).unwrap();
        assert!(!still_named(&jail.inbox, "f", &opened), "another file");
    }

    #[test]
    fn a_refused_writer_changes_nothing() {
        let (dir, jail) = root();
        let path = dir.path().join("inbox/f");
        fs::write(&path, "content").unwrap();
        let claim = File::open(&path).unwrap();
        claim.lock().unwrap();
        let refused = jail.open_write(at("inbox/f").target(), NEW).unwrap_err();
        assert_eq!(refused, Refusal::taken_in());
        assert_eq!(fs::read_to_string(&path).unwrap(), "content");
        claim.unlock().unwrap();
        let first = jail.open_write(at("inbox/f").target(), NEW).unwrap();
        let second = jail.open_write(at("inbox/f").target(), NEW).unwrap();
        assert!(claim.try_lock().is_err());
        drop((first, second));
        claim.try_lock().unwrap();
    }

    #[test]
    fn a_rename_replaces_only_when_asked_to() {
        let (dir, jail) = root();
        fs::write(dir.path().join("inbox/a"), "a").unwrap();
        fs::write(dir.path().join("inbox/b"), "b").unwrap();
        let (a, b) = (at("inbox/a"), at("inbox/b"));
        assert!(jail.rename(a.target(), b.target(), false).is_err());
        assert_eq!(fs::read_to_string(dir.path().join("inbox/b")).unwrap(), "b");
        jail.rename(a.target(), b.target(), true).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("inbox/b")).unwrap(), "a");
    }

    #[test]
    fn a_folder_is_not_moved_deeper_than_the_inbox_goes() {
        let (dir, jail) = root();
        fs::create_dir_all(dir.path().join("inbox/a/2/3/4")).unwrap();
        fs::create_dir_all(dir.path().join("inbox/b/2/3/4/5")).unwrap();
        let a = at("inbox/a");
        assert!(
            jail.rename(a.target(), at("inbox/b/2/3/4/5/a").target(), false)
                .is_err()
        );
        jail.rename(a.target(), at("inbox/b/2/3/4/a").target(), false)
            .unwrap();
        assert!(dir.path().join("inbox/b/2/3/4/a/2/3/4").exists());
    }

    #[test]
    fn what_is_neither_file_nor_folder_does_not_exist() {
        let (dir, jail) = root();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            dir.path().join("inbox/pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        symlink("/etc/passwd", dir.path().join("inbox/link")).unwrap();
        fs::write(dir.path().join("outbox/real"), "real").unwrap();
        symlink("real", dir.path().join("outbox/near")).unwrap();
        for name in ["inbox/pipe", "inbox/link", "outbox/near"] {
            let path = at(name);
            assert_eq!(jail.look(path.target()), Err(Refusal::missing()), "{name}");
            assert!(jail.open_read(path.target()).is_err(), "{name}");
            assert!(jail.open_write(path.target(), NEW).is_err(), "{name}");
            assert!(jail.remove(path.target()).is_err(), "{name}");
            assert!(
                jail.rename(path.target(), at("inbox/x").target(), false)
                    .is_err(),
                "{name}"
            );
        }
        assert_eq!(jail.list(at("inbox").target()).unwrap().count(), 0);
    }
}
