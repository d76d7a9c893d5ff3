//! `STATUS.txt`: a party's last deliveries and what became of each, always current.

use std::fmt::Write;
use std::fs;

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Delivery, State};

use super::calendar::outlook;
use super::{Context, recorded};

/// How many deliveries the page tells about.
const MOST: u32 = 20;

/// Writes the page, if anything on it changed.
pub fn write(cx: &Context, party: &PartyId) -> Result<(), Fault> {
    let page = page(cx, party)?;
    let path = cx.layout.status(party);
    if fs::read_to_string(&path).is_ok_and(|old| old == page) {
        return Ok(());
    }
    files::write_whole(&path, page.as_bytes())
}

fn page(cx: &Context, party: &PartyId) -> Result<String, Fault> {
    let mut page = format!(
        "PADAN  {party}\n\n\
         Kiriman terakhir (terbaru di atas) / last deliveries (newest first)\n\n"
    );
    let deliveries = cx.ledger.recent(Some(party), MOST)?;
    if deliveries.is_empty() {
        page.push_str("  belum ada / none yet\n");
    }
    for delivery in &deliveries {
        let received = delivery.received.to_zoned(cx.config.time_zone.clone());
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "  {}  {:<32} {}",
            received.strftime("%Y-%m-%d %H:%M"),
            state(delivery),
            printable(&delivery.stem)
        );
    }
    let waiting: Vec<_> = cx
        .ledger
        .incomplete()?
        .into_iter()
        .filter(|incomplete| incomplete.party == *party)
        .collect();
    if !waiting.is_empty() {
        page.push_str("\nBelum lengkap di inbox / incomplete in the inbox\n\n");
        // The ledger does not know names outside the rule; this page is for whoever chose them.
        let places = recorded::places(cx, party);
        let more = waiting.len().saturating_sub(MOST as usize);
        for incomplete in waiting.iter().take(MOST as usize) {
            let place = places.get(&incomplete.place).unwrap_or(&incomplete.place);
            let _ = writeln!(page, "  {}", printable(place));
        }
        if more > 0 {
            let _ = writeln!(page, "  … +{more}");
        }
    }
    page.push_str(&calendar_section(cx, party)?);
    page.push_str(
        "\nPenjelasan tiap kiriman ada di receipts/ / each delivery is explained in receipts/\n",
    );
    Ok(page)
}

/// What the agreement expects of the party and by when; empty where it expects nothing.
fn calendar_section(cx: &Context, party: &PartyId) -> Result<String, Fault> {
    let today = (cx.clock)().to_zoned(cx.config.time_zone.clone()).date();
    let mut outlooks = outlook(cx.ledger, &cx.config.agreement, today)?;
    outlooks.retain(|one| one.known.is_some() && one.party == *party);
    let mut section = String::new();
    if !outlooks.is_empty() {
        section.push_str("\nJadwal / calendar\n\n");
    }
    for one in &outlooks {
        let missing = &one.standing.missing;
        let state = match (missing.first().zip(missing.last()), &one.standing.next) {
            (Some((first, last)), _) => {
                format!("TERLAMBAT / late  {} .. {}", first.first, last.last)
            }
            (None, Some(next)) => format!("paling lambat / by {}", next.due),
            (None, None) => continue,
        };
        let _ = writeln!(section, "  {:<18}  {state}", one.dataset.as_str());
    }
    Ok(section)
}

/// A name that a party chose, without what a terminal would obey.
fn printable(name: &str) -> String {
    name.replace(char::is_control, "?")
}

fn state(delivery: &Delivery) -> String {
    match (delivery.state, delivery.code) {
        (State::Answered, _) => "DITERIMA / accepted".to_owned(),
        (State::Rejected, Some(code)) => format!("DITOLAK / refused {code}"),
        (State::Rejected, None) => "DITOLAK / refused".to_owned(),
        // Our own trouble is not the sender's error: for them it is under way.
        (State::Claiming | State::Open, _) => "DIPROSES / under way".to_owned(),
    }
}
