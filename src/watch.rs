//! What wakes the pipeline: file events in the inboxes, and a clock for when none come.
//!
//! Events only make it prompt. A burst of them is one look; a lost one costs at most `rescan`.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Why the pipeline wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Something may have come.
    Look,
    /// The service ends.
    Stop,
}

/// Watches inboxes until it is dropped.
pub struct Watch {
    wakes: Receiver<Wake>,
    sender: Sender<Wake>,
    _watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches folders and everything below. Where the system gives no events, the clock alone wakes.
    pub fn over(inboxes: &[PathBuf]) -> Self {
        let (sender, wakes) = channel();
        let watcher = watcher(inboxes, sender.clone());
        if let Err(error) = &watcher {
            tracing::warn!(%error, "no file events: inboxes are looked at by the clock alone");
        }
        Self {
            wakes,
            sender,
            _watcher: watcher.ok(),
        }
    }

    /// Ends [`Watch::run`] from another thread.
    pub fn stopper(&self) -> impl Fn() + Send + 'static {
        let sender = self.sender.clone();
        move || {
            // Nobody listens any more if it has ended by itself.
            let _ = sender.send(Wake::Stop);
        }
    }

    /// Calls `look` now, after each burst of events, and when neither `rescan` nor what `look` returned has brought
    /// one; returns after [`Watch::stopper`] was called.
    pub fn run(&self, rescan: Duration, mut look: impl FnMut() -> Option<Duration>) {
        loop {
            let due = look().unwrap_or(rescan).min(rescan);
            match self.wakes.recv_timeout(due) {
                Ok(Wake::Look) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.wakes.try_iter().any(|wake| wake == Wake::Stop) {
                return;
            }
        }
    }
}

fn watcher(inboxes: &[PathBuf], sender: Sender<Wake>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // An error, as an overflowing queue, is a reason to look.
        if event.map_or(true, |event| matters(event.kind)) {
            let _ = sender.send(Wake::Look);
        }
    })?;
    for inbox in inboxes {
        watcher.watch(inbox, RecursiveMode::Recursive)?;
    }
    Ok(watcher)
}

/// A file is there under its name, or was closed by its writer. Reading is no reason to look: looking reads.
fn matters(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(_))
            | EventKind::Create(_)
            | EventKind::Remove(_)
    )
}
