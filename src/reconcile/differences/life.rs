//! The life of a difference: opened, still open, resolved (Pasal 4).

use std::cmp::Ordering;
use std::path::Path;

use jiff::civil::Date;

use crate::agreement::Row;
use crate::fault::Fault;
use crate::snapshot::{Partition, Reader, StoreKey, Writer, sorted};

use super::super::ordered::Ordered;
use super::counts::DifferenceCounts;
use super::record::{self, BARU, MASIH, SEJAK, SELESAI, STATUS};

/// The differences of this run with status and date.
pub(super) struct Lives {
    /// Open and resolved ones, sorted in each partition.
    pub(super) all: Reader,
    pub(super) counts: DifferenceCounts,
}

impl Lives {
    /// Merges what was found with what was open before; writes what is open now to `state_path`.
    ///
    /// A state of other sides or another key tells nothing of these records: then all begins anew.
    pub(super) fn run(
        scratch: &Path,
        store: &StoreKey,
        found: &Reader,
        before: Option<&Reader>,
        key_parts: usize,
        today: Date,
        state_path: &Path,
    ) -> Result<Self, Fault> {
        let before = before.filter(|state| state.columns() == found.columns());
        let today = today.to_string();
        let mut ledger = Tally {
            all: Writer::scratch(scratch, store, found.columns())?,
            state: Writer::create(scratch, state_path, store, found.columns())?,
            counts: DifferenceCounts::default(),
            row: Row::new(),
        };
        let order = record::order(key_parts);
        for partition in Partition::all() {
            let rows = sorted(found, partition, &order, scratch, store)?;
            let mut new = Ordered::unique(rows, found, order.clone())?;
            let Some(before) = before else {
                while let Some(row) = new.row() {
                    ledger.push(partition, row, BARU, &today)?;
                    new.advance()?;
                }
                continue;
            };
            let mut old = Ordered::unique(before.partition(partition), before, order.clone())?;
            while let Some(order) = old.against(&new) {
                match (order, old.row(), new.row()) {
                    (Ordering::Less, Some(was), _) => {
                        ledger.push(partition, was, SELESAI, was.get(SEJAK))?;
                    }
                    (Ordering::Greater, _, Some(is)) => {
                        ledger.push(partition, is, BARU, &today)?;
                    }
                    (_, Some(was), Some(is)) => {
                        ledger.push(partition, is, MASIH, was.get(SEJAK))?;
                    }
                    _ => {}
                }
                if order != Ordering::Greater {
                    old.advance()?;
                }
                if order != Ordering::Less {
                    new.advance()?;
                }
            }
        }
        ledger.state.finish()?;
        Ok(Self {
            all: ledger.all.finish()?,
            counts: ledger.counts,
        })
    }
}

struct Tally {
    all: Writer,
    state: Writer,
    counts: DifferenceCounts,
    row: Row,
}

impl Tally {
    fn push(
        &mut self,
        partition: Partition,
        row: &Row,
        status: &str,
        since: &str,
    ) -> Result<(), Fault> {
        record::with(row, &[(STATUS, status), (SEJAK, since)], &mut self.row);
        self.counts.add(&self.row);
        self.all.push_to(partition, &self.row)?;
        if status != SELESAI {
            self.state.push_to(partition, &self.row)?;
        }
        Ok(())
    }
}
