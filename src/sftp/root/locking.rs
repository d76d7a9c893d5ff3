//! The lock that keeps a file from being claimed while a client writes it, renames it or removes it.

use std::fs::{File, TryLockError};
use std::io;
use std::thread;
use std::time::Duration;

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{AtFlags, OFlags, fstat, statat};

use crate::sftp::off_the_loop::off_the_loop;
use crate::sftp::requests::refusal::Refusal;

/// How often, and with what pause between, a file is tried to be locked.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(1);

/// Links are not followed; a pipe that someone planted does not block the open.
pub(crate) const SAFE_FLAGS: i32 = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits() as i32;

/// Keeps a file from being claimed while its name changes or goes. `None` for a folder, or where there is nothing.
///
/// # Errors
/// The file is being claimed.
pub(crate) fn guard(folder: &Dir, name: &str) -> Result<Option<File>, Refusal> {
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
    lock(&file)?;
    if still_named(folder, name, &file) {
        Ok(Some(file))
    } else {
        Err(Refusal::taken_in())
    }
}

/// Takes the shared lock. A scan that looks whether anybody writes holds the exclusive one for an instant, which must
/// not cost a client its upload; a claim holds it until the file has gone from the inbox.
///
/// # Errors
/// The file is being claimed.
pub(crate) fn lock(file: &File) -> Result<(), Refusal> {
    match file.try_lock_shared() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => off_the_loop(|| lock_soon(file)),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn lock_soon(file: &File) -> Result<(), Refusal> {
    for _ in 1..TRIES {
        thread::sleep(PAUSE);
        match file.try_lock_shared() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(Refusal::taken_in())
}

/// Whether the name still leads to the very file that was opened.
pub(crate) fn still_named(folder: &Dir, name: &str, file: &File) -> bool {
    let opened = fstat(file);
    let named = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    matches!((opened, named), (Ok(a), Ok(b)) if (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use cap_std::ambient_authority;
    use cap_std::fs::Dir;
    use tempfile::TempDir;

    use super::{guard, still_named};
    use crate::sftp::requests::refusal::Refusal;

    #[test]
    fn only_the_file_that_still_has_the_name_may_be_written() {
        let dir = TempDir::new().unwrap();
        let folder = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
        let path = dir.path().join("f");
        let opened = File::create(&path).unwrap();
        assert!(still_named(&folder, "f", &opened));
        fs::rename(&path, dir.path().join("staged")).unwrap();
        assert!(!still_named(&folder, "f", &opened), "renamed away");
        File::create(&path).unwrap();
        assert!(!still_named(&folder, "f", &opened), "another file");
    }

    #[test]
    fn a_name_is_kept_while_it_changes_unless_its_file_is_being_claimed() {
        let dir = TempDir::new().unwrap();
        let folder = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        let claim = File::create(dir.path().join("f")).unwrap();
        assert!(guard(&folder, "folder").unwrap().is_none());
        assert!(guard(&folder, "nothing").unwrap().is_none());
        let held = guard(&folder, "f").unwrap().unwrap();
        assert!(claim.try_lock().is_err());
        drop(held);
        claim.try_lock().unwrap();
        assert_eq!(guard(&folder, "f").unwrap_err(), Refusal::taken_in());
    }
}
