//! What lies in the inboxes: complete deliveries, and what others still lack.
//!
//! Scanning is the truth; events only wake it. Nothing is moved here. A delivery is complete when its manifest, its
//! signature and every data file it lists are there, nobody has one of them open for writing, and the digests match.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::config::{DEEPEST_FOLDER, MOST_ENTRIES};
use crate::delivery::{DeliveryId, Manifest, checksums, manifest};
use crate::digest::{Hasher, Sha256Digest};
use crate::fault::Fault;
use crate::layout::Layout;
use crate::rejection::Code;
use crate::trust::sshsig;

use super::Context;
use super::board::{Inbox, Seen, Standing};
use super::looked::Looked;
use super::plaintext::{UNFINISHED, is_plain_table};

/// What ends every SSHSIG file: a signature without it is still being written.
const SIGNATURE_END: &str = "-----END SSH SIGNATURE-----";

/// A manifest and the files that belong to it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// SHA-256 of the manifest.
    pub id: DeliveryId,
    /// In whose inbox.
    pub party: PartyId,
    /// Manifest name without `.sha256`.
    pub stem: String,
    /// Folder below the inbox; empty for the inbox itself.
    pub folder: String,
    /// Files of it that are there: manifest, signature, data files.
    pub files: Vec<String>,
    /// What it lacks to be complete: a file, or a right digest.
    pub lacks: Option<Code>,
    /// Datasets and sequences by the data files' names: deliveries are taken in this order.
    pub order: Vec<(String, u32)>,
}

impl Candidate {
    /// Where its files lie below the inbox.
    pub fn places(&self) -> impl Iterator<Item = String> {
        self.files.iter().map(|file| join(&self.folder, file))
    }
}

/// Something that does not make a delivery yet.
#[derive(Debug, Clone)]
pub struct Incomplete {
    /// Whose.
    pub party: PartyId,
    /// Path below the inbox of the manifest or the lonely file.
    pub place: String,
    /// What is wrong, as the code it would be rejected with.
    pub code: Code,
    /// Names that are missing or do not match; only names that follow the naming rule.
    pub names: Vec<String>,
    /// Changes when the sender goes on.
    pub fingerprint: Sha256Digest,
    /// With a manifest: what would be claimed and rejected when it stays so.
    pub candidate: Option<Candidate>,
    /// Whether it is what a broken upload leaves behind, which is removed when it has rested long enough.
    pub left_over: bool,
}

impl Incomplete {
    /// What a manifest waits for; its signature before all.
    fn standing(&self) -> Standing {
        let unsigned = self.names.iter().any(|name| name.ends_with(".sig"));
        match self.code {
            Code::ChecksumMismatch => Standing::Mismatch,
            Code::Incomplete if !unsigned => Standing::NoData,
            // A manifest that cannot be read waits for nothing else either.
            _ => Standing::NoSignature,
        }
    }
}

/// What one look at an inbox found.
#[derive(Debug, Default)]
pub struct Found {
    /// Ready to be claimed, in the order to take them.
    pub complete: Vec<Candidate>,
    /// Not ready.
    pub incomplete: Vec<Incomplete>,
    /// Where each file stands.
    pub inbox: Inbox,
    /// Entries looked at.
    looked_at: u64,
}

impl Found {
    /// Whether the inbox holds more than is looked at.
    pub fn is_overfull(&self) -> bool {
        self.looked_at > MOST_ENTRIES
    }

    fn see(&mut self, place: &str, standing: Standing, leads: bool) {
        self.inbox
            .insert(place.to_owned(), Seen { standing, leads });
    }

    /// All files of a manifest stand where it does.
    fn see_all(&mut self, candidate: &Candidate, standing: Standing) {
        for place in candidate.places() {
            self.see(&place, standing, place.ends_with(".sha256"));
        }
    }
}

/// Looks through one party's inbox.
pub fn scan(cx: &Context, party: &PartyId) -> Result<Found, Fault> {
    let eyes = Eyes {
        layout: cx.layout,
        looked: cx.looked,
        now: (cx.clock)(),
        care: Care::Thorough,
    };
    let mut found = Found::default();
    look(&eyes, party, "", 0, &mut found)?;
    found.complete.sort_by(|a, b| a.order.cmp(&b.order));
    Ok(found)
}

