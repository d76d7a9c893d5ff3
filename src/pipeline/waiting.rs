//! What lies in an inbox and makes no delivery yet: it rests, its sender is told, at last it is refused, or removed if
//! a broken upload left it behind.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::ledger::{State, Waiting};
use crate::rejection::Code;

use super::early::is_kept_signature;
use super::recorded::recorded;
use super::scan::{Candidate, Incomplete, file_name, fingerprint, open_unwritten};
use super::{Context, respond};

/// Until the next pass, where one alone may not do all.
const SOON: Duration = Duration::from_millis(100);

/// What to do about something incomplete.
pub enum Wait {
    /// Look again then.
    Until(Duration),
    /// It stayed so too long: claim it, to be refused.
    Enough(Box<Candidate>),
    /// Nothing more to do until its sender does something.
    ForEvent,
    /// It was removed; so many bytes.
    Removed(u64),
}

/// Since when each has lain as it is. All are noted at once: an inbox may hold thousands.
pub fn resting_since(cx: &Context, incomplete: &[Incomplete]) -> Result<Vec<Timestamp>, Fault> {
    if incomplete.is_empty() {
        return Ok(vec![]);
    }
    let entries: Vec<_> = incomplete.iter().map(|one| entry(cx, one)).collect();
    cx.ledger.waiting(&entries, (cx.clock)())
}

fn entry(cx: &Context, incomplete: &Incomplete) -> Waiting {
    Waiting {
        party: incomplete.party.clone(),
        place: recorded(cx.config, &incomplete.place),
        fingerprint: incomplete.fingerprint,
    }
}

/// A signature that is kept already goes at once. After `settle` the sender is told what is missing; after `give_up` it is refused. What a broken upload left behind
/// goes after `leftovers`. At most `notes` are written, and counted down.
pub fn wait(
    cx: &Context,
    incomplete: &Incomplete,
    since: Timestamp,
    notes: &mut u32,
) -> Result<Wait, Fault> {
    if incomplete.candidate.is_none()
        && is_kept_signature(&cx.desk(), &incomplete.party, &incomplete.place)?
    {
        return remove_kept(cx, incomplete);
    }
    let now = (cx.clock)();
    let rested = since
        .duration_until(now)
        .max(SignedDuration::ZERO)
        .unsigned_abs();
    let leaves = incomplete
        .left_over
        .then(|| cx.config.leftovers().saturating_sub(rested));
    match leaves {
        Some(Duration::ZERO) if *notes == 0 => return Ok(Wait::Until(SOON)),
        Some(Duration::ZERO) => {
            *notes -= 1;
            return remove_left_over(cx, incomplete, since);
        }
        // Its name says that more is to come: there is nothing to tell.
        Some(wait) if incomplete.code == Code::LeftOver => return Ok(Wait::Until(wait)),
        _ => {}
    }
    if rested < cx.config.settle {
        return Ok(Wait::Until(cx.config.settle - rested));
    }
    match &incomplete.candidate {
        Some(candidate) if rested >= cx.config.give_up || closed(cx, candidate)? => {
            Ok(Wait::Enough(Box::new(candidate.clone())))
        }
        candidate => {
            if *notes == 0 {
                return Ok(Wait::Until(SOON));
            }
            if cx.ledger.waiting_told(&entry(cx, incomplete))? {
                *notes -= 1;
                respond::waiting_note(cx, incomplete, since)?;
            }
            Ok(match candidate {
                Some(_) => Wait::Until(cx.config.give_up - rested),
                None => leaves.map_or(Wait::ForEvent, Wait::Until),
            })
        }
    }
}

/// Forgets what is no longer there, and the notes about lonely files among it. A manifest's note bears the name of the
/// receipt that follows it, so it stays.
pub fn forget_others(cx: &Context, party: &PartyId, present: &[String]) -> Result<(), Fault> {
    let present: Vec<_> = present
        .iter()
        .map(|place| recorded(cx.config, place))
        .collect();
    for place in cx.ledger.waiting_only(party, &present)? {
        if !place.ends_with(".sha256") {
            respond::remove_note(cx, party, &place)?;
        }
    }
    Ok(())
}

/// Plaintext must not lie on our disk: its sender is told, in one note about all these files of one party, and they go at
/// once.
pub fn remove_plaintext(cx: &Context, files: &[Incomplete]) -> Result<Vec<Wait>, Fault> {
    let mut held = Vec::new();
    let mut waits = Vec::new();
    for file in files {
        match hold(cx, file)? {
            Ok(removable) => held.push((file, removable)),
            Err(wait) => waits.push(wait),
        }
    }
    let going: Vec<_> = held.iter().map(|(file, _)| *file).collect();
    respond::joint_note(cx, &going, (cx.clock)())?;
    for (file, removable) in held {
        waits.push(removable.remove(cx, &file.party)?);
    }
    Ok(waits)
}

/// It would make the next delivery of that name look complete before its own signature has come. Its sender has its
/// receipt already.
fn remove_kept(cx: &Context, incomplete: &Incomplete) -> Result<Wait, Fault> {
    match hold(cx, incomplete)? {
        Ok(removable) => removable.remove(cx, &incomplete.party),
        Err(wait) => Ok(wait),
    }
}

fn remove_left_over(
    cx: &Context,
    incomplete: &Incomplete,
    since: Timestamp,
) -> Result<Wait, Fault> {
    let gone = Incomplete {
        code: Code::LeftOver,
        ..incomplete.clone()
    };
    match hold(cx, &gone)? {
        Ok(removable) => {
            respond::waiting_note(cx, &gone, since)?;
            removable.remove(cx, &gone.party)
        }
        Err(wait) => Ok(wait),
    }
}

/// A file that may be removed as soon as its sender is told: nobody begins to write it meanwhile.
struct Removable {
    path: PathBuf,
    held: File,
}

/// Takes hold of a file to remove. While somebody writes it, or when it is not as it was found, it stays: whoever closes
/// it wakes the next pass.
fn hold(cx: &Context, incomplete: &Incomplete) -> Result<Result<Removable, Wait>, Fault> {
    let inbox = cx.layout.inbox(&incomplete.party);
    let path = inbox.join(&incomplete.place);
    let Some(held) = open_unwritten(&path) else {
        return Ok(Err(Wait::ForEvent));
    };
    let meta = held.metadata().map_err(Fault::io("look into", &inbox))?;
    if fingerprint(file_name(&incomplete.place), &meta) != incomplete.fingerprint {
        return Ok(Err(Wait::Until(SOON)));
    }
    Ok(Ok(Removable { path, held }))
}

impl Removable {
    fn remove(self, cx: &Context, party: &PartyId) -> Result<Wait, Fault> {
        let inbox = cx.layout.inbox(party);
        let meta = self.held.metadata();
        let bytes = meta.map_err(Fault::io("look into", &inbox))?.len();
        fs::remove_file(&self.path).map_err(Fault::io("remove a file from", &inbox))?;
        Ok(Wait::Removed(bytes))
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
