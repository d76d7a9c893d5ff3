//! What no honest client leaves in an inbox: links, pipes, folders in the place of files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{assert_helps, sheet};
use crate::padan::Padan;
use crate::sheets;
use crate::tools::{run, succeed, wait_for};

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn nothing_but_plain_files_is_taken() {
    let padan = Padan::impatient();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let inbox = bkn.inbox();
    // Where a link points to must stay unread and untouched.
    let key = padan.path("keys/service/age_identity.txt");
    let key_before = fs::read(&key).unwrap();

    // In the place of the data file.
    type Plant<'a> = &'a dyn Fn(&Path);
    let planted: [(&str, Plant<'_>); 3] = [
        ("link", &|path| symlink(&key, path).unwrap()),
        ("pipe", &|path| drop(succeed("/", "mkfifo", [path], b""))),
        ("folder", &|path| fs::create_dir(path).unwrap()),
    ];
    for (number, (what, plant)) in planted.iter().enumerate() {
        let stem = bkn.prepare("pns", "full", number as u32 + 1, &sheet());
        plant(&inbox.join(format!("{stem}.csv.age")));
        bkn.put(&format!("{stem}.sha256*"));
        let receipt = bkn.receipt(&stem);
        assert_eq!(receipt.code(), "INCOMPLETE", "{what}");
        assert_helps(&receipt);
    }

    // In the place of the manifest and of the signature.
    for (number, (what, plant)) in planted.iter().enumerate() {
        let stem = bkn.prepare("pns", "full", number as u32 + 11, &sheet());
        plant(&inbox.join(format!("{stem}.sha256.sig")));
        bkn.put(&format!("{stem}.csv.age"));
        bkn.put(&format!("{stem}.sha256"));
        let receipt = bkn.receipt(&stem);
        assert_eq!(receipt.code(), "INCOMPLETE", "{what} for a signature");
    }
    for (number, (what, plant)) in planted.iter().take(2).enumerate() {
        let stem = bkn.prepare("pns", "full", number as u32 + 21, &sheet());
        plant(&inbox.join(format!("{stem}.sha256")));
        bkn.put(&format!("{stem}.csv.age"));
        bkn.put(&format!("{stem}.sha256.sig"));
        let note = bkn.note_about(&format!("{stem}.sha256"));
        assert_eq!(note.code(), "NOT_A_FILE", "{what} for a manifest");
    }

    // Alone.
    symlink(&key, inbox.join("tautan.csv.age")).unwrap();
    symlink("/", inbox.join("akar")).unwrap();
    for name in ["tautan.csv.age", "akar"] {
        let note = bkn.note_about(name);
        assert_eq!(note.code(), "NOT_A_FILE");
        assert!(note.text.contains("no links or folders"), "{}", note.text);
    }

    assert!(padan.alive());
    bkn.deliver("pns", 99, &sheets::pns(6));
    assert_eq!(bpjs.outbox().len(), 1);
    assert_eq!(fs::read(&key).unwrap(), key_before);
    let secret = String::from_utf8(key_before)
        .unwrap()
        .lines()
        .last()
        .unwrap()
        .to_owned();
    padan.assert_nowhere(&[sheet().secrets(), vec![secret]].concat());
    assert!(!padan.log().contains("ERROR"), "{}", padan.log());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_client_cannot_make_a_link() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    bkn.write("x", b"x");
    for command in [
        "symlink /etc/passwd inbox/x",
        "symlink ../../bpjs/inbox inbox/x",
        "ln x inbox/x",
    ] {
        let output = run(bkn.out(), "sftp", crate::party::SFTP, command.as_bytes());
        assert!(!output.status.success(), "{command}");
    }
    assert!(crate::party::names(&bkn.inbox()).is_empty());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn one_file_in_two_manifests_is_answered_once() {
    let padan = Padan::impatient();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let stem = bkn.prepare("pns", "full", 1, &sheet());
    let file = format!("{stem}.csv.age");
    // The same list under another name: the same delivery. And one with a file more: another one.
    bkn.sum_and_sign("lagi", &[&file]);
    let family = format!("{}.csv", bkn.stem("keluarga", "full", 1));
    let family = bkn.encrypt(
        &family,
        &sheets::keluarga(6).csv(),
        crate::party::Packing::Plain,
    );
    bkn.sum_and_sign("lebih", &[&file, &family]);
    bkn.put("lagi.*");
    bkn.put(&format!("{stem}.*"));
    bkn.put("lebih.*");
    bkn.put(&family);
    // One of them takes the file; the other ones cannot have it.
    wait_for(
        || {
            let verdict = |stem: &str| {
                let page = fs::read_to_string(bkn.receipts().join(format!("{stem}.txt")));
                page.map_or_else(
                    |_| "",
                    |page| {
                        if page.starts_with("DIT") {
                            "verdict"
                        } else {
                            ""
                        }
                    },
                )
            };
            let one = [stem.as_str(), "lagi"]
                .into_iter()
                .any(|s| !verdict(s).is_empty());
            (one && !verdict("lebih").is_empty()).then_some(())
        },
        || padan.tree().join("\n"),
    );
    assert_eq!(bkn.receipt("lebih").code(), "INCOMPLETE");
    bpjs.response("pns", "bkn", 1);
    assert_eq!(bpjs.outbox().len(), 1);
    bkn.deliver("pns", 2, &sheets::pns(7));
}
