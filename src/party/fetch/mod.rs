//! Collects what the service laid ready for a party: answers from `outbox/`, receipts and notices from `receipts/`.
//!
//! The server is not trusted: a name is checked before it becomes a path, a listing and a file have bounds, and what
//! arrives lies in `.partial/` until its signature is proven. Then it appears whole, by one rename; what is not verified is
//! set aside in `quarantine/`. What was fetched is written down (`state`), so that it is not fetched again when a person has
//! moved it away. A broken connection is taken up again where it broke, in this run or the next.
//!
//! Reading order: `folder` and `state` are the local side, `download` the remote one; `answers` and `papers` are the ways
//! of one response and of one receipt.

mod answers;
mod download;
mod folder;
mod papers;
mod state;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::sftp::client::{Client, Entry, Login};

use super::Trouble;
use super::open::{Opening, Trust};
use super::profile::Server;
use super::server::Way;

use folder::Folder;

/// How often a run takes up a broken connection again; each must have brought something.
const MOST_CONNECTIONS: u32 = 20;
/// Longest name of what is fetched, in bytes.
const LONGEST_NAME: usize = 200;

/// What is to be fetched, and how.
pub struct Order<'a> {
    /// Who fetches: the account, and the reader that every answer must name.
    pub party: &'a PartyId,
    /// Where from.
    pub server: &'a Server,
    /// What the party logs in with.
    pub login: &'a Login,
    /// Whom it believes.
    pub trust: Trust<'a>,
    /// Where everything goes.
    pub into: &'a Path,
    /// Also what was fetched before.
    pub all: bool,
    /// Remove on the server what is verified and safe here.
    pub remove: bool,
    /// Decrypt, too.
    pub open: Option<Opening<'a>>,
    /// Shows a download, over so many bytes.
    pub bar: fn(&str, u64) -> indicatif::ProgressBar,
    /// Hears of each thing as soon as it is so.
    pub tell: &'a dyn Fn(&Event),
}

/// What happened to one thing on the server.
#[derive(Debug)]
pub enum Event {
    /// A response is here, verified.
    Response {
        /// Its name on the server.
        name: String,
        /// Its folder.
        path: PathBuf,
        /// What was decrypted.
        opened: Vec<PathBuf>,
    },
    /// A receipt or a notice is here, verified.
    Paper {
        /// Its name, without endings.
        name: String,
        /// Its signed document.
        path: PathBuf,
        /// Its page for a person, where the document proves that, too.
        page: Option<PathBuf>,
        /// `DITERIMA`, `DITOLAK` or `MENUNGGU`; a notice has none.
        verdict: Option<String>,
        /// Why it was refused, or what it waits for.
        code: Option<String>,
        /// What was decrypted.
        opened: Vec<PathBuf>,
    },
    /// Something did not verify.
    Refused {
        /// Where it lies on the server.
        name: String,
        /// What is wrong, and what to do.
        why: String,
        /// Where it was set aside, if it was fetched at all.
        quarantine: Option<PathBuf>,
    },
    /// Something is here, verified, and could not be decrypted.
    NotOpened {
        /// Its name on the server.
        name: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// Something was removed on the server.
    Removed {
        /// Where it lay.
        name: String,
    },
    /// The server did not hand something out, or the connection broke; it is taken up again.
    Failed {
        /// Where it lies on the server.
        name: Option<String>,
        /// What the server or the network said.
        why: String,
    },
}

/// What a run came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// New responses.
    pub responses: u64,
    /// New receipts and notices.
    pub papers: u64,
    /// Of these, receipts of deliveries that were refused.
    pub turned_away: u64,
    /// What did not verify, or could not be decrypted.
    pub refused: u64,
    /// What the server did not hand out.
    pub failed: u64,
    /// What was removed on the server.
    pub removed: u64,
}

/// A run on one connection after the other.
struct Run<'a> {
    order: &'a Order<'a>,
    folder: Folder,
    totals: Totals,
    /// Whether this connection brought anything.
    moved: bool,
    /// What this run is done with although it is not here.
    done: BTreeSet<String>,
}

/// Fetches what is new. Returns what it came to, and what ended it before its end.
pub async fn fetch(order: &Order<'_>) -> (Totals, Result<(), Trouble>) {
    let folder = match Folder::open(order.into) {
        Ok(folder) => folder,
        Err(trouble) => return (Totals::default(), Err(trouble)),
    };
    let mut run = Run {
        order,
        folder,
        totals: Totals::default(),
        moved: false,
        done: BTreeSet::new(),
    };
    let mut ended = run.connect_and_collect().await;
    for _ in 1..MOST_CONNECTIONS {
        match ended {
            Err(Trouble::Fault(Fault::Network { .. })) if run.moved => {}
            _ => break,
        }
        if let Err(broken) = &ended {
            (order.tell)(&Event::Failed {
                name: None,
                why: broken.to_string(),
            });
        }
        ended = run.connect_and_collect().await;
    }
    let opened = run.open_left_over();
    (run.totals, ended.and(opened))
}

