//! Notes about what makes no delivery: they come and go, and never stand in the place of a verdict.

use std::fs;

use crate::padan::Padan;
use crate::party::{Packing, names};
use crate::sheets;
use crate::tools::wait_for;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_note_never_stands_over_an_accepted_receipt() {
    let padan = Padan::new();
    padan.configure(&[("rescan", "1s"), ("settle", "1s")]);
    padan.serve();
    let bkn = padan.party("bkn");
    let stem = bkn.send("pns", 1, &sheets::pns(10));
    let accepted = bkn.receipt(&stem).accepted();

    // Another manifest of the same name, without its data.
    let file = bkn.encrypt(
        &format!("{stem}.csv"),
        &sheets::pns(9).csv(),
        Packing::Plain,
    );
    bkn.sum_and_sign(&stem, &[&file]);
    bkn.put(&format!("{stem}.sha256*"));
    let beside = || {
        let receipts = names(&bkn.receipts());
        let is_it = |name: &&String| {
            name.starts_with(&format!("{stem}.")) && name.matches('.').count() == 2
        };
        receipts
            .iter()
            .filter(is_it)
            .find_map(|name| name.strip_suffix(".txt").map(str::to_owned))
    };
    let name = wait_for(beside, || padan.tree().join("\n"));
    let note = bkn.note(&name);
    assert_eq!(note.code(), "INCOMPLETE");
    assert_ne!(note.json["delivery"], accepted.json["delivery"]);
    let now = bkn.receipt(&stem).accepted();
    assert_eq!((now.json, now.text), (accepted.json, accepted.text));
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_note_about_a_lonely_file_goes_when_it_is_lonely_no_more() {
    let padan = Padan::new();
    padan.configure(&[("rescan", "1s"), ("settle", "1s")]);
    padan.serve();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheets::pns(10));
    let file = format!("{stem}.csv.age");
    bkn.put(&file);
    assert_eq!(bkn.note_about(&file).code(), "INCOMPLETE");
    bkn.put(&format!("{stem}.sha256*"));
    bkn.receipt(&stem).accepted();
    let verdict = [".json", ".json.sig", ".txt"].map(|ending| format!("{stem}{ending}"));
    wait_for(
        || (names(&bkn.receipts()) == verdict).then_some(()),
        || names(&bkn.receipts()).join("\n"),
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_rows_of_a_refused_attempt_go_when_the_next_is_accepted() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let stem = bkn.send("pns", 1, &sheets::pns(4).set(0, "nik", "salah"));
    assert_eq!(bkn.receipt(&stem).code(), "ROWS_REFUSED");
    let rows = bkn.receipts().join(format!("{stem}.rows.csv.age"));
    assert!(rows.is_file());
    bkn.send("pns", 1, &sheets::pns(4));
    let page = bkn.receipts().join(format!("{stem}.txt"));
    wait_for(
        || {
            // The old page goes before the new document comes.
            fs::read_to_string(&page)
                .unwrap_or_default()
                .starts_with("DITERIMA")
                .then_some(())
        },
        || padan.log(),
    );
    assert!(bkn.receipt(&stem).accepted().json["rows_file"].is_null());
    assert!(!rows.exists());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_table_in_the_clear_is_removed_and_its_sender_told() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let sheet = sheets::pns(5);
    for (name, note) in [
        ("data.csv.filepart", Some("data.csv.filepart.berkas")),
        // A name that could hide its note is not repeated.
        (".hidden.csv", None),
        ("data.xlsx", Some("data.xlsx.berkas")),
    ] {
        bkn.write(name, &sheet.csv());
        let before = names(&bkn.receipts());
        bkn.put(name);
        wait_for(
            || (!bkn.inbox().join(name).exists()).then_some(()),
            || format!("{name}\n{}", padan.log()),
        );
        let page = names(&bkn.receipts())
            .into_iter()
            .find(|page| page.ends_with(".txt") && !before.contains(page))
            .unwrap_or_else(|| panic!("{name}: removed without a word"));
        let page = page.strip_suffix(".txt").unwrap();
        if let Some(note) = note {
            assert_eq!(page, note);
        }
        let receipt = bkn.receipt(page);
        assert_eq!(receipt.code(), "NOT_ENCRYPTED", "{name}");
        assert_eq!(receipt.json["verdict"], "DITOLAK", "{name}");
    }
    padan.assert_nowhere(&sheet.secrets());
    assert!(!padan.log().contains("ERROR"), "{}", padan.log());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_table_in_the_clear_is_not_removed_before_its_sender_can_be_told() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    // The note cannot get its name.
    let taken = bkn.receipts().join("data.csv.berkas.json/taken");
    fs::create_dir_all(&taken).unwrap();
    bkn.write("data.csv", &sheets::pns(5).csv());
    bkn.put("data.csv");
    wait_for(
        || padan.log().contains("ERROR").then_some(()),
        || padan.tree().join("\n"),
    );
    assert!(bkn.inbox().join("data.csv").is_file());
    fs::remove_dir_all(taken.parent().unwrap()).unwrap();
    assert_eq!(bkn.receipt("data.csv.berkas").code(), "NOT_ENCRYPTED");
    wait_for(
        || names(&bkn.inbox()).is_empty().then_some(()),
        || padan.log(),
    );
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn many_tables_in_the_clear_go_at_once_and_each_stands_in_a_note() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    // All are there at the first look.
    fs::create_dir_all(bkn.inbox()).unwrap();
    let mut dropped: Vec<_> = (0..300).map(|n| format!("data-{n:03}.csv")).collect();
    for name in &dropped {
        fs::write(bkn.inbox().join(name), "nip\n1\n").unwrap();
    }
    padan.serve();
    wait_for(
        || names(&bkn.inbox()).is_empty().then_some(()),
        || padan.log(),
    );

    let mut told = Vec::new();
    let mut notes = 0;
    for page in names(&bkn.receipts()) {
        let Some(name) = page.strip_suffix(".txt") else {
            continue;
        };
        notes += 1;
        let note = bkn.receipt(name);
        assert_eq!(note.code(), "NOT_ENCRYPTED", "{name}");
        match note.json["problem"]["names"].as_array() {
            Some(names) => {
                for name in names {
                    let name = name.as_str().unwrap();
                    assert!(note.text.contains(&format!("- {name}\n")), "{}", note.text);
                    told.push(name.to_owned());
                }
            }
            None => told.push(name.strip_suffix(".berkas").unwrap().to_owned()),
        }
    }
    told.sort();
    dropped.sort();
    assert_eq!(told, dropped);
    // Twenty of their own, and two that the others share.
    assert_eq!(notes, 22);
    assert!(!padan.log().contains("ERROR"), "{}", padan.log());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_ledger_does_not_learn_names_that_could_be_a_persons() {
    let padan = Padan::new();
    padan.configure(&[("rescan", "1s"), ("settle", "1s")]);
    padan.serve();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheets::pns(10));
    let name = "Siti_Rahayu_197805122006042001.age";
    fs::rename(
        bkn.out().join(format!("{stem}.csv.age")),
        bkn.out().join(name),
    )
    .unwrap();
    bkn.put(name);
    // The party itself is told by that name.
    assert_eq!(bkn.note_about(name).code(), "INCOMPLETE");
    wait_for(
        || {
            let page = fs::read_to_string(bkn.root().join("STATUS.txt")).ok()?;
            page.contains(name).then_some(())
        },
        || padan.log(),
    );
    let status = padan.command("status").output().unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("bkn (masked "), "{status}");
    assert!(!status.contains("Siti"), "{status}");
    for file in names(&padan.data()) {
        let path = padan.data().join(&file);
        if path.is_file() {
            let bytes = fs::read(path).unwrap();
            assert!(!bytes.windows(4).any(|part| part == b"Siti"), "{file}");
        }
    }
    // And the note goes with the file.
    bkn.sftp(&format!("rm inbox/{name}"));
    wait_for(
        || names(&bkn.receipts()).is_empty().then_some(()),
        || names(&bkn.receipts()).join("\n"),
    );
}
