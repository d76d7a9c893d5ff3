//! What is sent arrives byte for byte, whatever the order, the window and the keys do.

use std::fs;
use std::process::Command;

use padan::sftp::Limits;
use tokio::io::AsyncWriteExt;

use crate::common::raw::{Raw, id, packet, read, text, write};
use crate::common::{SftpSite, noise, said};

const MIB: usize = 1 << 20;
const READ: u32 = 1;
const WRITE: u32 = 2;
const CREATE: u32 = 8;
const KIB: usize = 1024;

#[test]
#[ignore = "needs sftp"]
fn files_of_every_size_come_and_go_byte_for_byte() {
    let site = SftpSite::start(Limits::default());
    for (name, len) in [
        ("empty", 0),
        ("one", 1),
        ("odd", 300_001),
        ("large", 64 * MIB),
    ] {
        fs::write(site.dir().join(name), noise(len, len as u64)).unwrap();
        site.sftp_ok(
            "bkn",
            &format!("put {name} inbox/{name}\nget inbox/{name} {name}.back\n"),
        );
        let sent = fs::read(site.dir().join(name)).unwrap();
        assert!(
            sent == fs::read(site.root("bkn", &format!("inbox/{name}"))).unwrap(),
            "{name}"
        );
        assert!(
            sent == fs::read(site.dir().join(format!("{name}.back"))).unwrap(),
            "{name}"
        );
    }
}

#[test]
#[ignore = "needs sftp"]
fn transfers_resume_where_they_stopped() {
    let site = SftpSite::start(Limits::default());
    let whole = noise(3 * MIB + 17, 1);
    let half = &whole[..MIB + 5];
    fs::write(site.dir().join("up"), &whole).unwrap();
    fs::write(site.root("bkn", "inbox/up"), half).unwrap();
    fs::write(site.root("bkn", "outbox/down"), &whole).unwrap();
    fs::write(site.dir().join("down"), half).unwrap();
    site.sftp_ok("bkn", "reput up inbox/up\nreget outbox/down down\n");
    assert!(fs::read(site.root("bkn", "inbox/up")).unwrap() == whole);
    assert!(fs::read(site.dir().join("down")).unwrap() == whole);
}

#[test]
#[ignore = "needs sftp"]
fn eight_uploads_at_a_time_arrive_whole() {
    let site = SftpSite::start(Limits::default());
    std::thread::scope(|scope| {
        for n in 0..8u64 {
            let site = &site;
            scope.spawn(move || {
                fs::write(
                    site.dir().join(format!("f{n}")),
                    noise(2 * MIB + n as usize, n),
                )
                .unwrap();
                site.sftp_ok("bkn", &format!("put f{n} inbox/f{n}\n"));
            });
        }
    });
    for n in 0..8u64 {
        let arrived = fs::read(site.root("bkn", &format!("inbox/f{n}"))).unwrap();
        assert!(arrived == noise(2 * MIB + n as usize, n), "{n}");
    }
}

