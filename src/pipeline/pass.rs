//! One pass: look through the inboxes, take what is complete, run everything that is open.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::agreement::PartyId;
use crate::delivery::DataFileName;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Delivery, Event, Outcome, Stage, State, Waiting};
use crate::rejection::{Code, Rejection};

use super::claim::{self, Job, Run, Taken};
use super::scan::{Candidate, Incomplete, open_unwritten, scan};
use super::{
    Context, Progress, Responded, Stop, advance, archive, respond, retention, status_page,
};

/// First wait after a fault; it doubles with every further one.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(5);
/// Longest wait after a fault.
const LONGEST_RETRY: SignedDuration = SignedDuration::from_mins(30);

/// What one pass did.
#[derive(Debug, Default)]
pub struct Pass {
    /// Deliveries that ended, in the order in which they did.
    pub ended: Vec<(Delivery, Ended)>,
    /// When the next pass is due although no event comes: a retry, or a note to a sender.
    pub due: Option<Duration>,
    /// Faults that concern no single delivery.
    pub faults: Vec<Fault>,
}

impl Pass {
    /// A fault before any delivery's own run: the next pass tries again, soon.
    fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
        self.due = sooner(self.due, FIRST_RETRY.unsigned_abs());
    }
}

/// How one delivery's run ended.
#[derive(Debug)]
pub enum Ended {
    /// Answered.
    Answered(Responded),
    /// Refused; its sender was told.
    Rejected(Rejection),
    /// Our trouble; tried again later.
    Faulted(Fault),
    /// The same delivery came again and got the same receipt.
    Repeated,
}

/// Takes every complete delivery as far as it goes. Only one pass runs at a time, whatever the process.
pub fn pass(cx: &Context) -> Result<Pass, Fault> {
    let _lock = lock(cx)?;
    let mut done = Pass::default();
    archive::tidy(cx)?;
    retention::destroy_expired(cx)?;
    for delivery in cx.ledger.open()? {
        // Its trouble, as a full disk, is not the others'.
        if let Err(fault) = claim::resume(cx, &delivery) {
            done.fault(fault);
        }
    }
    loop {
        let taken = take_complete(cx, &mut done)?;
        run_open(cx, &mut done)?;
        if !taken {
            break;
        }
    }
    for party in &cx.config.agreement.parties {
        if let Err(fault) = status_page::write(cx, &party.id) {
            done.faults.push(fault);
        }
    }
    Ok(done)
}

/// Held by whoever moves deliveries; waits for the one who does.
pub fn lock(cx: &Context) -> Result<File, Fault> {
    let path = cx.layout.pipeline_lock();
    let file = files::create(&path)?;
    if file.try_lock().is_err() {
        cx.progress.wait();
        file.lock().map_err(Fault::io("lock", &path))?;
    }
    Ok(file)
}

/// Scans every inbox. Returns whether anything was taken.
fn take_complete(cx: &Context, done: &mut Pass) -> Result<bool, Fault> {
    let mut any = false;
    for party in &cx.config.agreement.parties {
        let found = match scan(cx, &party.id) {
            Ok(found) => found,
            Err(fault) => {
                done.faults.push(fault);
                continue;
            }
        };
        let mut ready = found.complete;
        let places: Vec<_> = found.incomplete.iter().map(|i| i.place.clone()).collect();
        cx.ledger.waiting_only(&party.id, &places)?;
        for incomplete in found.incomplete {
            if incomplete.code == Code::NotEncrypted {
                if let Err(fault) = remove_plaintext(cx, &incomplete) {
                    done.faults.push(fault);
                }
                continue;
            }
            match wait(cx, &incomplete) {
                Ok(Wait::Until(due)) => done.due = sooner(done.due, due),
                Ok(Wait::Enough(candidate)) => ready.push(*candidate),
                Ok(Wait::ForEvent) => {}
                Err(fault) => done.faults.push(fault),
            }
        }
        for candidate in &ready {
            match take(cx, candidate, done) {
                Ok(taken) => any |= taken,
                Err(fault) => done.fault(fault),
            }
        }
    }
    Ok(any)
}

