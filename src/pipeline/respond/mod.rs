//! Respond: response folders and the receipt are made in private, noted in the ledger, then appear.
//!
//! Everything is first laid ready below `work/out`; the ledger notes it; then each piece is moved to its reader by one
//! rename. A process killed in between goes on with what lies ready, so an answer appears once and complete.

mod candidates;
mod folder;
pub mod key_notices;
mod late;
mod notes;
pub mod notices;
mod papers;
mod publish;
mod receipts;
mod reports;
mod sealed_file;
mod summary;

use std::path::PathBuf;

use crate::fault::Fault;
use crate::files;
use crate::ledger::{Delivery, Event, Outcome, Published, Stage};
use crate::rejection::Rejection;

use super::job::{Job, Run};
use super::reconcile::Reconciled;
use super::run::Ended;
use super::{Context, Stop};

pub use late::late_notice;
pub use notes::{joint_note, note_name, remove_note, waiting_note};
pub use papers::receipt_name;

use folder::build_folder;
use publish::Closing;

/// How a delivery ended, for whoever ran it.
#[derive(Debug)]
pub struct Responded {
    /// One line for each answered data file, for people; counts only.
    pub story: Vec<String>,
    /// What was handed out, or in a dry run would have been.
    pub published: Vec<Published>,
}

/// What lies ready to be handed out.
struct Prepared {
    /// The folder it lies in: `<party>/outbox/<response>/` and `receipts/`.
    out: PathBuf,
    /// Each plaintext and its reader.
    published: Vec<Published>,
}

/// Publishes the answers and closes the delivery.
pub fn respond(cx: &Context, reconciled: Reconciled) -> Result<Responded, Stop> {
    let (job, parts) = reconciled.into_parts();
    job.enter(cx, Stage::Respond);
    let mut prepared = begin(&job)?;
    let mut story = Vec::new();
    for part in &parts {
        for party in &cx.config.agreement.parties {
            build_folder(cx, &job, part, &party.id, &mut prepared)?;
        }
        story.push(format!(
            "{}: {} rows, {} refused, {} changes",
            part.entry.name,
            part.outcome.rows,
            part.outcome.refused,
            part.changes.counts.total()
        ));
    }
    if job.run != Run::Again {
        receipts::accepted(cx, &job, &parts, &mut prepared)?;
    }
    let states = parts
        .iter()
        .flat_map(|part| &part.differences)
        .filter(|(_, found)| found.is_some())
        .map(|(id, _)| id.clone())
        .collect();
    let event = Event {
        delivery: job.id,
        at: (cx.clock)(),
        stage: Stage::Respond,
        outcome: Outcome::Done,
        code: None,
        detail: Some(format!("{} files handed out", prepared.published.len())),
    };
    match job.run {
        Run::First => {
            publish::promise(cx, &job, &prepared, &Closing { event, states })?;
            publish::keep_promise(cx, &job)?;
        }
        Run::Again => publish::again(cx, &job, &parts, &prepared)?,
        Run::Dry => {}
    }
    Ok(Responded {
        story,
        published: prepared.published,
    })
}

/// Tells the sender why its delivery is refused, and where it stopped, and closes it.
pub fn refuse(cx: &Context, job: &Job, rejection: &Rejection) -> Result<(), Fault> {
    let stage = job.account.told().stage();
    let mut prepared = begin(job)?;
    receipts::refused(cx, job, rejection, &mut prepared)?;
    let event = Event {
        delivery: job.id,
        at: (cx.clock)(),
        stage,
        outcome: Outcome::Rejected,
        code: Some(rejection.code),
        detail: serde_json::to_string(&rejection.place).ok(),
    };
    let states = vec![];
    publish::promise(cx, job, &prepared, &Closing { event, states })?;
    publish::keep_promise(cx, job)?;
    Ok(())
}

/// Whether this delivery's answer was promised by an earlier run.
pub fn is_ready(cx: &Context, job: &Job) -> Result<bool, Fault> {
    Ok(!cx.ledger.published(&job.id)?.is_empty())
}

/// Keeps the promise of an earlier run.
pub fn finish(cx: &Context, job: &Job) -> Result<Ended, Fault> {
    job.enter(cx, Stage::Respond);
    let published = cx.ledger.published(&job.id)?;
    let closing = publish::keep_promise(cx, job)?;
    Ok(match closing.event.code {
        Some(code) => Ended::Rejected(Rejection::new(code)),
        None => Ended::Answered(Responded {
            story: vec![format!("{}: handed out what lay ready", job.stem)],
            published,
        }),
    })
}

/// Gives a delivery's receipt again, as it is kept; after its retention what the ledger knows. Whoever dropped it under
/// another name, `stem`, finds the same receipt under that name, too.
pub fn repeat_receipt(cx: &Context, delivery: &Delivery, stem: &str) -> Result<(), Fault> {
    let kept = cx
        .layout
        .archived(&delivery.party, delivery.received, &delivery.id)
        .join("receipts");
    if !publish::copy_receipts(&kept, &cx.layout.receipts(&delivery.party))? {
        receipts::answered_before(cx, delivery)?;
    }
    papers::copy_to_name(cx, delivery, stem)
}

/// Gives a receipt for what is no delivery of this party's; the ledger has no place for it.
pub fn turn_away(cx: &Context, job: &Job, rejection: &Rejection) -> Result<(), Fault> {
    let mut prepared = begin(job)?;
    receipts::turned_away(cx, job, rejection, &mut prepared)?;
    publish::receipt_only(cx, job, &prepared)
}

fn begin(job: &Job) -> Result<Prepared, Fault> {
    let out = job.work.join("out.new");
    files::remove_dir(&out)?;
    files::create_dir(&out.join("receipts"))?;
    Ok(Prepared {
        out,
        published: vec![],
    })
}
