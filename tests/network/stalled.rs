//! A disk that stands still holds up whoever waits for it, and nobody else.

use std::fs;

use crate::common::raw::{Raw, id, packet, read, text, write};
use crate::service::{Service, clients};

const HERE: [u8; 4] = [127, 0, 0, 1];

/// A service for whose file `inbox/slow` of `bkn` one system call takes ten seconds.
fn slow(call: &str) -> Service {
    troubled(&[], call, "delay_enter=10s")
}

/// A service with some changes in its configuration, for whose file `inbox/slow` of `bkn` one system call has trouble.
fn troubled(changes: &[(&str, &str)], call: &str, trouble: &str) -> Service {
    Service::start_under(changes, |dir| {
        let file = dir.join("data/parties/bkn/inbox/slow");
        ["strace", "-f", "-o", "/dev/null", "-e"]
            .into_iter()
            .map(str::to_owned)
            .chain([
                format!("trace={call}"),
                "-e".to_owned(),
                format!("inject={call}:{trouble}"),
                "-P".to_owned(),
                file.to_str().unwrap().to_owned(),
            ])
            .collect()
    })
}

/// Another session logs in, lists and reads.
async fn goes_on(service: &Service) {
    let mut raw = service.greeted("bpjs", HERE).await;
    for _ in 0..20 {
        raw.send(&packet(11, &[&id(1), &text(b"inbox")])).await;
        let handle = raw.packet().await.unwrap();
        assert_eq!(handle[0], 102);
        raw.send(&packet(4, &[&id(2), &text(&handle[9..])])).await;
        assert_eq!(raw.status().await.1, 0);
        let file = raw.open("outbox/answer", 1).await;
        raw.send(&read(3, &file, 0, 100)).await;
        assert_eq!(&raw.packet().await.unwrap()[9..], b"an answer");
        raw.send(&packet(4, &[&id(4), &text(&file)])).await;
        assert_eq!(raw.status().await.1, 0);
    }
}

/// Several sessions make a `request` that has to wait; another goes on before the first of them is answered.
fn holds_up_nobody_else(call: &str, sessions: usize, request: impl Fn(&[u8]) -> Vec<u8>) {
    let service = slow(call);
    fs::write(service.root("bpjs", "outbox/answer"), "an answer").unwrap();
    clients().block_on(async {
        let mut waiting: Vec<Raw> = Vec::new();
        for _ in 0..sessions {
            let mut raw = service.greeted("bkn", HERE).await;
            let handle = raw.open("inbox/slow", 0x1a).await;
            raw.send(&request(&handle)).await;
            waiting.push(raw);
        }
        let mut first = waiting.remove(0);
        tokio::select! {
            biased;
            _ = first.packet() => panic!("nothing stood still, or the others waited for it"),
            () = goes_on(&service) => {}
        }
    });
}

#[test]
#[ignore = "needs strace"]
fn bringing_an_upload_to_a_slow_disk_holds_up_nobody_else() {
    // As many as there are, since these are off the threads of the others. It was emptied when it was opened: there is something to bring to the disk.
    holds_up_nobody_else("fsync", 30, |handle| packet(4, &[&id(1), &text(handle)]));
}

#[test]
#[ignore = "needs strace"]
fn writing_to_a_slow_disk_holds_up_nobody_else() {
    // Fewer than there are threads, but more than most machines have processors.
    holds_up_nobody_else("pwrite64", 10, |handle| write(1, handle, 0, b"some data"));
}

#[test]
#[ignore = "needs strace"]
fn an_upload_is_brought_to_the_disk_unless_the_operator_leaves_that_to_the_system() {
    for (changes, answer) in [(&[][..], 4), (&[("  fsync: true", "  fsync: false")], 0)] {
        let service = troubled(changes, "fsync", "error=EIO");
        clients().block_on(async {
            let mut raw = service.greeted("bkn", HERE).await;
            let handle = raw.open("inbox/slow", 0x1a).await;
            raw.send(&packet(4, &[&id(1), &text(&handle)])).await;
            assert_eq!(raw.status().await.1, answer, "{changes:?}");
        });
    }
}
