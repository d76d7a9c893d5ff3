//! Finds rows that share a key with a neighbour, however many they are, with two rows in memory.

use std::mem;

use crate::agreement::Row;
use crate::fault::Fault;
use crate::snapshot::{Rows, SortKey};

/// Sorted rows, each with whether another one has the same key.
pub struct Twins<R> {
    rows: R,
    columns: Vec<usize>,
    ahead: Option<Row>,
    ahead_key: SortKey,
    /// Kept for its memory.
    key: SortKey,
    same_as_last: bool,
}

impl<R: Rows> Twins<R> {
    /// `rows` are sorted by `columns`, the key.
    pub fn of(mut rows: R, columns: &[usize]) -> Result<Self, Fault> {
        let mut first = Row::new();
        let mut ahead_key = SortKey::default();
        let ahead = if rows.read(&mut first)? {
            ahead_key.set(&first, columns);
            Some(first)
        } else {
            None
        };
        Ok(Self {
            rows,
            columns: columns.to_vec(),
            ahead,
            ahead_key,
            key: SortKey::default(),
            same_as_last: false,
        })
    }

    /// Replaces `row` by the next one; `Some(true)` if it has a twin, `None` at the end.
    pub fn read(&mut self, row: &mut Row) -> Result<Option<bool>, Fault> {
        let Some(ahead) = &mut self.ahead else {
            row.clear();
            return Ok(None);
        };
        mem::swap(row, ahead);
        let same_as_next = if self.rows.read(ahead)? {
            self.key.set(ahead, &self.columns);
            mem::swap(&mut self.key, &mut self.ahead_key);
            self.key == self.ahead_key
        } else {
            self.ahead = None;
            false
        };
        let twin = self.same_as_last || same_as_next;
        self.same_as_last = same_as_next;
        Ok(Some(twin))
    }
}
