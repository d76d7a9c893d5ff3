//! What a client proves itself with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::SendError;
use russh::client::{Handle, Handler};
use russh::keys::agent::AgentIdentity;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_key::Signature;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{
    Algorithm, Certificate, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey, signature,
};

use crate::fault::Fault;
use crate::trust::key_file::read_ssh_key;
use crate::trust::signing::{Agent, Holder, Signer};

use super::failed;

/// A key to log in with, wherever its private half is.
pub struct Login {
    path: PathBuf,
    public: PublicKey,
    certificate: Option<Certificate>,
    proof: Proof,
}

/// Who proves that the key is ours.
enum Proof {
    Key(Arc<PrivateKey>),
    Agent(Agent),
}

impl Login {
    /// By a private key in OpenSSH's format without a passphrase, readable by its owner only.
    ///
    /// # Errors
    /// [`Fault::Key`] for an unusable file.
    pub fn key_file(path: &Path) -> Result<Self, Fault> {
        let key = read_ssh_key(path)?;
        Ok(Self {
            path: path.to_path_buf(),
            public: key.public_key().clone(),
            certificate: None,
            proof: Proof::Key(Arc::new(key)),
        })
    }

    /// By a person's key, as it was found for signing: with its passphrase typed, in ssh-agent, in a certificate.
    ///
    /// # Errors
    /// [`Fault::Key`] for a security key that no agent holds: only an agent can log in with it.
    pub fn by(signer: &Signer) -> Result<Self, Fault> {
        let path = signer.path().to_path_buf();
        let proof = match signer.holder() {
            Holder::File(key) => Proof::Key(Arc::clone(key)),
            Holder::Agent(agent) => Proof::Agent(agent.clone()),
            Holder::Token(file) => {
                let problem = format!(
                    "to log in with a security key, add it to ssh-agent with `ssh-add {}`",
                    file.display()
                );
                return Err(Fault::Key { path, problem });
            }
        };
        Ok(Self {
            path,
            public: signer.public().clone(),
            certificate: signer.certificate().cloned(),
            proof,
        })
    }

    /// Logs in as `user`; whether the server accepts it.
    pub(super) async fn log_in<H: Handler>(
        &self,
        session: &mut Handle<H>,
        user: &str,
    ) -> Result<bool, Fault> {
        let hash = self.hash(session).await?;
        let outcome = match (&self.proof, &self.certificate) {
            (Proof::Key(key), None) => {
                let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
                let accepted = session.authenticate_publickey(user, key).await;
                accepted.map_err(|error| failed("log in", &error))?
            }
            // The server says first whether it wants the key, so that nobody is asked for a touch in vain.
            (Proof::Agent(_), None) => {
                let key = self.public.clone();
                session
                    .authenticate_publickey_with(user, key, hash, &mut Prover(self))
                    .await?
            }
            (_, Some(certificate)) => {
                let certificate = certificate.clone();
                session
                    .authenticate_certificate_with(user, certificate, hash, &mut Prover(self))
                    .await?
            }
        };
        Ok(outcome.success())
    }

    /// How an RSA key signs; the others do not say.
    async fn hash<H: Handler>(&self, session: &Handle<H>) -> Result<Option<HashAlg>, Fault> {
        if !matches!(self.public.algorithm(), Algorithm::Rsa { .. }) {
            return Ok(None);
        }
        let best = session.best_supported_rsa_hash().await;
        Ok(best.map_err(|error| failed("log in", &error))?.flatten())
    }
}

/// Signs what the session wants to have signed.
struct Prover<'l>(&'l Login);

impl russh::Signer for Prover<'_> {
    type Error = Fault;

    /// An agent may hold the bare key of a certificate that it does not know, so the key is asked for, whatever the login
    /// shows.
    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        hash: Option<HashAlg>,
        mut data: Vec<u8>,
    ) -> Result<Vec<u8>, Fault> {
        let Self(login) = self;
        match &login.proof {
            Proof::Agent(agent) => {
                agent
                    .sign_behind(&login.path, &login.public, hash, data)
                    .await
            }
            Proof::Key(key) => {
                let signature = sign(key, hash, &data)
                    .and_then(|signature| Vec::try_from(signature).map_err(Into::into))
                    .map_err(|error| failed("log in", &error))?;
                // As the agent does: the signature behind what was signed, with its length before it.
                let length = u32::try_from(signature.len()).unwrap_or(u32::MAX);
                data.extend(length.to_be_bytes());
                data.extend(signature);
                Ok(data)
            }
        }
    }
}

fn sign(key: &PrivateKey, hash: Option<HashAlg>, data: &[u8]) -> signature::Result<Signature> {
    match key.key_data() {
        KeypairData::Rsa(rsa) => (rsa, hash).try_sign(data),
        key => key.try_sign(data),
    }
}

impl From<SendError> for Fault {
    fn from(error: SendError) -> Self {
        failed("log in", &error)
    }
}
