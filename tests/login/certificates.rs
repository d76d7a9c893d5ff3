//! Certificates of every kind, made by `ssh-keygen -s` and used by `sftp`.

use std::fs;

use padan::sftp::Limits;

use crate::common::SftpSite;
use crate::keys::{certify, line, logs_in, make};

/// A site whose `bkn` has only an authority, with these options.
fn site(options: &str, kind: &str) -> SftpSite {
    SftpSite::start_with(Limits::default(), |_, dir| {
        make(dir, kind, "authority");
        make(dir, "ed25519", "stranger");
        let authority = format!("{options}{}", line(dir, "authority"));
        fs::write(dir.join("bkn/authorized_keys"), authority).unwrap();
    })
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn a_certificate_logs_in_for_whom_when_and_whence_it_says() {
    let site = site("cert-authority ", "ed25519");
    for (name, authority, arguments, expected) in [
        ("good", "authority", &["-I", "budi", "-n", "bkn"][..], true),
        (
            "several",
            "authority",
            &["-I", "budi", "-n", "siti,bkn"],
            true,
        ),
        ("other", "authority", &["-I", "budi", "-n", "bpjs"], false),
        ("nobody", "authority", &["-I", "budi"], false),
        ("forged", "stranger", &["-I", "budi", "-n", "bkn"], false),
        (
            "host",
            "authority",
            &["-I", "budi", "-n", "bkn", "-h"],
            false,
        ),
        (
            "valid",
            "authority",
            &["-I", "budi", "-n", "bkn", "-V", "-1h:+1h"],
            true,
        ),
        (
            "expired",
            "authority",
            &["-I", "budi", "-n", "bkn", "-V", "-2h:-1h"],
            false,
        ),
        (
            "early",
            "authority",
            &["-I", "budi", "-n", "bkn", "-V", "+1h:+2h"],
            false,
        ),
        (
            "near",
            "authority",
            &[
                "-I",
                "budi",
                "-n",
                "bkn",
                "-O",
                "source-address=127.0.0.0/8",
            ],
            true,
        ),
        (
            "far",
            "authority",
            &["-I", "budi", "-n", "bkn", "-O", "source-address=10.0.0.0/8"],
            false,
        ),
        (
            "sftp",
            "authority",
            &[
                "-I",
                "budi",
                "-n",
                "bkn",
                "-O",
                "force-command=internal-sftp",
            ],
            true,
        ),
        (
            "shell",
            "authority",
            &["-I", "budi", "-n", "bkn", "-O", "force-command=/bin/sh"],
            false,
        ),
        (
            "verify",
            "authority",
            &["-I", "budi", "-n", "bkn", "-O", "verify-required"],
            false,
        ),
        (
            "later",
            "authority",
            &[
                "-I",
                "budi",
                "-n",
                "bkn",
                "-O",
                "critical:later@example.id=1",
            ],
            false,
        ),
        (
            "harmless",
            "authority",
            &[
                "-I",
                "budi",
                "-n",
                "bkn",
                "-O",
                "extension:later@example.id=1",
            ],
            true,
        ),
    ] {
        let key = certify(&site, "bkn", name, authority, arguments);
        let (inside, said) = logs_in(&site, "bkn", &key);
        assert_eq!(inside, expected, "{name}: {said}");
    }
    // The key alone, and the certificate at another party's account.
    assert!(!logs_in(&site, "bkn", &site.key("bkn")).0);
    assert!(!logs_in(&site, "bpjs", &site.dir().join("several")).0);
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn principals_stand_in_for_the_account() {
    let site = site(r#"cert-authority,principals="budi,siti" "#, "ed25519");
    for (name, principals, expected) in [
        ("siti", "tono,siti", true),
        ("bkn", "bkn", false),
        ("tono", "tono", false),
    ] {
        let name = format!("key_{name}");
        let key = certify(
            &site,
            "bkn",
            &name,
            "authority",
            &["-I", "x", "-n", principals],
        );
        let (inside, said) = logs_in(&site, "bkn", &key);
        assert_eq!(inside, expected, "{principals}: {said}");
    }
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn authorities_and_certified_keys_may_be_of_every_good_kind() {
    for kind in ["ecdsa:256", "ecdsa:384", "ecdsa:521", "rsa:3072"] {
        let site = site("cert-authority ", kind);
        let good = ["-I", "x", "-n", "bkn"];
        let key = certify(&site, "bkn", "signed", "authority", &good);
        let (inside, said) = logs_in(&site, "bkn", &key);
        assert!(inside, "signed with {kind}: {said}");
        if kind.starts_with("rsa") {
            let mut sha1 = vec!["-t", "ssh-rsa"];
            sha1.extend(good);
            let key = certify(&site, "bkn", "sha1", "authority", &sha1);
            assert!(!logs_in(&site, "bkn", &key).0, "signed with SHA-1");
        }
        // The other way round: a key of this kind, certified.
        for path in ["bkn/id", "bkn/id.pub"] {
            fs::remove_file(site.dir().join(path)).unwrap();
        }
        make(site.dir(), kind, "bkn/id");
        let key = certify(&site, "bkn", "certified", "authority", &good);
        let (inside, said) = logs_in(&site, "bkn", &key);
        assert!(inside, "certified {kind}: {said}");
    }
    let site = site("cert-authority ", "ed25519");
    for path in ["bkn/id", "bkn/id.pub"] {
        fs::remove_file(site.dir().join(path)).unwrap();
    }
    make(site.dir(), "rsa:2048", "bkn/id");
    let key = certify(
        &site,
        "bkn",
        "short",
        "authority",
        &["-I", "x", "-n", "bkn"],
    );
    assert!(
        !logs_in(&site, "bkn", &key).0,
        "a certified key that is too short"
    );
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn a_bad_certificate_does_not_spoil_the_key_beside_it() {
    let site = site("cert-authority ", "ed25519");
    let both = format!(
        "cert-authority {}{}",
        line(site.dir(), "authority"),
        fs::read_to_string(site.key("bkn").with_extension("pub")).unwrap()
    );
    fs::write(site.dir().join("bkn/authorized_keys"), both).unwrap();
    let key = certify(
        &site,
        "bkn",
        "forged",
        "stranger",
        &["-I", "x", "-n", "bkn"],
    );
    assert!(logs_in(&site, "bkn", &key).0);
}
