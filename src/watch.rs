//! What wakes the pipeline: file events in the inboxes, and a clock for when none come.
//!
//! Events only make it prompt. A burst of them is one look; a lost one costs at most `rescan`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
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

/// Most events that wait for the end of a look, or are told to the next one together. A client that makes and removes
/// folders while a large delivery is worked on would otherwise fill the memory.
const MOST_WAITING: usize = 1024;

/// Watches inboxes until it is dropped.
pub struct Watch {
    events: Receiver<Vec<PathBuf>>,
    bell: Bell,
    _watcher: Option<RecommendedWatcher>,
}

/// Wakes whoever runs a [`Watch`], and never waits for it. Clones wake the same one.
#[derive(Clone)]
struct Bell {
    events: SyncSender<Vec<PathBuf>>,
    stop: Arc<AtomicBool>,
}

impl Bell {
    /// Something may have come, here. When too many wait already, the paths are dropped, and nothing is lost by that but
    /// promptness: those that wait wake a look that begins later, and each look is at everything.
    fn ring(&self, paths: Vec<PathBuf>) {
        // Nobody listens any more when the service has ended.
        let _ = self.events.try_send(paths);
    }

    /// The service ends. Seen before the next event is minded, and there is one: this, or those that leave it no room.
    fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.ring(vec![]);
    }
}

impl Watch {
    /// Watches folders and everything below. Where the system gives no events, the clock alone wakes.
    pub fn over(inboxes: &[PathBuf]) -> Self {
        let (sender, events) = sync_channel(MOST_WAITING);
        let bell = Bell {
            events: sender,
            stop: Arc::default(),
        };
        let watcher = watcher(inboxes, bell.clone());
        if let Err(error) = &watcher {
            tracing::warn!(%error, "no file events: inboxes are looked at by the clock alone");
        }
        Self {
            events,
            bell,
            _watcher: watcher.ok(),
        }
    }

    /// Ends [`Watch::run`] from another thread.
    pub fn stopper(&self) -> impl Fn() + Send + 'static {
        let bell = self.bell.clone();
        move || bell.stop()
    }

    /// Calls `look` now, after each burst of events with the paths it touched (of a very large one not all), and when
    /// neither `rescan` nor what `look` returned has brought one; returns after [`Watch::stopper`] was called. While
    /// events come without a pause it rests as long as it looked, so that looking never takes more than half of a
    /// processor from those whose files come.
    pub fn run(&self, rescan: Duration, mut look: impl FnMut(&[PathBuf]) -> Option<Duration>) {
        let mut touched = Vec::new();
        loop {
            let begun = Instant::now();
            let due = look(&touched).unwrap_or(rescan).min(rescan);
            let rested = Instant::now() + begun.elapsed().min(LONGEST_REST);
            touched.clear();
            let mut heard = self.events.recv_timeout(due);
            loop {
                if self.bell.stop.load(Ordering::Acquire) {
                    return;
                }
                match heard {
                    Ok(paths) => touched.extend(paths),
                    // The bell keeps the channel open.
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                }
                if touched.len() >= MOST_WAITING {
                    break;
                }
                let rest = rested.saturating_duration_since(Instant::now());
                heard = self.events.recv_timeout(rest);
            }
        }
    }
}

fn watcher(inboxes: &[PathBuf], bell: Bell) -> notify::Result<RecommendedWatcher> {
    let hear = move |event: notify::Result<Event>| match event {
        Ok(event) if !matters(event.kind) => {}
        Ok(event) => bell.ring(event.paths),
        // An error, as an overflowing queue, is a reason to look.
        Err(_) => bell.ring(vec![]),
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::{MOST_WAITING, Watch};

    const NEVER: Duration = Duration::from_secs(3600);

    /// What a client does while a look takes long neither fills the memory nor hides what comes after it.
    #[test]
    fn a_flood_of_events_during_a_look_is_bounded_and_wakes_the_next() {
        let watch = Watch::over(&[]);
        let stop = watch.stopper();
        let flood = || {
            for _ in 0..20 * MOST_WAITING {
                watch.bell.ring(vec![PathBuf::from("folder")]);
            }
        };
        let mut told = Vec::new();
        watch.run(NEVER, |touched| {
            told.push(touched.len());
            match told.len() {
                1 => flood(),
                // Among so many, the end is heard too.
                3 => {
                    flood();
                    stop();
                }
                _ => {}
            }
            Some(Duration::ZERO)
        });
        // One look took in all that waited; the third came by the clock.
        assert_eq!(told, [0, MOST_WAITING, 0]);
    }

    #[test]
    fn an_event_during_a_look_wakes_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = folder.path().to_owned();
        let watch = Watch::over(std::slice::from_ref(&inbox));
        let stop = watch.stopper();
        let mut looks = 0;
        watch.run(NEVER, |touched| {
            looks += 1;
            if looks == 1 {
                std::fs::write(inbox.join("a"), "a").unwrap();
            } else if touched.contains(&inbox.join("a")) {
                stop();
            }
            None
        });
        assert!(looks > 1);
    }
}
