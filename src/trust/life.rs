//! What there is to know of a key besides the key: whose it is, what it is for, from when until when.

use std::path::PathBuf;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PublicKey};
use serde::Serialize;

use crate::agreement::PartyId;

use super::sshsig::public_line;

/// How long before a key's end it is told, unless somebody asks for another time.
pub const NOTICE_DAYS: u16 = 30;

/// One key of the service or of a party. Holds nothing private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The party whose key it is; `None` for the service's own.
    pub owner: Option<PartyId>,
    /// What it is for.
    pub purpose: Purpose,
    /// Its algorithm and size, as `ed25519`, `rsa 3072` or `x25519`.
    pub kind: String,
    /// `SHA256:…`: of an SSH key as `ssh-keygen -l` prints it, of an age recipient the same over its text.
    pub fingerprint: String,
    /// The public half: key type and base64, or `age1…`.
    pub public: String,
    /// From when on it counts, if that is said anywhere.
    pub from: Option<Timestamp>,
    /// Until when it counts, if that is said anywhere.
    pub until: Option<Timestamp>,
    /// Whether another key is there already that takes its place.
    pub succeeded: bool,
    /// Whether it stands in the list of revoked keys.
    pub revoked: bool,
    /// Where it lies.
    pub file: PathBuf,
    /// In which line, from 1.
    pub line: Option<usize>,
}

/// What a key is for. The order is that of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The SFTP server's own.
    Host,
    /// An authority's word for the host key.
    HostCertificate,
    /// Signs receipts, responses and notices.
    SignAnswers,
    /// Opens deliveries.
    OpenDeliveries,
    /// Opens archived deliveries only.
    OpenArchive,
    /// Protects snapshots.
    Store,
    /// Logs in.
    LogIn,
    /// Signs certificates that log in.
    CertifyLogins,
    /// Signs manifests.
    SignDeliveries,
    /// Signs certificates that sign manifests.
    CertifySigners,
    /// Answers are encrypted to it.
    OpenAnswers,
}

/// How it stands with a key at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It is withdrawn.
    Revoked,
    /// Its time is over.
    Ended,
    /// Its time has not come.
    NotYet,
    /// It counts, and not for long any more.
    Ends {
        /// Whole days that are left.
        days: i64,
    },
    /// It counts.
    Valid,
}

impl Purpose {
    /// In a few words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Host => "host key",
            Self::HostCertificate => "host certificate",
            Self::SignAnswers => "sign answers",
            Self::OpenDeliveries => "open deliveries",
            Self::OpenArchive => "open the archive",
            Self::Store => "protect the store",
            Self::LogIn => "log in",
            Self::CertifyLogins => "certify logins",
            Self::SignDeliveries => "sign deliveries",
            Self::CertifySigners => "certify signers",
            Self::OpenAnswers => "open answers",
        }
    }
}

impl Key {
    /// An SSH key, of which nothing else is known yet.
    pub fn ssh(key: &KeyData, purpose: Purpose, file: PathBuf) -> Self {
        let key = PublicKey::from(key.clone());
        Self {
            kind: kind(&key),
            fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
            public: public_line(&key),
            ..Self::blank(purpose, file)
        }
    }

    /// An age recipient, of which nothing else is known yet.
    pub fn age(recipient: &str, purpose: Purpose, file: PathBuf) -> Self {
        let kind = match recipient.starts_with("age1pq1") {
            true => "mlkem768x25519",
            false => "x25519",
        };
        Self {
            kind: kind.to_owned(),
            fingerprint: recipient_fingerprint(recipient),
            public: recipient.to_owned(),
            ..Self::blank(purpose, file)
        }
    }

    fn blank(purpose: Purpose, file: PathBuf) -> Self {
        Self {
            owner: None,
            purpose,
            kind: String::new(),
            fingerprint: String::new(),
            public: String::new(),
            from: None,
            until: None,
            succeeded: false,
            revoked: false,
            file,
            line: None,
        }
    }

