//! `padan poll`: one pass over the inboxes, for cron and timers.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::tz::TimeZone;

use crate::config::Config;
use crate::ledger::Delivery;
use crate::pipeline::{Ended, LEAPT, Pass, Removed, pass};
use crate::serve::{Service, runtime};
use crate::trust::revoked::Revoked;

use super::look::{safe, say, time};
use super::progress::Shown;
use super::{Failure, logging};

/// Look through the inboxes once, answer what is complete, and exit. Works beside a running `padan serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  padan poll --config /etc/padan/padan.yaml")]
pub struct Args {
    /// The service's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs the command. A rejection is no failure of the pass; a fault is, also one that was met before and is not mended.
pub fn run(args: Args) -> Result<(), Failure> {
    logging::start();
    let runtime = runtime()?;
    let service = Service::load(&args.config, runtime.handle().clone())?;
    let shown = Shown::on_stderr();
    let done = service.with_context(&shown, pass)?;
    shown.finish();
    if done.keeps_all {
        tracing::warn!("{LEAPT}");
    }
    say(&told(&done, &service.config.time_zone))?;
    let troubles = troubles(&done, &service.config);
    if troubles.is_empty() {
        return Ok(());
    }
    let troubles: Vec<_> = troubles.into_iter().collect();
    Err(Failure::Fault(format!(
        "{}\nnothing is lost: mend the cause and run `padan poll` again",
        troubles.join("\n")
    )))
}

/// What is ours to mend, each once.
fn troubles(done: &Pass, config: &Config) -> BTreeSet<String> {
    // With empty inboxes nobody asks for it; the next delivery will.
    let revoked = config.keys.revoked_keys.as_deref();
    let unreadable = revoked.and_then(|list| Revoked::load(list).err());
    let faulted = done.ended.iter().filter_map(|(_, ended)| match ended {
        Ended::Faulted(fault) => Some(fault.to_string()),
        _ => None,
    });
    let faults = done.faults.iter().chain(&unreadable);
    let mut troubles: BTreeSet<_> = faults.map(ToString::to_string).chain(faulted).collect();
    if let Some(next) = done.left.iter().filter_map(|one| one.retry_at).min() {
        troubles.insert(format!(
            "waiting after a fault: {}, the first until {}; `padan rerun` tries one at once",
            done.left.len(),
            time(next, &config.time_zone)
        ));
    }
    troubles
}

/// A line for each delivery that was run or waits, for each file that was removed, and for each dataset that is missing or has come.
fn told(done: &Pass, zone: &TimeZone) -> String {
    let line = |delivery: &Delivery, end: String| {
        let (id, party, stem) = (delivery.id.short(), &delivery.party, safe(&delivery.stem));
        format!("{id}  {party}  {stem}  {end}\n")
    };
    let ended = done.ended.iter().map(|(delivery, ended)| {
        let end = match ended {
            Ended::Answered(_) => "answered".to_owned(),
            Ended::Rejected(why) => format!("rejected {}", why.code),
            Ended::Faulted(fault) => format!("fault: {fault}"),
        };
        line(delivery, end)
    });
    let repeated = done
        .repeated
        .iter()
        .map(|delivery| line(delivery, "came again; same receipt".to_owned()));
    let removed = done.removed.iter().map(|Removed { party, code, bytes }| {
        format!("{party}  a file of {bytes} bytes was removed from the inbox  {code}\n")
    });
    let called = done.called.iter().map(|called| {
        let [first, last] = called.days;
        let (party, dataset, call) = (&called.party, &called.dataset, called.call.as_str());
        format!("{party}  {dataset}  {first} to {last}  {call}\n")
    });
    let left = done.left.iter().map(|delivery| {
        let end = match delivery.retry_at {
            Some(at) => format!("waits after a fault until {}", time(at, zone)),
            None => "waits behind another one of its datasets".to_owned(),
        };
        line(delivery, end)
    });
    let told: String = ended
        .chain(left)
        .chain(repeated)
        .chain(removed)
        .chain(called)
        .collect();
    if told.is_empty() {
        "nothing complete in the inboxes\n".to_owned()
    } else {
        told
    }
}