fn take(cx: &Context, candidate: &Candidate, done: &mut Pass) -> Result<bool, Fault> {
    match claim::take(cx, candidate)? {
        Taken::Staged => Ok(true),
        Taken::NotYet => Ok(false),
        Taken::Repeated(delivery, dropped) => {
            respond::repeat_receipt(cx, &delivery)?;
            cx.ledger.append(&Event {
                delivery: delivery.id,
                at: (cx.clock)(),
                stage: Stage::Claim,
                outcome: Outcome::Repeated,
                code: None,
                detail: None,
            })?;
            dropped.remove()?;
            done.ended.push((*delivery, Ended::Repeated));
            Ok(false)
        }
        Taken::OfAnother(job, dropped) => {
            let rejection = Rejection::new(Code::NameNotSender);
            respond::turn_away(cx, &job, &rejection)?;
            dropped.keep(&job.source)?;
            Ok(false)
        }
    }
}

/// Plaintext must not lie on our disk: it goes at once, and its sender is told.
fn remove_plaintext(cx: &Context, incomplete: &Incomplete) -> Result<(), Fault> {
    let inbox = cx.layout.inbox(&incomplete.party);
    let path = inbox.join(&incomplete.place);
    // While it is still being written its end wakes the next pass.
    let Some(_lock) = open_unwritten(&path) else {
        return Ok(());
    };
    fs::remove_file(&path).map_err(Fault::io("remove plaintext from", &inbox))?;
    respond::waiting_note(cx, incomplete, (cx.clock)())
}

enum Wait {
    /// Look again then.
    Until(Duration),
    /// It stayed so too long: claim it, to be refused.
    Enough(Box<Candidate>),
    /// Nothing more to do until its sender does something.
    ForEvent,
}

/// Something incomplete rests; after `settle` its sender is told, after `give_up` it is refused.
fn wait(cx: &Context, incomplete: &Incomplete) -> Result<Wait, Fault> {
    let now = (cx.clock)();
    let entry = Waiting {
        party: incomplete.party.clone(),
        place: incomplete.place.clone(),
        fingerprint: incomplete.fingerprint,
    };
    let since = cx.ledger.waiting(&entry, now)?;
    let rested = since
        .duration_until(now)
        .max(SignedDuration::ZERO)
        .unsigned_abs();
    if rested < cx.config.settle {
        return Ok(Wait::Until(cx.config.settle - rested));
    }
    match &incomplete.candidate {
        Some(candidate) if rested >= cx.config.give_up || closed(cx, candidate)? => {
            Ok(Wait::Enough(Box::new(candidate.clone())))
        }
        candidate => {
            if cx.ledger.waiting_told(&entry)? {
                respond::waiting_note(cx, incomplete, since)?;
            }
            Ok(match candidate {
                Some(_) => Wait::Until(cx.config.give_up - rested),
                None => Wait::ForEvent,
            })
        }
    }
}

/// Whether nothing more is needed of it: answered before, or another party's. What lies there is left of a repetition
/// that was interrupted.
fn closed(cx: &Context, candidate: &Candidate) -> Result<bool, Fault> {
    let known = cx.ledger.delivery(&candidate.id)?;
    Ok(known.is_some_and(|delivery| match delivery.state {
        State::Answered => true,
        State::Rejected => false,
        State::Claiming | State::Open => delivery.party != candidate.party,
    }))
}

