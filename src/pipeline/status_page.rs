//! `STATUS.txt`: a party's deliveries on their way, what became of the last ones, and where everything in its inbox stands.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::agreement::{DatasetId, PartyId};
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Delivery, Stage, State};

use super::Context;
use super::calendar::outlook;

/// How many finished deliveries the page tells about.
const MOST_FINISHED: u32 = 20;
/// How many unfinished ones, and how many things in the inbox, it lists; of more it says how many they are.
const MOST_UNFINISHED: u32 = 50;

/// Writes the page, if anything on it changed.
pub fn write(cx: &Context, party: &PartyId) -> Result<(), Fault> {
    files::replace_loosely(&cx.layout.status(party), page(cx, party)?.as_bytes())
}

fn page(cx: &Context, party: &PartyId) -> Result<String, Fault> {
    let mut page = format!("PADAN  {party}\n");
    // Of each dataset only the newest accepted delivery waits for the other party: those are told of by this.
    let mut lonely = without_counterpart(cx, party)?;
    let open = cx.ledger.open_of(party, MOST_UNFINISHED)?;
    if !open.is_empty() {
        page.push_str("\nBelum selesai (menurut urutan) / not finished (in their order)\n\n");
        for delivery in &open {
            page.push_str(&told(cx, delivery, &mut lonely));
        }
        let all = cx.ledger.counts(Some(party))?.open;
        page.push_str(&more(all, open.len()));
    }
    let closed = cx.ledger.closed_of(party, MOST_FINISHED)?;
    if !closed.is_empty() || open.is_empty() {
        page.push_str("\nKiriman terakhir (terbaru di atas) / last deliveries (newest first)\n\n");
    }
    for delivery in &closed {
        page.push_str(&told(cx, delivery, &mut lonely));
    }
    if closed.is_empty() && open.is_empty() {
        page.push_str("  belum ada / none yet\n");
    }
    page.push_str(&inbox_section(cx, party));
    page.push_str(&calendar_section(cx, party)?);
    page.push_str(
        "\nPenjelasan tiap kiriman ada di receipts/ / each delivery is explained in receipts/\n",
    );
    Ok(page)
}

/// One delivery and what became of it.
fn told(cx: &Context, delivery: &Delivery, lonely: &mut BTreeSet<DatasetId>) -> String {
    let received = delivery.received.to_zoned(cx.config.time_zone.clone());
    format!(
        "  {}  {}\n                    {}\n",
        received.strftime("%Y-%m-%d %H:%M"),
        printable(&delivery.stem),
        state(cx, delivery, lonely),
    )
}

/// How many of `all` are not listed; nothing where all are.
fn more(all: u64, listed: usize) -> String {
    match all.saturating_sub(listed as u64) {
        0 => String::new(),
        more => format!("  dan {more} lagi / and {more} more\n"),
    }
}

/// What lies in the inbox; empty where nothing does.
fn inbox_section(cx: &Context, party: &PartyId) -> String {
    let inbox = cx.board.inbox(party);
    let all: Vec<_> = inbox.iter().filter(|(_, seen)| seen.leads).collect();
    if all.is_empty() {
        return String::new();
    }
    let listed = all.len().min(MOST_UNFINISHED as usize);
    let mut section = "\nDi inbox / in the inbox\n\n".to_owned();
    for (place, seen) in all.iter().take(listed) {
        let (indonesian, english) = (seen.standing.indonesian(), seen.standing.english());
        // Writing to a String cannot fail.
        let _ = writeln!(
            section,
            "  {}\n                    {indonesian} / {english}",
            printable(place)
        );
    }
    section + &more(all.len() as u64, listed)
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

/// The party's datasets of which the other party has sent no counterpart yet.
fn without_counterpart(cx: &Context, party: &PartyId) -> Result<BTreeSet<DatasetId>, Fault> {
    let agreement = &cx.config.agreement;
    let mut waiting = BTreeSet::new();
    for reconciliation in &agreement.reconciliations {
        let [one, other] = &reconciliation.sides;
        for (own, other) in [(one, other), (other, one)] {
            let sides = agreement.dataset(own).zip(agreement.dataset(other));
            if let Some((own, other)) = sides
                && own.party == *party
                && cx.ledger.current(&other.party, &other.id)?.is_none()
            {
                waiting.insert(own.id.clone());
            }
        }
    }
    Ok(waiting)
}

/// What became of a delivery. Of each dataset only the newest accepted one waits for the other party: `lonely` holds the
/// datasets of which none was seen yet.
fn state(cx: &Context, delivery: &Delivery, lonely: &mut BTreeSet<DatasetId>) -> String {
    match (delivery.state, delivery.code) {
        (State::Answered, _) => {
            let parts = delivery.parts.iter();
            // Not `any`, which would leave out the rest.
            let waits = parts.filter(|part| lonely.remove(&part.dataset)).count() > 0;
            match waits {
                true => "DITERIMA, menunggu pihak lain / accepted, waiting for the other party",
                false => "DITERIMA / accepted",
            }
            .to_owned()
        }
        (State::Rejected, Some(code)) => format!("DITOLAK ({code}) / refused ({code})"),
        (State::Rejected, None) => "DITOLAK / refused".to_owned(),
        (State::Claiming | State::Open, _) => {
            let examined = cx.board.examined();
            match examined.filter(|examined| examined.id == delivery.id) {
                Some(examined) => {
                    let (indonesian, english) = stage(examined.stage);
                    let (rows, baris) = match examined.rows {
                        0 => (String::new(), String::new()),
                        rows => (format!(", {rows} rows"), format!(", {rows} baris")),
                    };
                    format!(
                        "sedang diperiksa ({indonesian}{baris}) / being examined ({english}{rows})"
                    )
                }
                // Our own trouble is not the sender's error: for them it goes on.
                None if delivery.faults > 0 => "sedang diperiksa / being examined".to_owned(),
                None => "antre / queued".to_owned(),
            }
        }
    }
}

fn stage(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Claim => ("diambil", "taken"),
        Stage::Verify => ("tanda tangan", "signature"),
        Stage::Open => ("dibuka", "opened"),
        Stage::Ingest => ("baris data", "rows"),
        Stage::Reconcile => ("dibandingkan", "compared"),
        Stage::Respond => ("jawaban disusun", "answer prepared"),
    }
}
