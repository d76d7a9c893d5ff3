//! `padan init` lays out what design §10 promises, in formats that the tools accept.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use jiff::civil::date;
use padan::party::profile::Profile;
use padan::trust::allowed_signers::AllowedSigners;
use padan::trust::envelope::{Identities, Recipients};
use padan::trust::sshsig::SigningKey;

use super::tools::{Place, run, succeed};

#[test]
#[ignore = "needs age, ssh-keygen, sftp"]
fn a_trial_can_play_all_three() {
    let place = Place::new();
    let dir = place.path("a trial");
    let output = init(&[dir.to_str().unwrap(), "--trial"]);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("padan serve --config") && told.contains("sftp -F ssh_config padan"));

    let private = [
        "keys/service/ssh_host_ed25519_key",
        "keys/service/age_identity.txt",
        "keys/service/store_identity.txt",
        "keys/service/signing_key",
        "trial/bkn/id_ed25519",
        "trial/bkn/age_identity.txt",
        "trial/bpjs/id_ed25519",
        "trial/bpjs/age_identity.txt",
    ];
    for name in private {
        assert_eq!(mode(&dir.join(name)), 0o600, "{name}");
        if name.ends_with(".txt") {
            // Which of them are for post-quantum recipients.
            let hybrid = name.starts_with("keys/service");
            assert_eq!(
                Identities::load(&dir.join(name)).unwrap().has_hybrid(),
                hybrid
            );
            let text = fs::read_to_string(dir.join(name)).unwrap();
            if !name.ends_with("store_identity.txt") {
                let classical = place.write_private("classical", for_age(&text));
                succeed("age-keygen", ["-y", classical.to_str().unwrap()], b"");
            }
            Identities::load(&dir.join(name)).unwrap();
        } else {
            let path = dir.join(name);
            let shown = succeed("ssh-keygen", ["-y", "-f", path.to_str().unwrap()], b"");
            assert_eq!(shown, fs::read(path.with_extension("pub")).unwrap());
            SigningKey::load(&path).unwrap();
        }
    }
    for folder in ["keys/service", "trial/bkn", "trial/bpjs"] {
        assert_eq!(mode(&dir.join(folder)), 0o700, "{folder}");
    }
    for party in ["bkn", "bpjs"] {
        let keys = dir.join("keys/parties").join(party);
        AllowedSigners::load(&keys.join("allowed_signers")).unwrap();
        Recipients::load(&keys.join("recipients.txt")).unwrap();
        let trial = dir.join("trial").join(party);
        AllowedSigners::load(&trial.join("padan_signers")).unwrap();
        let profile = Profile::load(&trial.join("padan-party.yaml")).unwrap();
        assert_eq!(profile.party.as_str(), party);
        profile.load_agreement(date(2026, 11, 22)).unwrap();
        let known = fs::read_to_string(profile.server.unwrap().known_hosts).unwrap();
        assert!(known.starts_with("padan ssh-ed25519 "), "{known}");
        for (name, hybrid) in [("", false), ("_pq", true)] {
            let list = trial.join(format!("padan_recipients{name}.txt"));
            assert_eq!(Recipients::load(&list).unwrap().is_postquantum(), hybrid);
        }
        succeed(
            "ssh-keygen",
            ["-l", "-f", keys.join("authorized_keys").to_str().unwrap()],
            b"",
        );
    }
    assert_eq!(
        fs::read(dir.join("padan.yaml")).unwrap(),
        fs::read("config/padan.yaml").unwrap()
    );
    assert_eq!(
        fs::read(dir.join("agreement.yaml")).unwrap(),
        fs::read("config/agreement.yaml").unwrap()
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sftp"]
fn keys_of_a_trial_fit_each_other() {
    let place = Place::new();
    let dir = place.path("trial");
    init(&[dir.to_str().unwrap(), "--trial"]);
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();

    for (signers, principal, key) in [
        (
            "keys/parties/bkn/allowed_signers",
            "bkn",
            "trial/bkn/id_ed25519",
        ),
        (
            "trial/bkn/padan_signers",
            "padan",
            "keys/service/signing_key",
        ),
    ] {
        let signature = SigningKey::load(&dir.join(key))
            .unwrap()
            .sign("padan", b"x")
            .unwrap();
        let signature = place.write("x.sig", signature);
        let (signers, signature) = (path(signers), signature.to_str().unwrap());
        let args = [
            "-Y", "verify", "-f", &signers, "-I", principal, "-n", "padan", "-s", signature,
        ];
        succeed("ssh-keygen", args, b"x");
    }
    for (recipients, identity) in [
        (
            "trial/bkn/padan_recipients.txt",
            "keys/service/age_identity.txt",
        ),
        (
            "keys/service/age_identity.pub",
            "keys/service/age_identity.txt",
        ),
        (
            "keys/parties/bpjs/recipients.txt",
            "trial/bpjs/age_identity.txt",
        ),
    ] {
        let sealed = succeed("age", ["-R", &path(recipients)], b"rows");
        let identity = for_age(&fs::read_to_string(path(identity)).unwrap());
        let identity = place.write_private("identity", identity);
        let args = ["-d", "-i", identity.to_str().unwrap()];
        assert_eq!(succeed("age", args, &sealed), b"rows");
    }
}

#[test]
#[ignore = "needs age, ssh-keygen, sftp"]
fn sftp_understands_the_configuration_from_any_folder() {
    let place = Place::new();
    let dir = place.path("50% trial");
    init(&[dir.to_str().unwrap(), "--trial"]);
    let config = dir.join("trial/bkn/ssh_config");
    let args = ["-G", "-F", config.to_str().unwrap(), "padan"];
    let shown = String::from_utf8(succeed("ssh", args, b"")).unwrap();
    for line in [
        "hostname 127.0.0.1",
        "port 2222",
        "user bkn",
        "identitiesonly yes",
        "hostkeyalias padan",
        "stricthostkeychecking true",
    ] {
        assert!(shown.lines().any(|l| l == line), "{line}\n{shown}");
    }
    for (option, file) in [
        ("identityfile", "id_ed25519"),
        ("userknownhostsfile", "known_hosts"),
    ] {
        let path = dir.join("trial/bkn").join(file).display().to_string();
        let found = shown.lines().find_map(|l| l.strip_prefix(option)).unwrap();
        assert_eq!(found.trim().trim_matches('"').replace("%%", "%"), path);
    }
    let known = dir.join("trial/bkn/known_hosts");
    let args = ["-F", "padan", "-f", known.to_str().unwrap()];
    let found = String::from_utf8(succeed("ssh-keygen", args, b"")).unwrap();
    let host = fs::read_to_string(dir.join("keys/service/ssh_host_ed25519_key.pub")).unwrap();
    assert!(found.contains(host.split_whitespace().nth(1).unwrap()));
}

#[test]
fn without_trial_the_parties_keys_are_to_be_filled_in() {
    let place = Place::new();
    let dir = place.path("real");
    let output = init(&[dir.to_str().unwrap()]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("age1") && told.contains("padan namespaces=\"padan\" ssh-ed25519"));
    assert!(!dir.join("trial").exists());
    for name in ["authorized_keys", "allowed_signers", "recipients.txt"] {
        let text = fs::read_to_string(dir.join("keys/parties/bkn").join(name)).unwrap();
        assert!(text.lines().all(|line| line.starts_with('#')), "{text}");
    }
    assert!(Recipients::load(&dir.join("keys/parties/bkn/recipients.txt")).is_err());
}

#[test]
fn a_folder_in_use_is_left_alone() {
    let place = Place::new();
    let file = place.write("used/notes.txt", "mine");
    let output = init(&[file.parent().unwrap().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not empty"));
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    let output = init(&[place.path("a\"b").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!place.path("a\"b").exists());
}

fn init(args: &[&str]) -> Output {
    run(env!("CARGO_BIN_EXE_padan"), [&["init"], args].concat(), b"")
}

/// An identity file without the lines that age before 1.3 does not know.
fn for_age(identities: &str) -> String {
    let known = |line: &&str| !line.starts_with("AGE-SECRET-KEY-PQ-");
    identities
        .lines()
        .filter(known)
        .map(|line| format!("{line}\n"))
        .collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
