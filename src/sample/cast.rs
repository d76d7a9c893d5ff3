//! Who plays which part: every part once among the first 450 people, then once in every thousand.

use super::Plan;
use super::facts::Facts;

/// People among whom every part is played once.
const TROUPE: u64 = 1_000;
/// The first troupe plays among fewer, so that a sample of 500 shows everything.
const FIRST: u64 = 450;

/// A set of parts.
pub(super) trait Part: Copy + PartialEq + 'static {
    /// Of most people.
    const NONE: Self;
    /// All others, in the order in which a small sample takes them.
    const ALL: &'static [Self];
    /// Whether such a person can play it.
    fn fits(self, facts: &Facts) -> bool;
    /// Rows that are refused for it.
    fn refused(self) -> u64;
}

/// Tells each person's part; asked in ascending order it keeps one troupe in memory.
pub(super) struct Cast<P: Part> {
    plan: Plan,
    purpose: &'static str,
    troupe: Option<u64>,
    parts: Vec<P>,
}

impl<P: Part> Cast<P> {
    /// A cast; different purposes choose different people.
    pub(super) fn new(plan: &Plan, purpose: &'static str) -> Self {
        Self {
            plan: *plan,
            purpose,
            troupe: None,
            parts: Vec::new(),
        }
    }

    /// The part of person number `index`.
    pub(super) fn part(&mut self, index: u64) -> P {
        let troupe = index / TROUPE;
        if self.troupe != Some(troupe) {
            self.parts = self.assign(troupe);
            self.troupe = Some(troupe);
        }
        usize::try_from(index % TROUPE)
            .ok()
            .and_then(|place| self.parts.get(place))
            .copied()
            .unwrap_or(P::NONE)
    }

    /// Gives each part to the first free person of a shuffled row who can play it.
    fn assign(&self, troupe: u64) -> Vec<P> {
        let size = match troupe {
            0 => FIRST.min(self.plan.rows * 9 / 10),
            _ => TROUPE,
        };
        let mut places: Vec<u64> = (0..size).collect();
        self.plan.rng(troupe, self.purpose).shuffle(&mut places);
        let mut parts = vec![P::NONE; usize::try_from(size).unwrap_or(0)];
        for part in self.affordable(troupe) {
            let fitting = places
                .iter()
                .position(|place| part.fits(&Facts::of(&self.plan, troupe * TROUPE + place)));
            let place = fitting.map(|at| places.swap_remove(at));
            if let Some(slot) = place.and_then(|p| parts.get_mut(usize::try_from(p).ok()?)) {
                *slot = part;
            }
        }
        parts
    }

    /// All parts; in a small sample as many as leave it mostly plain and well under the refused share.
    fn affordable(&self, troupe: u64) -> Vec<P> {
        let rows = self.plan.rows;
        let whole = troupe > 0 || rows >= 500;
        let (mut most, mut refused) = (rows / 4, rows / 40);
        let mut chosen = Vec::new();
        for part in P::ALL.iter().copied() {
            let cost = part.refused();
            if !whole && (most == 0 || cost > refused) {
                continue;
            }
            most = most.saturating_sub(1);
            refused = refused.saturating_sub(cost);
            chosen.push(part);
        }
        chosen
    }
}
