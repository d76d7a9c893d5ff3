//! The SFTP server on the level of packets: what no decent client does, and what decent ones do at the edge.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::raw::{Raw, Trusting, id, packet, read, text, write};
use common::{SftpSite, noise};
use padan::sftp::Limits;
use russh::client::connect;
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, load_secret_key};

const READ: u32 = 1;
const WRITE: u32 = 2;
const CREATE: u32 = 8;
const KIB: usize = 1024;

/// Rekeys every 3 MiB, while answers wait.
fn often_rekeyed() -> Limits {
    Limits {
        rekey_bytes: 3 * KIB * KIB,
        ..Limits::default()
    }
}

#[test]
fn thousands_of_reads_at_once_are_answered_in_order() {
    // Small and large windows; the huge one is never adjusted, as PuTTY's.
    for (limits, window) in [
        (Limits::default(), 256 * 1024),
        (Limits::default(), 1 << 31),
        (often_rekeyed(), 2 << 20),
        (often_rekeyed(), 1 << 31),
    ] {
        let site = SftpSite::start(limits);
        let content = noise(2000 * 8 * KIB, 5);
        fs::write(site.root("bkn", "outbox/f"), &content).unwrap();
        site.runtime.block_on(async {
            let mut raw = Raw::connect(&site, "bkn", window).await;
            raw.send(&packet(1, &[&id(3)])).await;
            raw.packet().await.unwrap();
            let handle = raw.open("outbox/f", READ).await;
            let requests: Vec<u8> = (0..2000u32)
                .flat_map(|n| read(n, &handle, u64::from(n) * 8 * KIB as u64, 8 * KIB as u32))
                .collect();
            raw.send(&requests).await;
            for (n, expected) in (0..2000u32).zip(content.chunks(8 * KIB)) {
                let answer = raw.packet().await.unwrap();
                assert_eq!(answer[..5], [&[103][..], &id(n)].concat(), "answer {n}");
                assert!(&answer[9..] == expected, "answer {n}");
            }
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
    assert!(output.status.success(), "{}", common::said(&output));
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

#[test]
#[ignore = "needs sftp"]
fn streams_that_cannot_be_followed_close_their_channel_only() {
    let site = SftpSite::start(Limits::default());
    let init = packet(1, &[&id(3)]);
    let torn_write = [
        &[0, 0, 0, 30, 6][..],
        &id(1),
        &text(b"0"),
        &[0; 8],
        &id(999),
    ]
    .concat();
    for (name, stream) in [
        (
            "a length over the limit",
            [&init[..], &[0, 4, 0, 1, 5]].concat(),
        ),
        ("the largest length", [&init[..], &[0xff; 8]].concat()),
        ("a length of zero", [&init[..], &[0; 4]].concat()),
        (
            "a request without a number",
            [&init[..], &packet(17, &[&[1]])].concat(),
        ),
        (
            "data longer than its packet",
            [&init[..], &torn_write].concat(),
        ),
        ("a request before INIT", packet(16, &[&id(1), &text(b".")])),
    ] {
        site.runtime.block_on(async {
            let mut raw = Raw::connect(&site, "bkn", 2 << 20).await;
            raw.send(&stream).await;
            while raw.packet().await.is_some() {}
            // The connection itself goes on, and so do others.
            raw.session.channel_open_session().await.expect(name);
        });
    }
    site.sftp_ok("bkn", "ls\n");
}

#[test]
fn requests_that_make_no_sense_are_answered() {
    let site = SftpSite::start(Limits::default());
    fs::write(site.root("bkn", "inbox/f"), "text").unwrap();
    let attributes = [0; 4];
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let reader = raw.open("inbox/f", READ).await;
        let writer = raw.open("inbox/f", WRITE).await;
        for (request, code, part) in [
            (packet(99, &[&id(1)]), 8, "not part of SFTP"),
            (
                packet(101, &[&id(1), &id(0), &text(b""), &text(b"")]),
                8,
                "not part of SFTP",
            ),
            (packet(3, &[&id(1), &text(b"inbox")]), 5, "cannot be read"),
            (packet(17, &[&id(1), &id(4_000_000)]), 5, "cannot be read"),
            (packet(200, &[&id(1), &text(b"no@such")]), 8, "not offered"),
            (
                packet(
                    200,
                    &[
                        &id(1),
                        &text(b"hardlink@openssh.com"),
                        &text(b"a"),
                        &text(b"b"),
                    ],
                ),
                8,
                "links",
            ),
            (
                packet(200, &[&id(1), &text(b"fsync@openssh.com")]),
                5,
                "cannot be read",
            ),
            (
                packet(200, &[&id(1), &text(b"fsync@openssh.com"), &text(b"77")]),
                4,
                "not open",
            ),
            (
                packet(20, &[&id(1), &text(b"inbox/f"), &text(b"inbox/g")]),
                8,
                "links",
            ),
            (packet(19, &[&id(1), &text(b"inbox/f")]), 4, "not a link"),
            (packet(4, &[&id(1), &text(b"x")]), 4, "not open"),
            (packet(4, &[&id(1), &text(&[0xff; 4])]), 4, "not open"),
            (read(1, b"12345678901234567890", 0, 1), 4, "not open"),
            (read(1, &writer, 0, 1), 3, "writing only"),
            (read(1, &reader, 4, 1), 1, "end of file"),
            (read(1, &reader, u64::MAX, 1), 4, ""),
            (write(1, &reader, 0, b"x"), 3, "reading only"),
            (write(1, b"9", 0, b"x"), 4, "not open"),
            (packet(12, &[&id(1), &text(&reader)]), 4, "this is a file"),
            (packet(17, &[&id(1), &text(b"inbox/\xff\xfe")]), 4, "UTF-8"),
            (packet(17, &[&id(1), &text(b"inbox/a\0b")]), 4, "NUL"),
            (
                packet(
                    14,
                    &[&id(1), &text("n".repeat(256).as_bytes()), &attributes],
                ),
                4,
                "255 bytes",
            ),
            (
                packet(
                    14,
                    &[&id(1), &text(b"inbox/1/2/3/4/5/6/7/8/9"), &attributes],
                ),
                3,
                "8 levels",
            ),
            (
                packet(9, &[&id(1), &text(b"outbox/f"), &attributes]),
                3,
                "read-only",
            ),
            (
                packet(18, &[&id(1), &text(b"inbox/f"), &text(b"f")]),
                3,
                "inbox/",
            ),
            (
                packet(18, &[&id(1), &text(b"inbox/f"), &text(b"inbox/f")]),
                4,
                "exists already",
            ),
            (
                packet(15, &[&id(1), &text(b"inbox/f")]),
                2,
                "no file or folder",
            ),
            (
                packet(13, &[&id(1), &text(b"inbox")]),
                3,
                "part of the service",
            ),
        ] {
            raw.send(&request).await;
            let (number, answer, sentence) = raw.status().await;
            assert_eq!((number, answer), (1, code), "{sentence}: {request:?}");
            assert!(sentence.contains(part), "{sentence}: {request:?}");
        }
    });
    assert_eq!(
        fs::read_to_string(site.root("bkn", "inbox/f")).unwrap(),
        "text"
    );
}

#[test]
fn attributes_change_what_they_may() {
    let site = SftpSite::start(Limits::default());
    let path = site.root("bkn", "inbox/f");
    fs::write(&path, "0123456789").unwrap();
    let size = |size: u64| [&id(1)[..], &size.to_be_bytes()].concat();
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        raw.send(&packet(9, &[&id(1), &text(b"inbox/f"), &size(4)]))
            .await;
        assert_eq!(raw.status().await.1, 0);
        assert_eq!(fs::read_to_string(&path).unwrap(), "0123");
        let owner_mode_times = [
            &id(2 | 4 | 8)[..],
            &id(7),
            &id(7),
            &id(0o777),
            &id(1000),
            &id(2000),
        ]
        .concat();
        raw.send(&packet(9, &[&id(2), &text(b"inbox/f"), &owner_mode_times]))
            .await;
        assert_eq!(raw.status().await.1, 0);
        let metadata = fs::metadata(&path).unwrap();
        let modified = metadata
            .modified()
            .unwrap()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        assert_eq!(modified.as_secs(), 2000);
        raw.send(&packet(17, &[&id(3), &text(b"inbox/f")])).await;
        let attrs = raw.packet().await.unwrap();
        assert_eq!(
            attrs[..17],
            [&[105][..], &id(3), &id(15), &4u64.to_be_bytes()].concat()
        );
        assert_eq!(attrs[25..29], id(0o100600));

        // A file being claimed keeps its size.
        let claim = fs::File::open(&path).unwrap();
        claim.lock().unwrap();
        raw.send(&packet(9, &[&id(4), &text(b"inbox/f"), &size(0)]))
            .await;
        let (_, code, sentence) = raw.status().await;
        assert!(
            code == 3 && sentence.contains("being taken in"),
            "{sentence}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "0123");
    });
}

#[test]
fn handles_and_channels_are_counted() {
    let site = SftpSite::start(Limits {
        open_handles: 3,
        channels: 2,
        ..Limits::default()
    });
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        for n in 0..3 {
            raw.open(&format!("inbox/{n}"), WRITE | CREATE).await;
        }
        raw.send(&packet(
            3,
            &[&id(1), &text(b"inbox/4"), &id(WRITE | CREATE), &[0; 4]],
        ))
        .await;
        let (_, code, sentence) = raw.status().await;
        assert!(
            code == 4 && sentence.contains("too many files"),
            "{sentence}"
        );
        assert!(
            !site.root("bkn", "inbox/4").exists(),
            "nothing is made in vain"
        );
        let second = raw.session.channel_open_session().await.unwrap();
        assert!(raw.session.channel_open_session().await.is_err());
        second.close().await.unwrap();
        drop(second);
        // Channels that were closed make room again, whoever closed them first.
        for _ in 0..5 {
            let mut channel = raw.session.channel_open_session().await.unwrap();
            channel.exec(true, "id").await.unwrap();
            while channel.wait().await.is_some() {}
        }
    });
}

