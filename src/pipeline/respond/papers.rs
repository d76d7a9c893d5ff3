//! The files that a receipt, a note or a notice is made of: their names, their signature, and how they appear.

use std::fs::{self, File};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use crate::agreement::PartyId;
use crate::delivery::receipt::{Receipt, Verdict};
use crate::delivery::{DeliveryId, INSTANT, Sha256Digest};
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Delivery, Published};
use crate::trust::sshsig::SigningKey;

use super::super::Context;
use super::super::ingest::ROWS_FILE;
use super::super::job::Job;
use super::Prepared;

/// Longest name of a receipt without its endings, in bytes.
const LONGEST_NAME: usize = 150;

/// Writes the receipt, its JSON, the JSON's signature and the list of rows below `out/receipts`.
pub fn lay_ready(
    cx: &Context,
    job: &Job,
    mut receipt: Receipt,
    prepared: &mut Prepared,
) -> Result<(), Fault> {
    let folder = prepared.out.join("receipts");
    let rows = job.work.join(ROWS_FILE);
    if rows.is_file() {
        let name = format!("{}.rows.csv.age", receipt.name);
        let copy = folder.join(&name);
        files::copy_whole(&rows, &copy)?;
        let read = File::open(&copy).and_then(Sha256Digest::of_stream);
        receipt.rows_file_sha256 = Some(read.map_err(Fault::io("read the list of rows", &copy))?);
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

/// Puts it into its party's receipts.
pub fn hand_over(cx: &Context, receipt: &Receipt) -> Result<(), Fault> {
    let folder = cx.layout.receipts(&receipt.party);
    let documents = documents(cx, receipt)?;
    let [(_, json), ..] = &documents;
    make_way(&folder, &receipt.name, json)?;
    for (ending, bytes) in documents {
        files::write_whole(&folder.join(format!("{}{ending}", receipt.name)), &bytes)?;
    }
    Ok(())
}

/// Another document is to have this name: the page and the signature of the one before go first. In between nothing is
/// signed there, rather than signed for something else.
pub fn make_way(folder: &Path, name: &str, json: &[u8]) -> Result<(), Fault> {
    if fs::read(folder.join(format!("{name}.json"))).is_ok_and(|old| old != json) {
        for ending in [".txt", ".json.sig"] {
            files::remove_file(&folder.join(format!("{name}{ending}")))?;
        }
    }
    Ok(())
}

/// Whether the receipt that lies there under the name tells that this delivery was accepted.
pub fn is_about(folder: &Path, name: &str, id: &DeliveryId) -> bool {
    let raw = fs::read(folder.join(format!("{name}.json"))).unwrap_or_default();
    let about: Option<About> = serde_json::from_slice(&raw).ok();
    about.is_some_and(|about| {
        about.delivery == Some(*id) && matches!(about.verdict, Verdict::Diterima)
    })
}

/// Whose receipt it is, as it stands in its document.
#[derive(Deserialize)]
struct About {
    delivery: Option<DeliveryId>,
    verdict: Verdict,
}

/// The receipt's files by their endings.
fn documents(cx: &Context, receipt: &Receipt) -> Result<[(&'static str, Vec<u8>); 3], Fault> {
    let text = receipt.text();
    let receipt = Receipt {
        text_sha256: Some(Sha256Digest::of(text.as_bytes())),
        ..receipt.clone()
    };
    let json = receipt
        .json()
        .map_err(|e| Fault::Inconsistent(format!("a receipt does not become JSON: {e}")))?;
    signed(cx, &cx.keyring.service.signing, json, text)
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

/// Copies a receipt that lies there to the name of another manifest, unless that has the same.
pub fn copy_to_name(cx: &Context, delivery: &Delivery, stem: &str) -> Result<(), Fault> {
    let id = delivery.id.to_string();
    if safe_name(&delivery.stem, &id) == safe_name(stem, &id) {
        return Ok(());
    }
    let given = given_name(cx, delivery)?;
    let asked = beside_others(cx, &delivery.party, stem, &delivery.id)?;
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

/// What the receipt of a delivery is to be called: after its manifest, and so that no other accepted delivery's receipt
/// is replaced.
pub fn beside_others(
    cx: &Context,
    party: &PartyId,
    stem: &str,
    id: &DeliveryId,
) -> Result<String, Fault> {
    free_name(cx, party, stem, id, Some(id))
}

/// The name of what is told about a manifest that makes no delivery (yet): the same, and beside the receipt of that very
/// delivery if it was accepted before.
pub fn beside_accepted(
    cx: &Context,
    party: &PartyId,
    stem: &str,
    id: &DeliveryId,
) -> Result<String, Fault> {
    free_name(cx, party, stem, id, None)
}

fn free_name(
    cx: &Context,
    party: &PartyId,
    stem: &str,
    id: &DeliveryId,
    own: Option<&DeliveryId>,
) -> Result<String, Fault> {
    let name = safe_name(stem, &id.to_string());
    let taken = cx
        .ledger
        .keeps_receipt(party, &format!("{name}.json"), own)?;
    Ok(if taken {
        format!("{name}.{}", id.short())
    } else {
        name
    })
}

/// What the receipt of an answered delivery is called since it was given.
pub fn given_name(cx: &Context, delivery: &Delivery) -> Result<String, Fault> {
    let published = cx.ledger.published(&delivery.id)?;
    let mut own = published.iter().filter(|one| one.folder.is_empty());
    let given = own.find_map(|one| one.file.strip_suffix(".json"));
    Ok(given.map_or_else(
        || safe_name(&delivery.stem, &delivery.id.to_string()),
        str::to_owned,
    ))
}

/// A name for what a delivery's sender finds: the manifest's own if it holds nothing but safe characters.
pub fn receipt_name(job: &Job) -> String {
    safe_name(&job.stem, &job.id.to_string())
}

/// An instant as receipts tell it.
pub fn in_zone(cx: &Context, at: Timestamp) -> String {
    let zoned = at.to_zoned(cx.config.time_zone.clone());
    zoned.strftime(INSTANT).to_string()
}

/// The text itself, or where it could hold anything a name made of a digest.
pub fn safe_name(text: &str, digest: &str) -> String {
    let safe = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if safe && !text.starts_with('.') && (1..=LONGEST_NAME).contains(&text.len()) {
        text.to_owned()
    } else {
        format!("kiriman-{}", digest.get(..12).unwrap_or(digest))
    }
}
