//! Lists of revoked keys of both formats, beside `ssh-keygen -Q` and at the door.

use std::fs;
use std::path::Path;

use padan::sftp::Limits;
use padan::trust::revoked::Revoked;
use russh::keys::{Certificate, PublicKey};
use tempfile::TempDir;

use crate::common::SftpSite;
use crate::keys::{certify, line, logs_in, make, ssh_keygen, ssh_keygen_says};

/// Keys and certificates that are looked up in each list.
const SUBJECTS: [&str; 6] = [
    "budi.pub",
    "siti.pub",
    "authority.pub",
    "budi-cert.pub",
    "siti-cert.pub",
    "tono-cert.pub",
];

/// Budi and Siti are certified by one authority, with the serials 5 and 700; Tono by another, without one.
fn subjects(dir: &Path) {
    for name in ["authority", "stranger", "budi", "siti", "tono"] {
        make(dir, "ed25519", name);
    }
    for (name, authority, serial) in [
        ("budi", "authority", "5"),
        ("siti", "authority", "700"),
        ("tono", "stranger", "0"),
    ] {
        let public = format!("{name}.pub");
        let id = format!("{name} no. 1");
        ssh_keygen(
            dir,
            &[
                "-q", "-s", authority, "-I", &id, "-n", "bkn", "-z", serial, &public,
            ],
        );
    }
}

