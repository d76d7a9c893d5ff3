//! Time does not go back: what was judged at one instant is never judged again at an earlier one.
//!
//! The ledger remembers the newest instant of any event. A clock that stands a little behind it (a correction by NTP)
//! is taken to stand still until it has caught up. One that stands far behind is wrong now or was wrong before, and
//! nobody but an operator can tell which: until then nothing is judged, refused or called late.
//!
//! A clock that is suddenly far ahead may be right: after a service was off for long. So deliveries are judged by it; but
//! what would be destroyed by it stays until an operator has said that it is right.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::fault::Fault;
use crate::ledger::{Clock, Ledger, ServiceEvent};

use super::Context;
use super::pass::lock;

/// A clock may stand so far behind the newest event and count as right.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(1);
/// A step that is worth a word to the operator.
const NOTABLE: SignedDuration = SignedDuration::from_secs(10);
/// After so long without an event the ledger is told that time went on.
const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// What an operator is told of a clock that went far ahead.
pub const LEAPT: &str = "more than a week went by at once, so nothing that is kept is destroyed: if the clock is right, \
     say so with `padan clock --accept --reason TEXT`; if not, mend it";

/// A clock that never tells an earlier instant than it, or the ledger, told before.
pub struct Steady<'a> {
    clock: &'a (dyn Fn() -> Timestamp + Sync),
    newest: Mutex<Timestamp>,
}

impl<'a> Steady<'a> {
    /// From the ledger's newest instant on. A [`Fault::Clock`] if the clock stands too far behind it.
    pub fn of(cx: &Context<'a>) -> Result<Self, Fault> {
        let now = (cx.clock)();
        let known = cx.ledger.clock()?;
        let mark = known.newest.unwrap_or(now);
        tell(cx.ledger, now, mark, known.told_behind)?;
        if holds(now, mark) {
            return Err(Fault::Clock { now, mark });
        }
        go_on(cx.ledger, now, &known)?;
        Ok(Self {
            clock: cx.clock,
            newest: Mutex::new(mark.max(now)),
        })
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = (*newest).max((self.clock)());
        *newest
    }
}

/// Whether the clock stands so far behind the newest event that nothing is judged.
pub fn holds(now: Timestamp, newest: Timestamp) -> bool {
    now.duration_until(newest) > TOLERANCE
}

/// An operator has made sure that the clock is right now: what was noted at a later instant was noted at a wrong one, and
/// what has been kept long enough by it may be destroyed.
pub fn accept_clock(cx: &Context, reason: &str) -> Result<(), Fault> {
    let _lock = lock(cx)?;
    cx.ledger.set_clock_back(&ServiceEvent {
        detail: Some(reason.to_owned()),
        ..ServiceEvent::new((cx.clock)(), "clock_accepted")
    })
}

/// Notes each day that time goes on, so that a leap shows; and tells of it.
fn go_on(ledger: &dyn Ledger, now: Timestamp, known: &Clock) -> Result<(), Fault> {
    let quiet = |newest: Timestamp| newest.duration_until(now) >= QUIET;
    if !known.newest.is_none_or(quiet) {
        return Ok(());
    }
    ledger.goes_on(now)?;
    if known.leapt.is_none() && known.is_doubtful(now) {
        tracing::warn!(%now, newest = ?known.newest, "{LEAPT}");
    }
    Ok(())
}

/// Tells the operator once when the clock falls behind, and once when it is well again.
fn tell(ledger: &dyn Ledger, now: Timestamp, mark: Timestamp, told: bool) -> Result<(), Fault> {
    let behind = now.duration_until(mark);
    let word = if behind > NOTABLE && !told {
        tracing::warn!(%now, newest = %mark, "the clock stands behind the newest event");
        "clock_behind"
    } else if behind <= SignedDuration::ZERO && told {
        tracing::info!("the clock has caught up with the newest event");
        "clock_caught_up"
    } else {
        return Ok(());
    };
    let event = ServiceEvent {
        detail: Some(format!("the newest event was at {mark}")),
        ..ServiceEvent::new(now, word)
    };
    ledger.clock_told(!told, &event)
}
