//! Verify: signature, signer, manifest, names, digests, dataset, term and sequence. Nothing is decrypted before.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::delivery::manifest::{self, Entry};
use crate::delivery::{DeliveryId, Manifest, Mode, Sha256Digest};
use crate::fault::Fault;
use crate::ledger::{Event, Outcome, Part, Stage};
use crate::rejection::{Code, Rejection};
use crate::rows::admit;
use crate::trust::revoked::Revoked;
use crate::trust::sshsig::{self, SignedBy};

use super::claim::Claimed;
use super::job::{Job, Run};
use super::{Context, Desk, Stop};

/// Proof: the sender signed exactly these files for us, now, in this order, under the agreement.
#[derive(Debug)]
pub struct Verified {
    job: Job,
    entries: Vec<Entry>,
}

impl Verified {
    /// Hands on the delivery and its data files, in the manifest's order.
    pub fn into_parts(self) -> (Job, Vec<Entry>) {
        (self.job, self.entries)
    }
}

/// Checks everything that needs no decryption.
pub fn verify(cx: &Context, claimed: Claimed) -> Result<Verified, Stop> {
    let job = claimed.into_job();
    job.enter(cx, Stage::Verify);
    let raw = read(&job, ".sha256", manifest::LARGEST as u64 + 1)?
        .ok_or_else(|| Stop::from(Code::Incomplete))?;
    if DeliveryId::of_manifest(&raw) != job.id {
        let what = "the staged manifest is not the one that was claimed";
        return Err(Fault::Inconsistent(what.into()).into());
    }
    let signature = read(&job, ".sha256.sig", sshsig::LARGEST as u64 + 1)?
        .ok_or_else(|| Stop::from(Code::Incomplete))?;
    let desk = cx.desk();
    let Signed { entries, signer } = signed(&desk, &job, &raw, &signature)?;
    for entry in &entries {
        check_digest(&job.source, entry)?;
        check_sequence(&desk, &job, entry)?;
    }
    if job.run == Run::First {
        cx.ledger.set_parts(&job.id, &parts(&entries))?;
        cx.ledger.append(&Event {
            delivery: job.id,
            at: (cx.clock)(),
            stage: Stage::Verify,
            outcome: Outcome::Done,
            code: None,
            detail: Some(format!("signed with {signer}")),
        })?;
    }
    Ok(Verified { job, entries })
}

/// What a good signature over a good manifest says.
struct Signed {
    entries: Vec<Entry>,
    signer: SignedBy,
}

/// Every check of [`verify`] that reads no data file: all that an early word goes by.
pub fn quick(desk: &Desk, job: &Job, raw: &[u8], signature: &[u8]) -> Result<(), Stop> {
    let entries = signed(desk, job, raw, signature)?.entries;
    entries
        .iter()
        .try_for_each(|entry| check_sequence(desk, job, entry))
}

/// Signature, signer, manifest, names, dataset and term.
fn signed(desk: &Desk, job: &Job, raw: &[u8], signature: &[u8]) -> Result<Signed, Stop> {
    let signer = check_signature(desk, job, raw, signature)?;
    job.account.verified(&signer.fingerprint);
    let entries = Manifest::parse(raw)?.entries().to_vec();
    let mut datasets = BTreeSet::new();
    for entry in &entries {
        admit(
            &desk.config.agreement,
            &job.party,
            &entry.name,
            job.received,
            &desk.config.time_zone,
        )?;
        if !datasets.insert(entry.name.dataset.clone()) {
            return Err(Rejection::new(Code::DatasetDoubled)
                .in_file(&entry.name)
                .into());
        }
    }
    job.account.lists(&entries);
    Ok(Signed { entries, signer })
}

/// Over the raw bytes; the account must be the signer, else an outer signature could be stripped and replaced.
fn check_signature(desk: &Desk, job: &Job, raw: &[u8], signature: &[u8]) -> Result<SignedBy, Stop> {
    if raw.len() > manifest::LARGEST {
        return Err(Code::ManifestFormat.into());
    }
    let signers: Vec<_> = desk
        .config
        .agreement
        .parties
        .iter()
        .filter_map(|p| Some((&p.id, &desk.keys.party(&p.id)?.signers)))
        .collect();
    // Read each time: a key that is revoked now must not sign until somebody remembers to reload, and by a list that
    // cannot be read nothing is accepted.
    let revoked = desk.config.keys.revoked_keys.as_deref();
    let revoked = revoked.map(Revoked::load).transpose()?;
    sshsig::verify(
        &signers,
        revoked.as_ref(),
        &job.party,
        &desk.config.namespace,
        job.received,
        raw,
        signature,
    )
    .map_err(Stop::from)
}

fn check_digest(source: &Path, entry: &Entry) -> Result<(), Stop> {
    let path = source.join(entry.name.as_str());
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(Rejection::new(Code::Incomplete).in_file(&entry.name).into());
        }
        Err(e) => return Err(Fault::io("open a file of", source)(e).into()),
    };
    let digest = Sha256Digest::of_stream(file).map_err(Fault::io("read a file of", source))?;
    if digest == entry.digest {
        Ok(())
    } else {
        Err(Rejection::new(Code::ChecksumMismatch)
            .in_file(&entry.name)
            .into())
    }
}

/// Strictly increasing per party and dataset; gaps are reported in the receipt, not refused. A refusal names the newest
/// accepted file, whose number the next one must pass.
fn check_sequence(desk: &Desk, job: &Job, entry: &Entry) -> Result<(), Stop> {
    let name = &entry.name;
    let same = desk
        .ledger
        .answered_sequence(&job.party, &name.dataset, name.sequence)?;
    // Answered before and run again: what came later is not held against it.
    if same == Some(job.id) {
        return Ok(());
    }
    let newest = desk.ledger.current(&job.party, &name.dataset)?;
    let code = match &newest {
        _ if same.is_some() => Code::SequenceConflict,
        Some((_, newest)) if newest.sequence > name.sequence => Code::SequenceOld,
        None if name.mode == Mode::Delta => Code::DeltaWithoutBase,
        _ => return Ok(()),
    };
    let rejection = Rejection::new(code).in_file(name);
    Err(match newest {
        Some((_, newest)) => rejection.beside(newest.file),
        None => rejection,
    }
    .into())
}

fn parts(entries: &[Entry]) -> Vec<Part> {
    entries
        .iter()
        .map(|entry| Part {
            dataset: entry.name.dataset.clone(),
            mode: entry.name.mode,
            as_of: entry.name.as_of,
            sequence: entry.name.sequence,
            file: entry.name.to_string(),
            digest: entry.digest,
            outcome: None,
        })
        .collect()
}

/// The first `most` bytes of a staged file of this delivery, `None` if it never came.
fn read(job: &Job, ending: &str, most: u64) -> Result<Option<Vec<u8>>, Fault> {
    let path = job.source.join(format!("{}{ending}", job.stem));
    let mut bytes = Vec::new();
    match File::open(&path) {
        Ok(file) => {
            file.take(most)
                .read_to_end(&mut bytes)
                .map_err(Fault::io("read a file of", &job.source))?;
            Ok(Some(bytes))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Fault::io("open a file of", &job.source)(e)),
    }
}
