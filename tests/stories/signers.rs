//! Who may sign: certificates of a party's own authority, and keys that are withdrawn.

use std::fs;
use std::path::{Path, PathBuf};

use crate::answers::Receipt;
use crate::padan::Padan;
use crate::party::{Party, names};
use crate::sheets;
use crate::tools::succeed;

/// An exchange with a list of revoked keys, that is still empty, and an authority of BKN's that certifies `staff`. BKN
/// logs in by another key.
fn laid_out() -> Padan {
    let padan = Padan::new();
    let config = fs::read_to_string(padan.path("padan.yaml")).unwrap();
    let config = config.replace("# revoked_keys:", "revoked_keys:");
    fs::write(padan.path("padan.yaml"), config).unwrap();
    revoke(&padan, "");
    for name in ["authority", "staff"] {
        keygen(&padan, &["-q", "-t", "ed25519", "-N", "", "-f", name]);
    }
    let signers = padan.path("keys/parties/bkn/allowed_signers");
    let authority = read(&padan, "authority.pub");
    let old = fs::read_to_string(&signers).unwrap();
    let line = format!("bkn cert-authority,namespaces=\"padan\" {authority}");
    fs::write(&signers, old + &line).unwrap();
    padan
}

fn keygen(padan: &Padan, args: &[&str]) {
    succeed(padan.dir(), "ssh-keygen", args, b"");
}

fn read(padan: &Padan, name: &str) -> String {
    fs::read_to_string(padan.path(name)).unwrap()
}

fn revoke(padan: &Padan, lines: &str) {
    fs::write(padan.path("keys/revoked_keys"), lines).unwrap();
}

/// A new certificate for `staff`.
fn certify(padan: &Padan, args: &[&str]) -> PathBuf {
    let all = [
        "-q",
        "-s",
        "authority",
        "-I",
        "staff 7",
        "-z",
        "7",
        "-n",
        "bkn",
    ];
    keygen(padan, &[&all[..], args, &["staff.pub"]].concat());
    padan.path("staff-cert.pub")
}