/// Whether Padan takes a subject for revoked.
fn ours(revoked: &Revoked, dir: &Path, subject: &str) -> bool {
    let text = fs::read_to_string(dir.join(subject)).unwrap();
    if subject.ends_with("-cert.pub") {
        revoked.has_certificate(&Certificate::from_openssh(&text).unwrap())
    } else {
        revoked.has_key(PublicKey::from_openssh(&text).unwrap().key_data())
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_revocation_list_means_what_ssh_keygen_says() {
    let dir = TempDir::new().unwrap();
    let dir = dir.path();
    subjects(dir);
    let hash = |name: &str, kind: &str| {
        let said = ssh_keygen(dir, &["-l", "-E", kind, "-f", &format!("{name}.pub")]);
        said.split_whitespace().nth(1).unwrap().to_owned()
    };
    // What goes into the list, whose certificates are meant (`none` is anybody's), and how many of the subjects that revokes.
    let mut cases: Vec<(String, Option<&str>, usize)> = vec![
        (String::new(), None, 0),
        (line(dir, "budi"), None, 2),
        (line(dir, "authority"), None, 3),
        (format!("key: {}", line(dir, "siti")), None, 2),
        (format!("sha1: {}", line(dir, "siti")), None, 2),
        (format!("sha256: {}", line(dir, "siti")), None, 2),
        (format!("hash: {}", hash("budi", "sha256")), None, 2),
        ("id: budi no. 1".to_owned(), Some("authority.pub"), 1),
        ("id: tono no. 1".to_owned(), Some("none"), 1),
        ("id: budi".to_owned(), Some("none"), 0),
        ("serial: 5".to_owned(), Some("authority.pub"), 1),
        ("serial: 5".to_owned(), Some("stranger.pub"), 0),
        ("serial: 5".to_owned(), Some("none"), 1),
        ("serial: 1-699".to_owned(), Some("authority.pub"), 1),
        ("serial: 1-700".to_owned(), Some("authority.pub"), 2),
        (
            "serial: 701-18446744073709551615".to_owned(),
            Some("authority.pub"),
            0,
        ),
        (
            format!(
                "{}serial: 5\n{}",
                "serial: 1\nserial: 3\nserial: 9\nserial: 11\n", "id: tono no. 1"
            ),
            Some("none"),
            2,
        ),
    ];
    // Many scattered numbers are written as bits.
    let scattered: Vec<String> = (1..=700)
        .step_by(3)
        .map(|n| format!("serial: {n}\n"))
        .collect();
    cases.push((scattered.concat(), Some("authority.pub"), 1));
    for (specification, authority, expected) in cases {
        fs::write(dir.join("specification"), &specification).unwrap();
        let mut arguments = vec!["-q", "-k", "-f", "revoked"];
        if let Some(authority) = authority {
            arguments.extend(["-s", authority]);
        }
        arguments.push("specification");
        ssh_keygen(dir, &arguments);
        let revoked = Revoked::load(&dir.join("revoked")).unwrap();
        let mut count = 0;
        for subject in SUBJECTS {
            let theirs = !ssh_keygen_says(dir, &["-Q", "-f", "revoked", subject])
                .status
                .success();
            assert_eq!(
                ours(&revoked, dir, subject),
                theirs,
                "{specification}: {subject}"
            );
            count += usize::from(theirs);
        }
        assert_eq!(count, expected, "{specification}");
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_plain_list_revokes_keys_and_what_they_signed() {
    let dir = TempDir::new().unwrap();
    let dir = dir.path();
    subjects(dir);
    for (names, expected) in [
        (&["budi"][..], &["budi.pub", "budi-cert.pub"][..]),
        (
            &["authority"],
            &["authority.pub", "budi-cert.pub", "siti-cert.pub"],
        ),
        (
            &["siti", "stranger"],
            &["siti.pub", "siti-cert.pub", "tono-cert.pub"],
        ),
        (&[], &[]),
    ] {
        let lines: Vec<String> = names.iter().map(|name| line(dir, name)).collect();
        fs::write(dir.join("revoked"), format!("# gone\n\n{}", lines.concat())).unwrap();
        let revoked = Revoked::load(&dir.join("revoked")).unwrap();
        let found: Vec<&str> = SUBJECTS
            .into_iter()
            .filter(|subject| ours(&revoked, dir, subject))
            .collect();
        assert_eq!(found, expected, "{names:?}");
    }
    for (text, part) in [
        ("ssh-ed25519 AAAA\n".to_owned(), "line 1"),
        (format!("\n{}", line(dir, "budi-cert")), "line 2"),
        ("serial: 5\n".to_owned(), "line 1"),
    ] {
        fs::write(dir.join("revoked"), text).unwrap();
        let fault = Revoked::load(&dir.join("revoked")).unwrap_err().to_string();
        assert!(fault.contains(part), "{fault}");
    }
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn who_is_revoked_stays_outside() {
    let site = SftpSite::start_with(Limits::default(), |settings, dir| {
        make(dir, "ed25519", "authority");
        let lines = format!(
            "cert-authority {}{}",
            line(dir, "authority"),
            line(dir, "bpjs/id")
        );
        fs::write(dir.join("bpjs/authorized_keys"), lines).unwrap();
        fs::write(dir.join("revoked"), "").unwrap();
        settings.revoked_keys = Some(dir.join("revoked"));
    });
    let dir = site.dir();
    let good = ["-I", "budi", "-n", "bpjs", "-z", "5"];
    let key = certify(&site, "bkn", "budi", "authority", &good);
    let enters = |user: &str, key: &Path| logs_in(&site, user, key).0;
    assert!(enters("bpjs", &key));
    for (specification, by_certificate, by_key) in [
        ("serial: 5".to_owned(), false, true),
        ("serial: 6".to_owned(), true, true),
        ("id: budi".to_owned(), false, true),
        (line(dir, "authority"), false, true),
        (line(dir, "budi"), false, true),
        (line(dir, "bpjs/id"), true, false),
    ] {
        fs::write(dir.join("specification"), &specification).unwrap();
        let authority = [
            "-q",
            "-k",
            "-f",
            "revoked",
            "-s",
            "authority.pub",
            "specification",
        ];
        ssh_keygen(dir, &authority);
        assert_eq!(enters("bpjs", &key), by_certificate, "{specification}");
        assert_eq!(enters("bpjs", &site.key("bpjs")), by_key, "{specification}");
    }
    // A list that is damaged or gone lets nobody in.
    fs::write(dir.join("specification"), "serial: 5").unwrap();
    ssh_keygen(
        dir,
        &[
            "-q",
            "-k",
            "-f",
            "revoked",
            "-s",
            "authority.pub",
            "specification",
        ],
    );
    assert!(!enters("bpjs", &key));
    for damage in ["SSHKRL\n\0rest", "no key\n"] {
        fs::write(dir.join("revoked"), damage).unwrap();
        assert!(!enters("bpjs", &key), "{damage}");
        assert!(!enters("bpjs", &site.key("bpjs")), "{damage}");
        assert!(site.server.reload().is_err(), "{damage}");
    }
    fs::remove_file(dir.join("revoked")).unwrap();
    assert!(!enters("bpjs", &key) && !enters("bpjs", &site.key("bpjs")));
    fs::write(dir.join("revoked"), "").unwrap();
    assert!(enters("bpjs", &key) && enters("bpjs", &site.key("bpjs")));
}
