//! The store key: an age identity that wraps the data key of every snapshot.
//!
//! Two more keys are derived from it, which name partitions and blind values. A new store key takes them over in a line
//! of its file, `# names: …`: otherwise older snapshots would not line up with newer ones.

use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::str;

use age::secrecy::ExposeSecret;
use aws_lc_rs::{hkdf, hmac};
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::files;
use crate::trust::envelope::{Identities, NativeIdentity, Recipients, open, seal};
use crate::trust::key_file::read_private;

use super::Partition;

/// What stands before the names in the file, in hexadecimal digits. A comment, so that `age-keygen -y` reads the file.
const NAMES: &str = "# names: ";
/// What stands before the time at which the newest identity was put in.
const WRITTEN: &str = "# written: ";
/// After so long every process has read the new file.
const SETTLED: SignedDuration = SignedDuration::from_hours(24);

/// Wraps data keys and, by keys derived from it, names partitions and blinds values. Never prints.
pub struct StoreKey {
    identities: Identities,
    recipients: Recipients,
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
    /// Reads an age identity file, post-quantum (as `padan init` makes it) or classical. The first identity wraps and
    /// opens, those below it open what was written before; they must stand with the line that [`renew`] writes.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let StoreFile {
            names, identities, ..
        } = StoreFile::read(path)?;
        let mut identities = identities.into_iter();
        let newest = identities.next().ok_or_else(|| {
            wrong(
                path,
                "holds no identity; make one with `age-keygen -o FILE`",
            )
        })?;
        let mut key = Self::of(newest, names)?;
        for older in identities {
            key.identities.join(Identities::of(older));
        }
        Ok(key)
    }

    /// A fresh key that is kept nowhere: what it encrypts is gone with this process.
    pub fn ephemeral() -> Result<Self, Fault> {
        Self::of(NativeIdentity::hybrid(), None)
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
        let mut sealed = seal(Vec::new(), &self.recipients)?;
        sealed.write_all(data_key).map_err(|e| Fault::Crypto {
            doing: "wrap a snapshot key",
            problem: e.to_string(),
        })?;
        sealed.finish()
    }

    /// The data key in `wrapped`; `None` when it is damaged or another store's.
    pub(super) fn unwrap(&self, wrapped: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let mut plain = open(Cursor::new(wrapped.to_vec()), &self.identities).ok()?;
        let mut key = Zeroizing::new([0; 32]);
        plain.read_exact(&mut *key).ok()?;
        // Only the end of the stream proves that this is all of it.
        (plain.read(&mut [0]).ok()? == 0).then_some(key)
    }

    /// The names are those of an older key, or derived from the identity's secret.
    fn of(identity: NativeIdentity, names: Option<Names>) -> Result<Self, Fault> {
        let names = match names {
            Some(names) => names,
            None => derived_names(&identity)?,
        };
        let [partition, blinding] = names.keys();
        let recipients = Recipients::parse(&identity.recipient()).map_err(|e| Fault::Crypto {
            doing: "derive the recipient of the store key",
            problem: e.problem,
        })?;
        Ok(Self {
            partitioner: Partitioner(partition),
            blinding,
            identities: Identities::of(identity),
            recipients,
        })
    }
}

/// Puts a new identity before those in the store key's file, in one step. What was written before opens as ever.
///
/// Returns the new recipient.
pub fn renew(path: &Path, now: Timestamp) -> Result<String, Fault> {
    let mut file = StoreFile::read(path)?;
    let oldest = file
        .identities
        .last()
        .ok_or_else(|| wrong(path, "holds no identity"))?;
    let names = match file.names.take() {
        Some(names) => names,
        None => derived_names(oldest)?,
    };
    let new = NativeIdentity::hybrid();
    let recipient = new.recipient();
    file.names = Some(names);
    file.identities.insert(0, new);
    file.write(path, now)?;
    Ok(recipient)
}

/// What became of the older identities.
#[derive(Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// There were none.
    None,
    /// They are gone.
    All,
    /// The newest is too young: not before then.
    TooEarly(Timestamp),
}