    /// How it stands at `now`; an end within `notice` days is told.
    pub fn state(&self, now: Timestamp, notice: u16) -> State {
        let left = self.until.map(|until| until.duration_since(now));
        let soon = SignedDuration::from_hours(24 * i64::from(notice));
        match left {
            _ if self.revoked => State::Revoked,
            Some(left) if left <= SignedDuration::ZERO => State::Ended,
            _ if self.from.is_some_and(|from| from > now) => State::NotYet,
            Some(left) if left <= soon => State::Ends {
                days: left.as_hours() / 24,
            },
            _ => State::Valid,
        }
    }

    /// Whole days that are left at `now`, if somebody has to act because it ends within `notice` days.
    pub fn ends_unheeded(&self, now: Timestamp, notice: u16) -> Option<i64> {
        match self.state(now, notice) {
            State::Ends { days } if !self.succeeded => Some(days),
            _ => None,
        }
    }

    /// Whether it is of use at `now`.
    pub fn counts(&self, now: Timestamp) -> bool {
        matches!(self.state(now, 0), State::Valid | State::Ends { .. })
    }
}

/// `SHA256:` and base64, as of an SSH key, of the recipient's text: it can be read out on the telephone, which a
/// post-quantum recipient cannot.
pub fn recipient_fingerprint(recipient: &str) -> String {
    let hash = digest(&SHA256, recipient.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash.as_ref());
    russh::keys::ssh_key::Fingerprint::Sha256(bytes).to_string()
}

fn kind(key: &PublicKey) -> String {
    match key.algorithm() {
        Algorithm::Ed25519 => "ed25519".to_owned(),
        Algorithm::SkEd25519 => "sk-ed25519".to_owned(),
        Algorithm::SkEcdsaSha2NistP256 => "sk-ecdsa p256".to_owned(),
        Algorithm::Ecdsa { curve } => {
            let curve = match curve {
                EcdsaCurve::NistP256 => "p256",
                EcdsaCurve::NistP384 => "p384",
                EcdsaCurve::NistP521 => "p521",
            };
            format!("ecdsa {curve}")
        }
        Algorithm::Rsa { .. } => {
            let bits = key.key_data().rsa().map_or(0, |rsa| rsa.key_size());
            format!("rsa {bits}")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Key, Purpose, State};

    #[test]
    fn a_key_ends_when_its_time_is_over_and_is_told_before() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let key = Key {
            from: Some(at("2026-01-01T00:00:00Z")),
            until: Some(at("2027-01-01T00:00:00Z")),
            ..Key::age("age1x", Purpose::OpenAnswers, "f".into())
        };
        for (now, expected) in [
            ("2025-12-31T23:59:59Z", State::NotYet),
            ("2026-01-01T00:00:00Z", State::Valid),
            ("2026-12-01T23:59:59Z", State::Valid),
            ("2026-12-02T00:00:00Z", State::Ends { days: 30 }),
            ("2026-12-31T00:00:01Z", State::Ends { days: 0 }),
            ("2027-01-01T00:00:00Z", State::Ended),
        ] {
            assert_eq!(key.state(at(now), 30), expected, "{now}");
        }
        let now = at("2026-12-20T00:00:00Z");
        assert_eq!(key.ends_unheeded(now, 30), Some(12));
        let succeeded = Key {
            succeeded: true,
            ..key.clone()
        };
        assert_eq!(succeeded.ends_unheeded(now, 30), None);
        let revoked = Key {
            revoked: true,
            ..key
        };
        assert_eq!(revoked.state(now, 30), State::Revoked);
        assert!(!revoked.counts(now));
    }

    /// `printf %s age1… | openssl dgst -sha256 -binary | base64` without the padding.
    #[test]
    fn a_recipient_has_the_fingerprint_that_standard_tools_compute() {
        assert_eq!(
            super::recipient_fingerprint("abc"),
            "SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0"
        );
    }
}
