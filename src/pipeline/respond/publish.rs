//! Hands out what lies ready: each response folder by one rename, then the receipt.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::agreement::ReconciliationId;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Event, Published};

use super::super::Context;
use super::super::archive;
use super::super::job::Job;
use super::super::marker;
use super::super::reconcile::ReconciledPart;
use super::Prepared;
use super::papers::make_way;

/// The receipt's files in the order in which they appear; the page for people last.
const ORDER: [&str; 4] = [".rows.csv.age", ".json", ".json.sig", ".txt"];
/// Beside what lies ready: how the delivery is closed when it has been handed out.
const CLOSING: &str = "closing.json";

/// How a delivery is closed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Closing {
    /// Its last event.
    pub event: Event,
    /// Reconciliations whose new list of differences it wrote.
    pub states: Vec<ReconciliationId>,
}

/// Promises the answer: from the ledger's note on, what lies in `work/out` is it, whatever happens to this process.
pub fn promise(
    cx: &Context,
    job: &Job,
    prepared: &Prepared,
    closing: &Closing,
) -> Result<(), Fault> {
    let text = serde_json::to_vec_pretty(closing)
        .map_err(|e| Fault::Inconsistent(format!("an event does not become JSON: {e}")))?;
    files::write_whole(&prepared.out.join(CLOSING), &text)?;
    let ready = ready(job);
    files::remove_dir(&ready)?;
    files::rename(&prepared.out, &ready)?;
    cx.ledger
        .prepared(&job.id, &prepared.published, (cx.clock)())?;
    Ok(())
}

/// Keeps the promise, or goes on keeping it: what was moved before is not moved twice.
pub fn keep_promise(cx: &Context, job: &Job) -> Result<Closing, Fault> {
    let ready = ready(job);
    let path = ready.join(CLOSING);
    let text = fs::read(&path).map_err(Fault::io("read", &path))?;
    let mut closing: Closing = serde_json::from_slice(&text)
        .map_err(|e| Fault::Inconsistent(format!("{}: {e}", path.display())))?;
    for party in &cx.config.agreement.parties {
        for (name, folder) in files::list(&ready.join(party.id.as_str()).join("outbox"))? {
            let target = cx.layout.outbox(&party.id).join(name);
            files::rename(&folder, &target)?;
        }
    }
    copy_receipts(&ready.join("receipts"), &cx.layout.receipts(&job.party))?;
    marker::remove(cx, job)?;
    closing.event.at = (cx.clock)();
    cx.ledger.close(&job.id, &closing.event, &closing.states)?;
    archive::shelve(cx, &job.id, &job.party, job.received)?;
    Ok(closing)
}

/// Same answer again: compared with what was given, then handed out where it is missing. The receipt is the one of the
/// first time, as it was signed then: it tells of that run.
pub fn again(
    cx: &Context,
    job: &Job,
    parts: &[ReconciledPart],
    prepared: &Prepared,
) -> Result<(), Fault> {
    let mut given = cx.ledger.published(&job.id)?;
    given.retain(|entry| !entry.folder.is_empty());
    require_same(&given, &prepared.published)?;
    require_same_outcome(cx, job, parts)?;
    for party in &cx.config.agreement.parties {
        for (name, folder) in files::list(&prepared.out.join(party.id.as_str()).join("outbox"))? {
            let target = cx.layout.outbox(&party.id).join(name);
            if !target.exists() {
                files::rename(&folder, &target)?;
            }
        }
    }
    let kept = job.source.join("receipts");
    if copy_receipts(&kept, &cx.layout.receipts(&job.party))? {
        Ok(())
    } else {
        let what = "the receipt";
        Err(Fault::Gone { what, path: kept })
    }
}

/// What the receipt of the first time tells of the rows still holds.
fn require_same_outcome(cx: &Context, job: &Job, parts: &[ReconciledPart]) -> Result<(), Fault> {
    let recorded = cx.ledger.delivery(&job.id)?;
    let recorded = recorded.map_or_else(Vec::new, |delivery| delivery.parts);
    for part in parts {
        let dataset = &part.entry.name.dataset;
        let then = recorded.iter().find(|then| then.dataset == *dataset);
        if then.and_then(|then| then.outcome.as_ref()) != Some(&part.outcome) {
            return Err(Fault::Inconsistent(format!(
                "the rows of {} are judged otherwise than when it was answered; nothing was handed out",
                part.entry.name
            )));
        }
    }
    Ok(())
}

/// The same inputs and agreement give the same plaintexts.
fn require_same(given: &[Published], now: &[Published]) -> Result<(), Fault> {
    let differs = given
        .iter()
        .find(|entry| !now.contains(entry))
        .or_else(|| now.iter().find(|entry| !given.contains(entry)));
    match differs {
        None => Ok(()),
        Some(entry) => Err(Fault::Inconsistent(format!(
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

/// Copies a kept receipt to its sender. False if none is kept.
pub fn copy_receipts(from: &Path, to: &Path) -> Result<bool, Fault> {
    let mut found = files::list(from)?;
    let place = |name: &str| ORDER.iter().position(|ending| name.ends_with(ending));
    found.sort_by_key(|(name, _)| place(name));
    for stem in found
        .iter()
        .filter_map(|(name, _)| name.strip_suffix(".txt"))
    {
        // An earlier attempt's list of rows is not about this one.
        let rows = format!("{stem}.rows.csv.age");
        if !found.iter().any(|(name, _)| *name == rows) {
            files::remove_file(&to.join(rows))?;
        }
        let json = from.join(format!("{stem}.json"));
        make_way(
            to,
            stem,
            &fs::read(&json).map_err(Fault::io("read", &json))?,
        )?;
    }
    for (name, path) in &found {
        files::copy_whole(path, &to.join(name))?;
    }
    Ok(!found.is_empty())
}

fn ready(job: &Job) -> PathBuf {
    job.work.join("out")
}
