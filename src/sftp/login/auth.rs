//! Who may log in: the accounts, their keys and authorities, and what is revoked.

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use russh::keys::{Algorithm, Certificate, PublicKey};

use crate::fault::Fault;
use crate::sftp::Account;
use crate::sftp::login::authorized_keys::{AuthorizedKey, Role, parse};
use crate::sftp::login::certificate;
use crate::sftp::login::fresh::Fresh;
use crate::sftp::login::reason::Reason;
use crate::sftp::login::strength;
use crate::trust::key_file::read_public;
use crate::trust::revoked::Revoked;

/// All accounts with their keys. A file that changes is read again at the next login. Keys that cannot be used admit
/// nobody to their account, and a list of revoked ones that cannot be used nobody at all, as in sshd.
#[derive(Debug)]
pub(crate) struct Registry {
    accounts: HashMap<String, Keys>,
    revoked: Option<Fresh<Revoked>>,
}

#[derive(Debug)]
struct Keys {
    root: PathBuf,
    listed: Fresh<Vec<AuthorizedKey>>,
}

/// A login that may proceed.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// The party.
    pub(crate) account: String,
    /// Its root.
    pub(crate) root: PathBuf,
}

impl Registry {
    /// Reads the keys of all accounts, and those that are revoked.
    ///
    /// # Errors
    /// The first file that cannot be read or honoured, with the line.
    pub(crate) fn read(accounts: &[Account], revoked: Option<&Path>) -> Result<Self, Fault> {
        let mut read = HashMap::new();
        for account in accounts {
            let keys = Keys {
                root: account.root.clone(),
                listed: Fresh::open(&account.authorized_keys, read_keys)?,
            };
            read.insert(account.name.clone(), keys);
        }
        Ok(Self {
            accounts: read,
            revoked: revoked
                .map(|path| Fresh::open(path, Revoked::load))
                .transpose()?,
        })
    }

    /// Whether a client that says it has `key` should go on and prove it.
    ///
    /// The SSH library does not say whether a key was offered by itself or in a certificate, of which it shows the key
    /// alone. So from the moment that any account has an authority every key is asked to prove itself, whoever the
    /// user claims to be: an answer for this account or this key only would tell which accounts there are.
    ///
    /// # Errors
    /// Why the key need not be proven.
    pub(crate) fn invite(
        &self,
        user: &str,
        key: &PublicKey,
        algorithm: &Algorithm,
        peer: IpAddr,
        now: Timestamp,
    ) -> Result<(), Reason> {
        check_kind(key, algorithm)?;
        let has_authority = |keys: &Keys| {
            let listed = keys.listed.get();
            listed.is_some_and(|listed| listed.iter().any(|one| one.role != Role::Login))
        };
        if self.accounts.values().any(has_authority) {
            return Ok(());
        }
        self.admit(user, key, algorithm, peer, now).map(drop)
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
        check_kind(key, algorithm)?;
        self.check_revoked(|list| list.has_key(key.key_data()))?;
        self.login(user, Reason::UnknownKey, |listed| {
            let is_it = listed.role == Role::Login && listed.key == *key.key_data();
            is_it.then(|| listed.counts(peer, now))
        })
    }

    /// Whether `user` may log in with `certificate`, whose key is proven, from `peer` at `now`. The key listed by
    /// itself does not help a bad certificate.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn admit_certificate(
        &self,
        user: &str,
        certificate: &Certificate,
        peer: IpAddr,
        now: Timestamp,
    ) -> Result<Login, Reason> {
        self.check_revoked(|list| list.has_certificate(certificate))?;
        let account = [user.to_owned()];
        self.login(user, Reason::UnknownAuthority, |listed| {
            let Role::Authority(principals) = &listed.role else {
                return None;
            };
            let names = principals.as_deref().unwrap_or(&account);
            let is_it = listed.key == *certificate.signature_key();
            is_it.then(|| {
                listed.counts(peer, now)?;
                certificate::check(certificate, names, peer, now)
            })
        })
    }

    /// Whether there is such an account; a name that is none may be a password typed in the wrong place.
    pub(crate) fn knows(&self, user: &str) -> bool {
        self.accounts.contains_key(user)
    }

    /// What should be said of accounts to which nobody can log in at `now`.
    pub(crate) fn warnings(&self, now: Timestamp) -> Vec<String> {
        let mut warnings: Vec<String> = self
            .accounts
            .iter()
            .filter_map(|(account, keys)| {
                let why = match keys.listed.get() {
                    None => "cannot be used",
                    Some(listed) if listed.is_empty() => "has no key",
                    Some(listed) if listed.iter().all(|key| key.has_expired(now)) => {
                        "has only keys that have expired"
                    }
                    Some(_) => return None,
                };
                Some(format!(
                    "nobody can log in as {account}: its authorized_keys {why}"
                ))
            })
            .collect();
        warnings.sort();
        warnings
    }

    /// Goes through the lines of an account until one that is meant and good. A key may stand on several lines, for
    /// several addresses or times; of the bad ones the last gives the reason.
    fn login(
        &self,
        user: &str,
        unknown: Reason,
        judge: impl Fn(&AuthorizedKey) -> Option<Result<(), Reason>>,
    ) -> Result<Login, Reason> {
        let keys = self.accounts.get(user).ok_or(Reason::UnknownAccount)?;
        let all = keys.listed.get().ok_or(Reason::KeysUnusable)?;
        let mut reason = unknown;
        for listed in all.iter() {
            match judge(listed) {
                Some(Ok(())) => {
                    return Ok(Login {
                        account: user.to_owned(),
                        root: keys.root.clone(),
                    });
                }
                Some(Err(why)) => reason = why,
                None => {}
            }
        }
        Err(reason)
    }

    fn check_revoked(&self, is_listed: impl Fn(&Revoked) -> bool) -> Result<(), Reason> {
        let Some(revoked) = &self.revoked else {
            return Ok(());
        };
        match revoked.get() {
            None => Err(Reason::RevocationUnusable),
            Some(list) if is_listed(&list) => Err(Reason::Revoked),
            Some(_) => Ok(()),
        }
    }
}

/// What can be said of a key without knowing whose it is.
fn check_kind(key: &PublicKey, algorithm: &Algorithm) -> Result<(), Reason> {
    if matches!(algorithm, Algorithm::Rsa { hash: None }) {
        return Err(Reason::Sha1);
    }
    strength::check(key.key_data()).map_err(|_| Reason::WeakKey)
}

/// Every line of an `authorized_keys`.
pub(crate) fn read_keys(path: &Path) -> Result<Vec<AuthorizedKey>, Fault> {
    let metadata = fs::metadata(path).map_err(Fault::io("read the authorized keys", path))?;
    if metadata.permissions().mode() & 0o002 != 0 {
        return Err(Fault::Key {
            path: path.to_path_buf(),
            problem: "everybody can write it; run: chmod o-w on it".to_owned(),
        });
    }
    parse(path, &read_public(path)?, &TimeZone::system())
}

#[cfg(test)]
mod tests;
