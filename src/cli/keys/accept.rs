//! `padan keys accept`: a party takes over the service's new keys.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use jiff::Timestamp;

use crate::cli::Failure;
use crate::cli::look::{safe, say};
use crate::party::new_keys::{self, Refused};
use crate::party::profile::{Profile, USUAL};

/// For a party: take over the service's new keys from its signed notice
///
/// Verifies the notice with the keys that you have, shows the fingerprints, asks, and writes them into the files that your
/// profile names.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  padan keys accept pemberitahuan_2026-12-01_kunci-signing.json")]
pub struct Args {
    /// The notice, with its .sig beside it.
    #[arg(value_name = "NOTICE.json")]
    notice: PathBuf,
    /// Your settings; padan-party.yaml in this folder if it is not named.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Do not ask: for whoever has compared the fingerprints already.
    #[arg(long)]
    yes: bool,
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Fault(fault) => fault.into(),
            Refused::Trouble(trouble) => trouble.into(),
            other => Self::Refused(format!("{other}\nnothing was changed")),
        }
    }
}

/// Runs the command. A notice that is not the service's changes nothing (exit code 1).
pub fn run(args: &Args) -> Result<(), Failure> {
    let profile = Profile::find(args.profile.as_deref())?.ok_or_else(|| {
        Failure::Usage(format!(
            "there is no {USUAL} in this folder; name yours with --profile"
        ))
    })?;
    let changes = new_keys::read(&profile, &args.notice, Timestamp::now())?;
    if changes.is_empty() {
        return say("nothing to do: this notice was taken already, and your files have its keys\n");
    }
    let mut shown = String::from("The notice is the service's. It changes:\n");
    for change in &changes {
        shown.push_str(&format!("  {}\n", safe(&change.file.to_string_lossy())));
        for fingerprint in &change.fingerprints {
            shown.push_str(&format!("    {fingerprint}\n"));
        }
    }
    say(&shown)?;
    if !args.yes && !confirmed()? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }
    new_keys::install(&changes)?;
    say("done\n")
}

fn confirmed() -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "nobody is there to be asked; compare the fingerprints and give --yes".to_owned(),
        ));
    }
    say(
        "Compare the new fingerprints with the operator's on the telephone. Are they the same? [y/N] ",
    )?;
    let _ = io::stdout().flush();
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|e| Failure::Fault(format!("cannot read the answer: {e}")))?;
    // y, ya, yes.
    Ok(answer.trim().to_ascii_lowercase().starts_with('y'))
}
