//! What a party sees of files and folders.

use std::collections::VecDeque;

use rustix::fs::{AtFlags, Dir, FileType, Stat, statat};

use crate::sftp::attendant::OWNER;

/// A file or folder as the party sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// A folder, else a file.
    pub(crate) folder: bool,
    /// Bytes; 0 for a folder.
    pub(crate) size: u64,
    /// Last access, seconds since 1970: until 2106, as far as version 3 of the protocol goes.
    pub(crate) accessed: u32,
    /// Last change, in the same way.
    pub(crate) modified: u32,
    /// Whether the party may change it, which decides the mode that is shown.
    pub(crate) writable: bool,
    /// How it stands, shown as its group: 0 where nobody knows.
    pub(crate) group: u32,
}

/// A folder being listed. Vanishing entries are passed over.
pub(crate) enum Listing {
    /// The root: known beforehand.
    Root(VecDeque<(String, Look)>),
    /// A folder on disk, read as the client asks for more.
    Folder {
        /// The rest of the entries.
        entries: Dir,
        /// Whether they may be changed.
        writable: bool,
        /// The folder's own path below the inbox, if it is there.
        below_inbox: Option<String>,
    },
}

impl Listing {
    /// The folder's path below the inbox, with a slash behind it unless it is the inbox; `None` where it is elsewhere.
    pub(crate) fn below_inbox(&self) -> Option<String> {
        let Self::Folder { below_inbox, .. } = self else {
            return None;
        };
        below_inbox.clone()
    }
}

impl Iterator for Listing {
    type Item = (String, Look);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Root(entries) => entries.pop_front(),
            Self::Folder {
                entries, writable, ..
            } => loop {
                if let Some(entry) = next_of(entries, *writable)? {
                    return Some(entry);
                }
            },
        }
    }
}

/// The next entry on disk; `Some(None)` for one that is not shown.
fn next_of(entries: &mut Dir, writable: bool) -> Option<Option<(String, Look)>> {
    // A folder that cannot be read further ends here.
    let entry = entries.read()?.ok()?;
    let name = entry.file_name();
    if matches!(name.to_bytes(), b"." | b"..") {
        return Some(None);
    }
    // What cannot be addressed in UTF-8, or is neither file nor folder, is not shown.
    let shown = name.to_str().ok().and_then(|text| {
        let stat = statat(entries.fd().ok()?, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some((text.to_owned(), seen(&stat, writable)?))
    });
    Some(shown)
}

/// What the party sees of something; `None` for what is neither a file nor a folder.
pub(crate) fn seen(stat: &Stat, writable: bool) -> Option<Look> {
    let folder = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => true,
        FileType::RegularFile => false,
        _ => return None,
    };
    Some(Look {
        folder,
        size: if folder { 0 } else { stat.st_size as u64 },
        accessed: seconds(stat.st_atime),
        modified: seconds(stat.st_mtime),
        writable,
        group: OWNER,
    })
}

/// Seconds as the protocol has them; what is before or after its time becomes its first or last.
fn seconds(since_1970: i64) -> u32 {
    u32::try_from(since_1970.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_those_of_the_protocol() {
        assert_eq!(seconds(0), 0);
        assert_eq!(seconds(-1), 0);
        assert_eq!(seconds(2_208_988_800), 2_208_988_800, "in 2040");
        assert_eq!(seconds(i64::MAX), u32::MAX);
    }
}
