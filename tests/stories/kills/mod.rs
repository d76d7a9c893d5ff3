//! SIGKILL at every step of the way, then a restart: the answer appears once and complete, and the ledger tells one
//! story.
//!
//! `strace` kills `padan poll` just before its n-th call of one kind, for every kind that changes what lies on the
//! disk and for n = 1, 2, … until a run gets through. What lies there between two such calls is the same whenever the
//! process dies, so this is every state that a death can leave.

pub mod scene;

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::answers::{Receipt, Response};
use crate::padan::Padan;
use crate::party::{Party, names};
use crate::sheets;

use scene::{Scene, killed_at};

/// Kinds of calls, and every how manieth is tried. Renames and syncs are the commits; the others fill files or make
/// room, many of them alike.
const RENAMES: &[(&str, usize)] = &[
    ("rename", 1),
    ("renameat", 1),
    ("renameat2", 1),
    ("unlink", 1),
    ("unlinkat", 1),
];
const SYNCS: &[(&str, usize)] = &[("fsync", 1), ("fdatasync", 1)];
const REST: &[(&str, usize)] = &[
    ("mkdir", 1),
    ("pwrite64", 3),
    ("write", 12),
    ("copy_file_range", 1),
    ("ftruncate", 1),
];

/// The events of all deliveries of BKN, in order.
fn story(padan: &Padan) -> Vec<String> {
    padan.ledger(
        "SELECT e.stage || ' ' || e.outcome FROM events e JOIN deliveries d ON d.id = e.delivery \
         WHERE d.party = 'bkn' ORDER BY e.number",
    )
}

fn count(story: &[String], event: &str) -> usize {
    story.iter().filter(|e| *e == event).count()
}

/// Taken once, after claims that did not end were withdrawn; ended once; and nothing but work in between.
fn assert_one_story(padan: &Padan, end: &str) {
    let story = story(padan);
    let withdrawn = count(&story, "claim withdrawn");
    assert!(withdrawn <= 1, "{story:?}");
    assert_eq!(count(&story, "claim begun"), 1 + withdrawn, "{story:?}");
    assert_eq!(count(&story, "claim done"), 1, "{story:?}");
    assert_eq!(count(&story, end), 1, "{story:?}");
    let (last, before) = story.split_last().unwrap();
    assert_eq!(last, end, "{story:?}");
    let quiet = |e: &String| e.starts_with("claim ") || e.ends_with(" done");
    assert!(before.iter().all(quiet), "{story:?}");
}

/// BPJS's data is there; BKN's delivery waits in the inbox.
fn with_a_delivery(sheet: &sheets::Sheet) -> Padan {
    let padan = Padan::new();
    padan.configure(&[("time_zone", &zone_of_noon())]);
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let stem = bpjs.prepare("peserta_pns", "full", 1, &sheets::peserta_pns(19));
    bpjs.drop_locally(&stem);
    padan.poll();
    let stem = bkn.prepare("pns", "full", 1, sheet);
    bkn.drop_locally(&stem);
    padan
}

/// Where it is about noon: run dates, which name folders, stay the same for hours.
fn zone_of_noon() -> String {
    let east = 12 - Timestamp::now().to_zoned(TimeZone::UTC).hour();
    // The names count westwards.
    format!("Etc/GMT{:+}", -east)
}

fn to_be_answered() -> Scene {
    // One row is refused, so that the list of rows is made, too.
    Scene::new(
        with_a_delivery(&sheets::pns(40).set(5, "nik", "salah")),
        |padan| {
            let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
            let receipt = Receipt::read(&bkn, &bkn.stem("pns", "full", 1)).accepted();
            assert_eq!(receipt.rows().pick("kode"), ["NIK_BENTUK"]);
            for (party, files) in [(&bkn, 7), (&bpjs, 8)] {
                let folder = party
                    .outbox()
                    .into_iter()
                    .find(|name| name.contains("_pns_bkn_"));
                let response =
                    Response::read(party, &party.root().join("outbox").join(folder.unwrap()));
                assert_eq!(response.names().len(), files);
                assert_eq!(response.differences("kepesertaan").rows.len(), 22);
            }
            assert_one_story(padan, "respond done");
            assert_eq!(
                padan.ledger("SELECT state FROM deliveries WHERE party = 'bkn'"),
                ["answered"]
            );
            assert_eq!(
                padan.ledger("SELECT count(*) FROM difference_states"),
                ["1"]
            );
        },
    )
}

