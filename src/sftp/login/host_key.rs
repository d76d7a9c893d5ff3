//! The server's own key, and the certificate that spares its clients to be told of it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Certificate, PrivateKey};

use crate::fault::Fault;
use crate::sftp::login::certificate::check_signature;
use crate::trust::key_file::generations::{self, Generation, with_ending};
use crate::trust::key_file::{read_public, read_ssh_key};

/// What the server proves itself with.
pub(crate) struct HostKey {
    /// The private key.
    pub(crate) key: PrivateKey,
    /// The certificate of its public half.
    pub(crate) certificate: Option<Certificate>,
    /// Where the certificate of a newer key is missing, which waits for it.
    waits_for: Option<PathBuf>,
}

impl HostKey {
    /// Reads the key that is in force and, if keys have certificates, its certificate, which must be good at `now`. A new
    /// key whose certificate is not there yet waits: clients that trust the authority alone would not know it.
    ///
    /// # Errors
    /// A file that cannot be used; a certificate that is not for hosts, not of this key, or not valid now.
    pub(crate) fn read(
        key: &Path,
        certificate: Option<&Path>,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let mut waits_for = None;
        for one in generations::begun(key, now)? {
            let certificate = certificate.map(|named| certificate_of(&one, key, named));
            if let Some(missing) = certificate.as_ref().filter(|path| !path.exists())
                && one.path != key
            {
                waits_for.get_or_insert_with(|| missing.clone());
                continue;
            }
            let key = read_ssh_key(&one.path)?;
            let certificate = certificate
                .map(|path| read_certificate(&path, &key, now))
                .transpose()?;
            return Ok(Self {
                key,
                certificate,
                waits_for,
            });
        }
        Err(Fault::Key {
            path: waits_for.unwrap_or_else(|| key.to_path_buf()),
            problem: "the host certificate is missing; have the host key signed: `ssh-keygen -s CA -h -I padan -n HOST …`"
                .to_owned(),
        })
    }

    /// What should be said of a newer key that is not in force.
    pub(crate) fn warning(&self) -> Option<String> {
        self.waits_for.as_ref().map(|path| {
            format!(
                "the new host key is not in force, because its certificate {} is missing; have it signed",
                path.display()
            )
        })
    }
}

/// The certificates of the host key and of its successors, as far as they are there.
///
/// # Errors
/// One that is none.
pub(crate) fn certificates(key: &Path, named: &Path) -> Result<Vec<(PathBuf, Certificate)>, Fault> {
    let mut found = Vec::new();
    for one in generations::of(key)? {
        let path = certificate_of(&one, key, named);
        if path.exists() {
            let certificate = parse_certificate(&path)?;
            found.push((path, certificate));
        }
    }
    Ok(found)
}

/// Where `ssh-keygen -s` puts the certificate of a successor; the first one's has a name in the configuration.
fn certificate_of(one: &Generation, key: &Path, named: &Path) -> PathBuf {
    if one.path == key {
        named.to_path_buf()
    } else {
        with_ending(&one.path, "-cert.pub")
    }
}

fn parse_certificate(path: &Path) -> Result<Certificate, Fault> {
    Certificate::from_openssh(&read_public(path)?).map_err(|_| Fault::Key {
        path: path.to_path_buf(),
        problem:
            "no certificate; have the host key signed: `ssh-keygen -s CA -h -I padan -n HOST …`"
                .to_owned(),
    })
}

fn read_certificate(path: &Path, key: &PrivateKey, now: Timestamp) -> Result<Certificate, Fault> {
    let problem = |problem: &str| Fault::Key {
        path: path.to_path_buf(),
        problem: problem.to_owned(),
    };
    let certificate = parse_certificate(path)?;
    if certificate.cert_type() != CertType::Host {
        return Err(problem(
            "a certificate for users; `ssh-keygen -s` needs -h for a host",
        ));
    }
    if certificate.public_key() != key.public_key().key_data() {
        return Err(problem("it is not the certificate of this host key"));
    }
    check_signature(&certificate, now)
        .map_err(|reason| problem(&format!("it is not good: {}", reason.word())))?;
    Ok(certificate)
}
