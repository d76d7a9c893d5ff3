//! `padan status`: the last deliveries and what became of them.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::ledger::{Clock, Counts, Delivery, Incomplete, Ledger};
use crate::pipeline::{Standing, recorded, seen_beside};
use crate::serve;
use crate::trust::life::NOTICE_DAYS;

use super::Failure;
use super::expected;
use super::look::{self, Look, last_fault, safe, standing, time, zone_name};

/// List the last deliveries and what became of them, newest first
///
/// Works beside a running service.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  padan status --config /etc/padan/padan.yaml --party bkn")]
pub struct Args {
    /// The service's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only deliveries of this party.
    #[arg(long)]
    party: Option<PartyId>,
    /// How many deliveries at most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
    /// For machines.
    #[arg(long)]
    json: bool,
}

/// Prints the list on stdout.
pub fn run(args: Args) -> Result<(), Failure> {
    let look = Look::new(&args.config)?;
    look.check_party(args.party.as_ref())?;
    let overview = Overview::read(&look, args.party.as_ref(), args.limit)?;
    look::say(&if args.json {
        look::json(&overview)?
    } else {
        overview.page(&look.ledger, &look.config.time_zone)?
    })
}

/// What the ledger says about all deliveries, or those of one party.
#[derive(Debug, Serialize)]
struct Overview {
    deliveries: Vec<Delivery>,
    incomplete: Vec<Incomplete>,
    expected: Vec<expected::Line>,
    clock: Clock,
    inbox: Vec<Lying>,
    /// What somebody should do about keys.
    keys: Vec<String>,
    counts: Counts,
}

/// Something in an inbox.
#[derive(Debug, Serialize)]
struct Lying {
    party: PartyId,
    /// As the ledger has it: digests where the name does not follow the naming rule.
    place: String,
    /// The word that the party's own listing shows.
    #[serde(serialize_with = "word")]
    state: Standing,
}

fn word<S: Serializer>(state: &Standing, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(state.word())
}

impl Overview {
    fn read(look: &Look, party: Option<&PartyId>, most: u32) -> Result<Self, Fault> {
        let ledger = &look.ledger;
        let clock = ledger.clock()?;
        // As the service counts: its time does not go back.
        let now = Timestamp::now().max(clock.newest.unwrap_or(Timestamp::MIN));
        let today = now.to_zoned(look.config.time_zone.clone()).date();
        let mut incomplete = ledger.incomplete()?;
        incomplete.retain(|one| party.is_none_or(|party| one.party == *party));
        Ok(Self {
            deliveries: ledger.recent(party, most)?,
            inbox: inboxes(look, party)?,
            incomplete,
            expected: expected::lines(ledger, &look.config.agreement, party, today)?,
            clock,
            keys: key_warnings(look),
            counts: ledger.counts(party)?,
        })
    }

    /// For people, in English.
    fn page(&self, ledger: &dyn Ledger, zone: &TimeZone) -> Result<String, Fault> {
        let mut page = format!("Deliveries, newest first ({})\n", zone_name(zone));
        if self.deliveries.is_empty() {
            page.push_str("  none yet\n");
        }
        let names: Vec<String> = self.deliveries.iter().map(|d| safe(&d.stem)).collect();
        let widest = names.iter().map(|name| name.chars().count()).max();
        let widest = widest.unwrap_or_default();
        for (delivery, name) in self.deliveries.iter().zip(&names) {
            page.push_str(&format!(
                "  {}  {}  {name:<widest$}  {}\n",
                time(delivery.received, zone),
                delivery.id.short(),
                standing(delivery, zone),
            ));
            if let Some(fault) = last_fault(ledger, delivery)? {
                page.push_str(&format!("{:23}{}\n", "", safe(&fault)));
            }
        }
        if !self.incomplete.is_empty() {
            page.push_str("\nIncomplete in the inboxes\n");
        }
        for one in &self.incomplete {
            let told = if one.told { ", sender told" } else { "" };
            let lying = self.inbox.iter().find(|lying| is_of(lying, one));
            page.push_str(&format!(
                "  {}  {} {}{}{told}\n",
                time(one.since, zone),
                one.party,
                safe(&one.place),
                lying.map_or_else(String::new, |lying| format!(": {}", words(lying.state))),
            ));
        }
        page.push_str(&expected::page(&self.expected, zone));
        if let Some(newest) = self.clock.newest.filter(|_| self.clock.told_behind) {
            page.push_str(&format!(
                "\nThe clock stands behind the newest event, {}; see `padan clock`\n",
                time(newest, zone)
            ));
        }
        if let Some(newest) = self.clock.leapt {
            page.push_str(&format!(
                "\nMore than a week went by at once after {}: nothing is destroyed until you say that the clock is right; see \
                 `padan clock`\n",
                time(newest, zone)
            ));
        }
        let noted = |lying: &&Lying| self.incomplete.iter().any(|one| is_of(lying, one));
        let fresh: Vec<_> = self.inbox.iter().filter(|lying| !noted(lying)).collect();
        if !fresh.is_empty() {
            page.push_str("\nArriving in the inboxes\n");
        }
        for lying in fresh {
            let (party, place) = (&lying.party, safe(&lying.place));
            page.push_str(&format!("  {party} {place}: {}\n", words(lying.state)));
        }
        if !self.keys.is_empty() {
            page.push_str("\nKeys\n");
        }
        for warning in &self.keys {
            page.push_str(&format!("  {}\n", safe(warning)));
        }
        let Counts {
            open,
            faulted,
            answered,
            rejected,
        } = self.counts;
        page.push_str(&format!(
            "\n{answered} answered, {rejected} rejected, {open} on their way, {faulted} of these after a fault\n"
        ));
        Ok(page)
    }
}

/// What lies in the inboxes now.
fn inboxes(look: &Look, party: Option<&PartyId>) -> Result<Vec<Lying>, Fault> {
    let parties = look.config.parties.keys();
    let mut lying = Vec::new();
    for party in parties.filter(|known| party.is_none_or(|party| party == *known)) {
        let inbox = seen_beside(&look.config, &look.ledger, party, Timestamp::now())?;
        for (place, seen) in inbox.iter().filter(|(_, seen)| seen.leads) {
            lying.push(Lying {
                party: party.clone(),
                place: recorded(&look.config, place),
                state: seen.standing,
            });
        }
    }
    Ok(lying)
}

fn is_of(lying: &Lying, incomplete: &Incomplete) -> bool {
    lying.party == incomplete.party && lying.place == incomplete.place
}

/// English, and the word that the party reads.
fn words(state: Standing) -> String {
    format!("{} ({})", state.english(), state.indonesian())
}

/// Keys that end soon, and what nobody can do for want of one, by the wall clock.
fn key_warnings(look: &Look) -> Vec<String> {
    let now = Timestamp::now();
    let keys = serve::keys(&look.config).keys;
    let mut warnings = serve::ending(&keys, now, NOTICE_DAYS);
    warnings.extend(serve::lost(&keys, now));
    warnings
}
