//! A server whose events can be waited for.

use std::sync::mpsc::{Receiver, channel};

use padan::sftp::{Event, Limits, Recorder, What};

use crate::common::SftpSite;

/// A server and everything that it tells.
pub struct Heard {
    pub site: SftpSite,
    events: Receiver<Event>,
}

impl Heard {
    /// Starts one.
    pub fn start(limits: Limits) -> Self {
        let (tell, events) = channel();
        let site = SftpSite::start_with(limits, |settings, _| {
            settings.recorder = Recorder::new(move |event| {
                // Nobody listens any more when a test has failed.
                let _ = tell.send(event);
            });
        });
        Self { site, events }
    }

    /// Waits for an event that `is_it`.
    pub fn until(&self, is_it: impl Fn(&Event) -> bool) -> Event {
        self.events.iter().find(|event| is_it(event)).unwrap()
    }

    /// Waits until somebody is turned away for a reason.
    pub fn turned_away(&self, expected: &str) -> Event {
        self.until(|event| matches!(event.what, What::TurnedAway { reason } if reason == expected))
    }

    /// The events so far that `is_it`.
    pub fn so_far(&self, is_it: impl Fn(&Event) -> bool) -> usize {
        self.events.try_iter().filter(is_it).count()
    }
}
