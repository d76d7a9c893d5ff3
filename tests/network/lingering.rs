//! A session that was given up but does not end, because something in it stands still, keeps its place.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use padan::sftp::{Limits, Recorder, What};

use crate::common::SftpSite;
use crate::common::raw::{log_in, session_from};
use crate::service::clients;

const HERE: [u8; 4] = [127, 0, 0, 1];

#[test]
fn a_session_that_does_not_end_keeps_its_place_until_it_does() {
    let limits = Limits {
        connections: 1,
        channels: 1,
        idle: Duration::from_secs(2),
        stop_grace: Duration::ZERO,
        ..Limits::default()
    };
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let site = SftpSite::start_with(limits, |settings, _| {
        settings.recorder = Recorder::new(move |event| {
            // In the session's own task; once the test has let go, at once.
            if matches!(event.what, What::TurnedAway { reason: "channels" }) {
                let _ = released.lock().unwrap().recv();
            }
        });
    });
    // One thread of two stands still: the other is kept listening as `padan serve` does it.
    let runtime = site.runtime.handle().clone();
    let (listening, done) = channel::<()>();
    let nudge = thread::spawn(move || {
        while done
            .recv_timeout(Duration::from_millis(10))
            .is_err_and(|e| e == std::sync::mpsc::RecvTimeoutError::Timeout)
        {
            runtime.spawn(async {});
        }
    });
    clients().block_on(async {
        let mut first = session_from(site.address(), HERE).await.unwrap();
        assert!(log_in(&mut first, "bkn", &site.key("bkn")).await.unwrap());
        let _channel = first.channel_open_session().await.unwrap();
        // Cut while it waits for its answer: from here on the server has given it up.
        assert!(first.channel_open_session().await.is_err());
        for _ in 0..20 {
            assert!(session_from(site.address(), HERE).await.is_err());
        }
        drop(release);
        // Its place comes back.
        while session_from(site.address(), HERE).await.is_err() {}
    });
    drop(listening);
    nudge.join().unwrap();
}
