//! Respond: response folders and the receipt are made in private, noted in the ledger, then appear.
//!
//! Everything is first laid ready below `work/out`; the ledger notes it; then each piece is moved to its reader by one
//! rename. A process killed in between goes on with what lies ready, so an answer appears once and complete.

mod folder;
mod publish;
mod receipts;
mod sealed_file;
mod summary;

use std::path::PathBuf;

use crate::agreement::ReconciliationId;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Event, Outcome, Published, Stage};
use crate::rejection::Rejection;

use super::claim::{Job, Run};
use super::reconcile::Reconciled;
use super::{Context, Stop};

pub use publish::repeat_receipt;
pub use receipts::waiting_note;

use folder::build_folder;

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
    cx.progress.enter(&job, Stage::Respond);
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
    receipts::accepted(cx, &job, &parts, &mut prepared)?;
    let states = parts
        .iter()
        .flat_map(|part| &part.differences)
        .filter(|(_, found)| found.is_some())
        .map(|(id, _)| id.clone())
        .collect::<Vec<_>>();
    let event = Event {
        delivery: job.id,
        at: (cx.clock)(),
        stage: Stage::Respond,
        outcome: Outcome::Done,
        code: None,
        detail: Some(format!("{} files handed out", prepared.published.len())),
    };
    let published = hand_out(cx, &job, prepared, &event, &states)?;
    Ok(Responded { story, published })
}

/// Tells the sender why its delivery is refused and closes it; `stage` is where it stopped.
pub fn refuse(cx: &Context, job: &Job, stage: Stage, rejection: &Rejection) -> Result<(), Fault> {
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
    hand_out(cx, job, prepared, &event, &[])?;
    Ok(())
}

/// Gives a receipt for what is no delivery of this party's; the ledger has no place for it.
pub fn turn_away(cx: &Context, job: &Job, rejection: &Rejection) -> Result<(), Fault> {
    let mut prepared = begin(job)?;
    receipts::refused(cx, job, rejection, &mut prepared)?;
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

/// Publishes what lies ready, by what the delivery is run for.
fn hand_out(
    cx: &Context,
    job: &Job,
    prepared: Prepared,
    event: &Event,
    states: &[ReconciliationId],
) -> Result<Vec<Published>, Fault> {
    match job.run {
        Run::First => publish::first(cx, job, &prepared, event, states)?,
        Run::Again => publish::again(cx, job, &prepared)?,
        Run::Dry => {}
    }
    Ok(prepared.published)
}
