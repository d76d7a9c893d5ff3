//! SIGKILL at every step of the way, then a restart: the answer appears once and complete, and the ledger tells one
//! story.
//!
//! `strace` kills `padan poll` just before its n-th call of one kind, for every kind that changes what lies on the
//! disk and for n = 1, 2, … until a run gets through. What lies there between two such calls is the same whenever the
//! process dies, so this is every state that a death can leave.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use crate::answers::{Receipt, Response};
use crate::padan::{BINARY, Padan};
use crate::party::names;
use crate::sheets;
use crate::tools::wait_for;

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
    ("mkdir", 2),
    ("pwrite64", 4),
    ("write", 12),
    ("copy_file_range", 2),
    ("ftruncate", 1),
];

/// An exchange with something in an inbox, and what must come of it.
struct Scene {
    padan: Padan,
    /// Every path below the data folder after an undisturbed run.
    tree: Vec<String>,
    judge: fn(&Padan),
    /// Whether what was half done in the inbox counts as done only when nothing has changed for `settle`.
    settles: bool,
}

impl Scene {
    fn new(padan: Padan, judge: fn(&Padan)) -> Self {
        let undisturbed = padan.copy();
        undisturbed.poll();
        judge(&undisturbed);
        Self {
            tree: quiet_tree(&undisturbed),
            padan,
            judge,
            settles: false,
        }
    }

    fn settling(self) -> Self {
        self.padan.configure(&[("settle", "1s")]);
        Self {
            settles: true,
            ..self
        }
    }

    /// Kills and restarts at all chosen calls; returns how many times.
    fn play(&self, calls: &[(&str, usize)]) -> usize {
        calls
            .iter()
            .map(|(call, step)| self.play_one(call, *step))
            .sum()
    }

    fn play_one(&self, call: &str, step: usize) -> usize {
        for kills in 0.. {
            let padan = self.padan.copy();
            let n = 1 + kills * step;
            if !killed_at(&padan, call, n) {
                return kills;
            }
            let place = format!("killed at {call} number {n}");
            padan.poll();
            if self.settles {
                let settled = || {
                    padan.poll();
                    self.differs(&padan).is_empty().then_some(())
                };
                wait_for(settled, || format!("{place}: {:#?}", self.differs(&padan)));
            }
            assert_eq!(self.differs(&padan), Vec::<String>::new(), "{place}");
            let outcome = std::panic::catch_unwind(|| (self.judge)(&padan));
            assert!(outcome.is_ok(), "{place}");
        }
        unreachable!()
    }
}

impl Scene {
    /// Paths that are missing or too many, compared with an undisturbed run.
    fn differs(&self, padan: &Padan) -> Vec<String> {
        let tree = quiet_tree(padan);
        let only = |sign: &str, these: &[String], those: &[String]| -> Vec<String> {
            let these = these.iter().filter(|path| !those.contains(path));
            these.map(|path| format!("{sign} {path}")).collect()
        };
        [only("-", &self.tree, &tree), only("+", &tree, &self.tree)].concat()
    }
}

/// Runs `padan poll` until its `n`-th call of this kind in one thread; false if it got through.
fn killed_at(padan: &Padan, call: &str, n: usize) -> bool {
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("trace={call}"))
        .arg("-e")
        .arg(format!("inject={call}:signal=SIGKILL:when={n}"))
        .args([BINARY, "poll", "--config"])
        .arg(padan.path("padan.yaml"))
        .env("TMPDIR", padan.path("tmp"))
        .output()
        .unwrap();
    let killed = output.status.signal() == Some(9);
    assert!(killed || output.status.success(), "{output:?}");
    killed
}

/// What lies below the data folder, without the side files of SQLite.
fn quiet_tree(padan: &Padan) -> Vec<String> {
    let mut tree = padan.tree();
    tree.retain(|path| !path.starts_with("ledger.db-"));
    tree
}

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

/// BPJS's data is there; BKN's delivery waits in the inbox.
fn with_a_delivery(sheet: &sheets::Sheet) -> Padan {
    let padan = Padan::new();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let stem = bpjs.prepare("peserta_pns", "full", 1, &sheets::peserta_pns(19));
    bpjs.drop_locally(&stem);
    padan.poll();
    let stem = bkn.prepare("pns", "full", 1, sheet);
    bkn.drop_locally(&stem);
    padan
}

fn to_be_answered() -> Scene {
    // One row is refused, so that the list of rows is made, too.
    Scene::new(
        with_a_delivery(&sheets::pns(40).set(5, "nik", "salah")),
        |padan| {
            let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
            let receipt = Receipt::read(&bkn, &bkn.stem("pns", "full", 1)).accepted();
            assert_eq!(receipt.rows().pick("kode"), ["NIK_BENTUK"]);
            for (party, files) in [(&bkn, 3), (&bpjs, 4)] {
                let folder = party
                    .outbox()
                    .into_iter()
                    .find(|name| name.contains("_pns_bkn_"));
                let response =
                    Response::read(party, &party.root().join("outbox").join(folder.unwrap()));
                assert_eq!(response.names().len(), files);
                assert_eq!(response.differences("kepesertaan").rows.len(), 22);
            }
            let story = story(padan);
            for once in ["claim begun", "claim done", "respond done"] {
                assert_eq!(count(&story, once), 1, "{once}: {story:?}");
            }
            assert_eq!(story.last().unwrap(), "respond done");
            assert_eq!(
                padan.ledger("SELECT state FROM deliveries WHERE party = 'bkn'"),
                ["answered"]
            );
            assert!(
                story
                    .iter()
                    .all(|e| e.ends_with("begun") || e.ends_with("done")),
                "{story:?}"
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
        let story = story(padan);
        for once in ["claim begun", "claim done", "ingest rejected"] {
            assert_eq!(count(&story, once), 1, "{once}: {story:?}");
        }
        assert_eq!(story.last().unwrap(), "ingest rejected");
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
        std::fs::remove_file(bkn.receipts().join(name)).unwrap();
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
        std::fs::copy(bkn.out().join(&name), bpjs.inbox().join(&name)).unwrap();
    }
    Scene::new(padan, |padan| {
        let bpjs = padan.party("bpjs");
        let receipt = Receipt::read(&bpjs, &padan.party("bkn").stem("pns", "full", 1));
        assert_eq!(receipt.code(), "NAME_NOT_SENDER");
    })
    .settling()
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_at_any_rename_it_is_answered_once() {
    assert!(to_be_answered().play(RENAMES) > 15);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_at_any_sync_it_is_answered_once() {
    assert!(to_be_answered().play(SYNCS) > 40);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_while_writing_it_is_answered_once() {
    assert!(to_be_answered().play(REST) > 30);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn killed_at_any_rename_or_sync_it_is_refused_once() {
    let scene = to_be_refused();
    assert!(scene.play(RENAMES) > 8);
    assert!(scene.play(SYNCS) > 20);
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
