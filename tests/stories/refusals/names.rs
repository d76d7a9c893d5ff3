//! Names, datasets, sequences and dates: the signed metadata.

use super::{case, judge, sheet};
use crate::padan::Padan;
use crate::party::{Packing, Party, as_of};
use crate::sheets;

/// A delivery whose data file has any name.
fn named(party: &Party, sequence: u32, name: &str) -> String {
    let stem = format!("kiriman-{sequence}");
    let name = name
        .replace("DAY", &as_of())
        .replace("SEQ", &sequence.to_string());
    party.encrypt("plain", &sheet().csv(), Packing::Plain);
    std::fs::rename(party.out().join("plain.age"), party.out().join(&name)).unwrap();
    party.sum_and_sign(&stem, &[&name]);
    party.put(&name);
    party.put(&format!("{stem}.sha256*"));
    stem
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_name_that_lies_or_breaks_the_rule() {
    let cases = [
        ("NAME_NOT_SENDER", "bpjs_peserta_pns_full_DAY_SEQ.csv.age"),
        ("NAME_NOT_SENDER", "bpjs_pns_full_DAY_SEQ.csv.age"),
        ("NAME_NOT_SENDER", "dukcapil_pns_full_DAY_SEQ.csv.age"),
        ("DATASET_NOT_AGREED", "bkn_peserta_pns_full_DAY_SEQ.csv.age"),
        ("DATASET_NOT_AGREED", "bkn_gaji_full_DAY_SEQ.csv.age"),
        ("OUT_OF_TERM", "bkn_pns_full_2016-10-09_SEQ.csv.age"),
        ("OUT_OF_TERM", "bkn_pns_full_2099-01-01_SEQ.csv.age"),
        ("AS_OF_FUTURE", "bkn_pns_full_2030-10-01_SEQ.csv.age"),
        ("NAME_FORMAT", "bkn_pns_full_2026-02-30_SEQ.csv.age"),
        ("NAME_FORMAT", "bkn_pns_full_20260101_SEQ.csv.age"),
        ("NAME_FORMAT", "bkn_pns_penuh_DAY_SEQ.csv.age"),
        ("NAME_FORMAT", "bkn_pns_full_DAY_0.csv.age"),
        ("NAME_FORMAT", "bkn_pns_full_DAY_9999999999.csv.age"),
        ("NAME_FORMAT", "bkn_pns_full_DAY_SEQ.csv.gpg"),
        ("NAME_FORMAT", "bkn_pns_full_DAY_SEQ.csv.bz2.age"),
        ("NAME_FORMAT", "BKN_pns_full_DAY_SEQ.csv.age"),
        ("NAME_FORMAT", "data bkn november.csv.age"),
    ];
    let twice = case("a dataset twice", "DATASET_DOUBLED", |party, sequence| {
        let stem = "kiriman-dua".to_owned();
        let files = [sequence, sequence + 1].map(|sequence| {
            let name = party.stem("pns", "full", sequence);
            party.encrypt(&format!("{name}.csv"), &sheet().csv(), Packing::Plain)
        });
        party.sum_and_sign(&stem, &files.each_ref().map(String::as_str));
        files.iter().for_each(|file| party.put(file));
        party.put(&format!("{stem}.sha256*"));
        stem
    });
    let cases = cases.into_iter().map(|(code, name)| {
        case(name, code, move |party, sequence| {
            let quoted = name.replace(' ', "_ ");
            named(party, sequence, &quoted.replace("_ ", "-"))
        })
    });
    judge(&Padan::start(), cases.chain([twice]).collect());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_sequence_is_used_once_and_only_grows() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bkn.deliver("pns", 5, &sheets::pns(8));
    let before = bpjs.outbox();

    let reused = bkn.send("pns", 5, &sheet());
    let receipt = bkn.receipt_beside(&reused);
    assert_eq!(receipt.code(), "SEQUENCE_CONFLICT");
    super::assert_helps(&receipt);
    super::assert_kept(&padan, &bkn, &reused, "reused");
    let old = bkn.send("pns", 4, &sheet());
    let receipt = bkn.receipt(&old);
    assert_eq!(receipt.code(), "SEQUENCE_OLD");
    super::assert_helps(&receipt);
    super::assert_kept(&padan, &bkn, &old, "old");
    assert_eq!(bpjs.outbox(), before);

    // Another dataset counts by itself.
    bkn.deliver("keluarga", 1, &sheets::keluarga(8));
    bkn.deliver("pns", 6, &sheets::pns(8));
    assert!(bpjs.response("pns", "bkn", 6).changes().rows.is_empty());
}

#[test]
fn nothing_starts_after_the_end_of_the_term() {
    let padan = Padan::new();
    let path = padan.path("agreement.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let over = text.replace("extended_until: 2030-10-10", "extended_until: 2021-10-10");
    std::fs::write(path, over).unwrap();
    for command in ["serve", "poll", "check"] {
        let output = padan.command(command).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {output:?}");
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(told.contains("extended_until"), "{command}: {told}");
    }
    assert!(!padan.data().join("ledger.db").exists());
}
