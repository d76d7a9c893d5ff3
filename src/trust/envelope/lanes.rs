//! Threads that work side by side, with results in the order of the jobs.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Jobs that a thread has at a time: one in work, one waiting for it.
const DEPTH: usize = 2;
/// Most threads: more would wait for the one that reads or writes.
const MOST: usize = 4;

/// Some threads, each with its own queues. Jobs go around, so the next result always comes from the lane whose turn
/// it is. Dropped, it waits for the threads: they end with the job they have.
pub(super) struct Lanes<J> {
    lanes: Vec<Lane<J>>,
    given: usize,
    taken: usize,
}

/// A thread has ended before its time.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a thread ended early")]
pub(super) struct Stopped;

struct Lane<J> {
    /// `None` once the thread shall end.
    jobs: Option<SyncSender<J>>,
    done: Receiver<J>,
    thread: Option<JoinHandle<()>>,
}

impl<J: Send + 'static> Lanes<J> {
    /// Starts a thread for each processor; `None` where there is one processor only, or no thread to be had.
    pub(super) fn start(work: impl Fn(&mut J) + Send + Sync + 'static) -> Option<Self> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        if count == 1 {
            return None;
        }
        let work = Arc::new(work);
        let lanes = (0..count.min(MOST))
            .map(|_| Lane::start(Arc::clone(&work)))
            .collect::<Option<_>>()?;
        Some(Self {
            lanes,
            given: 0,
            taken: 0,
        })
    }

    /// Whether a job can be given before a result is taken.
    pub(super) fn has_room(&self) -> bool {
        self.given - self.taken < self.lanes.len() * DEPTH
    }

    /// Whether all results were taken.
    pub(super) fn is_idle(&self) -> bool {
        self.given == self.taken
    }

    /// Gives a job to the next thread.
    pub(super) fn give(&mut self, job: J) -> Result<(), Stopped> {
        let lane = self.lanes.get(self.given % self.lanes.len());
        let jobs = lane.and_then(|lane| lane.jobs.as_ref()).ok_or(Stopped)?;
        jobs.send(job).map_err(|_| Stopped)?;
        self.given += 1;
        Ok(())
    }

    /// The result of the oldest job; waits for it.
    pub(super) fn take(&mut self) -> Result<J, Stopped> {
        let lane = self.lanes.get(self.taken % self.lanes.len());
        let job = lane.and_then(|lane| lane.done.recv().ok()).ok_or(Stopped)?;
        self.taken += 1;
        Ok(job)
    }
}

impl<J: Send + 'static> Lane<J> {
    fn start(work: Arc<impl Fn(&mut J) + Send + Sync + 'static>) -> Option<Self> {
        let (jobs, queue) = sync_channel::<J>(DEPTH);
        let (results, done) = sync_channel::<J>(DEPTH);
        let thread = thread::Builder::new()
            .name("age".to_owned())
            .spawn(move || {
                while let Ok(mut job) = queue.recv() {
                    work(&mut job);
                    if results.send(job).is_err() {
                        break;
                    }
                }
            })
            .ok()?;
        Some(Self {
            jobs: Some(jobs),
            done,
            thread: Some(thread),
        })
    }
}

impl<J> Drop for Lane<J> {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // What a panic had to tell, it told on stderr; whoever waits for its result is told `Stopped`.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Lanes;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        // A machine with one processor has no lanes.
        let Some(mut lanes) = Lanes::start(|n: &mut u32| *n *= 2) else {
            return;
        };
        let mut results = Vec::new();
        for n in 0..1000 {
            if !lanes.has_room() {
                results.push(lanes.take().unwrap());
            }
            lanes.give(n).unwrap();
        }
        while !lanes.is_idle() {
            results.push(lanes.take().unwrap());
        }
        assert!(results.into_iter().eq((0..1000).map(|n| n * 2)));
    }

    #[test]
    fn a_panic_is_told_and_nothing_hangs() {
        let Some(mut lanes) = Lanes::start(|n: &mut u32| assert!(*n != 1, "told to")) else {
            return;
        };
        for n in 0..2 {
            lanes.give(n).unwrap();
        }
        assert_eq!(lanes.take().unwrap(), 0);
        assert!(lanes.take().is_err());
    }

    #[test]
    fn dropped_with_jobs_in_them_they_end() {
        let alive = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&alive);
        let Some(mut lanes) = Lanes::start(move |_: &mut u32| {
            counter.fetch_add(1, Ordering::Relaxed);
        }) else {
            return;
        };
        while lanes.has_room() {
            lanes.give(0).unwrap();
        }
        drop(lanes);
        // The closure, and with it this counter, went away with the last thread.
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}