/// Looks where the files of one party's inbox stand, without reading any data file: only what was read before tells
/// whether one matches its manifest. `locks` finds out who is being written; only the process that moves deliveries may,
/// since for an instant it looks like a claim.
pub fn glance(
    layout: &Layout,
    looked: &Looked,
    now: Timestamp,
    party: &PartyId,
    locks: bool,
) -> Result<Inbox, Fault> {
    let eyes = Eyes {
        layout,
        looked,
        now,
        care: Care::Glance { locks },
    };
    let mut found = Found::default();
    look(&eyes, party, "", 0, &mut found)?;
    Ok(found.inbox)
}

/// Looks at inboxes.
struct Eyes<'a> {
    layout: &'a Layout,
    looked: &'a Looked,
    now: Timestamp,
    care: Care,
}

/// How closely one looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// What is complete is so, byte by byte.
    Thorough,
    /// Names and sizes.
    Glance { locks: bool },
}

impl Eyes<'_> {
    /// Opens a plain file that nobody is writing. The lock is given back at once: looking must not keep its owner from
    /// resuming the upload, and claiming takes the lock for itself.
    fn peek(&self, path: &Path) -> Option<File> {
        if self.care == (Care::Glance { locks: false }) {
            return open_plain(path);
        }
        let file = open_unwritten(path)?;
        file.unlock().ok()?;
        Some(file)
    }
}

/// One folder: its plain files grouped by manifest, then its folders.
fn look(
    eyes: &Eyes,
    party: &PartyId,
    folder: &str,
    depth: usize,
    found: &mut Found,
) -> Result<(), Fault> {
    let inbox = eyes.layout.inbox(party);
    let here = inbox.join(folder);
    let entries = match fs::read_dir(&here) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Fault::io("list the inbox", &inbox)(e)),
    };
    let mut files = BTreeMap::new();
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Fault::io("list the inbox", &inbox))?;
        found.looked_at += 1;
        if found.is_overfull() {
            break;
        }
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        // A file may vanish while we look: its owner removed it.
        let Ok(meta) = entry.path().symlink_metadata() else {
            continue;
        };
        if meta.is_dir() {
            folders.push(name);
        } else if !is_temporary(&name) || is_plain_table(&name) {
            files.insert(name, meta);
        } else if meta.is_file() {
            let lonely = lonely(party, folder, &name, &meta, Code::LeftOver);
            found.see(&lonely.place, Standing::Uploading, true);
            found.incomplete.push(lonely);
        }
    }
    group(eyes, party, folder, &files, found);
    if depth < DEEPEST_FOLDER {
        for name in folders {
            let below = match folder {
                "" => name,
                above => format!("{above}/{name}"),
            };
            look(eyes, party, &below, depth + 1, found)?;
        }
    }
    Ok(())
}

/// Names that clients give to files they are still writing.
fn is_temporary(name: &str) -> bool {
    name.starts_with('.') || UNFINISHED.iter().any(|ending| name.ends_with(ending))
}

/// Sorts the plain files of one folder into deliveries and left-overs.
fn group(
    eyes: &Eyes,
    party: &PartyId,
    folder: &str,
    files: &BTreeMap<String, fs::Metadata>,
    found: &mut Found,
) {
    let here = eyes.layout.inbox(party).join(folder);
    let mut spoken_for = BTreeSet::new();
    for (name, meta) in files {
        // A link or a pipe of that name is no manifest; it is told below.
        let Some(stem) = name.strip_suffix(".sha256").filter(|_| meta.is_file()) else {
            continue;
        };
        spoken_for.insert(name.clone());
        spoken_for.insert(format!("{name}.sig"));
        let looked = Look {
            eyes,
            party,
            here: here.clone(),
            folder,
            files,
            stem,
        };
        match looked.at_manifest(name, &mut spoken_for) {
            Some(Ok(candidate)) => {
                found.see_all(&candidate, Standing::Queued);
                found.complete.push(candidate);
            }
            Some(Err(incomplete)) => {
                if let Some(candidate) = &incomplete.candidate {
                    found.see_all(candidate, incomplete.standing());
                }
                found.incomplete.push(*incomplete);
            }
            None => found.see(&join(folder, name), Standing::Uploading, true),
        }
    }
    for (name, meta) in files {
        if !spoken_for.contains(name) {
            let code = match meta.is_file() {
                true if is_plain_table(name) => Code::NotEncrypted,
                true => Code::Incomplete,
                false => Code::NotAFile,
            };
            let lonely = lonely(party, folder, name, meta, code);
            let written = code == Code::Incomplete && eyes.peek(&here.join(name)).is_none();
            let standing = match written {
                true => Standing::Uploading,
                false => Standing::NoManifest,
            };
            found.see(&lonely.place, standing, true);
            found.incomplete.push(lonely);
        }
    }
}

