//! One pass: look through the inboxes, take what is complete, run everything that is open.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::time::Duration;

use crate::agreement::PartyId;
use crate::delivery::{DataFileName, DeliveryId};
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Delivery, Event, Outcome, Stage, State};
use crate::rejection::{Code, Rejection};

use super::calendar::{self, Called};
use super::clock::Steady;
use super::held::Held;
use super::job::Job;
use super::keys;
use super::run::{Ended, FIRST_RETRY, run};
use super::scan::{Candidate, Incomplete, scan};
use super::take::{self, Taken};
use super::waiting::{Wait, forget_others, remove_plaintext, resting_since, wait};
use super::{Context, archive, respond, retention, status_page};

/// Most notes about incomplete things that one pass writes; the next one follows at once.
const MOST_NOTES: u32 = 50;
/// Of the plain tables that one pass removes from an inbox, each of the first ones gets a note of its own; so many of the
/// others share one. Notes are brought to the disk, and thousands of them would hold up the other party's next pass.
const SINGLE_NOTES: usize = 20;
const MOST_IN_A_NOTE: usize = 200;

/// A delivery of so many bytes is answered beside a larger one, while that one's rows are read: some ten thousand rows.
const SMALL: u64 = 4 << 20;

/// What one pass did.
#[derive(Debug, Default)]
pub struct Pass {
    /// Deliveries that were run, in the order in which they ended.
    pub ended: Vec<(Delivery, Ended)>,
    /// Attempts among those that were refused for the same reason as the one before: a client tries again by itself.
    pub refused_again: BTreeSet<(DeliveryId, u32)>,
    /// Deliveries that came again and got the same receipt.
    pub repeated: Vec<Delivery>,
    /// Deliveries that are still open and were not run: after a fault their next try comes later, or they wait behind one
    /// of the same datasets that does.
    pub left: Vec<Delivery>,
    /// When the next pass is due although no event comes: a retry, or a note to a sender.
    pub due: Option<Duration>,
    /// Files that were removed from inboxes, and why.
    pub removed: Vec<Removed>,
    /// What parties were told to be missing, or no longer.
    pub called: Vec<Called>,
    /// Nothing is destroyed, however long it was kept: the clock is in doubt.
    pub keeps_all: bool,
    /// Faults outside any delivery's own run.
    pub faults: Vec<Fault>,
}

/// A file that was removed from an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Whose inbox.
    pub party: PartyId,
    /// Why: [`Code::NotEncrypted`] or [`Code::LeftOver`].
    pub code: Code,
    /// Its size.
    pub bytes: u64,
}

impl Pass {
    /// Goes on after a fault that concerns one thing only: the next pass tries that again, soon.
    pub(super) fn attempt<T>(&mut self, outcome: Result<T, Fault>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(fault) => {
                self.faults.push(fault);
                self.wake_in(FIRST_RETRY.unsigned_abs());
                None
            }
        }
    }

    /// Adds what another one did.
    fn join(&mut self, other: Self) {
        self.ended.extend(other.ended);
        self.refused_again.extend(other.refused_again);
        self.repeated.extend(other.repeated);
        self.left.extend(other.left);
        self.removed.extend(other.removed);
        self.called.extend(other.called);
        self.keeps_all |= other.keeps_all;
        self.faults.extend(other.faults);
        if let Some(due) = other.due {
            self.wake_in(due);
        }
    }

    pub(super) fn wake_in(&mut self, wait: Duration) {
        self.due = Some(self.due.map_or(wait, |due| due.min(wait)));
    }
}

/// Takes every complete delivery as far as it goes. Only one pass runs at a time, whatever the process; trouble with one
/// delivery or one party holds up no other.
pub fn pass(cx: &Context) -> Result<Pass, Fault> {
    let _lock = lock(cx)?;
    let steady = Steady::of(cx)?;
    let cx = &Context {
        clock: &|| steady.now(),
        ..*cx
    };
    let mut done = Pass::default();
    for party in &cx.config.agreement.parties {
        done.attempt(cx.layout.create_party(&party.id));
    }
    for fault in archive::tidy(cx)? {
        done.attempt::<()>(Err(fault));
    }
    done.keeps_all = done.attempt(retention::destroy_expired(cx)) == Some(false);
    for delivery in cx.ledger.open()? {
        done.attempt(take::resume(cx, &delivery));
    }
    let resting = take_and_run(cx, &mut done)?;
    // Notes come after answers: what one party leaves lying about holds up nobody's delivery.
    let mut notes = MOST_NOTES;
    let mut given_up = false;
    for (party, incomplete) in resting {
        let (plaintext, waiting): (Vec<_>, Vec<_>) = incomplete
            .into_iter()
            .partition(|incomplete| incomplete.code == Code::NotEncrypted);
        // All of it goes at once, however much it is.
        let (single, rest) = plaintext.split_at(plaintext.len().min(SINGLE_NOTES));
        for files in single.chunks(1).chain(rest.chunks(MOST_IN_A_NOTE)) {
            let outcome = remove_plaintext(cx, files);
            for wait in done.attempt(outcome).unwrap_or_default() {
                mind(cx, &party, Code::NotEncrypted, Ok(wait), &mut done);
            }
        }
        let since = done
            .attempt(resting_since(cx, &waiting))
            .unwrap_or_default();
        for (incomplete, since) in waiting.iter().zip(since) {
            let outcome = wait(cx, incomplete, since, &mut notes);
            given_up |= mind(cx, &party, Code::LeftOver, outcome, &mut done);
        }
        done.attempt(status_page::write(cx, &party));
    }
    if given_up {
        run_open(cx, &mut done, None)?;
    }
    // Last: what lay in an inbox has been accepted by now.
    calendar::mind(cx, &mut done);
    done.attempt(keys::tell(cx));
    let mut left = cx.ledger.open()?;
    left.retain(|open| !done.ended.iter().any(|(ran, _)| is_same_attempt(ran, open)));
    done.left = left;
    Ok(done)
}

