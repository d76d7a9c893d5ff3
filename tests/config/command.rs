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

/// The public half of a key that is too short.
const SHORT: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDcf0npDDzGv0TYx4AvkaY+uGTUljQOnTzIGvEYdcO01cm6d5D2mp2G6tk8ELogV1XEcrZIFX7L+4kJ2S/EoW28UhdJWoaF0g94uR1IhGtSg/UCrKsS3fo8ukGp/9zKk7qS2lB12TnODg7XLBySL1Ig7/ZC3hzMzFCSEVf5UBqo/Q==";

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
fn lists_by_which_nobody_can_sign_are_told() {
    let place = Place::laid_out();
    place.edit("padan.yaml", "# revoked_keys:", "revoked_keys:");
    fs::write(place.path("keys/revoked_keys"), "").unwrap();
    let list = |party: &str| place.path(&format!("keys/parties/{party}/allowed_signers"));
    let read = |party: &str| {
        let text = fs::read_to_string(list(party)).unwrap();
        let line = text.lines().find(|line| line.starts_with(party)).unwrap();
        line.split_once("ssh-ed25519").unwrap().1.to_owned()
    };
    let (bkn, bpjs) = (read("bkn"), read("bpjs"));
    let ours = "namespaces=\"padan\"";
    let cases = [
        (format!("bkn {ours} ssh-ed25519{bkn}\n"), vec![]),
        (
            format!("# who\nbkn {ours},valid-before=\"20200101Z\" ssh-ed25519{bkn}\n"),
            vec!["line 2: it has expired", "nobody can sign for bkn now"],
        ),
        (
            format!("bkn {ours},valid-after=\"20990101Z\" ssh-ed25519{bkn}\n"),
            vec!["line 1: it is not valid yet", "nobody can sign for bkn now"],
        ),
        (
            format!("bkn namespaces=\"file\" ssh-ed25519{bkn}\n"),
            vec![
                "line 1: not for the namespace padan",
                "nobody can sign for bkn now",
            ],
        ),
        (
            format!("BKN {ours} ssh-ed25519{bkn}\nb* {ours} ssh-ed25519{bkn}\n"),
            vec!["line 1: not for bkn"],
        ),
        (
            format!("bkn {ours} ssh-ed25519{bpjs}\nbkn {ours} ssh-ed25519{bkn}\n"),
            vec!["line 1: its key is revoked"],
        ),
        (
            format!("bkn {ours} {SHORT}\nbkn cert-authority,{ours} ssh-ed25519{bkn}\n"),
            vec!["line 1: the RSA key has 1024 bits"],
        ),
    ];
    fs::write(
        place.path("keys/revoked_keys"),
        format!("ssh-ed25519{bpjs}\n"),
    )
    .unwrap();
    // BPJS has no other key than the revoked one in these cases.
    let of_bpjs = 2;
    for (text, expected) in cases {
        fs::write(list("bkn"), &text).unwrap();
        let output = check(&place).success().get_output().clone();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            told.lines().count(),
            expected.len() + of_bpjs,
            "{text}{told}"
        );
        for part in expected {
            let line = format!("{}: {part}", list("bkn").display());
            assert!(told.contains(&line), "{text}{told}");
        }
        assert!(told.contains("nobody can sign for bpjs now; add a line as `bpjs "));
    }
}

#[test]
fn a_missing_argument_ends_with_2() {
    let mut command = Command::cargo_bin("padan").unwrap();
    command.arg("check").assert().code(2);
}
