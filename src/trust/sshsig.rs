//! `ssh-keygen -Y sign` and `-Y verify`: SSHSIG signatures (OpenSSH `PROTOCOL.sshsig`).

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use russh::keys::Certificate;
use russh::keys::signature::Verifier as _;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::rejection::Code;

use super::allowed_signers::{AllowedSigners, Standing};
use super::certificate::{self, Flaw};
use super::key_file::{problem, read_ssh_key};
use super::revoked::Revoked;
use super::strength;

/// Largest armored signature, in bytes; one by an RSA key of 16,384 bits has 6 KiB.
pub const LARGEST: usize = 16 << 10;

const BEGIN: &[u8] = b"-----BEGIN SSH SIGNATURE-----\n";
const END: &[u8] = b"\n-----END SSH SIGNATURE-----";

/// Who signed, proven by [`verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// `SHA256:…` of the key, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// The certificate it was shown in.
    pub certificate: Option<CertifiedBy>,
}

/// Which certificate: what a revocation list needs to name it. Its key id may be a person's name and is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertifiedBy {
    /// The authority's own number for it; 0 if it gives none.
    pub serial: u64,
    /// `SHA256:…` of the authority's key.
    pub authority: String,
}

/// A private key that signs unattended.
pub struct SigningKey(PrivateKey);

/// Verifies that `sender` signed `message` for `namespace` with a key that was valid at `at`, as
/// `ssh-keygen -Y verify -r` does.
///
/// `parties` holds every party's own list of signers: only the sender's decides, the others' tell a stranger's key
/// from a counterpart's. The bytes of `armored` must be the signature and nothing else.
///
/// The first code that applies is returned, in this order: what is wrong with the signature itself
/// (`SIGNATURE_BAD`), its purpose (`NAMESPACE_WRONG`), its key's strength (`SIGNER_WEAK`), the mathematics
/// (`SIGNATURE_BAD`), the certificate around the key (`SIGNER_CERTIFICATE`, `SIGNER_WEAK`), whether any of it is
/// revoked (`SIGNER_REVOKED`), and only then whose key it is (`SIGNER_UNKNOWN`, `SIGNER_NOT_SENDER`,
/// `NAMESPACE_WRONG` where the list does not allow the key this purpose, `SIGNER_EXPIRED`).
pub fn verify(
    parties: &[(&PartyId, &AllowedSigners)],
    revoked: Option<&Revoked>,
    sender: &PartyId,
    namespace: &str,
    at: Timestamp,
    message: &[u8],
    armored: &[u8],
) -> Result<SignedBy, Code> {
    let signature = read_armored(armored)?;
    require_sound(&signature, namespace, message)?;
    let key = signature.public_key();
    if revoked.is_some_and(|list| is_revoked(list, key)) {
        return Err(Code::SignerRevoked);
    }
    require_standing(parties, sender, namespace, at, key)?;
    Ok(SignedBy::of(key))
}

/// That a signature is what it says it is: for this purpose, of a good kind, over this message, and by a key whose
/// certificate, if it is in one, is in order at some time.
pub(super) fn require_sound(
    signature: &SshSig,
    namespace: &str,
    message: &[u8],
) -> Result<(), Code> {
    if signature.namespace() != namespace {
        return Err(Code::NamespaceWrong);
    }
    let inner = signature.signature();
    let certificate = signature.public_key().certificate();
    let key = certificate.map_or(signature.public_key(), Certificate::public_key);
    if strength::check(key).is_err() || !strength::is_good_signature(key, inner) {
        return Err(Code::SignerWeak);
    }
    let data = SshSig::signed_data(namespace, signature.hash_alg(), message)
        .map_err(|_| Code::SignatureBad)?;
    key.verify(&data, inner).map_err(|_| Code::SignatureBad)?;
    match certificate {
        Some(certificate) => {
            require_certificate(certificate, strength::is_user_verified(key, inner))
        }
        None => Ok(()),
    }
}

impl SignedBy {
    fn of(key: &KeyData) -> Self {
        let told = |key: &KeyData| key.fingerprint(HashAlg::Sha256).to_string();
        match key.certificate() {
            None => Self {
                fingerprint: told(key),
                certificate: None,
            },
            Some(certificate) => Self {
                fingerprint: told(certificate.public_key()),
                certificate: Some(CertifiedBy {
                    serial: certificate.serial(),
                    authority: told(certificate.signature_key()),
                }),
            },
        }
    }
}

