//! Who gets a place, and what the others are told.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use padan::sftp::{Limits, Startups};

use crate::common::raw::{Raw, log_in, session_from};
use crate::common::{SftpSite, said};
use crate::heard::Heard;

const HERE: [u8; 4] = [127, 0, 0, 1];
const THERE: [u8; 4] = [127, 0, 0, 2];

/// Everything that the server says to a client that only listens, as text.
fn listens(site: &SftpSite) -> String {
    let mut stream = TcpStream::connect(site.address()).unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    String::from_utf8_lossy(&heard).into_owned()
}

#[test]
fn one_address_has_its_share_and_another_its_own() {
    let heard = Heard::start(Limits {
        connections_per_address: 2,
        ..Limits::default()
    });
    let site = &heard.site;
    site.runtime.block_on(async {
        let mut here = Vec::new();
        for _ in 0..2 {
            here.push(Raw::connect(site, "bkn", 1 << 20).await);
        }
        assert!(session_from(site.address(), HERE).await.is_err());
        let mut there = session_from(site.address(), THERE).await.unwrap();
        assert!(log_in(&mut there, "bpjs", &site.key("bpjs")).await.unwrap());
        // A place that is given back can be had again.
        drop(here.pop());
        while session_from(site.address(), HERE).await.is_err() {}
    });
    let event = heard.turned_away("connections_per_address");
    assert_eq!(event.peer, Some(HERE.into()));
}

#[test]
fn logins_of_one_address_are_bounded_before_those_of_all() {
    let heard = Heard::start(Limits {
        startups_per_address: 2,
        startups: Startups {
            start: 3,
            rate: 100,
            full: 4,
        },
        ..Limits::default()
    });
    let site = &heard.site;
    let silent = [(); 2].map(|()| {
        let mut stream = TcpStream::connect(site.address()).unwrap();
        // It has its place when it is greeted.
        stream.read_exact(&mut [0; 4]).unwrap();
        stream
    });
    let told = listens(site);
    assert!(told.contains("Too many logins from your address"), "{told}");
    heard.turned_away("max_startups_per_address");
    site.runtime.block_on(async {
        let third = session_from(site.address(), THERE).await.unwrap();
        assert!(session_from(site.address(), [127, 0, 0, 3]).await.is_err());
        drop(third);
    });
    heard.turned_away("max_startups");
    drop(silent);
}

#[test]
#[ignore = "needs sftp"]
fn the_usual_client_shows_why_it_was_turned_away() {
    let site = SftpSite::start(Limits {
        connections_per_address: 1,
        ..Limits::default()
    });
    let _first = site.client("bkn");
    let text = said(&site.sftp("bkn", "ls\n"));
    assert!(
        text.contains("Too many connections from your address. Close some, then try again."),
        "{text}"
    );
}

#[test]
#[ignore = "needs ssh"]
fn the_usual_client_shows_that_it_took_too_long() {
    let site = SftpSite::start(Limits {
        idle: Duration::from_secs(1),
        ..Limits::default()
    });
    let output = Command::new("ssh")
        .args(site.ssh_options(&site.key("bkn")))
        .args(["-N", &format!("bkn@{}", site.address().ip())])
        .output()
        .unwrap();
    let text = said(&output);
    assert!(
        text.contains("nothing was asked for 1 seconds; connect again"),
        "{text}"
    );
}

#[test]
fn sessions_beyond_the_limit_are_refused_and_the_others_go_on() {
    let heard = Heard::start(Limits {
        channels: 2,
        ..Limits::default()
    });
    let site = &heard.site;
    site.runtime.block_on(async {
        let raw = Raw::greeted(site, "bkn").await;
        let second = raw.session.channel_open_session().await.unwrap();
        assert!(raw.session.channel_open_session().await.is_err());
        second.close().await.unwrap();
        while raw.session.channel_open_session().await.is_err() {}
    });
    let event = heard.turned_away("channels");
    assert_eq!(event.account.as_deref(), Some("bkn"));
}

#[test]
fn after_too_many_refused_keys_the_right_one_comes_too_late() {
    let site = SftpSite::start(Limits {
        login_attempts: 3,
        refusal_time: Duration::ZERO,
        ..Limits::default()
    });
    site.runtime.block_on(async {
        for (refused, let_in) in [(2, true), (3, false)] {
            let mut session = session_from(site.address(), HERE).await.unwrap();
            for _ in 0..refused {
                let key = site.key("bpjs");
                assert!(!log_in(&mut session, "bkn", &key).await.unwrap());
            }
            let last = log_in(&mut session, "bkn", &site.key("bkn")).await;
            assert_eq!(last.unwrap_or(false), let_in, "after {refused}");
        }
    });
}

#[test]
fn one_byte_at_a_time_gets_nobody_past_the_time_for_logins() {
    let heard = Heard::start(Limits {
        login_grace: Duration::from_millis(500),
        ..Limits::default()
    });
    let mut stream = TcpStream::connect(heard.site.address()).unwrap();
    let mut version = b"SSH-2.0-slow and never through ".iter().cycle();
    let ended = loop {
        if let Err(error) = stream.write_all(&[*version.next().unwrap()]) {
            break error.kind();
        }
        // The client's slowness, not ours.
        sleep(Duration::from_millis(20));
    };
    assert!(
        matches!(ended, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset),
        "{ended}"
    );
    heard.turned_away("login_grace");
}

#[test]
fn a_packet_longer_than_any_ends_its_connection_at_once() {
    let site = SftpSite::start(Limits::default());
    for length in [u32::MAX, 1 << 31, 1 << 20, 0, 1] {
        let mut stream = TcpStream::connect(site.address()).unwrap();
        stream.write_all(b"SSH-2.0-hostile\r\n").unwrap();
        stream.write_all(&length.to_be_bytes()).unwrap();
        stream.write_all(&[0; 12]).unwrap();
        // Until the server ends it; a reset is as good.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    site.client("bkn");
}

#[test]
fn a_client_that_asks_faster_than_it_may_waits_and_nobody_else_does() {
    let site = SftpSite::start(Limits {
        requests_per_second: 100,
        ..Limits::default()
    });
    let other = site.client("bpjs");
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let begun = std::time::Instant::now();
        let requests: Vec<u8> = (0..250).flat_map(crate::floods::realpath).collect();
        raw.send(&requests).await;
        // In the meantime: fewer than the other may make at once.
        for _ in 0..20 {
            other.list("/").await.unwrap();
        }
        for number in 0..250 {
            let answer = raw.packet().await.unwrap();
            assert_eq!(answer[1..5], u32::to_be_bytes(number));
        }
        // All are answered in the end. What came in one piece was answered in one; whatever comes after it waits.
        raw.send(&crate::floods::realpath(250)).await;
        raw.packet().await.unwrap();
        assert!(begun.elapsed() >= Duration::from_secs(1));
    });
}
