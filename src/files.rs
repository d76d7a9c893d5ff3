//! Files appear whole: temporary name, sync, rename, sync the folder.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::fault::Fault;

/// Creates a folder and those above it, readable by the service alone, each durable in the one above.
pub fn create_dir(path: &Path) -> Result<(), Fault> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        create_dir(above)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists || !path.is_dir() => {
            return Err(Fault::io("create the folder", path)(e));
        }
        _ => {}
    }
    sync_dir(above.unwrap_or(Path::new(".")))
}

/// Makes renames and new names in a folder durable.
pub fn sync_dir(path: &Path) -> Result<(), Fault> {
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .map_err(Fault::io("sync the folder", path))
}

/// Creates a file for writing, readable by the service alone; an earlier one is replaced.
pub fn create(path: &Path) -> Result<File, Fault> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(Fault::io("create the file", path))
}

/// Writes a small file so that it is there whole or not at all. The temporary name begins with a dot.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let temporary = temporary_name(path);
    let mut file = create(&temporary)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(Fault::io("write the file", &temporary))?;
    rename(&temporary, path)
}

/// Replaces a small file in one step that need not last, if it is another: it is made anew whenever it is missing or torn.
pub fn replace_loosely(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let temporary = temporary_name(path);
    if fs::read(path).is_ok_and(|old| old == bytes) {
        // A killed process may have left what it was about to say.
        return remove_file(&temporary);
    }
    let mut file = create(&temporary)?;
    file.write_all(bytes)
        .map_err(Fault::io("write the file", &temporary))?;
    fs::rename(&temporary, path).map_err(Fault::io("put in place", path))
}

/// Writes a small file into a folder that nobody looks into yet; [`sync_dir`] of the folder makes it durable.
pub fn write_ahead(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let mut file = create(path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(Fault::io("write the file", path))
}

/// Copies a file so that the copy is there whole or not at all.
pub fn copy_whole(from: &Path, to: &Path) -> Result<(), Fault> {
    let temporary = temporary_name(to);
    let mut target = create(&temporary)?;
    File::open(from)
        .and_then(|mut source| io::copy(&mut source, &mut target))
        .and_then(|_| target.sync_all())
        .map_err(Fault::io("copy the file", from))?;
    rename(&temporary, to)
}

/// Renames within one file system and makes it durable in both folders.
pub fn rename(from: &Path, to: &Path) -> Result<(), Fault> {
    fs::rename(from, to).map_err(Fault::io("put in place", to))?;
    let (target, source) = (folder_of(to), folder_of(from));
    // The new name first: lost in between, a file has two names and not none.
    sync_dir(target)?;
    if source == target {
        return Ok(());
    }
    sync_dir(source)
}

/// A path of one word lies in the working folder.
fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new("."))
}

/// Whether a file got its new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It has.
    Yes,
    /// It is not there any more, or the name is taken.
    No,
}

/// Renames within one file system, never over another file. Sync the folders when all that belongs together is moved.
pub fn move_new(from: &Path, to: &Path) -> Result<Moved, Fault> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(Moved::Yes),
        Err(Errno::NOENT | Errno::EXIST) => Ok(Moved::No),
        Err(errno) => Err(Fault::io("move a file into", to.parent().unwrap_or(to))(
            errno.into(),
        )),
    }
}

/// Removes a file; one that is not there is no error.
pub fn remove_file(path: &Path) -> Result<(), Fault> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Fault::io(
            "remove a file from",
            path.parent().unwrap_or(path),
        )(e)),
        _ => Ok(()),
    }
}

/// Removes a folder and all in it; one that is not there is no error.
pub fn remove_dir(path: &Path) -> Result<(), Fault> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            Err(Fault::io("remove the folder", path)(e))
        }
        _ => Ok(()),
    }
}

/// Names and paths in a folder of our own, in order; none if it is not there.
pub fn list(folder: &Path) -> Result<Vec<(String, PathBuf)>, Fault> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        Err(e) => return Err(Fault::io("list", folder)(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Fault::io("list", folder))?;
        if let Ok(name) = entry.file_name().into_string() {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// The name under which a file is written before it appears.
fn temporary_name(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}
