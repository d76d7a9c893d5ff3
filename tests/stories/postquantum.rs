//! An agreement that demands post-quantum encryption, of one party or of both.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use padan::trust::envelope::{Identities, NativeIdentity, Recipients, open, seal};

use crate::padan::Padan;
use crate::party::{Packing, Party};
use crate::sheets::{self, Sheet};
use crate::tools::wait_for;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_classical_file_is_refused_and_a_postquantum_one_answered() {
    let padan = Padan::new();
    demand(&padan, "required");
    let identities = ["bkn", "bpjs"].map(|party| take_hybrid_key(&padan, party));
    padan.serve();
    let bkn = padan.party("bkn");

    // As ever, with `age -R padan_recipients.txt`.
    let stem = bkn.send("pns", 1, &sheets::pns(3));
    let receipt = bkn.receipt(&stem);
    assert_eq!(receipt.code(), "POSTQUANTUM_REQUIRED");
    assert!(
        receipt.text.contains("padan_recipients_pq.txt"),
        "{}",
        receipt.text
    );

    let bpjs = padan.party("bpjs");
    let stem = send_hybrid(&bpjs, "peserta_pns", 1, &sheets::peserta_pns(4));
    bpjs.receipt(&stem).accepted();
    let stem = send_hybrid(&bkn, "pns", 2, &sheets::pns(3));
    bkn.receipt(&stem).accepted();
    for (party, identity) in ["bkn", "bpjs"].iter().zip(&identities) {
        let outbox = padan.party(party).root().join("outbox");
        let sealed = || sealed_files(&outbox);
        let files = wait_for(
            || Some(sealed()).filter(|files| !files.is_empty()),
            || padan.log(),
        );
        for file in files {
            let bytes = fs::read(&file).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let stanzas = text.lines().filter(|line| line.starts_with("-> "));
            let kinds: Vec<_> = stanzas
                .map(|line| line.split(' ').nth(1).unwrap())
                .collect();
            assert_eq!(kinds, ["mlkem768x25519"], "{}", file.display());
            assert!(!opened(bytes, identity).is_empty());
        }
    }
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn demanded_of_one_party_the_other_goes_on_as_before() {
    let padan = Padan::new();
    demand(&padan, "{ bpjs: required, bkn: allowed }");
    take_hybrid_key(&padan, "bpjs");
    padan.serve();
    let bkn = padan.party("bkn");
    bkn.deliver("pns", 1, &sheets::pns(3));
    let stem = send_hybrid(&bkn, "pns", 2, &sheets::pns(3));
    bkn.receipt(&stem).accepted();
}

#[test]
fn keys_that_cannot_keep_the_promise_are_told_at_once() {
    let padan = Padan::new();
    demand(&padan, "{ bpjs: required }");
    let identity = padan.path("keys/service/age_identity.txt");
    let both = fs::read_to_string(&identity).unwrap();
    let classical = both.lines().filter(|line| !line.contains("-PQ-"));
    fs::write(&identity, classical.collect::<Vec<_>>().join("\n")).unwrap();
    for command in ["check", "poll"] {
        let output = padan.command(command).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        for words in [
            "keys/service/age_identity.txt: the agreement demands `postquantum: required`",
            "keys/parties/bpjs/recipients.txt: the agreement demands `postquantum: required` of this party",
            "ask it for its age1pq1…",
        ] {
            assert!(told.contains(words), "{words}\n{told}");
        }
        assert!(!told.contains("parties/bkn"), "{told}");
    }
}

/// Writes the demand into the agreement.
fn demand(padan: &Padan, word: &str) {
    let path = padan.path("agreement.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let demand = format!("notice: 3 months\npostquantum: {word}\n");
    fs::write(path, text.replace("notice: 3 months\n", &demand)).unwrap();
}

/// Gives the party a post-quantum identity in the place of its own.
fn take_hybrid_key(padan: &Padan, party: &str) -> NativeIdentity {
    let identity = NativeIdentity::hybrid();
    let recipients = padan.path(&format!("keys/parties/{party}/recipients.txt"));
    fs::write(recipients, identity.recipient()).unwrap();
    identity
}

/// A delivery encrypted to the service's post-quantum recipient alone.
fn send_hybrid(party: &Party, dataset: &str, sequence: u32, sheet: &Sheet) -> String {
    let stem = party.stem(dataset, "full", sequence);
    let file = party.encrypt(&format!("{stem}.csv"), b"", Packing::Plain);
    let recipients = Recipients::load(&party.path("padan_recipients_pq.txt")).unwrap();
    let mut sealed = seal(Vec::new(), &recipients).unwrap();
    sealed.write_all(&sheet.csv()).unwrap();
    party.write(&file, &sealed.finish().unwrap());
    party.sum_and_sign(&stem, &[&file]);
    party.put(&format!("{stem}.*"));
    stem
}

/// The encrypted files of all answers.
fn sealed_files(outbox: &Path) -> Vec<PathBuf> {
    let folders = crate::party::names(outbox);
    let files = folders.iter().flat_map(|folder| {
        let folder = outbox.join(folder);
        let names = crate::party::names(&folder).into_iter();
        names.map(move |name| folder.join(name))
    });
    files
        .filter(|file| file.extension().is_some_and(|ending| ending == "age"))
        .collect()
}

fn opened(file: Vec<u8>, identity: &NativeIdentity) -> Vec<u8> {
    let mut plaintext = Vec::new();
    let identities = Identities::of(identity.clone());
    let mut stream = open(Cursor::new(file), &identities).unwrap();
    stream.read_to_end(&mut plaintext).unwrap();
    plaintext
}
