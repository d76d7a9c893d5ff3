//! The early word: what can be said of a delivery while its sender is still connected.
//!
//! The same checks as the pipeline's own, on what lies in the inbox. Nothing is claimed, written or decrypted: the delivery
//! is taken and answered as ever, and its receipt says the same. So nothing is said that could still come out otherwise.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

use crate::agreement::PartyId;
use crate::delivery::{DeliveryId, Manifest, checksums, manifest};
use crate::fault::Fault;
use crate::ledger::{Delivery, State};
use crate::rejection::{Code, Rejection};
use crate::trust::sshsig;

use super::claim::check_file;
use super::job::Job;
use super::scan::{Candidate, file_name, is_whole_signature, open_plain, open_unwritten};
use super::take::{Standing, standing};
use super::verify::quick;
use super::{Desk, Stop};

const MANIFEST: &str = ".sha256";
const SIGNATURE: &str = ".sha256.sig";
const DATA: &str = ".age";
/// Manifests of one folder that are looked through for the one that lists a data file.
const MOST_MANIFESTS: usize = 64;

/// Why a delivery that is just arriving will be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    rejection: Rejection,
    /// Whether the pipeline takes it now, to refuse it; else it waits for the rest.
    pub taken: bool,
}

impl Refused {
    /// The code of the receipt that follows.
    pub fn code(&self) -> Code {
        self.rejection.code
    }

    /// One line for the client's dialog: code, Indonesian, English, where the rest stands.
    pub fn sentence(&self) -> String {
        let text = self.rejection.code.text();
        let line = self.rejection.place.line;
        let line = line.map_or_else(String::new, |line| format!(" (baris / line {line})"));
        format!(
            "{}{line}: {} / {} -> receipts/",
            self.rejection.code, text.id.what, text.en.what
        )
    }
}

/// Whether a file of this name could complete a delivery.
pub fn cares(place: &str) -> bool {
    [MANIFEST, SIGNATURE, DATA]
        .iter()
        .any(|ending| place.ends_with(ending))
}

/// What is wrong with the delivery that the file at `place`, a path below the inbox, belongs to, if that is certain by
/// now. Its content lies at `lies_at`: the same path, or the one from which it is about to be renamed.
pub fn early_word(
    desk: &Desk,
    party: &PartyId,
    place: &str,
    lies_at: &str,
) -> Result<Option<Refused>, Fault> {
    let inbox = desk.layout.inbox(party);
    let name = file_name(place);
    let folder = place.strip_suffix(name).unwrap_or_default();
    let arriving = Arriving {
        desk,
        party,
        folder: folder.trim_end_matches('/'),
        here: inbox.join(folder),
        name,
        lies_at: inbox.join(lies_at),
    };
    for stem in arriving.stems() {
        if let Some(refused) = arriving.judge(&stem)? {
            return Ok(Some(refused));
        }
    }
    Ok(None)
}

/// Whether a lonely signature is the one that a closed delivery of the same name came with, byte by byte: a client that
/// was told of the refusal sends its last file again. It is kept already.
pub fn is_kept_signature(desk: &Desk, party: &PartyId, place: &str) -> Result<bool, Fault> {
    let Some(stem) = file_name(place).strip_suffix(SIGNATURE) else {
        return Ok(false);
    };
    let path = desk.layout.inbox(party).join(place);
    let signature = read(open_unwritten(&path), sshsig::LARGEST);
    // What is longer was not read to its end.
    let Some(signature) = signature.filter(|bytes| bytes.len() <= sshsig::LARGEST) else {
        return Ok(false);
    };
    let known = came_with(desk, party, stem, &signature)?;
    Ok(known.is_some_and(|(known, _)| matches!(known.state, State::Answered | State::Rejected)))
}

/// A file that is there in an instant.
struct Arriving<'a> {
    desk: &'a Desk<'a>,
    party: &'a PartyId,
    folder: &'a str,
    here: PathBuf,
    name: &'a str,
    lies_at: PathBuf,
}

