//! Files of one delivery in an inbox, held so that nobody writes, replaces or removes them unnoticed.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::delivery::{DeliveryId, manifest};
use crate::fault::Fault;
use crate::files::{self, Moved};

use super::scan::open_unwritten;

/// Open files under exclusive locks: whoever writes one holds a shared lock, and nobody begins to as long as this lives.
#[derive(Debug)]
pub struct Held {
    here: PathBuf,
    /// The manifest first.
    files: Vec<(String, File)>,
}

impl Held {
    /// Holds all of them, or none if one is not there, no plain file, or open for writing.
    pub fn of(here: &Path, names: &[String]) -> Option<Self> {
        let files = names
            .iter()
            .map(|name| Some((name.clone(), open_unwritten(&here.join(name))?)))
            .collect::<Option<_>>()?;
        Some(Self {
            here: here.to_path_buf(),
            files,
        })
    }

    /// The id of the delivery whose manifest is held. It may be another than was seen before the locks were taken.
    pub fn id(&self) -> Option<DeliveryId> {
        let (_, file) = self.files.first()?;
        let mut raw = vec![0; manifest::LARGEST + 1];
        let mut length = 0;
        while let Some(rest) = raw.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, length as u64).ok()? {
                0 => break,
                n => length += n,
            }
        }
        Some(DeliveryId::of_manifest(raw.get(..length)?))
    }

    /// Moves all of them into a folder, their bytes on the disk first, the manifest last. False if one of the names led
    /// to another file by then: what came with it must not be trusted.
    pub fn move_into(&self, target: &Path) -> Result<bool, Fault> {
        files::create_dir(target)?;
        let mut same = true;
        for (name, file) in self.files.iter().rev() {
            file.sync_all()
                .map_err(Fault::io("sync a file of", &self.here))?;
            let path = target.join(name);
            same &= files::move_new(&self.here.join(name), &path)? == Moved::Yes
                && is_same(file, &path);
            if !same {
                break;
            }
        }
        files::sync_dir(target)?;
        if self.here.is_dir() {
            files::sync_dir(&self.here)?;
        }
        Ok(same)
    }

    /// Removes them, the manifest last: as long as it is there, the rest can be told from lonely files.
    pub fn remove(self) -> Result<(), Fault> {
        for (name, file) in self.files.iter().rev() {
            let path = self.here.join(name);
            if is_same(file, &path) {
                fs::remove_file(&path).map_err(Fault::io("remove a file from", &self.here))?;
            }
        }
        Ok(())
    }
}

/// Whether the path still leads to the very file that was opened.
fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(opened), Ok(named)) => (opened.dev(), opened.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}
