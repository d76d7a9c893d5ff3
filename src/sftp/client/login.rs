//! What a client proves itself with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::client::{Handle, Handler};
use russh::keys::{Algorithm, Certificate, HashAlg, PrivateKeyWithHashAlg, PublicKey};

use crate::fault::Fault;
use crate::trust::key_file::read_ssh_key;
use crate::trust::signing::{Holder, Signer};

use super::failed;

/// A key to log in with, wherever its private half is.
pub struct Login {
    path: PathBuf,
    public: PublicKey,
    certificate: Option<Certificate>,
    holder: Holder,
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
            holder: Holder::File(Arc::new(key)),
        })
    }

    /// By a person's key, as it was found for signing: with its passphrase typed, in ssh-agent, in a certificate.
    ///
    /// # Errors
    /// [`Fault::Key`] for a security key that no agent holds: only an agent can log in with it.
    pub fn by(signer: &Signer) -> Result<Self, Fault> {
        let path = signer.path().to_path_buf();
        if let Holder::Token(file) = signer.holder() {
            let problem = format!(
                "to log in with a security key, add it to ssh-agent with `ssh-add {}`",
                file.display()
            );
            return Err(Fault::Key { path, problem });
        }
        Ok(Self {
            path,
            public: signer.public().clone(),
            certificate: signer.certificate().cloned(),
            holder: signer.holder().clone(),
        })
    }

    /// Logs in as `user`; whether the server accepts it.
    pub(super) async fn log_in<H: Handler>(
        &self,
        session: &mut Handle<H>,
        user: &str,
    ) -> Result<bool, Fault> {
        let failed = |error: &dyn std::error::Error| failed("log in", error);
        let hash = self.hash(session).await?;
        let certificate = self.certificate.clone();
        let outcome = match (&self.holder, certificate) {
            (Holder::File(key), None) => {
                let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
                let accepted = session.authenticate_publickey(user, key).await;
                accepted.map_err(|error| failed(&error))?
            }
            (Holder::File(key), Some(certificate)) => {
                let key = Arc::clone(key);
                let accepted = session
                    .authenticate_openssh_cert(user, key, certificate)
                    .await;
                accepted.map_err(|error| failed(&error))?
            }
            (Holder::Agent(agent), None) => {
                let mut agent = agent.connect(&self.path).await?;
                let key = self.public.clone();
                let accepted = session
                    .authenticate_publickey_with(user, key, hash, &mut agent)
                    .await;
                accepted.map_err(|error| failed(&error))?
            }
            (Holder::Agent(agent), Some(certificate)) => {
                let mut agent = agent.connect(&self.path).await?;
                let accepted = session
                    .authenticate_certificate_with(user, certificate, hash, &mut agent)
                    .await;
                accepted.map_err(|error| failed(&error))?
            }
            (Holder::Token(_), _) => return Ok(false),
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
