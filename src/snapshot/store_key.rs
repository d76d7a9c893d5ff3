//! The store key: an age identity that wraps the data key of every snapshot.

use std::path::Path;
use std::str;

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use aws_lc_rs::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::trust::key_file::read_private;

use super::Partition;

/// Wraps data keys and, by keys derived from it, names partitions and blinds values. Never prints.
pub struct StoreKey {
    identity: Identity,
    partitioner: Partitioner,
    blinding: hmac::Key,
}

/// Names the partition of a group of rows, the same in every snapshot of one store.
///
/// Keyed, so that a sender cannot aim all rows at one partition and sizes of partitions tell nothing.
#[derive(Clone)]
pub(super) struct Partitioner(hmac::Key);

impl Partitioner {
    /// The partition in which rows of this group lie.
    pub(super) fn partition(&self, group_key: &str) -> Partition {
        let tag = hmac::sign(&self.0, group_key.as_bytes());
        Partition(tag.as_ref().first().copied().unwrap_or_default())
    }
}

impl StoreKey {
    /// Reads an age identity file with exactly one X25519 identity.
    ///
    /// One, because the partition of a row is derived from it: with two, older snapshots would not line up with newer ones.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let bytes = read_private(path)?;
        let wrong = |problem: &str| Fault::Key {
            path: path.to_path_buf(),
            problem: problem.to_owned(),
        };
        let text = str::from_utf8(&bytes)
            .map_err(|_| wrong("is no text; make one with `age-keygen -o FILE`"))?;
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let first = lines
            .next()
            .ok_or_else(|| wrong("holds no identity; make one with `age-keygen -o FILE`"))?;
        if lines.next().is_some() {
            return Err(wrong("holds more than one identity; the store key is one"));
        }
        let identity = first
            .parse()
            .map_err(|_| wrong("is no X25519 identity (AGE-SECRET-KEY-1…)"))?;
        Self::of(identity)
    }

    /// A fresh key that is kept nowhere: what it encrypts is gone with this process.
    pub fn ephemeral() -> Result<Self, Fault> {
        Self::of(Identity::generate())
    }

    /// A fresh key.
    #[cfg(test)]
    pub fn generate_for_tests() -> Self {
        Self::ephemeral().unwrap()
    }

    pub(super) fn partitioner(&self) -> &Partitioner {
        &self.partitioner
    }

    /// A stand-in for `value` from which only the holder of this key could find it again by trying.
    pub fn blind(&self, value: &[u8]) -> hmac::Tag {
        hmac::sign(&self.blinding, value)
    }

    /// The age file that holds `data_key`, readable with this key only.
    pub(super) fn wrap(&self, data_key: &[u8; 32]) -> Result<Vec<u8>, Fault> {
        age::encrypt(&self.identity.to_public(), data_key).map_err(|e| Fault::Crypto {
            doing: "wrap a snapshot key",
            problem: e.to_string(),
        })
    }

    /// The data key in `wrapped`; `None` when it is damaged or another store's.
    pub(super) fn unwrap(&self, wrapped: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let plain = Zeroizing::new(age::decrypt(&self.identity, wrapped).ok()?);
        let mut key = Zeroizing::new([0; 32]);
        if plain.len() != key.len() {
            return None;
        }
        key.copy_from_slice(&plain);
        Some(key)
    }

    /// Derives the purpose keys from the identity's secret.
    fn of(identity: Identity) -> Result<Self, Fault> {
        let secret = identity.to_string();
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"padan store key v1")
            .extract(secret.expose_secret().as_bytes());
        let derive = |purpose: &[u8]| {
            let info = [purpose];
            root.expand(&info, hmac::HMAC_SHA256)
                .map(hmac::Key::from)
                .map_err(|_| Fault::Crypto {
                    doing: "derive a key from the store key",
                    problem: "HKDF refused the length".to_owned(),
                })
        };
        Ok(Self {
            partitioner: Partitioner(derive(b"partition")?),
            blinding: derive(b"blinding")?,
            identity,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn write_private(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    }

    #[test]
    fn a_file_of_age_keygen_is_read_and_partitions_stay_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store_identity.txt");
        let identity = Identity::generate();
        let text = format!(
            "# created: today\n# public key: {}\n{}\n",
            identity.to_public(),
            identity.to_string().expose_secret()
        );
        write_private(&path, &text);
        let (first, second) = (
            StoreKey::load(&path).unwrap(),
            StoreKey::load(&path).unwrap(),
        );
        let other = StoreKey::generate_for_tests();
        let mut same = 0;
        for n in 0..500 {
            let key = format!("1985010120100{n:05}");
            assert_eq!(
                first.partitioner.partition(&key),
                second.partitioner.partition(&key)
            );
            same +=
                usize::from(first.partitioner.partition(&key) == other.partitioner.partition(&key));
        }
        assert!(same < 50, "another store key partitions otherwise");
        let wrapped = first.wrap(&[7; 32]).unwrap();
        assert_eq!(second.unwrap(&wrapped).as_deref(), Some(&[7; 32]));
        assert!(other.unwrap(&wrapped).is_none());
    }

    #[test]
    fn partitions_are_evenly_filled() {
        let store = StoreKey::generate_for_tests();
        let mut counts = vec![0; super::super::PARTITIONS];
        for n in 0..25_600 {
            counts[store.partitioner.partition(&format!("1985{n:014}")).index()] += 1;
        }
        assert!(counts.iter().all(|n| (40..=180).contains(n)), "{counts:?}");
    }

    #[test]
    fn unusable_files_are_named_with_a_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let key = Identity::generate().to_string().expose_secret().to_owned();
        for (content, part) in [
            (String::new(), "no identity"),
            ("# only a comment\n".to_owned(), "no identity"),
            (format!("{key}\n{key}\n"), "more than one"),
            ("AGE-SECRET-KEY-1QQQQ".to_owned(), "no X25519 identity"),
        ] {
            let path = dir.path().join("key");
            write_private(&path, &content);
            let fault = StoreKey::load(&path).err().unwrap().to_string();
            assert!(fault.contains(part), "{fault}");
        }
        assert!(StoreKey::load(&dir.path().join("none")).is_err());
        let open = dir.path().join("open");
        write_private(&open, &format!("{key}\n"));
        assert!(StoreKey::load(&open).is_ok());
        fs::set_permissions(&open, Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(StoreKey::load(&open), Err(Fault::Key { .. })));
    }
}
