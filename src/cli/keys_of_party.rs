//! A party's keys as its tools are told of them: by arguments, else by its profile.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use crate::fault::Fault;
use crate::party::open::Trust;
use crate::party::profile::{NAMESPACE, Profile};
use crate::trust::allowed_signers::AllowedSigners;
use crate::trust::ask::Ask;
use crate::trust::envelope::{Identities, SecretString};
use crate::trust::revoked::Revoked;

use super::Failure;
use super::ask::Person;

/// Which keys open and which are believed.
#[derive(Debug, Default, Args)]
pub struct KeyArgs {
    /// Your settings; else padan-party.yaml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Your age identity file, or an SSH private key
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// A file with the key's passphrase as its only line, readable by you alone; else it is asked for
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Who may have signed, in ssh-keygen's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub signers: Option<PathBuf>,
    /// Keys that may not have signed any more: an OpenSSH revocation list, or public keys, one a line
    #[arg(long, value_name = "FILE")]
    pub revoked: Option<PathBuf>,
    /// What the signature must have been made for [default: padan, or as the profile says]
    #[arg(long)]
    pub namespace: Option<String>,
}

/// Whom a party believes.
pub struct Believed {
    signers: AllowedSigners,
    revoked: Option<Revoked>,
    namespace: String,
}

impl KeyArgs {
    /// The profile that was named, or lies here.
    pub fn profile(&self) -> Result<Option<Profile>, Failure> {
        Ok(Profile::find(self.profile.as_deref())?)
    }

    /// Whom to believe.
    pub fn believed(&self, profile: Option<&Profile>) -> Result<Believed, Failure> {
        let signers = self.signers.as_deref();
        let signers = signers.or(profile.map(|p| p.signers.as_path()));
        let namespace = self.namespace.as_deref();
        let namespace = namespace.or(profile.map(|p| p.namespace.as_str()));
        let revoked = self.revoked.as_deref();
        let revoked = revoked.or(profile.and_then(|p| p.revoked.as_deref()));
        let revoked = revoked.map(Revoked::load);
        Ok(Believed {
            signers: AllowedSigners::load(named(signers, "--signers")?).map_err(usage)?,
            revoked: revoked.transpose().map_err(usage)?,
            namespace: namespace.unwrap_or(NAMESPACE).to_owned(),
        })
    }

    /// The keys that open.
    pub fn identities(&self, profile: Option<&Profile>) -> Result<Identities, Failure> {
        let identity = self.identity.as_deref();
        let identity = identity.or(profile.map(|p| p.identity.as_path()));
        let person = self.person();
        let ask = |key: &Path| match person.passphrase(key, false)? {
            Some(typed) => Ok(SecretString::from(typed.as_str())),
            None => Err(Fault::Key {
                path: key.to_path_buf(),
                problem: "no passphrase was given".to_owned(),
            }),
        };
        Identities::load_asking(named(identity, "--identity")?, ask).map_err(usage)
    }

    /// Who is asked for a passphrase.
    pub fn person(&self) -> Person {
        Person::new(self.passphrase_file.as_deref())
    }
}

impl Believed {
    /// As of now.
    pub fn trust(&self) -> Trust<'_> {
        Trust {
            signers: &self.signers,
            revoked: self.revoked.as_ref(),
            namespace: &self.namespace,
            at: Timestamp::now(),
        }
    }
}

/// A setting that nobody gave.
pub fn named<T>(value: Option<T>, flag: &str) -> Result<T, Failure> {
    value.ok_or_else(|| {
        Failure::Usage(format!(
            "give {flag}, or write a padan-party.yaml and start where it lies"
        ))
    })
}

/// A file that a person named is theirs to mend.
pub fn usage(fault: Fault) -> Failure {
    Failure::Usage(fault.to_string())
}
