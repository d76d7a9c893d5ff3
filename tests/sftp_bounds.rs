//! What a client that does not read its answers can cost. Alone in its program, because it measures the process.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::fs;

use common::SftpSite;
use common::raw::{Raw, id, packet, read};
use padan::sftp::Limits;

const MIB: usize = 1 << 20;

/// Answers that are asked for, and the memory that holding them back may cost: buffers of both sides and slack.
const ASKED: usize = 256 * MIB;
const TOLERATED: usize = 48 * MIB;

#[test]
fn answers_that_are_not_read_are_not_produced() {
    let site = SftpSite::start(Limits::default());
    let len = 255 * 1024;
    fs::File::create(site.root("bkn", "outbox/f"))
        .unwrap()
        .set_len(len as u64)
        .unwrap();
    let other = site.client("bpjs");
    site.runtime.block_on(async {
        // A window without an end: only the network holds the server back.
        let mut raw = Raw::connect(&site, "bkn", 1 << 31).await;
        raw.send(&packet(1, &[&id(3)])).await;
        raw.packet().await.unwrap();
        let handle = raw.open("outbox/f", 1).await;
        let before = resident();
        let count = (ASKED / len) as u32;
        let requests: Vec<u8> = (0..count)
            .flat_map(|n| read(n, &handle, 0, len as u32))
            .collect();
        raw.send(&requests).await;
        // Meanwhile others are served.
        for _ in 0..200 {
            other.list("/").await.unwrap();
        }
        let mut most = resident();
        for n in 0..count {
            let answer = raw.packet().await.unwrap();
            assert_eq!((&answer[1..5], answer.len()), (&id(n)[..], len + 9));
            most = most.max(resident());
        }
        let grown = most.saturating_sub(before);
        assert!(grown < TOLERATED, "{} MiB", grown / MIB);
    });
}

#[test]
fn the_server_stops_although_a_client_does_not_read() {
    let mut site = SftpSite::start(Limits {
        stop_grace: std::time::Duration::from_millis(200),
        ..Limits::default()
    });
    let len = 255 * 1024;
    fs::File::create(site.root("bkn", "outbox/f"))
        .unwrap()
        .set_len(len as u64)
        .unwrap();
    let raw = site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let handle = raw.open("outbox/f", 1).await;
        let requests: Vec<u8> = (0..200)
            .flat_map(|n| read(n, &handle, 0, len as u32))
            .collect();
        raw.send(&requests).await;
        raw
    });
    site.stop();
    drop(raw);
}

/// Bytes of memory in use by this process.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}
