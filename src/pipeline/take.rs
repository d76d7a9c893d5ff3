//! Takes complete deliveries out of an inbox, and finishes or undoes what a killed process had begun to take.
//!
//! The ledger first, then file by file under locks. Until all of it is staged the delivery counts as not taken: it is
//! given back and found again.

use std::path::Path;

use jiff::Timestamp;

use crate::delivery::DataFileName;
use crate::fault::Fault;
use crate::files::{self, Moved};
use crate::ledger::{Begun, Delivery, Ledger, NewDelivery, State};
use crate::rejection::Code;

use super::account::Account;
use super::held::Held;
use super::job::{Job, Run};
use super::scan::Candidate;
use super::{Context, archive};

/// What became of a candidate.
#[derive(Debug)]
pub enum Taken {
    /// All of it is in staging.
    Staged,
    /// It was answered before. It lies in the inbox until the receipt is given: a process killed before begins again.
    Repeated(Box<Delivery>, Held),
    /// The manifest of a known delivery in strange company, another party's or with other data: to be turned away with
    /// this code.
    Strange(Box<Job>, Code, Held),
    /// Somebody is writing one of its files, they changed, or the same delivery is still under way: not yet.
    NotYet,
}

/// What the ledger knows of a manifest in somebody's inbox.
#[derive(Debug)]
pub enum Standing {
    /// Nothing, or that it was refused: it may be taken.
    New,
    /// It was answered.
    Answered(Box<Delivery>),
    /// It is being worked on.
    UnderWay,
    /// It is another party's.
    Foreign,
}

/// Asks the ledger about a candidate.
pub fn standing(ledger: &dyn Ledger, candidate: &Candidate) -> Result<Standing, Fault> {
    let Some(known) = ledger.delivery(&candidate.id)? else {
        return Ok(Standing::New);
    };
    if known.party != candidate.party && !is_theirs_to_send(&known, candidate) {
        return Ok(Standing::Foreign);
    }
    Ok(match known.state {
        State::Answered => Standing::Answered(Box::new(known)),
        State::Claiming | State::Open => Standing::UnderWay,
        State::Rejected => Standing::New,
    })
}

/// Moves a complete delivery into staging, unless it is no new one.
pub fn take(cx: &Context, candidate: &Candidate) -> Result<Taken, Fault> {
    let here = cx.layout.inbox(&candidate.party).join(&candidate.folder);
    let Some(held) = Held::of(&here, &candidate.files) else {
        return Ok(Taken::NotYet);
    };
    // Looking takes long; what lies there now may be another delivery.
    if held.id() != Some(candidate.id) {
        return Ok(Taken::NotYet);
    }
    let received = (cx.clock)();
    match standing(cx.ledger, candidate)? {
        Standing::New => {}
        Standing::UnderWay => return Ok(Taken::NotYet),
        Standing::Foreign => {
            let job = strange(cx, candidate, received)?;
            return Ok(Taken::Strange(Box::new(job), Code::NameNotSender, held));
        }
        Standing::Answered(_) if candidate.lacks == Some(Code::ChecksumMismatch) => {
            let job = strange(cx, candidate, received)?;
            return Ok(Taken::Strange(Box::new(job), Code::ChecksumMismatch, held));
        }
        Standing::Answered(known) => return Ok(Taken::Repeated(known, held)),
    }
    let begun = cx.ledger.begin(&NewDelivery {
        id: candidate.id,
        party: candidate.party.clone(),
        stem: candidate.stem.clone(),
        folder: candidate.folder.clone(),
        files: candidate.files.clone(),
        received,
        begun: received,
    })?;
    let delivery = cx.ledger.delivery(&candidate.id)?;
    let (Begun::Open, Some(delivery)) = (begun, delivery) else {
        return Err(Fault::Inconsistent(
            "a new delivery does not open in the ledger".into(),
        ));
    };
    if held.move_into(&cx.layout.staged(&candidate.id))? {
        cx.ledger.claimed(&candidate.id, (cx.clock)())?;
        return Ok(Taken::Staged);
    }
    drop(held);
    undo(cx, &delivery)?;
    Ok(Taken::NotYet)
}

/// Finishes a claim that was interrupted when all files had been moved; undoes any other.
pub fn resume(cx: &Context, delivery: &Delivery) -> Result<(), Fault> {
    if delivery.state != State::Claiming {
        return Ok(());
    }
    // Whoever still writes to a staged file shows by its lock.
    match Held::of(&cx.layout.staged(&delivery.id), &delivery.files) {
        Some(_all) => cx.ledger.claimed(&delivery.id, (cx.clock)()),
        None => undo(cx, delivery),
    }
}

/// Gives back what was moved, never over a file that came meanwhile, and forgets the claim.
fn undo(cx: &Context, delivery: &Delivery) -> Result<(), Fault> {
    let inbox = cx.layout.inbox(&delivery.party);
    let here = inbox.join(&delivery.folder);
    let staged = cx.layout.staged(&delivery.id);
    for (name, path) in files::list(&staged)? {
        if path.is_file() && !give_back(&path, &[&here, &inbox], &name)? {
            // A newer file has its place: this one is kept.
            let kept = cx
                .layout
                .archived(&delivery.party, delivery.received, &delivery.id);
            let place = archive::free_place(&kept, |place| place.join(&name).exists())?;
            files::create_dir(&place)?;
            files::rename(&path, &place.join(&name))?;
        }
    }
    files::remove_dir(&staged)?;
    cx.ledger.withdraw(&delivery.id, (cx.clock)())
}

/// Into the first of the folders that is there and has no such name.
fn give_back(path: &Path, folders: &[&Path], name: &str) -> Result<bool, Fault> {
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        if files::move_new(path, &folder.join(name))? == Moved::Yes {
            files::sync_dir(folder)?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Somebody else's account had dropped the same manifest and was refused: the party whose data it is may send it.
fn is_theirs_to_send(known: &Delivery, candidate: &Candidate) -> bool {
    let mut names = candidate
        .files
        .iter()
        .filter_map(|name| name.parse::<DataFileName>().ok())
        .peekable();
    known.state == State::Rejected
        && names.peek().is_some()
        && names.all(|name| name.party == candidate.party)
}

/// It goes into the archive of the party that dropped it, beside others that are whole: with their manifests.
fn strange(cx: &Context, candidate: &Candidate, received: Timestamp) -> Result<Job, Fault> {
    let kept = cx
        .layout
        .archived(&candidate.party, received, &candidate.id);
    let manifest = format!("{}.sha256", candidate.stem);
    let source = archive::free_place(&kept, |place| place.join(&manifest).exists())?;
    Ok(Job {
        id: candidate.id,
        party: candidate.party.clone(),
        stem: candidate.stem.clone(),
        files: candidate.files.clone(),
        received,
        faults: 0,
        // No delivery has such a name, so what a killed process leaves of it is tidied away.
        work: cx.layout.staging().join(format!("{}.away", candidate.id)),
        source,
        run: Run::First,
        account: Account::default(),
    })
}
