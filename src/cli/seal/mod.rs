//! `padan seal`: from a spreadsheet export to a sealed delivery, and with `--send` to its receipt.
//!
//! With a profile ([`profiled`]) the rows are checked as the service will check them, and files are named and numbered;
//! with `--to` and `--key` alone ([`ready`]) files that have their names are sealed as they are.

mod naming;
mod profiled;
mod publish;
pub mod ready;
mod sealer;
mod send;
mod source;
mod tee;
mod told;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use jiff::civil::Date;

use crate::agreement::DatasetId;
use crate::delivery::Compression;
use crate::party::profile::{NAMESPACE, Profile, USUAL};

use super::Failure;

/// Check, name, encrypt and sign data files; with --send upload them and wait for the receipt
///
/// FILE is an export: a workbook (.xlsx) or CSV. With a profile (padan-party.yaml) its rows are checked by the
/// agreement's rules first, with the messages the service would give, and nothing leaves while something is wrong. Then
/// the delivery is written: FILE.age for each file, one manifest (.sha256) and its signature (.sha256.sig), exactly as
/// `age`, `sha256sum` and `ssh-keygen -Y sign` would. Nothing is overwritten.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  padan seal --send \"pns 2026-11-22.xlsx\"\n  padan seal --dry-run --dataset pns --as-of 2026-11-22 export.xlsx\n  padan seal --to padan_recipients.txt --key id_ed25519 bkn_pns_full_2026-11-22_0007.csv\n\nExit codes: 0 done (with --send: accepted); 1 refused, here or by the service; 2 wrong usage or keys; 3 trouble on the way"
)]
pub struct Args {
    /// Your profile; else padan-party.yaml in this folder
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// What the data is, as pns; else it follows from the file's name or its columns
    #[arg(long, value_name = "NAME")]
    dataset: Option<DatasetId>,
    /// The day on which the data was true; else it follows from the file's name
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Only what changed since the last delivery: the first column is aksi
    #[arg(long)]
    delta: bool,
    /// The delivery's number; else the next one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=999_999_999))]
    sequence: Option<u32>,
    /// Which sheet of a workbook with several
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Send although some rows are refused, as long as the agreement tolerates their share
    #[arg(long)]
    accept_refused: bool,
    /// Write every fault (file, row, column, code; no values) into this new CSV file
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Check only; write and send nothing
    #[arg(long)]
    dry_run: bool,
    /// What lies between the CSV and age
    #[arg(long, value_enum, default_value_t = Compress::Zst)]
    compress: Compress,
    /// Upload over SFTP and wait for the receipt
    #[arg(long)]
    send: bool,
    /// How many seconds to wait for the receipt
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    wait: u64,
    /// Do not wait for the receipt
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// Whom to encrypt to: the service's age or SSH public keys, one a line
    #[arg(long, value_name = "RECIPIENTS")]
    to: Option<PathBuf>,
    /// Your SSH key, which the service knows as yours: a private key file, or a .pub whose private half is in ssh-agent;
    /// a security key (ed25519-sk) too
    #[arg(long, value_name = "SSH_KEY")]
    key: Option<PathBuf>,
    /// A file with the key's passphrase as its only line, readable by you alone; else it is asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// What the signature is for; the service tells if it is another word than padan
    #[arg(long, value_name = "WORD")]
    namespace: Option<String>,
    /// Where to write; else into the profile's folder `sent`, without a profile into the folder of the first file
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Exports: .xlsx or CSV
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Words of `--compress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compress {
    Zst,
    Gz,
    None,
}

impl From<Compress> for Compression {
    fn from(word: Compress) -> Self {
        match word {
            Compress::Zst => Self::Zstd,
            Compress::Gz => Self::Gzip,
            Compress::None => Self::None,
        }
    }
}

/// Seals, and sends if that is asked for.
pub fn run(args: Args) -> Result<(), Failure> {
    if let Some(ready) = args.as_ready() {
        return ready::run(&ready);
    }
    match Profile::find(args.profile.as_deref()).map_err(bad_profile)? {
        Some(profile) => profiled::run(&args, args.over(profile)),
        None => Err(Failure::Usage(format!(
            "there is no {USUAL} in this folder; name yours with --profile FILE, or give --to and --key for files that \
             have their final names"
        ))),
    }
}

impl Args {
    /// Both keys were named, and nothing that only a profile can answer is asked.
    fn as_ready(&self) -> Option<ready::Ready> {
        let needs_profile = self.profile.is_some()
            || self.dataset.is_some()
            || self.as_of.is_some()
            || self.sequence.is_some()
            || self.sheet.is_some()
            || self.faults.is_some()
            || self.delta
            || self.accept_refused
            || self.dry_run
            || self.send;
        if needs_profile {
            return None;
        }
        Some(ready::Ready {
            to: self.to.clone()?,
            key: self.key.clone()?,
            passphrase_file: self.passphrase_file.clone(),
            namespace: self
                .namespace
                .clone()
                .unwrap_or_else(|| NAMESPACE.to_owned()),
            out: self.out.clone(),
            files: self.files.clone(),
        })
    }

    /// The profile with what was given on the command line in place of its own.
    fn over(&self, mut profile: Profile) -> Profile {
        let replace = |place: &mut PathBuf, given: &Option<PathBuf>| {
            if let Some(given) = given {
                place.clone_from(given);
            }
        };
        replace(&mut profile.recipients, &self.to);
        replace(&mut profile.key, &self.key);
        replace(&mut profile.sent, &self.out);
        if let Some(namespace) = &self.namespace {
            profile.namespace.clone_from(namespace);
        }
        profile
    }

    /// How long to wait for the receipt; `None` for not at all.
    fn patience(&self) -> Option<Duration> {
        (!self.no_wait).then(|| Duration::from_secs(self.wait))
    }
}

fn bad_profile(problems: crate::agreement::document::problem::Problems) -> Failure {
    Failure::Usage(format!(
        "the profile or the agreement cannot be used\n{problems}"
    ))
}
