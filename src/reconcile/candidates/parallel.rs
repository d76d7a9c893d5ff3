//! Work on several cores. Whatever is made of it is put in an order afterwards, so that no answer depends on theirs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::fault::Fault;
use crate::snapshot::{Partition, Reader};
use crate::workers::Workers;

/// Has each partition worked on by some thread, whose state `begin` makes; returns all states, in no order.
pub(super) fn in_parallel<T: Send>(
    workers: &Workers,
    sides: [&Reader; 2],
    begin: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, Partition) -> Result<(), Fault> + Sync,
) -> Result<Vec<T>, Fault> {
    let [left, right] = sides.map(Reader::rows);
    let states = Mutex::new(Vec::new());
    workers.each(
        Partition::runs(left.max(right)).map(Ok),
        || Ok(begin()),
        |state, run| {
            run.into_iter()
                .try_for_each(|partition| work(state, partition))
        },
        |state| {
            locked(&states).push(state);
            Ok(())
        },
        |()| Ok(()),
    )?;
    Ok(unlocked(states))
}

/// Does the same for both sides at once.
pub(super) fn both<A: Send, T: Send>(
    workers: &Workers,
    [left, right]: [A; 2],
    work: impl Fn(A) -> Result<T, Fault> + Sync,
) -> Result<[T; 2], Fault> {
    let mut made = Vec::new();
    workers.each(
        [Ok(left), Ok(right)].into_iter(),
        || Ok(()),
        |(), side| work(side),
        |()| Ok(()),
        |one| {
            made.push(one);
            Ok(())
        },
    )?;
    made.try_into()
        .map_err(|_| Fault::Inconsistent("one side of two was not worked on".to_owned()))
}

/// What a lock guards.
pub(super) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a lock guarded.
pub(super) fn unlocked<T>(lock: Mutex<T>) -> T {
    lock.into_inner().unwrap_or_else(PoisonError::into_inner)
}
