//! What the SFTP server asks about files in inboxes: the pipeline's quick checks when one has arrived, and where each
//! stands when they are listed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::agreement::PartyId;
use crate::config::Config;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::ledger::{Ledger, SqliteLedger};
use crate::pipeline::{Desk, Inbox, Refused, Standing, cares, early_word, seen_beside};
use crate::sftp::{Arrived, Attend, Attendant, Word};
use crate::trust::keyring::PublicKeys;

use super::service::Service;

/// A client's CLOSE or RENAME waits no longer for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// A process of its own looks again after this time.
const FRESH: Duration = Duration::from_secs(1);

/// Of the running service.
pub(super) fn within(service: &Arc<Service>) -> Attendant {
    Attendant::new(Arc::new(Within(Arc::clone(service))), PATIENCE)
}

/// Of a process that serves one client and reads no private key.
pub(super) fn beside(config: &Arc<Config>, runtime: Handle) -> Attendant {
    let beside = Beside {
        config: Arc::clone(config),
        runtime,
        seen: Mutex::default(),
    };
    Attendant::new(Arc::new(beside), PATIENCE)
}

/// With the keys that the pipeline has loaded.
struct Within(Arc<Service>);

impl Attend for Within {
    fn cares(&self, path: &str) -> bool {
        self.0.config.early_word() && cares(path)
    }

    fn state(&self, account: &str, path: &str) -> Option<u32> {
        number_of(&self.0.board().inbox(&account.parse().ok()?), path)
    }

    fn state_word(&self, number: u32) -> Option<&'static str> {
        word_of(number)
    }

    fn word(&self, account: &str, arrived: &Arrived) -> Option<Word> {
        let keyring = self.0.keyring();
        let desk = Desk {
            config: &self.0.config,
            keys: &keyring.parties,
            ledger: self.0.ledger(),
            layout: &self.0.layout,
            now: Timestamp::now(),
        };
        told(&desk, account, arrived)
    }
}

/// With what the files and the ledger hold when it is asked.
struct Beside {
    config: Arc<Config>,
    runtime: Handle,
    /// What was last seen, and when.
    seen: Mutex<Option<(Instant, Inbox)>>,
}

impl Beside {
    fn inbox(&self, account: &str) -> Option<Inbox> {
        let (party, ledger) = (account.parse().ok()?, self.ledger().ok()?);
        seen_beside(&self.config, &ledger, &party, Timestamp::now()).ok()
    }

    fn ledger(&self) -> Result<SqliteLedger, Fault> {
        let layout = Layout::new(&self.config.data_dir);
        SqliteLedger::open_read_only(&layout.ledger(), self.runtime.clone())
    }
}

impl Attend for Beside {
    fn cares(&self, path: &str) -> bool {
        self.config.early_word() && cares(path)
    }

    /// Its one client waits for itself alone.
    fn state(&self, account: &str, path: &str) -> Option<u32> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.as_ref().is_none_or(|(at, _)| at.elapsed() >= FRESH) {
            let inbox = self.inbox(account).unwrap_or_default();
            *seen = Some((Instant::now(), inbox));
        }
        number_of(&seen.as_ref()?.1, path)
    }

    fn state_word(&self, number: u32) -> Option<&'static str> {
        word_of(number)
    }

    fn word(&self, account: &str, arrived: &Arrived) -> Option<Word> {
        let layout = Layout::new(&self.config.data_dir);
        match (PublicKeys::load(&self.config), self.ledger()) {
            (Ok(keys), Ok(ledger)) => {
                let desk = Desk {
                    config: &self.config,
                    keys: &keys,
                    ledger: &ledger as &dyn Ledger,
                    layout: &layout,
                    now: Timestamp::now(),
                };
                told(&desk, account, arrived)
            }
            (keys, ledger) => {
                let faults = keys.err().unwrap_or_default();
                faults.iter().chain(&ledger.err()).for_each(no_word);
                None
            }
        }
    }
}

/// How a file stands, as its place in the list of all states.
fn number_of(inbox: &Inbox, path: &str) -> Option<u32> {
    let standing = inbox.get(path)?.standing;
    let place = Standing::ALL.iter().position(|known| *known == standing)?;
    u32::try_from(place + 1).ok()
}

fn word_of(number: u32) -> Option<&'static str> {
    let place = usize::try_from(number).ok()?.checked_sub(1)?;
    Standing::ALL.get(place).map(|standing| standing.word())
}

fn told(desk: &Desk, account: &str, arrived: &Arrived) -> Option<Word> {
    let party: PartyId = account.parse().ok()?;
    match early_word(desk, &party, &arrived.path, &arrived.lies_at) {
        Ok(refused) => refused.as_ref().map(word),
        Err(fault) => {
            no_word(&fault);
            None
        }
    }
}

fn word(refused: &Refused) -> Word {
    Word {
        reason: refused.code().as_str(),
        message: refused.sentence(),
        leaves: refused.taken,
    }
}

/// Our trouble is not the sender's: the receipt will say what there is to say.
fn no_word(fault: &Fault) {
    tracing::warn!(%fault, "no early word");
}