#[test]
#[ignore = "needs sftp"]
fn a_client_that_never_opens_its_window_is_disconnected_when_it_floods() {
    let site = SftpSite::start(Limits {
        waiting_input: 64 * KIB,
        ..Limits::default()
    });
    site.runtime.block_on(async {
        let mut raw = Raw::connect(&site, "bkn", 1).await;
        let stream = [
            packet(1, &[&id(3)]),
            packet(16, &[&id(1), &text(b".")]).repeat(100 * KIB),
        ]
        .concat();
        // The end may already be noticed while sending.
        let _ = raw.channel.data(&stream[..]).await;
        while raw.packet().await.is_some() {}
        assert!(raw.session.channel_open_session().await.is_err());
    });
    site.sftp_ok("bkn", "ls\n");
}

#[test]
fn connections_without_a_login_or_over_the_limit_end() {
    let site = SftpSite::start(Limits {
        connections: 1,
        login_grace: Duration::from_millis(300),
        ..Limits::default()
    });
    let begin = Instant::now();
    let mut first = TcpStream::connect(site.address()).unwrap();
    let mut greeting = [0; 4];
    first.read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"SSH-");
    let mut second = TcpStream::connect(site.address()).unwrap();
    assert_eq!(second.read(&mut greeting).unwrap_or(0), 0, "no place");
    first.write_all(b"SSH-2.0-slow\r\n").unwrap();
    let mut rest = Vec::new();
    let _ = first.read_to_end(&mut rest);
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[test]
fn an_idle_connection_ends_and_its_lock_with_it() {
    let site = SftpSite::start(Limits {
        idle: Duration::from_millis(300),
        ..Limits::default()
    });
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        raw.open("inbox/f", WRITE | CREATE).await;
        while raw.packet().await.is_some() {}
    });
    fs::File::open(site.root("bkn", "inbox/f"))
        .unwrap()
        .lock()
        .unwrap();
}