/// Removes the older identities from the store key's file. Whether a snapshot still needs one is the caller's to know. In
/// the first day after [`renew`] another process may still write with the old one; `early` says that none does.
pub fn forget_older(path: &Path, now: Timestamp, early: bool) -> Result<Forgotten, Fault> {
    let mut file = StoreFile::read(path)?;
    if file.identities.len() < 2 {
        return Ok(Forgotten::None);
    }
    let settled = file.written.and_then(|at| at.checked_add(SETTLED).ok());
    match settled {
        Some(at) if at > now && !early => return Ok(Forgotten::TooEarly(at)),
        _ => {}
    }
    file.identities.truncate(1);
    file.write(path, now)?;
    Ok(Forgotten::All)
}

impl StoreKey {
    /// The store key without the older identities, to find out what needs them.
    pub fn newest_alone(path: &Path) -> Result<Self, Fault> {
        let mut file = StoreFile::read(path)?;
        file.identities.truncate(1);
        match file.identities.pop() {
            Some(identity) => Self::of(identity, file.names),
            None => Err(wrong(path, "holds no identity")),
        }
    }
}

/// The secrets that name partitions and blind values, 32 bytes each.
struct Names(Zeroizing<[u8; 64]>);

impl Names {
    fn keys(&self) -> [hmac::Key; 2] {
        let (partition, blinding) = self.0.split_at(32);
        [partition, blinding].map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret))
    }
}

/// The store key's file, taken apart.
struct StoreFile {
    /// When a new identity was put in.
    written: Option<Timestamp>,
    names: Option<Names>,
    identities: Vec<NativeIdentity>,
}

impl StoreFile {
    fn read(path: &Path) -> Result<Self, Fault> {
        let bytes = read_private(path)?;
        let text = str::from_utf8(&bytes)
            .map_err(|_| wrong(path, "is no text; make one with `age-keygen -o FILE`"))?;
        let mut file = Self {
            written: None,
            names: None,
            identities: Vec::new(),
        };
        for line in text.lines().map(str::trim) {
            if let Some(at) = line.strip_prefix(WRITTEN) {
                file.written = at.parse().ok();
            } else if let Some(hex) = line.strip_prefix(NAMES) {
                let mut names = Zeroizing::new([0; 64]);
                hex::decode_to_slice(hex, &mut *names)
                    .map_err(|_| wrong(path, "has a damaged line `# names:`; restore the file"))?;
                file.names = Some(Names(names));
            } else if !line.is_empty() && !line.starts_with('#') {
                let identity = line
                    .parse()
                    .map_err(|e| wrong(path, &format!("cannot be used: {e}")))?;
                file.identities.push(identity);
            }
        }
        if file.identities.len() > 1 && file.names.is_none() {
            return Err(wrong(
                path,
                "holds more than one identity; the store key is one, and `padan keys rotate store` makes another",
            ));
        }
        Ok(file)
    }

    /// In its place, whole.
    fn write(&self, path: &Path, now: Timestamp) -> Result<(), Fault> {
        // Large enough from the start: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(64 << 10));
        text.push_str(&format!(
            "# written: {}\n",
            now.strftime("%Y-%m-%dT%H:%M:%SZ")
        ));
        if let Some(names) = &self.names {
            text.push_str(NAMES);
            text.push_str(&Zeroizing::new(hex::encode(*names.0)));
            text.push('\n');
        }
        for identity in &self.identities {
            text.push_str(&format!("# public key: {}\n", identity.recipient()));
            text.push_str(identity.encoded()?.expose_secret());
            text.push('\n');
        }
        files::write_whole(path, text.as_bytes())
    }
}

fn wrong(path: &Path, problem: &str) -> Fault {
    Fault::Key {
        path: path.to_path_buf(),
        problem: problem.to_owned(),
    }
}

