//! The plain format: one public key a line, as in a `.pub` file.

use russh::keys::PublicKey;

use super::{Revoked, blob};

/// Reads the whole text.
///
/// # Errors
/// What is wrong with which line.
pub(super) fn parse(bytes: &[u8]) -> Result<Revoked, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        "neither a list of public keys nor a revocation list of `ssh-keygen -k`".to_owned()
    })?;
    let mut revoked = Revoked::default();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = PublicKey::from_openssh(line).ok();
        let key = key.and_then(|key| blob(key.key_data())).ok_or_else(|| {
            format!(
                "line {number}: no public key; write the line of its .pub file, and revoke certificates with `ssh-keygen -k`"
            )
        })?;
        revoked.keys.insert(key);
    }
    Ok(revoked)
}
