//! `padan keys retire`: the end of an old key of the service.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::cli::Failure;
use crate::cli::look::{Look, say, time};
use crate::config::Config;
use crate::fault::Fault;
use crate::files;
use crate::layout::Layout;
use crate::ledger::Ledger;
use crate::snapshot::{self, Forgotten, Reader, StoreKey};
use crate::trust::key_file::generations;
use crate::trust::renew::{self, Finished};

use super::rotate::Which;

/// End the life of the old key after a rotation
///
/// A signing or host key is destroyed. An age identity stays for as long as the archive holds deliveries that came before,
/// which a re-run opens with it; repeat the command later to destroy it. The store's old identity goes when no snapshot
/// needs it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  padan keys retire signing --config /etc/padan/padan.yaml")]
pub struct Args {
    /// Which key.
    which: Which,
    /// The service's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Do not wait for the time at which the new key comes into force.
    #[arg(long)]
    now: bool,
}

/// Retires the key, or says why not yet (exit code 1).
pub fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::load(&args.config, Date::MIN)?;
    let now = Timestamp::now();
    let role = args.which.role();
    let path = role.file(&config.keys);
    if args.which == Which::Store {
        return say(&retire_store(args, &config, path, now)?);
    }
    let certificate = config.keys.ssh_host_certificate.as_deref();
    let mut told = match renew::finish(role, path, certificate, now, args.now)? {
        Finished::TooEarly(from) => {
            return Err(Failure::Refused(format!(
                "the old key is needed until {}; with --now it goes before",
                time(from, &config.time_zone)
            )));
        }
        Finished::NothingToRetire => "no old key to retire\n".to_owned(),
        Finished::Retired => format!("{} is the new key now\n", path.display()),
    };
    if args.which == Which::Age {
        told.push_str(&destroy_unneeded(args, path)?);
    }
    say(&told)
}

/// Destroys retired identities that nothing kept was encrypted to.
fn destroy_unneeded(args: &Args, path: &Path) -> Result<String, Failure> {
    let mut told = String::new();
    for (until, retired) in generations::retired(path)? {
        let kept = kept_before(&args.config, until)?;
        told.push_str(&match kept {
            0 => {
                renew::destroy(&retired)?;
                format!(
                    "destroyed {}: nothing needs it any more\n",
                    retired.display()
                )
            }
            many => format!(
                "kept {}: {many} deliveries that came before can be run again with it\n",
                retired.display()
            ),
        });
    }
    Ok(told)
}

/// How many deliveries received before `until` are still kept.
fn kept_before(config: &Path, until: Timestamp) -> Result<usize, Failure> {
    let look = Look::new(config)?;
    let open = look.ledger.open()?;
    let open = open.iter().filter(|one| one.received < until).count();
    Ok(look.ledger.expired(until)?.len() + open)
}

fn retire_store(
    args: &Args,
    config: &Config,
    path: &Path,
    now: Timestamp,
) -> Result<String, Failure> {
    let look = Look::new(&args.config)?;
    if !look.ledger.open()?.is_empty() {
        return Err(Failure::Refused(
            "a delivery is on its way; try again when `padan status` shows none".to_owned(),
        ));
    }
    let newest = StoreKey::newest_alone(path)?;
    let mut needed = 0;
    for file in stored(&Layout::new(&config.data_dir))? {
        needed += usize::from(Reader::open(&file, &newest).is_err());
    }
    if needed > 0 {
        return Err(Failure::Refused(format!(
            "{needed} stored files are still protected by the old identity; they go when their retention ends, or \
             newer deliveries have replaced them"
        )));
    }
    Ok(match snapshot::forget_older(path, now, args.now)? {
        Forgotten::None => "no old identity to retire\n".to_owned(),
        Forgotten::All => format!("{} holds the new identity alone now\n", path.display()),
        Forgotten::TooEarly(at) => {
            return Err(Failure::Refused(format!(
                "another process may still write with the old identity; try again after {}",
                time(at, &config.time_zone)
            )));
        }
    })
}

/// Snapshots and lists of differences.
fn stored(layout: &Layout) -> Result<Vec<PathBuf>, Fault> {
    let mut folders = vec![];
    for kind in ["snapshots", "differences"] {
        folders.push(layout.root().join(kind));
    }
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for (name, path) in files::list(&folder)? {
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".snap") {
                found.push(path);
            }
        }
    }
    Ok(found)
}
