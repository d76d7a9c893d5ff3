//! Builds the receipt from what was found, and lays its files ready.

use std::fs;

use jiff::Timestamp;

use crate::agreement::{DatasetId, PartyId};
use crate::delivery::receipt::{FORMAT, FileReceipt, Problem, Receipt, Verdict};
use crate::delivery::{DeliveryId, Sha256Digest};
use crate::digest::Hasher;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Delivery, Part, Published, State};
use crate::rejection::{Code, Place, Rejection};
use crate::trust::sshsig::SigningKey;

use super::super::Context;
use super::super::ingest::ROWS_FILE;
use super::super::job::Job;
use super::super::reconcile::ReconciledPart;
use super::super::recorded::has_note;
use super::super::scan::{Incomplete, file_name};
use super::Prepared;
use super::folder::{concerns, folder_name};

/// Longest name of a receipt without its endings, in bytes.
const LONGEST_NAME: usize = 150;
/// The ending of notes about lonely files, before those of their documents.
const NOTE: &str = ".berkas";

/// The receipt of an answered delivery.
pub fn accepted(
    cx: &Context,
    job: &Job,
    parts: &[ReconciledPart],
    prepared: &mut Prepared,
) -> Result<(), Fault> {
    let mut receipt = blank(cx, job, Verdict::Diterima);
    for part in parts {
        receipt.files.push(file(cx, job, part)?);
    }
    lay_ready(cx, job, receipt, prepared)
}

/// The receipt of one that is turned away: beside the receipt of an accepted one of the same name.
pub fn turned_away(
    cx: &Context,
    job: &Job,
    rejection: &Rejection,
    prepared: &mut Prepared,
) -> Result<(), Fault> {
    let mut receipt = blank(cx, job, Verdict::Ditolak);
    receipt.name = beside_accepted(cx, &job.party, &job.stem, &job.id)?;
    receipt.problem = Some(Problem::new(rejection.code, rejection.place.clone()));
    lay_ready(cx, job, receipt, prepared)
}

/// The receipt of a refused one.
pub fn refused(
    cx: &Context,
    job: &Job,
    rejection: &Rejection,
    prepared: &mut Prepared,
) -> Result<(), Fault> {
    let mut receipt = blank(cx, job, Verdict::Ditolak);
    receipt.problem = Some(Problem {
        rows: rejection.rows.as_deref().cloned(),
        names: rejection.names.clone(),
        ..Problem::new(rejection.code, rejection.place.clone())
    });
    lay_ready(cx, job, receipt, prepared)
}

/// Puts a note about something that makes no delivery (yet) into its sender's receipts. A manifest's receipt follows
/// under the same name; a lonely file's note bears the file's whole name.
pub fn waiting_note(cx: &Context, incomplete: &Incomplete, since: Timestamp) -> Result<(), Fault> {
    let name = match &incomplete.candidate {
        Some(candidate) => beside_accepted(cx, &candidate.party, &candidate.stem, &candidate.id)?,
        None if incomplete.code == Code::LeftOver => farewell_name(&incomplete.place),
        None => note_name(&incomplete.place),
    };
    tell(cx, incomplete, name, since)
}

/// The same about several files of one party at once; it says which. About one it is a [`waiting_note`].
pub fn joint_note(cx: &Context, all: &[&Incomplete], since: Timestamp) -> Result<(), Fault> {
    let first = match all {
        [] => return Ok(()),
        [one] => return waiting_note(cx, one, since),
        [first, ..] => first,
    };
    let mut hasher = Hasher::default();
    let mut names = Vec::new();
    for incomplete in all {
        hasher.update(incomplete.fingerprint.to_string().as_bytes());
        let digest = Sha256Digest::of(incomplete.place.as_bytes());
        names.push(safe_name(file_name(&incomplete.place), &digest.to_string()));
    }
    let together = Incomplete {
        names,
        ..(*first).clone()
    };
    let name = safe_name("", &hasher.finish().to_string()) + ".berkas";
    tell(cx, &together, name, since)
}

fn tell(
    cx: &Context,
    incomplete: &Incomplete,
    name: String,
    since: Timestamp,
) -> Result<(), Fault> {
    let delivery = incomplete.candidate.as_ref().map(|c| c.id);
    let receipt = Receipt {
        format: FORMAT,
        verdict: match incomplete.code {
            Code::NotEncrypted | Code::LeftOver => Verdict::Ditolak,
            _ => Verdict::Menunggu,
        },
        delivery,
        name,
        party: incomplete.party.clone(),
        received: in_zone(cx, since),
        agreement: cx.config.agreement.digest,
        problem: Some(Problem {
            names: incomplete.names.clone(),
            ..Problem::new(incomplete.code, Place::default())
        }),
        files: vec![],
        rows_file: None,
    };
    hand_over(cx, &receipt)
}

