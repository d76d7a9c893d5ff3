//! `padan-party.yaml`: who a party is, where its keys lie and where the service is found, written down once.

mod raw;

use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::agreement::document::problem::{Findings, Problem, Problems};
use crate::agreement::document::{Document, read_text};
use crate::agreement::{Agreement, PartyId};

/// What the file is called where it is not named.
pub const USUAL: &str = "padan-party.yaml";
/// What a signature is made for, unless the file says otherwise.
pub const NAMESPACE: &str = "padan";
/// Where the service listens, unless the file says otherwise.
const PORT: u16 = 2222;

/// A party's own settings, checked. Paths are resolved against the file's folder; what lies there is not looked at.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The file itself, for messages.
    pub file: PathBuf,
    /// SFTP account, signer's principal and prefix of file names.
    pub party: PartyId,
    /// The party's copy of the agreement.
    pub agreement: PathBuf,
    /// OpenSSH private key that logs in and signs.
    pub key: PathBuf,
    /// age identities that open answers.
    pub identity: PathBuf,
    /// To whom deliveries are encrypted: the service.
    pub recipients: PathBuf,
    /// Who signs receipts and answers, in ssh-keygen's `allowed_signers` format.
    pub signers: PathBuf,
    /// Keys that may not have signed any more; `None` where none is revoked.
    pub revoked: Option<PathBuf>,
    /// SSHSIG namespace of this environment.
    pub namespace: String,
    /// The service's SFTP server; `None` for a party that uploads with another program.
    pub server: Option<Server>,
    /// Folder of what was sealed; the next sequence follows from it.
    pub sent: PathBuf,
    /// Folder of what was fetched.
    pub received: PathBuf,
}

/// Where the service is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The server's keys, in OpenSSH's `known_hosts` format.
    pub known_hosts: PathBuf,
    /// The name under which the key stands there, where it is not the host's: ssh's `HostKeyAlias`.
    pub host_key_alias: Option<String>,
}

impl Profile {
    /// Reads the profile at `path`; every problem of it is told at once, with its line and what to write instead.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        let text = read_text(path)?;
        let document = Document::parse(&text, path)?;
        let mut found = Findings::default();
        let profile = raw::read(&document.root(), path, &mut found);
        let problems = document.settle(found).problems;
        match profile {
            Some(profile) if problems.is_empty() => Ok(profile),
            _ => Err(Problems::new(problems)),
        }
    }

    /// The profile that was named, else [`USUAL`] in the working folder; `None` where neither is there.
    pub fn find(named: Option<&Path>) -> Result<Option<Self>, Problems> {
        let usual = Path::new(USUAL);
        match named {
            Some(path) => Self::load(path).map(Some),
            None => match usual.metadata() {
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
                _ => Self::load(usual).map(Some),
            },
        }
    }

    /// The party's copy of the agreement, which must be in force on `today` and know the party.
    pub fn load_agreement(&self, today: Date) -> Result<Agreement, Problems> {
        let text = read_text(&self.agreement)?;
        let agreement = Agreement::parse(&text, &self.agreement, today)?;
        if agreement.parties.iter().any(|p| p.id == self.party) {
            return Ok(agreement);
        }
        let [first, second] = agreement.parties.each_ref().map(|party| &party.id);
        Err(Problems::one(Problem {
            file: self.file.clone(),
            place: None,
            path: "party".to_owned(),
            what: format!("{} is no party of the agreement", self.party),
            remedy: format!("write {first} or {second}"),
        }))
    }
}

#[cfg(test)]
mod tests;
