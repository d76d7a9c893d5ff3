//! `padan keys rotate`: a new key of the service, which takes the old one's place later.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::cli::Failure;
use crate::cli::look::{say, time};
use crate::config::Config;
use crate::snapshot;
use crate::trust::renew::{self, Begun};
use crate::trust::rotation::Role;

/// Which key of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// Signs receipts and answers
    Signing,
    /// Opens deliveries
    Age,
    /// The SFTP server's
    Host,
    /// Protects snapshots
    Store,
}

/// Make a new key of the service, which follows the old one when the parties have had time to install it
///
/// A running service announces the new key to the parties in a signed notice, and takes it up when its time comes;
/// without one `padan poll` does. Run it as the service's user. Repeating it changes nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  padan keys rotate signing --config /etc/padan/padan.yaml --overlap 30"
)]
pub struct Args {
    /// Which key.
    pub which: Which,
    /// The service's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The old key stays in force for so many days.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    overlap: u16,
    /// The new key is in force from this day or instant on, instead: 2027-01-15 or 2027-01-15T08:00:00+07:00.
    #[arg(long, value_name = "WHEN", conflicts_with = "overlap")]
    from: Option<String>,
    /// Note the day by which the new key should be followed by another; `padan keys` warns before it.
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    /// Say what would happen; change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Which {
    /// The service's word for it.
    pub fn role(self) -> Role {
        match self {
            Self::Signing => Role::Signing,
            Self::Age => Role::Age,
            Self::Host => Role::Host,
            Self::Store => Role::Store,
        }
    }
}

/// Makes the key, and says what comes next.
pub fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::load(&args.config, Date::MIN)?;
    let now = Timestamp::now();
    let switch = match &args.from {
        Some(text) => when(text, &config.time_zone)?,
        None => now
            .checked_add(SignedDuration::from_hours(24 * i64::from(args.overlap)))
            .map_err(|_| Failure::Usage("--overlap is too long".to_owned()))?,
    };
    // Names tell whole seconds.
    let switch = Timestamp::from_second(switch.as_second()).unwrap_or(switch);
    if switch < now && args.which != Which::Store {
        return Err(Failure::Usage(
            "--from is over; name a later time, so that the parties can install the new key before"
                .to_owned(),
        ));
    }
    let role = args.which.role();
    let path = role.file(&config.keys);
    let switch_told = time(switch, &config.time_zone);
    if args.dry_run {
        return say(&match args.which {
            Which::Store => format!("would put a new identity into {}\n", path.display()),
            _ => format!(
                "would make a new key beside {}, in force from {switch_told} on\n",
                path.display()
            ),
        });
    }
    let told = match args.which {
        Which::Store => renew_store(path, now)?,
        _ => match renew::begin(role, path, switch, now)? {
            Begun::Made(new) => made(args.which, &config, &new, &switch_told),
            Begun::UnderWay(new, from) => format!(
                "nothing to do: {} is there already, in force from {} on\n",
                new.display(),
                time(from, &config.time_zone)
            ),
            Begun::NotRetired => {
                return Err(Failure::Usage(format!(
                    "the last rotation has not ended; run `padan keys retire {role}` first"
                )));
            }
        },
    };
    if let Some(day) = args.until {
        renew::note_end(path, day)?;
    }
    say(&told)
}

/// A day begins at midnight in the service's time zone.
fn when(text: &str, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let day = || {
        let day: Date = text.parse().ok()?;
        Some(day.to_zoned(zone.clone()).ok()?.timestamp())
    };
    text.parse().ok().or_else(day).ok_or_else(|| {
        Failure::Usage(format!(
            "--from {text:?} is no time; write 2027-01-15 or 2027-01-15T08:00:00+07:00"
        ))
    })
}

fn renew_store(path: &Path, now: Timestamp) -> Result<String, Failure> {
    let recipient = snapshot::renew(path, now)?;
    let short: String = recipient.chars().take(24).collect();
    Ok(format!(
        "{} has a new identity ({short}…), which protects what is written from now on\n\
         The old one below it opens what is there. Put a copy of the file into the safe.\n\
         `padan keys retire store` removes the old one when no snapshot needs it any more.\n",
        path.display()
    ))
}

fn made(which: Which, config: &Config, new: &Path, switch: &str) -> String {
    let place = new.display();
    let role = which.role();
    let mut text = format!("made {place}\n");
    text.push_str(match which {
        Which::Age => "It opens deliveries at once. ",
        _ => "",
    });
    text.push_str(&format!(
        "The running service tells the parties within {} s (KEY_ROTATION in receipts/); `padan poll` does where none runs.\n",
        config.rescan.as_secs()
    ));
    if which == Which::Host && config.keys.ssh_host_certificate.is_some() {
        text.push_str(&format!(
            "Have it signed, or the old one stays: ssh-keygen -s CA -h -I padan -n HOST {place}.pub\n"
        ));
    }
    text.push_str(&match which {
        Which::Age => format!(
            "From {switch} on `padan keys retire age` lets the old one open only what came before.\n"
        ),
        _ => format!(
            "It is in force from {switch} on; then `padan keys retire {role}` destroys the old one.\n"
        ),
    });
    text
}