fn derived_names(identity: &NativeIdentity) -> Result<Names, Fault> {
    let secret = identity.encoded()?;
    let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"padan store key v1")
        .extract(secret.expose_secret().as_bytes());
    let mut names = Zeroizing::new([0; 64]);
    let (partition, blinding) = names.split_at_mut(32);
    for (purpose, secret) in [(&b"partition"[..], partition), (b"blinding", blinding)] {
        root.expand(&[purpose], hmac::HMAC_SHA256)
            .and_then(|okm| okm.fill(secret))
            .map_err(|_| Fault::Crypto {
                doing: "derive a key from the store key",
                problem: "HKDF refused the length".to_owned(),
            })?;
    }
    Ok(Names(names))
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
    fn an_identity_file_of_either_kind_is_read_and_partitions_stay_the_same() {
        for identity in [NativeIdentity::classical(), NativeIdentity::hybrid()] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("store_identity.txt");
            let text = format!(
                "# created: today\n# public key: {}\n{}\n",
                identity.recipient(),
                identity.encoded().unwrap().expose_secret()
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
                let partition = first.partitioner.partition(&key);
                assert_eq!(partition, second.partitioner.partition(&key));
                same += usize::from(partition == other.partitioner.partition(&key));
            }
            assert!(same < 50, "another store key partitions otherwise");
            let wrapped = first.wrap(&[7; 32]).unwrap();
            assert_eq!(second.unwrap(&wrapped).as_deref(), Some(&[7; 32]));
            assert!(other.unwrap(&wrapped).is_none());
        }
    }

    /// What a store wrote before there were post-quantum keys, by the age crate itself.
    #[test]
    fn a_key_wrapped_by_an_older_version_is_unwrapped() {
        let identity = age::x25519::Identity::generate();
        let wrapped = age::encrypt(&identity.to_public(), &[7; 32]).unwrap();
        let longer = age::encrypt(&identity.to_public(), &[7; 33]).unwrap();
        let store = StoreKey::of(NativeIdentity::Classical(identity), None).unwrap();
        assert_eq!(store.unwrap(&wrapped).as_deref(), Some(&[7; 32]));
        assert!(store.unwrap(&longer).is_none());
    }

    /// The names of the first version, which every store has on its disk: derived anew, and taken over.
    #[test]
    fn a_new_key_keeps_the_names_and_opens_what_the_old_one_wrapped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store_identity.txt");
        let old = NativeIdentity::classical();
        let secret = old.encoded().unwrap();
        write_private(&path, &format!("{}\n", secret.expose_secret()));
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"padan store key v1")
            .extract(secret.expose_secret().as_bytes());
        let named = |purpose: &[u8]| {
            let info = [purpose];
            let key: hmac::Key = root.expand(&info, hmac::HMAC_SHA256).unwrap().into();
            hmac::sign(&key, b"1985").as_ref().to_vec()
        };
        let names = |store: &StoreKey| {
            let partition = hmac::sign(&store.partitioner.0, b"1985").as_ref().to_vec();
            [partition, store.blind(b"1985").as_ref().to_vec()]
        };
        let expected = [named(b"partition"), named(b"blinding")];
        let first = StoreKey::load(&path).unwrap();
        assert_eq!(names(&first), expected);
        let wrapped = first.wrap(&[7; 32]).unwrap();

        let now: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
        for _ in 0..2 {
            renew(&path, now).unwrap();
            let store = StoreKey::load(&path).unwrap();
            assert_eq!(names(&store), expected);
            assert_eq!(store.unwrap(&wrapped).as_deref(), Some(&[7; 32]));
            assert!(first.unwrap(&store.wrap(&[8; 32]).unwrap()).is_none());
        }
        assert!(
            StoreKey::newest_alone(&path)
                .unwrap()
                .unwrap(&wrapped)
                .is_none()
        );
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let later = now + SignedDuration::from_hours(24);
        assert_eq!(
            forget_older(&path, now, false).unwrap(),
            Forgotten::TooEarly(later)
        );
        assert_eq!(forget_older(&path, later, false).unwrap(), Forgotten::All);
        assert_eq!(forget_older(&path, later, false).unwrap(), Forgotten::None);
        let alone = StoreKey::load(&path).unwrap();
        assert_eq!(names(&alone), expected);
        assert!(alone.unwrap(&wrapped).is_none());
        let text = fs::read_to_string(&path).unwrap();
        write_private(&path, &text.replace("# names: ", "# names: zz"));
        let fault = StoreKey::load(&path).err().unwrap().to_string();
        assert!(fault.contains("damaged line"), "{fault}");
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
        let key = NativeIdentity::classical().encoded().unwrap();
        let key = key.expose_secret().to_owned();
        for (content, part) in [
            (String::new(), "no identity"),
            ("# only a comment\n".to_owned(), "no identity"),
            (format!("{key}\n{key}\n"), "more than one"),
            (
                "AGE-SECRET-KEY-1QQQQ".to_owned(),
                "not a whole age identity",
            ),
            ("AGE-SECRET-KEY-PQ-1QQQQ".to_owned(), "post-quantum"),
            ("age1qqqq".to_owned(), "public half"),
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
