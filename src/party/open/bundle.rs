//! A folder and the signed list of its files: a response, or a delivery.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::agreement::PartyId;
use crate::delivery::{Manifest, Sha256Digest, checksums};
use crate::fault::Fault;
use crate::rejection::Code;
use crate::trust::sshsig;

use super::super::Trouble;
use super::summary::{self, Answer};
use super::{Checked, Kind, Trust, Verified, told};

/// The list of a response folder; its signature has `.sig` behind.
pub const SUMS: &str = "SHA256SUMS";
/// Who signs responses, receipts and notices.
pub const SERVICE: &str = "padan";

/// One file of a signed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// SHA-256 of the file.
    pub digest: Sha256Digest,
    /// Its plain name: letters, digits, `.`, `_` and `-`, and no dot first.
    pub name: String,
}

/// A list as it was read: who ought to have signed it, and its files.
struct Listing {
    signer: PartyId,
    files: Vec<Listed>,
}

/// The files of a `SHA256SUMS` whose signature by the service is proven.
///
/// # Errors
/// The code of what is wrong with the list or its signature.
pub fn read_sums(raw: &[u8], armored: &[u8], trust: &Trust<'_>) -> Result<Vec<Listed>, Code> {
    let listing = read_response(raw)?;
    prove(&listing.signer, raw, armored, trust)?;
    Ok(listing.files)
}

/// A response folder by its list.
pub(super) fn response(folder: &Path, list: &Path, trust: &Trust<'_>) -> Result<Verified, Trouble> {
    let listing = verified_list(list, trust, read_response)?;
    let answer = summary::of_folder(folder, &listing.files)?;
    let name = answer
        .as_ref()
        .map_or_else(|| folder_name(folder), Answer::name);
    require_all_listed(folder, &listing.files, &name)?;
    let verified = check(Kind::Response, folder, name, listing)?;
    Ok(Verified { answer, ..verified })
}

/// A delivery by its manifest.
pub(super) fn delivery(folder: &Path, list: &Path, trust: &Trust<'_>) -> Result<Verified, Trouble> {
    let listing = verified_list(list, trust, read_delivery)?;
    let name = list.file_stem().unwrap_or_default();
    check(
        Kind::Delivery,
        folder,
        name.to_string_lossy().into_owned(),
        listing,
    )
}

fn check(kind: Kind, folder: &Path, name: String, listing: Listing) -> Result<Verified, Trouble> {
    let files = listing
        .files
        .into_iter()
        .map(|listed| {
            let file = require_digest(&folder.join(&listed.name), &listed.digest)?;
            Ok(Checked {
                name: listed.name,
                file,
            })
        })
        .collect::<Result<_, Trouble>>()?;
    Ok(Verified {
        kind,
        folder: folder.to_path_buf(),
        name,
        answer: None,
        signer: listing.signer,
        files,
    })
}

/// Opens a listed file once and for all, so that what is decrypted is what was summed. Stands at its beginning.
///
/// # Errors
/// [`Trouble::Refused`] if it is not there, not a file, or another than was listed.
pub fn require_digest(path: &Path, digest: &Sha256Digest) -> Result<File, Trouble> {
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_file()) {
        return Err(Trouble::Refused(format!(
            "{} is listed but missing; download it again",
            path.display()
        )));
    }
    let doing = "read the downloaded file";
    let mut file = File::open(path).map_err(Fault::io(doing, path))?;
    let found = Sha256Digest::of_stream(&file).map_err(Fault::io(doing, path))?;
    if found != *digest {
        return Err(told(Code::ChecksumMismatch, path));
    }
    file.seek(SeekFrom::Start(0))
        .map_err(Fault::io(doing, path))?;
    Ok(file)
}

/// The raw bytes of a document and of its signature, once that is proven.
pub(super) fn read_signed(
    path: &Path,
    most: usize,
    signer: impl FnOnce(&[u8]) -> Result<PartyId, Code>,
    trust: &Trust<'_>,
) -> Result<Vec<u8>, Trouble> {
    let raw = read_small(path, most)?;
    let armored = read_small(&signature_of(path), sshsig::LARGEST)?;
    signer(&raw)
        .and_then(|signer| prove(&signer, &raw, &armored, trust))
        .map_err(|code| told(code, path))?;
    Ok(raw)
}

