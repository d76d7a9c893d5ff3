//! `padan poll`: one pass over the inboxes, for cron and timers.

use std::path::PathBuf;

use crate::ledger::Delivery;
use crate::pipeline::{Ended, LEAPT, Pass, Removed, pass};
use crate::serve::{Service, runtime};

use super::look::{safe, say};
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

/// Runs the command. A rejection is no failure of the pass; a fault is.
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
    say(&told(&done))?;
    let faults = done.faults.iter().map(ToString::to_string);
    let faulted = done.ended.iter().filter_map(|(_, ended)| match ended {
        Ended::Faulted(fault) => Some(fault.to_string()),
        _ => None,
    });
    match faults.chain(faulted).next() {
        Some(fault) => Err(Failure::Fault(format!(
            "{fault}\nnothing is lost: mend the cause and run `padan poll` again"
        ))),
        None => Ok(()),
    }
}

/// A line for each delivery, for each file that was removed, and for each dataset that is missing or has come.
fn told(done: &Pass) -> String {
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
    let told: String = ended.chain(repeated).chain(removed).chain(called).collect();
    if told.is_empty() {
        "nothing complete in the inboxes\n".to_owned()
    } else {
        told
    }
}
