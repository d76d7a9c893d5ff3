//! One encrypted file of a response: encrypted as it is written, with both digests.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::delivery::Sha256Digest;
use crate::digest::{Digesting, Hasher};
use crate::fault::Fault;
use crate::files;
use crate::trust::envelope::{self, Recipients, Sealed};

/// An age file being written.
pub struct SealedFile {
    sealed: Sealed<Digesting<BufWriter<File>>>,
    plaintext: Hasher,
}

/// What was written.
#[derive(Debug, Clone, Copy)]
pub struct Digests {
    /// SHA-256 before encryption: the same for the same inputs.
    pub plaintext: Sha256Digest,
    /// SHA-256 of the file.
    pub ciphertext: Sha256Digest,
}

impl SealedFile {
    /// Begins a file in a private folder.
    pub fn create(path: &Path, reader: &Recipients) -> Result<Self, Fault> {
        let output = BufWriter::with_capacity(256 << 10, files::create(path)?);
        Ok(Self {
            sealed: envelope::seal(Digesting::new(output), reader)?,
            plaintext: Hasher::default(),
        })
    }

    /// Ends the file and makes it durable.
    pub fn finish(self, path: &Path) -> Result<Digests, Fault> {
        let (mut output, ciphertext) = self.sealed.finish()?.finish();
        output
            .flush()
            .and_then(|()| output.get_ref().sync_all())
            .map_err(Fault::io("write a response", path))?;
        Ok(Digests {
            plaintext: self.plaintext.finish(),
            ciphertext,
        })
    }
}

impl Write for SealedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.sealed.write(bytes)?;
        self.plaintext.update(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sealed.flush()
    }
}
