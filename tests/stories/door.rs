//! What happens at the door of the real service is in its ledger, also what happened last.

use serde_json::Value;

use crate::padan::Padan;
use crate::party::Party;
use crate::sheets;
use crate::tools::{succeed, wait_for};

fn events(padan: &Padan, rest: &[&str]) -> Vec<Value> {
    let output = padan.command("events").arg("--json").args(rest).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let Value::Array(mut events) = serde_json::from_slice(&output.stdout).unwrap() else {
        panic!("no list");
    };
    events.reverse();
    events
}

/// The words of the events of one party, oldest first.
fn words(padan: &Padan, party: &Party) -> Vec<String> {
    let events = events(padan, &["--party", party.id]);
    let word = |event: &Value| event["event"].as_str().unwrap().to_owned();
    events.iter().map(word).collect()
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn what_happened_at_the_door_is_in_the_ledger() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let sheet = sheets::pns(20);
    let stem = bkn.prepare("pns", "full", 1, &sheet);
    let file = format!("{stem}.csv.age");
    bkn.write("siti.csv", b"");
    bkn.sftp(&format!(
        "put {file} inbox/{file}.filepart\nrename inbox/{file}.filepart inbox/{file}\n\
         put {stem}.sha256 inbox/\n-put siti.csv outbox/"
    ));
    // In the ledger before long, while the service runs.
    let all = ["login", "upload", "renamed", "upload", "denied", "ended"];
    wait_for(
        || (words(&padan, &bkn) == all).then_some(()),
        || format!("{:?}\n{}", words(&padan, &bkn), padan.log()),
    );
    let told = events(&padan, &["--party", "bkn"]);
    let sum = succeed(bkn.out(), "sha256sum", [&file], b"");
    let sum = String::from_utf8(sum).unwrap();
    let upload = &told[1];
    assert_eq!(upload["file"], format!("inbox/{file}.filepart"));
    assert!(
        sum.starts_with(upload["sha256"].as_str().unwrap()),
        "{upload}"
    );
    assert_eq!(upload["peer"], "127.0.0.1");
    assert!(upload["client"].as_str().unwrap().starts_with("OpenSSH_"));
    assert_eq!(told[2]["to"], format!("inbox/{file}"));
    assert_eq!(told[4]["file"], "outbox/(masked 4).csv");

    // And what happened just before the end.
    bkn.sftp("mkdir inbox/siti");
    padan.stop();
    let told = events(&padan, &["--limit", "2"]);
    assert_eq!(told[0]["event"], "folder_made");
    assert_eq!(told[0]["file"], "inbox/(masked 4)");
    assert_eq!(told[1]["event"], "ended");
    assert!(!padan.log().contains("siti"), "{}", padan.log());
    padan.assert_nowhere(&sheet.secrets());

    // For as long as answered deliveries are kept.
    padan.write_ledger(
        "INSERT INTO door_events (number, at, event) VALUES (-1, '2021-01-15T00:00:00Z', 'old')",
    );
    assert_eq!(events(&padan, &[])[0]["event"], "old");
    padan.poll();
    assert_eq!(events(&padan, &[])[0]["event"], "login");
}
