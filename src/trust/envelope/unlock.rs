//! A person's private key behind a passphrase: an age file locked with it, or an SSH key.

use std::io::{Cursor, Read};

use age::secrecy::SecretString;
use age::{scrypt, ssh};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::rejection::Code;

use super::{Locked, OpenError};

/// Largest scrypt work factor, as the power of two: this one takes 1 GiB and some seconds. age writes 18.
const MOST_WORK: u8 = 20;
/// Largest plaintext of an identity file, in bytes.
const LARGEST: usize = 64 << 10;

/// Whether an identity file is an age file itself, binary or armored.
pub(super) fn is_encrypted(file: &[u8]) -> bool {
    let file = file.trim_ascii_start();
    file.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----")
        || file.starts_with(b"age-encryption.org/")
}

/// The plaintext of an identity file that `age -p` locked. `told` makes the fault of a sentence.
pub(super) fn unlocked(
    file: &[u8],
    ask: impl FnOnce() -> Result<SecretString, Fault>,
    told: impl Fn(String) -> Fault,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let damaged = || told("it is no whole age file; take another copy".to_owned());
    let locked = Locked::read(Cursor::new(file.to_vec())).map_err(|_| damaged())?;
    if !locked.has_passphrase() {
        return Err(told(
            "it is encrypted to a key, not with a passphrase; decrypt it with `age -d`".to_owned(),
        ));
    }
    if locked
        .work_factor()
        .is_some_and(|factor| factor > MOST_WORK)
    {
        return Err(told(format!(
            "its passphrase asks for more than 2^{MOST_WORK} steps; lock it again with `age -p`"
        )));
    }
    let mut identity = scrypt::Identity::new(ask()?);
    identity.set_max_work_factor(MOST_WORK);
    let identity: &dyn age::Identity = &identity;
    let opened = locked.open_with([identity].into_iter());
    let plaintext = opened.map_err(|e| match e {
        OpenError::Rejected(Code::DecryptNoKey) => told("the passphrase is wrong".to_owned()),
        OpenError::Rejected(_) => damaged(),
        OpenError::Fault(fault) => fault,
    })?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
    plaintext
        .take(LARGEST as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| damaged())?;
    if bytes.len() > LARGEST {
        return Err(told(format!(
            "what is locked in it is larger than {LARGEST} bytes, so it is no identity"
        )));
    }
    if is_encrypted(&bytes) {
        return Err(told(
            "what is locked in it is locked once more; unlock it with `age -d`".to_owned(),
        ));
    }
    Ok(bytes)
}

/// An OpenSSH or PEM private key.
pub(super) fn read_ssh(
    file: &[u8],
    ask: impl FnOnce() -> Result<SecretString, Fault>,
    told: impl Fn(String) -> Fault,
) -> Result<ssh::Identity, Fault> {
    match ssh::Identity::from_buffer(file, None) {
        Ok(identity @ ssh::Identity::Unencrypted(_)) => Ok(identity),
        Ok(ssh::Identity::Encrypted(locked)) => locked
            .decrypt(ask()?)
            .map(ssh::Identity::from)
            .map_err(|_| told("the passphrase is wrong, or the key is damaged".to_owned())),
        Ok(ssh::Identity::Unsupported(ssh::UnsupportedKey::EncryptedPem)) => Err(told(
            "it has a passphrase in an old form; write it anew with `ssh-keygen -o -p`".to_owned(),
        )),
        Ok(ssh::Identity::Unsupported(_)) | Err(_) => Err(told(
            "age opens files with ed25519 and RSA keys only; make one with `age-keygen`".to_owned(),
        )),
    }
}