#[test]
#[ignore = "needs scp"]
fn scp_over_sftp_works() {
    let site = SftpSite::start(Limits::default());
    fs::write(site.dir().join("a"), noise(MIB, 3)).unwrap();
    let host = format!("bkn@{}", site.address().ip());
    let options = site.ssh_options(&site.key("bkn"));
    for (from, to) in [
        (
            site.dir().join("a").display().to_string(),
            format!("{host}:inbox/a"),
        ),
        (
            format!("{host}:inbox/a"),
            site.dir().join("b").display().to_string(),
        ),
    ] {
        let output = Command::new("scp")
            .args(&options)
            .args([from, to])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    assert!(fs::read(site.dir().join("b")).unwrap() == noise(MIB, 3));
}

/// Rekeys every 3 MiB, while answers wait.
fn often_rekeyed() -> Limits {
    Limits {
        rekey_bytes: 3 * KIB * KIB,
        ..Limits::default()
    }
}

#[test]
fn thousands_of_reads_at_once_are_answered_in_order() {
    const READS: u32 = 20_000;
    // Small and large windows; the huge one is never adjusted, as PuTTY's.
    for (limits, window) in [
        (Limits::default(), 256 * 1024),
        (Limits::default(), 1 << 31),
        (often_rekeyed(), 2 << 20),
        (often_rekeyed(), 1 << 31),
    ] {
        let site = SftpSite::start(limits);
        let content = noise(READS as usize * KIB, 5);
        fs::write(site.root("bkn", "outbox/f"), &content).unwrap();
        site.runtime.block_on(async {
            let mut raw = Raw::connect(&site, "bkn", window).await;
            raw.send(&packet(1, &[&id(3)])).await;
            raw.packet().await.unwrap();
            let handle = raw.open("outbox/f", READ).await;
            let requests: Vec<u8> = (0..READS)
                .flat_map(|n| read(n, &handle, u64::from(n) * KIB as u64, KIB as u32))
                .collect();
            // Its first answers come before all is sent; a client that does not read them meanwhile stands still.
            let mut writer = Box::pin(raw.channel.make_writer());
            let sending = tokio::spawn(async move { writer.write_all(&requests).await });
            for (n, expected) in (0..READS).zip(content.chunks(KIB)) {
                let answer = raw.packet().await.unwrap();
                assert_eq!(answer[..5], [&[103][..], &id(n)].concat(), "answer {n}");
                assert!(&answer[9..] == expected, "answer {n}");
            }
            sending.await.unwrap().unwrap();
        });
    }
}

#[test]
#[ignore = "needs sftp"]
fn uploads_survive_rekeys_and_small_pieces() {
    let site = SftpSite::start(often_rekeyed());
    let content = noise(9 * KIB * KIB + 7, 6);
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let handle = raw.open("inbox/f", WRITE | CREATE).await;
        let mut stream = Vec::new();
        let mut count = 0;
        for (n, data) in (0u64..).zip(content.chunks(100 * KIB)) {
            stream.extend(write(n as u32, &handle, n * 100 * KIB as u64, data));
            count += 1;
        }
        for piece in stream.chunks(77_777) {
            raw.send(piece).await;
        }
        for n in 0..count {
            assert_eq!(raw.status().await.0, n);
        }
        raw.send(&packet(4, &[&id(9), &text(&handle)])).await;
        assert_eq!(raw.status().await, (9, 0, String::new()));
    });
    assert!(fs::read(site.root("bkn", "inbox/f")).unwrap() == content);
    let large = noise(20 * KIB * KIB, 7);
    fs::write(site.dir().join("large"), &large).unwrap();
    let batch = "put large inbox/large\nget inbox/large back\n";
    let output = site.sftp_with(
        "bkn",
        batch,
        &["-oRekeyLimit=1M", "-R", "256", "-B", "261120"],
    );
    assert!(output.status.success(), "{}", said(&output));
    assert!(fs::read(site.dir().join("back")).unwrap() == large);
}

#[test]
fn a_client_that_leaves_right_after_its_requests_is_answered_first() {
    let site = SftpSite::start(Limits::default());
    fs::write(site.root("bkn", "outbox/f"), noise(300 * KIB, 8)).unwrap();
    site.runtime.block_on(async {
        let mut raw = Raw::connect(&site, "bkn", 64 * 1024).await;
        raw.send(&packet(1, &[&id(3)])).await;
        raw.packet().await.unwrap();
        let handle = raw.open("outbox/f", READ).await;
        let requests: Vec<u8> = (0..300u32)
            .flat_map(|n| read(n, &handle, u64::from(n) * KIB as u64, KIB as u32))
            .collect();
        raw.send(&requests).await;
        raw.channel.eof().await.unwrap();
        let mut answers = 0;
        while let Some(answer) = raw.packet().await {
            assert_eq!((answer[0], answer.len()), (103, 9 + KIB));
            answers += 1;
        }
        assert_eq!((answers, raw.exit_status), (300, Some(0)));
    });
}
