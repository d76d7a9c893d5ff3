use std::fs;
use std::path::Path;

use jiff::civil::date;
use tempfile::TempDir;

use super::Profile;

const WHOLE: &str = "\
party: bkn
agreement: agreement.yaml
key: id_ed25519
identity: age_identity.txt
recipients: padan_recipients.txt
signers: padan_signers
revoked: dicabut
namespace: uji
server: { host: padan.example.go.id, port: 22, known_hosts: known_hosts, host_key_alias: padan }
sent: /srv/sent
received: masuk
";

#[test]
fn a_profile_is_read_with_paths_beside_it() {
    let (folder, profile) = load(WHOLE);
    let profile = profile.unwrap();
    assert_eq!(profile.party.as_str(), "bkn");
    assert_eq!(profile.key, folder.path().join("id_ed25519"));
    assert_eq!(profile.namespace, "uji");
    assert_eq!(profile.revoked, Some(folder.path().join("dicabut")));
    assert_eq!(profile.sent, Path::new("/srv/sent"));
    assert_eq!(profile.received, folder.path().join("masuk"));
    let server = profile.server.unwrap();
    assert_eq!(
        (server.host.as_str(), server.port),
        ("padan.example.go.id", 22)
    );
    assert_eq!(server.known_hosts, folder.path().join("known_hosts"));
    assert_eq!(server.host_key_alias.as_deref(), Some("padan"));
}

#[test]
fn what_may_be_left_out_has_a_usual_value() {
    let short: String = WHOLE
        .lines()
        .filter(|line| {
            !["revoked", "namespace", "server", "sent", "received"]
                .iter()
                .any(|key| line.starts_with(key))
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let (folder, profile) = load(&short);
    let profile = profile.unwrap();
    assert_eq!(profile.namespace, "padan");
    assert_eq!(profile.revoked, None);
    assert_eq!(profile.sent, folder.path().join("sent"));
    assert_eq!(profile.received, folder.path().join("received"));
    assert_eq!(profile.server, None);
}

#[test]
fn every_mistake_is_told_at_once_with_its_line_and_what_to_write() {
    let (_folder, profile) = load(
        "party: BKN Pusat\nagrement: agreement.yaml\nkey: id_ed25519\nidentity: [a]\nsigners: padan_signers\n\
         server: { host: \"sftp://padan:2222\", port: 70000, known_hosts: known_hosts }\n",
    );
    let told = profile.unwrap_err().to_string();
    for (line, part) in [
        (Some(1), "party: \"BKN Pusat\" is not a party"),
        (
            None,
            "the key `recipients` is missing → add `recipients:` here",
        ),
        (Some(2), "unknown key \"agrement\" → write `agreement`"),
        (Some(4), "identity: expected the path of a file"),
        (
            Some(6),
            "\"sftp://padan:2222\" is no name or address → write it alone, as padan.example.go.id",
        ),
        (Some(6), "70000 is not a whole number from 1 to 65535"),
    ] {
        let place = line.map_or(String::new(), |line: u32| format!(".yaml:{line}:"));
        let found = told.lines().any(|l| l.contains(part) && l.contains(&place));
        assert!(found, "no `{part}` at line {line:?} in\n{told}");
    }
}

#[test]
fn the_agreement_must_know_the_party() {
    let (folder, profile) = load(&WHOLE.replace("bkn", "bkd"));
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/agreement.yaml");
    fs::copy(example, folder.path().join("agreement.yaml")).unwrap();
    let told = profile
        .unwrap()
        .load_agreement(date(2026, 11, 22))
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("bkd is no party of the agreement → write bpjs or bkn"),
        "{told}"
    );
}

fn load(
    text: &str,
) -> (
    TempDir,
    Result<Profile, crate::agreement::document::problem::Problems>,
) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("padan-party.yaml");
    fs::write(&path, text).unwrap();
    let profile = Profile::load(&path);
    (folder, profile)
}
