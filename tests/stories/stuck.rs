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

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn a_claim_is_not_given_back_over_what_came_meanwhile() {
    let (padan, stem) = claiming();
    let bkn = padan.party("bkn");
    let name = format!("{stem}.csv.age");
    let newer = bkn.inbox().join("november").join(&name);
    assert!(!newer.exists(), "the data file was moved first");
    // There, and in the inbox itself, where it would be laid otherwise.
    let both = [newer.clone(), bkn.inbox().join(&name)];
    for path in &both {
        fs::write(path, "newer").unwrap();
    }
    padan.poll();
    for path in &both {
        assert_eq!(fs::read_to_string(path).unwrap(), "newer");
    }
    let sent = fs::read(bkn.out().join(&name)).unwrap();
    let kept: Vec<_> = padan
        .tree()
        .into_iter()
        .filter(|path| path.starts_with("archive/bkn/") && path.ends_with(&name))
        .collect();
    assert_eq!(kept.len(), 1, "{:#?}", padan.tree());
    assert!(fs::read(padan.data().join(&kept[0])).unwrap() == sent);

    fs::write(&newer, sent).unwrap();
    padan.poll();
    bkn.receipt(&stem).accepted();
}

/// Who polls by a timer hears of it each time, until it is mended.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn a_delivery_that_waits_after_a_fault_is_told_by_every_poll() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    assert_eq!(padan.poll(), "nothing complete in the inboxes\n");
    let snapshots = padan.data().join("snapshots/bkn/pns");
    fs::create_dir_all(snapshots.parent().unwrap()).unwrap();
    fs::write(&snapshots, "in the way").unwrap();
    let stems = [1, 2].map(|sequence| {
        let stem = bkn.prepare("pns", "full", sequence, &sheets::pns(4));
        bkn.drop_locally(&stem);
        stem
    });
    let poll = || {
        let output = padan.command("poll").output().unwrap();
        let [said, why] =
            [output.stdout, output.stderr].map(|told| String::from_utf8(told).unwrap());
        (output.status.code(), said, why)
    };
    let (code, said, _) = poll();
    assert_eq!(code, Some(3));
    assert!(said.contains(&format!("{}  fault: ", stems[0])), "{said}");
    // Far from due.
    padan.write_ledger("UPDATE deliveries SET retry_at = '2099-01-01T00:00:00.000000000Z' WHERE retry_at IS NOT NULL");
    let (code, said, why) = poll();
    assert_eq!(code, Some(3), "{why}");
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    let waits = format!(
        "{}  waits after a fault until 2099-01-01 07:00:00",
        stems[0]
    );
    assert!(lines[0].ends_with(&waits), "{said}");
    let behind = format!("{}  waits behind another one of its datasets", stems[1]);
    assert!(lines[1].ends_with(&behind), "{said}");
    assert!(
        why.contains("waiting after a fault: 2, the first until 2099-01-01 07:00:00"),
        "{why}"
    );

    fs::remove_file(&snapshots).unwrap();
    let tried = padan.rerun(&[&stems[0], "--reason", "mended"]);
    assert!(tried.status.success(), "{tried:?}");
    padan.poll();
    bkn.receipt(&stems[1]).accepted();
}
