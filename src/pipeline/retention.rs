//! What is kept is destroyed at the end of its retention, and the ledger keeps a record of that (UU 27/2022, 42–44).
//!
//! Each party's newest snapshot and each reconciliation's newest list of differences stay: the next delivery is compared
//! with them; so does what an answer that is still kept depends on. Of every older delivery the archived ciphertext, the
//! snapshots and the lists go. The record of what happened at the door is kept for the same time.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::files;
use crate::layout::Layout;
use crate::ledger::{Delivery, Event, Outcome, Stage};

use super::{Context, archive};

/// Destroys what has been kept long enough, by a clock that is not in doubt. False if it is: then all of it stays.
pub fn destroy_expired(cx: &Context) -> Result<bool, Fault> {
    let now = (cx.clock)();
    if cx.ledger.clock()?.is_doubtful(now) {
        return Ok(false);
    }
    let kept = SignedDuration::try_from(cx.config.retention.archive).unwrap_or(SignedDuration::MAX);
    let Ok(until) = now.checked_sub(kept) else {
        return Ok(true);
    };
    cx.ledger.trim_door(until)?;
    destroy_months(cx, until)?;
    let expired = cx.ledger.expired(until)?;
    if expired.is_empty() {
        return Ok(true);
    }
    let needed = cx.ledger.needed_since(until)?;
    for delivery in expired {
        if needed.contains(&delivery.id) || is_newest(cx, &delivery)? {
            continue;
        }
        destroy(cx, &delivery)?;
        cx.ledger.append(&Event {
            delivery: delivery.id,
            at: now,
            stage: Stage::Respond,
            outcome: Outcome::Destroyed,
            code: None,
            detail: Some("all that was kept is destroyed at the end of its retention".to_owned()),
        })?;
    }
    Ok(true)
}

/// In months of the archive that ended before, what the ledger does not know as a delivery received then, as earlier
/// attempts and what was turned away.
fn destroy_months(cx: &Context, until: Timestamp) -> Result<(), Fault> {
    let newest = Layout::month(until);
    for (_, party) in files::list(&cx.layout.archive())? {
        for (month, path) in files::list(&party)? {
            if month < newest {
                for (name, kept) in files::list(&path)? {
                    if !is_known(cx, &name, &kept)? {
                        files::remove_dir(&kept)?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Whether the name is that of a delivery kept just there: its own end comes with a record.
fn is_known(cx: &Context, name: &str, kept: &Path) -> Result<bool, Fault> {
    let Ok(id) = name.parse::<DeliveryId>() else {
        return Ok(false);
    };
    let known = cx.ledger.delivery(&id)?;
    Ok(known.is_some_and(|d| cx.layout.archived(&d.party, d.received, &d.id) == *kept))
}

/// Whether the next delivery is compared with something that this one left.
fn is_newest(cx: &Context, delivery: &Delivery) -> Result<bool, Fault> {
    for part in &delivery.parts {
        let newest = cx.ledger.current(&delivery.party, &part.dataset)?;
        if newest.is_some_and(|(id, _)| id == delivery.id) {
            return Ok(true);
        }
    }
    for reconciliation in &cx.config.agreement.reconciliations {
        if cx.ledger.state_of(&reconciliation.id)? == Some(delivery.id) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn destroy(cx: &Context, delivery: &Delivery) -> Result<(), Fault> {
    for kept in archive::every_attempt(cx, delivery)? {
        files::remove_dir(&kept)?;
    }
    for part in &delivery.parts {
        let path = cx
            .layout
            .snapshot(&delivery.party, &part.dataset, &delivery.id);
        files::remove_file(&path)?;
    }
    for reconciliation in &cx.config.agreement.reconciliations {
        let path = cx.layout.differences(&reconciliation.id, &delivery.id);
        files::remove_file(&path)?;
    }
    Ok(())
}
