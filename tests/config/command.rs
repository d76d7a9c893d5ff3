//! `padan check`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use assert_cmd::Command;

use crate::place::Place;

fn check(place: &Place) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("padan").unwrap();
    command
        .args(["check", "--config"])
        .arg(place.path("padan.yaml"))
        .assert()
}

#[test]
fn a_good_configuration_is_summed_up() {
    let place = Place::laid_out();
    // The command asks the clock.
    place.edit(
        "agreement.yaml",
        "extended_until: 2030-10-10",
        "extended_until: 2199-10-10",
    );
    let output = check(&place).success().get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "2016-10-10 to 2199-10-10",
        "keluarga           from bkn     8 columns, 5 checks, key nip + no_urut",
        "kepesertaan        pns with peserta_pns by nip, comparing 1 column: nama",
        "peserta_banding    nothing",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    assert!(output.stderr.is_empty());
}

#[test]
fn a_bad_one_ends_with_2_and_every_problem_on_stderr() {
    let place = Place::new();
    place.edit(
        "agreement.yaml",
        "extended_until: 2030-10-10",
        "extended_until: 2199-10-10",
    );
    place.edit("padan.yaml", "rescan: 10s", "rescan: 10");
    place.edit(
        "agreement.yaml",
        "refused_percent: 5",
        "refused_percent: 500",
    );
    let output = check(&place).code(2).get_output().clone();
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("2 problems"), "{text}");
    assert!(
        text.contains(":9 rescan: expected a length of time"),
        "{text}"
    );
    assert!(
        text.contains(" thresholds.refused_percent: 500 is not"),
        "{text}"
    );
}

#[test]
fn every_unusable_key_file_is_told() {
    let place = Place::laid_out();
    let open_to_all = place.path("keys/service/signing_key");
    fs::set_permissions(&open_to_all, fs::Permissions::from_mode(0o644)).unwrap();
    fs::remove_file(place.path("keys/parties/bkn/recipients.txt")).unwrap();
    let output = check(&place).code(2).get_output().clone();
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("chmod 600"), "{text}");
    assert!(text.contains("bkn/recipients.txt"), "{text}");
}

#[test]
fn logins_that_cannot_work_are_told() {
    let place = Place::laid_out();
    place.edit(
        "padan.yaml",
        "# revoked_keys: keys/revoked_keys",
        "revoked_keys: keys/revoked_keys",
    );
    fs::write(place.path("keys/revoked_keys"), "").unwrap();
    let keys = place.path("keys/parties/bkn/authorized_keys");
    let line = fs::read_to_string(&keys).unwrap();
    let line = line.lines().find(|line| line.starts_with("ssh-")).unwrap();
    fs::write(&keys, format!("expiry-time=\"20200101Z\" {line}\n")).unwrap();
    fs::write(
        place.path("keys/parties/bpjs/authorized_keys"),
        "# to come\n",
    )
    .unwrap();
    let output = check(&place).success().get_output().clone();
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "warning: nobody can log in as bkn: its authorized_keys has only keys that have expired\n\
         warning: nobody can log in as bpjs: its authorized_keys has no key\n"
    );

    fs::write(place.path("keys/revoked_keys"), "serial: 5\n").unwrap();
    let output = check(&place).code(2).get_output().clone();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("keys/revoked_keys: line 1: no public key"),
        "{text}"
    );
}

#[test]
fn a_missing_argument_ends_with_2() {
    let mut command = Command::cargo_bin("padan").unwrap();
    command.arg("check").assert().code(2);
}
