//! Private keys that open age files.

use std::fmt;
use std::path::Path;

use age::secrecy::SecretString;

use crate::fault::Fault;
use crate::trust::LineProblem;
use crate::trust::key_file::{problem, read_private};

use super::NativeIdentity;
use super::unlock::{is_encrypted, read_ssh, unlocked};

/// Keys that open: native age identities, one a line, or one SSH key.
pub struct Identities {
    keys: Vec<Box<dyn age::Identity + Send + Sync>>,
    hybrid: bool,
}

impl Identities {
    /// Reads an age identity file (as of `age-keygen`) or an OpenSSH or PEM private key (ed25519 or RSA).
    ///
    /// For a service: a file with a passphrase is a [`Fault::Key`] that says so.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        Self::load_asking(path, |path| {
            Err(problem(
                path,
                "it has a passphrase, and nobody is there to type it; remove it with `age -d`, or `ssh-keygen -p`"
                    .to_owned(),
            ))
        })
    }

    /// The same for a person, who may have locked the file with a passphrase: `age -p` (binary or armored) or
    /// `ssh-keygen`. `ask` is called only then, once, with the file's path.
    ///
    /// A wrong passphrase is a [`Fault::Key`], and so is a scrypt work factor that would take more than a GiB.
    pub fn load_asking(
        path: &Path,
        ask: impl FnOnce(&Path) -> Result<SecretString, Fault>,
    ) -> Result<Self, Fault> {
        let mut bytes = read_private(path)?;
        let ask = || ask(path);
        let told = |text: String| problem(path, text);
        if is_encrypted(&bytes) {
            bytes = unlocked(&bytes, ask, told)?;
            return Self::read(&bytes, path, || {
                Err(told(
                    "the key inside has a passphrase, too; remove one of the two".to_owned(),
                ))
            });
        }
        Self::read(&bytes, path, ask)
    }

    /// Those in memory, for a key that stands in no file of its own.
    pub fn of(identity: NativeIdentity) -> Self {
        Self::of_all(vec![identity])
    }

    /// Those of another file, too.
    pub fn join(&mut self, others: Self) {
        self.hybrid |= others.hybrid;
        self.keys.extend(others.keys);
    }

    /// Whether one of them opens files for post-quantum recipients.
    pub fn has_hybrid(&self) -> bool {
        self.hybrid
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.keys.iter().map(|identity| {
            let identity: &dyn age::Identity = identity.as_ref();
            identity
        })
    }

    fn read(
        bytes: &[u8],
        path: &Path,
        ask: impl FnOnce() -> Result<SecretString, Fault>,
    ) -> Result<Self, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|_| {
            problem(
                path,
                "it is not text; make an identity with `age-keygen`".to_owned(),
            )
        })?;
        if text.starts_with("-----BEGIN ") {
            let key = read_ssh(bytes, ask, |text| problem(path, text))?;
            return Ok(Self {
                keys: vec![Box::new(key)],
                hybrid: false,
            });
        }
        read_native(text)
            .map(Self::of_all)
            .map_err(|problem| problem.in_file(path))
    }

    fn of_all(identities: Vec<NativeIdentity>) -> Self {
        let hybrid = |identity: &NativeIdentity| matches!(identity, NativeIdentity::Hybrid(_));
        Self {
            hybrid: identities.iter().any(hybrid),
            keys: identities.into_iter().map(boxed).collect(),
        }
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({} keys)", self.keys.len())
    }
}

fn boxed(identity: NativeIdentity) -> Box<dyn age::Identity + Send + Sync> {
    match identity {
        NativeIdentity::Classical(identity) => Box::new(identity),
        NativeIdentity::Hybrid(identity) => Box::new(identity),
    }
}

/// One identity a line; `#` begins a comment.
fn read_native(text: &str) -> Result<Vec<NativeIdentity>, LineProblem> {
    let mut identities = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let identity = line.parse().map_err(|e: super::NotNative| LineProblem {
            line: index + 1,
            problem: e.to_string(),
        })?;
        identities.push(identity);
    }
    if identities.is_empty() {
        return Err(LineProblem {
            line: 1,
            problem: "no identity in the file; make one with `age-keygen`".to_owned(),
        });
    }
    Ok(identities)
}
