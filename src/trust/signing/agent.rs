//! ssh-agent, by russh's client.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::thread;

use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::ssh_key::{HashAlg, PublicKey, Signature};
use russh::keys::{Algorithm, Error};
use tokio::net::UnixStream;
use tokio::runtime::Builder;

use crate::fault::Fault;

use super::super::key_file::problem;
use super::is_token;

/// Where an agent listens.
#[derive(Debug, Clone)]
pub struct Agent {
    socket: PathBuf,
}

impl Agent {
    pub(super) fn at(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Whether it holds the private half of `key`.
    ///
    /// # Errors
    /// [`Fault::Key`] about the key file `path` if it does not answer.
    pub(super) fn holds(&self, path: &Path, key: &PublicKey) -> Result<bool, Fault> {
        wait_for(async {
            let mut client = self.connect(path).await?;
            Ok(identity(&mut client, path, key).await?.is_some())
        })
    }

    /// Lets it sign `data`.
    ///
    /// # Errors
    /// [`Fault::Key`] about the key file `path` if it is gone, locked, without the key or unwilling.
    pub(super) fn sign(
        &self,
        path: &Path,
        key: &PublicKey,
        data: Vec<u8>,
    ) -> Result<Signature, Fault> {
        let before = data.len();
        let answer = wait_for(self.sign_behind(path, key, rsa_hash(key), data))?;
        // The signature stands behind what was signed, with its length before it.
        answer
            .get(before + 4..)
            .and_then(|signature| Signature::try_from(signature).ok())
            .ok_or_else(|| unreadable(path))
    }

    /// `data` with its signature behind it, as an SSH packet has it; `hash` is for RSA alone.
    ///
    /// # Errors
    /// As for a signature by itself: no agent, or one that does not sign.
    pub async fn sign_behind(
        &self,
        path: &Path,
        key: &PublicKey,
        hash: Option<HashAlg>,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, Fault> {
        let mut client = self.connect(path).await?;
        let identity = identity(&mut client, path, key)
            .await?
            .ok_or_else(|| not_held(path))?;
        let signed = client.sign_request(&identity, hash, data).await;
        signed.map_err(|_| unwilling(path, key))
    }

    async fn connect(&self, path: &Path) -> Result<AgentClient<UnixStream>, Fault> {
        AgentClient::connect_uds(&self.socket).await.map_err(|_| {
            problem(
                path,
                format!(
                    "no ssh-agent answers at {} (SSH_AUTH_SOCK); start one with `eval $(ssh-agent)`, then `ssh-add`",
                    self.socket.display()
                ),
            )
        })
    }
}

/// That the agent will not sign with `key`, and what to do.
fn unwilling(path: &Path, key: &PublicKey) -> Fault {
    let what = if is_token(key) {
        "the security key did not sign; plug it in, touch it while it blinks, and try again"
    } else {
        "ssh-agent refused to sign; if it asked for a confirmation, say yes; if it was locked, unlock it with `ssh-add -X`"
    };
    problem(path, what.to_owned())
}

/// That the agent has no such key, and what to do.
pub(super) fn not_held(path: &Path) -> Fault {
    let file = path.display().to_string();
    let file = file.strip_suffix(".pub").unwrap_or(&file);
    let file = file.strip_suffix("-cert").unwrap_or(file);
    problem(
        path,
        format!(
            "ssh-agent does not hold this key; add it with `ssh-add {file}`, or unlock the agent with `ssh-add -X` if it is locked"
        ),
    )
}

/// SHA-512 for RSA, whose keys do not say.
fn rsa_hash(key: &PublicKey) -> Option<HashAlg> {
    matches!(key.algorithm(), Algorithm::Rsa { .. }).then_some(HashAlg::Sha512)
}

/// The agent's own name for `key`: the key by itself rather than inside a certificate.
async fn identity(
    client: &mut AgentClient<UnixStream>,
    path: &Path,
    key: &PublicKey,
) -> Result<Option<AgentIdentity>, Fault> {
    let held = client
        .request_identities()
        .await
        .map_err(|error| match error {
            Error::IO(_) => problem(path, "ssh-agent hung up; start it again".to_owned()),
            _ => unreadable(path),
        })?;
    let mut ours: Vec<AgentIdentity> = held
        .into_iter()
        .filter(|identity| identity.public_key().key_data() == key.key_data())
        .collect();
    ours.sort_by_key(|identity| matches!(identity, AgentIdentity::Certificate { .. }));
    Ok(ours.into_iter().next())
}

fn unreadable(path: &Path) -> Fault {
    problem(
        path,
        "ssh-agent answered something that cannot be read; try the key file itself".to_owned(),
    )
}

/// Waits on a thread of its own, so that it may be called from anywhere, a runtime's thread included.
fn wait_for<T: Send>(work: impl Future<Output = Result<T, Fault>> + Send) -> Result<T, Fault> {
    let run = || {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Fault::Network {
                doing: "talk to ssh-agent",
                problem: error.to_string(),
            })?;
        runtime.block_on(work)
    };
    thread::scope(|scope| scope.spawn(run).join()).unwrap_or(Err(Fault::Bug))
}
