//! What is kept is destroyed at the end of its time, and no sooner than nothing depends on it.

use std::fs;

use crate::padan::Padan;
use crate::party::{Party, names};
use crate::sheets;

/// Makes the ledger and the archive believe that a delivery came in January 2021.
fn backdate(padan: &Padan, party: &Party, stem: &str) {
    padan.write_ledger(&format!(
        "UPDATE deliveries SET received = '2021-01-15T00:00:00.000000000Z' WHERE stem = '{stem}'"
    ));
    let archive = padan.data().join("archive").join(party.id);
    let id = id(padan, stem);
    let old = archive.join("2021-01");
    fs::create_dir_all(&old).unwrap();
    for month in names(&archive) {
        let kept = archive.join(month).join(&id);
        if kept.is_dir() {
            fs::rename(kept, old.join(&id)).unwrap();
        }
    }
}

fn id(padan: &Padan, stem: &str) -> String {
    let known = padan.ledger("SELECT stem, id FROM deliveries");
    let is_it = |row: &String| row.strip_prefix(&format!("{stem}|")).map(str::to_owned);
    known.iter().find_map(is_it).unwrap()
}

fn snapshots(padan: &Padan, place: &str) -> Vec<String> {
    names(&padan.data().join("snapshots").join(place))
        .iter()
        .map(|name| name.trim_end_matches(".snap").to_owned())
        .collect()
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn what_nothing_depends_on_is_destroyed_at_the_end_of_its_time() {
    let padan = Padan::new();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let theirs = bpjs.prepare("peserta_pns", "full", 1, &sheets::peserta_pns(9));
    bpjs.drop_locally(&theirs);
    padan.poll();
    let stems: Vec<_> = [1, 2, 3]
        .into_iter()
        .map(|sequence| {
            let stem = bkn.prepare("pns", "full", sequence, &sheets::pns(10));
            bkn.drop_locally(&stem);
            padan.poll();
            stem
        })
        .collect();
    let ids: Vec<_> = stems.iter().map(|stem| id(&padan, stem)).collect();
    let lists = || {
        names(&padan.data().join("differences/kepesertaan"))
            .iter()
            .map(|name| name.trim_end_matches(".snap").to_owned())
            .collect::<Vec<_>>()
    };
    let sorted = |which: &[usize]| {
        let mut chosen: Vec<_> = which.iter().map(|n| ids[*n].clone()).collect();
        chosen.sort();
        chosen
    };
    assert_eq!(snapshots(&padan, "bkn/pns"), sorted(&[0, 1, 2]));

    // The second is too young to go, and was compared with the first.
    backdate(&padan, &bkn, &stems[0]);
    let archive = padan.data().join("archive/bkn");
    // An earlier attempt, which the ledger does not know.
    let earlier = archive.join("2021-01").join(format!("{}.1", ids[0]));
    fs::create_dir(&earlier).unwrap();
    padan.poll();
    assert!(!earlier.exists());
    assert!(archive.join("2021-01").join(&ids[0]).is_dir());
    assert_eq!(snapshots(&padan, "bkn/pns"), sorted(&[0, 1, 2]));
    assert!(!padan.show(&stems[0]).contains("destroyed"));

    // Of the first two nothing is needed by a third that is kept, but the second.
    backdate(&padan, &bkn, &stems[1]);
    padan.poll();
    assert_eq!(snapshots(&padan, "bkn/pns"), sorted(&[1, 2]));
    assert!(padan.show(&stems[0]).contains("destroyed"));
    assert!(!archive.join("2021-01").join(&ids[0]).exists());
    assert!(!padan.show(&stems[1]).contains("destroyed"));
    // And when that one is old, too, it stays alone: the next delivery is compared with it.
    backdate(&padan, &bkn, &stems[2]);
    backdate(&padan, &bpjs, &theirs);
    padan.poll();
    assert_eq!(snapshots(&padan, "bkn/pns"), sorted(&[2]));
    assert_eq!(lists(), sorted(&[2]));
    assert_eq!(
        snapshots(&padan, "bpjs/peserta_pns"),
        [id(&padan, &theirs)],
        "the newest"
    );
    assert!(padan.show(&stems[1]).contains("destroyed"));
    assert!(!padan.show(&stems[2]).contains("destroyed"));
    let kept: Vec<_> = names(&archive)
        .iter()
        .flat_map(|month| names(&archive.join(month)))
        .collect();
    assert_eq!(kept, sorted(&[2]), "ciphertext of the newest alone");
    padan.poll();
    let told = padan.ledger("SELECT count(*) FROM events WHERE outcome = 'destroyed'");
    assert_eq!(told, ["2"], "once each");

    // The same delivery again is still known.
    for name in names(&bkn.receipts()) {
        fs::remove_file(bkn.receipts().join(name)).unwrap();
    }
    // Another one's receipt under its name does not stand for it.
    let name = bkn.receipts().join(format!("{}.json", stems[0]));
    fs::write(
        name,
        format!("{{\"delivery\":\"{}\",\"verdict\":\"DITERIMA\"}}", ids[1]),
    )
    .unwrap();
    bkn.drop_locally(&stems[0]);
    padan.poll();
    let receipt = bkn.receipt(&stems[0]).accepted();
    assert_eq!(receipt.json["delivery"], ids[0]);
    assert_eq!(receipt.file(0)["accepted"], 10, "as the ledger knows it");
    assert!(names(&bkn.inbox()).is_empty());

    // And life goes on.
    let stem = bkn.prepare("pns", "full", 4, &sheets::pns(11));
    bkn.drop_locally(&stem);
    padan.poll();
    bkn.receipt(&stem).accepted();
    let response = bkn.root().parent().unwrap().join("bpjs/outbox");
    let folder = names(&response)
        .into_iter()
        .find(|name| name.ends_with("_0004"))
        .unwrap();
    let response = crate::answers::Response::read(&bpjs, &response.join(folder));
    assert_eq!(response.changes().pick("aksi"), ["TAMBAH"]);
}