/// What lies incomplete, by party.
type Resting = Vec<(PartyId, Vec<Incomplete>)>;

/// Takes and runs until nothing complete is left; returns what is incomplete.
fn take_and_run(cx: &Context, done: &mut Pass) -> Result<Resting, Fault> {
    loop {
        let mut taken = false;
        let mut resting = Vec::new();
        for party in &cx.config.agreement.parties {
            let incomplete = look_through(cx, &party.id, done, &mut taken);
            resting.push((party.id.clone(), incomplete));
            done.attempt(status_page::write(cx, &party.id));
        }
        taken |= run_open(cx, done, None)?;
        if !taken {
            return Ok(resting);
        }
    }
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

/// One party's inbox: takes what is complete; returns what is not.
fn look_through(
    cx: &Context,
    party: &PartyId,
    done: &mut Pass,
    taken: &mut bool,
) -> Vec<Incomplete> {
    let Some(found) = done.attempt(scan(cx, party)) else {
        return vec![];
    };
    if found.is_overfull() {
        done.attempt::<()>(Err(Fault::Inconsistent(format!(
            "the inbox of {party} holds too many files; some are not looked at until others are gone"
        ))));
    }
    let mut inbox = found.inbox;
    for candidate in &found.complete {
        let outcome = take_one(cx, candidate, done);
        if done.attempt(outcome).unwrap_or(false) {
            *taken = true;
            candidate.places().for_each(|place| {
                inbox.remove(&place);
            });
        }
    }
    cx.board.set_inbox(party, inbox);
    let places: Vec<_> = found.incomplete.iter().map(|i| i.place.clone()).collect();
    done.attempt(forget_others(cx, party, &places));
    found.incomplete
}

/// What becomes of one thing that rests in an inbox, and is removed for the reason `code` if it is. Returns whether it is
/// in staging now, to be refused.
fn mind(
    cx: &Context,
    party: &PartyId,
    code: Code,
    outcome: Result<Wait, Fault>,
    done: &mut Pass,
) -> bool {
    match done.attempt(outcome) {
        Some(Wait::Until(due)) => done.wake_in(due),
        Some(Wait::Enough(candidate)) => {
            let outcome = take_one(cx, &candidate, done);
            return done.attempt(outcome).unwrap_or(false);
        }
        Some(Wait::Removed(bytes)) => done.removed.push(Removed {
            party: party.clone(),
            code,
            bytes,
        }),
        Some(Wait::ForEvent) | None => {}
    }
    false
}

/// Whether the candidate is in staging now.
fn take_one(cx: &Context, candidate: &Candidate, done: &mut Pass) -> Result<bool, Fault> {
    match take::take(cx, candidate)? {
        Taken::Staged => Ok(true),
        Taken::NotYet => Ok(false),
        Taken::Repeated(delivery, held) => {
            respond::repeat_receipt(cx, &delivery, &candidate.stem)?;
            note(cx, &delivery, Outcome::Repeated, None)?;
            held.remove()?;
            done.repeated.push(*delivery);
            Ok(false)
        }
        Taken::Strange(job, code, held) => turn_away(cx, &job, code, held).map(|()| false),
    }
}

/// A receipt, a line in the story of the delivery whose manifest it is, and the archive.
fn turn_away(cx: &Context, job: &Job, code: Code, held: Held) -> Result<(), Fault> {
    respond::turn_away(cx, job, &Rejection::new(code))?;
    if let Some(known) = cx.ledger.delivery(&job.id)? {
        let detail = format!("{code}: its manifest was dropped by {}", job.party());
        note(cx, &known, Outcome::TurnedAway, Some(detail))?;
    }
    if held.move_into(&job.source)? {
        Ok(())
    } else {
        Err(Fault::Inconsistent(
            "files changed in the inbox while they were kept aside".into(),
        ))
    }
}

fn note(
    cx: &Context,
    delivery: &Delivery,
    outcome: Outcome,
    detail: Option<String>,
) -> Result<(), Fault> {
    cx.ledger.append(&Event {
        delivery: delivery.id,
        at: (cx.clock)(),
        stage: Stage::Claim,
        outcome,
        code: None,
        detail,
    })
}

/// Runs every open delivery whose turn it is, in order of receipt; or, `beside` one whose rows are being read, only what is
/// small and has nothing to do with it. Returns whether others were taken meanwhile.
fn run_open(cx: &Context, done: &mut Pass, beside: Option<&Delivery>) -> Result<bool, Fault> {
    let mut held: BTreeSet<_> = beside.map(datasets).into_iter().flatten().collect();
    let taken = Cell::new(false);
    for listed in cx.ledger.open()? {
        // What was run beside another since is no longer open, or waits.
        let known = cx.ledger.delivery(&listed.id)?;
        let open = |state| matches!(state, State::Claiming | State::Open);
        let Some(delivery) = known.filter(|delivery| open(delivery.state)) else {
            continue;
        };
        if beside.is_some_and(|large| large.id == delivery.id) {
            continue;
        }
        let datasets = datasets(&delivery);
        let now = (cx.clock)();
        let later = delivery.retry_at.filter(|at| *at > now);
        if let Some(at) = later {
            done.wake_in(now.duration_until(at).unsigned_abs());
        }
        // Its fault may not have been noted: the disk may be full.
        let faulted = done.ended.iter().any(|(ended, how)| {
            is_same_attempt(ended, &delivery) && matches!(how, Ended::Faulted(_))
        });
        // Files of a delivery whose claim did not end still lie in the inbox: it has a fault, not a file less. And one
        // that waits holds back later ones of the same datasets: they would overtake it.
        let waits = delivery.state == State::Claiming || later.is_some() || faulted;
        let large = beside.is_some() && !is_small(cx, &delivery);
        if waits || large || datasets.iter().any(|dataset| held.contains(dataset)) {
            held.extend(datasets);
            continue;
        }
        let aside = RefCell::new(Pass::default());
        let meanwhile = || {
            if beside.is_none()
                && let Ok(mut aside) = aside.try_borrow_mut()
            {
                taken.set(look_aside(cx, &delivery, &mut aside) || taken.get());
            }
        };
        let ended = run(cx, Job::of(cx, &delivery), &meanwhile);
        done.join(aside.into_inner());
        done.attempt(status_page::write(cx, &delivery.party));
        let faulted = matches!(ended, Ended::Faulted(_));
        done.ended.push((delivery.clone(), ended));
        if faulted {
            held.extend(datasets);
            let noted = cx.ledger.delivery(&delivery.id)?;
            let retry = noted.and_then(|delivery| delivery.retry_at);
            let wait = retry.map(|at| (cx.clock)().duration_until(at).unsigned_abs());
            done.wake_in(wait.unwrap_or(FIRST_RETRY.unsigned_abs()));
        }
        if is_same_verdict(cx, &delivery)? {
            done.refused_again.insert((delivery.id, delivery.attempt));
        }
    }
    Ok(taken.get())
}

fn is_same_attempt(one: &Delivery, other: &Delivery) -> bool {
    (one.id, one.attempt) == (other.id, other.attempt)
}

/// While the rows of a large delivery are read: takes what has come, and answers what is small. Whether anything was taken:
/// what is not small has its turn afterwards.
fn look_aside(cx: &Context, large: &Delivery, aside: &mut Pass) -> bool {
    let mut taken = false;
    for party in &cx.config.agreement.parties {
        look_through(cx, &party.id, aside, &mut taken);
    }
    let outcome = run_open(cx, aside, Some(large));
    aside.attempt(outcome);
    taken
}

/// Whether the rest can wait for it.
fn is_small(cx: &Context, delivery: &Delivery) -> bool {
    let staged = cx.layout.staged(&delivery.id);
    let length =
        |name: &String| fs::metadata(staged.join(name)).map_or(u64::MAX, |meta| meta.len());
    let all = delivery.files.iter().map(length);
    all.fold(0, u64::saturating_add) <= SMALL
}

/// Whether its last two attempts were refused for the same reason.
fn is_same_verdict(cx: &Context, delivery: &Delivery) -> Result<bool, Fault> {
    if delivery.attempt == 1 {
        return Ok(false);
    }
    let events = cx.ledger.events(&delivery.id)?;
    let mut verdicts = events.iter().rev().filter_map(|event| event.code);
    let (last, before) = (verdicts.next(), verdicts.next());
    Ok(last.is_some() && last == before)
}

/// What a delivery is about, by the names of its files.
pub fn datasets(delivery: &Delivery) -> Vec<(PartyId, String)> {
    delivery
        .files
        .iter()
        .filter_map(|name| name.parse::<DataFileName>().ok())
        .map(|name| (delivery.party.clone(), name.dataset.to_string()))
        .collect()
}
