//! Signs for a person, wherever their key is: in a file, with or without a passphrase, in ssh-agent, or in a FIDO
//! security key.
//!
//! The service signs unattended, by [`super::sshsig::SigningKey`].

mod agent;
mod find;
mod token;

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::signature::Signer as _;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, Signature, SshSig};
use russh::keys::{Algorithm, Certificate};

use crate::fault::Fault;

use super::ask::Ask;
use super::key_file::problem;
use super::sshsig::{public_line, require_sound};

pub use agent::Agent;

/// Said when a security key waits for its person.
const TOUCH: &str = "Touch your security key when it blinks.";

/// A person's key, found and ready.
pub struct Signer<'a> {
    ask: &'a dyn Ask,
    path: PathBuf,
    public: PublicKey,
    certificate: Option<Certificate>,
    holder: Holder,
}

/// Who has the private half.
#[derive(Clone)]
pub enum Holder {
    /// This process, from a file.
    File(Arc<PrivateKey>),
    /// ssh-agent.
    Agent(Agent),
    /// A security key; the file of this path says which.
    Token(PathBuf),
}

impl<'a> Signer<'a> {
    /// Finds the key that `path` names: a private key in OpenSSH's format, or a public one (`.pub`, `-cert.pub`) whose
    /// private half is in ssh-agent or lies beside it. With a `-cert.pub` the certificate signs.
    ///
    /// What needs no person is preferred: ssh-agent before a passphrase. A kind of key that the service would refuse is
    /// refused here.
    ///
    /// # Errors
    /// [`Fault::Key`] with what to do: no key, a key that others can read, no agent, an agent without the key, a wrong
    /// passphrase, nobody to type it.
    pub fn find(path: &Path, ask: &'a dyn Ask) -> Result<Self, Fault> {
        find::find(path, ask)
    }

    /// Signs as `ssh-keygen -Y sign -n <namespace>` does, hashing with SHA-512; returns the armored signature.
    ///
    /// # Errors
    /// [`Fault::Key`] with what to do if the agent or the security key does not sign, or signs what the service would
    /// refuse; [`Fault::Crypto`] for an empty namespace.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, Fault> {
        if self.is_token() {
            self.ask.tell(TOUCH);
        }
        let data = SshSig::signed_data(namespace, HashAlg::Sha512, message).map_err(failed)?;
        let signature = match &self.holder {
            Holder::File(key) => self.frame(namespace, key.try_sign(&data).map_err(failed)?)?,
            Holder::Agent(agent) => {
                self.frame(namespace, agent.sign(&self.path, &self.public, data)?)?
            }
            Holder::Token(path) => {
                let signature = token::sign(path, namespace, message)?;
                self.frame(namespace, signature.signature().clone())?
            }
        };
        // A signature that the service would refuse must not leave the house.
        require_sound(&signature, namespace, message)
            .map_err(|code| problem(&self.path, self.unsound(code.as_str())))?;
        signature.to_pem(LineEnding::LF).map_err(failed)
    }

    /// The key's public half: key type and base64, without a comment.
    pub fn public_line(&self) -> String {
        public_line(&self.public)
    }

    /// The file that named the key.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key's public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The certificate to show with it.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// Who has the private half.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Whether it is a security key, which wants to be touched.
    pub fn is_token(&self) -> bool {
        is_token(&self.public)
    }

    fn frame(&self, namespace: &str, signature: Signature) -> Result<SshSig, Fault> {
        let key = match &self.certificate {
            Some(certificate) => KeyData::from(certificate.clone()),
            None => self.public.key_data().clone(),
        };
        SshSig::new(key, namespace, HashAlg::Sha512, signature).map_err(failed)
    }

    fn unsound(&self, code: &str) -> String {
        if self.is_token() {
            format!(
                "the security key signed without being touched, or not for this key ({code}); \
                 make one that asks for a touch: `ssh-keygen -t ed25519-sk`, without -O no-touch-required"
            )
        } else {
            format!("what it signed does not verify ({code}); try the key file itself")
        }
    }
}

impl fmt::Debug for Signer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holder = match &self.holder {
            Holder::File(_) => "file",
            Holder::Agent(_) => "agent",
            Holder::Token(_) => "security key",
        };
        let fingerprint = self.public.fingerprint(HashAlg::Sha256);
        write!(f, "Signer({fingerprint}, {holder})")
    }
}

/// Whether the private half of a key is in a security key.
fn is_token(key: &PublicKey) -> bool {
    matches!(
        key.algorithm(),
        Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256
    )
}

fn failed(error: impl Error) -> Fault {
    Fault::Crypto {
        doing: "sign",
        problem: error.to_string(),
    }
}