impl Run<'_> {
    async fn connect_and_collect(&mut self) -> Result<(), Trouble> {
        self.moved = false;
        let Order {
            server,
            party,
            login,
            ..
        } = *self.order;
        let client = Way::to(server, party, login).connect().await?;
        for entry in answers::list(&client).await? {
            let outcome = answers::fetch(self, &client, &entry).await;
            self.settle(&client, format!("outbox/{}", shown(&entry.name)), outcome)
                .await?;
        }
        for paper in papers::list(&client).await? {
            let outcome = papers::fetch(self, &client, &paper).await;
            self.settle(&client, format!("receipts/{}", shown(&paper.name)), outcome)
                .await?;
        }
        // Everything is here; how the connection ends does not matter.
        let _ = client.disconnect().await;
        Ok(())
    }

    /// What one thing came to. What concerns it alone keeps nothing else from being fetched.
    async fn settle(
        &mut self,
        client: &Client,
        name: String,
        outcome: Result<(), Stop>,
    ) -> Result<(), Trouble> {
        let event = match outcome {
            Ok(()) => return Ok(()),
            Err(Stop::Refused { why, quarantine }) => {
                if !self.done.insert(name.clone()) {
                    return Ok(());
                }
                self.totals.refused += 1;
                Event::Refused {
                    name,
                    why,
                    quarantine,
                }
            }
            Err(Stop::Trouble(Trouble::Fault(fault @ Fault::Network { .. }))) => {
                if !client.answers().await {
                    return Err(fault.into());
                }
                if !self.done.insert(name.clone()) {
                    return Ok(());
                }
                self.totals.failed += 1;
                Event::Failed {
                    name: Some(name),
                    why: fault.to_string(),
                }
            }
            Err(Stop::Trouble(trouble)) => return Err(trouble),
        };
        self.tell(&event);
        Ok(())
    }

    fn tell(&self, event: &Event) {
        (self.order.tell)(event);
    }

    /// Something is removed on the server, all of it.
    fn removed(&mut self, name: String) {
        self.totals.removed += 1;
        self.tell(&Event::Removed { name });
    }

    /// Something verified could not be decrypted.
    fn not_opened(&mut self, name: &str, trouble: &Trouble) {
        self.totals.refused += 1;
        self.tell(&Event::NotOpened {
            name: name.to_owned(),
            why: trouble.to_string(),
        });
    }

    /// Opens what an earlier run could not open, where it still lies.
    fn open_left_over(&mut self) -> Result<(), Trouble> {
        match self.order.open {
            Some(_) => answers::open_left_over(self),
            None => Ok(()),
        }
    }
}

/// Why one thing is not fetched.
enum Stop {
    /// It is not what it should be.
    Refused {
        why: String,
        quarantine: Option<PathBuf>,
    },
    /// Anything else.
    Trouble(Trouble),
}

impl Stop {
    /// Before anything of it lies here.
    fn at_sight(why: impl Into<String>) -> Self {
        Self::Refused {
            why: why.into(),
            quarantine: None,
        }
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Trouble(fault.into())
    }
}

/// Whether a name from the server may be one of ours, and is no path.
fn plain(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with(['.', '-'])
}

/// A name from the server as it may be shown: what is strange is escaped, and it has an end.
fn shown(name: &str) -> String {
    if plain(name) {
        return name.to_owned();
    }
    let escaped: String = name
        .chars()
        .take(80)
        .flat_map(char::escape_default)
        .collect();
    format!("\"{escaped}\"")
}

/// Oldest first, so that a difference is opened before it is resolved.
fn oldest_first(entries: &mut [Entry]) {
    entries.sort_by(|a, b| (a.modified, &a.name).cmp(&(b.modified, &b.name)));
}

#[cfg(test)]
mod tests {
    use super::{plain, shown};

    #[test]
    fn a_name_is_no_path_and_commands_no_terminal() {
        assert!(plain("2026-11-22_pns_bkn_0007"));
        let long = "a".repeat(201);
        for name in [
            "",
            ".",
            "..",
            ".x",
            "-rf",
            "a/b",
            "..\\a",
            "a b",
            "a\u{1b}[2J",
            "é",
            &long,
        ] {
            assert!(!plain(name), "{name:?}");
        }
        assert_eq!(shown("a\u{1b}[2J\u{202e}"), "\"a\\u{1b}[2J\\u{202e}\"");
        assert!(shown(&long).len() < 90);
    }
}
