//! Decrypts one verified file.

use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::rejection::Code;
use crate::trust::envelope::{Damaged, OpenError, open};

use super::super::Trouble;
use super::super::whole_file::{CopyError, WholeFile, copy};
use super::{Checked, Opening, told};

/// What a person is told was being done.
const READING: &str = "read the downloaded file";

/// A verified file as it is decrypted.
pub(super) struct Stream {
    name: String,
    plaintext: Box<dyn Read>,
}

impl Stream {
    /// Opens the file up to its first byte of plaintext.
    pub fn begin(
        sealed: Checked,
        opening: &Opening<'_>,
    ) -> Result<(Self, indicatif::ProgressBar), Trouble> {
        let path = Path::new(&sealed.name);
        let length = sealed
            .file
            .metadata()
            .map_err(Fault::io(READING, path))?
            .len();
        let bar = (opening.bar)(&format!("opening {}", sealed.name), length);
        let plaintext =
            open(bar.wrap_read(sealed.file), opening.identities).map_err(|e| match e {
                OpenError::Rejected(code) => told(code, path),
                OpenError::Fault(fault) => fault.into(),
            })?;
        let stream = Self {
            name: sealed.name,
            plaintext: Box::new(plaintext),
        };
        Ok((stream, bar))
    }

    /// Its name without `.age`.
    pub fn name(&self) -> &str {
        self.name.strip_suffix(super::SEALED).unwrap_or(&self.name)
    }

    /// What an error of reading means.
    pub fn trouble(&self, error: io::Error) -> Trouble {
        let path = Path::new(&self.name);
        if Damaged::caused(&error) {
            told(Code::DecryptDamaged, path)
        } else {
            Fault::io(READING, path)(error).into()
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.plaintext.read(buffer)
    }
}

/// Decrypts under a temporary name; only its owner can read the plaintext.
pub(super) fn to_file(
    sealed: Checked,
    target: PathBuf,
    opening: &Opening<'_>,
) -> Result<WholeFile, Trouble> {
    let (mut stream, bar) = Stream::begin(sealed, opening)?;
    let file = WholeFile::create(target, 0o600)?;
    let mut writer = file.writer();
    copy(&mut stream, &mut writer).map_err(|e| match e {
        CopyError::Read(e) => stream.trouble(e),
        CopyError::Write(e) => Fault::io("write", file.target())(e).into(),
    })?;
    writer.flush().map_err(Fault::io("write", file.target()))?;
    drop(writer);
    bar.finish_and_clear();
    Ok(file)
}