#[test]
#[ignore = "needs sftp"]
fn refusals_take_the_same_time() {
    let time = Duration::from_millis(400);
    let site = SftpSite::start(Limits {
        refusal_time: time,
        ..Limits::default()
    });
    for (user, key) in [("bkn", "bpjs"), ("nobody", "bkn")] {
        let begin = Instant::now();
        let output = Command::new("sftp")
            .args(["-b", "/dev/null"])
            .args(site.ssh_options(&site.key(key)))
            .arg(format!("{user}@{}", site.address().ip()))
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(begin.elapsed() >= time, "{user}");
    }
}

#[test]
fn only_sound_algorithms_are_offered() {
    let site = SftpSite::start(Limits::default());
    let mut stream = TcpStream::connect(site.address()).unwrap();
    stream.write_all(b"SSH-2.0-test\r\n").unwrap();
    // The server's greeting, then its offer: the first packet, unencrypted.
    let mut byte = [0];
    while byte != *b"\n" {
        stream.read_exact(&mut byte).unwrap();
    }
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut offer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut offer).unwrap();
    let offer = String::from_utf8_lossy(&offer).into_owned();
    let (_, after) = offer
        .split_once("mlkem768x25519-sha256,")
        .expect("post-quantum");
    assert!(after.starts_with("curve25519-sha256,"), "{after}");
    assert!(
        !offer.split_once("mlkem").unwrap().0.contains("25519"),
        "first of all"
    );
    for weak in [
        "sha1,", "sha1\0", "-cbc", "zlib", "ssh-rsa", "3des", "arcfour", "group1-", "md5",
        "ssh-dss",
    ] {
        assert!(!offer.contains(weak), "{weak}");
    }
}

