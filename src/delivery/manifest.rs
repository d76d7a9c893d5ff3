//! The manifest: the output of `sha256sum`, and nothing that is not.

use std::str;

use crate::rejection::{Code, Rejection};

use super::digest::Sha256Digest;
use super::name::DataFileName;

/// Largest manifest, in bytes.
pub const LARGEST: usize = 8 << 10;
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
    /// Reads the raw bytes. `sha256sum -c` also takes `../`, duplicates and comments, so it is no model.
    ///
    /// Refuses with `MANIFEST_FORMAT` or `NAME_FORMAT`, with the line.
    pub fn parse(raw: &[u8]) -> Result<Self, Rejection> {
        let format = |line: usize| Rejection::new(Code::ManifestFormat).at_line(line as u64);
        if raw.len() > LARGEST {
            return Err(Code::ManifestFormat.into());
        }
        let text = str::from_utf8(raw).map_err(|_| Rejection::from(Code::ManifestFormat))?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let mut entries: Vec<Entry> = Vec::new();
        for (index, line) in text.split('\n').enumerate() {
            let number = index + 1;
            let entry = read_line(line, number)?;
            let doubled = entries
                .iter()
                .any(|e| e.name.as_str() == entry.name.as_str());
            if doubled || number > MOST_FILES {
                return Err(format(number));
            }
            entries.push(entry);
        }
        Ok(Self { entries })
    }

    /// The lines in order; never empty.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// 64 hexadecimal digits, two spaces or a space and an asterisk, a data file name.
fn read_line(line: &str, number: usize) -> Result<Entry, Rejection> {
    let format = || Rejection::new(Code::ManifestFormat).at_line(number as u64);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let (digest, rest) = line.split_at_checked(64).ok_or_else(format)?;
    let digest = digest.parse().map_err(|_| format())?;
    let name = rest
        .strip_prefix("  ")
        .or_else(|| rest.strip_prefix(" *"))
        .ok_or_else(format)?;
    if name.contains(['/', '\\']) {
        return Err(format());
    }
    let name = name
        .parse()
        .map_err(|_| Rejection::new(Code::NameFormat).at_line(number as u64))?;
    Ok(Entry { digest, name })
}