/// A file that belongs to no manifest.
fn lonely(
    party: &PartyId,
    folder: &str,
    name: &str,
    meta: &fs::Metadata,
    code: Code,
) -> Incomplete {
    let is_empty = code == Code::Incomplete && meta.len() == 0;
    Incomplete {
        party: party.clone(),
        place: join(folder, name),
        code,
        names: vec![],
        fingerprint: fingerprint(name, meta),
        candidate: None,
        left_over: is_empty || code == Code::LeftOver,
    }
}

/// Changes when another file has the name, or its writer goes on.
pub fn fingerprint(name: &str, meta: &fs::Metadata) -> Sha256Digest {
    Sha256Digest::of(format!("{name} {} {}", meta.len(), meta.ino()).as_bytes())
}

/// One manifest in its folder.
struct Look<'a> {
    eyes: &'a Eyes<'a>,
    party: &'a PartyId,
    here: PathBuf,
    folder: &'a str,
    files: &'a BTreeMap<String, fs::Metadata>,
    stem: &'a str,
}

impl Look<'_> {
    /// `None` while somebody is writing or the files change under our eyes: the next event comes.
    fn at_manifest(
        &self,
        name: &str,
        spoken_for: &mut BTreeSet<String>,
    ) -> Option<Result<Candidate, Box<Incomplete>>> {
        let raw = self.read(name, manifest::LARGEST as u64 + 1)?;
        let signature_name = format!("{name}.sig");
        let signature = self.read(&signature_name, sshsig::LARGEST as u64);
        let signed = signature.is_some_and(|signature| is_whole_signature(&signature));
        let mut candidate = Candidate {
            id: DeliveryId::of_manifest(&raw),
            party: self.party.clone(),
            stem: self.stem.to_owned(),
            folder: self.folder.to_owned(),
            files: vec![name.to_owned()],
            lacks: None,
            order: vec![],
        };
        if self.is_file(&signature_name) {
            candidate.files.push(signature_name);
        }
        let parsed = match Manifest::parse(&raw) {
            Ok(parsed) => parsed,
            Err(rejection) => {
                // Its files go with it, as far as it names any.
                for line in checksums::read(&raw).unwrap_or_default() {
                    if self.files.get(line.name).is_some_and(fs::Metadata::is_file)
                        && !is_plain_table(line.name)
                        && spoken_for.insert(line.name.to_owned())
                    {
                        candidate.files.push(line.name.to_owned());
                    }
                }
                // The verdict is verify's; with a whole signature nothing more will come.
                if signed {
                    return Some(Ok(candidate));
                }
                let lacking = self.incomplete(candidate, rejection.code, vec![]);
                return Some(Err(Box::new(lacking)));
            }
        };
        let mut missing = Vec::new();
        if !signed {
            missing.push(format!("{name}.sig"));
        }
        for entry in parsed.entries() {
            let data = entry.name.as_str();
            spoken_for.insert(data.to_owned());
            candidate
                .order
                .push((entry.name.dataset.to_string(), entry.name.sequence));
            match self.files.get(data) {
                Some(meta) if meta.is_file() => candidate.files.push(data.to_owned()),
                _ => missing.push(data.to_owned()),
            }
        }
        let lacks =
            |candidate, code, names| Some(Err(Box::new(self.incomplete(candidate, code, names))));
        if !missing.is_empty() {
            return lacks(candidate, Code::Incomplete, missing);
        }
        // Last, because it costs most.
        let mut differing = Vec::new();
        for entry in parsed.entries() {
            if !self.matches(entry.name.as_str(), entry.digest)? {
                differing.push(entry.name.to_string());
            }
        }
        if !differing.is_empty() {
            return lacks(candidate, Code::ChecksumMismatch, differing);
        }
        Some(Ok(candidate))
    }

    fn incomplete(&self, mut candidate: Candidate, code: Code, names: Vec<String>) -> Incomplete {
        candidate.lacks = Some(code);
        let mut hasher = Hasher::default();
        hasher.update(code.as_str().as_bytes());
        for file in &candidate.files {
            let size = self.files.get(file).map_or(0, fs::Metadata::len);
            hasher.update(format!("\n{file} {size}").as_bytes());
        }
        Incomplete {
            party: self.party.clone(),
            place: join(self.folder, &format!("{}.sha256", self.stem)),
            code,
            names,
            fingerprint: hasher.finish(),
            candidate: Some(candidate),
            left_over: false,
        }
    }

    /// Whether a plain file of this name is there: no link, pipe or folder.
    fn is_file(&self, name: &str) -> bool {
        self.files.get(name).is_some_and(fs::Metadata::is_file)
    }

    /// The first `most` bytes of a plain file that nobody is writing.
    fn read(&self, name: &str, most: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = self.eyes.peek(&self.here.join(name))?;
        file.take(most).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Whether a plain file that nobody is writing has this digest, as far as one looks.
    fn matches(&self, name: &str, digest: Sha256Digest) -> Option<bool> {
        let file = self.eyes.peek(&self.here.join(name))?;
        let found = match self.eyes.care {
            Care::Thorough => Some(self.eyes.looked.digest(file, self.eyes.now)?),
            Care::Glance { .. } => self.eyes.looked.known(&file),
        };
        Some(found.is_none_or(|found| found == digest))
    }
}