/// Removes the note about a lonely file that is no longer there, or no longer lonely; `recorded` is what the ledger knows
/// of its place.
pub fn remove_note(cx: &Context, party: &PartyId, recorded: &str) -> Result<(), Fault> {
    let folder = cx.layout.receipts(party);
    let unreadable = || Fault::io("list", &folder);
    for entry in fs::read_dir(&folder).map_err(unreadable())? {
        let file = entry.map_err(unreadable())?.file_name();
        // Written first and removed last.
        let Some(name) = file.to_str().and_then(|file| file.strip_suffix(".json")) else {
            continue;
        };
        if name.ends_with(NOTE) && has_note(recorded, name) {
            for ending in [".txt", ".json.sig", ".json"] {
                files::remove_file(&folder.join(format!("{name}{ending}")))?;
            }
        }
    }
    Ok(())
}

/// The receipt of a delivery that came again after all that was kept of it was destroyed: what the ledger knows. One that
/// still lies there says more.
pub fn answered_before(cx: &Context, delivery: &Delivery) -> Result<(), Fault> {
    let mut receipt = blank(cx, &Job::of(cx, delivery), Verdict::Diterima);
    let there = cx
        .layout
        .receipts(&delivery.party)
        .join(format!("{}.json", receipt.name));
    if there.exists() {
        return Ok(());
    }
    for part in &delivery.parts {
        let Some(outcome) = &part.outcome else {
            continue;
        };
        receipt.files.push(FileReceipt {
            file: part.file.clone(),
            sha256: part.digest,
            dataset: part.dataset.clone(),
            mode: part.mode,
            as_of: part.as_of,
            sequence: part.sequence,
            gap_after: None,
            same_content_as: None,
            older_than: None,
            rows: outcome.rows,
            accepted: outcome.accepted,
            refused: outcome.refused,
            carried_over: 0,
            findings: vec![],
            response: None,
            waiting_for: vec![],
        });
    }
    hand_over(cx, &receipt)
}

/// Copies a receipt that lies there to the name of another manifest, unless that has the same.
pub fn copy_to_name(cx: &Context, delivery: &Delivery, stem: &str) -> Result<(), Fault> {
    let id = delivery.id.to_string();
    let (given, asked) = (safe_name(&delivery.stem, &id), safe_name(stem, &id));
    if given == asked {
        return Ok(());
    }
    let asked = beside_accepted(cx, &delivery.party, stem, &delivery.id)?;
    let folder = cx.layout.receipts(&delivery.party);
    for ending in [".json", ".json.sig", ".txt"] {
        let from = folder.join(format!("{given}{ending}"));
        // What its reader has removed meanwhile is not missed.
        if from.is_file() {
            files::copy_whole(&from, &folder.join(format!("{asked}{ending}")))?;
        }
    }
    Ok(())
}

fn hand_over(cx: &Context, receipt: &Receipt) -> Result<(), Fault> {
    let folder = cx.layout.receipts(&receipt.party);
    for (ending, bytes) in documents(cx, receipt)? {
        files::write_whole(&folder.join(format!("{}{ending}", receipt.name)), &bytes)?;
    }
    Ok(())
}

/// The note about a lonely file bears the file's whole name, or, where that could hold anything, one made of a digest; and
/// an ending that no receipt has.
pub fn note_name(place: &str) -> String {
    let digest = Sha256Digest::of(place.as_bytes());
    safe_name(file_name(place), &digest.to_string()) + NOTE
}

/// The note about a file that was removed because nobody went on with it stays when the file is gone, so it has an
/// ending of its own; and no dot before it, which would hide it.
fn farewell_name(place: &str) -> String {
    let digest = Sha256Digest::of(place.as_bytes());
    let name = file_name(place).trim_start_matches('.');
    safe_name(name, &digest.to_string()) + ".sisa"
}

/// The name of what is told about a manifest that makes no delivery (yet): that of its receipt, unless an accepted
/// delivery's receipt stands there.
fn beside_accepted(
    cx: &Context,
    party: &PartyId,
    stem: &str,
    id: &DeliveryId,
) -> Result<String, Fault> {
    let name = safe_name(stem, &id.to_string());
    let accepted =
        cx.ledger.find(stem)?.iter().any(|known| {
            known.party == *party && known.stem == stem && known.state == State::Answered
        });
    Ok(if accepted {
        format!("{name}.{}", id.short())
    } else {
        name
    })
}

/// What a delivery's receipt is called: the manifest's own name if it holds nothing but safe characters.
pub fn receipt_name(job: &Job) -> String {
    safe_name(&job.stem, &job.id.to_string())
}

