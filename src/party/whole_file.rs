//! Files that appear whole or not at all, written beside a person's own files.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};
use zeroize::Zeroizing;

use crate::fault::Fault;

use super::Trouble;

/// A file under a temporary name in its folder. Dropped before [`WholeFile::publish`] it is gone.
pub struct WholeFile {
    temporary: NamedTempFile,
    target: PathBuf,
}

impl WholeFile {
    /// Begins a file in the folder of `target`. `mode` is narrowed by the process's umask.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn create(target: PathBuf, mode: u32) -> Result<Self, Fault> {
        let folder = folder_of(&target);
        let temporary = Builder::new()
            .prefix(".padan-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)
            .map_err(Fault::io("write into", folder))?;
        Ok(Self { temporary, target })
    }

    /// Where the bytes go, through a buffer.
    pub fn writer(&self) -> BufWriter<&File> {
        BufWriter::with_capacity(256 << 10, self.temporary.as_file())
    }

    /// The same, for a writer that goes its own way.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn owned_writer(&self) -> Result<BufWriter<File>, Fault> {
        let file = self.temporary.as_file().try_clone();
        let file = file.map_err(Fault::io("write", &self.target))?;
        Ok(BufWriter::with_capacity(256 << 10, file))
    }

    /// Writes all there is to write at once.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn write_all(&self, bytes: &[u8]) -> Result<(), Fault> {
        self.temporary
            .as_file()
            .write_all(bytes)
            .map_err(Fault::io("write", &self.target))
    }

    /// The name it will have.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The same file, to appear under another name.
    #[must_use]
    pub fn rename(mut self, target: PathBuf) -> Self {
        self.target = target;
        self
    }

    /// Gives the file its name and makes it durable; never replaces another. Returns the name.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn publish(self) -> Result<PathBuf, Fault> {
        let doing = "write";
        self.temporary
            .as_file()
            .sync_all()
            .map_err(Fault::io(doing, &self.target))?;
        self.temporary
            .persist_noclobber(&self.target)
            .map_err(|e| Fault::io(doing, &self.target)(e.error))?;
        let folder = folder_of(&self.target);
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(Fault::io("sync", folder))?;
        Ok(self.target)
    }
}

/// Refuses if any of the files is already there.
///
/// # Errors
/// [`Trouble::Usage`] with their names.
pub fn require_absent<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Trouble> {
    let there: Vec<_> = files
        .into_iter()
        .filter(|path| fs::symlink_metadata(path).is_ok())
        .map(|path| path.display().to_string())
        .collect();
    if there.is_empty() {
        return Ok(());
    }
    Err(Trouble::Usage(format!(
        "already there: {}; move it away or write elsewhere with --out",
        there.join(", ")
    )))
}

/// Which side of a copy failed.
pub enum CopyError {
    /// The source.
    Read(io::Error),
    /// The target.
    Write(io::Error),
}

/// Copies to the end through a buffer that is wiped; returns the number of bytes.
///
/// # Errors
/// The side that failed, with the system's answer.
pub fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<u64, CopyError> {
    let mut buffer = Zeroizing::new(vec![0; 256 << 10]);
    let mut total = 0;
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(CopyError::Read(e)),
        };
        to.write_all(buffer.get(..n).unwrap_or_default())
            .map_err(CopyError::Write)?;
        total += n as u64;
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
