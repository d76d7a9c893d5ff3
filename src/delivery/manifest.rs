//! The manifest: the output of `sha256sum` over the data files, and nothing that is not.

use crate::rejection::{Code, Rejection};

use super::checksums::{self, BadLine, Line};
use super::name::DataFileName;
use crate::digest::Sha256Digest;

/// Largest manifest, in bytes.
pub const LARGEST: usize = checksums::LARGEST;
/// Most data files in one delivery.
pub const MOST_FILES: usize = 16;

/// The data files of one delivery and their digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    entries: Vec<Entry>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// SHA-256 of the file as it was sent (ciphertext).
    pub digest: Sha256Digest,
    /// The file's name.
    pub name: DataFileName,
}

impl Manifest {
    /// Reads the raw bytes.
    ///
    /// Refuses with `MANIFEST_FORMAT` or `NAME_FORMAT`, with the line.
    pub fn parse(raw: &[u8]) -> Result<Self, Rejection> {
        let lines = checksums::read(raw).map_err(|BadLine { number }| match number {
            Some(number) => at(Code::ManifestFormat, number),
            None => Code::ManifestFormat.into(),
        })?;
        if lines.len() > MOST_FILES {
            return Err(at(Code::ManifestFormat, MOST_FILES + 1));
        }
        let entries = lines
            .into_iter()
            .map(read_entry)
            .collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    /// The lines in order; never empty.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

fn read_entry(line: Line<'_>) -> Result<Entry, Rejection> {
    let name = line
        .name
        .parse()
        .map_err(|_| at(Code::NameFormat, line.number))?;
    Ok(Entry {
        digest: line.digest,
        name,
    })
}

fn at(code: Code, line: usize) -> Rejection {
    Rejection::new(code).at_line(line as u64)
}
