//! What wakes the pipeline: file events in the inboxes, and a clock for when none come.
//!
//! Events only make it prompt. A burst of them is one look; a lost one costs at most `rescan`.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Config, Event, EventKind, EventKindMask, RecommendedWatcher, RecursiveMode, Watcher};

/// What the system is asked to tell. Not every write into a file: an upload makes thousands, each would wake a thread,
/// and all of them together cost as much as storing the bytes.
const ASKED: EventKindMask = EventKindMask::CREATE
    .union(EventKindMask::REMOVE)
    .union(EventKindMask::MODIFY_NAME)
    .union(EventKindMask::ACCESS_CLOSE);

/// Longest rest between two looks when events come one after the other.
const LONGEST_REST: Duration = Duration::from_millis(200);

/// Why the pipeline wakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// Something may have come, here.
    Look(Vec<PathBuf>),
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

    /// Calls `look` now, after each burst of events with the paths it touched, and when neither `rescan` nor what `look`
    /// returned has brought one; returns after [`Watch::stopper`] was called. While events come without a pause it rests
    /// as long as it looked, so that looking never takes more than half of a processor from those whose files come.
    pub fn run(&self, rescan: Duration, mut look: impl FnMut(&[PathBuf]) -> Option<Duration>) {
        let mut touched = Vec::new();
        loop {
            let begun = Instant::now();
            let due = look(&touched).unwrap_or(rescan).min(rescan);
            let rested = Instant::now() + begun.elapsed().min(LONGEST_REST);
            touched.clear();
            let mut heard = self.wakes.recv_timeout(due);
            loop {
                match heard {
                    Ok(Wake::Look(paths)) => touched.extend(paths),
                    Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => break,
                }
                let rest = rested.saturating_duration_since(Instant::now());
                heard = self.wakes.recv_timeout(rest);
            }
        }
    }
}

fn watcher(inboxes: &[PathBuf], sender: Sender<Wake>) -> notify::Result<RecommendedWatcher> {
    let hear = move |event: notify::Result<Event>| {
        let wake = match event {
            Ok(event) if !matters(event.kind) => return,
            Ok(event) => Wake::Look(event.paths),
            // An error, as an overflowing queue, is a reason to look.
            Err(_) => Wake::Look(vec![]),
        };
        // Nobody listens any more when the service has ended.
        let _ = sender.send(wake);
    };
    let config = Config::default().with_event_kinds(ASKED);
    let mut watcher = RecommendedWatcher::new(hear, config)?;
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
