//! Connections and channels: what they may ask for, how many there may be, how they end.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use padan::sftp::Limits;

use crate::common::raw::{Raw, id, packet, text};
use crate::common::{SftpSite, said};

const WRITE: u32 = 2;
const CREATE: u32 = 8;
const KIB: usize = 1024;

#[test]
#[ignore = "needs ssh, scp"]
fn commands_and_shells_are_refused_at_once() {
    let site = SftpSite::start(Limits::default());
    fs::write(site.dir().join("a"), "content").unwrap();
    let host = format!("bkn@{}", site.address().ip());
    let options = site.ssh_options(&site.key("bkn"));
    let local = site.dir().join("a");
    let scp = Command::new("scp")
        .arg("-O")
        .args(&options)
        .arg(local)
        .arg(format!("{host}:inbox/a"))
        .output();
    let exec = Command::new("ssh")
        .args(&options)
        .args([&host, "id"])
        .output();
    let shell = Command::new("ssh").args(&options).arg(&host).output();
    let forward = Command::new("ssh")
        .args(&options)
        .args(["-W", "127.0.0.1:22", &host])
        .output();
    for output in [scp, exec, shell, forward] {
        let output = output.unwrap();
        assert!(!output.status.success(), "{}", said(&output));
        assert!(output.stdout.is_empty(), "{}", said(&output));
    }
    site.sftp_ok("bkn", "put a inbox/a\n");
}

#[test]
fn stopping_ends_open_sessions() {
    let mut site = SftpSite::start(Limits::default());
    let client = site.client("bkn");
    site.runtime.block_on(client.list("/")).unwrap();
    site.stop();
    assert!(site.runtime.block_on(client.list("/")).is_err());
    assert!(TcpStream::connect(site.address()).is_err());
}

#[test]
fn the_handles_of_a_party_are_counted_over_its_sessions() {
    let site = SftpSite::start(Limits {
        open_handles_per_party: 3,
        ..Limits::default()
    });
    site.runtime.block_on(async {
        let mut first = Raw::greeted(&site, "bkn").await;
        let mut second = Raw::greeted(&site, "bkn").await;
        let mut other = Raw::greeted(&site, "bpjs").await;
        let handle = first.open("inbox/1", WRITE | CREATE).await;
        first.open("inbox/2", WRITE | CREATE).await;
        second.open("inbox/3", WRITE | CREATE).await;
        let refused = packet(
            3,
            &[&id(1), &text(b"inbox/4"), &id(WRITE | CREATE), &[0; 4]],
        );
        second.send(&refused).await;
        let (_, code, sentence) = second.status().await;
        assert!(
            code == 4 && sentence.contains("too many files"),
            "{sentence}"
        );
        other.open("inbox/1", WRITE | CREATE).await;
        first.send(&packet(4, &[&id(2), &text(&handle)])).await;
        assert_eq!(first.status().await.1, 0);
        second.open("inbox/4", WRITE | CREATE).await;
        // Those of a session that is gone are free again.
        drop(first);
        while !site.root("bkn", "inbox").join("5").exists() {
            let open = packet(
                3,
                &[&id(1), &text(b"inbox/5"), &id(WRITE | CREATE), &[0; 4]],
            );
            second.send(&open).await;
            second.packet().await.unwrap();
        }
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
    let mut reason = Vec::new();
    second.read_to_end(&mut reason).unwrap();
    let reason = String::from_utf8_lossy(&reason);
    assert!(reason.contains("The server is busy."), "{reason}");
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
