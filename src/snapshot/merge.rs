//! All partitions as one sorted stream.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use crate::agreement::Row;
use crate::fault::Fault;

use super::block::{Plain, Raw};
use super::reader::{Cursor, Reader};
use super::sort::{beginning, write_key};
use super::{Partition, Rows};

/// The rows of a snapshot whose partitions are each sorted, sorted as a whole.
///
/// Holds one block of each partition: 16 MiB at most, unless single rows are larger than a block.
pub struct Merged {
    reader: Reader,
    columns: Vec<usize>,
    cursors: Vec<Cursor>,
    /// Of each partition that has a row left, the next one.
    heads: BinaryHeap<Reverse<Head>>,
    /// Kept for its memory.
    ends: Vec<usize>,
}

/// A partition's next row.
struct Head {
    /// How the record begins, as a number.
    begin: u128,
    /// The row's key and then the row: in this order rows with equal keys come, too.
    record: Plain,
    /// Where the row begins in it.
    row: usize,
    /// Whose it is.
    cursor: usize,
}

impl Merged {
    /// `columns` are those by which every partition is sorted.
    pub fn of(reader: &Reader, columns: &[usize]) -> Result<Self, Fault> {
        let mut merged = Self {
            reader: reader.clone(),
            columns: columns.to_vec(),
            cursors: Vec::new(),
            heads: BinaryHeap::new(),
            ends: Vec::new(),
        };
        for partition in Partition::all() {
            let mut cursor = reader.partition(partition);
            let mut head = Head {
                begin: 0,
                record: Plain::default(),
                row: 0,
                cursor: merged.cursors.len(),
            };
            if head.advance(&mut cursor, columns)? {
                merged.heads.push(Reverse(head));
                merged.cursors.push(cursor);
            }
        }
        Ok(merged)
    }
}

impl Rows for Merged {
    fn read(&mut self, row: &mut Row) -> Result<bool, Fault> {
        let Some(mut top) = self.heads.peek_mut() else {
            row.clear();
            return Ok(false);
        };
        let Reverse(head) = &mut *top;
        let mut encoded = head.record.get(head.row..).unwrap_or_default();
        let read = Raw::take(&mut encoded, &mut self.ends).and_then(|raw| raw.read(row));
        read.ok_or_else(|| self.reader.unreadable())?;
        let more = match self.cursors.get_mut(head.cursor) {
            Some(cursor) => head.advance(cursor, &self.columns)?,
            None => false,
        };
        if !more {
            PeekMut::pop(top);
        }
        Ok(true)
    }
}

impl Head {
    /// Moves to the cursor's next row; `false` at its end.
    fn advance(&mut self, cursor: &mut Cursor, columns: &[usize]) -> Result<bool, Fault> {
        self.record.clear();
        let Some(raw) = cursor.next_raw()? else {
            return Ok(false);
        };
        write_key(columns.iter().map(|c| raw.field(*c)), &mut self.record);
        self.row = self.record.len();
        self.record.extend(raw.encoded);
        self.begin = beginning(&self.record);
        Ok(true)
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        let begin = self.begin.cmp(&other.begin);
        begin.then_with(|| self.record.cmp(&other.record))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}
