//! A party's root as capability handles. Every open goes through one folder handle and one name, and no name is
//! followed if it is a link, so nothing outside the root can be reached whatever the path or the disk says.

use std::collections::VecDeque;
use std::fs::{File, FileTimes};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, OpenOptions, OpenOptionsExt};
use rustix::fs::{
    AtFlags, FileType, RenameFlags, Stat, StatVfs, Timespec, Timestamps, fstat, fstatvfs,
    renameat_with, statat, utimensat,
};
use rustix::io::Errno;
use tokio::sync::Semaphore;

use crate::sftp::limits::Limits;
use crate::sftp::off_the_loop::off_the_loop;
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::root::folder::{Folder, entries, fits, open_folder};
use crate::sftp::root::in_use::Held;
use crate::sftp::root::listing::{Listing, Look, seen};
use crate::sftp::root::locking::{SAFE_FLAGS, guard, lock, still_named};
use crate::sftp::root::path::{Area, CanonicalPath, STATUS_FILE, Target};
use crate::sftp::root::policy::{Action, Bounds, check};
use crate::sftp::root::usage::{Amount, Growth, Usage};

/// The open root of one party, or a folder that is served whole.
#[derive(Debug)]
pub(crate) struct Jail {
    root: Dir,
    /// The party's folders; none where the root is served whole.
    areas: Vec<(Area, Dir)>,
    bounds: Bounds,
    /// `None` where the root is served whole.
    usage: Option<Arc<Usage>>,
}

/// A name that something has, to be looked at after the jail is needed elsewhere.
#[derive(Debug)]
pub(crate) struct Named {
    folder: Dir,
    name: String,
}

impl Named {
    /// Whether something still has the name.
    pub(crate) fn is_there(&self) -> bool {
        stat_at(&self.folder, &self.name).is_ok()
    }
}

