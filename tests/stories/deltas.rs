//! One delivery after the other: deltas, the life of a difference, repetitions and gaps.

use std::fs;

use crate::padan::Padan;
use crate::sheets;
use crate::tools::wait_for;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_delta_applies_to_the_latest_snapshot() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bkn.deliver("pns", 1, &sheets::pns(20));

    // One new, one changed, one gone.
    let delta = sheets::pns(22)
        .set(4, "golongan", "III/b")
        .only([20, 4, 5])
        .with_first("aksi", &["TAMBAH", "UBAH", "HAPUS"]);
    let stem = bkn.send_delta("pns", 2, &delta);
    bkn.receipt(&stem).accepted();
    let nip = |row: usize| sheets::pns(22).get(row, "nip").to_owned();
    let mut changes = bpjs
        .response("pns", "bkn", 2)
        .changes()
        .pick("aksi kelas kolom_berubah nip");
    changes.sort();
    let expected = [
        format!("HAPUS FINANSIAL  {}", nip(5)),
        format!("TAMBAH FINANSIAL  {}", nip(20)),
        format!("UBAH FINANSIAL golongan {}", nip(4)),
    ];
    assert_eq!(changes, expected);

    // A delta over a delta; a full delivery afterwards finds the same state.
    let delta = sheets::pns(22).only([21]).with_first("aksi", &["TAMBAH"]);
    let stem = bkn.send_delta("pns", 3, &delta);
    bkn.receipt(&stem).accepted();
    let mut all = sheets::pns(22).set(4, "golongan", "III/b");
    all.rows.remove(5);
    bkn.deliver("pns", 4, &all);
    assert!(bpjs.response("pns", "bkn", 4).changes().rows.is_empty());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_delta_that_does_not_fit_is_told_row_by_row() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let stem = bkn.send_delta("pns", 1, &sheets::pns(1).with_first("aksi", &["TAMBAH"]));
    assert_eq!(bkn.receipt(&stem).code(), "DELTA_WITHOUT_BASE");

    bkn.deliver("pns", 1, &sheets::pns(70));
    // 3 of 66 stay within the five percent.
    let mut actions = vec!["UBAH"; 66];
    let mut delta = sheets::pns(70).only(0..66);
    delta.rows[0] = sheets::pns(90).rows[80].clone();
    delta.rows[1] = sheets::pns(90).rows[69].clone();
    actions[1] = "TAMBAH";
    actions[2] = "GANTI";
    let stem = bkn.send_delta("pns", 2, &delta.with_first("aksi", &actions));
    let receipt = bkn.receipt(&stem).accepted();
    assert_eq!(receipt.file(0)["refused"], 3);
    let mut told = receipt.rows().pick("baris kode");
    told.sort();
    assert_eq!(
        told,
        ["2 DELTA_TIADA", "3 DELTA_ADA", "4 AKSI_TIDAK_DIKENAL"]
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_difference_is_new_then_stays_then_is_resolved() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bpjs.deliver("peserta_pns", 1, &sheets::peserta_pns(10));
    let wrong = sheets::pns(10).set(3, "nama", "ORANG LAIN SAMA SEKALI");
    let mut ids = Vec::new();
    for (sequence, sheet, expected) in [
        (1, wrong.clone(), &["BARU"][..]),
        (2, wrong.set(8, "lokasi_kerja", "Bogor"), &["MASIH"]),
        (3, sheets::pns(10), &["SELESAI"]),
        (4, sheets::pns(10), &[]),
    ] {
        bkn.deliver("pns", sequence, &sheet);
        for party in [&bkn, &bpjs] {
            let found = party
                .response("pns", "bkn", sequence)
                .differences("kepesertaan");
            assert_eq!(found.pick("status"), expected, "{sequence}");
            ids.extend(found.pick("id sejak"));
        }
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "one id and one date over its whole life");
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_same_manifest_again_gets_the_same_receipt() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let stem = bkn.send("pns", 1, &sheets::pns(10));
    let first = bkn.receipt(&stem).accepted();
    bkn.sftp(&format!("rm receipts/{stem}.*"));
    bpjs.sftp(&format!(
        "rm outbox/{}/*\nrmdir outbox/{0}",
        bpjs.outbox()[0]
    ));
    bkn.put(&format!("{stem}.*"));
    let second = bkn.receipt(&stem);
    assert_eq!(second.json, first.json);
    assert_eq!(second.text, first.text);
    assert!(bpjs.outbox().is_empty(), "answered once");
    // The receipt comes first.
    let inbox = || crate::party::names(&bkn.inbox());
    wait_for(|| inbox().is_empty().then_some(()), || inbox().join("\n"));
    let story = padan.ledger("SELECT stage, outcome FROM events ORDER BY number");
    assert_eq!(story.last().unwrap(), "claim|repeated");
    assert_eq!(story.iter().filter(|e| *e == "respond|done").count(), 1);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn copies_and_gaps_are_told() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let receipt = bkn.deliver("pns", 2, &sheets::pns(10));
    assert_eq!(receipt.file(0)["gap_after"], 0);
    let receipt = bkn.deliver("pns", 3, &sheets::pns(10));
    assert_eq!(
        receipt.file(0)["same_content_as"],
        2,
        "encrypted anew, still the same"
    );
    assert!(receipt.file(0)["gap_after"].is_null());
    assert!(bpjs.response("pns", "bkn", 3).changes().rows.is_empty());
    let receipt = bkn.deliver("pns", 7, &sheets::pns(11));
    assert_eq!(receipt.file(0)["gap_after"], 3);
    assert!(receipt.text.contains("3 -> 7"), "{}", receipt.text);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn deliveries_that_wait_together_are_taken_in_their_order() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    let stems: Vec<_> = [3, 1, 2]
        .into_iter()
        .map(|sequence| {
            bkn.prepare(
                "pns",
                "full",
                sequence,
                &sheets::pns(10 + sequence as usize),
            )
        })
        .collect();
    // All of it lies there before anybody looks.
    stems.iter().for_each(|stem| bkn.drop_locally(stem));
    padan.serve();
    let bpjs = padan.party("bpjs");
    for stem in &stems {
        bkn.receipt(stem).accepted();
    }
    let added = |sequence| bpjs.response("pns", "bkn", sequence).changes().rows.len();
    assert_eq!([1, 2, 3].map(added), [11, 1, 1]);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_long_row_of_deliveries_dropped_at_once_is_answered_whole() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let stems: Vec<_> = (1..=6)
        .map(|sequence| {
            bkn.prepare(
                "pns",
                "full",
                sequence,
                &sheets::pns(10 + sequence as usize),
            )
        })
        .collect();
    bpjs.prepare("peserta_pns", "full", 1, &sheets::peserta_pns(12));
    std::thread::scope(|scope| {
        scope.spawn(|| bkn.put("bkn_pns_*"));
        scope.spawn(|| bpjs.put("bpjs_*"));
    });
    let last = bkn.receipt(stems.last().unwrap()).accepted();
    assert_eq!(last.file(0)["accepted"], 16);
    bpjs.receipt(&bpjs.stem("peserta_pns", "full", 1))
        .accepted();
    wait_for(
        || {
            fs::read_dir(padan.data().join("staging"))
                .unwrap()
                .next()
                .is_none()
                .then_some(())
        },
        || padan.tree().join("\n"),
    );
}
