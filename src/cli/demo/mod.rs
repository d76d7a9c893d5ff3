//! `padan demo`: the whole job on this machine in one minute, over real SFTP, held against a known truth.

mod party;
mod seen;
mod service;
mod tell;
mod verdict;

use std::path::{Path, PathBuf};

use jiff::Zoned;
use tempfile::TempDir;

use crate::fault::Fault;
use crate::sample::{self, FEWEST, Plan, Round};
use crate::serve::runtime;

use super::{Failure, init};

use party::Party;
use service::Service;
use tell::{say, title};
use verdict::Mismatches;

/// Most rows of a demo; `padan sample` and `padan serve` take more.
const MOST: u64 = 1_000_000;

/// Watch the whole job on this machine: two parties, a service, real SFTP, real encryption
///
/// Samples data with known faults and differences, sends it as each party, opens the answers as the counterpart would,
/// and compares everything with what is known to be true. Needs nothing but this program.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  padan demo --rows 5000 --keep demo")]
pub struct Args {
    /// Employees in the sample; the other datasets are in proportion
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(FEWEST..=MOST))]
    rows: u64,
    /// Another number gives other people
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep everything in this new folder, to look at it afterwards; else a temporary one is removed
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// Where a demo takes place.
enum Place {
    Kept(PathBuf),
    Temporary(TempDir),
}

/// Runs the demo. Fails with 1 if what came out is not what is true.
pub fn run(args: Args) -> Result<(), Failure> {
    let place = Place::of(args.keep)?;
    let dir = place.path();
    title("A place, keys for a service and two parties, synthetic data");
    let exchange = dir.join("exchange");
    init::lay_out(&init::Args {
        dir: exchange.clone(),
        trial: true,
    })?;
    let samples = dir.join("sample");
    let plan = Plan {
        rows: args.rows,
        seed: args.seed,
        as_of: Zoned::now().date(),
        unmatched: 0,
    };
    let truth = sample::generate(&plan, &samples, |_| ())?;
    say(&format!("in {}", dir.display()));

    let runtime = runtime()?;
    let service = Service::start(&exchange)?;
    say(&format!("padan serve listens on {}", service.address()));
    let parties = ["bkn", "bpjs"].map(|name| Party::new(name, &exchange, dir, &service, &runtime));

    let mut mismatches = Mismatches::default();
    let rounds = [("babak-1", &truth.babak_1), ("babak-2", &truth.babak_2)];
    for (name, expected) in rounds {
        round(
            &samples.join(name),
            name,
            expected,
            &parties,
            &mut mismatches,
        )?;
    }
    service.stop()?;

    title("The truth");
    place.tell(&parties);
    mismatches.judge()
}

/// One round: both parties send, receive receipts, fetch and open what they are entitled to.
fn round(
    samples: &Path,
    name: &str,
    expected: &Round,
    parties: &[Party; 2],
    mismatches: &mut Mismatches,
) -> Result<(), Failure> {
    title(&format!(
        "{name}: each party encrypts, signs and drops its extracts"
    ));
    let mut receipts = Vec::new();
    // One party after the other, so that the differences come with the second one's deliveries.
    for party in parties {
        for file in files_of(samples, party.name())? {
            receipts.push(party.deliver(&file)?);
        }
    }
    tell::receipts(&receipts);
    mismatches.receipts(expected, &receipts);

    title(&format!(
        "{name}: each party fetches, verifies and opens its answers"
    ));
    let mut answers = Vec::new();
    for party in parties {
        answers.extend(party.fetch(name)?);
    }
    for answer in &answers {
        tell::answer(answer);
    }
    title(&format!(
        "{name}: where the parties' data differ, and who must act"
    ));
    let seen = seen::newest(&answers)?;
    for (id, seen) in &seen {
        tell::reconciliation(id, seen);
    }
    mismatches.answers(expected, &seen, &answers);
    Ok(())
}

/// The plain extracts of one party in a round, in the order of their names.
fn files_of(samples: &Path, party: &str) -> Result<Vec<PathBuf>, Fault> {
    let mut files = Vec::new();
    let entries = std::fs::read_dir(samples).map_err(Fault::io("list the samples", samples))?;
    for entry in entries {
        let entry = entry.map_err(Fault::io("list the samples", samples))?;
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with(&format!("{party}_"))
        {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

impl Place {
    fn of(keep: Option<PathBuf>) -> Result<Self, Failure> {
        match keep {
            Some(dir) if dir.exists() => Err(Failure::Usage(format!(
                "{} is there already; name a new folder with --keep",
                dir.display()
            ))),
            Some(dir) => {
                std::fs::create_dir_all(&dir).map_err(Fault::io("make", &dir))?;
                let dir = std::path::absolute(&dir).map_err(Fault::io("find", &dir))?;
                Ok(Self::Kept(dir))
            }
            None => {
                let dir = tempfile::Builder::new().prefix("padan-demo-").tempdir();
                let parent = std::env::temp_dir();
                Ok(Self::Temporary(
                    dir.map_err(Fault::io("make a folder in", &parent))?,
                ))
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(dir) => dir,
            Self::Temporary(dir) => dir.path(),
        }
    }

    /// Where the files lie, or how to keep them.
    fn tell(&self, parties: &[Party; 2]) {
        match self {
            Self::Kept(dir) => {
                say(&format!(
                    "{}  configuration, keys, ledger",
                    dir.join("exchange").display()
                ));
                say(&format!(
                    "{}  what was sent, before sealing, and truth.json",
                    dir.join("sample").display()
                ));
                for party in parties {
                    say(&format!(
                        "{}  what {} sent and received",
                        party.folder().display(),
                        party.name()
                    ));
                }
            }
            Self::Temporary(_) => say("everything is removed now; --keep DIR keeps it to look at"),
        }
    }
}
