//! How many differences there are, in every way a summary tells them.

use std::collections::BTreeMap;

use crate::agreement::Row;

use super::record::{self, JENIS, KOLOM, PUTUSAN, SEJAK, STATUS, TINDAKAN};

/// Numbers of differences. Only open ones (BARU, MASIH) count by kind, column, verdict, action and day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DifferenceCounts {
    /// By `jenis`.
    pub kinds: BTreeMap<String, u64>,
    /// By `kolom`, of jenis NILAI.
    pub columns: BTreeMap<String, u64>,
    /// By `putusan`, of jenis NILAI.
    pub verdicts: BTreeMap<String, u64>,
    /// By `tindakan`: who must do what.
    pub actions: BTreeMap<String, u64>,
    /// By `status`: BARU, MASIH, SELESAI.
    pub statuses: BTreeMap<String, u64>,
    /// By `sejak`: the run date on which they were opened, as `YYYY-MM-DD`.
    pub since: BTreeMap<String, u64>,
}

/// What one reader sees of the differences, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Everything it sees.
    pub own: DifferenceCounts,
    /// Of these what the other party sees too, with a verdict only where both see the values: the same for both.
    pub common: DifferenceCounts,
}

impl DifferenceCounts {
    /// Differences that are open after this run.
    pub fn open(&self) -> u64 {
        self.kinds.values().sum()
    }

    /// Counts one record.
    pub(super) fn add(&mut self, row: &Row) {
        let count = |table: &mut BTreeMap<String, u64>, word: &str| match table.get_mut(word) {
            Some(count) => *count += 1,
            // Empty is what the reader may not know.
            None if word.is_empty() => {}
            None => {
                table.insert(word.to_owned(), 1);
            }
        };
        count(&mut self.statuses, row.get(STATUS));
        if row.get(STATUS) == record::SELESAI {
            return;
        }
        count(&mut self.kinds, row.get(JENIS));
        count(&mut self.actions, row.get(TINDAKAN));
        count(&mut self.since, row.get(SEJAK));
        if row.get(JENIS) == record::NILAI {
            count(&mut self.columns, row.get(KOLOM));
            count(&mut self.verdicts, row.get(PUTUSAN));
        }
    }
}
