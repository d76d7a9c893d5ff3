//! `padan fetch`: collects answers, receipts and notices, for people and for schedulers.

mod wait;

use std::cell::Cell;
use std::io::{IsTerminal as _, stderr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::agreement::PartyId;
use crate::party::fetch::{Event, Order, Totals, fetch};
use crate::party::open::{Form, Opening};
use crate::party::profile::{Profile, Server};
use crate::party::server::Way;
use crate::serve::runtime;
use crate::sftp::client::Login;
use crate::trust::signing::Signer;

use super::keys_of_party::{KeyArgs, named, usage};
use super::look::say;
use super::{Failure, progress};

/// Where SFTP is looked for, unless it is known to be elsewhere.
const PORT: u16 = 2222;

/// Collect new answers, receipts and notices from the service
///
/// Fetches what is new in outbox/ and receipts/, verifies it and puts it into the same folders below DIR. What was fetched
/// is not fetched again, even when it was moved away; what broke off is continued; what does not verify is set aside in
/// DIR/quarantine and stays on the server. Nothing is ever overwritten.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  padan fetch                       where a padan-party.yaml lies\n  \
                  padan fetch --open --xlsx         with a workbook of each answer\n  \
                  padan fetch --profile /etc/padan-client/padan-party.yaml --open --remove --json\n\n\
                  padan fetch --wait-for send/bkn_pns_full_2026-11-22_0007.sha256    after `put` with another program\n\n\
                  Exit codes: 0 done, also when nothing was new; 1 something did not verify or does not open, or a new \
                  receipt, or that of --wait-for, says DITOLAK; 2 wrong usage, profile or keys; 3 the server or this machine failed, or another \
                  run is at work: try again"
)]
pub struct Args {
    #[command(flatten)]
    keys: KeyArgs,
    /// Where to put everything [default: received, or as the profile says]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Your SSH key: a private one, or a public one whose private half is in ssh-agent
    #[arg(long, value_name = "SSH_KEY")]
    key: Option<PathBuf>,
    /// Your party: the account on the server
    #[arg(long)]
    party: Option<PartyId>,
    /// The server's name or address
    #[arg(long, requires = "known_hosts")]
    host: Option<String>,
    /// Its port
    #[arg(long, requires = "host")]
    port: Option<u16>,
    /// The server's keys, in OpenSSH's known_hosts format
    #[arg(long, value_name = "FILE", requires = "host")]
    known_hosts: Option<PathBuf>,
    /// Decrypt what is new
    #[arg(long)]
    open: bool,
    /// Write one workbook for each answer instead of its CSV files
    #[arg(long, requires = "open")]
    xlsx: bool,
    /// Remove on the server what is verified and safe on this disk
    #[arg(long)]
    remove: bool,
    /// Fetch anew what was fetched before and lies here no more
    #[arg(long)]
    all: bool,
    /// First wait for the receipt of this delivery: its name, or its manifest (NAME.sha256), which also tells it from an earlier
    /// one of that name
    #[arg(long, value_name = "NAME|MANIFEST")]
    wait_for: Option<PathBuf>,
    /// How many seconds to wait for it
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 120,
        requires = "wait_for"
    )]
    timeout: u64,
    /// Print one JSON object a line for each thing, and a last one that sums up
    #[arg(long)]
    json: bool,
    /// Show no progress, and print what is new only
    #[arg(long)]
    quiet: bool,
}

/// Fetches what is new, and tells of it on stdout; of what is wrong, on stderr.
pub fn run(args: Args) -> Result<(), Failure> {
    let profile = args.keys.profile()?;
    let profile = profile.as_ref();
    let party = args.party.as_ref().or(profile.map(|p| &p.party));
    let server = args.server(profile)?;
    let key = args.key.as_deref().or(profile.map(|p| p.key.as_path()));
    let out = args.out.as_deref();
    let into = out.or(profile.map(|p| p.received.as_path()));
    let believed = args.keys.believed(profile)?;
    let identities = match args.open {
        true => Some(args.keys.identities(profile)?),
        false => None,
    };
    let person = args.keys.person();
    let signer = Signer::find(named(key, "--key")?, &person).map_err(usage)?;
    let login = Login::by(&signer).map_err(usage)?;

    let party = named(party, "--party")?;
    let awaited = args.wait_for.as_deref().map(|awaited| {
        let way = Way::to(&server, party, &login);
        wait::verdict(awaited, &way, &believed, Duration::from_secs(args.timeout))
    });
    let refused = awaited.transpose()? == Some(false);

    let bar = match args.quiet || !stderr().is_terminal() {
        true => hidden,
        false => progress::bar,
    };
    // The first line that cannot be written ends the telling, not the fetching.
    let unheard = Cell::new(None);
    let tell = |event: &Event| {
        let told = match args.json {
            true => say(&format!("{}\n", as_json(event))),
            false => in_words(event, args.quiet),
        };
        if let Err(failure) = told {
            unheard.set(Some(failure));
        }
    };
    let order = Order {
        party,
        server: &server,
        login: &login,
        trust: believed.trust(),
        into: into.unwrap_or("received".as_ref()),
        all: args.all,
        remove: args.remove,
        open: identities.as_ref().map(|identities| Opening {
            identities,
            out: None,
            form: Form::of(args.xlsx),
            bar,
        }),
        bar,
        tell: &tell,
    };
    let (totals, ended) = runtime()?.block_on(fetch(&order));
    if args.json {
        say(&format!("{}\n", sum(&totals, ended.is_ok())))?;
    } else if !args.quiet && totals == Totals::default() && ended.is_ok() {
        eprintln!("Tidak ada yang baru. / Nothing new.");
    }
    ended?;
    match unheard.take() {
        Some(failure) => Err(failure),
        None => judge(&totals, refused),
    }
}

