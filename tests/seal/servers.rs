//! A server is believed by its key alone.

use std::fs;

use crate::trial::Trial;
use crate::workbooks::sound;

#[test]
fn an_unknown_server_is_shown_and_gets_nothing() {
    let trial = Trial::start();
    let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", 5);
    let file = path.to_str().unwrap();
    let known = trial.party("bpjs").join("known_hosts");
    let sound_line = fs::read_to_string(&known).unwrap();
    fs::remove_file(&known).unwrap();
    let run = trial.seal("bpjs", &["--send", file]);
    run.ended(
        2,
        &[
            "is not known yet, so nothing was sent",
            "SHA256:",
            "Compare this with the fingerprint",
        ],
    );
    assert!(trial.on_server("bpjs", "inbox").is_empty());
    // The line that it tells to add is the right one.
    let key = sound_line.split_whitespace().nth(2).unwrap();
    let line = run
        .err
        .lines()
        .find(|line| line.contains(key))
        .expect("the line to add")
        .trim();
    fs::write(&known, format!("{line}\n")).unwrap();
    trial
        .seal("bpjs", &["--send", file])
        .ended(0, &["DITERIMA"]);
}

#[test]
fn a_server_whose_key_has_changed_gets_nothing() {
    let trial = Trial::start();
    let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", 5);
    let other = fs::read_to_string(trial.party("bkn").join("id_ed25519.pub")).unwrap();
    fs::write(
        trial.party("bpjs").join("known_hosts"),
        format!("padan {other}"),
    )
    .unwrap();
    let run = trial.seal("bpjs", &["--send", path.to_str().unwrap()]);
    run.ended(
        2,
        &[
            "THE SERVER'S KEY HAS CHANGED",
            "(SHA256:",
            "Telephone the operator",
        ],
    );
    assert!(trial.on_server("bpjs", "inbox").is_empty());
}

#[test]
fn a_profile_without_a_server_says_what_is_missing() {
    let trial = Trial::quiet();
    let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", 5);
    let profile = trial.party("bpjs").join("padan-party.yaml");
    let text = fs::read_to_string(&profile).unwrap();
    let (before, after) = (
        text.split("server:").next().unwrap(),
        text.split("sent:").nth(1).unwrap(),
    );
    fs::write(&profile, format!("{before}sent:{after}")).unwrap();
    let file = path.to_str().unwrap();
    trial
        .seal("bpjs", &["--send", file])
        .ended(2, &["add `server:` with host, port and known_hosts"]);
    trial.seal("bpjs", &[file]).ended(0, &["Tersegel"]);
}
