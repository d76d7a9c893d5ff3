//! A fault is our own trouble: retried, alerted, never told to a sender as their error.

use std::io;
use std::path::{Path, PathBuf};

/// What went wrong on our side. Carries no value of a row and no secret.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The operating system refused something on one of our own files.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// A verb and its object, as `read the age identity`.
        doing: &'static str,
        /// A path of the service; for a party's own file the folder that holds it.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A key file is unusable.
    #[error("key file {}: {problem}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do; never the key.
        problem: String,
    },
    /// The ledger did not answer or contradicts itself.
    #[error("ledger: {0}")]
    Ledger(String),
    /// A snapshot cannot be read back.
    #[error("snapshot {}: {problem}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is damaged.
        problem: &'static str,
    },
    /// Encryption or signing failed.
    #[error("cannot {doing}: {problem}")]
    Crypto {
        /// A verb and its object.
        doing: &'static str,
        /// The library's word, free of key material.
        problem: String,
    },
    /// A file that a re-run needs is no longer kept.
    #[error("{what} of this delivery is no longer kept ({})", path.display())]
    Gone {
        /// What is missing, as `the archived ciphertext`.
        what: &'static str,
        /// Where it was.
        path: PathBuf,
    },
    /// Two things that we hold contradict each other: the configuration, the ledger, what lies on the disk.
    #[error("{0}")]
    Inconsistent(String),
    /// The clock stands far behind the newest event in the ledger: one of the two is wrong.
    #[error(
        "the clock says {now}, but the newest event is of {mark}: nothing is judged until the clock is right; if it is right \
         now and was wrong before, run `padan clock --accept --reason TEXT`"
    )]
    Clock {
        /// What the clock says.
        now: jiff::Timestamp,
        /// The newest event.
        mark: jiff::Timestamp,
    },
    /// A panic: a mistake in this program. The delivery it happened on is tried again and nothing else suffers.
    #[error("a mistake in padan itself; the log has its place")]
    Bug,
    /// The network side: listener, SSH or SFTP.
    #[error("cannot {doing}: {problem}")]
    Network {
        /// A verb and its object.
        doing: &'static str,
        /// What the other side or the system said.
        problem: String,
    },
}

impl Fault {
    /// An adapter for `map_err` on file operations.
    pub fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}
