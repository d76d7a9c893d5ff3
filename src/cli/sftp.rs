//! `padan sftp`: one party's SFTP on standard input and output, behind an OpenSSH that lets it in.

use std::env;
use std::io::{IsTerminal, stderr, stdin, stdout};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::agreement::PartyId;
use crate::config::Config;
use crate::layout::Layout;
use crate::serve::{self, Recording};
use crate::sftp::{Attendant, Ended, Limits, Recorder, Rules, Visit, serve_stdio};

use super::{Failure, logging};

/// Speak SFTP on standard input and output with one party, whom an OpenSSH has let in.
#[derive(Debug, clap::Args)]
#[command(override_usage = "padan sftp --party <NAME> --config <FILE> [--log <FILE>]")]
#[command(after_help = "Example, in sshd_config:\n  \
    Match User bkn\n      \
    ForceCommand /usr/local/bin/padan sftp --party bkn --config /etc/padan/padan.yaml")]
pub struct Args {
    /// The party that has logged in.
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "root",
        requires = "config"
    )]
    party: Option<String>,
    /// The service's configuration; its private keys are not read.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "root",
        requires = "party"
    )]
    config: Option<PathBuf>,
    /// Append the log to this file; without it there is none, since stderr goes to the client.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Serve this folder instead, without the rules of an inbox: for protocol test suites only.
    #[arg(long, value_name = "DIR", hide = true, requires = "unrestricted", conflicts_with_all = ["party", "config"])]
    root: Option<PathBuf>,
    /// Confirms `--root`.
    #[arg(long, hide = true, requires = "root")]
    unrestricted: bool,
}

/// Runs the command. A remote client hears one sentence at most (sshd drops the stderr of a subsystem); what is wrong
/// with the service is for the log.
pub fn run(args: Args) -> Result<(), Failure> {
    let remote = Remote::from_environment();
    let log = logging::start_aside(args.log.as_deref());
    let outcome = log
        .as_ref()
        .map_err(|fault| Failure::Fault(fault.to_string()))
        .and_then(|_| remote.check())
        .and_then(|()| converse(args, remote.peer));
    match outcome {
        Err(Failure::Usage(problem)) if remote.listens => {
            Err(Failure::Usage(out_of_order(&problem)))
        }
        Err(Failure::Fault(problem)) if remote.listens => {
            Err(Failure::Fault(out_of_order(&problem)))
        }
        outcome => outcome,
    }
}

/// What the client of a service in disorder is told.
fn out_of_order(problem: &str) -> String {
    tracing::error!(problem, "a party could not be served");
    "this service is out of order; please tell its operator".to_owned()
}

fn converse(args: Args, peer: Option<IpAddr>) -> Result<(), Failure> {
    match (args.root, args.party, args.config) {
        (Some(root), ..) => serve_one(&unrestricted(root, peer)),
        (None, Some(party), Some(config)) => recorded(&party, &config, peer),
        // The command line's own rules leave no other case.
        _ => Err(Failure::Usage("--party and --config are needed".to_owned())),
    }
}

fn serve_one(visit: &Visit) -> Result<(), Failure> {
    match serve_stdio(visit, stdin(), stdout())? {
        Ended::Left | Ended::Idle => Ok(()),
        Ended::Broken(reason) => Err(Failure::Refused(format!(
            "this is no SFTP client: {reason}"
        ))),
    }
}

/// Serves a party; what it does stands in the ledger of the service.
fn recorded(party: &str, config: &Path, peer: Option<IpAddr>) -> Result<(), Failure> {
    let config = Arc::new(Config::load(config, jiff::Zoned::now().date())?);
    let party = known(party, &config)?;
    let runtime = serve::small_runtime()?;
    let layout = Layout::new(&config.data_dir);
    layout.create_party(party)?;
    let (recording, recorder) = Recording::start(&layout, runtime.handle().clone())?;
    let visit = serve::visit(&config, party, peer, recorder, runtime.handle().clone());
    let served = serve_one(&visit);
    recording.finish();
    served
}

fn known<'c>(party: &str, config: &'c Config) -> Result<&'c PartyId, Failure> {
    let mut parties = config.parties.keys();
    parties
        .find(|known| known.as_str() == party)
        .ok_or_else(|| {
            let names: Vec<_> = config.parties.keys().map(PartyId::as_str).collect();
            Failure::Usage(format!(
                "--party {party:?} is no party of the configuration; write one of: {}",
                names.join(", ")
            ))
        })
}

/// A plain folder with no bounds of its own.
fn unrestricted(root: PathBuf, peer: Option<IpAddr>) -> Visit {
    Visit {
        account: "padan".to_owned(),
        root,
        rules: Rules::Unrestricted,
        limits: Limits::default(),
        peer,
        recorder: Recorder::default(),
        attendant: Attendant::default(),
    }
}

/// The client at the other end, as far as sshd(8) tells in the environment.
struct Remote {
    /// What is said on stderr is said to it, and not to an operator who tries the command.
    listens: bool,
    peer: Option<IpAddr>,
    /// What it asked for, where a forced command came instead.
    asked: Option<String>,
}

impl Remote {
    fn from_environment() -> Self {
        let connection = env::var("SSH_CONNECTION").ok();
        let address = connection.as_deref().and_then(|c| c.split(' ').next());
        Self {
            listens: connection.is_some() && !stderr().is_terminal(),
            peer: address.and_then(|address| address.parse().ok()),
            asked: env::var("SSH_ORIGINAL_COMMAND").ok(),
        }
    }

    /// Refuses at once what is not SFTP: `scp -O` would wait for ever, and a person would see nothing.
    fn check(&self) -> Result<(), Failure> {
        let foreign = self.asked.as_deref().is_some_and(|asked| !is_sftp(asked));
        if foreign || stdin().is_terminal() {
            let peer = self.peer.map(tracing::field::display);
            tracing::info!(peer, "a request other than sftp was refused");
            return Err(Failure::Refused(
                "only SFTP is served here: use sftp, WinSCP, FileZilla or another SFTP client"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

/// Whether a command is an SFTP server: `internal-sftp`, `/usr/lib/openssh/sftp-server -l INFO`, `padan sftp …`.
fn is_sftp(command: &str) -> bool {
    command.split_whitespace().take(2).any(|word| {
        let name = word.rsplit('/').next().unwrap_or_default();
        name.contains("sftp")
    })
}
