//! A sorted stream with its next row in view: what merging needs.

use std::cmp::Ordering;
use std::mem;

use crate::agreement::Row;
use crate::fault::Fault;
use crate::snapshot::{Reader, Rows, SortKey};

/// The next row of a sorted stream and its key.
pub(super) struct Ordered<R> {
    rows: R,
    source: Reader,
    columns: Vec<usize>,
    unique: bool,
    row: Row,
    key: SortKey,
    last: SortKey,
    live: bool,
}

impl<R: Rows> Ordered<R> {
    /// A stream from `source`, sorted by `columns`, in which no key comes twice.
    ///
    /// Reading it gives `Fault::Snapshot` where that is not so: a merge would miss rows in silence.
    pub(super) fn unique(rows: R, source: &Reader, columns: Vec<usize>) -> Result<Self, Fault> {
        Self::start(rows, source, columns, true)
    }

    /// The same, where a key may come several times.
    pub(super) fn grouped(rows: R, source: &Reader, columns: Vec<usize>) -> Result<Self, Fault> {
        Self::start(rows, source, columns, false)
    }

    fn start(rows: R, source: &Reader, columns: Vec<usize>, unique: bool) -> Result<Self, Fault> {
        let mut ordered = Self {
            rows,
            source: source.clone(),
            columns,
            unique,
            row: Row::new(),
            key: SortKey::default(),
            last: SortKey::default(),
            live: true,
        };
        ordered.live = ordered.rows.read(&mut ordered.row)?;
        ordered.key.set(&ordered.row, &ordered.columns);
        Ok(ordered)
    }

    /// The next row; `None` at the end.
    pub(super) fn row(&self) -> Option<&Row> {
        self.live.then_some(&self.row)
    }

    /// Moves to the row after.
    pub(super) fn advance(&mut self) -> Result<(), Fault> {
        if !self.live {
            return Ok(());
        }
        mem::swap(&mut self.key, &mut self.last);
        self.live = self.rows.read(&mut self.row)?;
        self.key.set(&self.row, &self.columns);
        let order = self.key.cmp(&self.last);
        if self.live && (order == Ordering::Less || self.unique && order == Ordering::Equal) {
            return Err(self.source.damaged("is not sorted by its key"));
        }
        Ok(())
    }

    /// Takes the row out and moves to the one after; `into` gets it.
    pub(super) fn take(&mut self, into: &mut Row) -> Result<(), Fault> {
        mem::swap(into, &mut self.row);
        self.advance()
    }

    /// Whether the next row's key is the one of the row before: another of the same group.
    pub(super) fn continues(&self) -> bool {
        self.live && self.key == self.last
    }

    /// Which of two streams has the smaller key next; one at its end is the greater. `None` when both are.
    pub(super) fn against<S: Rows>(&self, other: &Ordered<S>) -> Option<Ordering> {
        match (self.live, other.live) {
            (false, false) => None,
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (true, true) => Some(self.key.cmp(&other.key)),
        }
    }
}