fn to_be_refused() -> Scene {
    let sheet = sheets::pns(40)
        .set(5, "nik", "salah")
        .set(6, "nik", "salah")
        .set(7, "nik", "salah");
    Scene::new(with_a_delivery(&sheet), |padan| {
        let bkn = padan.party("bkn");
        let receipt = Receipt::read(&bkn, &bkn.stem("pns", "full", 1));
        assert_eq!(receipt.code(), "ROWS_REFUSED");
        assert_eq!(receipt.rows().rows.len(), 3);
        assert_one_story(padan, "ingest rejected");
        assert_eq!(
            padan.ledger("SELECT state FROM deliveries WHERE party = 'bkn'"),
            ["rejected"]
        );
    })
}

/// Answered, its receipt tidied away by its owner, and dropped again.
fn to_be_repeated() -> Scene {
    let padan = with_a_delivery(&sheets::pns(10));
    padan.poll();
    let bkn = padan.party("bkn");
    let stem = bkn.stem("pns", "full", 1);
    for name in names(&bkn.receipts()) {
        fs::remove_file(bkn.receipts().join(name)).unwrap();
    }
    bkn.drop_locally(&stem);
    Scene::new(padan, |padan| {
        let bkn = padan.party("bkn");
        Receipt::read(&bkn, &bkn.stem("pns", "full", 1)).accepted();
        let story = story(padan);
        assert_eq!(count(&story, "respond done"), 1, "{story:?}");
    })
    .settling()
}

/// BKN's answered delivery, copied into BPJS's inbox.
fn to_be_turned_away() -> Scene {
    let padan = with_a_delivery(&sheets::pns(10));
    padan.poll();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let stem = bkn.stem("pns", "full", 1);
    for ending in [".csv.age", ".sha256", ".sha256.sig"] {
        let name = format!("{stem}{ending}");
        fs::copy(bkn.out().join(&name), bpjs.inbox().join(&name)).unwrap();
    }
    Scene::new(padan, |padan| {
        let bpjs = padan.party("bpjs");
        let receipt = Receipt::read(&bpjs, &padan.party("bkn").stem("pns", "full", 1));
        assert_eq!(receipt.code(), "NAME_NOT_SENDER");
    })
    .settling()
}

/// `allowed_signers` of BKN, when its key is valid and when it is not.
fn signers(padan: &Padan) -> [String; 2] {
    let good = fs::read_to_string(signers_path(padan)).unwrap();
    let expired = good.replace("bkn namespaces", "bkn valid-before=\"20200101\",namespaces");
    [good, expired]
}

fn signers_path(padan: &Padan) -> PathBuf {
    padan.path("keys/parties/bkn/allowed_signers")
}

/// Rejected because its key was expired; now it is not.
fn to_be_rerun() -> Scene {
    let padan = with_a_delivery(&sheets::pns(10));
    let [good, expired] = signers(&padan);
    fs::write(signers_path(&padan), expired).unwrap();
    padan.poll();
    fs::write(signers_path(&padan), good).unwrap();
    let stem = padan.party("bkn").stem("pns", "full", 1);
    Scene::of(padan, &["rerun", &stem, "--reason", "extended"], |padan| {
        let bkn = padan.party("bkn");
        Receipt::read(&bkn, &bkn.stem("pns", "full", 1)).accepted();
        let story = story(padan);
        assert_eq!(count(&story, "respond done"), 1, "{story:?}");
        assert_eq!(count(&story, "verify rejected"), 1, "{story:?}");
    })
}

/// Killed while a verdict is published, and before the restart the keys are changed so that it would be another one:
/// what lies in `receipts/` and the outboxes, and what the ledger says, never contradict each other.
fn change_of_mind(refused_first: bool) {
    let template = with_a_delivery(&sheets::pns(10));
    let [good, expired] = signers(&template);
    let [first, then] = if refused_first {
        [expired, good]
    } else {
        [good, expired]
    };
    fs::write(signers_path(&template), &first).unwrap();
    for n in 1.. {
        let padan = template.copy();
        if !killed_at(&padan, &["poll".to_owned()], "rename", n) {
            assert!(n > 6);
            return;
        }
        let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
        let stem = bkn.stem("pns", "full", 1);
        fs::write(signers_path(&padan), &then).unwrap();
        padan.poll();
        let receipt = Receipt::read(&bkn, &stem);
        let answered = bpjs.outbox().iter().any(|name| name.contains("_pns_bkn_"));
        let told = receipt.json["verdict"].as_str().unwrap();
        match padan.ledger(STATES)[0].as_str() {
            "answered" => assert_eq!((told, answered), ("DITERIMA", true), "{n}"),
            "rejected" => assert_eq!((told, answered), ("DITOLAK", false), "{n}"),
            state => panic!("{n}: {state}"),
        }
    }
}

