//! Where deliveries go when they are answered or refused: kept as they came, for a re-run.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Delivery, State};

use super::Context;
use super::plaintext::is_plain;

/// Moves a closed delivery's ciphertext and receipt from staging to the archive.
pub fn shelve(
    cx: &Context,
    id: &DeliveryId,
    party: &PartyId,
    received: Timestamp,
) -> Result<(), Fault> {
    let staged = cx.layout.staged(id);
    let kept = cx.layout.archived(party, received, id);
    if kept.exists() {
        // An earlier attempt of the same delivery is kept beside the newer one.
        files::rename(&kept, &free_place(&kept, Path::exists)?)?;
    }
    if let Some(month) = kept.parent() {
        files::create_dir(month)?;
    }
    let receipts = staged.join("work").join("out").join("receipts");
    if receipts.is_dir() {
        files::remove_dir(&staged.join("receipts"))?;
        files::rename(&receipts, &staged.join("receipts"))?;
    }
    files::remove_dir(&staged.join("work"))?;
    for (name, path) in files::list(&staged)? {
        // A table that was only renamed: its sender has it, and knows from the receipt.
        if name.ends_with(".age") && is_plain(&path) {
            files::remove_file(&path)?;
        }
    }
    files::rename(&staged, &kept)
}

/// Moves a rejected delivery's ciphertext back to staging, to be run again.
pub fn unshelve(cx: &Context, delivery: &Delivery) -> Result<(), Fault> {
    let kept = cx
        .layout
        .archived(&delivery.party, delivery.received, &delivery.id);
    if !kept.is_dir() {
        return Err(Fault::Gone {
            what: "the archived ciphertext",
            path: kept,
        });
    }
    files::rename(&kept, &cx.layout.staged(&delivery.id))
}

/// Finishes what a killed process left between closing a delivery and shelving it. Returns what could not be finished:
/// it holds up nothing else.
pub fn tidy(cx: &Context) -> Result<Vec<Fault>, Fault> {
    let staged = files::list(&cx.layout.staging())?;
    Ok(staged
        .into_iter()
        .filter_map(|(name, path)| tidy_one(cx, &name, &path).err())
        .collect())
}

fn tidy_one(cx: &Context, name: &str, path: &Path) -> Result<(), Fault> {
    let scratch = [".again", ".away"].iter().any(|end| name.ends_with(end));
    if scratch {
        // Of a re-run or a turned-away delivery whose process was killed.
        return files::remove_dir(path);
    }
    let Ok(id) = name.parse::<DeliveryId>() else {
        return Ok(());
    };
    match cx.ledger.delivery(&id)? {
        Some(delivery) if matches!(delivery.state, State::Answered | State::Rejected) => {
            shelve(cx, &id, &delivery.party, delivery.received)
        }
        _ => Ok(()),
    }
}

/// Everything archived of a delivery: its last attempt and the ones before.
pub fn every_attempt(cx: &Context, delivery: &Delivery) -> Result<Vec<PathBuf>, Fault> {
    let kept = cx
        .layout
        .archived(&delivery.party, delivery.received, &delivery.id);
    let Some(month) = kept.parent() else {
        return Ok(vec![]);
    };
    let id = delivery.id.to_string();
    Ok(files::list(month)?
        .into_iter()
        .filter(|(name, _)| name.split('.').next() == Some(id.as_str()))
        .map(|(_, path)| path)
        .collect())
}

/// A name like `kept` that is not taken yet; the folder above it is there afterwards.
pub fn free_place(kept: &Path, taken: impl Fn(&Path) -> bool) -> Result<PathBuf, Fault> {
    if let Some(month) = kept.parent() {
        files::create_dir(month)?;
    }
    let name = kept.file_name().unwrap_or_default().to_string_lossy();
    let mut place = kept.to_path_buf();
    let mut attempt = 0_u32;
    while taken(&place) {
        attempt += 1;
        place = kept.with_file_name(format!("{name}.{attempt}"));
    }
    Ok(place)
}
