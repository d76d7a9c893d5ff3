//! All keys that the pipeline works with, loaded together so that all problems are told together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::config::{Config, KeyFiles, PartyFiles};
use crate::fault::Fault;

use super::allowed_signers::AllowedSigners;
use super::envelope::{Identities, Recipients};
use super::key_file::generations;
use super::key_file::problem;
use super::revoked::Revoked;
use super::sshsig::SigningKey;

/// The keys named in the configuration, except the SSH host key and the logins (the SFTP server's) and the store
/// key (the snapshots').
#[derive(Debug)]
pub struct Keyring {
    /// The service's own.
    pub service: ServiceKeys,
    /// The parties' own.
    pub parties: PublicKeys,
}

/// The public keys of all parties, which may be read where no private key can be.
#[derive(Debug)]
pub struct PublicKeys(BTreeMap<PartyId, PartyKeys>);

/// Private keys of the service.
#[derive(Debug)]
pub struct ServiceKeys {
    /// Open deliveries.
    pub identities: Identities,
    /// Signs receipts and responses.
    pub signing: SigningKey,
    /// Signs what announces a new key: the oldest signing key that is kept, which every party knows.
    known: Option<SigningKey>,
    /// Open what was received before they were retired.
    retired: Vec<(Timestamp, Identities)>,
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
    /// Loads every file, of our own keys those that are in force at `now`, and tells every problem, also where the
    /// agreement demands post-quantum keys and there are none.
    pub fn load(config: &Config, now: Timestamp) -> Result<Self, Vec<Fault>> {
        let demanded = &config.agreement.postquantum;
        Self::load_files(&config.keys, &config.parties, demanded, now)
    }

    fn load_files(
        keys: &KeyFiles,
        parties: &BTreeMap<PartyId, PartyFiles>,
        postquantum: &BTreeSet<PartyId>,
        now: Timestamp,
    ) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let service = ServiceKeys::load(keys, !postquantum.is_empty(), now, &mut faults);
        let parties = PublicKeys::load_files(parties, postquantum, &mut faults);
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
        self.parties.party(party)
    }
}

impl PublicKeys {
    /// Loads the parties' files alone, and tells every problem.
    pub fn load(config: &Config) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let keys = Self::load_files(&config.parties, &config.agreement.postquantum, &mut faults);
        if faults.is_empty() {
            Ok(keys)
        } else {
            Err(faults)
        }
    }

    fn load_files(
        parties: &BTreeMap<PartyId, PartyFiles>,
        postquantum: &BTreeSet<PartyId>,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let load = |(party, files): (&PartyId, &PartyFiles)| {
            let keys = PartyKeys::load(files, postquantum.contains(party), faults)?;
            Some((party.clone(), keys))
        };
        Self(parties.iter().filter_map(load).collect())
    }

    /// The keys of a party of the agreement.
    pub fn party(&self, party: &PartyId) -> Option<&PartyKeys> {
        self.0.get(party)
    }
}

impl ServiceKeys {
    /// What may open a delivery received then, to be tried one after the other.
    pub fn opening(&self, received: Timestamp) -> impl Iterator<Item = &Identities> {
        let retired = self.retired.iter();
        let retired = retired.filter(move |(until, _)| received < *until);
        [&self.identities]
            .into_iter()
            .chain(retired.map(|(_, identities)| identities))
    }

    /// Signs what announces a new key.
    pub fn announcing(&self) -> &SigningKey {
        self.known.as_ref().unwrap_or(&self.signing)
    }

    fn load(
        files: &KeyFiles,
        postquantum: bool,
        now: Timestamp,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let identities = keep(load_identities(&files.age_identity), faults);
        if postquantum && identities.as_ref().is_some_and(|keys| !keys.has_hybrid()) {
            faults.push(problem(
                &files.age_identity,
                "the agreement demands `postquantum: required`, and no AGE-SECRET-KEY-PQ-1… is in it; \
                 add one (`age-keygen -pq`, or of a new `padan init`) and give the parties its recipient"
                    .to_owned(),
            ));
        }
        let retired = keep(load_retired(&files.age_identity), faults);
        let signing = keep(load_signing(&files.signing, now), faults);
        let (signing, known) = signing?;
        Some(Self {
            identities: identities?,
            signing,
            known,
            retired: retired?,
        })
    }
}

