//! Which kinds of keys may log in, sign certificates or be certified.

use russh::keys::Algorithm;
use russh::keys::ssh_key::public::KeyData;

use crate::trust::strength;

/// Whether a key is good enough.
///
/// # Errors
/// Why not, and what to use instead.
pub(crate) fn check(key: &KeyData) -> Result<(), String> {
    // The library does not tell whether the person touched the key, which must not be taken for granted.
    if !key.is_certificate()
        && matches!(
            key.algorithm(),
            Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256
        )
    {
        return Err(
            "security keys (sk-…) are not supported for logging in; use an ed25519 key".to_owned(),
        );
    }
    strength::check(key)
}
