//! Everything that a running service holds: configuration, keys, store key, ledger, folders.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::config::Config;
use crate::fault::Fault;
use crate::files;
use crate::layout::Layout;
use crate::ledger::SqliteLedger;
use crate::pipeline::{Board, Context, Looked, Progress};
use crate::snapshot::StoreKey;
use crate::trust::keyring::Keyring;
use crate::trust::life::Key;
use crate::workers::Workers;

use super::key_watch::{Seen, look};

/// A loaded service. Commands that move deliveries make one and work in its [`Context`].
pub struct Service {
    /// The checked configuration.
    pub config: Config,
    /// Where everything lies.
    pub layout: Layout,
    keys: RwLock<Arc<Keys>>,
    ledger: SqliteLedger,
    looked: Looked,
    board: Board,
    workers: Workers,
}

/// What comes from key files, as of the last good reading of all of them.
struct Keys {
    keyring: Arc<Keyring>,
    store: Arc<StoreKey>,
    inventory: Vec<Key>,
    seen: Arc<Seen>,
}

/// Why a service cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// `padan.yaml` or `agreement.yaml` is wrong; every problem with its place and remedy.
    #[error("{0}")]
    Config(#[from] crate::agreement::document::problem::Problems),
    /// Key files are unusable; every one of them.
    #[error("{}", .0.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
    Keys(Vec<Fault>),
    /// The data folder or the ledger.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Service {
    /// Loads configuration and keys, makes the folders, opens the ledger.
    pub fn load(config: &Path, runtime: Handle) -> Result<Self, LoadError> {
        let config = Config::load(config, jiff::Zoned::now().date())?;
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let keys = Keys::load(&config).map_err(LoadError::Keys)?;
        let layout = Layout::new(&config.data_dir);
        files::create_dir(&layout.staging())?;
        for party in config.parties.keys() {
            layout.create_party(party)?;
        }
        let ledger = SqliteLedger::open(&layout.ledger(), runtime)?;
        Ok(Self {
            config,
            layout,
            keys: RwLock::new(Arc::new(keys)),
            ledger,
            looked: Looked::default(),
            board: Board::default(),
            workers: Workers::of_this_machine(),
        })
    }

    /// The ledger.
    pub fn ledger(&self) -> &SqliteLedger {
        &self.ledger
    }

    /// Where everything in flight stands.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Files that somebody has just written are read again, however short ago they were.
    pub fn forget(&self, touched: &[PathBuf]) {
        for path in touched {
            self.looked.forget(path);
        }
    }

    /// Reads the parties' and our own keys again; on any error the old ones stay.
    pub fn reload(&self) -> Result<(), LoadError> {
        let fresh = Keys::load(&self.config).map_err(LoadError::Keys)?;
        self.put(fresh);
        Ok(())
    }

    /// The keys that are loaded now.
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keys().keyring)
    }

    /// Reads again what there is to know of all keys, without putting others in force.
    pub fn read_inventory(&self) {
        let now = self.keys();
        self.put(Keys {
            keyring: Arc::clone(&now.keyring),
            store: Arc::clone(&now.store),
            inventory: super::keys(&self.config).keys,
            seen: Arc::clone(&now.seen),
        });
    }

    /// Which files of ours these keys were read from.
    pub fn seen(&self) -> Arc<Seen> {
        Arc::clone(&self.keys().seen)
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, fresh: Keys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
    }

    /// Works with what is loaded now.
    pub fn with_context<T>(&self, progress: &dyn Progress, work: impl FnOnce(&Context) -> T) -> T {
        let keys = self.keys();
        work(&Context {
            config: &self.config,
            keyring: &keys.keyring,
            keys: &keys.inventory,
            store: &keys.store,
            workers: &self.workers,
            ledger: &self.ledger,
            layout: &self.layout,
            clock: &Timestamp::now,
            progress,
            looked: &self.looked,
            board: &self.board,
        })
    }
}

impl Keys {
    /// Every key that the pipeline needs, or everything that is wrong with one of their files.
    fn load(config: &Config) -> Result<Self, Vec<Fault>> {
        let now = Timestamp::now();
        // In this order: no key is announced that is not loaded.
        let (seen, _) = look(&config.keys, now);
        let inventory = super::keys(config).keys;
        match (
            Keyring::load(config, now),
            StoreKey::load(&config.keys.store_identity),
        ) {
            (Ok(keyring), Ok(store)) => Ok(Self {
                keyring: Arc::new(keyring),
                store: Arc::new(store),
                inventory,
                seen: Arc::new(seen),
            }),
            (keyring, store) => {
                let mut problems = keyring.err().unwrap_or_default();
                problems.extend(store.err());
                Err(problems)
            }
        }
    }
}
