//! What one run of a delivery has learned so far, for its receipt.
//!
//! No proof: nothing is decided by it. It stands beside the proofs because a refused delivery has none to hand on, and its
//! receipt tells all the same how far it came.

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};

use crate::delivery::manifest::Entry;
use crate::delivery::receipt::RowFault;
use crate::ledger::Stage;
use crate::rejection::FindingCount;
use crate::rows::Whole;

/// One account of one run; every copy of the job has the same.
#[derive(Debug, Clone, Default)]
pub struct Account(Rc<RefCell<Told>>);

/// What was learned.
#[derive(Debug, Default)]
pub struct Told {
    /// Fingerprint of the key that signed the manifest.
    pub signer: Option<String>,
    /// The data files of the verified manifest, each with what was read of it.
    pub files: Vec<(Entry, Reading)>,
    stages: Vec<(Stage, Timestamp)>,
}

/// What was read of one data file.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The header row by the agreement's names; empty where it was not understood.
    pub columns: Vec<String>,
    /// What was counted at a clean end.
    pub whole: Option<Whole>,
    /// Every finding, counted.
    pub findings: Vec<FindingCount>,
    /// The first rows at fault.
    pub first_faults: Vec<RowFault>,
}

impl Account {
    /// A stage begins.
    pub fn enter(&self, stage: Stage, at: Timestamp) {
        self.0.borrow_mut().stages.push((stage, at));
    }

    /// Whose key signed what the manifest lists.
    pub fn verified(&self, signer: &str) {
        self.0.borrow_mut().signer = Some(signer.to_owned());
    }

    /// The data files, once their names and the signature over them are believed.
    pub fn lists(&self, entries: &[Entry]) {
        let files = entries
            .iter()
            .map(|entry| (entry.clone(), Reading::default()));
        self.0.borrow_mut().files = files.collect();
    }

    /// What was read of one of the files.
    pub fn read(&self, entry: &Entry, reading: Reading) {
        let mut told = self.0.borrow_mut();
        if let Some((_, known)) = told.files.iter_mut().find(|(known, _)| known == entry) {
            *known = reading;
        }
    }

    /// All of it.
    pub fn told(&self) -> Ref<'_, Told> {
        self.0.borrow()
    }
}

impl Told {
    /// How far it came.
    pub fn stage(&self) -> Stage {
        self.stages.last().map_or(Stage::Claim, |(stage, _)| *stage)
    }

    /// How long each stage took; the last one until `now`. A clock that was set back counts as no time.
    pub fn times(&self, now: Timestamp) -> Vec<(Stage, SignedDuration)> {
        let ends = self.stages.iter().skip(1).map(|(_, at)| *at).chain([now]);
        let spans = self.stages.iter().zip(ends);
        spans
            .map(|((stage, from), to)| (*stage, from.duration_until(to).max(SignedDuration::ZERO)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Account, Stage};

    #[test]
    fn each_stage_has_its_own_time_and_a_clock_set_back_none() {
        let at = |seconds: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let account = Account::default();
        assert_eq!(account.told().stage(), Stage::Claim);
        let copy = account.clone();
        copy.enter(Stage::Claim, at(10));
        copy.enter(Stage::Verify, at(11));
        copy.enter(Stage::Open, at(5));
        let told = account.told();
        assert_eq!(told.stage(), Stage::Open);
        let times: Vec<_> = told
            .times(at(9))
            .into_iter()
            .map(|(stage, time)| (stage, time.as_secs()))
            .collect();
        assert_eq!(
            times,
            [(Stage::Claim, 1), (Stage::Verify, 0), (Stage::Open, 4)]
        );
    }
}
