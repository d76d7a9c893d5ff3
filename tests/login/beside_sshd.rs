//! The same `authorized_keys` and the same certificates before OpenSSH's own server: it must say what Padan says, or the
//! difference stands here.

use std::fs;
use std::path::Path;
use std::process::Command;

use padan::sftp::{Account, Limits};

use crate::common::sshd::Sshd;
use crate::common::{SftpSite, said};
use crate::keys::{certify, line, make};

/// Whether `sftp` gets in at a port of this machine.
fn enters(site: &SftpSite, port: u16, user: &str, key: &Path) -> (bool, String) {
    let output = Command::new("sftp")
        .args(["-b", "/dev/null", &format!("-P{port}")])
        .args(
            site.ssh_options(key)
                .iter()
                .filter(|option| !option.starts_with("-oPort")),
        )
        .arg(format!("{user}@127.0.0.1"))
        .output()
        .unwrap();
    (output.status.success(), said(&output))
}

#[test]
#[ignore = "needs sshd, sftp, ssh-keygen"]
fn options_and_certificates_mean_what_sshd_takes_them_for() {
    // sshd lets in accounts of the machine only: whoever runs this test.
    let user = Command::new("id").arg("-un").output().unwrap();
    let user = String::from_utf8(user.stdout).unwrap().trim().to_owned();
    let site = SftpSite::start_with(Limits::default(), |settings, dir| {
        make(dir, "ed25519", "authority");
        settings.accounts.push(Account {
            name: user.clone(),
            root: dir.join("bkn/root"),
            authorized_keys: dir.join("bkn/authorized_keys"),
        });
    });
    let dir = site.dir();
    let sshd = Sshd::start(dir);
    let known: String = [site.address().port(), sshd.port]
        .iter()
        .map(|port| format!("[127.0.0.1]:{port} {}", site.host_key()))
        .collect();
    fs::write(dir.join("known_hosts"), known).unwrap();
    let key = line(dir, "bkn/id");
    let authority = line(dir, "authority");
    let own = ["-I", "x", "-n", &user];
    let with = |option: &'static str| [&own[..], &["-O", option]].concat();
    let plain = |options: &str| format!("{options}{key}");
    let signed = |options: &str| format!("cert-authority{options} {authority}");
    // The file, what the certificate says if there is one, and whether both let it in.
    let cases: Vec<(String, Option<Vec<&str>>, bool)> = vec![
        (plain(""), None, true),
        (plain("from=\"127.0.0.1\" "), None, true),
        (plain("from=\"127.0.0.0/8\" "), None, true),
        (plain("from=\"127.*\" "), None, true),
        (plain("from=\"127.0.0.?\" "), None, true),
        (plain("from=\"10.0.0.0/8\" "), None, false),
        (plain("from=\"!127.0.0.1,127.*\" "), None, false),
        (plain("from=\"127.*,!127.0.0.1\" "), None, false),
        (plain("from=\"!10.0.0.1\" "), None, false),
        (plain("restrict,from=\"::1,127.0.0.1\" "), None, true),
        (plain("expiry-time=\"20200101Z\" "), None, false),
        (plain("expiry-time=\"20200101\" "), None, false),
        (plain("expiry-time=\"209901011200\" "), None, true),
        (plain("expiry-time=\"20990101120000Z\" "), None, true),
        (format!("expiry-time=\"20200101Z\" {key}{key}"), None, true),
        (signed(""), None, false),
        (plain(""), Some(own.to_vec()), true),
        (signed(""), Some(own.to_vec()), true),
        (signed(""), Some(vec!["-I", "x", "-n", "siti"]), false),
        (
            signed(",principals=\"siti,budi\""),
            Some(vec!["-I", "x", "-n", "budi"]),
            true,
        ),
        (
            signed(",principals=\"siti,budi\""),
            Some(own.to_vec()),
            false,
        ),
        (signed(",principals=\"siti\""), Some(vec!["-I", "x"]), false),
        (signed(",from=\"127.*\""), Some(own.to_vec()), true),
        (signed(",from=\"10.*\""), Some(own.to_vec()), false),
        (
            signed(",expiry-time=\"20200101Z\""),
            Some(own.to_vec()),
            false,
        ),
        (signed(""), Some([&own[..], &["-h"]].concat()), false),
        (
            signed(""),
            Some([&own[..], &["-V", "-2h:-1h"]].concat()),
            false,
        ),
        (
            signed(""),
            Some([&own[..], &["-V", "+1h:+2h"]].concat()),
            false,
        ),
        (signed(""), Some(with("source-address=127.0.0.0/8")), true),
        (signed(""), Some(with("source-address=10.0.0.0/8")), false),
        (signed(""), Some(with("force-command=internal-sftp")), true),
        (signed(""), Some(with("force-command=/bin/false")), false),
        (signed(""), Some(with("critical:later@example.id=1")), false),
        (signed(""), Some(with("extension:later@example.id=1")), true),
    ];
    for (number, (lines, certificate, expected)) in cases.into_iter().enumerate() {
        let key = match &certificate {
            Some(arguments) => certify(
                &site,
                "bkn",
                &format!("key_{number}"),
                "authority",
                arguments,
            ),
            None => site.key("bkn"),
        };
        fs::write(dir.join("bkn/authorized_keys"), &lines).unwrap();
        for port in [site.address().port(), sshd.port] {
            let (inside, said) = enters(&site, port, &user, &key);
            assert_eq!(inside, expected, "{lines}{certificate:?} at {port}: {said}");
        }
    }

    // Where Padan is stricter. sshd minds verify-required with a security key only; it takes a certificate without
    // principals for one of every account (before version 10.3).
    fs::write(dir.join("bkn/authorized_keys"), signed("")).unwrap();
    for (name, arguments) in [
        ("verify", with("verify-required")),
        ("any", vec!["-I", "x"]),
    ] {
        let key = certify(&site, "bkn", name, "authority", &arguments);
        assert!(
            !enters(&site, site.address().port(), &user, &key).0,
            "{name}"
        );
    }
}