/// A delivery signed by somebody else than usual, not yet sent.
fn prepared(party: &Party, sequence: u32, key: &Path) -> String {
    let stem = party.prepare("pns", "full", sequence, &sheets::pns(6));
    party.sign(&stem, key, "padan");
    stem
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_certificate_signs_until_it_is_revoked() {
    let padan = laid_out();
    padan.serve();
    let bkn = padan.party("bkn");
    let send = |sequence, key: &Path| {
        let stem = prepared(&bkn, sequence, key);
        bkn.put(&format!("{stem}.*"));
        stem
    };
    let certificate = certify(&padan, &[]);
    let stem = send(1, &certificate);
    bkn.receipt(&stem).accepted();
    let story = padan.show(&stem);
    assert!(
        story.contains("certified with serial 7 by SHA256:"),
        "{story}"
    );
    assert!(
        !story.contains("staff 7"),
        "a key id may be a name: {story}"
    );

    let stem = send(2, &certify(&padan, &["-V", "-2h:-1h"]));
    assert_eq!(bkn.receipt(&stem).code(), "SIGNER_EXPIRED");
    let restricted = certify(&padan, &["-O", "force-command=internal-sftp"]);
    let stem = send(3, &restricted);
    assert_eq!(bkn.receipt(&stem).code(), "SIGNER_CERTIFICATE");

    // The next delivery already counts: nobody reloads anything.
    fs::write(padan.path("which"), "serial: 7\n").unwrap();
    let list = [
        "-q",
        "-k",
        "-f",
        "keys/revoked_keys",
        "-s",
        "authority.pub",
        "which",
    ];
    keygen(&padan, &list);
    let certificate = certify(&padan, &[]);
    let stem = send(4, &certificate);
    let receipt = bkn.receipt(&stem);
    assert_eq!(receipt.code(), "SIGNER_REVOKED");
    assert!(receipt.text.contains("dicabut") && receipt.text.contains("revoked"));
    // A plain list does for keys.
    revoke(&padan, "");
    let stem = send(5, &certificate);
    bkn.receipt(&stem).accepted();
    revoke(&padan, &read(&padan, "authority.pub"));
    let stem = send(6, &certificate);
    assert_eq!(bkn.receipt(&stem).code(), "SIGNER_REVOKED");
    // Who is not on it is not concerned.
    bkn.deliver("pns", 7, &sheets::pns(6));
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn nothing_is_accepted_or_refused_by_a_list_that_cannot_be_read() {
    let padan = laid_out();
    let bkn = padan.party("bkn");
    let certificate = certify(&padan, &[]);
    let stem = prepared(&bkn, 1, &certificate);
    bkn.drop_locally(&stem);
    let list = padan.path("keys/revoked_keys");
    let told_of = |broken: Option<&str>| {
        match broken {
            Some(text) => revoke(&padan, text),
            None => fs::remove_file(&list).unwrap(),
        }
        let output = padan.command("poll").output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("keys/revoked_keys"), "{said}");
    };
    for broken in [Some("SSHKRL\n\0cut off"), Some("no key\n"), None] {
        told_of(broken);
        // Only that it is being looked at, and no verdict.
        let marker = format!("{stem}.sedang-diperiksa");
        assert_eq!(names(&bkn.receipts()), [marker], "{broken:?}");
        // A fault is tried again later; here it is later at once.
        padan.write_ledger("UPDATE deliveries SET retry_at = NULL");
    }
    revoke(&padan, "");
    padan.poll();
    bkn.receipt(&stem).accepted();
    // And it is told before the next delivery comes.
    assert!(names(&bkn.inbox()).is_empty());
    for broken in [Some("no key\n"), None] {
        told_of(broken);
    }
}

/// By the time of receipt, and by the list of today.
#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn a_rerun_takes_a_key_that_has_ended_since_and_none_that_is_withdrawn() {
    let padan = laid_out();
    let bkn = padan.party("bkn");
    let drop = |sequence| {
        let stem = bkn.prepare_of("2027-11-30", "pns", "full", sequence, &sheets::pns(6));
        bkn.drop_locally(&stem);
        padan.poll();
        (Receipt::read(&bkn, &stem), stem)
    };
    let signers = padan.path("keys/parties/bkn/allowed_signers");
    let with_it = fs::read_to_string(&signers).unwrap();
    let authority = with_it.lines().last().unwrap().to_owned() + "\n";
    let key = read(&padan, "trial/bkn/id_ed25519.pub");
    fs::write(&signers, &authority).unwrap();
    padan.at("2027-12-01 03:00:00");
    let (receipt, first) = drop(1);
    assert_eq!(receipt.code(), "SIGNER_UNKNOWN");

    // Registered, and ended before anybody runs it again.
    let ends = format!("bkn valid-before=\"20271210Z\",namespaces=\"padan\" {key}");
    fs::write(&signers, ends + &authority).unwrap();
    padan.at("2027-12-20 03:00:00");
    let (receipt, second) = drop(2);
    assert_eq!(receipt.code(), "SIGNER_EXPIRED");
    let again = |stem: &str| padan.rerun(&[stem, "--reason", "the key is registered"]);
    let output = again(&first);
    assert!(output.status.success(), "{output:?}");
    let accepted = Receipt::read(&bkn, &first).accepted();

    // Withdrawn: neither of them, however early it came; and what was answered stays so.
    revoke(&padan, &key);
    let answers = padan.party("bpjs").outbox();
    for stem in [&first, &second] {
        let output = again(stem);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(said.contains("SIGNER_REVOKED"), "{said}");
    }
    assert_eq!(Receipt::read(&bkn, &second).code(), "SIGNER_REVOKED");
    assert_eq!(Receipt::read(&bkn, &first).json, accepted.json);
    assert_eq!(padan.party("bpjs").outbox(), answers);
    let states = padan.ledger("SELECT state FROM deliveries ORDER BY ordinal");
    assert_eq!(states, ["answered", "rejected"]);
    revoke(&padan, "");
    assert!(again(&first).status.success());
}
