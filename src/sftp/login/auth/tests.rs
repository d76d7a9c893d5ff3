//! Certificates, revoked keys and invitations, by reason.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use russh::keys::ssh_key::certificate::{Builder, CertType};
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{Algorithm, Certificate, PrivateKey, PublicKey};
use tempfile::TempDir;

use super::Registry;
use crate::sftp::Account;
use crate::sftp::login::reason::Reason;

/// Seeds of the keys of these tests.
const AUTHORITY: u8 = 1;
const STRANGER: u8 = 2;
const BUDI: u8 = 3;

const ISSUED: u64 = 1_000;
const ENDS: u64 = 2_000;

fn key_of(seed: u8) -> PrivateKey {
    Ed25519Keypair::from_seed(&[seed; 32]).into()
}

fn public(seed: u8) -> PublicKey {
    key_of(seed).public_key().clone()
}

/// Budi's key, certified after `add` has said for what.
fn certificate(authority: u8, add: impl Fn(&mut Builder) -> &mut Builder) -> Certificate {
    let key = public(BUDI).key_data().clone();
    let mut builder = Builder::new(vec![7; 16], key, ISSUED, ENDS).unwrap();
    builder.serial(42).unwrap().key_id("budi").unwrap();
    add(&mut builder);
    builder.sign(&key_of(authority)).unwrap()
}

fn as_bkn(builder: &mut Builder) -> &mut Builder {
    builder.valid_principal("bkn").unwrap()
}

fn with_option(name: &str, value: &str) -> Certificate {
    certificate(AUTHORITY, |builder| {
        as_bkn(builder).critical_option(name, value).unwrap()
    })
}

fn registry(dir: &TempDir, lines: &str, revoked: Option<&str>) -> Registry {
    let path = |name: &str| dir.path().join(name);
    fs::write(path("authorized_keys"), lines).unwrap();
    let account = |name: &str| Account {
        name: name.to_owned(),
        root: Path::new("/").join(name),
        authorized_keys: path("authorized_keys"),
    };
    if let Some(lines) = revoked {
        fs::write(path("revoked"), lines).unwrap();
    }
    let revoked = revoked.map(|_| path("revoked"));
    Registry::read(&[account("bkn")], revoked.as_deref()).unwrap()
}

fn line(seed: u8) -> String {
    public(seed).to_openssh().unwrap()
}

/// A login as bkn from 10.1.2.3 at `at`, with one line in `authorized_keys`.
fn judged(options: &str, certificate: &Certificate, at: u64) -> Result<(), Reason> {
    let dir = TempDir::new().unwrap();
    let lines = format!("{options}{}\n", line(AUTHORITY));
    registry(&dir, &lines, None)
        .admit_certificate("bkn", certificate, "10.1.2.3".parse().unwrap(), now(at))
        .map(drop)
}

fn now(at: u64) -> Timestamp {
    Timestamp::from_second(at.try_into().unwrap()).unwrap()
}

#[test]
fn a_certificate_is_good_for_whom_and_what_it_says() {
    let good = certificate(AUTHORITY, as_bkn);
    let siti = certificate(AUTHORITY, |new| new.valid_principal("siti").unwrap());
    let anybody = certificate(AUTHORITY, |new| new.all_principals_valid().unwrap());
    let host = certificate(AUTHORITY, |new| {
        as_bkn(new).cert_type(CertType::Host).unwrap()
    });
    let harmless = certificate(AUTHORITY, |new| {
        as_bkn(new).extension("permit-pty", "").unwrap()
    });
    let authority = "cert-authority ";
    let named = r#"cert-authority,principals="budi,siti" "#;
    for (options, certificate, expected) in [
        (authority, &good, Ok(())),
        (authority, &siti, Err(Reason::WrongPrincipal)),
        (authority, &anybody, Err(Reason::WrongPrincipal)),
        (named, &good, Err(Reason::WrongPrincipal)),
        (named, &siti, Ok(())),
        (named, &anybody, Err(Reason::WrongPrincipal)),
        (authority, &host, Err(Reason::HostCertificate)),
        (authority, &harmless, Ok(())),
        ("", &good, Err(Reason::UnknownAuthority)),
        (
            authority,
            &certificate(STRANGER, as_bkn),
            Err(Reason::UnknownAuthority),
        ),
        (
            r#"cert-authority,from="11.*" "#,
            &good,
            Err(Reason::WrongAddress),
        ),
        (
            r#"cert-authority,expiry-time="19700101Z" "#,
            &good,
            Err(Reason::Expired),
        ),
        (
            authority,
            &with_option("source-address", "10.0.0.0/8"),
            Ok(()),
        ),
        (
            authority,
            &with_option("source-address", "11.0.0.0/8,10.1.2.4"),
            Err(Reason::WrongAddress),
        ),
        (
            authority,
            &with_option("source-address", "10.*"),
            Err(Reason::CriticalOption),
        ),
        (
            authority,
            &with_option("source-address", ""),
            Err(Reason::CriticalOption),
        ),
        (
            authority,
            &with_option("force-command", "internal-sftp"),
            Ok(()),
        ),
        (
            authority,
            &with_option("force-command", "internal-sftp -R"),
            Err(Reason::CriticalOption),
        ),
        (
            authority,
            &with_option("force-command", "/bin/sh"),
            Err(Reason::CriticalOption),
        ),
        (
            authority,
            &with_option("verify-required", ""),
            Err(Reason::CriticalOption),
        ),
        (
            authority,
            &with_option("later@example.id", ""),
            Err(Reason::CriticalOption),
        ),
    ] {
        let outcome = judged(options, certificate, ISSUED);
        assert_eq!(outcome, expected, "{options}{certificate:?}");
    }
}

