//! Plaintext on its way to the disk: compressed, encrypted, and summed as ciphertext.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use flate2::write::GzEncoder;

use crate::delivery::{Compression, Sha256Digest};
use crate::digest::Digesting;
use crate::fault::Fault;
use crate::trust::envelope::{Recipients, Sealed, seal};

use crate::party::whole_file::WholeFile;

type Envelope = Sealed<Digesting<BufWriter<File>>>;

/// Writes one data file. Dropped before [`Sealer::finish`] the file is cut off and must not be used.
pub enum Sealer {
    /// As it comes.
    Plain(Envelope),
    /// gzip.
    Gzip(GzEncoder<Envelope>),
    /// zstd.
    Zstd(zstd::Encoder<'static, Envelope>),
}

impl Sealer {
    /// Begins a file that is encrypted to `recipients`.
    pub fn begin(
        file: &WholeFile,
        compression: Compression,
        recipients: &Recipients,
    ) -> Result<Self, Fault> {
        let envelope = seal(Digesting::new(file.owned_writer()?), recipients)?;
        Ok(match compression {
            Compression::None => Self::Plain(envelope),
            Compression::Gzip => {
                Self::Gzip(GzEncoder::new(envelope, flate2::Compression::default()))
            }
            Compression::Zstd => {
                let failed = Fault::io("compress into", file.target());
                let mut encoder = zstd::Encoder::new(envelope, 0).map_err(failed)?;
                // Damage is then called by its name.
                let failed = Fault::io("compress into", file.target());
                encoder.include_checksum(true).map_err(failed)?;
                Self::Zstd(encoder)
            }
        })
    }

    /// Ends the file; returns the digest of its ciphertext.
    pub fn finish(self, file: &WholeFile) -> Result<Sha256Digest, Fault> {
        let failed = || Fault::io("write", file.target());
        let envelope = match self {
            Self::Plain(envelope) => envelope,
            Self::Gzip(encoder) => encoder.finish().map_err(failed())?,
            Self::Zstd(encoder) => encoder.finish().map_err(failed())?,
        };
        let (mut writer, digest) = envelope.finish()?.finish();
        writer.flush().map_err(failed())?;
        Ok(digest)
    }
}

impl Write for Sealer {
    fn write(&mut self, plaintext: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(envelope) => envelope.write(plaintext),
            Self::Gzip(encoder) => encoder.write(plaintext),
            Self::Zstd(encoder) => encoder.write(plaintext),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(envelope) => envelope.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}
