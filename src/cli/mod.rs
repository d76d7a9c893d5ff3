//! The command line: one file per command (design §10).

mod ask;
mod check;
mod clock;
mod demo;
mod events;
mod expected;
mod explain;
mod fetch;
mod init;
mod keys;
mod keys_of_party;
mod logging;
mod look;
mod open;
mod poll;
mod progress;
mod rerun;
mod sample;
mod seal;
mod serve;
mod sftp;
mod show;
mod status;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::agreement::document::problem::Problems;
use crate::fault::Fault;
use crate::party::Trouble;
use crate::party::receipt::NoReceipt;
use crate::serve::LoadError;

/// Exchanges and reconciles the data of two parties over SFTP.
#[derive(Debug, Parser)]
#[command(
    name = "padan",
    version,
    about,
    after_help = "Exit codes: 0 done; 1 a rejection, or a difference found by a check; 2 wrong usage, configuration or keys; 3 a fault"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Init(init::Args),
    Check(check::Args),
    Keys(keys::Args),
    Serve(serve::Args),
    Sftp(sftp::Args),
    Poll(poll::Args),
    Status(status::Args),
    Show(show::Args),
    Events(events::Args),
    Explain(explain::Args),
    Clock(clock::Args),
    Rerun(rerun::Args),
    Seal(seal::Args),
    Open(open::Args),
    Fetch(fetch::Args),
    Verify(verify::Args),
    Sample(sample::Args),
}

/// Outcome of a command for people: what went wrong and what to do next, with the exit code of design §10.
#[derive(Debug)]
pub enum Failure {
    /// 1: a rejection, or a difference found by a check.
    Refused(String),
    /// 2: wrong usage or configuration.
    Usage(String),
    /// 3: our own trouble.
    Fault(String),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault.to_string())
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(text) => Self::Refused(text),
            Trouble::Usage(text) => Self::Usage(text),
            Trouble::Fault(fault) => fault.into(),
        }
    }
}

impl From<NoReceipt> for Failure {
    fn from(none: NoReceipt) -> Self {
        match none {
            NoReceipt::Unreached(closed) => Trouble::from(closed).into(),
            unproven @ NoReceipt::Unproven(_) => Self::Fault(unproven.to_string()),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let count = problems.list().len();
        let noun = if count == 1 { "problem" } else { "problems" };
        Self::Usage(format!("{count} {noun} in the configuration\n{problems}"))
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Config(_) | LoadError::Keys(_) => Self::Usage(error.to_string()),
            LoadError::Fault(fault) => fault.into(),
        }
    }
}

/// Parses the arguments, runs the command and maps its outcome to an exit code.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Demo(args) => demo::run(args),
        Command::Init(args) => init::run(args),
        Command::Check(args) => check::run(args),
        Command::Keys(args) => keys::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Sftp(args) => sftp::run(args),
        Command::Poll(args) => poll::run(args),
        Command::Status(args) => status::run(args),
        Command::Show(args) => show::run(args),
        Command::Events(args) => events::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Clock(args) => clock::run(args),
        Command::Rerun(args) => rerun::run(args),
        Command::Seal(args) => seal::run(args),
        Command::Open(args) => open::run(args),
        Command::Fetch(args) => fetch::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Sample(args) => sample::run(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

impl Failure {
    /// What several failures come to: all of their texts, and the highest of their codes.
    fn of_several(failures: Vec<Self>) -> Result<(), Self> {
        let joined = failures.into_iter().reduce(|one, other| {
            let ((first, a), (second, b)) = (one.parts(), other.parts());
            let text = format!("{first}\npadan: {second}");
            match a.max(b) {
                1 => Self::Refused(text),
                2 => Self::Usage(text),
                _ => Self::Fault(text),
            }
        });
        joined.map_or(Ok(()), Err)
    }

    /// The text, and the exit code.
    fn parts(self) -> (String, u8) {
        match self {
            Self::Refused(text) => (text, 1),
            Self::Usage(text) => (text, 2),
            Self::Fault(text) => (text, 3),
        }
    }

    /// Tells the person on stderr.
    fn report(self) -> ExitCode {
        let (text, code) = self.parts();
        eprintln!("padan: {text}");
        ExitCode::from(code)
    }
}
