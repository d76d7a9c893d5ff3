//! What the party's snapshot held before, beside the rows that come now.

use std::cmp::Ordering;

use crate::agreement::{Dataset, Row};
use crate::fault::Fault;
use crate::snapshot::{Cursor, Partition, Reader, Rows, SortKey};

/// The party's rows before this delta, one partition in key order, in today's columns.
pub(super) struct Base {
    cursor: Cursor,
    /// For each column of the dataset, its place in the old snapshot.
    places: Vec<Option<usize>>,
    key: Vec<usize>,
    /// The row that comes next, and its key.
    ahead: Option<Row>,
    ahead_key: SortKey,
    /// As it lies in the snapshot. Kept for its memory.
    stored: Row,
    /// A row that nobody keeps.
    pub(super) spare: Option<Row>,
}

impl Base {
    pub(super) fn of(reader: &Reader, partition: Partition, dataset: &Dataset) -> Self {
        let place = |name: &String| reader.columns().iter().position(|c| c == name);
        Self {
            cursor: reader.partition(partition),
            places: dataset.fields.iter().map(|f| place(&f.name)).collect(),
            key: dataset.key.clone(),
            ahead: None,
            ahead_key: SortKey::default(),
            stored: Row::new(),
            spare: None,
        }
    }

    /// The next row if its key is not after `key`, and how it compares.
    pub(super) fn up_to(&mut self, key: &SortKey) -> Result<Option<(Row, Ordering)>, Fault> {
        if !self.look()? {
            return Ok(None);
        }
        match self.ahead_key.cmp(key) {
            Ordering::Greater => Ok(None),
            ordering => Ok(self.ahead.take().map(|row| (row, ordering))),
        }
    }

    pub(super) fn rest(&mut self) -> Result<Option<Row>, Fault> {
        self.look()?;
        Ok(self.ahead.take())
    }

    /// Brings the next row into view; `false` at the end.
    fn look(&mut self) -> Result<bool, Fault> {
        if self.ahead.is_some() {
            return Ok(true);
        }
        if !self.cursor.read(&mut self.stored)? {
            return Ok(false);
        }
        let mut row = self.spare.take().unwrap_or_default();
        row.clear();
        for place in &self.places {
            row.push(place.map_or("", |p| self.stored.get(p)));
        }
        self.ahead_key.set(&row, &self.key);
        self.ahead = Some(row);
        Ok(true)
    }
}
