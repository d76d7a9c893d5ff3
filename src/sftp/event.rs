//! What happens at the door, one [`Event`] each: a line of the log, and for whoever keeps a record.
//!
//! An event holds no personal data. Whoever makes one passes paths through [`Actor::shown`] and the name of a client's
//! software through [`software`]; a user name that is no account is never in it.

mod denials;
mod facts;
mod names;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use denials::Denials;

use crate::sftp::root::path::CanonicalPath;

pub use facts::Facts;
pub use names::Names;
pub(crate) use names::software;

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The party; `None` before a login, and for a name that is no account.
    pub account: Option<String>,
    /// Where the client connects from; `None` when only the caller of the subsystem knows.
    pub peer: Option<IpAddr>,
    /// How the client's software calls itself; `None` before it has logged in.
    pub client: Option<String>,
    /// What.
    pub what: What,
}

impl Event {
    /// Whether somebody caused it who has not logged in, although it may have named an account.
    pub fn is_by_stranger(&self) -> bool {
        self.account.is_none()
            || matches!(
                self.what,
                What::LoginRefused { .. } | What::TurnedAway { .. } | What::Banned { .. }
            )
    }
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A party has logged in.
    Login {
        /// `SHA256:…` of the key, or of the certificate's key; `None` where another SSH server has let the party in.
        fingerprint: Option<String>,
    },
    /// A login was refused; the client is not told why.
    LoginRefused {
        /// Why, in a few words.
        reason: &'static str,
    },
    /// A connection was not taken, or ended by a bound.
    TurnedAway {
        /// Which bound, in a few words.
        reason: &'static str,
    },
    /// An address may not connect for a while.
    Banned {
        /// For how long.
        duration: Duration,
    },
    /// The connection of a logged-in party has ended.
    Ended {
        /// How long it lasted.
        duration: Duration,
    },
    /// A file that was open for writing was closed.
    Upload {
        /// Its path, or what may be shown of it.
        file: String,
        /// Bytes that this client wrote.
        bytes: u64,
        /// SHA-256 of the whole file in lower-case hex, as this client left it; `None` when it was not closed by the
        /// client, is not on the disk, or was not changed.
        sha256: Option<String>,
        /// From opening to closing.
        duration: Duration,
    },
    /// A file that was open for reading was closed.
    Download {
        /// Its path, or what may be shown of it.
        file: String,
        /// Bytes that were read.
        bytes: u64,
        /// From opening to closing.
        duration: Duration,
    },
    /// A file's size was set through its path, without opening it.
    Resized {
        /// Its path, or what may be shown of it.
        file: String,
        /// The new size.
        bytes: u64,
    },
    /// A file or folder got another name.
    Renamed {
        /// The old path, or what may be shown of it.
        from: String,
        /// The new one.
        to: String,
    },
    /// A file was removed.
    Removed {
        /// Its path, or what may be shown of it.
        file: String,
    },
    /// A folder was made.
    FolderMade {
        /// Its path, or what may be shown of it.
        folder: String,
    },
    /// An empty folder was removed.
    FolderRemoved {
        /// Its path, or what may be shown of it.
        folder: String,
    },
    /// A request was refused by the rules.
    Denied {
        /// What the client wanted, in a word or two.
        action: &'static str,
        /// Where, or what may be shown of it.
        file: Option<String>,
        /// What the client was told, or the bound that it would have passed.
        reason: &'static str,
    },
    /// More requests were refused by the rules than are told one by one.
    DeniedMore {
        /// How many of this connection since the last that was told.
        untold: u64,
    },
}

/// Who hears of events besides the log, and what names they may hold. Called inline: whoever listens must only take the
/// event and return.
#[derive(Clone, Default)]
pub struct Recorder {
    hear: Option<Arc<dyn Fn(Event) + Send + Sync>>,
    names: Arc<Names>,
}

impl Recorder {
    /// Hands each event to `hear`, after it was logged.
    pub fn new(hear: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self {
            hear: Some(Arc::new(hear)),
            names: Arc::default(),
        }
    }

    /// The same, with the words that names in events may be made of.
    #[must_use]
    pub fn showing(self, names: Names) -> Self {
        Self {
            names: Arc::new(names),
            ..self
        }
    }

    /// Tells what happened to a connection, now; `account` is the party that it is of or claims to be of, if any.
    pub(crate) fn tell_of(&self, account: Option<&str>, peer: IpAddr, what: What) {
        self.tell(Event {
            at: Timestamp::now(),
            account: account.map(str::to_owned),
            peer: Some(peer),
            client: None,
            what,
        });
    }

    /// Logs one event and hands it on. The one place where either happens. After a panic, while what it left is cleared
    /// away, nobody hears: a second one there would end the whole service.
    pub(crate) fn tell(&self, event: Event) {
        event.facts().log();
        if let Some(hear) = &self.hear
            && !std::thread::panicking()
        {
            hear(event);
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

/// A party that has logged in and acts.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// The party.
    pub(crate) account: String,
    peer: Option<IpAddr>,
    client: Option<String>,
    recorder: Recorder,
    denials: Arc<Denials>,
}

impl Actor {
    /// A party on a new connection: where it connects from, how its software calls itself, as [`software`] shows it, and
    /// who hears of what it does. Clones act on the same connection.
    pub(crate) fn new(
        account: String,
        peer: Option<IpAddr>,
        client: Option<String>,
        recorder: Recorder,
    ) -> Self {
        Self {
            account,
            peer,
            client,
            recorder,
            denials: Arc::default(),
        }
    }

    /// Tells what this actor did, now; of denials not more than anybody would read.
    pub(crate) fn tell(&self, what: What) {
        let verdict = self.denials.note(&what, Instant::now());
        if let Some(untold) = verdict.untold {
            self.tell_recorder(What::DeniedMore { untold });
        }
        if verdict.told {
            self.tell_recorder(what);
        }
    }

    fn tell_recorder(&self, what: What) {
        self.recorder.tell(Event {
            at: Timestamp::now(),
            account: Some(self.account.clone()),
            peer: self.peer,
            client: self.client.clone(),
            what,
        });
    }

    /// A path as events may show it.
    pub(crate) fn shown(&self, path: &CanonicalPath) -> String {
        self.recorder.names.shown_path(path)
    }
}
