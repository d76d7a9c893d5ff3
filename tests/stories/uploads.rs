//! Uploads that break off, overlap or come in another order.

use std::fs;
use std::io::Write;
use std::process::Child;

use crate::padan::Padan;
use crate::party::{Packing, Party, names};
use crate::sheets::{self, Sheet};
use crate::tools::wait_for;

/// Large enough to be caught on its way.
fn long_sheet() -> Sheet {
    sheets::pns(20_000)
}

/// A service that tells soon what is missing and gives up late.
fn patient() -> Padan {
    let padan = Padan::new();
    padan.configure(&[("rescan", "1s"), ("settle", "1s")]);
    padan.serve();
    padan
}

/// Starts a slow `put` (1 MB/s) and returns when part of the file has arrived.
fn begin_slow_put(party: &Party, file: &str, name: &str) -> Child {
    let mut command = party.sftp_command(&["-l", "8000"]);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "put {file} inbox/{name}").unwrap();
    drop(stdin);
    let target = party.inbox().join(name);
    wait_for(
        || {
            fs::metadata(&target)
                .ok()
                .filter(|meta| meta.len() > 100_000)
        },
        || format!("the beginning of {name}"),
    );
    child
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_broken_upload_is_resumed() {
    let padan = patient();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &long_sheet());
    let name = format!("{stem}.csv.age");
    bkn.put(&format!("{stem}.sha256*"));
    let mut child = begin_slow_put(&bkn, &name, &name);
    child.kill().unwrap();
    child.wait().unwrap();
    let note = bkn.note(&stem);
    // First it is not there, later not whole; a note may tell either.
    wait_for(
        || (bkn.note(&stem).code() == "CHECKSUM_MISMATCH").then_some(()),
        || note.text.clone(),
    );
    assert_eq!(bkn.note(&stem).json["problem"]["names"][0], name.as_str());
    let whole = fs::metadata(bkn.out().join(&name)).unwrap().len();
    assert!(
        fs::metadata(bkn.inbox().join(&name)).unwrap().len() < whole,
        "too quick to tell"
    );

    bkn.sftp(&format!("reput {name} inbox/{name}"));
    let receipt = bkn.receipt(&stem).accepted();
    assert_eq!(receipt.file(0)["accepted"], 20_000);
    padan.assert_nowhere(&long_sheet().secrets());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn nothing_is_claimed_while_a_writer_is_open() {
    let padan = patient();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &long_sheet());
    let name = format!("{stem}.csv.age");
    bkn.put(&format!("{stem}.sha256*"));
    bkn.put(&name);
    bkn.receipt(&stem).accepted();

    // The whole file lies there, but somebody has begun to write it again.
    let stem = bkn.prepare("pns", "full", 2, &long_sheet());
    let name = format!("{stem}.csv.age");
    let mut child = begin_slow_put(&bkn, &name, &name);
    bkn.put(&format!("{stem}.sha256*"));
    let other = bkn.deliver("keluarga", 1, &sheets::keluarga(5));
    assert_eq!(other.file(0)["accepted"], 5, "others need not wait");
    assert!(bkn.inbox().join(format!("{stem}.sha256")).is_file());
    assert!(
        !bkn.receipts().join(format!("{stem}.txt")).exists(),
        "no note while it comes"
    );
    assert!(child.wait().unwrap().success());
    bkn.receipt(&stem).accepted();
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn two_clients_write_the_same_name() {
    let padan = patient();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let stem = bkn.prepare("pns", "full", 1, &long_sheet());
    let name = format!("{stem}.csv.age");
    bkn.put(&format!("{stem}.sha256*"));

    // Other content under the same name, begun before and ended after the right one.
    let right = fs::read(bkn.out().join(&name)).unwrap();
    bkn.encrypt(&format!("{stem}.csv"), &long_sheet().csv(), Packing::Plain);
    fs::rename(bkn.out().join(&name), bkn.out().join("wrong")).unwrap();
    bkn.write(&name, &right);
    let mut first = begin_slow_put(&bkn, "wrong", &name);
    bkn.put(&name);
    assert!(first.wait().unwrap().success());
    wait_for(
        || (bkn.note(&stem).code() == "CHECKSUM_MISMATCH").then_some(()),
        || "a note about the mixture".to_owned(),
    );
    assert!(bpjs.outbox().is_empty());
    bkn.put(&name);
    bkn.receipt(&stem).accepted();

    // The same delivery by two clients at once: one answer.
    let stem = bkn.prepare("pns", "full", 2, &sheets::pns(20));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            // The slower one may find the files claimed under its hands and be refused; it may not do harm.
            scope.spawn(|| {
                let mut child = bkn.sftp_command(&[]).spawn().unwrap();
                let mut stdin = child.stdin.take().unwrap();
                writeln!(stdin, "put {stem}.* inbox/").unwrap();
                drop(stdin);
                child.wait().unwrap();
            });
        }
    });
    bkn.receipt(&stem).accepted();
    bpjs.response("pns", "bkn", 2);
    let closes = padan.ledger(
        "SELECT count(*) FROM events WHERE stage = 'respond' AND outcome = 'done' GROUP BY delivery",
    );
    assert_eq!(closes, ["1"; 2]);
    assert!(padan.alive());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn any_order_of_arrival_is_right() {
    let padan = patient();
    let bkn = padan.party("bkn");
    let orders = [
        [".csv.age", ".sha256", ".sha256.sig"],
        [".sha256", ".sha256.sig", ".csv.age"],
        [".sha256.sig", ".csv.age", ".sha256"],
    ];
    for (number, order) in orders.into_iter().enumerate() {
        let stem = bkn.prepare("pns", "full", number as u32 + 1, &sheets::pns(5));
        for ending in order {
            bkn.put(&format!("{stem}{ending}"));
        }
        bkn.receipt(&stem).accepted();
    }

    // As careful clients do: another name first, then renamed.
    let stem = bkn.prepare("pns", "full", 9, &sheets::pns(5));
    bkn.sftp(&format!(
        "put {stem}.csv.age inbox/{stem}.csv.age.filepart\nput {stem}.sha256 inbox/\n\
         put {stem}.sha256.sig inbox/\nrename inbox/{stem}.csv.age.filepart inbox/{stem}.csv.age"
    ));
    bkn.receipt(&stem).accepted();
    assert_eq!(names(&bkn.inbox()), Vec::<String>::new());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_delivery_may_be_withdrawn_before_it_is_whole() {
    let padan = patient();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheets::pns(5));
    bkn.put(&format!("{stem}.sha256*"));
    assert_eq!(bkn.note(&stem).code(), "INCOMPLETE");
    bkn.sftp(&format!("rm inbox/{stem}.*"));
    bkn.deliver("keluarga", 1, &sheets::keluarga(5));
    wait_for(
        || (padan.ledger("SELECT count(*) FROM waiting") == ["0"]).then_some(()),
        || "forgotten".to_owned(),
    );
    bkn.sftp("get STATUS.txt ../STATUS.txt");
    let page = fs::read_to_string(bkn.path("STATUS.txt")).unwrap();
    assert!(!page.contains(&stem), "{page}");
}
