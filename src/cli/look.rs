//! What the commands that look share: a ledger, one delivery by the name a person typed, safe words.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use tokio::runtime::Runtime;

use crate::agreement::PartyId;
use crate::config::Config;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::ledger::{Delivery, Ledger, Outcome, SqliteLedger, State};
use crate::serve::runtime;

use super::Failure;

/// The configuration and its ledger, to look at and not to change.
pub struct Look {
    /// The configuration.
    pub config: Config,
    /// Its ledger, opened for reading. Dropped before the runtime it works on.
    pub ledger: SqliteLedger,
    _runtime: Runtime,
}

impl Look {
    /// Loads the configuration and opens the ledger beside a running service.
    pub fn new(config: &Path) -> Result<Self, Failure> {
        // Looking back goes on after the agreement has ended: judged on a day before any term there is nothing to refuse.
        let config = Config::load(config, Date::MIN)?;
        let runtime = runtime()?;
        let file = Layout::new(&config.data_dir).ledger();
        let ledger = SqliteLedger::open_read_only(&file, runtime.handle().clone())?;
        Ok(Self {
            config,
            ledger,
            _runtime: runtime,
        })
    }

    /// Whether a party that a person named is one of the agreement's.
    pub fn check_party(&self, party: Option<&PartyId>) -> Result<(), Failure> {
        let parties = &self.config.agreement.parties;
        match party {
            Some(party) if !parties.iter().any(|known| known.id == *party) => {
                let known: Vec<&str> = parties.iter().map(|known| known.id.as_str()).collect();
                Err(Failure::Usage(format!(
                    "no party `{party}` in the agreement; write {}",
                    known.join(" or ")
                )))
            }
            _ => Ok(()),
        }
    }
}

/// The one delivery that a person means by a name, a path or the first digits of an id.
///
/// Several: [`Failure::Refused`], which tells the ids to choose from. None: [`Failure::Usage`].
pub fn one(ledger: &dyn Ledger, typed: &str, zone: &TimeZone) -> Result<Delivery, Failure> {
    let name = typed.rsplit('/').next().unwrap_or(typed);
    let mut found = ledger.find(name)?;
    match (found.pop(), found.len()) {
        (Some(delivery), 0) => Ok(delivery),
        (None, _) => Err(Failure::Usage(format!(
            "no delivery is called `{}`\nWrite the name of its manifest or of a data file, or at least 6 digits of its id; \
             `padan status` lists them.",
            safe(name)
        ))),
        (Some(last), _) => {
            let mut text = format!(
                "several deliveries are called `{}`; write the id:",
                safe(name)
            );
            for delivery in found.iter().chain([&last]) {
                text.push_str(&format!(
                    "\n  {}  received {}  {}",
                    delivery.id.short(),
                    time(delivery.received, zone),
                    standing(delivery, zone)
                ));
            }
            Err(Failure::Refused(text))
        }
    }
}

/// What became of a delivery, in a few words.
pub fn standing(delivery: &Delivery, zone: &TimeZone) -> String {
    match (delivery.state, delivery.code, delivery.retry_at) {
        (State::Answered, _, _) => "answered".to_owned(),
        (State::Rejected, Some(code), _) => format!("rejected {code}"),
        (State::Rejected, None, _) => "rejected".to_owned(),
        (State::Claiming | State::Open, _, Some(at)) => {
            let noun = if delivery.faults == 1 {
                "fault"
            } else {
                "faults"
            };
            format!("{} {noun}, next try {}", delivery.faults, time(at, zone))
        }
        (State::Claiming, _, None) => "being claimed".to_owned(),
        (State::Open, _, None) => "on its way".to_owned(),
    }
}

/// What the last fault of a delivery was, while it waits for its next try.
pub fn last_fault(ledger: &dyn Ledger, delivery: &Delivery) -> Result<Option<String>, Fault> {
    if delivery.retry_at.is_none() {
        return Ok(None);
    }
    let events = ledger.events(&delivery.id)?;
    let last = events.into_iter().rfind(|e| e.outcome == Outcome::Fault);
    Ok(last.and_then(|event| event.detail))
}

/// Date and time in the service's time zone, to the second.
pub fn time(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// How the service's time zone is called.
pub fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("local time")
}

/// A text that a party may have chosen (a folder, a file name), with everything escaped that a terminal would obey
/// or that would turn the reading direction.
pub fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if c.is_control() || turns {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A document for machines, with a line end.
pub fn json(document: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(document)
        .map(|text| text + "\n")
        .map_err(|e| Failure::Fault(format!("cannot write JSON: {e}")))
}

/// Prints on stdout. A reader that has seen enough (`| head`) is no trouble.
pub fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Fault(format!("cannot write to stdout: {e}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn a_folder_cannot_command_the_terminal() {
        assert_eq!(safe("november/gaji é"), "november/gaji é");
        assert_eq!(safe("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(safe("txt.\u{202e}egA"), "txt.\\u{202e}egA");
        assert_eq!(safe("a\nb"), "a\\u{a}b");
    }
}
