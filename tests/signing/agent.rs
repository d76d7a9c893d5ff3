//! Keys in the real ssh-agent.

use std::fs;

use padan::trust::signing::Signer;

use crate::desk::{Desk, MESSAGE, Person, sentence};

#[test]
#[ignore = "needs ssh-agent, ssh-add, ssh-keygen"]
fn the_agent_signs_for_a_public_key() {
    let desk = Desk::new();
    let agent = desk.agent();
    for (name, args) in [
        ("ed25519", &["-t", "ed25519"][..]),
        ("ecdsa", &["-t", "ecdsa", "-b", "521"]),
        ("rsa", &["-t", "rsa", "-b", "3072"]),
    ] {
        eprintln!("{name}");
        let path = desk.key(name, args);
        desk.add(&agent, &[name]);
        // From here on only the agent has it.
        fs::remove_file(&path).unwrap();
        desk.signs(&path.with_extension("pub"), &Person::with(&agent));
    }
}

#[test]
#[ignore = "needs ssh-agent, ssh-add, ssh-keygen"]
fn the_agent_spares_the_passphrase() {
    let desk = Desk::new();
    let agent = desk.agent();
    let path = desk.key("id", &["-t", "ed25519", "-N", "sandi"]);
    let mut person = Person::with(&agent);
    person.types = vec!["sandi"].into();
    desk.signs(&path, &person);
    assert!(person.types.borrow().is_empty(), "an agent without the key");
    desk.answers("sandi", 0);
    desk.add(&agent, &["id"]);
    desk.signs(&path, &person);
    // One that is gone is no reason not to ask.
    drop(agent);
    person.types = vec!["sandi"].into();
    desk.signs(&path, &person);
    assert!(person.types.borrow().is_empty());
}

#[test]
#[ignore = "needs ssh-agent, ssh-add, ssh-keygen"]
fn the_agent_signs_for_a_certificate() {
    let desk = Desk::new();
    let agent = desk.agent();
    desk.key("authority", &["-t", "ed25519"]);
    let key = desk.key("id", &["-t", "ed25519"]);
    let certificate = desk.certify("id", "authority", &[]);
    // The certificate goes along.
    desk.add(&agent, &["id"]);
    fs::remove_file(&key).unwrap();
    let person = Person::with(&agent);
    let signer = Signer::find(&certificate, &person).unwrap();
    let signature = signer.sign("padan", MESSAGE).unwrap();
    let line = format!(
        "bkn cert-authority,namespaces=\"padan\" {}",
        desk.read("authority.pub")
    );
    desk.verified(&line, &signature).unwrap();
}

#[test]
#[ignore = "needs ssh-agent, ssh-add, ssh-keygen"]
fn an_agent_that_does_not_sign_says_what_to_do() {
    let desk = Desk::new();
    let agent = desk.agent();
    let path = desk.key("id", &["-t", "ed25519"]);
    let private = fs::read(&path).unwrap();
    let public = path.with_extension("pub");
    desk.add(&agent, &["id"]);
    fs::remove_file(&path).unwrap();
    let person = Person::with(&agent);
    let found = Signer::find(&public, &person).unwrap();
    let try_to_sign = || sentence(found.sign("padan", MESSAGE), &public);

    // It asks, and somebody says no.
    desk.write("id", &private, 0o600);
    desk.add(&agent, &["-q", "-c", "id"]);
    fs::remove_file(&path).unwrap();
    desk.answers("no", 1);
    let said = try_to_sign();
    assert!(
        said.contains("refused") && said.contains("confirmation"),
        "{said}"
    );
    desk.answers("yes", 0);
    found.sign("padan", MESSAGE).unwrap();

    desk.answers("lock", 0);
    desk.add(&agent, &["-x"]);
    for said in [
        try_to_sign(),
        sentence(Signer::find(&public, &person), &public),
    ] {
        assert!(said.contains("ssh-add -X"), "{said}");
    }
    desk.add(&agent, &["-X"]);
    desk.answers("yes", 0);
    found.sign("padan", MESSAGE).unwrap();

    desk.add(&agent, &["-D"]);
    for said in [
        try_to_sign(),
        sentence(Signer::find(&public, &person), &public),
    ] {
        let add = format!("ssh-add {}", path.display());
        assert!(said.contains(&add), "{said}");
    }

    drop(agent);
    for said in [
        try_to_sign(),
        sentence(Signer::find(&public, &person), &public),
    ] {
        assert!(said.contains("no ssh-agent answers"), "{said}");
    }
    let said = sentence(Signer::find(&public, &Person::default()), &public);
    assert!(said.contains("no ssh-agent is running"), "{said}");
}
