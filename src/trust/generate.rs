//! New keys, in the files that `ssh-keygen` and `age-keygen` would write.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use age::secrecy::ExposeSecret;
use aws_lc_rs::rand::fill;
use jiff::Timestamp;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::ssh_key::{LineEnding, PrivateKey};
use zeroize::Zeroizing;

use crate::fault::Fault;

use super::envelope::NativeIdentity;
use super::sshsig::public_line;

/// Writes a new ed25519 key pair: `path` (OpenSSH, 0600) and `path.pub` (0644), with the comment in both.
///
/// Returns key type and base64 of the public half. Overwrites nothing.
pub fn ssh_key_pair(path: &Path, comment: &str) -> Result<String, Fault> {
    let mut seed = Zeroizing::new([0; 32]);
    fill(&mut *seed).map_err(|_| Fault::Crypto {
        doing: "make an SSH key",
        problem: "the system gives no random numbers".to_owned(),
    })?;
    let pair = Ed25519Keypair::from_seed(&seed);
    let key = PrivateKey::new(KeypairData::Ed25519(pair), comment).map_err(unencodable)?;
    let private = key.to_openssh(LineEnding::LF).map_err(unencodable)?;
    let public = public_line(key.public_key());
    write_new(path, private.as_bytes(), 0o600)?;
    let mut public_path = path.as_os_str().to_owned();
    public_path.push(".pub");
    write_new(
        Path::new(&public_path),
        format!("{public} {comment}\n").as_bytes(),
        0o644,
    )?;
    Ok(public)
}

/// Writes a file of new age identities (0600) as `age-keygen -o` does, dated `at`.
///
/// Returns their recipients, in the same order. Overwrites nothing.
pub fn age_identities<const N: usize>(
    path: &Path,
    at: Timestamp,
    identities: [NativeIdentity; N],
) -> Result<[String; N], Fault> {
    let at = at.strftime("%Y-%m-%dT%H:%M:%SZ");
    // Large enough from the start: a text that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(8 << 10));
    text.push_str(&format!("# created: {at}\n"));
    for identity in &identities {
        text.push_str(&format!("# public key: {}\n", identity.recipient()));
        text.push_str(identity.encoded()?.expose_secret());
        text.push('\n');
    }
    write_new(path, text.as_bytes(), 0o600)?;
    Ok(identities.map(|identity| identity.recipient()))
}

/// Writes a file that is not there yet. A key cut off by a crash is removed by hand: it must not vanish by itself.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Fault> {
    let doing = "write a new key file";
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(Fault::io(doing, path))?;
    file.write_all(bytes).map_err(Fault::io(doing, path))?;
    file.sync_all().map_err(Fault::io(doing, path))
}

fn unencodable(error: russh::keys::ssh_key::Error) -> Fault {
    Fault::Crypto {
        doing: "make an SSH key",
        problem: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::Timestamp;
    use tempfile::TempDir;

    use super::{age_identities, ssh_key_pair};
    use crate::trust::envelope::NativeIdentity;

    #[test]
    fn a_new_key_never_replaces_another() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("key");
        ssh_key_pair(&path, "x").unwrap();
        let before = fs::read(&path).unwrap();
        assert!(ssh_key_pair(&path, "x").is_err());
        let identities = [NativeIdentity::classical(), NativeIdentity::hybrid()];
        assert!(age_identities(&path, Timestamp::UNIX_EPOCH, identities).is_err());
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}
