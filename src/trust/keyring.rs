//! All keys that the pipeline works with, loaded together so that all problems are told together.

use std::collections::BTreeMap;

use crate::agreement::PartyId;
use crate::config::{Config, KeyFiles, PartyFiles};
use crate::fault::Fault;

use super::allowed_signers::AllowedSigners;
use super::envelope::{Identities, Recipients};
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
        let mut faults = Vec::new();
        let service = ServiceKeys::load(&config.keys, &mut faults);
        let parties = config
            .parties
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
