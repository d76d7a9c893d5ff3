//! Hands out what lies ready: each response folder by one rename, then the receipt.

use std::path::Path;

use crate::agreement::ReconciliationId;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Delivery, Event, Published};

use super::super::Context;
use super::super::archive;
use super::super::claim::Job;
use super::Prepared;

/// The receipt's files in the order in which they appear; the page for people last.
const ORDER: [&str; 4] = [".rows.csv.age", ".json", ".json.sig", ".txt"];

/// First answer. From the ledger's note on, what lies in `work/out` is the answer: an interrupted run, which makes
/// everything again, goes on with that, and what was moved before is not moved twice.
pub fn first(
    cx: &Context,
    job: &Job,
    prepared: &Prepared,
    event: &Event,
    states: &[ReconciliationId],
) -> Result<(), Fault> {
    let ready = job.work.join("out");
    let noted = cx.ledger.published(&job.id)?;
    if noted.is_empty() {
        files::remove_dir(&ready)?;
        files::rename(&prepared.out, &ready)?;
        cx.ledger
            .prepared(&job.id, &prepared.published, (cx.clock)())?;
    } else {
        // A configuration changed in between must not close a delivery otherwise than its answers say.
        require_same(&noted, &prepared.published)?;
        files::remove_dir(&prepared.out)?;
    }
    for party in &cx.config.agreement.parties {
        for (name, folder) in files::list(&ready.join(party.id.as_str()).join("outbox"))? {
            let target = cx.layout.outbox(&party.id).join(name);
            files::rename(&folder, &target)?;
        }
    }
    copy_receipts(&ready.join("receipts"), &cx.layout.receipts(&job.party))?;
    cx.ledger.close(&job.id, event, states)?;
    archive::shelve(cx, &job.id, &job.party, job.received)
}

/// Same answer again: compared with what was given, then handed out where it is missing.
pub fn again(cx: &Context, job: &Job, prepared: &Prepared) -> Result<(), Fault> {
    require_same(&cx.ledger.published(&job.id)?, &prepared.published)?;
    for party in &cx.config.agreement.parties {
        for (name, folder) in files::list(&prepared.out.join(party.id.as_str()).join("outbox"))? {
            let target = cx.layout.outbox(&party.id).join(name);
            if !target.exists() {
                files::rename(&folder, &target)?;
            }
        }
    }
    copy_receipts(
        &prepared.out.join("receipts"),
        &cx.layout.receipts(&job.party),
    )
}

/// The same inputs and agreement give the same plaintexts.
fn require_same(given: &[Published], now: &[Published]) -> Result<(), Fault> {
    let differs = given
        .iter()
        .find(|entry| !now.contains(entry))
        .or_else(|| now.iter().find(|entry| !given.contains(entry)));
    match differs {
        None => Ok(()),
        Some(entry) => Err(Fault::Ledger(format!(
            "{} for {} comes out otherwise than when it was answered; nothing was handed out",
            entry.file, entry.reader
        ))),
    }
}

/// Hands out the receipt and keeps it where the files it is about will lie.
pub fn receipt_only(cx: &Context, job: &Job, prepared: &Prepared) -> Result<(), Fault> {
    let ready = prepared.out.join("receipts");
    copy_receipts(&ready, &cx.layout.receipts(&job.party))?;
    let kept = job.source.join("receipts");
    files::create_dir(&job.source)?;
    files::remove_dir(&kept)?;
    files::rename(&ready, &kept)?;
    files::remove_dir(&job.work)
}

/// Gives a delivery's receipt again, as it is kept in the archive.
pub fn repeat_receipt(cx: &Context, delivery: &Delivery) -> Result<(), Fault> {
    let kept = cx
        .layout
        .archived(&delivery.party, delivery.received, &delivery.id)
        .join("receipts");
    copy_receipts(&kept, &cx.layout.receipts(&delivery.party))
}

fn copy_receipts(from: &Path, to: &Path) -> Result<(), Fault> {
    let mut found = files::list(from)?;
    let place = |name: &str| ORDER.iter().position(|ending| name.ends_with(ending));
    found.sort_by_key(|(name, _)| place(name));
    for (name, path) in found {
        files::copy_whole(&path, &to.join(name))?;
    }
    Ok(())
}
