//! Trouble with one delivery or one party holds up no other.

use std::fs;

use crate::kills::scene::killed_at;
use crate::padan::Padan;
use crate::party::names;
use crate::sheets;

/// BKN's delivery in the inbox folder `november`, its claim killed between two of its files.
fn claiming() -> (Padan, String) {
    let padan = Padan::new();
    padan.poll();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheets::pns(10));
    bkn.drop_locally(&stem);
    let november = bkn.inbox().join("november");
    fs::create_dir(&november).unwrap();
    for name in names(&bkn.inbox()) {
        if name.starts_with(&stem) {
            fs::rename(bkn.inbox().join(&name), november.join(&name)).unwrap();
        }
    }
    assert!(killed_at(&padan, &["poll".to_owned()], "renameat2", 2));
    assert_eq!(
        padan.ledger("SELECT state FROM deliveries"),
        ["claiming"],
        "{:#?}",
        padan.tree()
    );
    (padan, stem)
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn a_claim_that_cannot_end_holds_up_nobody_else() {
    let (padan, stem) = claiming();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let staged = padan.data().join("staging");
    let id = padan.ledger("SELECT id FROM deliveries").remove(0);
    fs::rename(staged.join(&id), padan.path("tmp/aside")).unwrap();
    fs::write(staged.join(&id), "in the way").unwrap();

    let theirs = bpjs.prepare("peserta_pns", "full", 1, &sheets::peserta_pns(10));
    bpjs.drop_locally(&theirs);
    let family = bkn.prepare("keluarga", "full", 1, &sheets::keluarga(4));
    bkn.drop_locally(&family);
    let output = padan.command("poll").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "a fault is told: {output:?}");
    bpjs.receipt(&theirs).accepted();
    bkn.receipt(&family).accepted();
    assert!(!bkn.receipts().join(format!("{stem}.txt")).exists());

    fs::remove_file(staged.join(&id)).unwrap();
    fs::rename(padan.path("tmp/aside"), staged.join(&id)).unwrap();
    padan.poll();
    bkn.receipt(&stem).accepted();
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn a_claim_is_given_back_also_where_its_folder_became_a_file() {
    let (padan, stem) = claiming();
    let bkn = padan.party("bkn");
    let november = bkn.inbox().join("november");
    for name in names(&november) {
        fs::rename(november.join(&name), bkn.inbox().join(&name)).unwrap();
    }
    fs::remove_dir(&november).unwrap();
    fs::write(&november, "a file now").unwrap();
    padan.poll();
    bkn.receipt(&stem).accepted();
    assert_eq!(names(&bkn.inbox()), ["november"]);
}