/// Opens a plain file, never through a link, under an exclusive lock: whoever writes it holds a shared one, and as long
/// as the returned file lives nobody begins to. `None` if it is not so now.
pub fn open_unwritten(path: &Path) -> Option<File> {
    open_plain(path).filter(|file| file.try_lock().is_ok())
}

/// Opens a plain file, never through a link.
pub fn open_plain(path: &Path) -> Option<File> {
    let named = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    let file = File::open(path).ok()?;
    let opened = file.metadata().ok()?;
    let same = (named.dev(), named.ino()) == (opened.dev(), opened.ino());
    same.then_some(file)
}

/// Whether these are the bytes of a signature file that was written to its end.
pub fn is_whole_signature(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.trim_end().ends_with(SIGNATURE_END)
}

/// The last part of a place below an inbox.
pub fn file_name(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}

fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_plain_table, is_temporary};

    /// What is a table in the clear goes from the inbox, whatever stands around its name; what is encrypted stays.
    #[test]
    fn a_table_is_known_by_its_name_whatever_stands_around_it() {
        for (name, plain, temporary) in [
            ("x.csv", true, false),
            ("X.CSV", true, false),
            ("x.csv.gz", true, false),
            ("x.csv.zst.filepart", true, true),
            ("x.csv.filepart", true, true),
            (".hidden.csv", true, true),
            (".x.csv.swp", true, true),
            ("x.xlsx", true, false),
            ("x.csv~", true, false),
            ("x.csv.age", false, false),
            ("x.csv.age.filepart", false, true),
            ("x.csv.age.1f2e3d4c.partial", false, true),
            (".x.csv.age.part", false, true),
            ("x.csv.gz.age", false, false),
            ("x.sha256", false, false),
            ("x.sha256.sig", false, false),
            ("csv", false, false),
        ] {
            assert_eq!(is_plain_table(name), plain, "{name}: a table");
            assert_eq!(is_temporary(name), temporary, "{name}: temporary");
        }
    }
}
