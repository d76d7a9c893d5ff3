//! Keys in files.

use std::fs;

use padan::rejection::Code;
use padan::trust::signing::Signer;

use crate::desk::{Desk, MESSAGE, Person, sentence};

#[test]
#[ignore = "needs ssh-keygen"]
fn a_key_without_passphrase_asks_nobody() {
    let desk = Desk::new();
    for (name, args) in [
        ("ed25519", &["-t", "ed25519"][..]),
        ("ecdsa", &["-t", "ecdsa", "-b", "384"]),
        ("rsa", &["-t", "rsa", "-b", "3072"]),
    ] {
        let path = desk.key(name, args);
        desk.signs(&path, &Person::default());
        // Its public half names it as well.
        desk.signs(&path.with_extension("pub"), &Person::default());
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_passphrase_is_asked_for_until_it_is_right() {
    let desk = Desk::new();
    for (name, args) in [
        ("usual", &["-t", "ed25519"][..]),
        ("gcm", &["-t", "ed25519", "-Z", "aes256-gcm@openssh.com"]),
        (
            "poly",
            &["-t", "ecdsa", "-Z", "chacha20-poly1305@openssh.com"],
        ),
        ("cbc", &["-t", "rsa", "-b", "3072", "-Z", "aes256-cbc"]),
    ] {
        eprintln!("{name}");
        let path = desk.key(name, &[args, &["-N", "kata sandi"]].concat());
        desk.signs(&path, &Person::typing(&["salah", "kata sandi"]));
        desk.signs(
            &path.with_extension("pub"),
            &Person::typing(&["kata sandi"]),
        );
        let person = Person::typing(&["salah", "", "kata  sandi"]);
        let said = sentence(Signer::find(&path, &person), &path);
        assert!(said.contains("not its passphrase"), "{said}");
        assert!(!said.contains("salah"), "{said}");
        assert!(person.types.borrow().is_empty());
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_file_that_is_no_usable_key_says_what_to_do() {
    let desk = Desk::new();
    desk.key("good", &["-t", "ed25519"]);
    desk.key("other", &["-t", "ed25519"]);
    desk.key("pem", &["-t", "rsa", "-b", "3072", "-m", "PEM"]);
    desk.key("weak", &["-t", "rsa", "-b", "2048"]);
    desk.key("open", &["-t", "ed25519"]);
    desk.write("open", desk.read("open"), 0o640);
    desk.write("putty", "PuTTY-User-Key-File-3: ssh-ed25519\n", 0o600);
    desk.write("public", desk.read("good.pub"), 0o600);
    desk.write("nothing", "nothing\n", 0o600);
    desk.write("nothing.pub", "nothing\n", 0o644);
    desk.write("alone.pub", desk.read("good.pub"), 0o644);
    desk.write("swapped", desk.read("other"), 0o600);
    desk.write("swapped.pub", desk.read("good.pub"), 0o644);
    for (name, part) in [
        ("pem", "ssh-keygen -p"),
        ("weak", "3072"),
        ("weak.pub", "3072"),
        ("open", "chmod 600"),
        ("putty", "PuTTYgen"),
        ("public", ".pub"),
        ("nothing", "ssh-keygen -t ed25519"),
        ("nothing.pub", "ssh-keygen -y"),
        ("alone.pub", "ssh-agent"),
        ("swapped.pub", "another key"),
        ("absent", "No such file"),
    ] {
        let path = desk.path(name);
        let said = sentence(Signer::find(&path, &Person::default()), &path);
        assert!(said.contains(part), "{said}");
    }
    let person = Person::default();
    let signer = Signer::find(&desk.path("good"), &person).unwrap();
    assert!(signer.sign("", MESSAGE).is_err());
    let shown = format!("{signer:?}");
    assert!(shown.starts_with("Signer(SHA256:"), "{shown}");
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_certificate_signs_where_it_is_named() {
    let desk = Desk::new();
    desk.key("authority", &["-t", "ed25519"]);
    let key = desk.key("id", &["-t", "ecdsa", "-N", "sandi"]);
    let certificate = desk.certify("id", "authority", &["-z", "7"]);
    let line = format!(
        "bkn cert-authority,namespaces=\"padan\" {}",
        desk.read("authority.pub")
    );
    let person = Person::typing(&["sandi", "sandi"]);
    let sign = |path| {
        Signer::find(path, &person)
            .unwrap()
            .sign("padan", MESSAGE)
            .unwrap()
    };
    let signed = desk.verified(&line, &sign(&certificate)).unwrap();
    assert_eq!(signed.certificate.as_ref().unwrap().serial, 7);
    assert!(signed.to_string().contains("serial 7"), "{signed}");
    assert_eq!(desk.verified(&line, &sign(&key)), Err(Code::SignerUnknown));

    desk.certify("id", "authority", &["-O", "force-command=true"]);
    let person = Person::typing(&["sandi"]);
    let signer = Signer::find(&certificate, &person).unwrap();
    let said = sentence(signer.sign("padan", MESSAGE), &certificate);
    assert!(said.contains("SIGNER_CERTIFICATE"), "{said}");

    fs::remove_file(desk.path("id")).unwrap();
    let said = sentence(Signer::find(&certificate, &Person::default()), &certificate);
    assert!(said.contains("ssh-agent"), "{said}");
}