fn blank(cx: &Context, job: &Job, verdict: Verdict) -> Receipt {
    Receipt {
        format: FORMAT,
        verdict,
        delivery: Some(job.id),
        name: receipt_name(job),
        party: job.party.clone(),
        received: in_zone(cx, job.received),
        agreement: cx.config.agreement.digest,
        problem: None,
        files: vec![],
        rows_file: None,
    }
}

fn file(cx: &Context, job: &Job, part: &ReconciledPart) -> Result<FileReceipt, Fault> {
    let name = &part.entry.name;
    let before = match &part.inputs.previous {
        Some(id) => part_of(cx, id, &name.dataset)?,
        None => None,
    };
    let last = before.as_ref().map_or(0, |part| part.sequence);
    let same =
        cx.ledger
            .same_plaintext(&job.party, &name.dataset, &part.outcome.plaintext, &job.id)?;
    let sender_gets = cx
        .config
        .agreement
        .dataset(&name.dataset)
        .is_some_and(|dataset| concerns(dataset, part, &job.party));
    Ok(FileReceipt {
        file: name.to_string(),
        sha256: part.entry.digest,
        dataset: name.dataset.clone(),
        mode: name.mode,
        as_of: name.as_of,
        sequence: name.sequence,
        gap_after: (last + 1 < name.sequence).then_some(last),
        older_than: before
            .map(|part| part.as_of)
            .filter(|day| *day > name.as_of),
        // Only what came before: in a re-run later deliveries are there too.
        same_content_as: same
            .map(|(_, part)| part.sequence)
            .filter(|sequence| *sequence < name.sequence),
        rows: part.outcome.rows,
        accepted: part.outcome.accepted,
        refused: part.outcome.refused,
        carried_over: part.carried,
        findings: part.findings.clone(),
        response: sender_gets.then(|| folder_name(part)),
        waiting_for: part
            .differences
            .iter()
            .filter(|(_, found)| found.is_none())
            .map(|(id, _)| id.clone())
            .collect(),
    })
}

/// The same dataset's part of an earlier delivery.
fn part_of(cx: &Context, id: &DeliveryId, dataset: &DatasetId) -> Result<Option<Part>, Fault> {
    let delivery = cx.ledger.delivery(id)?;
    Ok(delivery.and_then(|d| d.parts.into_iter().find(|p| p.dataset == *dataset)))
}

/// Writes the receipt, its JSON, the JSON's signature and the list of rows below `out/receipts`.
fn lay_ready(
    cx: &Context,
    job: &Job,
    mut receipt: Receipt,
    prepared: &mut Prepared,
) -> Result<(), Fault> {
    let folder = prepared.out.join("receipts");
    let rows = job.work.join(ROWS_FILE);
    if rows.is_file() {
        let name = format!("{}.rows.csv.age", receipt.name);
        files::copy_whole(&rows, &folder.join(&name))?;
        receipt.rows_file = Some(name);
    }
    for (ending, bytes) in documents(cx, &receipt)? {
        let name = format!("{}{ending}", receipt.name);
        files::write_ahead(&folder.join(&name), &bytes)?;
        // The signature may hold randomness; what it signs does not.
        if !ending.ends_with(".sig") {
            prepared.published.push(Published {
                reader: job.party.clone(),
                folder: String::new(),
                file: name,
                plaintext: Sha256Digest::of(&bytes),
            });
        }
    }
    files::sync_dir(&folder)
}

/// The receipt's files by their endings.
fn documents(cx: &Context, receipt: &Receipt) -> Result<[(&'static str, Vec<u8>); 3], Fault> {
    let json = receipt
        .json()
        .map_err(|e| Fault::Inconsistent(format!("a receipt does not become JSON: {e}")))?;
    signed(cx, &cx.keyring.service.signing, json, receipt.text())
}

/// A document for machines with its signature, and the page for people, by their endings.
pub fn signed(
    cx: &Context,
    key: &SigningKey,
    json: String,
    text: String,
) -> Result<[(&'static str, Vec<u8>); 3], Fault> {
    let signature = key.sign(&cx.config.namespace, json.as_bytes())?;
    Ok([
        (".json", json.into_bytes()),
        (".json.sig", signature.into_bytes()),
        // Last: whoever sees the page finds the rest there.
        (".txt", text.into_bytes()),
    ])
}

/// An instant as it stands in receipts and notices.
pub fn in_zone(cx: &Context, at: Timestamp) -> String {
    let zoned = at.to_zoned(cx.config.time_zone.clone());
    zoned.strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// The text itself, or where it could hold anything a name made of a digest.
fn safe_name(text: &str, digest: &str) -> String {
    let safe = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if safe && !text.starts_with('.') && (1..=LONGEST_NAME).contains(&text.len()) {
        text.to_owned()
    } else {
        format!("kiriman-{}", digest.get(..12).unwrap_or(digest))
    }
}
