//! What lies in an inbox and makes no delivery yet: it rests, its sender is told, at last it is refused.

use std::fs;
use std::time::Duration;

use jiff::SignedDuration;

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::ledger::{State, Waiting};

use super::scan::{Candidate, Incomplete, open_unwritten};
use super::{Context, respond};

/// What to do about something incomplete.
pub enum Wait {
    /// Look again then.
    Until(Duration),
    /// It stayed so too long: claim it, to be refused.
    Enough(Box<Candidate>),
    /// Nothing more to do until its sender does something.
    ForEvent,
}

/// After `settle` the sender is told what is missing; after `give_up` it is refused.
/// At most `notes` are written, and counted down.
pub fn wait(cx: &Context, incomplete: &Incomplete, notes: &mut u32) -> Result<Wait, Fault> {
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
            if *notes == 0 {
                return Ok(Wait::Until(Duration::from_millis(100)));
            }
            if cx.ledger.waiting_told(&entry)? {
                *notes -= 1;
                respond::waiting_note(cx, incomplete, since)?;
            }
            Ok(match candidate {
                Some(_) => Wait::Until(cx.config.give_up - rested),
                None => Wait::ForEvent,
            })
        }
    }
}

/// Forgets what is no longer there, and the notes about lonely files among it. A manifest's note bears the name of the
/// receipt that follows it, so it stays.
pub fn forget_others(cx: &Context, party: &PartyId, present: &[String]) -> Result<(), Fault> {
    for place in cx.ledger.waiting_only(party, present)? {
        if !place.ends_with(".sha256") {
            respond::remove_note(cx, party, &place)?;
        }
    }
    Ok(())
}

/// Plaintext must not lie on our disk: its sender is told, and it goes at once.
pub fn remove_plaintext(cx: &Context, incomplete: &Incomplete) -> Result<(), Fault> {
    let inbox = cx.layout.inbox(&incomplete.party);
    let path = inbox.join(&incomplete.place);
    // While it is still being written its end wakes the next pass.
    let Some(_lock) = open_unwritten(&path) else {
        return Ok(());
    };
    respond::waiting_note(cx, incomplete, (cx.clock)())?;
    fs::remove_file(&path).map_err(Fault::io("remove plaintext from", &inbox))
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
