//! A notice of the service's new keys, taken into a party's own files: verified first, shown, then written.

mod order;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use russh::keys::{HashAlg, PublicKey};
use serde::Deserialize;

use crate::agreement::PartyId;
use crate::delivery::INSTANT;
use crate::delivery::notice::FORMAT;
use crate::fault::Fault;
use crate::files;
use crate::rejection::Code;
use crate::trust::allowed_signers::AllowedSigners;
use crate::trust::envelope::Recipients;
use crate::trust::key_file::generations::with_ending;
use crate::trust::key_file::read_public;
use crate::trust::life::recipient_fingerprint;
use crate::trust::sshsig;

use super::Trouble;
use super::open::{SERVICE, read_small};
use super::profile::Profile;

use order::Order;

/// Largest notice, in bytes; one with a post-quantum recipient has 10 KiB.
const LARGEST: usize = 1 << 20;

/// Why a notice is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Its signature does not prove that it is the service's.
    #[error("{0}: {what}\n{remedy}", what = .0.text().en.what, remedy = .0.text().en.remedy)]
    Signature(Code),
    /// It is no notice of new keys for this party, or does not fit the party's files.
    #[error("{0}")]
    Notice(String),
    /// A file of the party.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The notice's own files.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// A file of the party as it will be.
#[derive(Debug)]
pub struct Change {
    /// The file.
    pub file: PathBuf,
    /// What comes in, as fingerprints to be compared on the telephone.
    pub fingerprints: Vec<String>,
    text: String,
}

#[derive(Deserialize)]
struct Document {
    format: String,
    code: String,
    party: PartyId,
    issued: String,
    details: Details,
}

#[derive(Deserialize)]
struct Details {
    old: Vec<Listed>,
    new: Vec<Listed>,
    padan_signers: Vec<String>,
    padan_recipients: Vec<String>,
    padan_recipients_pq: Vec<String>,
    host_keys: Vec<String>,
}

#[derive(Deserialize)]
struct Listed {
    public: String,
}

/// Verifies the notice whose `.json` lies at `path`, with its signature beside it, against the signers that the party
/// knows, and says what it would change. An empty answer: all of it is in the files already.
pub fn read(profile: &Profile, path: &Path, now: Timestamp) -> Result<Vec<Change>, Refused> {
    let json = read_small(path, LARGEST)?;
    let armored = read_small(&with_ending(path, ".sig"), sshsig::LARGEST)?;
    let service: PartyId = SERVICE
        .parse()
        .map_err(|_| Refused::Notice("the service has no name".to_owned()))?;
    let signers = AllowedSigners::load(&profile.signers)?;
    sshsig::verify(
        &[(&service, &signers)],
        None,
        &service,
        &profile.namespace,
        now,
        &json,
        &armored,
    )
    .map_err(Refused::Signature)?;
    let notice: Document = serde_json::from_slice(&json)
        .ok()
        .filter(|one: &Document| one.format == FORMAT && one.code == Code::KeyRotation.as_str())
        .ok_or_else(|| {
            Refused::Notice(format!(
                "{} is no notice of new keys; name the .json of a KEY_ROTATION",
                path.display()
            ))
        })?;
    if notice.party != profile.party {
        return Err(Refused::Notice(format!(
            "the notice is for {}, and this is {}'s profile",
            notice.party, profile.party
        )));
    }
    let details = &notice.details;
    let issued = Timestamp::strptime(INSTANT, &notice.issued).map_err(|_| {
        Refused::Notice("the notice does not say when it was issued; ask the operator".to_owned())
    })?;
    let mut changes = Vec::new();
    if !details.padan_signers.is_empty() {
        changes.extend(change(&profile.signers, details, issued, signers_file)?);
    }
    if !details.padan_recipients.is_empty() || !details.padan_recipients_pq.is_empty() {
        changes.extend(change(
            &profile.recipients,
            details,
            issued,
            recipients_file,
        )?);
    }
    if !details.host_keys.is_empty() {
        let server = profile.server.as_ref().ok_or_else(|| {
            Refused::Notice(format!(
                "{} names no server with a known_hosts; tell the program with which you upload the new host key",
                profile.file.display()
            ))
        })?;
        changes.extend(change(&server.known_hosts, details, issued, known_hosts)?);
    }
    Ok(changes)
}

