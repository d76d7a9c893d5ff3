//! What is true of a sample: kept from how it was planted, never by checking or comparing it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::agreement::checks::CheckCode;

/// `truth.json`: what an honest run over the sample must find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Rows of `pns` that were asked for.
    pub rows: u64,
    /// Seed of the sample.
    pub seed: u64,
    /// The day of all extracts, `YYYY-MM-DD`.
    pub as_of: String,
    /// The full deliveries in `babak-1/`.
    pub babak_1: Round,
    /// The delta in `babak-2/`, delivered after all of `babak-1/` was answered.
    pub babak_2: Round,
    /// Of those whom neither NIP nor NIK brings together: the NIPs of one person at BKN and at BPJS.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<[String; 2]>,
}

/// One round of deliveries and the state after all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// By file name, without `.age`.
    pub files: BTreeMap<String, FileTruth>,
    /// By name: `kepesertaan`, `pembanding`.
    pub reconciliations: BTreeMap<String, ReconciliationTruth>,
    /// Changes of `pns` against the snapshot before, by `aksi`, then by `kelas`. Empty in the first round, where
    /// there is no snapshot before.
    pub changes: BTreeMap<String, BTreeMap<String, u64>>,
}

/// What the row checks find in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileTruth {
    /// Rows without the header.
    pub rows: u64,
    /// Rows that enter the snapshot or change it.
    pub accepted: u64,
    /// Rows with an ERROR.
    pub refused: u64,
    /// Findings at level ERROR by code. Every refused row of a sample has exactly one, and no other finding.
    pub errors: BTreeMap<CheckCode, u64>,
    /// Findings at level WARN by code; a row may have several.
    pub warnings: BTreeMap<CheckCode, u64>,
    /// Findings at level INFO by code.
    pub infos: BTreeMap<CheckCode, u64>,
}

/// What a reconciliation finds; refused rows do not exist for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciliationTruth {
    /// Pairs of records, by key or by `nik`.
    pub matched: u64,
    /// Of these, pairs that only met by `nik`.
    pub matched_by_nik: u64,
    /// Pairs without any difference.
    pub agreeing: u64,
    /// Differences of `jenis` NILAI: by column, then by `putusan`.
    pub nilai: BTreeMap<String, BTreeMap<Putusan, u64>>,
    /// Records that only BKN has.
    pub hanya_bkn: u64,
    /// Records that only BPJS has.
    pub hanya_bpjs: u64,
    /// Unmatched records of either side that share their `nik` with another unmatched one.
    pub ganda: u64,
    /// Differences by status after the round.
    pub status: Status,
}

/// Differences by their life across rounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Not there in the round before.
    pub baru: u64,
    /// There before and now.
    pub masih: u64,
    /// There before, not now.
    pub selesai: u64,
}

/// Verdicts that are differences (domain §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Putusan {
    /// Names that a person must decide about.
    Mirip,
    /// Different values.
    Beda,
}

impl ReconciliationTruth {
    /// All differences now open: NILAI, HANYA and GANDA.
    pub fn differences(&self) -> u64 {
        let values: u64 = self.nilai.values().flat_map(BTreeMap::values).sum();
        values + self.hanya_bkn + self.hanya_bpjs + self.ganda
    }

    /// Puts one person's outcome in, or takes it out again.
    pub(super) fn count(&mut self, outcome: &Outcome, sense: Sense) {
        sense.apply(&mut self.matched, outcome.matched);
        sense.apply(&mut self.matched_by_nik, outcome.matched_by_nik);
        sense.apply(&mut self.agreeing, outcome.agreeing);
        for difference in &outcome.differences {
            let counter = match difference {
                Difference::Nilai(column, putusan) => {
                    let by_putusan = self.nilai.entry((*column).to_owned()).or_default();
                    by_putusan.entry(*putusan).or_default()
                }
                Difference::HanyaBkn => &mut self.hanya_bkn,
                Difference::HanyaBpjs => &mut self.hanya_bpjs,
                Difference::Ganda => &mut self.ganda,
            };
            sense.apply(counter, 1);
        }
    }

    /// Drops counters that went back to zero.
    pub(super) fn tidy(&mut self) {
        for by_putusan in self.nilai.values_mut() {
            by_putusan.retain(|_, n| *n > 0);
        }
        self.nilai.retain(|_, by_putusan| !by_putusan.is_empty());
    }
}

/// What one person contributes to a reconciliation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) matched: u64,
    pub(super) matched_by_nik: u64,
    pub(super) agreeing: u64,
    pub(super) differences: Vec<Difference>,
}

/// One difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    Nilai(&'static str, Putusan),
    HanyaBkn,
    HanyaBpjs,
    Ganda,
}

/// Whether something is added to a count or taken from it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sense {
    Add,
    Take,
}

impl Sense {
    fn apply(self, counter: &mut u64, by: u64) {
        *counter = match self {
            Self::Add => counter.saturating_add(by),
            Self::Take => counter.saturating_sub(by),
        };
    }
}

impl Outcome {
    /// The records met; they agree where nothing differs.
    pub(super) fn met(differences: Vec<Difference>) -> Self {
        Self {
            matched: 1,
            matched_by_nik: 0,
            agreeing: u64::from(differences.is_empty()),
            differences,
        }
    }

    /// The records did not meet.
    pub(super) fn apart(differences: Vec<Difference>) -> Self {
        Self {
            differences,
            ..Self::default()
        }
    }
}
