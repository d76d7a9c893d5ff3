//! All partitions as one sorted stream.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::mem;

use crate::agreement::Row;
use crate::fault::Fault;

use super::reader::{Cursor, Reader};
use super::sort::SortKey;
use super::{Partition, Rows};

/// The rows of a snapshot whose partitions are each sorted, sorted as a whole.
///
/// Holds one block of each partition: 16 MiB at most, unless single rows are larger than a block.
pub struct Merged {
    columns: Vec<usize>,
    sources: Vec<Source>,
    /// Each source that has a row left, with the key of that row; equal keys in the order of their whole rows.
    heads: BinaryHeap<Reverse<(SortKey, usize)>>,
}

struct Source {
    cursor: Cursor,
    head: Row,
}

impl Merged {
    /// `columns` are those by which every partition is sorted.
    pub fn of(reader: &Reader, columns: &[usize]) -> Result<Self, Fault> {
        let mut merged = Self {
            columns: columns.to_vec(),
            sources: Vec::new(),
            heads: BinaryHeap::new(),
        };
        for partition in Partition::all() {
            let mut source = Source {
                cursor: reader.partition(partition),
                head: Row::new(),
            };
            if source.cursor.read(&mut source.head)? {
                let mut key = SortKey::default();
                key.set_whole(&source.head, columns);
                merged.heads.push(Reverse((key, merged.sources.len())));
                merged.sources.push(source);
            }
        }
        Ok(merged)
    }
}

impl Rows for Merged {
    fn read(&mut self, row: &mut Row) -> Result<bool, Fault> {
        row.clear();
        let Some(Reverse((mut key, number))) = self.heads.pop() else {
            return Ok(false);
        };
        let Some(source) = self.sources.get_mut(number) else {
            return Ok(false);
        };
        mem::swap(row, &mut source.head);
        if source.cursor.read(&mut source.head)? {
            key.set_whole(&source.head, &self.columns);
            self.heads.push(Reverse((key, number)));
        }
        Ok(true)
    }
}
