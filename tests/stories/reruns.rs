//! `padan rerun`, also beside a running service, and `padan poll` beside it.

use std::collections::BTreeMap;
use std::fs;

use crate::answers::Response;
use crate::padan::Padan;
use crate::party::Party;
use crate::sheets;

/// A service that has answered three deliveries, the last with differences.
fn answered() -> Padan {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bkn.deliver("pns", 1, &sheets::pns(30).set(3, "nama", "ORANG LAIN"));
    bpjs.deliver("peserta_pns", 1, &sheets::peserta_pns(29));
    let doubtful = sheets::pns(31)
        .set(4, "golongan", "II/c")
        .set(5, "nik", "salah");
    bkn.deliver("pns", 2, &doubtful);
    padan
}

fn all_plaintexts(parties: &[&Party]) -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let mut all = BTreeMap::new();
    for party in parties {
        for folder in party.outbox() {
            let response = Response::download(party, &folder);
            all.insert(format!("{}/{folder}", party.id), response.plaintexts());
        }
    }
    all
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn an_answered_delivery_gives_the_same_answers() {
    let padan = answered();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let before = all_plaintexts(&[&bkn, &bpjs]);
    assert_eq!(before.len(), 5, "{:?}", before.keys());
    let stem = bkn.stem("pns", "full", 1);
    let receipt = bkn.receipt(&stem);
    // Both sides have tidied up.
    for party in [&bkn, &bpjs] {
        for folder in party.outbox() {
            party.sftp(&format!("rm outbox/{folder}/*\nrmdir outbox/{folder}"));
        }
    }
    bkn.sftp("rm receipts/*");
    for name in [
        stem.as_str(),
        &bkn.stem("pns", "full", 2),
        &bpjs.stem("peserta_pns", "full", 1),
    ] {
        let output = padan.rerun(&[name, "--reason", "both lost their files"]);
        assert!(output.status.success(), "{output:?}");
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(
            told.contains("answered before, and the answers come out the same"),
            "{told}"
        );
    }
    assert_eq!(all_plaintexts(&[&bkn, &bpjs]), before, "byte by byte");
    assert_eq!(bkn.receipt(&stem).json, receipt.json);
    let reasons = padan.ledger("SELECT detail FROM events WHERE outcome = 'rerun'");
    assert_eq!(reasons, ["both lost their files"; 3]);

    // And life goes on.
    let receipt = bkn.deliver("pns", 3, &sheets::pns(31));
    assert!(receipt.file(0)["gap_after"].is_null());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_run_in_the_middle_shows_the_trend_as_it_was_then() {
    let padan = answered();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bpjs.deliver("peserta_pns", 2, &sheets::peserta_pns(25));
    let folder = bkn.outbox().pop().unwrap();
    assert!(folder.ends_with("_pns_bkn_0002"), "{folder}");
    let before = Response::download(&bkn, &folder).plaintexts();
    bkn.sftp(&format!("rm outbox/{folder}/*\nrmdir outbox/{folder}"));
    let stem = bkn.stem("pns", "full", 2);
    let output = padan.rerun(&[&stem, "--reason", "bkn lost it"]);
    assert!(output.status.success(), "{output:?}");
    let page = String::from_utf8(before["ringkasan_kepesertaan.html"].clone()).unwrap();
    let newest = bkn.response("peserta_pns", "bpjs", 2).plaintexts();
    let newest = String::from_utf8(newest["ringkasan_kepesertaan.html"].clone()).unwrap();
    let runs = |page: &str, n: u64| page.contains(&format!("</th><td class=\"number\">{n}</td>"));
    assert!(
        runs(&page, 2) && runs(&newest, 3),
        "each shows the runs up to itself"
    );
    assert!(
        Response::download(&bkn, &folder).plaintexts() == before,
        "byte by byte"
    );
    let figures = padan.ledger("SELECT reader FROM run_figures");
    assert_eq!(
        figures.len(),
        2 * 3,
        "a run that is done again is no other run"
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_dry_run_changes_nothing() {
    let padan = answered();
    let bkn = padan.party("bkn");
    // The sequence was used for other content.
    let stem = bkn.send("pns", 2, &sheets::pns(5));
    let receipt = bkn.receipt_beside(&stem);
    assert_eq!(receipt.code(), "SEQUENCE_CONFLICT");
    padan.stop();
    let state = |padan: &Padan| {
        let files: Vec<_> = padan
            .tree()
            .into_iter()
            .filter(|path| !path.starts_with("ledger.db") && path != "pipeline.lock")
            .map(|path| {
                let bytes = fs::read(padan.data().join(&path)).unwrap_or_default();
                (path, bytes)
            })
            .collect();
        let events = padan.ledger("SELECT * FROM events ORDER BY delivery, number");
        let rest = padan.ledger("SELECT * FROM deliveries ORDER BY ordinal");
        (files, events, rest)
    };
    let before = state(&padan);
    let answered = bkn.stem("pns", "full", 1);
    let output = padan.rerun(&[&answered, "--reason", "to see", "--dry-run"]);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("dry run, nothing kept; it would be answered"),
        "{told}"
    );
    let conflict = receipt.json["delivery"].as_str().unwrap();
    let output = padan.rerun(&[&conflict[..12], "--reason", "to see", "--dry-run"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("SEQUENCE_CONFLICT"));
    assert!(before == state(&padan), "something changed");
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_rerun_needs_a_reason_and_a_delivery() {
    let padan = answered();
    let stem = padan.party("bkn").stem("pns", "full", 1);
    for (args, code, words) in [
        (&[stem.as_str()][..], 2, "--reason"),
        (&[&stem, "--reason", " "], 2, "--reason is empty"),
        (
            &["bkn_pns_full_2020-01-01_0099", "--reason", "x"],
            2,
            "padan status",
        ),
    ] {
        let output = padan.rerun(args);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(words),
            "{output:?}"
        );
    }
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_rejected_delivery_is_answered_after_its_cause_is_mended() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let signers = padan.path("keys/parties/bkn/allowed_signers");
    let good = fs::read_to_string(&signers).unwrap();
    fs::write(
        &signers,
        good.replace("bkn namespaces", "bkn valid-before=\"20200101\",namespaces"),
    )
    .unwrap();
    padan.stop();
    padan.serve();
    let stem = bkn.send("pns", 1, &sheets::pns(10));
    assert_eq!(bkn.receipt(&stem).code(), "SIGNER_EXPIRED");
    let output = padan.rerun(&[&stem, "--reason", "again"]);
    assert_eq!(output.status.code(), Some(1), "still so: {output:?}");
    fs::write(&signers, good).unwrap();
    let output = padan.rerun(&[&stem, "--reason", "validity extended"]);
    assert!(output.status.success(), "{output:?}");
    bkn.receipt(&stem).accepted();
    let bpjs = padan.party("bpjs");
    assert_eq!(bpjs.response("pns", "bkn", 1).changes().rows.len(), 10);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn a_delivery_does_not_overtake_one_that_waits_after_a_fault() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    // In the place of the folder for snapshots.
    let snapshots = padan.data().join("snapshots/bkn/pns");
    fs::create_dir_all(snapshots.parent().unwrap()).unwrap();
    fs::write(&snapshots, "in the way").unwrap();
    let stems = [1, 2].map(|sequence| {
        let stem = bkn.prepare("pns", "full", sequence, &sheets::pns(10));
        bkn.drop_locally(&stem);
        stem
    });
    let other = bkn.prepare("keluarga", "full", 1, &sheets::keluarga(3));
    bkn.drop_locally(&other);
    let output = padan.command("poll").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    bkn.receipt(&other).accepted();
    let [first, second] = &stems;
    let waits = padan.ledger("SELECT stem, state, faults FROM deliveries WHERE state = 'open'");
    assert_eq!(
        waits,
        [format!("{first}|open|1"), format!("{second}|open|0")]
    );

    fs::remove_file(&snapshots).unwrap();
    let again = |stem: &str| padan.rerun(&[stem, "--reason", "the disk was mended"]);
    let output = again(second);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("would overtake {first}")), "{told}");
    assert!(!bkn.receipts().join(format!("{second}.txt")).exists());
    let reasons = || padan.ledger("SELECT count(*) FROM events WHERE outcome = 'rerun'");
    assert_eq!(reasons(), ["0"], "it was not run");

    for (stem, changes) in [(first, 10), (second, 0)] {
        let output = again(stem);
        assert!(output.status.success(), "{output:?}");
        bkn.receipt(stem).accepted();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.contains(&format!("{changes} changes")), "{told}");
    }
    assert_eq!(reasons(), ["2"]);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn polls_and_reruns_beside_a_service_do_not_answer_twice() {
    let padan = answered();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let first = bkn.stem("pns", "full", 1);
    let stems: Vec<_> = (3..=6)
        .map(|sequence| {
            bkn.prepare(
                "pns",
                "full",
                sequence,
                &sheets::pns(30 + sequence as usize),
            )
        })
        .collect();
    std::thread::scope(|scope| {
        scope.spawn(|| stems.iter().for_each(|stem| bkn.put(&format!("{stem}.*"))));
        scope.spawn(|| (0..8).for_each(|_| drop(padan.poll())));
        scope.spawn(|| {
            for _ in 0..4 {
                let output = padan.rerun(&[&first, "--reason", "at the same time"]);
                assert!(output.status.success(), "{output:?}");
            }
        });
    });
    for (number, stem) in stems.iter().enumerate() {
        bkn.receipt(stem).accepted();
        bpjs.response("pns", "bkn", number as u32 + 3);
    }
    let closes = padan.ledger(
        "SELECT count(*) FROM events WHERE stage = 'respond' AND outcome = 'done' GROUP BY delivery",
    );
    assert_eq!(closes, ["1"; 7]);
    assert_eq!(
        padan.ledger("SELECT count(*) FROM events WHERE outcome = 'fault'"),
        ["0"]
    );
    assert!(!padan.log().contains("ERROR"), "{}", padan.log());
}