/// Promised, and killed before all of it was handed out; before the restart the agreement file is another one. The
/// promise is kept as it was made.
fn agreement_changed_in_between(sheet: &sheets::Sheet, accepted: bool) {
    let template = with_a_delivery(sheet);
    let promised = "SELECT count(*) FROM published p JOIN deliveries d ON d.id = p.delivery \
                    WHERE d.party = 'bkn' AND d.state = 'open'";
    let mut seen = 0;
    for n in 1.. {
        let padan = template.copy();
        if !killed_at(&padan, &["poll".to_owned()], "rename", n) {
            break;
        }
        if padan.ledger(promised) == ["0"] {
            continue;
        }
        seen += 1;
        let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
        let stem = bkn.stem("pns", "full", 1);
        let [id] = &padan.ledger("SELECT id FROM deliveries WHERE party = 'bkn'")[..] else {
            panic!("one delivery");
        };
        // What was handed out before the kill is whole, too.
        let handed_out = |party: &Party| {
            let found = party.outbox().into_iter();
            found
                .filter(|name| name.contains("_pns_bkn_"))
                .collect::<Vec<_>>()
        };
        let ready = padan.data().join("staging").join(id).join("work/out");
        let document = fs::read(ready.join("receipts").join(format!("{stem}.json"))).unwrap();
        let agreement = padan.path("agreement.yaml");
        let text = fs::read_to_string(&agreement).unwrap();
        fs::write(&agreement, format!("{text}# Another word.\n")).unwrap();

        padan.poll();
        let given = fs::read(bkn.receipts().join(format!("{stem}.json"))).unwrap();
        assert!(given == document, "{n}: another receipt than was promised");
        let receipt = Receipt::read(&bkn, &stem);
        for (party, answers) in [
            (&bkn, usize::from(accepted)),
            (&bpjs, usize::from(accepted)),
        ] {
            let folders = handed_out(party);
            assert_eq!(folders.len(), answers, "{n}: {folders:?}");
            for folder in folders {
                let response = Response::read(party, &party.root().join("outbox").join(folder));
                assert_eq!(
                    response.summary()["agreement"],
                    receipt.json["agreement"],
                    "{n}"
                );
            }
        }
        let (verdict, event, state) = match accepted {
            true => ("DITERIMA", "respond done", "answered"),
            false => ("DITOLAK", "ingest rejected", "rejected"),
        };
        assert_eq!(receipt.json["verdict"], verdict, "{n}");
        let story = story(&padan);
        assert_eq!(count(&story, event), 1, "{n}: {story:?}");
        assert_eq!(
            count(&story, "ingest done"),
            usize::from(accepted),
            "{n}: {story:?}"
        );
        assert_eq!(padan.ledger(STATES), [state], "{n}");
        assert!(padan.poll().contains("nothing complete"), "{n}");
    }
    assert!(seen >= 3, "{seen}");
}

const STATES: &str = "SELECT state FROM deliveries WHERE party = 'bkn'";

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn keys_changed_in_between_contradict_nothing() {
    change_of_mind(true);
    change_of_mind(false);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn an_answer_that_lies_ready_is_only_handed_out() {
    agreement_changed_in_between(&sheets::pns(10), true);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn a_refusal_that_lies_ready_is_only_handed_out() {
    agreement_changed_in_between(&sheets::pns(10).set(3, "nik", "salah"), false);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_in_a_rerun_it_is_answered_by_the_next() {
    let scene = to_be_rerun();
    assert!(scene.play(RENAMES) > 10);
    assert!(scene.play(&[("fsync", 3)]) > 5);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_at_any_rename_it_is_answered_once() {
    assert!(to_be_answered().play(RENAMES) > 10);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_at_any_sync_it_is_answered_once() {
    assert!(to_be_answered().play(SYNCS) > 20);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_while_writing_it_is_answered_once() {
    assert!(to_be_answered().play(REST) > 15);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_at_any_rename_or_sync_it_is_refused_once() {
    let scene = to_be_refused();
    assert!(scene.play(RENAMES) > 5);
    assert!(scene.play(SYNCS) > 10);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_while_repeating_the_receipt_comes_all_the_same() {
    let scene = to_be_repeated();
    scene.play(RENAMES);
    scene.play(SYNCS);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_while_turning_away_nothing_is_lost() {
    let scene = to_be_turned_away();
    scene.play(RENAMES);
    scene.play(SYNCS);
}
