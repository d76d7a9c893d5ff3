//! `padan show`: one delivery, stage by stage.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::PathBuf;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::agreement::DatasetId;
use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::ledger::{Delivery, Event, Inputs, Ledger, Outcome, Part, Published, Stage, State};

use super::Failure;
use super::look::{self, Look, safe, standing, time, zone_name};

/// Tell the way of one delivery: its stages, what was found, what it was compared with, what was handed to whom
///
/// Works beside a running service.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  padan show --config /etc/padan/padan.yaml bkn_pns_full_2026-11-22_0007\n  \
                  padan show --config /etc/padan/padan.yaml 3fa9c1d2e4b5"
)]
pub struct Args {
    /// The service's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Name of the manifest or of a data file, or the first digits of the id.
    #[arg(value_name = "NAME|ID")]
    delivery: String,
    /// For machines.
    #[arg(long)]
    json: bool,
}

/// Prints the story on stdout.
pub fn run(args: Args) -> Result<(), Failure> {
    let look = Look::new(&args.config)?;
    let zone = &look.config.time_zone;
    let delivery = look::one(&look.ledger, &args.delivery, zone)?;
    let story = Story::read(&look.ledger, delivery)?;
    look::say(&if args.json {
        look::json(&story)?
    } else {
        Page {
            story: &story,
            zone,
        }
        .to_string()
    })
}

/// Everything the ledger holds about one delivery.
#[derive(Debug, Serialize)]
struct Story {
    delivery: Delivery,
    events: Vec<Event>,
    inputs: BTreeMap<DatasetId, Inputs>,
    published: Vec<Published>,
    /// Names of the other deliveries that the inputs mention.
    #[serde(skip)]
    names: BTreeMap<DeliveryId, String>,
}

impl Story {
    fn read(ledger: &dyn Ledger, delivery: Delivery) -> Result<Self, Fault> {
        let mut inputs = BTreeMap::new();
        for part in &delivery.parts {
            if let Some(fixed) = ledger.inputs(&delivery.id, &part.dataset)? {
                inputs.insert(part.dataset.clone(), fixed);
            }
        }
        let mut names = BTreeMap::new();
        for id in inputs.values().flat_map(mentioned) {
            if let Some(other) = ledger.delivery(&id)? {
                names.insert(id, other.stem);
            }
        }
        Ok(Self {
            events: ledger.events(&delivery.id)?,
            published: ledger.published(&delivery.id)?,
            delivery,
            inputs,
            names,
        })
    }
}

fn mentioned(inputs: &Inputs) -> Vec<DeliveryId> {
    let others = inputs.reconciliations.values();
    others
        .flat_map(|one| [one.counterpart, one.state])
        .chain([inputs.previous])
        .flatten()
        .collect()
}

/// The story for people, in English; a rejection also in Indonesian, as its sender reads it.
struct Page<'a> {
    story: &'a Story,
    zone: &'a TimeZone,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        writeln!(f, "\nWay ({})", zone_name(self.zone))?;
        for event in &self.story.events {
            self.event(f, event)?;
        }
        for part in &self.story.delivery.parts {
            self.part(f, part)?;
        }
        if !self.story.published.is_empty() {
            let closed = matches!(self.story.delivery.state, State::Answered | State::Rejected);
            let title = if closed {
                "Handed out"
            } else {
                "Ready to be handed out"
            };
            writeln!(f, "\n{title}")?;
        }
        for one in &self.story.published {
            let folder = match one.folder.as_str() {
                "" => "receipts",
                folder => folder,
            };
            let (folder, file) = (safe(folder), safe(&one.file));
            writeln!(f, "  {:<6} {folder}/{file}", one.reader.as_str())?;
        }
        Ok(())
    }
}

