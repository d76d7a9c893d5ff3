//! `padan events`: what happened at the door, or what the service itself did apart from deliveries.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::agreement::PartyId;
use crate::config::units::Time;
use crate::ledger::{DoorEvent, Ledger, ServiceEvent};

use super::Failure;
use super::look::{self, Look, safe, time, zone_name};

/// List what happened at the door: logins, transfers, refusals; newest first
///
/// Works beside a running service. Names that do not follow the naming rule are masked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  padan events --config /etc/padan/padan.yaml --party bkn --since 24h"
)]
pub struct Args {
    /// The service's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only events of this party.
    #[arg(long)]
    party: Option<PartyId>,
    /// Not at the door: notices to parties, the calendar, the clock.
    #[arg(long, conflicts_with = "since")]
    service: bool,
    /// Only events of the last 30m, 24h or 7d.
    #[arg(long, value_name = "TIME")]
    since: Option<Time>,
    /// How many events at most.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    /// For machines.
    #[arg(long)]
    json: bool,
}

/// Prints the list on stdout.
pub fn run(args: Args) -> Result<(), Failure> {
    let look = Look::new(&args.config)?;
    look.check_party(args.party.as_ref())?;
    let zone = &look.config.time_zone;
    if args.service {
        let events = look
            .ledger
            .service_events(args.party.as_ref(), args.limit)?;
        return look::say(&if args.json {
            look::json(&events)?
        } else {
            service_page(&events, zone)
        });
    }
    let since = args.since.map_or(Timestamp::MIN, |time| before_now(&time));
    let events = look
        .ledger
        .door_events(args.party.as_ref(), since, args.limit)?;
    look::say(&if args.json {
        look::json(&events)?
    } else {
        page(&events, zone)
    })
}

fn before_now(time: &Time) -> Timestamp {
    let ago = SignedDuration::try_from(time.0).unwrap_or(SignedDuration::MAX);
    Timestamp::now().checked_sub(ago).unwrap_or(Timestamp::MIN)
}

/// For people, in English.
fn page(events: &[DoorEvent], zone: &TimeZone) -> String {
    let mut page = format!("At the door, newest first ({})\n", zone_name(zone));
    if events.is_empty() {
        page.push_str("  nothing\n");
    }
    for event in events {
        let who = event.party.as_ref().map_or("-", PartyId::as_str);
        let peer = event.peer.map_or("-".to_owned(), |peer| peer.to_string());
        page.push_str(&format!(
            "  {}  {who:<6}  {peer:<15}  {:<14}{}\n",
            time(event.at, zone),
            event.event.replace('_', " "),
            details(event),
        ));
    }
    page
}

/// The same of the service itself.
fn service_page(events: &[ServiceEvent], zone: &TimeZone) -> String {
    let mut page = format!("The service, newest first ({})\n", zone_name(zone));
    if events.is_empty() {
        page.push_str("  nothing\n");
    }
    for event in events {
        let who = event.party.as_ref().map_or("-", PartyId::as_str);
        let dataset = event.dataset.as_ref().map(ToString::to_string);
        let code = event.code.map(|code| code.to_string());
        let rest: String = [
            dataset,
            code,
            event.name.clone(),
            event.sha256.map(|digest| format!("sha256 {digest}")),
            event.detail.clone(),
        ]
        .iter()
        .flatten()
        .map(|detail| format!("  {}", safe(detail)))
        .collect();
        page.push_str(&format!(
            "  {}  {who:<6}  {:<16}{rest}\n",
            time(event.at, zone),
            event.event.replace('_', " "),
        ));
    }
    page
}

/// What else there is to say, in the order in which a person asks.
fn details(event: &DoorEvent) -> String {
    let target = event.to.as_ref().map(|to| format!("-> {to}"));
    let took = event
        .ms
        .map(|ms| format!("{}.{:03} s", ms / 1_000, ms % 1_000));
    [
        event.action.clone(),
        event.file.clone(),
        target,
        event.bytes.map(|bytes| format!("{bytes} bytes")),
        took,
        event.sha256.map(|digest| format!("sha256 {digest}")),
        event.key.clone(),
        event.reason.clone(),
        event.client.clone(),
    ]
    .iter()
    .flatten()
    .map(|detail| format!("  {}", safe(detail)))
    .collect()
}
