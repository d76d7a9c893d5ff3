//! Folder handles: opened one name at a time, never through a link.

use std::io;
use std::ops::Deref;
use std::path::Path;

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{Dir as Entries, Mode, OFlags, openat};

/// A folder handle that is the area's own or was opened on the way.
pub(crate) enum Folder<'a> {
    /// The area's own.
    Top(&'a Dir),
    /// Opened on the way.
    Below(Dir),
}

impl Deref for Folder<'_> {
    type Target = Dir;

    fn deref(&self) -> &Dir {
        match self {
            Self::Top(dir) => dir,
            Self::Below(dir) => dir,
        }
    }
}

/// Opens a folder that is no link.
pub(crate) fn open_folder(parent: &Dir, name: impl AsRef<Path>) -> io::Result<Dir> {
    let mut options = OpenOptions::new();
    let flags = OFlags::NOFOLLOW.union(OFlags::DIRECTORY).bits();
    options.read(true).custom_flags(flags as i32);
    Ok(Dir::from_std_file(
        parent.open_with(name, &options)?.into_std(),
    ))
}

/// What lies in a folder, `.` and `..` included, read as it is asked for.
pub(crate) fn entries(folder: &Dir) -> io::Result<Entries> {
    // Opened anew: a handle may be good for walking on only, and its place in the listing is its own.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(Entries::new(openat(folder, ".", flags, Mode::empty())?)?)
}

/// Whether a folder, itself included, has at most `levels` levels of folders.
pub(crate) fn fits(folder: &Dir, levels: usize) -> io::Result<bool> {
    if levels == 0 {
        return Ok(false);
    }
    for entry in folder.entries()? {
        let entry = entry?;
        if entry.file_type()?.is_dir()
            && !fits(&open_folder(folder, entry.file_name())?, levels - 1)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}
