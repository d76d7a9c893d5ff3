//! `padan clock`: whether the clock can be trusted, and an operator's word that it can.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::ledger::Ledger;
use crate::pipeline::{LEAPT, accept_clock, holds};
use crate::serve::{Service, runtime};

use super::look::{Look, say, time, zone_name};
use super::progress::Shown;
use super::{Failure, logging};

/// Compare the clock with the newest event, and accept it as right after it was wrong
///
/// A clock that stands more than an hour behind the newest event is wrong now, or was wrong before: then nothing is judged.
/// After more than a week at once without a sign of the service it may be ahead: then nothing is destroyed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  padan clock --config /etc/padan/padan.yaml\n  \
                  padan clock --config /etc/padan/padan.yaml --accept --reason \"was a year ahead until 10:15; NTP mended\""
)]
pub struct Args {
    /// The service's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The clock is right now: go on from here.
    #[arg(long, requires = "reason")]
    accept: bool,
    /// Why; kept in the ledger.
    #[arg(long, requires = "accept")]
    reason: Option<String>,
}

/// Prints both times on stdout; exit code 1 if nothing is judged, or nothing destroyed, because of them.
pub fn run(args: Args) -> Result<(), Failure> {
    if let Some(reason) = &args.reason {
        if reason.trim().is_empty() {
            return Err(Failure::Usage("--reason is empty".to_owned()));
        }
        logging::start();
        let runtime = runtime()?;
        let service = Service::load(&args.config, runtime.handle().clone())?;
        let shown = Shown::on_stderr();
        service.with_context(&shown, |cx| accept_clock(cx, reason))?;
        shown.finish();
        return say("the clock is accepted; the service goes on\n");
    }
    let look = Look::new(&args.config)?;
    let zone = &look.config.time_zone;
    let now = Timestamp::now();
    let known = look.ledger.clock()?;
    let newest = known.newest;
    let told = newest.map_or("none yet".to_owned(), |at| time(at, zone));
    say(&format!(
        "clock         {}  ({})\nnewest event  {told}\n",
        time(now, zone),
        zone_name(zone)
    ))?;
    match newest {
        Some(newest) if holds(now, newest) => Err(Failure::Refused(
            "the clock stands far behind the newest event, so nothing is judged: mend the clock, or, if it is right now and \
             was wrong before, say so with --accept --reason TEXT"
                .to_owned(),
        )),
        _ if known.is_doubtful(now) => Err(Failure::Refused(LEAPT.to_owned())),
        Some(newest) if newest > now => {
            say("the clock stands a little behind: to the service, time stands still until it has caught up\n")
        }
        _ => Ok(()),
    }
}
