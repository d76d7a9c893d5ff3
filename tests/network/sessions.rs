//! Many sessions at the same time.

use std::fs;

use crate::common::noise;
use crate::common::raw::{Raw, id, packet, read, text, write};
use crate::service::{Service, clients};

const SESSIONS: usize = 500;
const MIB: usize = 1 << 20;
/// What an idle session may cost, in bytes. It is 72 KiB without optimisation, of which the allocator decides a part.
const TOLERATED: usize = 256 << 10;

#[test]
fn five_hundred_sessions_work_at_the_same_time() {
    let service = Service::start(&[(
        "connections_per_address: 128",
        "connections_per_address: 600",
    )]);
    let alone = service.share_of_memory();
    clients().block_on(async {
        let mut sessions = Vec::new();
        for n in 0..SESSIONS {
            // Of several addresses, as in life.
            let from = [127, 0, 1, (n % 10) as u8];
            let party = ["bkn", "bpjs"][n % 2];
            sessions.push(service.greeted(party, from).await);
        }
        let connected = service.share_of_memory();
        let each = (connected - alone) / SESSIONS;
        eprintln!(
            "PSS {} MiB alone, {} MiB with {SESSIONS} sessions: {} KiB each",
            alone / MIB,
            connected / MIB,
            each >> 10
        );
        assert!(each < TOLERATED, "{each} bytes");
        let mut at_work = tokio::task::JoinSet::new();
        for (n, raw) in sessions.into_iter().enumerate() {
            at_work.spawn(work(raw, n));
        }
        let finished = at_work.join_all().await;
        assert_eq!(finished.len(), SESSIONS);
        let most = service.most_memory();
        eprintln!("at most {} MiB", most / MIB);
    });
    for party in ["bkn", "bpjs"] {
        assert_eq!(
            fs::read_dir(service.root(party, "inbox")).unwrap().count(),
            0
        );
    }
}

/// Lists, puts and gets 1 KiB, removes it.
async fn work(mut raw: Raw, n: usize) -> Raw {
    let name = format!("inbox/{n}");
    let content = noise(1024, n as u64);
    let handle = raw.open(&name, 0x1a).await;
    raw.send(&write(1, &handle, 0, &content)).await;
    assert_eq!(raw.status().await.1, 0);
    close(&mut raw, &handle).await;
    raw.send(&packet(11, &[&id(2), &text(b"inbox")])).await;
    let folder = raw.packet().await.unwrap();
    assert_eq!(folder[0], 102);
    let folder = folder[9..].to_vec();
    // Until the end of the list.
    loop {
        raw.send(&packet(12, &[&id(3), &text(&folder)])).await;
        if raw.packet().await.unwrap()[0] == 101 {
            break;
        }
    }
    close(&mut raw, &folder).await;
    let handle = raw.open(&name, 1).await;
    raw.send(&read(4, &handle, 0, 4096)).await;
    let answer = raw.packet().await.unwrap();
    assert!(answer[9..] == content, "{name} came back changed");
    close(&mut raw, &handle).await;
    raw.send(&packet(13, &[&id(5), &text(name.as_bytes())]))
        .await;
    assert_eq!(raw.status().await.1, 0);
    raw
}

async fn close(raw: &mut Raw, handle: &[u8]) {
    raw.send(&packet(4, &[&id(6), &text(handle)])).await;
    assert_eq!(raw.status().await.1, 0);
}

#[test]
#[ignore = "needs prlimit"]
fn the_service_takes_as_many_open_files_as_it_may_have() {
    let service = Service::start_under(&[], |_| {
        ["prlimit", "--nofile=64:4096"].map(str::to_owned).to_vec()
    });
    clients().block_on(async {
        let mut raw = service.greeted("bkn", [127, 0, 0, 1]).await;
        for n in 0..100 {
            raw.open(&format!("inbox/{n}"), 0x0a).await;
        }
    });
}