/// Runs every open delivery whose turn it is, in order of receipt. One that waits after a fault holds back later ones of
/// the same datasets: they would overtake it.
fn run_open(cx: &Context, done: &mut Pass) -> Result<(), Fault> {
    let mut held = BTreeSet::new();
    for delivery in cx.ledger.open()? {
        let datasets = datasets(&delivery);
        let now = (cx.clock)();
        let later = delivery.retry_at.filter(|at| *at > now);
        if let Some(at) = later {
            done.due = sooner(done.due, now.duration_until(at).unsigned_abs());
        }
        // Files of a delivery whose claim did not end still lie in the inbox: it has a fault, not a file less.
        let claiming = delivery.state == State::Claiming;
        if claiming || later.is_some() || datasets.iter().any(|dataset| held.contains(dataset)) {
            held.extend(datasets);
            continue;
        }
        let ended = run(cx, job(cx, &delivery));
        if matches!(ended, Ended::Faulted(_)) {
            held.extend(datasets);
            if let Some(at) = cx.ledger.delivery(&delivery.id)?.and_then(|d| d.retry_at) {
                let wait = (cx.clock)().duration_until(at).unsigned_abs();
                done.due = sooner(done.due, wait);
            }
        }
        done.ended.push((delivery, ended));
    }
    Ok(())
}

/// The job of an open delivery.
pub fn job(cx: &Context, delivery: &Delivery) -> Job {
    let source = cx.layout.staged(&delivery.id);
    Job {
        id: delivery.id,
        party: delivery.party.clone(),
        stem: delivery.stem.clone(),
        received: delivery.received,
        faults: delivery.faults,
        work: source.join("work"),
        source,
        run: Run::First,
    }
}

/// Runs one delivery and does what its end asks for: a receipt for a rejection, a retry for a fault. A panic is a fault
/// of this delivery and ends nothing else.
pub fn run(cx: &Context, job: Job) -> Ended {
    let stage = LastStage {
        inner: cx.progress,
        last: Cell::new(Stage::Claim),
    };
    let tracked = Context {
        progress: &stage,
        ..*cx
    };
    let kept = job.clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| advance(&tracked, job)))
        .unwrap_or(Err(Stop::Fault(Fault::Bug)));
    let fault = match outcome {
        Ok(responded) => return Ended::Answered(responded),
        Err(Stop::Rejected(rejection)) => {
            match respond::refuse(cx, &kept, stage.last.get(), &rejection) {
                Ok(()) => return Ended::Rejected(rejection),
                Err(fault) => fault,
            }
        }
        Err(Stop::Fault(fault)) => fault,
    };
    if kept.run == Run::First
        && let Err(trouble) = note_fault(cx, &kept, stage.last.get(), &fault)
    {
        // The disk may be full: the delivery stays open, and the next pass tries it again.
        tracing::error!(fault = %trouble, "cannot note a fault");
    }
    Ended::Faulted(fault)
}

fn note_fault(cx: &Context, job: &Job, stage: Stage, fault: &Fault) -> Result<(), Fault> {
    let now = (cx.clock)();
    let wait = FIRST_RETRY
        .checked_mul(1_i32.checked_shl(job.faults).unwrap_or(i32::MAX))
        .unwrap_or(LONGEST_RETRY)
        .min(LONGEST_RETRY);
    let event = Event {
        delivery: job.id,
        at: now,
        stage,
        outcome: Outcome::Fault,
        code: None,
        detail: Some(fault.to_string()),
    };
    let retry_at = now.checked_add(wait).unwrap_or(Timestamp::MAX);
    cx.ledger.fault(&event, retry_at)
}

/// What a delivery is about, by the names of its files.
fn datasets(delivery: &Delivery) -> Vec<(PartyId, String)> {
    delivery
        .files
        .iter()
        .filter_map(|name| name.parse::<DataFileName>().ok())
        .map(|name| (delivery.party.clone(), name.dataset.to_string()))
        .collect()
}

struct LastStage<'a> {
    inner: &'a dyn Progress,
    last: Cell<Stage>,
}

impl Progress for LastStage<'_> {
    fn wait(&self) {
        self.inner.wait();
    }

    fn enter(&self, job: &Job, stage: Stage) {
        self.last.set(stage);
        self.inner.enter(job, stage);
    }

    fn rows(&self, more: u64) {
        self.inner.rows(more);
    }
}

fn sooner(a: Option<Duration>, b: Duration) -> Option<Duration> {
    Some(a.map_or(b, |a| a.min(b)))
}
