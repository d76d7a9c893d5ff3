//! Snapshots: rows at rest, encrypted, in 256 partitions, read back as streams (design §7).
//!
//! A snapshot is one file (`layout`): a header with the data key that age wrapped for the store key, blocks of
//! about 64 KiB sealed with AES-256-GCM, and a sealed index. A row lies in the partition that a keyed hash of its
//! group key (the first key column) names, the same in every snapshot of one store key: so two snapshots are
//! compared one pair of partitions at a time, and memory depends on a partition, never on the file.
//!
//! [`Writer`] takes rows in any order, [`sorted`] gives one partition in the order of its key, [`Merged`] all of
//! them as one sorted stream. Destroying the wrapped key destroys the data.

mod block;
mod layout;
mod merge;
mod reader;
mod sort;
mod store_key;
mod writer;

#[cfg(test)]
mod damage;

pub use merge::Merged;
pub use reader::{Cursor, Reader};
pub use sort::{SortKey, Sorted, sorted};
pub use store_key::{Forgotten, StoreKey, forget_older, renew};
pub use writer::{Lane, Writer};

use crate::agreement::Row;
use crate::fault::Fault;

/// Number of partitions of every snapshot.
pub const PARTITIONS: usize = 256;

/// About so many rows are worth a thread's turn.
const ROWS_AT_ONCE: u64 = 4096;

/// One of the [`PARTITIONS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition(u8);

impl Partition {
    /// All of them, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map(Self)
    }

    /// All of them as runs of neighbours, each worth a thread's turn: of a small snapshot one run is all there is, of a large
    /// one each partition is its own.
    pub fn runs(rows: u64) -> impl Iterator<Item = Vec<Self>> + Send {
        let each = (ROWS_AT_ONCE * PARTITIONS as u64 / rows.max(1)).clamp(1, PARTITIONS as u64);
        let mut all = (0..=u8::MAX).map(Self);
        std::iter::from_fn(move || {
            let run: Vec<Self> = all.by_ref().take(each as usize).collect();
            (!run.is_empty()).then_some(run)
        })
    }

    /// Its place in a table of [`PARTITIONS`] entries.
    fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A stream of rows into a buffer that the caller keeps.
pub trait Rows {
    /// Replaces `row` by the next one; `false`, and an empty `row`, at the end.
    fn read(&mut self, row: &mut Row) -> Result<bool, Fault>;
}
