//! A checked delivery gets its manifest, its signature and its folder, all of it or nothing.

use std::fs;

use crate::delivery::{DataFileName, DeliveryId, Sha256Digest, checksums};
use crate::fault::Fault;
use crate::files;
use crate::party::sent::{Record, SealedFile, Sent, State};
use crate::trust::signing::Signer;

use super::super::Failure;
use super::{ready, told};
use crate::party::whole_file::{WholeFile, require_absent};

/// A data file whose rows are in order.
pub struct SealedPart {
    /// As it will be sent.
    pub name: DataFileName,
    /// SHA-256 of the text that was checked.
    pub plaintext: Sha256Digest,
    /// The encrypted file under its temporary name, and the digest of its ciphertext; `None` after a check alone.
    pub sealed: Option<(WholeFile, Sha256Digest)>,
}

/// Puts a delivery into the folder `sent`. The same data, once sealed, is not sealed under a second number: then what
/// lies there is returned.
pub fn publish(
    sent: &Sent,
    key: &Signer,
    namespace: &str,
    parts: Vec<SealedPart>,
) -> Result<Record, Failure> {
    let contents: Vec<_> = parts
        .iter()
        .map(|part| (part.name.clone(), part.plaintext))
        .collect();
    if let Some(record) = sent.same_content(&contents)? {
        told::sealed_before(&record);
        return Ok(record);
    }
    let Some((first, _)) = contents.first() else {
        return Err(Failure::Usage("name at least one data file".to_owned()));
    };
    let stem = ready::stem(first).to_owned();
    let folder = sent.delivery(&stem);
    files::create_dir(&folder)?;
    let published = write_all(&folder, &stem, key, namespace, parts);
    if published.is_err() {
        // Only if nothing came into it; the failure itself is what counts.
        let _ = fs::remove_dir(&folder);
    }
    let record = Record {
        delivery: published?,
        state: State::Sealed,
        files: contents
            .into_iter()
            .map(|(name, plaintext)| SealedFile {
                name: name.to_string(),
                plaintext,
            })
            .collect(),
        stem,
    };
    sent.save(&record)?;
    Ok(record)
}

fn write_all(
    folder: &std::path::Path,
    stem: &str,
    key: &Signer,
    namespace: &str,
    parts: Vec<SealedPart>,
) -> Result<DeliveryId, Failure> {
    let manifest = folder.join(format!("{stem}.sha256"));
    let signature = folder.join(format!("{stem}.sha256.sig"));
    let targets: Vec<_> = parts
        .iter()
        .map(|part| folder.join(part.name.as_str()))
        .collect();
    require_absent(targets.iter().chain([&manifest, &signature]))?;
    let mut whole = Vec::new();
    let mut digests = Vec::new();
    for (part, target) in parts.into_iter().zip(targets) {
        let (file, digest) = part
            .sealed
            .ok_or_else(|| Fault::Inconsistent("a file was checked and not sealed".to_owned()))?;
        whole.push(file.rename(target));
        digests.push((digest, part.name));
    }
    let sums = checksums::write(
        digests
            .iter()
            .map(|(digest, name)| (*digest, name.as_str())),
    );
    let armored = key.sign(namespace, sums.as_bytes()).map_err(told::usage)?;
    for (target, text) in [(manifest, &sums), (signature, &armored)] {
        let file = WholeFile::create(target, 0o644)?;
        file.write_all(text.as_bytes())?;
        whole.push(file);
    }
    for file in whole {
        file.publish()?;
    }
    Ok(DeliveryId::of_manifest(sums.as_bytes()))
}
