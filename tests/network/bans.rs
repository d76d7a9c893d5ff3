//! Addresses whose logins fail are shut out for a while, and no others.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use padan::sftp::{Bans, Event, Limits, What};

use crate::common::SftpSite;
use crate::common::raw::{log_in, session_from};
use crate::heard::Heard;

const BAD: [u8; 4] = [127, 0, 0, 2];
const GOOD: [u8; 4] = [127, 0, 0, 3];
const EXEMPT: [u8; 4] = [127, 0, 7, 7];

fn limits(duration: Duration) -> Limits {
    Limits {
        bans: Bans {
            failures: 3,
            within: Duration::from_secs(3600),
            duration,
            never: vec![("127.0.7.0".parse().unwrap(), 24)],
        },
        refusal_time: Duration::ZERO,
        ..Limits::default()
    }
}

fn is_ban(event: &Event) -> bool {
    matches!(event.what, What::Banned { .. })
}

/// A connection whose only key is not listed.
async fn fail(site: &SftpSite, from: [u8; 4]) {
    let mut session = session_from(site.address(), from).await.unwrap();
    assert!(
        !log_in(&mut session, "bkn", &site.key("bpjs"))
            .await
            .unwrap()
    );
}

async fn succeeds(site: &SftpSite, from: [u8; 4]) -> bool {
    match session_from(site.address(), from).await {
        Ok(mut session) => log_in(&mut session, "bkn", &site.key("bkn")).await.unwrap(),
        Err(_) => false,
    }
}

#[test]
fn failed_logins_shut_an_address_out_and_no_other() {
    // That it ends, and that nothing makes it longer, is a matter for the clock of the unit tests.
    let heard = Heard::start(limits(Duration::from_secs(3600)));
    let site = &heard.site;
    site.runtime.block_on(async {
        for _ in 0..3 {
            fail(site, BAD).await;
        }
    });
    let event = heard.until(is_ban);
    assert_eq!(event.peer, Some(BAD.into()));
    site.runtime.block_on(async {
        assert!(!succeeds(site, BAD).await);
        assert!(succeeds(site, GOOD).await);
    });
    assert_eq!(heard.so_far(is_ban), 0);
}

#[test]
fn whoever_logs_in_with_its_second_key_has_not_failed() {
    let heard = Heard::start(limits(Duration::from_secs(3600)));
    let site = &heard.site;
    site.runtime.block_on(async {
        for _ in 0..10 {
            let mut session = session_from(site.address(), BAD).await.unwrap();
            for _ in 0..3 {
                assert!(
                    !log_in(&mut session, "bkn", &site.key("bpjs"))
                        .await
                        .unwrap()
                );
            }
            assert!(log_in(&mut session, "bkn", &site.key("bkn")).await.unwrap());
        }
    });
    assert_eq!(heard.so_far(is_ban), 0);
}

#[test]
fn whoever_only_looks_has_not_failed() {
    let heard = Heard::start(Limits {
        bans: Bans {
            never: Vec::new(),
            ..limits(Duration::ZERO).bans
        },
        ..Limits::default()
    });
    let site = &heard.site;
    for _ in 0..10 {
        // A monitor, then a scan for host keys.
        let mut stream = TcpStream::connect(site.address()).unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
        drop(stream);
        drop(
            site.runtime
                .block_on(session_from(site.address(), [127, 0, 0, 1])),
        );
    }
    drop(site.client("bkn"));
    assert_eq!(heard.so_far(is_ban), 0);
}

#[test]
fn an_address_on_the_list_is_never_shut_out() {
    let heard = Heard::start(limits(Duration::from_secs(3600)));
    let site = &heard.site;
    site.runtime.block_on(async {
        for _ in 0..10 {
            fail(site, EXEMPT).await;
        }
        assert!(succeeds(site, EXEMPT).await);
    });
    assert_eq!(heard.so_far(is_ban), 0);
}
