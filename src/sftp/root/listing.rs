//! What a party sees of files and folders.

use std::collections::VecDeque;

use cap_std::fs::{Metadata, MetadataExt, ReadDir};

/// A file or folder as the party sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// A folder, else a file.
    pub(crate) folder: bool,
    /// Bytes; 0 for a folder.
    pub(crate) size: u64,
    /// Last access, seconds since 1970.
    pub(crate) accessed: u32,
    /// Last change, seconds since 1970.
    pub(crate) modified: u32,
    /// Whether the party may change it, which decides the mode that is shown.
    pub(crate) writable: bool,
}

/// A folder being listed. Vanishing entries are passed over.
pub(crate) enum Listing {
    /// The root: known beforehand.
    Root(VecDeque<(String, Look)>),
    /// A folder on disk, read as the client asks for more.
    Folder {
        /// The rest of the entries.
        entries: ReadDir,
        /// Whether they may be changed.
        writable: bool,
    },
}

impl Iterator for Listing {
    type Item = (String, Look);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Root(entries) => entries.pop_front(),
            Self::Folder { entries, writable } => entries.by_ref().find_map(|entry| {
                let entry = entry.ok()?;
                // What cannot be addressed in UTF-8, or is neither file nor folder, is not shown.
                let name = entry.file_name().into_string().ok()?;
                let look = seen(&entry.metadata().ok()?, *writable)?;
                Some((name, look))
            }),
        }
    }
}

/// What the party sees of something; `None` for what is neither a file nor a folder.
pub(crate) fn seen(metadata: &Metadata, writable: bool) -> Option<Look> {
    let folder = metadata.is_dir();
    if !folder && !metadata.is_file() {
        return None;
    }
    let seconds = |seconds: i64| u32::try_from(seconds.max(0)).unwrap_or(u32::MAX);
    Some(Look {
        folder,
        size: if folder { 0 } else { metadata.len() },
        accessed: seconds(metadata.atime()),
        modified: seconds(metadata.mtime()),
        writable,
    })
}
