//! Runs one delivery again, by an operator's hand and for a reason that is kept.

use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Begun, Delivery, Event, NewDelivery, Outcome, Stage, State};
use crate::rejection::Rejection;

use super::clock::Steady;
use super::job::{Job, Run};
use super::pass::{datasets, lock};
use super::run::{Ended, caught, run};
use super::{Context, Responded, Stop, archive, status_page, take};

/// What a re-run came to.
#[derive(Debug)]
pub enum Rerun {
    /// It was answered before; the answers come out the same and are there where they were missing.
    SameAnswers(Responded),
    /// It is answered now.
    Answered(Responded),
    /// It is refused (again).
    Rejected(Rejection),
    /// Dry run: it would be answered.
    WouldAnswer(Responded),
    /// Dry run: it would be refused.
    WouldReject(Rejection),
    /// An earlier delivery of the same datasets waits after a fault: that one first.
    Behind(Box<Delivery>),
    /// It was answered under another agreement file, so its answers cannot come out the same.
    OtherAgreement,
}

/// Runs `delivery` again. An answered one gives the same answers; a faulted or rejected one is tried from the start.
/// With `dry` nothing is kept and nothing handed out.
pub fn rerun(cx: &Context, delivery: &Delivery, reason: &str, dry: bool) -> Result<Rerun, Fault> {
    let _lock = lock(cx)?;
    let steady = Steady::of(cx)?;
    let cx = &Context {
        clock: &|| steady.now(),
        ..*cx
    };
    // It may have gone on while we waited for the lock.
    let known = cx.ledger.delivery(&delivery.id)?;
    let delivery =
        known.ok_or_else(|| Fault::Inconsistent("the delivery is no longer known".into()))?;
    if delivery.state == State::Answered && other_agreement(cx, &delivery)? {
        return Ok(Rerun::OtherAgreement);
    }
    if dry {
        return dry_run(cx, &delivery);
    }
    if delivery.state != State::Answered
        && let Some(before) = waits_before(cx, &delivery)?
    {
        return Ok(Rerun::Behind(Box::new(before)));
    }
    for fault in archive::tidy(cx)? {
        // Another delivery's trouble, which the next pass tells, too.
        tracing::warn!(%fault, "left for the next pass");
    }
    note(cx, &delivery, reason)?;
    let outcome = match delivery.state {
        State::Answered => answer_again(cx, &delivery),
        State::Rejected => {
            reopen(cx, &delivery)?;
            run_open(cx, &delivery.id)
        }
        State::Claiming | State::Open => {
            take::resume(cx, &delivery)?;
            run_open(cx, &delivery.id)
        }
    };
    status_page::write(cx, &delivery.party)?;
    outcome
}

/// An open delivery of the same datasets that came earlier: this one would overtake it.
fn waits_before(cx: &Context, delivery: &Delivery) -> Result<Option<Delivery>, Fault> {
    let own = datasets(delivery);
    Ok(cx
        .ledger
        .open()?
        .into_iter()
        .take_while(|open| open.id != delivery.id)
        .find(|open| datasets(open).iter().any(|dataset| own.contains(dataset))))
}

fn dry_run(cx: &Context, delivery: &Delivery) -> Result<Rerun, Fault> {
    match in_scratch(cx, delivery, Run::Dry)? {
        Ok(responded) => Ok(Rerun::WouldAnswer(responded)),
        Err(rejection) => Ok(Rerun::WouldReject(rejection)),
    }
}

fn answer_again(cx: &Context, delivery: &Delivery) -> Result<Rerun, Fault> {
    match in_scratch(cx, delivery, Run::Again)? {
        Ok(responded) => Ok(Rerun::SameAnswers(responded)),
        Err(rejection) => Ok(Rerun::WouldReject(rejection)),
    }
}

/// Runs the kept ciphertext in a scratch folder that is removed afterwards.
fn in_scratch(
    cx: &Context,
    delivery: &Delivery,
    run: Run,
) -> Result<Result<Responded, Rejection>, Fault> {
    let source = match delivery.state {
        State::Answered | State::Rejected => {
            cx.layout
                .archived(&delivery.party, delivery.received, &delivery.id)
        }
        State::Claiming | State::Open => cx.layout.staged(&delivery.id),
    };
    if !source.is_dir() {
        return Err(Fault::Gone {
            what: "the ciphertext",
            path: source,
        });
    }
    let job = Job::again(cx, delivery, &source, run);
    let work = job.work.clone();
    let outcome = caught(cx, job);
    files::remove_dir(&work)?;
    match outcome {
        Ok(responded) => Ok(Ok(responded)),
        Err(Stop::Rejected(rejection)) => Ok(Err(rejection)),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// Takes a rejected delivery back from the archive, as it was received then.
fn reopen(cx: &Context, delivery: &Delivery) -> Result<(), Fault> {
    archive::unshelve(cx, delivery)?;
    let begun = cx.ledger.begin(&NewDelivery {
        id: delivery.id,
        party: delivery.party.clone(),
        stem: delivery.stem.clone(),
        folder: delivery.folder.clone(),
        files: delivery.files.clone(),
        received: delivery.received,
        begun: (cx.clock)(),
    })?;
    match begun {
        Begun::Open => cx.ledger.claimed(&delivery.id, (cx.clock)()),
        Begun::Answered | Begun::OfAnother => Err(Fault::Inconsistent(
            "a rejected delivery does not open".into(),
        )),
    }
}

fn run_open(cx: &Context, id: &DeliveryId) -> Result<Rerun, Fault> {
    let open = cx.ledger.delivery(id)?.filter(|d| d.state == State::Open);
    let open = open.ok_or_else(|| {
        Fault::Inconsistent("its files are not all there; they were given back".into())
    })?;
    match run(cx, Job::of(cx, &open), &|| {}) {
        Ended::Answered(responded) => Ok(Rerun::Answered(responded)),
        Ended::Rejected(rejection) => Ok(Rerun::Rejected(rejection)),
        Ended::Faulted(fault) => Err(fault),
    }
}

fn note(cx: &Context, delivery: &Delivery, reason: &str) -> Result<(), Fault> {
    cx.ledger.append(&Event {
        delivery: delivery.id,
        at: (cx.clock)(),
        stage: Stage::Claim,
        outcome: Outcome::Rerun,
        code: None,
        detail: Some(reason.to_owned()),
    })
}

/// Whether any part was answered under another agreement file.
fn other_agreement(cx: &Context, delivery: &Delivery) -> Result<bool, Fault> {
    for part in &delivery.parts {
        let inputs = cx.ledger.inputs(&delivery.id, &part.dataset)?;
        if inputs.is_some_and(|i| i.agreement != cx.config.agreement.digest) {
            return Ok(true);
        }
    }
    Ok(false)
}
