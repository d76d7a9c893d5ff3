//! Who signed what, for whom.

use std::fs;
use std::path::PathBuf;

use super::{case, judge, sheet};
use crate::padan::Padan;
use crate::party::Party;
use crate::sheets;
use crate::tools::{succeed, wait_for};

/// A delivery signed with another key or for another purpose.
fn signed(party: &Party, sequence: u32, key: PathBuf, namespace: &str) -> String {
    let stem = party.prepare("pns", "full", sequence, &sheet());
    party.sign(&stem, &key, namespace);
    party.put(&format!("{stem}.*"));
    stem
}

/// A new key pair in the party's folder; `options` before its public half become a line of its `allowed_signers`.
fn key(padan: &Padan, name: &str, kind: &[&str], options: Option<&str>) -> PathBuf {
    let path = padan.path(&format!("trial/bkn/{name}"));
    let file = path.to_str().unwrap();
    let args = ["-q", "-N", "", "-C", "", "-f", file, "-t"];
    succeed(padan.dir(), "ssh-keygen", args.iter().chain(kind), b"");
    if let Some(options) = options {
        let public = fs::read_to_string(path.with_extension("pub")).unwrap();
        register(padan, options, &public);
    }
    path
}

/// Adds a line to BKN's `allowed_signers`.
fn register(padan: &Padan, options: &str, public: &str) {
    let signers = padan.path("keys/parties/bkn/allowed_signers");
    let old = fs::read_to_string(&signers).unwrap();
    fs::write(signers, format!("{old}bkn {options} {public}")).unwrap();
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn signatures_that_prove_nothing() {
    let padan = Padan::new();
    let ours = "namespaces=\"padan\"";
    let unknown = key(&padan, "unknown", &["ed25519"], None);
    let expired = key(
        &padan,
        "expired",
        &["ed25519"],
        Some(&format!("valid-before=\"20250101\",{ours}")),
    );
    let early = key(
        &padan,
        "early",
        &["ed25519"],
        Some(&format!("valid-after=\"20990101\",{ours}")),
    );
    let weak = key(&padan, "weak", &["rsa", "-b", "2048"], None);
    let other = key(&padan, "other", &["ed25519"], Some("namespaces=\"file\""));
    let strong = key(&padan, "strong", &["rsa", "-b", "3072"], Some(ours));
    let own = padan.path("trial/bkn/id_ed25519");
    let theirs = padan.path("trial/bpjs/id_ed25519");
    padan.serve();

    let by = |name: &str, code, key: PathBuf, namespace: &'static str| {
        case(name, code, move |party, sequence| {
            signed(party, sequence, key.clone(), namespace)
        })
    };
    let cases = vec![
        by("unknown key", "SIGNER_UNKNOWN", unknown, "padan"),
        by("expired key", "SIGNER_EXPIRED", expired, "padan"),
        by("key of the future", "SIGNER_EXPIRED", early, "padan"),
        by("weak key", "SIGNER_WEAK", weak, "padan"),
        by(
            "the counterpart's key",
            "SIGNER_NOT_SENDER",
            theirs,
            "padan",
        ),
        by("other namespace", "NAMESPACE_WRONG", own.clone(), "file"),
        by("near namespace", "NAMESPACE_WRONG", own, "padan2"),
        by(
            "a key for another namespace",
            "NAMESPACE_WRONG",
            other,
            "padan",
        ),
        case("over another file", "SIGNATURE_BAD", |party, sequence| {
            let stem = party.prepare("pns", "full", sequence, &sheet());
            let name = format!("{stem}.sha256");
            let sound = fs::read(party.out().join(&name)).unwrap();
            party.manifest(&stem, b"something else\n");
            party.write(&name, &sound);
            party.put(&format!("{stem}.*"));
            stem
        }),
        case("no signature at all", "SIGNATURE_BAD", |party, sequence| {
            let stem = party.prepare("pns", "full", sequence, &sheet());
            let name = format!("{stem}.sha256.sig");
            let ends = "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n";
            party.write(&name, ends.as_bytes());
            party.put(&format!("{stem}.*"));
            stem
        }),
    ];
    judge(&padan, cases);

    // A second, stronger key of the same party is as good as the first.
    let bkn = padan.party("bkn");
    let stem = signed(&bkn, 99, strong, "padan");
    bkn.receipt(&stem).accepted();
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn another_partys_delivery_in_my_inbox_is_not_mine() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let copy = |stem: &str| {
        for ending in [".csv.age", ".sha256", ".sha256.sig"] {
            let name = format!("{stem}{ending}");
            fs::copy(bkn.out().join(&name), bpjs.out().join(&name)).unwrap();
        }
        bpjs.put(&format!("{stem}.*"));
    };

    // Before its owner sent it.
    let stem = bkn.prepare("pns", "full", 1, &sheet());
    copy(&stem);
    let receipt = bpjs.receipt(&stem);
    assert_eq!(receipt.code(), "SIGNER_NOT_SENDER");
    assert!(bpjs.outbox().is_empty());
    bkn.put(&format!("{stem}.*"));
    bkn.receipt(&stem).accepted();
    let story = padan.show(&stem);
    assert!(
        story.contains("party     bkn") && story.contains("verify    rejected SIGNER_NOT_SENDER"),
        "{story}"
    );
    let answered = bpjs.outbox();

    // And afterwards.
    bpjs.sftp("rm receipts/*");
    copy(&stem);
    let receipt = bpjs.receipt(&stem);
    assert_eq!(receipt.code(), "NAME_NOT_SENDER");
    super::assert_helps(&receipt);
    assert_eq!(bpjs.outbox(), answered);
    assert!(!receipt.text.contains("ACCEPTED"));
    // The receipt comes before the ledger's line.
    let turned_away = "turned away: NAME_NOT_SENDER: its manifest was dropped by bpjs";
    let told = || Some(padan.show(&stem)).filter(|story| story.contains(turned_away));
    let story = wait_for(told, || padan.show(&stem));
    assert!(story.contains("party     bkn"), "{story}");
    assert_eq!(bkn.receipt(&stem).accepted().json["party"], "bkn");

    // The owner is not troubled by either.
    let receipt = bkn.deliver("pns", 2, &sheets::pns(7));
    assert!(receipt.file(0)["gap_after"].is_null());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_same_delivery_is_taken_once_its_key_is_registered() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let new = key(&padan, "new", &["ecdsa"], None);
    let stem = signed(&bkn, 1, new.clone(), "padan");
    assert_eq!(bkn.receipt(&stem).code(), "SIGNER_UNKNOWN");
    let public = fs::read_to_string(new.with_extension("pub")).unwrap();
    register(&padan, "namespaces=\"padan\"", &public);
    padan.reload();
    bkn.sftp("rm receipts/*");
    bkn.put(&format!("{stem}.*"));
    bkn.receipt(&stem).accepted();
    assert_eq!(bpjs.response("pns", "bkn", 1).changes().rows.len(), 6);
    let attempts = padan.ledger("SELECT attempt, state FROM deliveries");
    assert_eq!(attempts, ["2|answered"]);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_weak_key_is_refused_even_if_somebody_registered_it() {
    let padan = Padan::new();
    let weak = key(
        &padan,
        "weak",
        &["rsa", "-b", "2048"],
        Some("namespaces=\"padan\""),
    );
    padan.serve();
    let bkn = padan.party("bkn");
    let stem = signed(&bkn, 1, weak, "padan");
    assert_eq!(bkn.receipt(&stem).code(), "SIGNER_WEAK");
}
