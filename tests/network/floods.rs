//! Floods: what one client sends too much of is not another's trouble, and costs bounded memory.

use std::collections::VecDeque;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use padan::sftp::Limits;

use crate::common::raw::{Raw, id, packet, read, stream_from, text, write};
use crate::common::{SftpSite, noise};
use crate::service::{Service, clients};

const FLOOD: [u8; 4] = [127, 0, 0, 2];
const OTHER: [u8; 4] = [127, 0, 0, 3];

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const CONNECTIONS: usize = 5_000;
/// Half-open connections that the flood keeps.
const KEPT: usize = 300;
/// What the whole service may have had, whatever came: a tenth of the smallest machine that one would choose.
const TOLERATED: usize = 200 * MIB;

/// A request that costs little and is answered.
pub fn realpath(number: u32) -> Vec<u8> {
    packet(16, &[&id(number), &text(b".")])
}

/// Uploads, downloads and removes a file of noise; what comes back must be what went.
async fn exchange(raw: &mut Raw, name: &str, len: usize, seed: u64) {
    const PIECE: usize = 32 * KIB;
    let content = noise(len, seed);
    let handle = raw.open(name, 0x1a).await;
    for (n, piece) in content.chunks(PIECE).enumerate() {
        raw.send(&write(n as u32, &handle, (n * PIECE) as u64, piece))
            .await;
        assert_eq!(raw.status().await.1, 0);
    }
    raw.send(&packet(4, &[&id(1), &text(&handle)])).await;
    assert_eq!(raw.status().await.1, 0);
    let handle = raw.open(name, 1).await;
    let mut came = Vec::new();
    while came.len() < len {
        raw.send(&read(2, &handle, came.len() as u64, PIECE as u32))
            .await;
        let answer = raw.packet().await.unwrap();
        assert_eq!(answer[0], 103);
        came.extend_from_slice(&answer[9..]);
    }
    assert!(came == content, "{name} came back changed");
    raw.send(&packet(4, &[&id(3), &text(&handle)])).await;
    assert_eq!(raw.status().await.1, 0);
    raw.send(&packet(13, &[&id(4), &text(name.as_bytes())]))
        .await;
    assert_eq!(raw.status().await.1, 0);
}

#[test]
fn five_thousand_connections_of_one_address_are_not_anothers_trouble() {
    let service = Service::start(&[]);
    let over = AtomicBool::new(false);
    let clients = clients();
    let mut at_work = clients.block_on(service.greeted("bkn", OTHER));
    let exchanged = std::thread::scope(|scope| {
        scope.spawn(|| {
            let flood = clients_of_one_thread();
            flood.block_on(async {
                let mut kept = VecDeque::new();
                for _ in 0..CONNECTIONS {
                    kept.push_back(stream_from(service.address, FLOOD).await);
                    if kept.len() > KEPT {
                        kept.pop_front();
                    }
                }
            });
            over.store(true, Ordering::Release);
        });
        let mut rounds = 0;
        while !over.load(Ordering::Acquire) || rounds == 0 {
            clients.block_on(async {
                exchange(&mut at_work, "inbox/one", MIB, rounds).await;
                // A new login gets its place in the middle of it.
                let mut new = service.greeted("bpjs", OTHER).await;
                exchange(&mut new, "inbox/two", 32 * KIB, rounds).await;
            });
            rounds += 1;
        }
        rounds
    });
    let most = service.most_memory();
    eprintln!(
        "{exchanged} rounds beside the flood, at most {} MiB",
        most / MIB
    );
    assert!(most < TOLERATED, "{} MiB", most / MIB);
}

