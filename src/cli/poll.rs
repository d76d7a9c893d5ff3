//! `padan poll`: one pass over the inboxes, for cron and timers.

use std::path::PathBuf;

use crate::pipeline::{Ended, pass};
use crate::serve::{Service, runtime};

use super::look::safe;
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
    for (delivery, ended) in &done.ended {
        let (id, party, stem) = (delivery.id.short(), &delivery.party, safe(&delivery.stem));
        match ended {
            Ended::Answered(_) => println!("{id}  {party}  {stem}  answered"),
            Ended::Rejected(why) => println!("{id}  {party}  {stem}  rejected {}", why.code),
            Ended::Faulted(fault) => println!("{id}  {party}  {stem}  fault: {fault}"),
        }
    }
    for delivery in &done.repeated {
        let (id, party, stem) = (delivery.id.short(), &delivery.party, safe(&delivery.stem));
        println!("{id}  {party}  {stem}  came again; same receipt");
    }
    if done.ended.is_empty() && done.repeated.is_empty() {
        println!("nothing complete in the inboxes");
    }
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
