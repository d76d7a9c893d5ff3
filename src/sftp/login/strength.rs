//! Which kinds of keys may log in, sign certificates or be certified.

use russh::keys::Algorithm;
use russh::keys::ssh_key::public::KeyData;

/// Shortest RSA modulus, in bits, as for signatures.
const SHORTEST_RSA: u32 = 3072;
/// Longest RSA modulus, in bits; the library verifies none that is longer.
const LONGEST_RSA: u32 = 8192;

/// Whether a key is good enough.
///
/// # Errors
/// Why not, and what to use instead.
pub(crate) fn check(key: &KeyData) -> Result<(), String> {
    if key.is_certificate() {
        return Err(
            "a certificate is no key; write the .pub file of the authority that signed it behind cert-authority"
                .to_owned(),
        );
    }
    match key.algorithm() {
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => Ok(()),
        Algorithm::Rsa { .. } => {
            let bits = key.rsa().map_or(0, |rsa| rsa.key_size());
            if (SHORTEST_RSA..=LONGEST_RSA).contains(&bits) {
                Ok(())
            } else {
                Err(format!(
                    "the RSA key has {bits} bits, {SHORTEST_RSA} to {LONGEST_RSA} are accepted; better make an ed25519 key"
                ))
            }
        }
        // The library does not tell whether the person touched the key, which must not be taken for granted.
        Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256 => Err(
            "security keys (sk-…) are not supported for logging in; use an ed25519 key".to_owned(),
        ),
        other => Err(format!(
            "keys of type {other} are not accepted; use ed25519"
        )),
    }
}
