//! Which key a path means, and who has its private half.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::ssh_key::{PrivateKey, PublicKey};
use russh::keys::{Certificate, ssh_key};

use crate::fault::Fault;

use super::super::ask::Ask;
use super::super::key_file::{problem, read_private, read_public};
use super::super::strength;
use super::agent::{Agent, not_held};
use super::{Holder, Signer, is_token};

/// What every file of a private key begins with, and no other.
const PRIVATE: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";

pub(super) fn find<'a>(path: &Path, ask: &'a dyn Ask) -> Result<Signer<'a>, Fault> {
    let (public, certificate, holder) = if path.extension().is_some_and(|end| end == "pub") {
        by_public(path, ask)?
    } else {
        let key = read(path)?;
        let holder = holder(path, &key, ask)?;
        (key.public_key().clone(), None, holder)
    };
    strength::check(public.key_data()).map_err(|what| problem(path, what))?;
    Ok(Signer {
        ask,
        path: path.to_path_buf(),
        public,
        certificate,
        holder,
    })
}

/// The agent first: whoever names the public half means it.
fn by_public(
    path: &Path,
    ask: &dyn Ask,
) -> Result<(PublicKey, Option<Certificate>, Holder), Fault> {
    let (public, certificate) = read_public_half(path)?;
    let agent = ask.agent().map(Agent::at);
    let held = match &agent {
        Some(agent) => agent.holds(path, &public),
        None => Ok(false),
    };
    if let (Ok(true), Some(agent)) = (&held, agent) {
        return Ok((public, certificate, Holder::Agent(agent)));
    }
    let beside = beside(path);
    if beside.is_file() {
        let key = read(&beside)?;
        if key.public_key().key_data() != public.key_data() {
            let what = format!("{} is the private half of another key", beside.display());
            return Err(problem(path, what));
        }
        let holder = unlocked(&beside, &key, ask)?;
        return Ok((public, certificate, holder));
    }
    held?;
    Err(match ask.agent() {
        Some(_) => not_held(path),
        None => problem(
            path,
            format!(
                "its private half is not beside it ({}), and no ssh-agent is running (SSH_AUTH_SOCK is not set); \
                 start one with `eval $(ssh-agent)`, then `ssh-add`",
                beside.display()
            ),
        ),
    })
}

/// Who signs with the private key in the file at `path`; the agent spares the passphrase, and the tool for the token.
fn holder(path: &Path, key: &PrivateKey, ask: &dyn Ask) -> Result<Holder, Fault> {
    let agent = ask.agent().map(Agent::at);
    match agent {
        Some(agent)
            if (key.is_encrypted() || is_token(key.public_key()))
                // An agent that does not answer is no reason not to use the file.
                && agent.holds(path, key.public_key()).unwrap_or(false) =>
        {
            Ok(Holder::Agent(agent))
        }
        _ => unlocked(path, key, ask),
    }
}

fn unlocked(path: &Path, key: &PrivateKey, ask: &dyn Ask) -> Result<Holder, Fault> {
    if is_token(key.public_key()) {
        return Ok(Holder::Token(path.to_path_buf()));
    }
    if !key.is_encrypted() {
        return Ok(Holder::File(Arc::new(key.clone())));
    }
    let mut again = false;
    while let Some(passphrase) = ask.passphrase(path, again)? {
        match key.decrypt(passphrase.as_bytes()) {
            Ok(key) => return Ok(Holder::File(Arc::new(key))),
            // A wrong passphrase makes rubbish of the key, which shows as one or the other.
            Err(ssh_key::Error::Crypto | ssh_key::Error::Encoding(_)) => again = true,
            Err(_) => return Err(problem(path, "it cannot be decrypted".to_owned())),
        }
    }
    let what = "that is not its passphrase; try again, or make a new key with `ssh-keygen -t ed25519` if it is lost";
    Err(problem(path, what.to_owned()))
}

fn read(path: &Path) -> Result<PrivateKey, Fault> {
    let bytes = read_private(path)?;
    PrivateKey::from_openssh(&*bytes).map_err(|_| {
        let text = String::from_utf8_lossy(bytes.get(..64).unwrap_or(&bytes)).into_owned();
        let what = if text.starts_with("PuTTY-User-Key-File") {
            "a key of PuTTY; open it in PuTTYgen and save it by Conversions → Export OpenSSH key"
        } else if text.starts_with("-----BEGIN") && !text.starts_with(PRIVATE) {
            "a private key in an older format; convert it with `ssh-keygen -p -f` on this file"
        } else if text.starts_with("ssh-") || text.starts_with("ecdsa-") || text.starts_with("sk-")
        {
            "the public half of a key; name the private file, or let its name end in .pub"
        } else {
            "not an OpenSSH private key; make one with `ssh-keygen -t ed25519`"
        };
        problem(path, what.to_owned())
    })
}

fn read_public_half(path: &Path) -> Result<(PublicKey, Option<Certificate>), Fault> {
    let text = read_public(path)?;
    let line = text.trim();
    if let Ok(certificate) = Certificate::from_openssh(line) {
        let public = PublicKey::from(certificate.public_key().clone());
        return Ok((public, Some(certificate)));
    }
    let public = PublicKey::from_openssh(line).map_err(|_| {
        problem(
            path,
            "not an OpenSSH public key; make it again with `ssh-keygen -y -f` on the private one"
                .to_owned(),
        )
    })?;
    Ok((public, None))
}

/// `id` for `id.pub` and `id-cert.pub`.
fn beside(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    let stem = text
        .strip_suffix("-cert.pub")
        .or_else(|| text.strip_suffix(".pub"));
    match stem {
        Some(stem) => PathBuf::from(stem),
        None => path.with_extension(""),
    }
}
