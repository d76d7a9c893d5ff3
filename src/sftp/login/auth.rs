//! Who may log in: the accounts and their keys, re-read on request.

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use russh::keys::{Algorithm, PublicKey};

use crate::fault::Fault;
use crate::sftp::Account;
use crate::sftp::login::authorized_keys::{AuthorizedKey, NotNow, parse};

/// Largest `authorized_keys`, in bytes: some thousand keys.
const MOST_BYTES: u64 = 1 << 20;

/// All accounts with their keys, as of one reading.
#[derive(Debug)]
pub(crate) struct Registry {
    accounts: HashMap<String, Keys>,
}

#[derive(Debug)]
struct Keys {
    root: PathBuf,
    keys: Vec<AuthorizedKey>,
}

/// A login that may proceed.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// The party.
    pub(crate) account: String,
    /// Its root.
    pub(crate) root: PathBuf,
}

/// Why a login may not proceed. For the log; the client is told the same each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// No such account.
    UnknownAccount,
    /// The account has no such key.
    UnknownKey,
    /// The key is not for this address.
    WrongAddress,
    /// The key has expired.
    Expired,
    /// A signature with SHA-1.
    Sha1,
}

impl Reason {
    /// In a few words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown account",
            Self::UnknownKey => "unknown key",
            Self::WrongAddress => "the key is not for this address",
            Self::Expired => "the key has expired",
            Self::Sha1 => "a signature with SHA-1",
        }
    }
}

impl Registry {
    /// Reads the keys of all accounts.
    ///
    /// # Errors
    /// The first file that cannot be read or honoured, with the line.
    pub(crate) fn read(accounts: &[Account]) -> Result<Self, Fault> {
        let zone = TimeZone::system();
        let mut read = HashMap::new();
        for account in accounts {
            let keys = Keys {
                root: account.root.clone(),
                keys: parse(
                    &account.authorized_keys,
                    &text(&account.authorized_keys)?,
                    &zone,
                )?,
            };
            read.insert(account.name.clone(), keys);
        }
        Ok(Self { accounts: read })
    }

    /// Whether `user` may log in with `key` from `peer` at `now`.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn admit(
        &self,
        user: &str,
        key: &PublicKey,
        algorithm: &Algorithm,
        peer: IpAddr,
        now: Timestamp,
    ) -> Result<Login, Reason> {
        if matches!(algorithm, Algorithm::Rsa { hash: None }) {
            return Err(Reason::Sha1);
        }
        let account = self.accounts.get(user).ok_or(Reason::UnknownAccount)?;
        // A key may stand on several lines, for several addresses or times.
        let mut reason = Reason::UnknownKey;
        for listed in &account.keys {
            if listed.key.key_data() == key.key_data() {
                match listed.counts(peer, now) {
                    Ok(()) => {
                        return Ok(Login {
                            account: user.to_owned(),
                            root: account.root.clone(),
                        });
                    }
                    Err(NotNow::WrongAddress) => reason = Reason::WrongAddress,
                    Err(NotNow::Expired) => reason = Reason::Expired,
                }
            }
        }
        Err(reason)
    }

    /// Whether there is such an account; a name that is none may be a password typed in the wrong place.
    pub(crate) fn knows(&self, user: &str) -> bool {
        self.accounts.contains_key(user)
    }
}

fn text(path: &Path) -> Result<String, Fault> {
    let problem = |problem: &str| Fault::Key {
        path: path.to_path_buf(),
        problem: problem.to_owned(),
    };
    let metadata = fs::metadata(path).map_err(Fault::io("read the authorized keys", path))?;
    if metadata.permissions().mode() & 0o002 != 0 {
        return Err(problem("everybody can write it; run: chmod o-w on it"));
    }
    if metadata.len() > MOST_BYTES {
        return Err(problem("it is larger than 1 MiB"));
    }
    fs::read_to_string(path).map_err(Fault::io("read the authorized keys", path))
}
