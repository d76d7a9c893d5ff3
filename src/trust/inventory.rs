//! Every key that the configuration names, but for what only the SFTP server can read: whose, what for, how long.

use std::path::Path;

use crate::agreement::PartyId;
use crate::config::{Config, KeyFiles, PartyFiles};
use crate::fault::Fault;

use super::allowed_signers::AllowedSigners;
use super::envelope::{Identities, NativeIdentity, Recipients};
use super::key_file::generations::{self, Generation};
use super::key_file::{read_private, read_public, read_ssh_key};
use super::life::{Key, Purpose};
use super::revoked::Revoked;

/// Keys, and what is wrong with files that cannot be used.
#[derive(Debug, Default)]
pub struct Inventory {
    /// In no order.
    pub keys: Vec<Key>,
    /// Files whose keys are missing here, and why.
    pub faults: Vec<Fault>,
}

impl Inventory {
    /// Reads every key file of the service, signers and recipients of the parties, and who of them is revoked.
    pub fn read(config: &Config) -> Self {
        let mut found = Self::default();
        found.service(&config.keys);
        for (party, files) in &config.parties {
            found.party(party, files);
        }
        found
    }

    /// Takes in what was read of one file.
    pub fn add(&mut self, read: Result<impl IntoIterator<Item = Key>, Fault>) {
        match read {
            Ok(keys) => self.keys.extend(keys),
            Err(fault) => self.faults.push(fault),
        }
    }

    /// Marks those that log in or sign and stand in the list of revoked keys.
    pub fn mark_revoked(&mut self, list: &Path) {
        match Revoked::load(list) {
            Err(fault) => self.faults.push(fault),
            Ok(revoked) => {
                for key in self.keys.iter_mut().filter(|key| key.owner.is_some()) {
                    key.revoked = key.is_listed(&revoked);
                }
            }
        }
    }

    fn service(&mut self, files: &KeyFiles) {
        self.generations(&files.ssh_host, Purpose::Host, ssh_key);
        self.generations(&files.signing, Purpose::SignAnswers, ssh_key);
        self.generations(&files.age_identity, Purpose::OpenDeliveries, identities);
        match generations::retired(&files.age_identity) {
            Err(fault) => self.faults.push(fault),
            Ok(retired) => {
                for (until, path) in retired {
                    let keys = identities(&path, Purpose::OpenArchive);
                    self.add(keys.map(|keys| {
                        keys.into_iter().map(move |key| Key {
                            until: Some(until),
                            succeeded: true,
                            ..key
                        })
                    }));
                }
            }
        }
        self.add(store(&files.store_identity));
    }

    /// A key of ours with its successors.
    fn generations(
        &mut self,
        path: &Path,
        purpose: Purpose,
        read: fn(&Path, Purpose) -> Result<Vec<Key>, Fault>,
    ) {
        match generations::of(path) {
            Err(fault) => self.faults.push(fault),
            Ok(all) => {
                for one in all {
                    let keys = read(&one.path, purpose);
                    self.add(keys.map(|keys| keys.into_iter().map(move |key| spanned(key, &one))));
                }
            }
        }
    }

    fn party(&mut self, party: &PartyId, files: &PartyFiles) {
        for read in [
            signers(&files.allowed_signers),
            recipients(&files.recipients),
        ] {
            self.add(read.map(|keys| {
                keys.into_iter().map(|key| Key {
                    owner: Some(party.clone()),
                    ..key
                })
            }));
        }
    }
}

/// A new age identity opens from the moment it lies there; its name says when the old one may go.
fn spanned(key: Key, one: &Generation) -> Key {
    Key {
        from: one.from.filter(|_| key.purpose != Purpose::OpenDeliveries),
        until: one.until,
        succeeded: one.succeeded,
        ..key
    }
}

fn ssh_key(path: &Path, purpose: Purpose) -> Result<Vec<Key>, Fault> {
    let key = read_ssh_key(path)?;
    let data = key.public_key().key_data();
    Ok(vec![Key::ssh(data, purpose, path.to_path_buf())])
}

/// Every identity of a file; an SSH key may serve as one.
fn identities(path: &Path, purpose: Purpose) -> Result<Vec<Key>, Fault> {
    Identities::load(path)?;
    let bytes = read_private(path)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    if text.starts_with("-----BEGIN ") {
        return ssh_key(path, purpose);
    }
    Ok((1..)
        .zip(text.lines())
        .filter_map(|(line, text)| {
            let recipient = recipient_of(text.trim())?;
            Some(Key {
                line: Some(line),
                ..Key::age(&recipient, purpose, path.to_path_buf())
            })
        })
        .collect())
}

/// The public half of an identity; `None` for a comment.
fn recipient_of(line: &str) -> Option<String> {
    let identity: NativeIdentity = line.parse().ok()?;
    Some(identity.recipient())
}

/// The first protects what is written now, the others what was written before.
fn store(path: &Path) -> Result<Vec<Key>, Fault> {
    let newest = generations::of(path)?.into_iter().next_back();
    let noted = newest.and_then(|one| one.until);
    let mut keys = identities(path, Purpose::Store)?;
    for (place, key) in keys.iter_mut().enumerate() {
        key.succeeded = place > 0;
        key.until = if place == 0 { noted } else { None };
    }
    Ok(keys)
}

fn signers(path: &Path) -> Result<Vec<Key>, Fault> {
    Ok(AllowedSigners::load(path)?
        .listed()
        .map(|one| {
            let purpose = match one.is_authority {
                true => Purpose::CertifySigners,
                false => Purpose::SignDeliveries,
            };
            Key {
                from: one.from,
                until: one.until,
                line: Some(one.line),
                ..Key::ssh(one.key, purpose, path.to_path_buf())
            }
        })
        .collect())
}

/// Recipients have no end of their own.
fn recipients(path: &Path) -> Result<Vec<Key>, Fault> {
    Recipients::load(path)?;
    let text = read_public(path)?;
    let mut keys = Vec::new();
    for (line, text) in (1..).zip(text.lines().map(str::trim)) {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let key = match russh::keys::PublicKey::from_openssh(text) {
            Ok(key) => Key::ssh(key.key_data(), Purpose::OpenAnswers, path.to_path_buf()),
            Err(_) => Key::age(text, Purpose::OpenAnswers, path.to_path_buf()),
        };
        keys.push(Key {
            line: Some(line),
            ..key
        });
    }
    Ok(keys)
}

impl Key {
    fn is_listed(&self, revoked: &Revoked) -> bool {
        let key = russh::keys::PublicKey::from_openssh(&self.public);
        key.is_ok_and(|key| revoked.has_key(key.key_data()))
    }
}
