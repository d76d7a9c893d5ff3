//! The server's own key, and the certificate that spares its clients to be told of it.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Certificate, PrivateKey};

use crate::fault::Fault;
use crate::sftp::login::certificate::check_signature;
use crate::trust::key_file::{read_public, read_ssh_key};

/// A certificate that ends sooner than this is worth a warning.
const NOTICE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the server proves itself with.
pub(crate) struct HostKey {
    /// The private key.
    pub(crate) key: PrivateKey,
    /// The certificate of its public half.
    pub(crate) certificate: Option<Certificate>,
}

impl HostKey {
    /// Reads the key and, if there is one, the certificate, which must be good at `now`.
    ///
    /// # Errors
    /// A file that cannot be used; a certificate that is not for hosts, not of this key, or not valid now.
    pub(crate) fn read(
        key: &Path,
        certificate: Option<&Path>,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let key = read_ssh_key(key)?;
        let certificate = certificate
            .map(|path| read_certificate(path, &key, now))
            .transpose()?;
        Ok(Self { key, certificate })
    }

    /// What should be said of a certificate that ends within 30 days after `now`.
    pub(crate) fn warning(&self, now: Timestamp) -> Option<String> {
        let ends = i64::try_from(self.certificate.as_ref()?.valid_before()).ok()?;
        let ends = Timestamp::from_second(ends).ok()?;
        (ends.duration_since(now) < NOTICE)
            .then(|| format!("the host certificate ends at {ends}; have a new one signed"))
    }
}

fn read_certificate(path: &Path, key: &PrivateKey, now: Timestamp) -> Result<Certificate, Fault> {
    let problem = |problem: &str| Fault::Key {
        path: path.to_path_buf(),
        problem: problem.to_owned(),
    };
    let certificate = Certificate::from_openssh(&read_public(path)?).map_err(|_| {
        problem(
            "no certificate; have the host key signed: `ssh-keygen -s CA -h -I padan -n HOST …`",
        )
    })?;
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
