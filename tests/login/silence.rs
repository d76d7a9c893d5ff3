//! Who is turned away learns nothing from how: the messages of the protocol are the same whatever the reason.

use std::fs;
use std::path::Path;
use std::process::Command;

use padan::sftp::Limits;

use crate::common::{SftpSite, said};
use crate::keys::{certify, line, make};

/// SSH message numbers of a login (RFC 4252 §6).
const ANSWERS: [&str; 4] = ["51", "52", "53", "60"];

/// What the server answers to a login, as numbers of messages, and what methods it names.
fn answers(site: &SftpSite, user: &str, key: &Path) -> Vec<String> {
    let output = Command::new("sftp")
        .args(["-vvv", "-b", "/dev/null"])
        .args(site.ssh_options(key))
        .arg(format!("{user}@{}", site.address().ip()))
        .output()
        .unwrap();
    let said = said(&output);
    let answers = said.lines().filter_map(|line| {
        let number = line.strip_prefix("debug3: receive packet: type ");
        let number = number.filter(|number| ANSWERS.contains(number));
        let methods = line.strip_prefix("debug1: Authentications that can continue: ");
        number.or(methods).map(str::to_owned)
    });
    answers.collect()
}

fn site(authority: bool) -> SftpSite {
    SftpSite::start_with(Limits::default(), |settings, dir| {
        for name in ["authority", "stranger", "expired", "elsewhere", "revoked"] {
            make(dir, "ed25519", name);
        }
        let mut lines = format!(
            "{}expiry-time=\"20200101Z\" {}from=\"192.0.2.1\" {}{}",
            line(dir, "bkn/id"),
            line(dir, "expired"),
            line(dir, "elsewhere"),
            line(dir, "revoked"),
        );
        if authority {
            lines.push_str(&format!("cert-authority {}", line(dir, "authority")));
        }
        fs::write(dir.join("bkn/authorized_keys"), lines).unwrap();
        fs::write(dir.join("revoked_keys"), line(dir, "revoked")).unwrap();
        settings.revoked_keys = Some(dir.join("revoked_keys"));
    })
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn a_key_is_refused_alike_for_every_reason() {
    for authority in [false, true] {
        let site = site(authority);
        let key = |name: &str| site.dir().join(name);
        let unknown = answers(&site, "nobody", &key("stranger"));
        let expected: &[&str] = if authority {
            // Each key is asked to prove itself.
            &["51", "publickey", "60", "51", "publickey"]
        } else {
            &["51", "publickey", "51", "publickey"]
        };
        assert_eq!(unknown, expected);
        for (user, name) in [
            ("bkn", "stranger"),
            ("bkn", "expired"),
            ("bkn", "elsewhere"),
            ("bkn", "revoked"),
            ("bpjs", "bkn/id"),
            ("nobody", "bkn/id"),
            ("nobody", "revoked"),
        ] {
            assert_eq!(answers(&site, user, &key(name)), unknown, "{user} {name}");
        }
        let inside = answers(&site, "bkn", &site.key("bkn"));
        assert_eq!(inside, ["51", "publickey", "60", "52"]);
    }
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn a_certificate_is_refused_alike_for_every_account() {
    let site = site(true);
    for (name, authority, arguments) in [
        ("forged", "stranger", &["-I", "x", "-n", "bkn,nobody"][..]),
        ("other", "authority", &["-I", "x", "-n", "siti"]),
        (
            "far",
            "authority",
            &[
                "-I",
                "x",
                "-n",
                "bkn,nobody",
                "-O",
                "source-address=10.0.0.0/8",
            ],
        ),
        (
            "late",
            "authority",
            &["-I", "x", "-n", "bkn,nobody", "-V", "-2h:-1h"],
        ),
    ] {
        let key = certify(&site, "bpjs", name, authority, arguments);
        let known = answers(&site, "bkn", &key);
        assert_eq!(known, answers(&site, "nobody", &key), "{name}");
        assert!(!known.contains(&"52".to_owned()), "{name}");
    }
}
