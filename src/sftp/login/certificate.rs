//! OpenSSH user certificates (PROTOCOL.certkeys): what must hold besides that an authority of the account signed it.

use std::net::IpAddr;

use jiff::Timestamp;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Algorithm, Certificate};

use crate::sftp::login::addresses::AddressList;
use crate::sftp::login::reason::Reason;
use crate::sftp::login::strength;
use crate::trust::certificate;

/// The one command that a certificate may force: it is what everybody gets here.
const SFTP: &str = "internal-sftp";

/// Whether `certificate` is good for somebody who is one of `names`, from `peer` at `now`. That its authority may
/// speak for the account is the caller's matter.
///
/// A certificate without any principal is refused: it would be good for every account whose authority signed it.
///
/// # Errors
/// Why not.
pub(crate) fn check(
    certificate: &Certificate,
    names: &[String],
    peer: IpAddr,
    now: Timestamp,
) -> Result<(), Reason> {
    if certificate.cert_type() != CertType::User {
        return Err(Reason::HostCertificate);
    }
    check_signature(certificate, now)?;
    let principals = certificate.valid_principals();
    if !principals.iter().any(|principal| names.contains(principal)) {
        return Err(Reason::WrongPrincipal);
    }
    certificate
        .critical_options()
        .iter()
        .try_for_each(|(name, value)| check_option(name, value, peer))
}

/// Whether the key in the certificate has signed it, well enough, and for this time: from `valid_after` on, before
/// `valid_before`. For certificates of hosts too.
///
/// # Errors
/// Why not.
pub(crate) fn check_signature(certificate: &Certificate, now: Timestamp) -> Result<(), Reason> {
    if matches!(
        certificate.signature().algorithm(),
        Algorithm::Rsa { hash: None }
    ) {
        return Err(Reason::Sha1);
    }
    for key in [certificate.public_key(), certificate.signature_key()] {
        strength::check(key).map_err(|_| Reason::WeakKey)?;
    }
    let second = now.as_second();
    if !certificate::covers(certificate, second) {
        let early = u64::try_from(second).is_ok_and(|now| now < certificate.valid_after());
        return Err(if early {
            Reason::NotYetValid
        } else {
            Reason::Expired
        });
    }
    certificate::check_signature(certificate).map_err(|_| Reason::UnknownAuthority)
}

fn check_option(name: &str, value: &str, peer: IpAddr) -> Result<(), Reason> {
    match name {
        "source-address" => match AddressList::parse_networks(value) {
            Ok(networks) if networks.admits(peer) => Ok(()),
            Ok(_) => Err(Reason::WrongAddress),
            Err(_) => Err(Reason::CriticalOption),
        },
        "force-command" if value == SFTP => Ok(()),
        _ => Err(Reason::CriticalOption),
    }
}
