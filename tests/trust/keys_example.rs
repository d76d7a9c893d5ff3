//! The keys of `keys.example/` load and fit each other.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::date;
use padan::agreement::PartyId;
use padan::party::profile::Profile;
use padan::trust::allowed_signers::AllowedSigners;
use padan::trust::envelope::{Identities, Recipients, open, seal};
use padan::trust::sshsig::{SigningKey, verify};

use super::tools::Place;

#[test]
fn the_example_keys_fit_each_other() {
    let place = Place::new();
    // git keeps no permissions, so the private files are tested as copies.
    let private = |name: &str| place.write_private(name, fs::read(example(name)).unwrap());
    for party in ["bkn", "bpjs"] {
        fits(
            party,
            &private(&format!("trial/{party}/id_ed25519")),
            &example(&format!("parties/{party}/allowed_signers")),
        );
        fits(
            "padan",
            &private("service/signing_key"),
            &example(&format!("trial/{party}/padan_signers")),
        );
        opens(
            &private(&format!("trial/{party}/age_identity.txt")),
            &example(&format!("parties/{party}/recipients.txt")),
        );
        for name in ["padan_recipients.txt", "padan_recipients_pq.txt"] {
            opens(
                &private("service/age_identity.txt"),
                &example(&format!("trial/{party}/{name}")),
            );
        }
        let profile = Profile::load(&example(&format!("trial/{party}/padan-party.yaml"))).unwrap();
        profile.load_agreement(date(2026, 11, 22)).unwrap();
        for file in [&profile.key, &profile.identity, &profile.recipients] {
            assert!(file.is_file(), "{file:?}");
        }
        let login =
            fs::read_to_string(example(&format!("parties/{party}/authorized_keys"))).unwrap();
        let public = fs::read_to_string(example(&format!("trial/{party}/id_ed25519.pub"))).unwrap();
        assert!(login.contains(&public));
        let host = fs::read_to_string(example("service/ssh_host_ed25519_key.pub")).unwrap();
        let known = fs::read_to_string(example(&format!("trial/{party}/known_hosts"))).unwrap();
        assert!(known.contains(host.split_whitespace().nth(1).unwrap()));
    }
    for name in ["age_identity.pub", "age_identity_pq.pub"] {
        opens(
            &private("service/age_identity.txt"),
            &example(&format!("service/{name}")),
        );
    }
    opens(
        &private("service/store_identity.txt"),
        &example("service/store_identity.pub"),
    );
    SigningKey::load(&private("service/ssh_host_ed25519_key")).unwrap();
}

fn example(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("keys.example")
        .join(name)
}

fn fits(principal: &str, key: &Path, signers: &Path) {
    let principal: PartyId = principal.parse().unwrap();
    let signature = SigningKey::load(key).unwrap().sign("padan", b"x").unwrap();
    let signers = AllowedSigners::load(signers).unwrap();
    verify(
        &[(&principal, &signers)],
        None,
        &principal,
        "padan",
        Timestamp::now(),
        b"x",
        signature.as_bytes(),
    )
    .unwrap();
}

fn opens(identity: &Path, recipients: &Path) {
    let mut sealed = seal(Vec::new(), &Recipients::load(recipients).unwrap()).unwrap();
    sealed.write_all(b"rows").unwrap();
    let sealed = Cursor::new(sealed.finish().unwrap());
    let mut plaintext = Vec::new();
    let mut stream = open(sealed, &Identities::load(identity).unwrap()).unwrap();
    stream.read_to_end(&mut plaintext).unwrap();
    assert_eq!(plaintext, b"rows");
}
