//! Several processes at one ledger, and processes that are killed.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::thread;

use padan::ledger::{Begun, Delivery, Ledger, NewDelivery, Outcome, SqliteLedger, Stage, State};
use tokio::runtime::Runtime;

use crate::place::{
    Folder, Place, at, delivery, done, golongan, inputs, outcome, part, pns, published, story,
};

/// Tells a child which file, which first sequence and how many deliveries.
const TASK: &str = "PADAN_TEST_LEDGER_TASK";

/// Not a test: what the children of the tests below do. It says on stdout which sequences are answered.
#[test]
fn child() {
    let Ok(task) = env::var(TASK) else { return };
    let mut words = task.split(' ');
    let mut next = || words.next().unwrap();
    let runtime = Runtime::new().unwrap();
    let ledger = SqliteLedger::open(Path::new(next()), runtime.handle().clone()).unwrap();
    let first: u32 = next().parse().unwrap();
    let most: u32 = next().parse().unwrap();
    for sequence in first..first + most {
        answer(&ledger, &delivery("bkn", sequence), sequence);
        println!("\nanswered {sequence}");
    }
}

/// The way of a delivery, from wherever it was left.
fn answer(ledger: &SqliteLedger, new: &NewDelivery, sequence: u32) {
    let id = new.id;
    if ledger.begin(new).unwrap() == Begun::Answered {
        return;
    }
    ledger.claimed(&id, at(1)).unwrap();
    ledger.set_parts(&id, &[part(sequence)]).unwrap();
    ledger.ingested(&id, &pns(), &outcome("rows")).unwrap();
    let previous = ledger.state_of(&golongan()).unwrap();
    ledger.set_inputs(&id, &pns(), &inputs(previous)).unwrap();
    let files = [published("perubahan.csv"), published("ringkasan.txt")];
    ledger.prepared(&id, &files, at(2)).unwrap();
    ledger.close(&id, &done(&id), &[golongan()]).unwrap();
}

fn spawn(place: &Folder, first: u32, most: u32) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "processes::child", "--nocapture"])
        .env(TASK, format!("{} {first} {most}", place.file().display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn processes_that_start_together_share_one_ledger() {
    let place = Folder::new();
    let children: Vec<Child> = (0..4).map(|n| spawn(&place, 1 + 100 * n, 25)).collect();
    for child in children {
        let said = child.wait_with_output().unwrap();
        assert!(said.status.success());
    }
    let ledger = place.open().unwrap();
    assert_eq!(ledger.counts(None).unwrap().answered, 100);
    for delivery in ledger.recent(None, 1000).unwrap() {
        consistent(&ledger, &delivery);
    }
    // Each state was written upon the newest one, whoever wrote that.
    let newest = ledger.state_of(&golongan()).unwrap();
    assert!(newest.is_some());
    assert_eq!(place.problems(), 0);
}

#[test]
fn whoever_comes_first_makes_the_ledger() {
    for _ in 0..3 {
        let place = Folder::new();
        let together = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    place.open().unwrap().counts(None).unwrap();
                });
            }
        });
        let mut names: Vec<_> = fs::read_dir(place.file().parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.retain(|name| !name.to_string_lossy().starts_with("ledger.db"));
        assert!(names.is_empty(), "left over: {names:?}");
    }
}

#[test]
fn a_reader_is_not_disturbed_by_writers() {
    let place = Place::new();
    let reader = place.reader();
    let mut child = spawn(&place, 1, 50);
    let mut seen = 0;
    while child.try_wait().unwrap().is_none() {
        let deliveries = reader.recent(None, 1000).unwrap();
        assert!(deliveries.len() >= seen);
        seen = deliveries.len();
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(reader.counts(None).unwrap().answered, 50);
}

#[test]
fn a_killed_process_leaves_one_story() {
    let place = Folder::new();
    let mut first = 1;
    for round in 0..12 {
        let mut child = spawn(&place, first, 1_000_000);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let answered: Vec<u32> = lines
            .map(Result::unwrap)
            .filter_map(|line| line.strip_prefix("answered ")?.parse().ok())
            .take(1 + round % 3)
            .collect();
        child.kill().unwrap();
        child.wait().unwrap();

        let ledger = place.open().unwrap();
        assert_eq!(place.problems(), 0);
        for sequence in &answered {
            let id = delivery("bkn", *sequence).id;
            let found = ledger.delivery(&id).unwrap().unwrap();
            assert_eq!(found.state, State::Answered, "what was said is kept");
        }
        for found in ledger.recent(None, 1000).unwrap() {
            consistent(&ledger, &found);
        }
        assert!(ledger.open().unwrap().len() <= 1);
        // The interrupted one is the first of the next round.
        first = 1 + u32::try_from(ledger.counts(None).unwrap().answered).unwrap();
    }
    let ledger = place.open().unwrap();
    answer(&ledger, &delivery("bkn", first), first);
    assert!(ledger.open().unwrap().is_empty());
}

/// State, events, parts and published entries tell the same.
fn consistent(ledger: &SqliteLedger, found: &Delivery) {
    let begun = (Stage::Claim, Outcome::Begun);
    let claimed = (Stage::Claim, Outcome::Done);
    let answered = (Stage::Respond, Outcome::Done);
    let told = story(ledger, &found.id);
    let published = ledger.published(&found.id).unwrap();
    match found.state {
        State::Claiming => assert_eq!(told, [begun]),
        State::Open => assert_eq!(told, [begun, claimed]),
        State::Answered => {
            assert_eq!(told, [begun, claimed, answered]);
            assert_eq!(published.len(), 2);
            assert_eq!(found.parts[0].outcome, Some(outcome("rows")));
            assert!(ledger.inputs(&found.id, &pns()).unwrap().is_some());
        }
        State::Rejected => panic!("nobody rejected it"),
    }
    assert_eq!(found.files.len(), 3);
    assert_eq!(found.attempt, 1);
    if !published.is_empty() {
        assert_eq!(published.len(), 2, "all or nothing");
    }
}
