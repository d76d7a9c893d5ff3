//! Files exchanged behind the service's back: what was looked at is what is taken, and what was answered stays.

use std::fs::{self, File};

use crate::padan::Padan;
use crate::party::{Packing, names};
use crate::sheets;
use crate::tools::{run, wait_for};
use crate::writer::Writer;

/// A service that looks often, tells soon what is missing, and gives up late.
fn patient() -> Padan {
    let padan = Padan::new();
    padan.configure(&[("rescan", "1s"), ("settle", "1s")]);
    padan.serve();
    padan
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_writer_under_another_name_keeps_what_it_is_renamed_to_from_being_claimed() {
    let padan = patient();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    for (sequence, right) in [(1, false), (2, true)] {
        let stem = bkn.prepare("pns", "full", sequence, &sheets::pns(300));
        let name = format!("{stem}.csv.age");
        let signed = fs::read(bkn.out().join(&name)).unwrap();
        // All of it but the signature is there; the data file gives way to one that somebody still writes.
        bkn.put(&name);
        bkn.put(&format!("{stem}.sha256"));
        let mut writer = Writer::begin(&padan, &bkn, "inbox/x.part");
        // It looks right, for now.
        writer.write(&signed);
        bkn.sftp(&format!("rename inbox/x.part inbox/{name}"));
        bkn.put(&format!("{stem}.sha256.sig"));
        // Passes go by: another delivery is answered by one.
        bkn.deliver("keluarga", sequence, &sheets::keluarga(3));
        assert!(
            bkn.inbox().join(&name).is_file(),
            "claimed under its writer"
        );
        assert!(
            padan
                .ledger("SELECT stem FROM deliveries")
                .iter()
                .all(|known| *known != stem)
        );

        // Then it is judged by what it holds.
        if !right {
            writer.write(b"and what nobody signed");
        }
        writer.end();
        if right {
            assert_eq!(bkn.receipt(&stem).accepted().file(0)["accepted"], 300);
            assert_eq!(bpjs.response("pns", "bkn", 2).changes().rows.len(), 300);
        } else {
            assert_eq!(bkn.note(&stem).code(), "CHECKSUM_MISMATCH");
            assert!(bpjs.outbox().iter().all(|name| !name.contains("_pns_")));
            bkn.sftp(&format!("rm inbox/{stem}.*"));
        }
    }
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn no_client_changes_a_file_that_is_being_claimed() {
    let padan = patient();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheets::pns(10));
    let name = format!("{stem}.csv.age");
    bkn.put(&name);
    bkn.write("x.part", b"not signed");
    bkn.put("x.part");
    // As a claim holds it.
    let claim = File::open(bkn.inbox().join(&name)).unwrap();
    claim.lock().unwrap();
    for attack in [
        format!("rename inbox/x.part inbox/{name}"),
        format!("rename inbox/{name} inbox/y.part"),
        format!("put x.part inbox/{name}"),
        format!("reput x.part inbox/{name}"),
        format!("rm inbox/{name}"),
    ] {
        let output = run(bkn.out(), "sftp", crate::party::SFTP, attack.as_bytes());
        assert!(!output.status.success(), "{attack}");
        assert_eq!(names(&bkn.inbox()), [name.as_str(), "x.part"], "{attack}");
        let there = fs::read(bkn.inbox().join(&name)).unwrap();
        assert!(
            there == fs::read(bkn.out().join(&name)).unwrap(),
            "{attack}"
        );
    }
    drop(claim);
    bkn.put(&format!("{stem}.sha256*"));
    bkn.receipt(&stem).accepted();
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn other_data_under_an_answered_manifest_is_turned_away() {
    let padan = Padan::impatient();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let stem = bkn.send("pns", 1, &sheets::pns(10));
    let answered = bkn.receipt(&stem).accepted();
    bpjs.deliver("peserta_pns", 1, &sheets::peserta_pns(10));
    let outboxes = || [bkn.outbox(), bpjs.outbox()];
    let before = outboxes();

    let file = bkn.encrypt(
        &format!("{stem}.csv"),
        &sheets::pns(11).csv(),
        Packing::Plain,
    );
    bkn.put(&format!("{stem}.*"));
    let id = answered.json["delivery"].as_str().unwrap();
    let beside = format!("{stem}.{}", &id[..12]);
    assert_eq!(bkn.receipt(&beside).code(), "CHECKSUM_MISMATCH");
    assert_eq!(bkn.receipt(&stem).accepted().json, answered.json);
    assert_eq!(bkn.receipt(&stem).text, answered.text);
    wait_for(
        || names(&bkn.inbox()).is_empty().then_some(()),
        || padan.tree().join("\n"),
    );
    // Both ciphertexts are kept.
    let kept: Vec<_> = padan
        .tree()
        .into_iter()
        .filter(|path| path.starts_with("archive/bkn/") && path.ends_with(&file))
        .map(|path| fs::read(padan.data().join(path)).unwrap())
        .collect();
    assert_eq!(kept.len(), 2);
    assert!(kept.contains(&fs::read(bkn.out().join(&file)).unwrap()));
    assert_eq!(outboxes(), before, "nothing is handed out again");
    assert_eq!(
        padan.ledger("SELECT state, attempt FROM deliveries WHERE party = 'bkn'"),
        ["answered|1"]
    );
    let story = padan.show(&stem);
    assert!(story.contains("turned away: CHECKSUM_MISMATCH"), "{story}");

    // What was answered can still be run again.
    let output = padan.rerun(&[&stem, "--reason", "to be sure"]);
    assert!(output.status.success(), "{output:?}");
    bkn.deliver("pns", 2, &sheets::pns(10));
    assert!(bpjs.response("pns", "bkn", 2).changes().rows.is_empty());
}