impl fmt::Display for SignedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fingerprint)?;
        match &self.certificate {
            Some(CertifiedBy { serial, authority }) => {
                write!(f, ", certified with serial {serial} by {authority}")
            }
            None => Ok(()),
        }
    }
}

impl SigningKey {
    /// Reads an OpenSSH private key without passphrase, of a kind that [`verify`] accepts.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let key = read_ssh_key(path)?;
        let usable = match key.public_key().key_data() {
            KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_) => false,
            key => strength::check(key).is_ok(),
        };
        if !usable {
            return Err(problem(
                path,
                "use an ed25519, ECDSA or RSA key of 3072 to 8192 bits that lies in the file itself; \
                 make one with `ssh-keygen -t ed25519`"
                    .to_owned(),
            ));
        }
        Ok(Self(key))
    }

    /// Signs as `ssh-keygen -Y sign -n <namespace>` does, hashing with SHA-512; returns the armored signature.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, Fault> {
        self.0
            .sign(namespace, HashAlg::Sha512, message)
            .and_then(|signature| signature.to_pem(LineEnding::LF))
            .map_err(|e| Fault::Crypto {
                doing: "sign",
                problem: e.to_string(),
            })
    }

    /// The public half as it stands in a list of signers: key type and base64, without a comment.
    pub fn public_line(&self) -> String {
        public_line(self.0.public_key())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.0.fingerprint(HashAlg::Sha256))
    }
}

/// Key type and base64.
pub(super) fn public_line(key: &PublicKey) -> String {
    let mut bare = key.clone();
    bare.set_comment("");
    // Encoding fails only where the buffer is too small, and this one grows.
    bare.to_openssh().unwrap_or_default()
}

/// Strictly one armored signature. ssh-keygen lets anything follow the END line and ignores the reserved field;
/// the PEM reader would take a preamble and CRLF: here all of that is refused.
fn read_armored(armored: &[u8]) -> Result<SshSig, Code> {
    let body = armored.strip_suffix(b"\n").unwrap_or(armored);
    let framed = armored.len() <= LARGEST && body.starts_with(BEGIN) && body.ends_with(END);
    if !framed || armored.contains(&b'\r') {
        return Err(Code::SignatureBad);
    }
    let signature = SshSig::from_pem(armored).map_err(|_| Code::SignatureBad)?;
    if signature.version() != SshSig::VERSION || !signature.reserved().is_empty() {
        return Err(Code::SignatureBad);
    }
    Ok(signature)
}

/// What must hold of a certificate whoever made it. Whose it is and whether it is valid now is up to the list of
/// signers.
///
/// ssh-keygen passes over critical options: they limit what a certificate may be used for, and a program that does not
/// know one must refuse the certificate (PROTOCOL.certkeys). `force-command` and `source-address` are for logins and
/// cannot be kept by a signature; `verify-required` can, by a security key that has asked for a PIN or a finger.
fn require_certificate(certificate: &Certificate, is_user_verified: bool) -> Result<(), Code> {
    certificate::check(certificate).map_err(|flaw| match flaw {
        Flaw::Weak => Code::SignerWeak,
        Flaw::Host | Flaw::Forged => Code::SignerCertificate,
    })?;
    let can_be_kept = |name: &str| name == "verify-required" && is_user_verified;
    if certificate
        .critical_options()
        .keys()
        .all(|name| can_be_kept(name))
    {
        Ok(())
    } else {
        Err(Code::SignerCertificate)
    }
}

fn is_revoked(list: &Revoked, key: &KeyData) -> bool {
    match key.certificate() {
        Some(certificate) => list.has_certificate(certificate),
        None => list.has_key(key),
    }
}

fn require_standing(
    parties: &[(&PartyId, &AllowedSigners)],
    sender: &PartyId,
    namespace: &str,
    at: Timestamp,
    key: &KeyData,
) -> Result<(), Code> {
    let own = parties
        .iter()
        .filter(|(party, _)| *party == sender)
        .map(|(_, signers)| signers.standing(key, sender.as_str(), namespace, at))
        .max()
        .unwrap_or(Standing::Unknown);
    let elsewhere = || {
        parties
            .iter()
            .any(|(party, signers)| *party != sender && signers.knows(key))
    };
    match own {
        Standing::Allowed => Ok(()),
        Standing::OutOfTime => Err(Code::SignerExpired),
        Standing::OtherNamespace => Err(Code::NamespaceWrong),
        Standing::OtherPrincipal => Err(Code::SignerNotSender),
        Standing::Unknown if elsewhere() => Err(Code::SignerNotSender),
        Standing::Unknown => Err(Code::SignerUnknown),
    }
}
