//! What broken uploads leave behind is shown, never claimed, and removed with a note when it has rested long enough.

use std::fs;

use crate::padan::Padan;
use crate::party::{Packing, Party, names};
use crate::sheets;
use crate::tools::wait_for;
use crate::writer::Writer;

/// A service that tells soon what is missing, and clears away soon.
fn tidy() -> Padan {
    let padan = Padan::new();
    padan.configure(&[("rescan", "1s"), ("settle", "1s"), ("leftovers", "3s")]);
    padan.serve();
    padan
}

fn wait_until_gone(padan: &Padan, party: &Party, name: &str) {
    wait_for(
        || (!party.inbox().join(name).exists()).then_some(()),
        || format!("{name} goes\n{}", padan.log()),
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn what_is_left_behind_goes_and_its_sender_is_told() {
    let padan = tidy();
    let bkn = padan.party("bkn");
    let left = [
        (
            "bkn_pns_full_2026-11-22_0001.csv.age.filepart",
            "bkn_pns_full_2026-11-22_0001.csv.age.filepart",
        ),
        ("data.part", "data.part"),
        ("data.1f2e3d4c.partial", "data.1f2e3d4c.partial"),
        // A note that begins with a dot would be hidden.
        (".hidden", "hidden"),
        ("nothing.csv.age", "nothing.csv.age"),
    ];
    for (name, _) in left {
        let content: &[u8] = if name == "nothing.csv.age" {
            b""
        } else {
            b"age-encryption.org/v1\n"
        };
        bkn.write(name, content);
    }
    bkn.write("whole.csv.age", b"age-encryption.org/v1\n");
    let puts: Vec<_> = left
        .iter()
        .map(|(name, _)| format!("put {name} inbox/"))
        .collect();
    let listed = bkn.sftp(&format!(
        "mkdir inbox/below\nput data.part inbox/below/other.part\nput whole.csv.age inbox/\n{}\nls -a1 inbox",
        puts.join("\n")
    ));
    for (name, _) in left {
        assert!(listed.contains(name), "{name}: {listed}");
    }

    for (name, note) in left {
        wait_until_gone(&padan, &bkn, name);
        let told = bkn.receipt(&format!("{note}.sisa"));
        assert_eq!(told.code(), "LEFT_OVER", "{name}");
        assert!(told.text.contains("unggah lagi"), "{}", told.text);
        assert!(told.text.contains("upload it again"), "{}", told.text);
    }
    wait_until_gone(&padan, &bkn, "below/other.part");
    // A file with something in it, under a final name, is its owner's to remove.
    assert_eq!(bkn.note_about("whole.csv.age").code(), "INCOMPLETE");
    assert_eq!(names(&bkn.inbox()), ["below", "whole.csv.age"]);
    // What was told of the empty one before is no longer true.
    wait_for(
        || {
            let notes = names(&bkn.receipts());
            let of_empty = |note: &&String| note.starts_with("nothing.csv.age.berkas");
            notes.iter().find(of_empty).is_none().then_some(())
        },
        || names(&bkn.receipts()).join("\n"),
    );
    wait_for(
        // Only that of `whole.csv.age`, whose name follows no rule and is not kept.
        || {
            (padan.ledger("SELECT count(*) FROM waiting WHERE place LIKE '(masked %'") == ["1"])
                .then_some(())
        },
        || padan.ledger("SELECT place FROM waiting").join("\n"),
    );
    let removed = padan
        .log()
        .matches("a file was removed from an inbox")
        .count();
    assert_eq!(removed, left.len() + 1, "{}", padan.log());
    assert!(!padan.log().contains("ERROR"), "{}", padan.log());
    assert!(!padan.log().contains("hidden"), "{}", padan.log());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn what_is_being_written_stays_however_long_it_takes() {
    let padan = tidy();
    let bkn = padan.party("bkn");
    let mut writer = Writer::begin(&padan, &bkn, "inbox/slow.part");
    writer.write(b"half");
    bkn.write("witness.part", b"half");
    // The second goes in a later pass than the first, which began to rest after the slow one did.
    for _ in 0..2 {
        bkn.put("witness.part");
        wait_until_gone(&padan, &bkn, "witness.part");
    }
    assert_eq!(names(&bkn.inbox()), ["slow.part"]);
    assert!(!bkn.receipts().join("slow.part.sisa.txt").exists());
    writer.end();
    wait_until_gone(&padan, &bkn, "slow.part");
    assert_eq!(bkn.receipt("slow.part.sisa").code(), "LEFT_OVER");
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn the_rest_is_remembered_and_begins_anew_with_each_change() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    let left = bkn.inbox().join("x.part");
    padan.poll();
    fs::write(&left, "half").unwrap();
    padan.poll();
    let backdate = || {
        padan.write_ledger("UPDATE waiting SET since = '2021-01-15T00:00:00.000000000Z'");
    };
    backdate();
    fs::write(&left, "half and more").unwrap();
    padan.poll();
    assert!(left.is_file(), "its writer went on");
    backdate();
    // Another file of the same name and size.
    let other = bkn.inbox().join("y.part");
    fs::write(&other, "half and MORE").unwrap();
    fs::rename(&other, &left).unwrap();
    padan.poll();
    assert!(left.is_file(), "it is another file");
    backdate();
    let said = padan.poll();
    assert!(said.contains("13 bytes"), "{said}");
    assert!(!left.exists());
    let told = bkn.receipt("x.part.sisa");
    assert_eq!(told.code(), "LEFT_OVER");
    assert!(told.text.contains("2021-01-15"), "{}", told.text);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_manifest_claims_no_unfinished_file_whatever_it_lists() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let stem = bkn.stem("pns", "full", 1);
    let sheet = sheets::pns(5);
    let file = bkn.encrypt(&format!("{stem}.csv"), &sheet.csv(), Packing::Plain);
    let left = [format!("{file}.filepart"), format!(".{file}")];
    for name in &left {
        fs::copy(bkn.out().join(&file), bkn.out().join(name)).unwrap();
    }
    let listed: Vec<&str> = left.iter().map(String::as_str).collect();
    bkn.sum_and_sign(&stem, &listed);
    for name in &left {
        bkn.put(name);
    }
    bkn.put(&format!("{stem}.sha256*"));
    assert_eq!(bkn.receipt(&stem).code(), "NAME_FORMAT");
    let mut expected = left.to_vec();
    expected.sort();
    assert_eq!(names(&bkn.inbox()), expected);
}