impl Page<'_> {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let delivery = &self.story.delivery;
        writeln!(f, "Delivery {}", safe(&delivery.stem))?;
        writeln!(f, "  id        {}", delivery.id)?;
        writeln!(f, "  party     {}", delivery.party)?;
        writeln!(f, "  place     inbox/{}", safe(&delivery.folder))?;
        writeln!(f, "  received  {}", time(delivery.received, self.zone))?;
        writeln!(f, "  attempt   {}", delivery.attempt)?;
        writeln!(f, "  state     {}", standing(delivery, self.zone))?;
        if let Some(code) = delivery.code {
            let text = code.text();
            for sentence in [text.en, text.id] {
                writeln!(f, "            {} {}", sentence.what, sentence.remedy)?;
            }
        }
        Ok(())
    }

    fn event(&self, f: &mut fmt::Formatter<'_>, event: &Event) -> fmt::Result {
        let at = event.at.to_zoned(self.zone.clone());
        write!(
            f,
            "  {}  {:<9} {}",
            at.strftime("%Y-%m-%d %H:%M:%S%.3f"),
            stage(event.stage),
            outcome(event.outcome)
        )?;
        if let Some(code) = event.code {
            write!(f, " {code}")?;
        }
        if let Some(detail) = &event.detail {
            write!(f, ": {}", safe(detail))?;
        }
        f.write_char('\n')
    }

    fn part(&self, f: &mut fmt::Formatter<'_>, part: &Part) -> fmt::Result {
        writeln!(f, "\nData file {}", part.file)?;
        writeln!(
            f,
            "  data      {} {} as of {}, sequence {}",
            part.dataset, part.mode, part.as_of, part.sequence
        )?;
        writeln!(f, "  sha256    {}", part.digest)?;
        if let Some(found) = &part.outcome {
            writeln!(f, "  plaintext {}", found.plaintext)?;
            writeln!(
                f,
                "  rows      {}: {} accepted, {} refused",
                found.rows, found.accepted, found.refused
            )?;
            let findings: Vec<String> = found
                .findings
                .iter()
                .map(|(check, rows)| format!("{check} {rows}"))
                .collect();
            writeln!(f, "  findings  {}", or_none(&findings.join(", ")))?;
        }
        match self.story.inputs.get(&part.dataset) {
            None => Ok(()),
            Some(inputs) => self.inputs(f, inputs),
        }
    }

    fn inputs(&self, f: &mut fmt::Formatter<'_>, inputs: &Inputs) -> fmt::Result {
        writeln!(f, "  run date  {}", inputs.run_date)?;
        writeln!(f, "  agreement {}", inputs.agreement)?;
        writeln!(f, "  changes   since {}", self.name(inputs.previous))?;
        for (reconciliation, with) in &inputs.reconciliations {
            let (counterpart, state) = (self.name(with.counterpart), self.name(with.state));
            writeln!(f, "  compared  {reconciliation}: with {counterpart}")?;
            writeln!(f, "            differences before: {state}")?;
        }
        Ok(())
    }

    /// Another delivery by name and id.
    fn name(&self, id: Option<DeliveryId>) -> String {
        match id.map(|id| (id.short(), self.story.names.get(&id))) {
            None => "none".to_owned(),
            Some((id, Some(name))) => format!("{} ({id})", safe(name)),
            Some((id, None)) => id,
        }
    }
}

fn or_none(list: &str) -> &str {
    if list.is_empty() { "none" } else { list }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Claim => "claim",
        Stage::Verify => "verify",
        Stage::Open => "open",
        Stage::Ingest => "ingest",
        Stage::Reconcile => "reconcile",
        Stage::Respond => "respond",
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Begun => "begun",
        Outcome::Done => "done",
        Outcome::Rejected => "rejected",
        Outcome::Fault => "fault",
        Outcome::Withdrawn => "withdrawn",
        Outcome::Rerun => "run again",
        Outcome::Repeated => "dropped again",
        Outcome::TurnedAway => "turned away",
        Outcome::Destroyed => "destroyed",
    }
}
