//! The server's own certificate.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use padan::sftp::{Limits, Settings};

use crate::common::{SftpSite, said};
use crate::keys::{line, make, ssh_keygen};

/// Has the host key signed and names the certificate in the settings.
fn certify(settings: &mut Settings, dir: &Path, arguments: &[&str]) {
    make(dir, "ed25519", "host_authority");
    sign(dir, arguments);
    settings.host_certificate = Some(dir.join("host_key-cert.pub"));
}

fn sign(dir: &Path, arguments: &[&str]) {
    let mut all = vec!["-q", "-s", "host_authority"];
    all.extend(arguments);
    all.push("host_key.pub");
    ssh_keygen(dir, &all);
}

/// A `known_hosts` that knows the authority alone, or another key.
fn know(site: &SftpSite, authority: &str) {
    let address = site.address();
    let known = format!(
        "@cert-authority [{}]:{} {authority}",
        address.ip(),
        address.port()
    );
    fs::write(site.dir().join("known_hosts"), known).unwrap();
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn clients_may_trust_the_authority_instead_of_the_key() {
    let site = SftpSite::start_with(Limits::default(), |settings, dir| {
        certify(settings, dir, &["-h", "-I", "padan", "-n", "127.0.0.1"]);
    });
    // Those who know the key go on to connect.
    site.sftp_ok("bkn", "pwd\n");
    site.client("bkn");
    know(&site, &line(site.dir(), "host_authority"));
    site.sftp_ok("bkn", "pwd\n");
    // And keys are exchanged anew with it.
    fs::write(site.dir().join("file"), vec![7; 4 << 20]).unwrap();
    let output = site.sftp_with("bkn", "put file inbox/file\n", &["-oRekeyLimit=1M"]);
    assert!(output.status.success(), "{}", said(&output));
    make(site.dir(), "ed25519", "stranger");
    know(&site, &line(site.dir(), "stranger"));
    assert!(!site.sftp("bkn", "pwd\n").status.success());
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn another_host_key_is_presented_after_a_reload() {
    let site = SftpSite::start_with(Limits::default(), |settings, dir| {
        certify(settings, dir, &["-h", "-I", "padan", "-n", "127.0.0.1"]);
    });
    let dir = site.dir();
    know(&site, &line(dir, "host_authority"));
    let before = site.client("bkn");
    for name in ["host_key", "host_key.pub"] {
        fs::remove_file(dir.join(name)).unwrap();
    }
    make(dir, "ed25519", "host_key");
    // The certificate is still that of the old key.
    assert!(site.server.reload().is_err());
    site.sftp_ok("bkn", "pwd\n");
    sign(dir, &["-h", "-I", "padan", "-n", "127.0.0.1"]);
    site.server.reload().unwrap();
    site.sftp_ok("bkn", "pwd\n");
    let address = site.address();
    let known = format!(
        "[{}]:{} {}",
        address.ip(),
        address.port(),
        line(dir, "host_key")
    );
    fs::write(dir.join("known_hosts"), known).unwrap();
    site.sftp_ok("bkn", "pwd\n");
    drop(before);
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_host_certificate_is_checked_before_it_is_used() {
    let mut told = None;
    let site = SftpSite::start_with(Limits::default(), |settings, dir| {
        make(dir, "ed25519", "host_authority");
        make(dir, "ed25519", "other");
        told = Some(settings.clone());
    });
    let mut settings = told.unwrap();
    let dir = site.dir();
    settings.host_certificate = Some(dir.join("host_key-cert.pub"));
    let host = |window: &'static str| ["-h", "-I", "padan", "-n", "127.0.0.1", "-V", window];
    for (arguments, problem) in [
        (&host("always:forever")[..], None),
        (&host("-1d:+60d"), None),
        (&host("-2d:-1d"), Some("expired")),
        (&host("+1d:+2d"), Some("not yet valid")),
        (&["-I", "padan", "-n", "127.0.0.1"], Some("for users")),
    ] {
        sign(dir, arguments);
        check(&settings, problem);
    }
    fs::copy(dir.join("other.pub"), dir.join("host_key-cert.pub")).unwrap();
    check(&settings, Some("no certificate"));
    ssh_keygen(
        dir,
        &[
            "-q",
            "-s",
            "host_authority",
            "-h",
            "-I",
            "padan",
            "other.pub",
        ],
    );
    fs::copy(dir.join("other-cert.pub"), dir.join("host_key-cert.pub")).unwrap();
    check(&settings, Some("not the certificate of this host key"));
    fs::remove_file(dir.join("host_key-cert.pub")).unwrap();
    check(&settings, Some("cannot read"));
}

fn check(settings: &Settings, problem: Option<&str>) {
    let now = Timestamp::now() + SignedDuration::from_secs(1);
    let found = settings.problems(now);
    match (&found[..], problem) {
        ([], None) => assert_eq!(settings.warnings(now), Vec::<String>::new()),
        ([one], Some(part)) => assert!(one.to_string().contains(part), "{found:?}"),
        _ => panic!("{found:?}"),
    }
}
