//! Work spread over the processor's cores: what comes of it does not depend on how many there are.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How many jobs for each thread may be ahead of the one that is still missing.
const AHEAD: usize = 2;

/// The threads of this process that may work at once, whoever they work for.
///
/// Each delivery has threads of its own, but a job is done only in its turn, and turns are given in the order in which they
/// were asked for: so a small delivery waits for single jobs of a large one, never for the whole.
pub struct Workers {
    threads: usize,
    turns: Turns,
}

impl Workers {
    /// As many as that.
    pub fn new(threads: NonZeroUsize) -> Self {
        Self {
            threads: threads.get(),
            turns: Turns::new(threads.get()),
        }
    }

    /// One for each core that this process may use.
    pub fn of_this_machine() -> Self {
        Self::new(thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    /// Takes jobs from `source`, has each done by `work` on some thread, and gives what comes of them to `collect` on this
    /// thread, in the order of the jobs. Each thread has a state of its own, from `begin`, that `end` gets at last.
    ///
    /// Returns the first error in the order of the jobs; what comes after it is not collected.
    pub fn each<J, S, R, E: Send>(
        &self,
        source: impl Iterator<Item = Result<J, E>> + Send,
        begin: impl Fn() -> Result<S, E> + Sync,
        work: impl Fn(&mut S, J) -> Result<R, E> + Sync,
        end: impl Fn(S) -> Result<(), E> + Sync,
        mut collect: impl FnMut(R) -> Result<(), E>,
    ) -> Result<(), E>
    where
        R: Send,
    {
        let line = Line::new(source, self.threads * AHEAD);
        let mut outcome = Ok(());
        let failed = Mutex::new(None);
        thread::scope(|scope| {
            // Should this thread panic, the others must not wait for it: they are stopped, and nobody listens to them.
            let _guard = Guard(&line);
            let (send, receive) = sync_channel(self.threads);
            for _ in 0..self.threads {
                let send = send.clone();
                let (line, begin, work, end) = (&line, &begin, &work, &end);
                let failed = &failed;
                scope.spawn(move || {
                    let guard = Guard(line);
                    let done = begin().and_then(|mut state| {
                        self.thread(line, &send, |job| work(&mut state, job));
                        match line.is_stopped() {
                            true => Ok(()),
                            false => end(state),
                        }
                    });
                    if let Err(error) = done {
                        line.stop();
                        lock(failed).get_or_insert(error);
                    }
                    drop(guard);
                });
            }
            drop(send);
            outcome = line.collect(&receive, &mut collect);
        });
        outcome?;
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn thread<J, R, E>(
        &self,
        line: &Line<impl Iterator<Item = Result<J, E>>>,
        send: &SyncSender<(usize, Result<R, E>)>,
        mut work: impl FnMut(J) -> Result<R, E>,
    ) {
        while let Some((number, job)) = line.next() {
            let done = job.and_then(|job| {
                let _turn = self.turns.take();
                work(job)
            });
            // Nobody listens any more once an error was collected.
            if send.send((number, done)).is_err() {
                return;
            }
        }
    }
}

/// The jobs, taken by one thread after another.
struct Line<I> {
    state: Mutex<State<I>>,
    moved: Condvar,
    ahead: usize,
}

struct State<I> {
    source: Option<I>,
    taken: usize,
    collected: usize,
    stopped: bool,
}

impl<I> Line<I> {
    fn new(source: I, ahead: usize) -> Self {
        Self {
            state: Mutex::new(State {
                source: Some(source),
                taken: 0,
                collected: 0,
                stopped: false,
            }),
            moved: Condvar::new(),
            ahead,
        }
    }

    /// The next job and its number; `None` at the end, or when somebody stopped. Waits while the collector is far behind.
    fn next<J, E>(&self) -> Option<(usize, Result<J, E>)>
    where
        I: Iterator<Item = Result<J, E>>,
    {
        let far =
            |state: &mut State<I>| !state.stopped && state.taken >= state.collected + self.ahead;
        let mut state = match self.moved.wait_while(lock(&self.state), far) {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        };
        if state.stopped {
            return None;
        }
        let job = state.source.as_mut()?.next();
        // Nothing follows an end or an error.
        if !matches!(job, Some(Ok(_))) {
            state.source = None;
        }
        let number = state.taken;
        state.taken += 1;
        Some((number, job?))
    }

    fn collect<R, E>(
        &self,
        receive: &Receiver<(usize, Result<R, E>)>,
        collect: &mut impl FnMut(R) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        let mut outcome = Ok(());
        while let Ok((number, done)) = receive.recv() {
            if outcome.is_err() {
                continue;
            }
            waiting.insert(number, done);
            while let Some(done) = waiting.remove(&next) {
                next += 1;
                outcome = done.and_then(&mut *collect);
                if outcome.is_err() {
                    self.stop();
                    break;
                }
            }
            lock(&self.state).collected = next;
            self.moved.notify_all();
        }
        outcome
    }

    fn stop(&self) {
        lock(&self.state).stopped = true;
        self.moved.notify_all();
    }

    fn is_stopped(&self) -> bool {
        lock(&self.state).stopped
    }
}

/// Stops the others when its thread panics: they would wait for it.
struct Guard<'l, I>(&'l Line<I>);

impl<I> Drop for Guard<'_, I> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

/// Who may work, first come, first served.
struct Turns {
    state: Mutex<Queue>,
    moved: Condvar,
}

struct Queue {
    free: usize,
    /// Number of the next who asks, and of the next who is served.
    last: u64,
    next: u64,
}

/// Given back when it is dropped.
struct Turn<'t>(&'t Turns);

impl Turns {
    fn new(free: usize) -> Self {
        Self {
            state: Mutex::new(Queue {
                free,
                last: 0,
                next: 0,
            }),
            moved: Condvar::new(),
        }
    }

