//! `padan keys`: which keys there are, and how long they last.

mod accept;
mod list;
mod new;
mod retire;
mod rotate;

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::Config;
use crate::serve::{self, LoadError};
use crate::trust::life::NOTICE_DAYS;

use super::{Failure, look};

use list::List;

/// List every key: whose, what for, fingerprint, from when until when
///
/// Exit code 1 if a key ends within 30 days and nothing is in its place, or if something needs a key and has none left.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example:\n  padan keys --config /etc/padan/padan.yaml"
)]
pub struct Args {
    /// The service's configuration.
    #[arg(long, value_name = "FILE", required = true)]
    config: Option<PathBuf>,
    /// Warn of keys that end within so many days.
    #[arg(long, value_name = "DAYS", default_value_t = NOTICE_DAYS)]
    warn_days: u16,
    /// For machines.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Rotate(rotate::Args),
    Retire(retire::Args),
    Accept(accept::Args),
    New(new::Args),
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    match &args.command {
        Some(Command::Rotate(rotate)) => rotate::run(rotate),
        Some(Command::Retire(retire)) => retire::run(retire),
        Some(Command::Accept(accept)) => accept::run(accept),
        Some(Command::New(new)) => new::run(new),
        None => list(args),
    }
}

/// Prints the list on stdout. Key files that cannot be used are told on stderr, with exit code 2.
fn list(args: Args) -> Result<(), Failure> {
    let path = args.config.unwrap_or_default();
    // Keys are looked at also after the agreement has ended.
    let config = Config::load(&path, Date::MIN)?;
    let now = Timestamp::now();
    let found = serve::keys(&config);
    let mut warnings = serve::ending(&found.keys, now, args.warn_days);
    warnings.extend(serve::lost(&found.keys, now));
    warnings.extend(serve::login_warnings(&config, now));
    let list = List {
        now,
        zone: &config.time_zone,
        folder: path.parent(),
        notice: args.warn_days,
        warnings,
        keys: &found.keys,
    };
    look::say(&match args.json {
        true => look::json(&list.document())?,
        false => list.page(),
    })?;
    if !found.faults.is_empty() {
        return Err(LoadError::Keys(found.faults).into());
    }
    match list.warnings.len() {
        0 => Ok(()),
        1 => Err(Failure::Refused("1 warning about keys".to_owned())),
        many => Err(Failure::Refused(format!("{many} warnings about keys"))),
    }
}
