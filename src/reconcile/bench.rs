//! Where rows lie while they are compared, and who compares them.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::fault::Fault;
use crate::snapshot::{Partition, Reader, StoreKey};
use crate::workers::Workers;

/// What every comparison needs.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// A folder for files without a name: nothing is left behind there.
    pub scratch: &'a Path,
    /// The key under which they are encrypted.
    pub store: &'a StoreKey,
    /// Who works.
    pub workers: &'a Workers,
}

impl Bench<'_> {
    /// Has each partition of two snapshots worked on by some thread. Each thread has a state of its own, from `begin`;
    /// returns what `end` makes of each, in no order.
    pub(super) fn each_partition<T, R: Send>(
        self,
        sides: [&Reader; 2],
        begin: impl Fn() -> Result<T, Fault> + Sync,
        work: impl Fn(&mut T, Partition) -> Result<(), Fault> + Sync,
        end: impl Fn(T) -> Result<R, Fault> + Sync,
    ) -> Result<Vec<R>, Fault> {
        let [left, right] = sides.map(Reader::rows);
        let ended = Mutex::new(Vec::new());
        self.workers.each(
            Partition::runs(left.max(right)).map(Ok),
            begin,
            |state, run| {
                run.into_iter()
                    .try_for_each(|partition| work(state, partition))
            },
            |state| {
                let made = end(state)?;
                ended
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(made);
                Ok(())
            },
            |()| Ok(()),
        )?;
        Ok(ended.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does the same for both sides at once.
    pub(super) fn both<A: Send, T: Send>(
        self,
        [left, right]: [A; 2],
        work: impl Fn(A) -> Result<T, Fault> + Sync,
    ) -> Result<[T; 2], Fault> {
        let mut made = Vec::new();
        self.workers.each(
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
}