/// A successor opens from the moment it lies there, the old one until it is retired.
fn load_identities(path: &Path) -> Result<Identities, Fault> {
    let all = generations::of(path)?;
    let mut newest_first = all.iter().rev().map(|one| Identities::load(&one.path));
    let mut identities = newest_first
        .next()
        .unwrap_or_else(|| Identities::load(path))?;
    for older in newest_first {
        identities.join(older?);
    }
    Ok(identities)
}

fn load_retired(path: &Path) -> Result<Vec<(Timestamp, Identities)>, Fault> {
    generations::retired(path)?
        .into_iter()
        .map(|(until, path)| Ok((until, Identities::load(&path)?)))
        .collect()
}

/// The key that is in force, and the oldest if that is another. A later one must be usable, too, before its time.
fn load_signing(path: &Path, now: Timestamp) -> Result<(SigningKey, Option<SigningKey>), Fault> {
    let in_force = generations::in_force(path, now)?;
    let signing = SigningKey::load(&in_force)?;
    let mut known = None;
    for (place, one) in generations::of(path)?.into_iter().enumerate() {
        if one.path != in_force {
            let key = SigningKey::load(&one.path)?;
            known = if place == 0 { Some(key) } else { known };
        }
    }
    Ok((signing, known))
}

impl PartyKeys {
    fn load(files: &PartyFiles, postquantum: bool, faults: &mut Vec<Fault>) -> Option<Self> {
        let signers = keep(AllowedSigners::load(&files.allowed_signers), faults);
        let recipients = keep(Recipients::load(&files.recipients), faults);
        if postquantum
            && recipients
                .as_ref()
                .is_some_and(|keys| !keys.is_postquantum())
        {
            faults.push(problem(
                &files.recipients,
                "the agreement demands `postquantum: required` of this party; ask it for its age1pq1… recipient and \
                 put that in the place of the others"
                    .to_owned(),
            ));
        }
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
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;

    use jiff::Timestamp;
    use tempfile::TempDir;

    use crate::config::{KeyFiles, PartyFiles};
    use crate::trust::envelope::NativeIdentity;
    use crate::trust::generate::{age_identities, ssh_key_pair, write_new};

    use super::Keyring;

    #[test]
    fn all_files_load_or_every_problem_is_told() {
        let dir = TempDir::new().unwrap();
        let path = |name: &str| dir.path().join(name);
        let signing = ssh_key_pair(&path("signing"), "signing").unwrap();
        let identity = [NativeIdentity::classical()];
        let [recipient] =
            age_identities(&path("identity"), Timestamp::UNIX_EPOCH, identity).unwrap();
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

        let keyring =
            Keyring::load_files(&keys, &parties, &BTreeSet::new(), Timestamp::UNIX_EPOCH).unwrap();
        assert!(keyring.party(&"bkn".parse().unwrap()).is_some());
        assert!(keyring.party(&"bpjs".parse().unwrap()).is_none());
        assert_eq!(keyring.service.signing.public_line(), signing);
        assert!(!format!("{keyring:?}").contains("AGE-SECRET"));

        let demanded = BTreeSet::from(["bkn".parse().unwrap()]);
        let faults =
            Keyring::load_files(&keys, &parties, &demanded, Timestamp::UNIX_EPOCH).unwrap_err();
        for (fault, (name, remedy)) in faults
            .iter()
            .zip([("identity", "age-keygen -pq"), ("recipients", "age1pq1…")])
        {
            let told = fault.to_string();
            assert!(told.contains(path(name).to_str().unwrap()), "{told}");
            assert!(told.contains(remedy) && told.contains("postquantum: required"));
        }
        assert_eq!(faults.len(), 2, "{faults:?}");
        fs::remove_file(path("identity")).unwrap();
        let both = [NativeIdentity::classical(), NativeIdentity::hybrid()];
        let [_, recipient] =
            age_identities(&path("identity"), Timestamp::UNIX_EPOCH, both).unwrap();
        fs::write(path("recipients"), recipient).unwrap();
        assert!(Keyring::load_files(&keys, &parties, &demanded, Timestamp::UNIX_EPOCH).is_ok());

        for name in ["identity", "signing", "signers"] {
            fs::write(path(name), "rubbish here\n").unwrap();
        }
        fs::remove_file(path("recipients")).unwrap();
        let faults = Keyring::load_files(&keys, &parties, &BTreeSet::new(), Timestamp::UNIX_EPOCH)
            .unwrap_err();
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
