//! A signed paper of the service about us: a receipt or a notice, and the rows that a receipt may have with it.

use std::path::Path;

use serde::Deserialize;

use crate::delivery::DeliveryId;
use crate::digest::Sha256Digest;
use crate::rejection::Code;

use super::super::Trouble;
use super::bundle::{prove, read_signed, require_digest, service};
use super::{Checked, Kind, Listed, Trust, Verified, told};

/// Largest paper, in bytes.
pub const LARGEST: usize = 1 << 20;
/// Endings of a paper's files, after its name.
const ENDINGS: [&str; 5] = [".rows.csv.age", ".rows.csv", ".json.sig", ".json", ".txt"];

/// What of a receipt or a notice matters to the one who keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Paper {
    /// `padan-receipt-…` or `padan-notice-…`.
    pub format: String,
    /// What its files are called, without their endings.
    pub name: String,
    /// Whom it is for.
    pub party: String,
    /// The delivery that it is about; a notice, and a receipt of what makes no delivery, have none.
    pub delivery: Option<DeliveryId>,
    /// `DITERIMA`, `DITOLAK` or `MENUNGGU`; a notice has none.
    pub verdict: Option<String>,
    /// Why it was refused, or what it waits for.
    pub problem: Option<Problem>,
    /// The encrypted list of rows beside it.
    pub rows_file: Option<String>,
    /// SHA-256 of that list, as it is encrypted.
    pub rows_file_sha256: Option<Sha256Digest>,
    /// SHA-256 of the page for a person.
    pub text_sha256: Option<Sha256Digest>,
}

/// Verdict of an accepted delivery.
pub const ACCEPTED: &str = "DITERIMA";
/// Verdict of a refused one.
pub const REFUSED: &str = "DITOLAK";
/// Verdict of one that waits; the service itself replaces or removes that paper.
pub const WAITING: &str = "MENUNGGU";

/// The reason.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// Its stable code.
    pub code: String,
}

impl Paper {
    /// Reads a paper whose signature by the service is proven.
    ///
    /// # Errors
    /// The code of what is wrong.
    pub fn read(raw: &[u8], armored: &[u8], trust: &Trust<'_>) -> Result<Self, Code> {
        let paper = Self::parse(raw).ok_or(Code::ManifestFormat)?;
        prove(&service()?, raw, armored, trust)?;
        Ok(paper)
    }

    /// The list of rows that lies beside the paper `name`, if there is one whose digest was signed.
    pub fn rows(&self, name: &str) -> Option<Listed> {
        let file = self.rows_file.as_ref()?;
        Some(Listed {
            digest: self.rows_file_sha256?,
            name: (*file == format!("{name}.rows.csv.age")).then(|| file.clone())?,
        })
    }

    /// What stands in a document, whoever wrote it: nothing of it is to be believed.
    pub fn parse(raw: &[u8]) -> Option<Self> {
        let paper: Self = serde_json::from_slice(raw).ok()?;
        let ours = ["padan-receipt-", "padan-notice-"];
        let known = ours.iter().any(|format| paper.format.starts_with(format));
        (known && raw.len() <= LARGEST).then_some(paper)
    }
}

/// The name of the paper to which a file belongs: its document lies beside it.
pub(super) fn stem<'n>(folder: &Path, file: &'n str) -> Option<&'n str> {
    let stem = ENDINGS
        .iter()
        .find_map(|ending| file.strip_suffix(ending))?;
    folder.join(format!("{stem}.json")).exists().then_some(stem)
}

/// The receipt `stem` and its rows, if it has any.
pub(super) fn verified(folder: &Path, stem: &str, trust: &Trust<'_>) -> Result<Verified, Trouble> {
    let path = folder.join(format!("{stem}.json"));
    let signer = |raw: &[u8]| {
        Paper::parse(raw)
            .ok_or(Code::ManifestFormat)
            .and_then(|_| service())
    };
    let raw = read_signed(&path, LARGEST, signer, trust)?;
    let paper = Paper::parse(&raw).ok_or_else(|| told(Code::ManifestFormat, &path))?;
    let mut files = Vec::new();
    if paper.rows_file.is_some() {
        let listed = paper.rows(&paper.name).ok_or_else(|| {
            Trouble::Refused(format!(
                "{}: it was written before receipts named the digest of their rows, so these cannot be verified; \
                 `age -d` opens them unverified",
                path.display()
            ))
        })?;
        let name = format!("{stem}.rows.csv.age");
        let file = require_digest(&folder.join(&name), &listed.digest)?;
        files.push(Checked { name, file });
    }
    Ok(Verified {
        kind: Kind::Receipt,
        folder: folder.to_path_buf(),
        name: format!("{stem}.rows"),
        answer: None,
        signer: service().map_err(|code| told(code, &path))?,
        files,
    })
}