fn clients_of_one_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn clients_that_read_nothing_cost_bounded_memory_and_hold_up_nobody() {
    let service = Service::start(&[]);
    let len = 255 * KIB;
    fs::File::create(service.root("bkn", "outbox/f"))
        .unwrap()
        .set_len(len as u64)
        .unwrap();
    clients().block_on(async {
        let mut greedy = Vec::new();
        for _ in 0..20 {
            let mut raw = service.greeted("bkn", FLOOD).await;
            let handle = raw.open("outbox/f", 1).await;
            // 50 MiB of answers each, of which none is read.
            let requests: Vec<u8> = (0..200)
                .flat_map(|n| read(n, &handle, 0, len as u32))
                .collect();
            raw.send(&requests).await;
            greedy.push(raw);
        }
        let mut other = service.greeted("bpjs", OTHER).await;
        for seed in 0..8 {
            exchange(&mut other, "inbox/f", MIB, seed).await;
        }
        // The slowest of all gets everything in the end.
        let mut slow = greedy.pop().unwrap();
        for n in 0..200 {
            let answer = slow.packet().await.unwrap();
            assert_eq!((&answer[1..5], answer.len()), (&id(n)[..], len + 9));
        }
        let most = service.most_memory();
        eprintln!("at most {} MiB", most / MIB);
        assert!(most < TOLERATED, "{} MiB", most / MIB);
    });
}

#[test]
fn floods_within_a_session_are_not_anothers_trouble() {
    let site = SftpSite::start(Limits::default());
    site.runtime.block_on(async {
        let over = AtomicBool::new(false);
        let flood = async {
            let raw = Raw::greeted(&site, "bkn").await;
            for _ in 0..60 {
                raw.session.rekey_soon().await.unwrap();
                for _ in 0..50 {
                    // Global and channel requests, of which none is known.
                    raw.session.send_keepalive(true).await.unwrap();
                    raw.channel.set_env(false, "A", "B").await.unwrap();
                    raw.channel.window_change(1, 2, 3, 4).await.unwrap();
                }
            }
            raw.session.send_ping().await.unwrap();
            over.store(true, Ordering::Release);
        };
        let others = async {
            let mut other = Raw::greeted(&site, "bpjs").await;
            let mut seed = 0;
            while !over.load(Ordering::Acquire) || seed == 0 {
                exchange(&mut other, "inbox/f", 256 * KIB, seed).await;
                seed += 1;
            }
        };
        tokio::join!(flood, others);
    });
}

#[test]
fn channels_without_end_end_their_connection_only() {
    let site = SftpSite::start(Limits::default());
    let other = site.client("bpjs");
    site.runtime.block_on(async {
        let raw = Raw::greeted(&site, "bkn").await;
        // russh gives up when the server does.
        let mut opened = 0;
        while let Ok(channel) = raw.session.channel_open_session().await {
            channel.close().await.unwrap();
            opened += 1;
            assert!(opened < 5_000, "without a bound");
        }
        other.list("/").await.unwrap();
    });
    site.client("bkn");
}

#[test]
fn small_requests_that_take_long_leave_others_their_turn() {
    const ATTACKERS: usize = 20;
    const REQUESTS: u32 = 400;
    let service = Service::start(&[]);
    // A folder that has to be looked through before it is moved deeper.
    let folders = service.root("bkn", "inbox/big");
    for n in 0..1_000 {
        fs::create_dir_all(folders.join(n.to_string())).unwrap();
    }
    fs::create_dir_all(service.root("bkn", "inbox/there/taken")).unwrap();
    clients().block_on(async {
        let mut at_it = Vec::new();
        for _ in 0..ATTACKERS {
            let mut raw = service.greeted("bkn", FLOOD).await;
            // A few bytes each; the new name is taken, or the first would be the last.
            let request = |n| {
                packet(
                    18,
                    &[&id(n), &text(b"inbox/big"), &text(b"inbox/there/taken")],
                )
            };
            let requests: Vec<u8> = (0..REQUESTS).flat_map(request).collect();
            raw.send(&requests).await;
            at_it.push(raw);
        }
        let mut other = service.greeted("bpjs", OTHER).await;
        exchange(&mut other, "inbox/a", 256 * KIB, 1).await;
    });
}
