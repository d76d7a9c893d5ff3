//! The early word: the pipeline's quick checks, asked by the SFTP server when a file has arrived.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::agreement::PartyId;
use crate::config::Config;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::ledger::{Ledger, SqliteLedger};
use crate::pipeline::{Desk, Refused, cares, early_word};
use crate::sftp::{Arrived, Attend, Attendant, Word};
use crate::trust::keyring::PublicKeys;

use super::service::Service;

/// A client's CLOSE or RENAME waits no longer for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The early word of the running service; nobody's where the configuration does not want it.
pub(super) fn within(service: &Arc<Service>) -> Attendant {
    attendant(&service.config, Arc::new(Within(Arc::clone(service))))
}

/// The early word of a process that serves one client and reads no private key.
pub(super) fn beside(config: &Arc<Config>, runtime: Handle) -> Attendant {
    let beside = Beside {
        config: Arc::clone(config),
        runtime,
    };
    attendant(config, Arc::new(beside))
}

fn attendant(config: &Config, asked: Arc<dyn Attend>) -> Attendant {
    if config.early_word() {
        Attendant::new(asked, PATIENCE)
    } else {
        Attendant::default()
    }
}

/// With the keys that the pipeline has loaded.
struct Within(Arc<Service>);

impl Attend for Within {
    fn cares(&self, path: &str) -> bool {
        cares(path)
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
}

impl Attend for Beside {
    fn cares(&self, path: &str) -> bool {
        cares(path)
    }

    fn word(&self, account: &str, arrived: &Arrived) -> Option<Word> {
        let layout = Layout::new(&self.config.data_dir);
        let ledger = SqliteLedger::open_read_only(&layout.ledger(), self.runtime.clone());
        match (PublicKeys::load(&self.config), ledger) {
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