/// That `signer` signed these bytes.
pub(super) fn prove(
    signer: &PartyId,
    raw: &[u8],
    armored: &[u8],
    trust: &Trust<'_>,
) -> Result<(), Code> {
    let parties = [(signer, trust.signers)];
    sshsig::verify(
        &parties,
        trust.revoked,
        signer,
        trust.namespace,
        trust.at,
        raw,
        armored,
    )
    .map(|_| ())
}

/// The service's own name as a signer.
pub(super) fn service() -> Result<PartyId, Code> {
    SERVICE.parse().map_err(|_| Code::SignerUnknown)
}

fn verified_list(
    list: &Path,
    trust: &Trust<'_>,
    read: fn(&[u8]) -> Result<Listing, Code>,
) -> Result<Listing, Trouble> {
    let signer = |raw: &[u8]| read(raw).map(|listing| listing.signer);
    let raw = read_signed(list, checksums::LARGEST, signer, trust)?;
    read(&raw).map_err(|code| told(code, list))
}

/// `SHA256SUMS` of a response.
fn read_response(raw: &[u8]) -> Result<Listing, Code> {
    let files = checksums::read(raw)
        .map_err(|_| Code::ManifestFormat)?
        .into_iter()
        .map(|line| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            let plain = line.name.bytes().all(allowed) && !line.name.starts_with('.');
            plain.then(|| Listed {
                digest: line.digest,
                name: line.name.to_owned(),
            })
        })
        .collect::<Option<_>>()
        .ok_or(Code::NameFormat)?;
    Ok(Listing {
        signer: service()?,
        files,
    })
}

/// The manifest of a delivery, all of one party.
fn read_delivery(raw: &[u8]) -> Result<Listing, Code> {
    let manifest = Manifest::parse(raw).map_err(|rejection| rejection.code)?;
    let entries = manifest.entries();
    let signer = entries
        .first()
        .map(|entry| entry.name.party.clone())
        .filter(|party| entries.iter().all(|entry| entry.name.party == *party))
        .ok_or(Code::NameNotSender)?;
    let files = entries
        .iter()
        .map(|entry| Listed {
            digest: entry.digest,
            name: entry.name.to_string(),
        })
        .collect();
    Ok(Listing { signer, files })
}

/// A response is what its list says: nothing more. What an earlier `open` wrote beside it is no part of it.
fn require_all_listed(folder: &Path, files: &[Listed], name: &str) -> Result<(), Trouble> {
    let doing = "list the response";
    let listed: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let workbook = format!("{name}.xlsx");
    for entry in fs::read_dir(folder).map_err(Fault::io(doing, folder))? {
        let name = entry.map_err(Fault::io(doing, folder))?.file_name();
        let known = name.to_str().is_some_and(|name| {
            listed.contains(name)
                || listed.contains(format!("{name}.age").as_str())
                || name == workbook
                || name == SUMS
                || name.strip_suffix(".sig") == Some(SUMS)
        });
        if !known {
            return Err(Trouble::Refused(format!(
                "{} is not in {SUMS}; download the folder again into an empty one",
                folder.join(name).display()
            )));
        }
    }
    Ok(())
}

/// A file of at most `most` bytes; a larger one comes back one byte too large, and is refused for it.
///
/// # Errors
/// [`Trouble::Usage`]: a person named the file.
pub fn read_small(path: &Path, most: usize) -> Result<Vec<u8>, Trouble> {
    // Looks before it opens: opening a named pipe would wait for a writer.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(Trouble::Usage(format!("{} is not a file", path.display())));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(most as u64 + 1).read_to_end(&mut bytes))
        .map_err(Fault::io("read", path))
        .map_err(Trouble::usage)?;
    Ok(bytes)
}

fn signature_of(path: &Path) -> PathBuf {
    let mut signature = OsString::from(path);
    signature.push(".sig");
    signature.into()
}

fn folder_name(folder: &Path) -> String {
    let whole = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    let name = whole.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