/// Writes the files, each whole.
pub fn install(changes: &[Change]) -> Result<(), Fault> {
    for change in changes {
        files::write_whole(&change.file, change.text.as_bytes())?;
        fs::set_permissions(&change.file, Permissions::from_mode(0o644))
            .map_err(Fault::io("make readable", &change.file))?;
    }
    Ok(())
}

/// A file of the party as it will be, and which of the notice's lines are new in it.
struct After<'a> {
    text: String,
    new: &'a [String],
}

/// What the notice changes in the file at `path`; `None` if the file has it already.
fn change(
    path: &Path,
    details: &Details,
    issued: Timestamp,
    apply: for<'a> fn(&Path, &str, &'a Details) -> Result<After<'a>, Refused>,
) -> Result<Option<Change>, Refused> {
    let marked = read_public(path)?;
    let before = order::unmarked(&marked);
    if order::order(path, &marked, details, issued)? == Order::Taken {
        return Ok(None);
    }
    let After { text, new } = apply(path, &before, details)?;
    if text == before {
        return Ok(None);
    }
    // The fingerprints are those of the lines themselves.
    let fingerprints = new
        .iter()
        .map(|line| fingerprint(line).ok_or_else(|| unfit(path, &"a line that holds no key")))
        .collect::<Result<_, _>>()?;
    Ok(Some(Change {
        file: path.to_path_buf(),
        fingerprints,
        text: order::marked(&text, issued),
    }))
}

/// Lines with the service's old and new keys go, the notice's come.
fn signers_file<'a>(path: &Path, old: &str, details: &'a Details) -> Result<After<'a>, Refused> {
    let new = &details.padan_signers;
    let text = kept(old, details) + &lines(new);
    AllowedSigners::parse(&text).map_err(|problem| unfit(path, &problem))?;
    Ok(After { text, new })
}

/// The new recipients of the kind that the file holds take its old ones' places.
fn recipients_file<'a>(path: &Path, old: &str, details: &'a Details) -> Result<After<'a>, Refused> {
    let postquantum = old.lines().any(|line| line.starts_with("age1pq1"));
    let new = match postquantum {
        true => &details.padan_recipients_pq,
        false => &details.padan_recipients,
    };
    if new.is_empty() {
        return Err(Refused::Notice(format!(
            "the notice has no recipient of the kind in {}; ask the operator for one",
            path.display()
        )));
    }
    let text = kept(old, details) + &lines(new);
    Recipients::parse(&text).map_err(|problem| unfit(path, &problem))?;
    Ok(After { text, new })
}

/// Beside each line with an old key one with the new key, for the same names.
fn known_hosts<'a>(_: &Path, old: &str, details: &'a Details) -> Result<After<'a>, Refused> {
    let mut text = String::new();
    for line in old.lines() {
        text.push_str(line);
        text.push('\n');
        let before = details
            .old
            .iter()
            .find_map(|key| line.split_once(&key.public));
        let Some((names, _)) = before.filter(|(names, _)| !names.starts_with('#')) else {
            continue;
        };
        for key in &details.host_keys {
            let new = format!("{names}{key}");
            if !old.lines().any(|line| line.starts_with(&new)) {
                text.push_str(&new);
                text.push('\n');
            }
        }
    }
    let new = &details.host_keys;
    Ok(After { text, new })
}

/// Lines that hold none of the keys in question, as comments and other keys.
fn kept(text: &str, details: &Details) -> String {
    let concerned = |line: &str| {
        let mut keys = details.old.iter().chain(&details.new);
        keys.any(|key| line.contains(&key.public))
    };
    let kept: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with('#') || !concerned(line))
        .map(str::to_owned)
        .collect();
    lines(&kept)
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn fingerprint(line: &str) -> Option<String> {
    if line.starts_with("age1") {
        return Some(recipient_fingerprint(line));
    }
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [.., kind, blob] = words.as_slice() else {
        return None;
    };
    let key = PublicKey::from_openssh(&format!("{kind} {blob}")).ok()?;
    Some(key.fingerprint(HashAlg::Sha256).to_string())
}

fn unfit(path: &Path, problem: &dyn std::fmt::Display) -> Refused {
    Refused::Notice(format!(
        "{} would not be usable with what the notice says ({problem}); ask the operator",
        path.display()
    ))
}
