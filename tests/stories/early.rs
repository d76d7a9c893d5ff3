//! The early word: what a client is told before it has gone, by the same checks as the receipt that follows.

use std::fs;

use crate::padan::Padan;
use crate::party::{EARLY_WORD, Packing, Party, names};
use crate::sheets;
use crate::tools::{succeed, wait_for};

/// Puts a file that must be refused with an early word, and nothing but that.
fn refused(padan: &Padan, party: &Party, file: &str, code: &str) {
    let heard = padan.early_words(code);
    let output = party.try_sftp(&format!("put {file} inbox/"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(told.trim(), EARLY_WORD, "{file}");
    assert_eq!(output.status.code(), Some(1), "{file}");
    // The log is written beside the session.
    let told = || padan.early_words(code);
    wait_for(|| (told() > heard).then_some(()), || padan.log());
    assert_eq!(told(), heard + 1, "{}", padan.log());
}

/// Puts a file that must be taken without a word.
fn silent(party: &Party, file: &str) {
    party.sftp(&format!("put {file} inbox/"));
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn whatever_file_comes_last_brings_the_word() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    bkn.deliver("pns", 7, &sheets::pns(5));
    let endings = [".csv.age", ".sha256", ".sha256.sig"];
    for last in endings {
        let stem = bkn.prepare("pns", "full", 5, &sheets::pns(6));
        for ending in endings.iter().filter(|ending| **ending != last) {
            // The signature is told of as soon as its manifest is there, also before the data.
            let complete = *ending == ".sha256.sig" && last == ".csv.age";
            let file = format!("{stem}{ending}");
            match complete {
                true => refused(&padan, &bkn, &file, "SEQUENCE_OLD"),
                false => silent(&bkn, &file),
            }
        }
        refused(&padan, &bkn, &format!("{stem}{last}"), "SEQUENCE_OLD");
        assert_eq!(bkn.receipt(&stem).code(), "SEQUENCE_OLD", "{last}");
        wait_for(
            || names(&bkn.inbox()).is_empty().then_some(()),
            || names(&bkn.inbox()).join("\n"),
        );
        bkn.sftp("rm receipts/*");
    }
    // The same number, and one that is right.
    let stem = bkn.prepare("pns", "full", 7, &sheets::pns(6));
    silent(&bkn, &format!("{stem}.csv.age"));
    silent(&bkn, &format!("{stem}.sha256"));
    refused(
        &padan,
        &bkn,
        &format!("{stem}.sha256.sig"),
        "SEQUENCE_CONFLICT",
    );
    assert_eq!(bkn.receipt_beside(&stem).code(), "SEQUENCE_CONFLICT");
    let stem = bkn.prepare("pns", "full", 8, &sheets::pns(6));
    silent(&bkn, &format!("{stem}.*"));
    bkn.receipt(&stem).accepted();
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_file_over_the_limit_is_told_of_early() {
    let padan = Padan::new();
    padan.configure(&[("data_file", "64KiB")]);
    padan.serve();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheets::pns(1_000));
    silent(&bkn, &format!("{stem}.csv.age"));
    silent(&bkn, &format!("{stem}.sha256"));
    refused(&padan, &bkn, &format!("{stem}.sha256.sig"), "TOO_LARGE");
    assert_eq!(bkn.receipt(&stem).code(), "TOO_LARGE");
}

/// In a folder, in a delivery of several files, and by a rename of its last one.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_delivery_of_several_files_in_a_folder_is_judged_as_one() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let files = [("pns", 1), ("gaji", 1)].map(|(dataset, sequence)| {
        let name = bkn.stem(dataset, "full", sequence);
        bkn.encrypt(
            &format!("{name}.csv"),
            &sheets::pns(3).csv(),
            Packing::Plain,
        )
    });
    bkn.sum_and_sign("november", &files.each_ref().map(String::as_str));
    let [first, second] = &files;
    let output = bkn.try_sftp(&format!(
        "mkdir inbox/a\nput {first} inbox/a/\nput november.sha256 inbox/a/\n\
         put november.sha256.sig inbox/a/november.sha256.sig.filepart\nput {second} inbox/a/{second}.filepart\n\
         -rename inbox/a/november.sha256.sig.filepart inbox/a/november.sha256.sig\n\
         rename inbox/a/{second}.filepart inbox/a/{second}\n"
    ));
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(told.matches("\": Failure").count(), 2, "{told}");
    assert_eq!(
        padan.early_words("DATASET_NOT_AGREED"),
        2,
        "{}",
        padan.log()
    );
    assert_eq!(bkn.receipt("november").code(), "DATASET_NOT_AGREED");
    assert!(names(&bkn.inbox().join("a")).is_empty());
}

