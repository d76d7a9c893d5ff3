//! `ssh-keygen -Y sign` and `-Y verify`: SSHSIG signatures (OpenSSH `PROTOCOL.sshsig`).

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use russh::keys::ssh_key::public::{KeyData, RsaPublicKey};
use russh::keys::ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::rejection::Code;

use super::allowed_signers::{AllowedSigners, Standing};
use super::key_file::{problem, read_ssh_key};

/// Largest armored signature, in bytes; one by an RSA key of 16,384 bits has 6 KiB.
pub const LARGEST: usize = 16 << 10;
/// Shortest RSA key, in bits (design §2).
const SHORTEST_RSA: usize = 3072;

const BEGIN: &[u8] = b"-----BEGIN SSH SIGNATURE-----\n";
const END: &[u8] = b"\n-----END SSH SIGNATURE-----";

/// Who signed, proven by [`verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// `SHA256:…` of the key, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

/// A private key that signs.
pub struct SigningKey(PrivateKey);

/// Verifies that `sender` signed `message` for `namespace` with a key that was valid at `at`.
///
/// `parties` holds every party's own list of signers: only the sender's decides, the others' tell a stranger's key
/// from a counterpart's. The bytes of `armored` must be the signature and nothing else.
///
/// The first code that applies is returned, in this order: what is wrong with the signature itself
/// (`SIGNATURE_BAD`), its purpose (`NAMESPACE_WRONG`), its key's strength (`SIGNER_WEAK`), the mathematics
/// (`SIGNATURE_BAD`), and only then whose key it is (`SIGNER_UNKNOWN`, `SIGNER_NOT_SENDER`, `NAMESPACE_WRONG` where
/// the list does not allow the key this purpose, `SIGNER_EXPIRED`).
pub fn verify(
    parties: &[(&PartyId, &AllowedSigners)],
    sender: &PartyId,
    namespace: &str,
    at: Timestamp,
    message: &[u8],
    armored: &[u8],
) -> Result<Signer, Code> {
    let signature = read_armored(armored)?;
    if signature.namespace() != namespace {
        return Err(Code::NamespaceWrong);
    }
    require_strength(&signature)?;
    let key = signature.public_key();
    PublicKey::from(key.clone())
        .verify(namespace, message, &signature)
        .map_err(|_| Code::SignatureBad)?;
    require_standing(parties, sender, namespace, at, key)?;
    Ok(Signer {
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
    })
}

impl SigningKey {
    /// Reads an OpenSSH private key without passphrase, of a kind that [`verify`] accepts.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let key = read_ssh_key(path)?;
        let usable = match key.public_key().key_data() {
            KeyData::Ed25519(_) | KeyData::Ecdsa(_) => true,
            KeyData::Rsa(rsa) => bits(rsa) >= SHORTEST_RSA,
            _ => false,
        };
        if !usable {
            return Err(problem(
                path,
                "use an ed25519, ECDSA or RSA key of at least 3072 bits that lies in the file itself; \
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

/// The kinds of design §2; a list of what is good, so that a new kind is refused until somebody looks at it.
fn require_strength(signature: &SshSig) -> Result<(), Code> {
    let strong = match (signature.public_key(), signature.algorithm()) {
        (KeyData::Ed25519(_), Algorithm::Ed25519) => true,
        (KeyData::Ecdsa(key), Algorithm::Ecdsa { curve }) => key.curve() == curve,
        (KeyData::Rsa(key), Algorithm::Rsa { hash: Some(_) }) => bits(key) >= SHORTEST_RSA,
        (KeyData::SkEd25519(_), Algorithm::SkEd25519) => user_was_present(signature),
        _ => false,
    };
    if strong {
        Ok(())
    } else {
        Err(Code::SignerWeak)
    }
}

/// The lowest bit of the flags, which stand before the four bytes of the counter (OpenSSH `PROTOCOL.u2f`).
fn user_was_present(signature: &SshSig) -> bool {
    matches!(signature.signature_bytes(), [.., flags, _, _, _, _] if flags & 1 == 1)
}

/// The length of the modulus without leading zero bits.
fn bits(key: &RsaPublicKey) -> usize {
    key.n().as_positive_bytes().map_or(0, |modulus| {
        let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
        (modulus.len() * 8).saturating_sub(unused as usize)
    })
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
