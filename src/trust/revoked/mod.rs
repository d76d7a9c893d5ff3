//! Keys that are no longer good: OpenSSH's key revocation list, or a plain list of public keys, as `RevokedKeys` of
//! sshd_config(5) takes them.
//!
//! The file is read whole and understood whole: a part that cannot be honoured makes the file unusable, because what
//! is passed over silently might be the very key that must not come in.

mod krl;
mod list;

use std::collections::HashSet;
use std::path::Path;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use russh::keys::Certificate;
use russh::keys::ssh_key::public::KeyData;

use crate::fault::Fault;

use super::key_file::{problem, read_revoked};

/// What a file revokes.
#[derive(Debug, Clone, Default)]
pub struct Revoked {
    /// Keys as SSH writes them in a packet.
    keys: HashSet<Vec<u8>>,
    /// SHA-1 of such a key.
    sha1: HashSet<Vec<u8>>,
    /// SHA-256 of such a key.
    sha256: HashSet<Vec<u8>>,
    certificates: Vec<RevokedCertificates>,
}

/// Certificates that are revoked one by one.
#[derive(Debug, Clone, Default)]
struct RevokedCertificates {
    /// The key that signed them; `None` is any.
    authority: Option<Vec<u8>>,
    /// Serial numbers from and to, both included. Never zero, which stands for having none.
    serials: Vec<(u64, u64)>,
    key_ids: HashSet<String>,
}

impl Revoked {
    /// Reads the file at `path`, of either format.
    ///
    /// # Errors
    /// [`Fault::Key`] if any part of it cannot be honoured.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let bytes = read_revoked(path)?;
        Self::parse(&bytes).map_err(|what| problem(path, what))
    }

    /// Reads either format: a revocation list is known by its first bytes.
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        match bytes.strip_prefix(krl::MAGIC) {
            Some(rest) => krl::parse(rest),
            None => list::parse(bytes),
        }
    }

    /// Whether a key is revoked, in any of the ways in which a key itself can be. A certificate's own key counts as
    /// a key; ask [`Self::has_certificate`] about the rest of it.
    pub fn has_key(&self, key: &KeyData) -> bool {
        let Some(blob) = blob(key) else {
            return true;
        };
        self.keys.contains(&blob)
            || self
                .sha1
                .contains(digest(&SHA1_FOR_LEGACY_USE_ONLY, &blob).as_ref())
            || self.sha256.contains(digest(&SHA256, &blob).as_ref())
    }

    /// Whether a certificate is revoked: by its key, the key that signed it, its serial number or its key id.
    pub fn has_certificate(&self, certificate: &Certificate) -> bool {
        let Some(authority) = blob(certificate.signature_key()) else {
            return true;
        };
        self.has_key(certificate.public_key())
            || self.has_key(certificate.signature_key())
            || self
                .certificates
                .iter()
                .filter(|section| {
                    section
                        .authority
                        .as_ref()
                        .is_none_or(|one| *one == authority)
                })
                .any(|section| section.has(certificate))
    }
}

impl RevokedCertificates {
    fn has(&self, certificate: &Certificate) -> bool {
        let serial = certificate.serial();
        let listed = |(from, to): &(u64, u64)| (*from..=*to).contains(&serial);
        self.key_ids.contains(certificate.key_id()) || self.serials.iter().any(listed)
    }
}

/// A key as SSH writes it; `None` for one that cannot be written, or that is itself a certificate.
fn blob(key: &KeyData) -> Option<Vec<u8>> {
    if key.is_certificate() {
        return None;
    }
    russh::keys::PublicKey::from(key.clone()).to_bytes().ok()
}