/// What could still come out otherwise has no early word.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn what_is_not_certain_is_not_told() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    // The base of a delta may be under way.
    let sheet = sheets::pns(3).with_first("aksi", &["TAMBAH"; 3]);
    let stem = bkn.prepare("pns", "delta", 1, &sheet);
    silent(&bkn, &format!("{stem}.*"));
    assert_eq!(bkn.receipt(&stem).code(), "DELTA_WITHOUT_BASE");
    // A signature that does not fit may be waiting for its manifest.
    let stem = bkn.prepare("pns", "full", 2, &sheets::pns(3));
    silent(&bkn, &format!("{stem}.sha256"));
    bkn.prepare("pns", "full", 2, &sheets::pns(4));
    silent(&bkn, &format!("{stem}.sha256.sig"));
    silent(&bkn, &format!("{stem}.sha256"));
    silent(&bkn, &format!("{stem}.csv.age"));
    bkn.receipt(&stem).accepted();
    // And what was accepted before is so again, even if its key no longer counts.
    let another = fs::read_to_string(padan.path("keys/service/signing_key.pub")).unwrap();
    let signers = padan.path("keys/parties/bkn/allowed_signers");
    fs::write(signers, format!("bkn namespaces=\"padan\" {another}")).unwrap();
    padan.reload();
    bkn.sftp("rm receipts/*");
    silent(&bkn, &format!("{stem}.*"));
    bkn.receipt(&stem).accepted();
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn who_does_not_want_it_switches_it_off() {
    let padan = Padan::new();
    let path = padan.path("padan.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("early_word: true", "early_word: false")).unwrap();
    padan.serve();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheets::pns(3));
    bkn.sign(&stem, &bkn.path("id_ed25519"), "file");
    silent(&bkn, &format!("{stem}.*"));
    assert_eq!(bkn.receipt(&stem).code(), "NAMESPACE_WRONG");
}

/// A person presses Retry: the signature comes again, alone. It must not lie there when the corrected manifest comes.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_signature_that_comes_again_hears_the_same_and_does_not_stay() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheets::pns(3));
    bkn.sign(&stem, &bkn.path("id_ed25519"), "file");
    bkn.put(&format!("{stem}.*"));
    let receipt = bkn.receipt(&stem);
    for _ in 0..2 {
        refused(
            &padan,
            &bkn,
            &format!("{stem}.sha256.sig"),
            "NAMESPACE_WRONG",
        );
        wait_for(
            || names(&bkn.inbox()).is_empty().then_some(()),
            || names(&bkn.inbox()).join("\n"),
        );
    }
    let again = bkn.receipt(&stem);
    assert_eq!((&again.json, &again.text), (&receipt.json, &receipt.text));
    // Another one stays: it may be the first of something.
    bkn.prepare("pns", "full", 1, &sheets::pns(4));
    silent(&bkn, &format!("{stem}.sha256.sig"));
    silent(&bkn, &format!("{stem}.csv.age"));
    silent(&bkn, &format!("{stem}.sha256"));
    // The page comes last: with it the receipt is whole.
    let page = || fs::read_to_string(bkn.receipts().join(format!("{stem}.txt"))).ok();
    wait_for(
        || page().filter(|page| page.starts_with("DITERIMA")),
        || padan.log(),
    );
    bkn.receipt(&stem).accepted();
}

/// A client that tries again by itself (rclone: three times) makes one verdict, and the operator reads of one.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_same_refusal_again_is_no_news() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheets::pns(3));
    let send = |attempt: &str| {
        bkn.put(&format!("{stem}.*"));
        let attempts = || padan.ledger("SELECT attempt, state FROM deliveries");
        let refused = || attempts() == [format!("{attempt}|rejected")];
        wait_for(|| refused().then_some(()), || padan.log());
    };
    let told = || {
        let log = padan.log();
        let lines = log.lines();
        let told = lines.filter(|line| line.contains(r#""message":"rejected""#));
        told.map(str::to_owned).collect::<Vec<_>>()
    };
    bkn.sign(&stem, &bkn.path("id_ed25519"), "file");
    ["1", "2", "3"].iter().for_each(|attempt| send(attempt));
    // Signed for us, and by nobody whom we know: that is another reason.
    let key = padan.path("another");
    let args = ["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()];
    succeed("/", "ssh-keygen", args, b"");
    bkn.sign(&stem, &key, "padan");
    send("4");
    wait_for(|| (told().len() >= 2).then_some(()), || padan.log());
    let told = told();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("NAMESPACE_WRONG"), "{told:#?}");
    assert!(told[1].contains("SIGNER_UNKNOWN"), "{told:#?}");
}