#[test]
fn a_certificate_is_good_from_its_first_second_to_before_its_last() {
    let good = certificate(AUTHORITY, as_bkn);
    for (at, expected) in [
        (ISSUED - 1, Err(Reason::NotYetValid)),
        (ISSUED, Ok(())),
        (ENDS - 1, Ok(())),
        (ENDS, Err(Reason::Expired)),
    ] {
        assert_eq!(judged("cert-authority ", &good, at), expected, "{at}");
    }
}

#[test]
fn no_byte_of_a_certificate_may_be_altered() {
    let good = certificate(AUTHORITY, as_bkn).to_bytes().unwrap();
    for at in 0..good.len() {
        let mut altered = good.clone();
        altered[at] ^= 1;
        if let Ok(altered) = Certificate::from_bytes(&altered) {
            let outcome = judged("cert-authority ", &altered, ISSUED);
            assert!(outcome.is_err(), "byte {at}");
        }
    }
}

#[test]
fn what_is_revoked_does_not_log_in() {
    let dir = TempDir::new().unwrap();
    let lines = format!("cert-authority {}\n{}\n", line(AUTHORITY), line(BUDI));
    let good = certificate(AUTHORITY, as_bkn);
    let peer = "10.1.2.3".parse().unwrap();
    for (revoked, by_certificate, by_key) in [
        (line(STRANGER), Ok(()), Ok(())),
        (line(AUTHORITY), Err(Reason::Revoked), Ok(())),
        (line(BUDI), Err(Reason::Revoked), Err(Reason::Revoked)),
    ] {
        let registry = registry(&dir, &lines, Some(&revoked));
        let login = registry.admit_certificate("bkn", &good, peer, now(ISSUED));
        assert_eq!(login.map(drop), by_certificate);
        let login = registry.admit("bkn", &public(BUDI), &Algorithm::Ed25519, peer, now(1));
        assert_eq!(login.map(drop), by_key);
    }
}

#[test]
fn an_invitation_tells_nothing_once_there_is_an_authority() {
    let dir = TempDir::new().unwrap();
    let peer = "10.1.2.3".parse().unwrap();
    let invited = |registry: &Registry, user: &str, seed: u8, algorithm: &Algorithm| {
        registry.invite(user, &public(seed), algorithm, peer, now(1))
    };
    let ed25519 = &Algorithm::Ed25519;
    let keys_only = registry(&dir, &line(BUDI), None);
    assert_eq!(invited(&keys_only, "bkn", BUDI, ed25519), Ok(()));
    let unknown = invited(&keys_only, "bkn", STRANGER, ed25519);
    assert_eq!(unknown, Err(Reason::UnknownKey));
    let unknown = invited(&keys_only, "bps", BUDI, ed25519);
    assert_eq!(unknown, Err(Reason::UnknownAccount));

    let lines = format!("cert-authority {}\n", line(AUTHORITY));
    let with_authority = registry(&dir, &lines, None);
    for user in ["bkn", "bps"] {
        for seed in [BUDI, STRANGER, AUTHORITY] {
            assert_eq!(invited(&with_authority, user, seed, ed25519), Ok(()));
        }
        let sha1 = Algorithm::Rsa { hash: None };
        let outcome = invited(&with_authority, user, BUDI, &sha1);
        assert_eq!(outcome, Err(Reason::Sha1));
    }
    // An invitation is no login: neither the authority's own key nor a certified one gets in by itself.
    for seed in [AUTHORITY, BUDI] {
        let login = with_authority.admit("bkn", &public(seed), ed25519, peer, now(1));
        assert_eq!(login.map(drop), Err(Reason::UnknownKey));
    }
}

#[test]
fn an_operator_hears_of_accounts_that_nobody_can_use() {
    let dir = TempDir::new().unwrap();
    let expired = format!("expiry-time=\"19700101Z\" {}\n", line(BUDI));
    for (lines, part) in [
        ("# to come\n".to_owned(), Some("has no key")),
        (expired.clone(), Some("expired")),
        (format!("{expired}{}", line(STRANGER)), None),
    ] {
        let warnings = registry(&dir, &lines, None).warnings(now(1));
        assert_eq!(warnings.len(), usize::from(part.is_some()), "{warnings:?}");
        if let Some(part) = part {
            assert!(warnings[0].contains("bkn") && warnings[0].contains(part));
        }
    }
}