/// How a file is opened for writing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WriteMode {
    /// The client may read through the same handle. The jail opens for reading in any case, to take the digest.
    pub(crate) read: bool,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    pub(crate) fn open(root: &Path, limits: &Limits) -> io::Result<Self> {
        let root = Dir::open_ambient_dir(root, ambient_authority())?;
        let inbox = open_folder(&root, Area::Inbox.name())?;
        let usage = Usage::shared(&inbox, limits)?;
        let mut areas = vec![(Area::Inbox, inbox)];
        for area in [Area::Outbox, Area::Receipts] {
            areas.push((area, open_folder(&root, area.name())?));
        }
        Ok(Self {
            root,
            areas,
            bounds: Bounds::from(limits),
            usage: Some(usage),
        })
    }

    /// Opens a folder without the rules of a party's root.
    ///
    /// # Errors
    /// It is missing or no folder.
    pub(crate) fn open_whole(folder: &Path, limits: &Limits) -> io::Result<Self> {
        Ok(Self {
            root: Dir::open_ambient_dir(folder, ambient_authority())?,
            areas: Vec::new(),
            bounds: Bounds::from(limits),
            usage: None,
        })
    }

    /// Places for what the party opens, shared by its sessions; `None` where the root is served whole.
    pub(crate) fn openings(&self) -> Option<Arc<Semaphore>> {
        self.usage.as_ref().map(|usage| usage.openings())
    }

    /// What a path means here, if the policy allows the action on it.
    ///
    /// # Errors
    /// The refusal that the client is told.
    pub(crate) fn allowed<'p>(
        &self,
        path: &'p CanonicalPath,
        action: Action,
    ) -> Result<Target<'p>, Refusal> {
        let target = if self.areas.is_empty() {
            path.target_in_whole()
        } else {
            path.target()
        };
        check(action, target, self.bounds)?;
        Ok(target)
    }

    /// Attributes of a file or folder.
    pub(crate) fn look(&self, target: Target<'_>) -> Result<Look, Refusal> {
        let (stat, writable) = match target {
            Target::Root => (fstat(&self.root)?, false),
            Target::Area(area) => (fstat(self.area(area))?, true),
            Target::Status => (stat_at(&self.root, STATUS_FILE)?, false),
            Target::Entry {
                area,
                folders,
                name,
            } => (
                stat_at(&*self.folder(area, folders)?, name)?,
                area.writable(),
            ),
            Target::Nowhere => return Err(Refusal::missing()),
        };
        seen(&stat, writable).ok_or_else(Refusal::missing)
    }

    /// The name of a file or folder, to be looked at later.
    pub(crate) fn remember(&self, target: Target<'_>) -> Result<Named, Refusal> {
        let (folder, name) = self.named(target)?;
        Ok(Named {
            folder: folder.try_clone()?,
            name: name.to_owned(),
        })
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

    /// Lets the others of this process know that a file is open.
    pub(crate) fn hold(&self, target: Target<'_>, file: File) -> Result<Held, Refusal> {
        let inbox = match target {
            Target::Entry {
                area: Area::Inbox, ..
            } => self.usage.as_ref().map(|usage| usage.inode()),
            _ => None,
        };
        Ok(Held::new(file, inbox)?)
    }

    /// Opens a file for writing and holds the shared lock that keeps it from being claimed; what it may grow comes with it.
    ///
    /// The order is the whole point: the file is opened as it is, locked, checked to be still the one of that name (the
    /// pipeline claims by an exclusive lock and a rename), and only then emptied.
    pub(crate) fn open_write(
        &self,
        target: Target<'_>,
        mode: WriteMode,
    ) -> Result<(Held, Growth), Refusal> {
        let (folder, name) = self.named(target)?;
        if mode.create && stat_at(&folder, name).err() == Some(Errno::NOENT) {
            self.count_entry()?;
        }
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
        lock(&file)?;
        if !still_named(&folder, name, &file) {
            return Err(Refusal::taken_in());
        }
        let file = self.hold(target, file)?;
        let mut growth = Growth::new(self.usage.clone(), &file, mode.append)?;
        // Not for a new file: after a truncation ext4 begins to write to the disk when the file is closed.
        if mode.truncate && file.metadata()?.len() > 0 {
            growth.resize(&file, 0)?;
            file.set_len(0)?;
        }
        Ok((file, growth))
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
            Target::Area(area) => listing(self.area(area), area, ""),
            Target::Entry {
                area,
                folders,
                name,
            } => {
                if !self.look(target)?.folder {
                    return Err(Refusal::is_file());
                }
                let below = [folders, &[name.to_owned(), String::new()]]
                    .concat()
                    .join("/");
                let folder = open_folder(&*self.folder(area, folders)?, name)?;
                listing(&folder, area, &below)
            }
            Target::Status | Target::Nowhere => Err(Refusal::missing()),
        }
    }

    /// Removes a file.
    pub(crate) fn remove(&self, target: Target<'_>) -> Result<(), Refusal> {
        let (folder, name) = self.named(target)?;
        if self.look(target)?.folder {
            return Err(Refusal::failure(
                "this is a folder: remove it with your program's command for folders",
            ));
        }
        let _held = guard(&folder, name)?;
        Ok(folder.remove_file(name)?)
    }

    /// Removes an empty folder.
    pub(crate) fn remove_folder(&self, target: Target<'_>) -> Result<(), Refusal> {
        let (folder, name) = self.named(target)?;
        if !self.look(target)?.folder {
            return Err(Refusal::is_file());
        }
        Ok(folder.remove_dir(name)?)
    }

    /// Makes a folder that only the service can enter on the server.
    pub(crate) fn make_folder(&self, target: Target<'_>) -> Result<(), Refusal> {
        let (folder, name) = self.named(target)?;
        if stat_at(&folder, name).err() == Some(Errno::NOENT) {
            self.count_entry()?;
        }
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        Ok(folder.create_dir_with(name, &builder)?)
    }

    /// Renames a file or folder; `replace` overwrites a file of the new name, or an empty folder by a folder, in the same
    /// step.
    pub(crate) fn rename(
        &self,
        from: Target<'_>,
        to: Target<'_>,
        replace: bool,
    ) -> Result<(), Refusal> {
        let (old_folder, old_name) = self.named(from)?;
        let (new_folder, new_name) = self.named(to)?;
        let is_folder = self.look(from)?.folder;
        if is_folder
            && let (Target::Entry { folders: above, .. }, Target::Entry { area, folders, .. }) =
                (from, to)
            && area == Area::Inbox
            // Otherwise it fits where it lies already.
            && folders.len() > above.len()
        {
            let room = self.bounds.depth.saturating_sub(folders.len());
            if !off_the_loop(|| fits(&open_folder(&old_folder, old_name)?, room))? {
                return Err(self.bounds.too_deep());
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
        renameat_with(&*old_folder, old_name, &*new_folder, new_name, flags).map_err(|error| {
            match error {
                Errno::INVAL if is_folder => {
                    Refusal::failure("a folder cannot be moved into itself: choose another place")
                }
                Errno::ISDIR => Refusal::failure(
                    "a folder of that name exists already: a file cannot replace it",
                ),
                Errno::NOTDIR if is_folder => Refusal::failure(
                    "a file of that name exists already: a folder cannot replace it",
                ),
                error => error.into(),
            }
        })
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
        Ok(utimensat(
            &*folder,
            name,
            &times,
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }

    /// Space for a target that exists: of its file system, or of the quota where that is less.
    pub(crate) fn space(&self, target: Target<'_>) -> Result<StatVfs, Refusal> {
        self.look(target)?;
        let dir = match target {
            Target::Area(area) | Target::Entry { area, .. } => self.area(area),
            Target::Root | Target::Status | Target::Nowhere => &self.root,
        };
        self.within_quota(fstatvfs(dir)?)
    }

    /// The same for an open file.
    pub(crate) fn space_around(&self, file: &File) -> Result<StatVfs, Refusal> {
        self.within_quota(fstatvfs(file)?)
    }

    fn within_quota(&self, mut space: StatVfs) -> Result<StatVfs, Refusal> {
        if let Some(usage) = &self.usage {
            let (quota, left) = usage.left()?;
            let blocks = |bytes: u64| bytes / space.f_frsize.max(1);
            let (most, left_blocks) = (blocks(quota.bytes), blocks(left.bytes));
            space.f_blocks = space.f_blocks.min(most);
            space.f_bavail = space.f_bavail.min(left_blocks);
            space.f_bfree = space.f_bavail;
            space.f_files = space.f_files.min(quota.files);
            space.f_favail = space.f_favail.min(left.entries);
            space.f_ffree = space.f_favail;
        }
        Ok(space)
    }

    /// Before one more file or folder is made.
    fn count_entry(&self) -> Result<(), Refusal> {
        let one = Amount {
            bytes: 0,
            entries: 1,
        };
        self.usage.as_ref().map_or(Ok(()), |usage| usage.grow(one))
    }

    fn area(&self, area: Area) -> &Dir {
        let own = self.areas.iter().find(|(name, _)| *name == area);
        own.map_or(&self.root, |(_, dir)| dir)
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
    seen(&fstat(file)?, writable).ok_or_else(Refusal::missing)
}

fn listing(folder: &Dir, area: Area, below: &str) -> Result<Listing, Refusal> {
    Ok(Listing::Folder {
        entries: entries(folder)?,
        writable: area.writable(),
        below_inbox: (area == Area::Inbox).then(|| below.to_owned()),
    })
}

/// What has that name; no link is followed.
fn stat_at(folder: &Dir, name: &str) -> Result<Stat, Errno> {
    statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
}

fn only_plain_file(file: &File) -> Result<(), Refusal> {
    match FileType::from_raw_mode(fstat(file)?.st_mode) {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(Refusal::is_folder()),
        _ => Err(Refusal::missing()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::{Jail, WriteMode};
    use crate::sftp::limits::Limits;
    use crate::sftp::requests::refusal::Refusal;
    use crate::sftp::root::path::CanonicalPath;
    use crate::sftp::root::policy::Action;

    const NEW: WriteMode = WriteMode {
        read: false,
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
        let jail = Jail::open(dir.path(), &Limits::default()).unwrap();
        (dir, jail)
    }

    fn at(path: &str) -> CanonicalPath {
        CanonicalPath::parse(path).unwrap()
    }

    #[test]
    fn a_root_with_a_link_for_a_folder_is_not_opened() {
        let (dir, _) = root();
        fs::remove_dir(dir.path().join("outbox")).unwrap();
        assert!(Jail::open(dir.path(), &Limits::default()).is_err());
        symlink("inbox", dir.path().join("outbox")).unwrap();
        assert!(Jail::open(dir.path(), &Limits::default()).is_err());
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
    fn a_folder_served_whole_has_no_rules_but_its_edge() {
        let (dir, _) = root();
        symlink("/etc", dir.path().join("link")).unwrap();
        let jail = Jail::open_whole(dir.path(), &Limits::default()).unwrap();
        let allowed = |path: &str, action| jail.allowed(&at(path), action).is_ok();
        assert!(allowed("outbox/a", Action::Write));
        assert!(allowed("a/b/c/d/e/f/g/h/i/j", Action::MakeFolder));
        assert!(allowed("/", Action::List));
        assert!(!allowed("/..", Action::RenameFrom));
        let (place, file) = (at("outbox/../made"), at("../../outbox/a"));
        jail.make_folder(place.target_in_whole()).unwrap();
        drop(jail.open_write(file.target_in_whole(), NEW).unwrap());
        jail.rename(
            file.target_in_whole(),
            at("made/a").target_in_whole(),
            false,
        )
        .unwrap();
        assert!(dir.path().join("made/a").is_file());
        let beyond = at("link/passwd");
        assert!(jail.open_read(beyond.target_in_whole()).is_err());
        let names: Vec<_> = jail
            .list(at("/").target_in_whole())
            .unwrap()
            .map(|(name, _)| name)
            .collect();
        assert!(names.contains(&"made".to_owned()) && !names.contains(&"link".to_owned()));
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
