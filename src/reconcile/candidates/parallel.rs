//! Work on several cores. Whatever is made of it is put in an order afterwards, so that no answer depends on theirs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use crate::fault::Fault;
use crate::snapshot::{PARTITIONS, Partition};

/// Partitions, each handed out once.
pub(super) struct Turns(AtomicUsize);

impl Turns {
    /// The next one that nobody has.
    pub(super) fn next(&self) -> Option<Partition> {
        let turn = self.0.fetch_add(1, Ordering::Relaxed);
        Partition::all().nth(turn.min(PARTITIONS))
    }
}

/// Lets as many threads as there are cores work on the partitions; returns what each made, in no order.
pub(super) fn in_parallel<T: Send>(
    work: impl Fn(&Turns) -> Result<T, Fault> + Sync,
) -> Result<Vec<T>, Fault> {
    let turns = Turns(AtomicUsize::new(0));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| work(&turns));
        let workers: Vec<_> = (0..threads).map(spawn).collect();
        workers.into_iter().map(joined).collect()
    })
}

/// Does the same for both sides at once.
pub(super) fn both<A: Send, T: Send>(
    [left, right]: [A; 2],
    work: impl Fn(A) -> Result<T, Fault> + Sync,
) -> Result<[T; 2], Fault> {
    thread::scope(|scope| {
        let left = scope.spawn(|| work(left));
        let right = work(right);
        Ok([joined(left)?, right?])
    })
}

/// What a lock guards; a thread that panicked takes the whole run with it when it is joined.
pub(super) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a lock guarded.
pub(super) fn unlocked<T>(lock: Mutex<T>) -> T {
    lock.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn joined<T>(thread: ScopedJoinHandle<'_, Result<T, Fault>>) -> Result<T, Fault> {
    match thread.join() {
        Ok(made) => made,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
