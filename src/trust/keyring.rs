//! All keys that the pipeline works with, loaded together so that all problems are told together.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::config::{Config, KeyFiles, PartyFiles};
use crate::fault::Fault;

use super::allowed_signers::AllowedSigners;
use super::envelope::{Identities, Recipients};
use super::revoked::Revoked;
use super::sshsig::SigningKey;

/// The keys named in the configuration, except the SSH host key and the logins (the SFTP server's) and the store
/// key (the snapshots').
#[derive(Debug)]
pub struct Keyring {
    /// The service's own.
    pub service: ServiceKeys,
    parties: BTreeMap<PartyId, PartyKeys>,
}

/// Private keys of the service.
#[derive(Debug)]
pub struct ServiceKeys {
    /// Open deliveries.
    pub identities: Identities,
    /// Signs receipts and responses.
    pub signing: SigningKey,
}

/// Public keys of one party.
#[derive(Debug)]
pub struct PartyKeys {
    /// Who signs its manifests.
    pub signers: AllowedSigners,
    /// Who opens its responses.
    pub recipients: Recipients,
}

impl Keyring {
    /// Loads every file, and tells every problem.
    pub fn load(config: &Config) -> Result<Self, Vec<Fault>> {
        Self::load_files(&config.keys, &config.parties)
    }

    fn load_files(
        keys: &KeyFiles,
        parties: &BTreeMap<PartyId, PartyFiles>,
    ) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let service = ServiceKeys::load(keys, &mut faults);
        let parties = parties
            .iter()
            .filter_map(|(party, files)| {
                Some((party.clone(), PartyKeys::load(files, &mut faults)?))
            })
            .collect();
        match service {
            Some(service) if faults.is_empty() => Ok(Self { service, parties }),
            _ => Err(faults),
        }
    }

    /// What an operator should know at `at` of the lists of signers, although they can be used: a party that cannot
    /// sign at all, lines that do not help. `config` is what the keys were loaded by.
    pub fn warnings(&self, config: &Config, at: Timestamp) -> Vec<String> {
        // A list that cannot be read is told as a problem.
        let revoked = config.keys.revoked_keys.as_deref();
        let revoked = revoked.and_then(|path| Revoked::load(path).ok());
        let mut warnings = Vec::new();
        for (party, files) in &config.parties {
            let Some(keys) = self.party(party) else {
                continue;
            };
            let told =
                keys.signers
                    .warnings(party.as_str(), &config.namespace, revoked.as_ref(), at);
            let file = files.allowed_signers.display();
            warnings.extend(told.into_iter().map(|one| format!("{file}: {one}")));
        }
        warnings
    }

    /// The keys of a party of the agreement.
    pub fn party(&self, party: &PartyId) -> Option<&PartyKeys> {
        self.parties.get(party)
    }
}

impl ServiceKeys {
    fn load(files: &KeyFiles, faults: &mut Vec<Fault>) -> Option<Self> {
        let identities = keep(Identities::load(&files.age_identity), faults);
        let signing = keep(SigningKey::load(&files.signing), faults);
        Some(Self {
            identities: identities?,
            signing: signing?,
        })
    }
}

impl PartyKeys {
    fn load(files: &PartyFiles, faults: &mut Vec<Fault>) -> Option<Self> {
        let signers = keep(AllowedSigners::load(&files.allowed_signers), faults);
        let recipients = keep(Recipients::load(&files.recipients), faults);
        Some(Self {
            signers: signers?,
            recipients: recipients?,
        })
    }
}

fn keep<T>(outcome: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    outcome.map_err(|fault| faults.push(fault)).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use jiff::Timestamp;
    use tempfile::TempDir;

    use crate::config::{KeyFiles, PartyFiles};
    use crate::trust::generate::{age_identity, ssh_key_pair, write_new};

    use super::Keyring;

    #[test]
    fn all_files_load_or_every_problem_is_told() {
        let dir = TempDir::new().unwrap();
        let path = |name: &str| dir.path().join(name);
        let signing = ssh_key_pair(&path("signing"), "signing").unwrap();
        let recipient = age_identity(&path("identity"), Timestamp::UNIX_EPOCH).unwrap();
        write_new(&path("recipients"), recipient.as_bytes(), 0o644).unwrap();
        let line = format!("bkn namespaces=\"padan\" {signing}");
        write_new(&path("signers"), line.as_bytes(), 0o644).unwrap();
        let keys = KeyFiles {
            ssh_host: path("unused"),
            ssh_host_certificate: None,
            revoked_keys: None,
            age_identity: path("identity"),
            store_identity: path("unused"),
            signing: path("signing"),
        };
        let party = "bkn".parse().unwrap();
        let files = PartyFiles {
            authorized_keys: path("unused"),
            allowed_signers: path("signers"),
            recipients: path("recipients"),
        };
        let parties = BTreeMap::from([(party, files)]);

        let keyring = Keyring::load_files(&keys, &parties).unwrap();
        assert!(keyring.party(&"bkn".parse().unwrap()).is_some());
        assert!(keyring.party(&"bpjs".parse().unwrap()).is_none());
        assert_eq!(keyring.service.signing.public_line(), signing);
        assert!(!format!("{keyring:?}").contains("AGE-SECRET"));

        for name in ["identity", "signing", "signers"] {
            fs::write(path(name), "rubbish here\n").unwrap();
        }
        fs::remove_file(path("recipients")).unwrap();
        let faults = Keyring::load_files(&keys, &parties).unwrap_err();
        for name in ["identity", "signing", "signers", "recipients"] {
            let told = |fault: &crate::fault::Fault| {
                fault.to_string().contains(path(name).to_str().unwrap())
            };
            assert!(faults.iter().any(told), "{name}: {faults:?}");
        }
        assert!(
            !faults
                .iter()
                .any(|fault| fault.to_string().contains("rubbish"))
        );
    }
}
