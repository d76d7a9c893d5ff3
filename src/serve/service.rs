//! Everything that a running service holds: configuration, keys, store key, ledger, folders.

use std::path::{Path, PathBuf};
use std::sync::RwLock;

use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::config::Config;
use crate::fault::Fault;
use crate::files;
use crate::layout::Layout;
use crate::ledger::SqliteLedger;
use crate::pipeline::{Context, Looked, Progress};
use crate::snapshot::StoreKey;
use crate::trust::keyring::Keyring;

/// A loaded service. Commands that move deliveries make one and work in its [`Context`].
pub struct Service {
    /// The checked configuration.
    pub config: Config,
    /// Where everything lies.
    pub layout: Layout,
    keyring: RwLock<std::sync::Arc<Keyring>>,
    store: StoreKey,
    ledger: SqliteLedger,
    looked: Looked,
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
        let (keyring, store) = load_keys(&config).map_err(LoadError::Keys)?;
        let layout = Layout::new(&config.data_dir);
        files::create_dir(&layout.staging())?;
        for party in config.parties.keys() {
            layout.create_party(party)?;
        }
        let ledger = SqliteLedger::open(&layout.ledger(), runtime)?;
        Ok(Self {
            config,
            layout,
            keyring: RwLock::new(std::sync::Arc::new(keyring)),
            store,
            ledger,
            looked: Looked::default(),
        })
    }

    /// The ledger.
    pub fn ledger(&self) -> &SqliteLedger {
        &self.ledger
    }

    /// Files that somebody has just written are read again, however short ago they were.
    pub fn forget(&self, touched: &[PathBuf]) {
        for path in touched {
            self.looked.forget(path);
        }
    }

    /// Reads the parties' and our own keys again; on any error the old ones stay.
    pub fn reload(&self) -> Result<(), LoadError> {
        let fresh = Keyring::load(&self.config, Timestamp::now()).map_err(LoadError::Keys)?;
        *self
            .keyring
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = std::sync::Arc::new(fresh);
        Ok(())
    }

    /// Works with what is loaded now.
    pub fn with_context<T>(&self, progress: &dyn Progress, work: impl FnOnce(&Context) -> T) -> T {
        let keyring = std::sync::Arc::clone(
            &self
                .keyring
                .read()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        work(&Context {
            config: &self.config,
            keyring: &keyring,
            store: &self.store,
            ledger: &self.ledger,
            layout: &self.layout,
            clock: &Timestamp::now,
            progress,
            looked: &self.looked,
        })
    }
}

/// Every key that the pipeline needs, or everything that is wrong with one of their files.
fn load_keys(config: &Config) -> Result<(Keyring, StoreKey), Vec<Fault>> {
    match (
        Keyring::load(config, Timestamp::now()),
        StoreKey::load(&config.keys.store_identity),
    ) {
        (Ok(keyring), Ok(store)) => Ok((keyring, store)),
        (keyring, store) => {
            let mut problems = keyring.err().unwrap_or_default();
            problems.extend(store.err());
            Err(problems)
        }
    }
}