    fn take(&self) -> Turn<'_> {
        let mut queue = lock(&self.state);
        let own = queue.last;
        queue.last += 1;
        let waits = |queue: &mut Queue| queue.next != own || queue.free == 0;
        let mut queue = match self.moved.wait_while(queue, waits) {
            Ok(queue) => queue,
            Err(poisoned) => poisoned.into_inner(),
        };
        queue.next += 1;
        queue.free -= 1;
        drop(queue);
        // Whoever comes after may find another one free.
        self.moved.notify_all();
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).free += 1;
        self.0.moved.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    fn workers(threads: usize) -> Workers {
        Workers::new(NonZeroUsize::new(threads).unwrap())
    }

    fn run(
        threads: usize,
        jobs: Vec<Result<u32, u32>>,
        collect: impl FnMut(u32) -> Result<(), u32>,
    ) -> Result<(), u32> {
        let work = |_: &mut (), job: u32| match job {
            1000.. => Err(job),
            _ => {
                // Later jobs are done sooner.
                thread::yield_now();
                Ok(job * 2)
            }
        };
        let source = jobs.into_iter();
        workers(threads).each(source, || Ok(()), work, |()| Ok(()), collect)
    }

    #[test]
    fn what_comes_of_jobs_is_collected_in_their_order() {
        for threads in [1, 2, 7] {
            let mut collected = Vec::new();
            let jobs = (0..500).map(Ok).collect();
            run(threads, jobs, |done| {
                collected.push(done);
                Ok(())
            })
            .unwrap();
            let expected: Vec<u32> = (0..500).map(|job| job * 2).collect();
            assert_eq!(collected, expected);
        }
    }

    #[test]
    fn the_first_error_in_the_order_of_jobs_is_the_one() {
        for threads in [1, 2, 7] {
            let mut jobs: Vec<Result<u32, u32>> = (0..200).map(Ok).collect();
            jobs[50] = Ok(1050);
            jobs[51] = Ok(1051);
            jobs[60] = Err(60);
            let mut collected = 0;
            let failed = run(threads, jobs.clone(), |_| {
                collected += 1;
                Ok(())
            });
            assert_eq!((failed, collected), (Err(1050), 50));
            // Of the source, and of whoever collects.
            jobs[50] = Ok(0);
            jobs[51] = Ok(0);
            assert_eq!(run(threads, jobs.clone(), |_| Ok(())), Err(60));
            let refuse = |done| if done == 40 { Err(7) } else { Ok(()) };
            assert_eq!(run(threads, jobs, refuse), Err(7));
        }
    }

    #[test]
    fn every_thread_ends_unless_something_failed() {
        let (begun, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let go = |jobs: Vec<Result<u32, u32>>| {
            workers(3).each(
                jobs.into_iter(),
                || Ok(begun.fetch_add(1, SeqCst)),
                |_, job| Ok(job),
                |_| {
                    ended.fetch_add(1, SeqCst);
                    Ok(())
                },
                |_| Ok(()),
            )
        };
        go(vec![Ok(1), Ok(2)]).unwrap();
        assert_eq!((begun.load(SeqCst), ended.load(SeqCst)), (3, 3));
        let no_start = workers(3).each(
            (0..9).map(Ok),
            || Err(5),
            |_: &mut (), job: u32| Ok(job),
            |()| Ok(()),
            |_| Ok(()),
        );
        assert_eq!(no_start, Err(5));
    }

    #[test]
    fn a_panic_anywhere_ends_all_of_it() {
        let go = |working: bool| {
            let fail = |now: bool| assert!(!now, "as it should");
            workers(3).each(
                (0..1000).map(Ok::<_, u32>),
                || Ok(()),
                |(), job| {
                    fail(working && job == 50);
                    Ok(job)
                },
                |()| Ok(()),
                |done| {
                    fail(!working && done == 50);
                    Ok(())
                },
            )
        };
        for working in [true, false] {
            assert!(catch_unwind(AssertUnwindSafe(|| go(working))).is_err());
        }
    }

    #[test]
    fn one_who_asks_later_waits_for_one_turn_and_not_for_all() {
        let turns = Turns::new(1);
        let served = Mutex::new(Vec::new());
        let first = turns.take();
        thread::scope(|scope| {
            let asked = |count: u64| {
                while lock(&turns.state).last < count {
                    thread::yield_now()
                }
            };
            for (number, name) in [(2, "large"), (3, "small"), (4, "large")] {
                let (turns, served) = (&turns, &served);
                scope.spawn(move || {
                    let _turn = turns.take();
                    lock(served).push(name);
                });
                asked(number);
            }
            drop(first);
        });
        assert_eq!(*lock(&served), ["large", "small", "large"]);
    }

    #[test]
    fn no_more_work_at_once_than_there_are_turns() {
        let workers = workers(2);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let both = Barrier::new(2);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    both.wait();
                    let work = |_: &mut (), _: u32| {
                        most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                        thread::yield_now();
                        now.fetch_sub(1, SeqCst);
                        Ok::<_, u32>(())
                    };
                    let source = (0..200).map(Ok);
                    workers
                        .each(source, || Ok(()), work, |()| Ok(()), |()| Ok(()))
                        .unwrap();
                });
            }
        });
        assert!(most.load(SeqCst) <= 2);
    }
}
