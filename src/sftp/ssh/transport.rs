//! The SSH side: host key, algorithms, timers.

use std::borrow::Cow;
use std::time::Duration;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::server::Config;
use russh::{MethodKind, MethodSet, Preferred, SshId, cipher, compression, kex, mac};

use crate::sftp::Limits;
use crate::sftp::login::host_key::HostKey;

/// How we call ourselves; no version, which helps attackers alone.
pub(crate) const VERSION: &str = "SSH-2.0-Padan";

/// A client that is gone is noticed within about a minute, so that the lock of its cut upload ends.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// Between our own end of an idle connection and russh's.
const IDLE_MARGIN: Duration = Duration::from_secs(5);

/// As in OpenSSH and RFC 4253 §9.
const REKEY_TIME: Duration = Duration::from_secs(3600);

/// Post-quantum first. No SHA-1, no curves of NIST, and no Diffie-Hellman over whole numbers: with its large groups a
/// client makes the server compute for nothing (CVE-2002-20001), and every client that can use an ed25519 host key
/// knows one of these.
const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    // paramiko, ssh2 for Node.js, libssh2, PuTTY before 0.83, OpenSSH before 9.9.
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];

/// The same without what a quantum computer could break.
const STRICT_KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];

/// Host key and login signatures; RSA only with SHA-2.
const KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP384,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP521,
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha512),
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha256),
    },
];

/// No CBC.
const CIPHERS: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::AES_256_CTR,
    cipher::AES_128_CTR,
];

/// For the ciphers that do not authenticate by themselves. No SHA-1.
const MACS: &[mac::Name] = &[
    mac::HMAC_SHA512_ETM,
    mac::HMAC_SHA256_ETM,
    // libssh2 before 1.11, so curl of Debian 12.
    mac::HMAC_SHA256,
];

/// The same without the one that authenticates before it encrypts.
const STRICT_MACS: &[mac::Name] = &[mac::HMAC_SHA512_ETM, mac::HMAC_SHA256_ETM];

/// What russh is told.
pub(crate) fn config(host_key: HostKey, limits: &Limits) -> Config {
    Config {
        server_id: SshId::Standard(Cow::Borrowed(VERSION)),
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: limits.refusal_time,
        // Every client asks with `none` first which methods there are; waiting then would delay each connection.
        auth_rejection_time_initial: Some(Duration::ZERO),
        max_auth_attempts: limits.login_attempts,
        keys: vec![host_key.key],
        certificates: host_key.certificate.into_iter().collect(),
        window_size: limits.window,
        limits: russh::Limits::new(limits.rekey_bytes, limits.rekey_bytes, REKEY_TIME),
        // One place: the pump of a channel counts on it.
        event_buffer_size: 1,
        preferred: preferred(limits.strict_algorithms),
        // Also ends a connection whose client has stopped reading from the network. Later than our own, which says why.
        inactivity_timeout: Some(limits.idle + IDLE_MARGIN),
        keepalive_interval: Some(KEEPALIVE),
        keepalive_max: 3,
        ..Config::default()
    }
}

/// The algorithms, the same for our own client. `strict` leaves out what only older clients need.
pub(crate) fn preferred(strict: bool) -> Preferred {
    let (kex, mac) = if strict {
        (STRICT_KEX, STRICT_MACS)
    } else {
        (KEX, MACS)
    };
    Preferred {
        kex: Cow::Borrowed(kex),
        key: Cow::Borrowed(KEYS),
        cipher: Cow::Borrowed(CIPHERS),
        mac: Cow::Borrowed(mac),
        // Data files are compressed and encrypted already.
        compression: Cow::Borrowed(&[compression::NONE]),
        ..Preferred::default()
    }
}

#[cfg(test)]
mod tests {
    use super::preferred;

    fn names<N: AsRef<str>>(names: &[N]) -> Vec<&str> {
        names.iter().map(AsRef::as_ref).collect()
    }

    #[test]
    fn the_algorithms_are_these_and_no_others() {
        let [usual, strict] = [false, true].map(preferred);
        let markers = [
            "ext-info-c",
            "ext-info-s",
            "kex-strict-c-v00@openssh.com",
            "kex-strict-s-v00@openssh.com",
        ];
        let older = ["curve25519-sha256", "curve25519-sha256@libssh.org"];
        let kex = [&["mlkem768x25519-sha256"], &older[..], &markers].concat();
        assert_eq!(names(&usual.kex), kex);
        let kex = [&["mlkem768x25519-sha256"], &markers[..]].concat();
        assert_eq!(names(&strict.kex), kex);
        let etm = [
            "hmac-sha2-512-etm@openssh.com",
            "hmac-sha2-256-etm@openssh.com",
        ];
        assert_eq!(names(&usual.mac), [&etm[..], &["hmac-sha2-256"]].concat());
        assert_eq!(names(&strict.mac), etm);
        for preferred in [usual, strict] {
            let ciphers = [
                "chacha20-poly1305@openssh.com",
                "aes256-gcm@openssh.com",
                "aes128-gcm@openssh.com",
                "aes256-ctr",
                "aes128-ctr",
            ];
            assert_eq!(names(&preferred.cipher), ciphers);
            assert_eq!(names(&preferred.compression), ["none"]);
            let keys: Vec<String> = preferred.key.iter().map(ToString::to_string).collect();
            let expected = [
                "ssh-ed25519",
                "ecdsa-sha2-nistp256",
                "ecdsa-sha2-nistp384",
                "ecdsa-sha2-nistp521",
                "rsa-sha2-512",
                "rsa-sha2-256",
            ];
            assert_eq!(keys, expected);
            assert!(preferred.host_key_certificates.is_empty());
        }
    }
}