#[test]
#[ignore = "needs ssh-keygen, sftp"]
fn rsa_keys_log_in_with_sha2_only() {
    let site = SftpSite::start(Limits::default());
    for (bits, name) in [("3072", "rsa"), ("2048", "short")] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "rsa", "-b", bits, "-N", "", "-f"])
            .arg(site.dir().join(name))
            .status()
            .unwrap();
        assert!(made.success());
    }
    let keys = site.dir().join("bkn/authorized_keys");
    fs::copy(site.dir().join("short.pub"), &keys).unwrap();
    let fault = site.server.reload().unwrap_err().to_string();
    assert!(
        fault.contains("line 1") && fault.contains("2048 bits"),
        "{fault}"
    );
    fs::copy(site.dir().join("rsa.pub"), &keys).unwrap();
    site.server.reload().unwrap();
    for (algorithm, accepted) in [
        ("rsa-sha2-512", true),
        ("rsa-sha2-256", true),
        ("ssh-rsa", false),
    ] {
        let output = Command::new("sftp")
            .args(["-b", "/dev/null"])
            .args(site.ssh_options(&site.dir().join("rsa")))
            .arg(format!("-oPubkeyAcceptedAlgorithms={algorithm}"))
            .arg(format!("bkn@{}", site.address().ip()))
            .output()
            .unwrap();
        assert_eq!(
            output.status.success(),
            accepted,
            "{algorithm}: {}",
            common::said(&output)
        );
    }
    // OpenSSH does not even try SHA-1 against this offer; another client may.
    for (hash, accepted) in [(Some(HashAlg::Sha256), true), (None, false)] {
        let key = load_secret_key(site.dir().join("rsa"), None).unwrap();
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        site.runtime.block_on(async {
            let mut session = connect(Arc::default(), site.address(), Trusting)
                .await
                .unwrap();
            let login = session.authenticate_publickey("bkn", key).await.unwrap();
            assert_eq!(login.success(), accepted, "{hash:?}");
        });
    }
}
