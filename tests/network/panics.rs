//! A panic ends one session. Whoever hears of events is called inside the session's own task, so one that panics
//! there is a real mistake in the middle of it.

use std::fs;

use padan::sftp::{Limits, Recorder, What};

use crate::common::SftpSite;
use crate::common::raw::{Raw, session_from};

/// A server that panics when a client opens more sessions than it may.
fn site() -> SftpSite {
    let limits = Limits {
        connections: 2,
        channels: 2,
        ..Limits::default()
    };
    SftpSite::start_with(limits, |settings, _| {
        settings.recorder = Recorder::new(|event| {
            if matches!(event.what, What::TurnedAway { reason: "channels" }) {
                panic!("a mistake");
            }
        });
    })
}

#[test]
fn a_panic_ends_one_session_and_gives_back_all_that_it_had() {
    let site = site();
    let other = site.client("bpjs");
    site.runtime.block_on(async {
        // More often than there are places.
        for round in 0..5 {
            let mut raw = loop {
                // The last one's place may not be free yet.
                match session_from(site.address(), [127, 0, 0, 1]).await {
                    Ok(session) => break Raw::of(session, "bkn", &site.key("bkn")).await,
                    Err(_) => continue,
                }
            };
            raw.greet().await;
            let file = format!("inbox/{round}");
            raw.open(&file, 0x0a).await;
            let _second = raw.session.channel_open_session().await.unwrap();
            // The session panics here, and its client sees the connection end.
            assert!(raw.session.channel_open_session().await.is_err());
            while raw.packet().await.is_some() {}
            // Its files are closed and unlocked.
            fs::File::open(site.root("bkn", &file))
                .unwrap()
                .lock()
                .unwrap();
            other.list("/").await.unwrap();
        }
    });
}

#[test]
fn a_panic_over_somebody_without_a_place_does_not_end_the_service() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let site = SftpSite::start_with(limits, |settings, _| {
        settings.recorder = Recorder::new(|event| {
            assert!(!matches!(event.what, What::TurnedAway { .. }), "a mistake");
        });
    });
    let first = site.client("bkn");
    for _ in 0..3 {
        let refused = session_from(site.address(), [127, 0, 0, 1]);
        assert!(site.runtime.block_on(refused).is_err());
    }
    site.runtime.block_on(first.list("/")).unwrap();
}