impl Args {
    /// As the arguments say, else the profile.
    fn server(&self, profile: Option<&Profile>) -> Result<Server, Failure> {
        if let (Some(host), Some(known_hosts)) = (&self.host, &self.known_hosts) {
            return Ok(Server {
                host: host.clone(),
                port: self.port.unwrap_or(PORT),
                known_hosts: known_hosts.clone(),
                host_key_alias: None,
            });
        }
        named(
            profile.and_then(|p| p.server.clone()),
            "--host and --known-hosts",
        )
    }
}

/// What a run came to, as an exit code and a last sentence. `refused`: what was waited for was.
fn judge(totals: &Totals, refused: bool) -> Result<(), Failure> {
    if totals.failed > 0 {
        return Err(Failure::Fault(format!(
            "{} not fetched; try again",
            totals.failed
        )));
    }
    if totals.refused > 0 {
        return Err(Failure::Refused(format!(
            "{} not verified or not opened; it stays on the server, and nothing of it is to be used",
            totals.refused
        )));
    }
    // Its receipt may have been fetched by an earlier run.
    let turned_away = totals.turned_away.max(refused.into());
    if turned_away > 0 {
        return Err(Failure::Refused(format!(
            "{turned_away} of your deliveries refused (DITOLAK); its receipt says what to do"
        )));
    }
    Ok(())
}

/// For a person: what is new on stdout, what is wrong on stderr.
fn in_words(event: &Event, quiet: bool) -> Result<(), Failure> {
    match event {
        Event::Response { path, opened, .. } => {
            let mut told = format!("{}\n", path.display());
            for file in opened {
                told.push_str(&format!("{}\n", file.display()));
            }
            say(&told)
        }
        Event::Paper {
            path,
            page,
            verdict,
            code,
            opened,
            ..
        } => {
            let path = page.as_ref().unwrap_or(path);
            let words = [verdict.as_deref(), code.as_deref()];
            let words: Vec<&str> = words.into_iter().flatten().collect();
            let mut told = format!("{}  {}\n", path.display(), words.join(" "));
            for file in opened {
                told.push_str(&format!("{}\n", file.display()));
            }
            say(&told)
        }
        Event::Refused {
            name,
            why,
            quarantine,
        } => {
            eprintln!("padan: NOT VERIFIED {name}: {why}");
            if let Some(path) = quarantine {
                eprintln!("  set aside in {}", path.display());
            }
            Ok(())
        }
        Event::NotOpened { name, why } => {
            eprintln!("padan: verified but not opened {name}: {why}");
            Ok(())
        }
        Event::Failed { name, why } => {
            eprintln!("padan: {}: {why}", name.as_deref().unwrap_or("going on"));
            Ok(())
        }
        Event::Removed { name } => {
            if !quiet {
                eprintln!("dihapus di server / removed on the server: {name}");
            }
            Ok(())
        }
    }
}

fn as_json(event: &Event) -> Value {
    match event {
        Event::Response { name, path, opened } => {
            json!({"event": "response", "name": name, "path": path, "opened": opened})
        }
        Event::Paper {
            name,
            path,
            page,
            verdict,
            code,
            opened,
        } => {
            let kind = if verdict.is_some() {
                "receipt"
            } else {
                "notice"
            };
            json!({"event": kind, "name": name, "path": path, "page": page, "verdict": verdict, "code": code, "opened": opened})
        }
        Event::Refused {
            name,
            why,
            quarantine,
        } => {
            json!({"event": "not_verified", "name": name, "why": why, "quarantine": quarantine})
        }
        Event::NotOpened { name, why } => json!({"event": "not_opened", "name": name, "why": why}),
        Event::Failed { name, why } => json!({"event": "failed", "name": name, "why": why}),
        Event::Removed { name } => json!({"event": "removed", "name": name}),
    }
}

fn sum(totals: &Totals, ended: bool) -> Value {
    json!({
        "event": "end",
        "complete": ended,
        "responses": totals.responses,
        "papers": totals.papers,
        "refused_deliveries": totals.turned_away,
        "not_verified": totals.refused,
        "failed": totals.failed,
        "removed": totals.removed,
    })
}

fn hidden(_: &str, _: u64) -> ProgressBar {
    ProgressBar::hidden()
}