impl Arriving<'_> {
    /// Of the manifests that it may belong to.
    fn stems(&self) -> Vec<String> {
        for ending in [SIGNATURE, MANIFEST] {
            if let Some(stem) = self.name.strip_suffix(ending) {
                return vec![stem.to_owned()];
            }
        }
        // Nobody's delivery waits for the folder to be read: what vanishes or cannot be read has no word.
        let entries = fs::read_dir(&self.here).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let stems = names.filter_map(|name| name.strip_suffix(MANIFEST).map(str::to_owned));
        stems
            .take(MOST_MANIFESTS)
            .filter(|stem| self.lists(stem))
            .collect()
    }

    /// Whether that manifest lists the file.
    fn lists(&self, stem: &str) -> bool {
        let raw = self.read(&format!("{stem}{MANIFEST}"), manifest::LARGEST);
        let raw = raw.unwrap_or_default();
        let lines = checksums::read(&raw).unwrap_or_default();
        lines.iter().any(|line| line.name == self.name)
    }

    fn judge(&self, stem: &str) -> Result<Option<Refused>, Fault> {
        let manifest = format!("{stem}{MANIFEST}");
        let signature_name = format!("{stem}{SIGNATURE}");
        let signature = self.read(&signature_name, sshsig::LARGEST);
        let Some(signature) = signature.filter(|bytes| is_whole_signature(bytes)) else {
            return Ok(None);
        };
        let Some(raw) = self.read(&manifest, manifest::LARGEST) else {
            // It may just be written by another session: then that one's client hears of it.
            let gone = !self.here.join(&manifest).exists() && self.name == signature_name;
            return if gone {
                self.again(stem, &signature)
            } else {
                Ok(None)
            };
        };
        let listed = Manifest::parse(&raw).map(|manifest| {
            let entries = manifest.entries().iter();
            entries.map(|entry| entry.name.to_string()).collect()
        });
        // Nothing more is awaited for a manifest that cannot be read.
        let listed: Vec<String> = listed.unwrap_or_default();
        let mut files = vec![manifest, signature_name];
        files.extend(listed.iter().filter(|name| self.is_there(name)).cloned());
        let complete = files.len() == listed.len() + 2;
        let candidate = Candidate {
            id: DeliveryId::of_manifest(&raw),
            party: self.party.clone(),
            stem: stem.to_owned(),
            folder: self.folder.to_owned(),
            files,
            lacks: None,
            order: vec![],
        };
        let rejection = match standing(self.desk.ledger, &candidate)? {
            Standing::New => {
                let job = Job::arriving(&candidate, &self.here, self.desk.now);
                self.check(&job, &raw, &signature)?
            }
            Standing::Foreign => Some(Rejection::new(Code::NameNotSender)),
            Standing::Answered(_) => None,
            Standing::UnderWay => return self.again(stem, &signature),
        };
        Ok(certain(rejection, complete))
    }

    /// As `claim` and `verify` do it.
    fn check(&self, job: &Job, raw: &[u8], signature: &[u8]) -> Result<Option<Rejection>, Fault> {
        for name in &job.files {
            if let Ok(meta) = self.path(name).symlink_metadata()
                && let Err(rejection) = check_file(self.desk.config, &meta)
            {
                return Ok(Some(rejection));
            }
        }
        rejected(quick(self.desk, job, raw, signature))
    }

    /// The signature of a delivery that has just been taken comes once more: the answer is the same.
    fn again(&self, stem: &str, signature: &[u8]) -> Result<Option<Refused>, Fault> {
        let Some((known, kept)) = came_with(self.desk, self.party, stem, signature)? else {
            return Ok(None);
        };
        match (known.state, known.code) {
            (State::Rejected, Some(code)) => Ok(Some(Refused {
                rejection: code.into(),
                taken: true,
            })),
            (State::Claiming | State::Open, _) => {
                let manifest = open_plain(&kept.join(format!("{stem}{MANIFEST}")));
                let Some(raw) = read(manifest, manifest::LARGEST) else {
                    return Ok(None);
                };
                let job = Job::of_kept(&known, &kept);
                let rejection = rejected(quick(self.desk, &job, &raw, signature))?;
                Ok(certain(rejection, true))
            }
            _ => Ok(None),
        }
    }

    fn is_there(&self, name: &str) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    /// Where a file of the folder lies now.
    fn path(&self, name: &str) -> PathBuf {
        if name == self.name {
            self.lies_at.clone()
        } else {
            self.here.join(name)
        }
    }

    /// One byte more than `most` at most, so that what is too long shows. The file that arrives is still held by its
    /// writer; any other counts only if nobody writes it.
    fn read(&self, name: &str, most: usize) -> Option<Vec<u8>> {
        let path = self.path(name);
        let file = if name == self.name {
            open_plain(&path)
        } else {
            open_unwritten(&path)
        };
        read(file, most)
    }
}

/// What the pipeline cannot see otherwise any more. A delta's base may be under way. A signature that does not fit the
/// manifest may be waiting for another one, as long as the sender is not done.
fn certain(rejection: Option<Rejection>, complete: bool) -> Option<Refused> {
    let rejection = rejection.filter(|rejection| match rejection.code {
        Code::DeltaWithoutBase => false,
        Code::SignatureBad => complete,
        _ => true,
    });
    rejection.map(|rejection| Refused {
        rejection,
        taken: complete,
    })
}

/// The newest delivery of that name, if it came with this very signature, and where it lies.
fn came_with(
    desk: &Desk,
    party: &PartyId,
    stem: &str,
    signature: &[u8],
) -> Result<Option<(Delivery, PathBuf)>, Fault> {
    let found = desk.ledger.find(stem)?;
    let own = |known: &Delivery| known.party == *party && known.stem == stem;
    let Some(known) = found.into_iter().find(own) else {
        return Ok(None);
    };
    let archived = desk.layout.archived(party, known.received, &known.id);
    let kept = [desk.layout.staged(&known.id), archived]
        .into_iter()
        .find(|kept| {
            let file = open_plain(&kept.join(format!("{stem}{SIGNATURE}")));
            read(file, sshsig::LARGEST).is_some_and(|bytes| bytes == signature)
        });
    Ok(kept.map(|kept| (known, kept)))
}

fn rejected(outcome: Result<(), Stop>) -> Result<Option<Rejection>, Fault> {
    match outcome {
        Ok(()) => Ok(None),
        Err(Stop::Rejected(rejection)) => Ok(Some(rejection)),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

fn read(file: Option<File>, most: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    file?.take(most as u64 + 1).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
