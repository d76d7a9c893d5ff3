//! Private keys that open age files.

use std::fmt;
use std::path::Path;

use age::{ssh, x25519};

use crate::fault::Fault;
use crate::trust::LineProblem;
use crate::trust::key_file::{problem, read_private};

/// Keys that open: native age identities, one a line, or one SSH key without passphrase.
pub struct Identities(Vec<Box<dyn age::Identity + Send + Sync>>);

impl Identities {
    /// Reads an age identity file (as of `age-keygen`) or an OpenSSH or PEM private key (ed25519 or RSA).
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let bytes = read_private(path)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| {
            problem(
                path,
                "it is not text; make an identity with `age-keygen`".to_owned(),
            )
        })?;
        if text.starts_with("-----BEGIN AGE") || text.starts_with("age-encryption.org/") {
            return Err(problem(
                path,
                "it is encrypted, and nobody is there to type the passphrase; decrypt it with `age -d`"
                    .to_owned(),
            ));
        }
        if text.starts_with("-----BEGIN ") {
            return read_ssh(text.as_bytes()).map_err(|text| problem(path, text.to_owned()));
        }
        read_native(text).map_err(|problem| problem.in_file(path))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|identity| {
            let identity: &dyn age::Identity = identity.as_ref();
            identity
        })
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({} keys)", self.0.len())
    }
}

/// One `AGE-SECRET-KEY-1…` a line; `#` begins a comment.
fn read_native(text: &str) -> Result<Identities, LineProblem> {
    let mut identities: Vec<Box<dyn age::Identity + Send + Sync>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let identity: x25519::Identity = line.parse().map_err(|_| LineProblem {
            line: index + 1,
            problem: explain_native(line).to_owned(),
        })?;
        identities.push(Box::new(identity));
    }
    if identities.is_empty() {
        return Err(LineProblem {
            line: 1,
            problem: "no identity in the file; make one with `age-keygen`".to_owned(),
        });
    }
    Ok(Identities(identities))
}

/// What a line is that is no native identity; never the line.
fn explain_native(line: &str) -> &'static str {
    if line.starts_with("AGE-PLUGIN-") {
        "identities of plugins are not supported; make one with `age-keygen`"
    } else if line.starts_with("AGE-SECRET-KEY-PQ-") {
        "post-quantum identities are not supported yet; make one with `age-keygen`"
    } else if line.starts_with("age1") {
        "this is the public half; the identity begins with AGE-SECRET-KEY-1"
    } else {
        "not an age identity, which begins with AGE-SECRET-KEY-1"
    }
}

fn read_ssh(text: &[u8]) -> Result<Identities, &'static str> {
    match ssh::Identity::from_buffer(text, None) {
        Ok(identity @ ssh::Identity::Unencrypted(_)) => Ok(Identities(vec![Box::new(identity)])),
        Ok(ssh::Identity::Encrypted(_)) => Err(
            "it has a passphrase, and nobody is there to type it; remove it with `ssh-keygen -p`",
        ),
        Ok(ssh::Identity::Unsupported(_)) | Err(_) => {
            Err("age opens files with ed25519 and RSA keys only; make one with `age-keygen`")
        }
    }
}
