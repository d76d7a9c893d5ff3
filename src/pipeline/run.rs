//! Runs one delivery and does what its end asks for.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};

use crate::fault::Fault;
use crate::ledger::{Event, Outcome};
use crate::rejection::Rejection;

use super::follow::Followed;
use super::job::Job;
use super::{Context, Responded, Stop, advance, marker, respond};

/// First wait after a fault; it doubles with every further one.
pub const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(5);
/// Longest wait after a fault.
const LONGEST_RETRY: SignedDuration = SignedDuration::from_mins(30);
/// Doublings after which the wait is the longest in any case.
const MOST_DOUBLINGS: u32 = 16;

/// How one delivery's run ended.
#[derive(Debug)]
pub enum Ended {
    /// Answered.
    Answered(Responded),
    /// Refused; its sender was told.
    Rejected(Rejection),
    /// Our trouble; tried again later.
    Faulted(Fault),
}

/// Takes a staged delivery to its end: answers, a receipt for a rejection, a retry for a fault. One whose answer lies
/// ready since an earlier run is only handed out. While rows are read, `meanwhile` is done now and then.
pub fn run(cx: &Context, job: Job, meanwhile: &dyn Fn()) -> Ended {
    let kept = job.clone();
    marker::place(cx, &kept);
    let stage = Followed::new(cx, &kept, meanwhile);
    let tracked = Context {
        progress: &stage,
        ..*cx
    };
    let fault = match respond::is_ready(cx, &kept) {
        Ok(true) => match respond::finish(cx, &kept) {
            Ok(ended) => return ended,
            Err(fault) => fault,
        },
        Ok(false) => match caught(&tracked, job) {
            Ok(responded) => return Ended::Answered(responded),
            Err(Stop::Rejected(rejection)) => match respond::refuse(cx, &kept, &rejection) {
                Ok(()) => return Ended::Rejected(rejection),
                Err(fault) => fault,
            },
            Err(Stop::Fault(fault)) => fault,
        },
        Err(fault) => fault,
    };
    if let Err(trouble) = note_fault(cx, &kept, &fault) {
        // The disk may be full: the delivery stays open, and the next pass tries it again.
        tracing::error!(fault = %trouble, "cannot note a fault");
    }
    Ended::Faulted(fault)
}

/// The whole way; a panic is a fault of this delivery and ends nothing else.
pub fn caught(cx: &Context, job: Job) -> Result<Responded, Stop> {
    catch_unwind(AssertUnwindSafe(|| advance(cx, job))).unwrap_or(Err(Stop::Fault(Fault::Bug)))
}

fn note_fault(cx: &Context, job: &Job, fault: &Fault) -> Result<(), Fault> {
    let now = (cx.clock)();
    let wait = FIRST_RETRY * (1_i32 << job.faults.min(MOST_DOUBLINGS));
    let event = Event {
        delivery: job.id,
        at: now,
        stage: job.account.told().stage(),
        outcome: Outcome::Fault,
        code: None,
        detail: Some(fault.to_string()),
    };
    let retry_at = now.checked_add(wait.min(LONGEST_RETRY));
    cx.ledger.fault(&event, retry_at.unwrap_or(Timestamp::MAX))
}
