//! Which keys and signatures are good enough (design §2); a list of what is good, so that a new kind is refused until
//! somebody looks at it.

use russh::keys::Algorithm;
use russh::keys::ssh_key::Signature;
use russh::keys::ssh_key::public::KeyData;

/// Shortest RSA modulus, in bits.
pub const SHORTEST_RSA: u32 = 3072;
/// Longest RSA modulus, in bits; the library verifies none that is longer.
pub const LONGEST_RSA: u32 = 8192;

/// Of a security key's flags: somebody touched it (OpenSSH PROTOCOL.u2f).
const USER_PRESENT: u8 = 0x01;
/// Of a security key's flags: it knew who, by PIN or finger.
const USER_VERIFIED: u8 = 0x04;

/// Whether a key is good enough to sign, to log in or to certify.
///
/// # Errors
/// Why not, and what to use instead.
pub fn check(key: &KeyData) -> Result<(), String> {
    match key {
        KeyData::Certificate(_) => Err(
            "a certificate is no key; write the .pub file of the authority that signed it behind cert-authority"
                .to_owned(),
        ),
        KeyData::Ed25519(_)
        | KeyData::Ecdsa(_)
        | KeyData::SkEd25519(_)
        | KeyData::SkEcdsaSha2NistP256(_) => Ok(()),
        KeyData::Rsa(rsa) => match rsa.key_size() {
            SHORTEST_RSA..=LONGEST_RSA => Ok(()),
            bits => Err(format!(
                "the RSA key has {bits} bits, {SHORTEST_RSA} to {LONGEST_RSA} are accepted; better make an ed25519 key"
            )),
        },
        other => Err(format!(
            "keys of type {} are not accepted; use ed25519",
            other.algorithm()
        )),
    }
}

/// Whether `signature` is of an algorithm that is good enough for `key`, which itself is: no SHA-1, and a security key
/// that was touched.
pub(super) fn is_good_signature(key: &KeyData, signature: &Signature) -> bool {
    match (key, signature.algorithm()) {
        (KeyData::Ed25519(_), Algorithm::Ed25519) => true,
        (KeyData::Ecdsa(key), Algorithm::Ecdsa { curve }) => key.curve() == curve,
        (KeyData::Rsa(_), Algorithm::Rsa { hash }) => hash.is_some(),
        (KeyData::SkEd25519(_), Algorithm::SkEd25519)
        | (KeyData::SkEcdsaSha2NistP256(_), Algorithm::SkEcdsaSha2NistP256) => {
            flags(signature) & USER_PRESENT != 0
        }
        _ => false,
    }
}

/// Whether a security key has made sure who touched it.
pub(super) fn is_user_verified(key: &KeyData, signature: &Signature) -> bool {
    matches!(key, KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_))
        && flags(signature) & USER_VERIFIED != 0
}

/// The flags of a security key stand before the four bytes of its counter.
fn flags(signature: &Signature) -> u8 {
    match signature.as_bytes() {
        [.., flags, _, _, _, _] => *flags,
        _ => 0,
    }
}
