//! OpenSSH certificates (PROTOCOL.certkeys): what must hold of each, whether it logs in or signs.

use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Certificate, HashAlg};

use super::strength;

/// What is wrong with a certificate, whoever shows it and whenever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is for hosts.
    Host,
    /// Its key, its authority's key or its signature is not good enough: too short, SHA-1, a security key that nobody
    /// touched; or the authority's key is itself a certificate.
    Weak,
    /// The key that it names as its authority did not sign it.
    Forged,
}

/// Whether a certificate for users is sound. Whether its authority may speak for anybody, and its validity, principals
/// and critical options, are the caller's matter.
///
/// # Errors
/// Why not.
pub fn check(certificate: &Certificate) -> Result<(), Flaw> {
    if certificate.cert_type() != CertType::User {
        return Err(Flaw::Host);
    }
    check_signature(certificate)
}

/// The same for certificates of any type.
///
/// # Errors
/// Why not.
pub fn check_signature(certificate: &Certificate) -> Result<(), Flaw> {
    let authority = certificate.signature_key();
    let strong = strength::check(certificate.public_key()).is_ok()
        && strength::check(authority).is_ok()
        && strength::is_good_signature(authority, certificate.signature());
    if !strong {
        return Err(Flaw::Weak);
    }
    // The library checks the signature together with the validity: this is when any that has one is valid.
    let fingerprint = authority.fingerprint(HashAlg::Sha256);
    certificate
        .validate_at(certificate.valid_after(), [&fingerprint])
        .map_err(|_| Flaw::Forged)
}

/// Whether a certificate is valid at this second: from `valid_after` on, before `valid_before`.
pub fn covers(certificate: &Certificate, second: i64) -> bool {
    u64::try_from(second).is_ok_and(|second| {
        (certificate.valid_after()..certificate.valid_before()).contains(&second)
    })
}
