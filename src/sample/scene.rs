//! One employee in all files of both parties, with what that must lead to.

use crate::agreement::Level;
use crate::agreement::checks::CheckCode;

use super::Plan;
use super::acts::Act;
use super::facts::Facts;
use super::staff::Staff;
use super::truth::{Difference, Outcome, Putusan};
use super::{differences, oddities, presence, refusals};

/// A row and what the checks find in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Line<T> {
    /// The values as sent.
    pub(super) values: T,
    /// All findings; an ERROR stands alone.
    pub(super) findings: Vec<CheckCode>,
    /// Whether the row stands at the end of the file.
    pub(super) late: bool,
}

/// A row of `peserta_pns`.
#[derive(Debug, Clone, Default)]
pub(super) struct Participant {
    pub(super) nip: String,
    pub(super) nama: String,
    pub(super) nomor_kartu: String,
}

/// The columns of `peserta_pns`.
pub(super) const COLUMNS: [&str; 3] = ["nip", "nama", "nomor_kartu"];

impl Participant {
    /// The values in the order of [`COLUMNS`].
    pub(super) fn values(&self) -> [&str; 3] {
        [&self.nip, &self.nama, &self.nomor_kartu]
    }
}

/// All rows about one employee and the outcome of both reconciliations.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) facts: Facts,
    pub(super) pns: Vec<Line<Staff>>,
    pub(super) peserta: Vec<Line<Participant>>,
    pub(super) banding: Vec<Line<Staff>>,
    pub(super) kepesertaan: Outcome,
    pub(super) pembanding: Outcome,
}

/// One row in each file, before the outcome is settled.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) plan: Plan,
    pub(super) facts: Facts,
    pub(super) pns: Line<Staff>,
    pub(super) peserta: Line<Participant>,
    pub(super) banding: Line<Staff>,
    /// Verdict on the name in `kepesertaan`, where it is a difference.
    pub(super) nama: Option<Putusan>,
    /// Differences in `pembanding`.
    pub(super) values: Vec<Difference>,
}

impl Scene {
    /// Person number `facts.index` playing `act`.
    pub(super) fn of(plan: &Plan, facts: Facts, act: Act) -> Self {
        let draft = Draft::new(plan, facts, |staff| {
            oddities::both(plan, &facts, act, staff)
        });
        presence::arrange(act, draft.played(act))
    }

    /// A person of whom both parties have the same.
    pub(super) fn plain(plan: &Plan, facts: Facts) -> Self {
        Self::of(plan, facts, Act::Biasa)
    }
}

impl Draft {
    /// The same record in each file, after `base` had its way with it; its findings hold for both copies.
    fn new(plan: &Plan, facts: Facts, base: impl FnOnce(&mut Staff) -> Option<CheckCode>) -> Self {
        let mut staff = Staff::of(plan, &facts);
        let findings: Vec<_> = base(&mut staff).into_iter().collect();
        let participant = Participant {
            nip: staff.nip.clone(),
            nama: staff.nama.clone(),
            nomor_kartu: facts.card(0),
        };
        let line = |values| Line {
            values,
            findings: findings.clone(),
            late: false,
        };
        Self {
            plan: *plan,
            facts,
            banding: line(staff.clone().dressed(facts.index)),
            pns: line(staff),
            peserta: Line {
                values: participant,
                ..Line::default()
            },
            nama: None,
            values: Vec::new(),
        }
    }

    /// The draft after its act changed one party's copy.
    fn played(mut self, act: Act) -> Self {
        differences::plant(&mut self, act);
        oddities::plant(&mut self, act);
        refusals::plant(&mut self, act);
        self
    }

    /// A column that differs in `pembanding`.
    pub(super) fn differs(&mut self, column: &'static str) {
        self.values.push(Difference::Nilai(column, Putusan::Beda));
    }

    /// The outcome where each party has at most this one row: refused rows do not exist.
    pub(super) fn settle(self) -> Scene {
        let (bkn, participant) = (self.pns.accepted(), self.peserta.accepted());
        let name = self.nama.map(|putusan| Difference::Nilai("nama", putusan));
        let kepesertaan = outcome(bkn, participant, name.into_iter().collect());
        let pembanding = outcome(bkn, self.banding.accepted(), self.values);
        Scene {
            facts: self.facts,
            pns: vec![self.pns],
            peserta: vec![self.peserta],
            banding: vec![self.banding],
            kepesertaan,
            pembanding,
        }
    }
}

impl<T> Line<T> {
    /// Whether no ERROR is among its findings.
    pub(super) fn accepted(&self) -> bool {
        self.findings
            .iter()
            .all(|code| code.level() != Level::Error)
    }
}

/// What comes of one record on each side.
fn outcome(bkn: bool, bpjs: bool, differences: Vec<Difference>) -> Outcome {
    match (bkn, bpjs) {
        (true, true) => Outcome::met(differences),
        (true, false) => Outcome::apart(vec![Difference::HanyaBkn]),
        (false, true) => Outcome::apart(vec![Difference::HanyaBpjs]),
        (false, false) => Outcome::default(),
    }
}
