//! Fellegi-Sunter weights, estimated from the data without labels.
//!
//! For each level of each facet: `u`, its share among pairs of two people, counted in pairs of different records of the
//! same side; and `m`, its share among pairs of one person, by expectation maximisation over what the passes brought
//! together. In each pass only what its key does not say counts, so that the keys do not prove themselves. Few data
//! lean on what is known beforehand ([`Level`](super::levels::Level)).
//!
//! Only sums and products come before the logarithm, in a fixed order: the same counts give the same weights.

use std::collections::BTreeMap;

use super::levels::{EQUAL, Likeness, MISSING};

/// Pairs of one person that what is known beforehand weighs as much as.
const STRENGTH_M: f64 = 10.0;
/// The same for pairs of two people.
const STRENGTH_U: f64 = 1_000.0;
/// Most weight of one facet for a pair, in hundredths of a bit: no column alone is proof.
const MOST: i32 = 2_000;
const ROUNDS: usize = 50;

/// How often each outcome of a comparison came, as [`Outcome`] bits.
pub(super) type Counts = BTreeMap<u64, u64>;

/// The levels of all facets of one pair, four bits each.
#[derive(Clone, Copy)]
pub(super) struct Outcome(pub(super) u64);

impl Outcome {
    /// Puts in the level of one facet.
    pub(super) fn with(self, place: usize, level: u8) -> Self {
        Self(self.0 | u64::from(level) << (4 * place))
    }

    /// The level of one facet.
    pub(super) fn level(self, place: usize) -> u8 {
        (self.0 >> (4 * place) & 15) as u8
    }
}

/// The weights of all facets.
pub(super) struct Weights {
    pub(super) facets: Vec<FacetWeights>,
}

/// The weights of one facet, by level; index 0 is the first level after [`MISSING`].
pub(super) struct FacetWeights {
    pub(super) levels: Vec<LevelWeight>,
}

/// What was estimated of one level.
#[derive(Clone, Copy)]
pub(super) struct LevelWeight {
    pub(super) m: f64,
    pub(super) u: f64,
    /// Pairs of one person behind it, as far as can be told.
    pub(super) expected: f64,
    /// log2(m / u) in hundredths of a bit.
    pub(super) weight: i32,
}

/// What one pass saw.
pub(super) struct Seen {
    /// Facets that its keys are made of, as bits.
    pub(super) within: u16,
    pub(super) counts: Counts,
}

impl Weights {
    /// Estimates from pairs of two people and from what the passes saw; `people` is the size of the smaller side.
    pub(super) fn estimate(
        likenesses: &[Likeness],
        apart: &Counts,
        passes: &[Seen],
        people: u64,
    ) -> Self {
        let mut weights = Self::beforehand(likenesses);
        weights.count_u(apart);
        weights.find_m(passes, people);
        for facet in &mut weights.facets {
            for level in &mut facet.levels {
                let bits = 100.0 * libm::log2(level.m / level.u);
                level.weight = (bits.round() as i32).clamp(-MOST, MOST);
            }
        }
        weights
    }

    /// The weight of a pair in hundredths of a bit; `rarity` tells how rare an equal value of a facet is.
    pub(super) fn of(&self, outcome: Outcome, rarity: impl Fn(usize) -> Option<i32>) -> i32 {
        let one = |(place, facet): (usize, &FacetWeights)| {
            let number = outcome.level(place);
            let Some(level) = facet.level(number) else {
                return 0;
            };
            match rarity(place) {
                Some(bits) if number == EQUAL => {
                    let m = (100.0 * libm::log2(level.m)).round() as i32;
                    (m + bits).clamp(-MOST, MOST)
                }
                _ => level.weight,
            }
        };
        self.facets.iter().enumerate().map(one).sum()
    }

    fn beforehand(likenesses: &[Likeness]) -> Self {
        let facet = |likeness: &Likeness| FacetWeights {
            levels: likeness
                .levels()
                .iter()
                .map(|level| LevelWeight {
                    m: level.m,
                    u: level.u,
                    expected: 0.0,
                    weight: 0,
                })
                .collect(),
        };
        Self {
            facets: likenesses.iter().map(facet).collect(),
        }
    }

    fn count_u(&mut self, apart: &Counts) {
        let mut sums: Vec<Vec<f64>> = self.column(|_| 0.0);
        for (outcome, count) in apart {
            for (place, sums) in sums.iter_mut().enumerate() {
                let level = usize::from(Outcome(*outcome).level(place)).checked_sub(1);
                if let Some(sum) = level.and_then(|level| sums.get_mut(level)) {
                    *sum += *count as f64;
                }
            }
        }
        for (facet, sums) in self.facets.iter_mut().zip(&sums) {
            let total: f64 = sums.iter().sum();
            for (level, sum) in facet.levels.iter_mut().zip(sums) {
                level.u = (sum + STRENGTH_U * level.u) / (total + STRENGTH_U);
            }
        }
    }

    fn find_m(&mut self, passes: &[Seen], people: u64) {
        let narrowed: Vec<(u16, Counts)> = passes.iter().map(Seen::narrowed).collect();
        let begin = |counts: &Counts| {
            let pairs: u64 = counts.values().sum();
            (people as f64 / 2.0 / pairs.max(1) as f64).clamp(1e-6, 0.5)
        };
        let mut shares: Vec<f64> = narrowed.iter().map(|(_, counts)| begin(counts)).collect();
        let beforehand: Vec<Vec<f64>> = self.column(|level| level.m);
        for _ in 0..ROUNDS {
            let mut sums: Vec<Vec<f64>> = self.column(|_| 0.0);
            for ((within, counts), share) in narrowed.iter().zip(&mut shares) {
                let (mut matching, mut all) = (0.0, 0.0);
                for (outcome, count) in counts {
                    let outcome = Outcome(*outcome);
                    let expected = self.probability(outcome, *share) * *count as f64;
                    matching += expected;
                    all += *count as f64;
                    for (place, sums) in sums.iter_mut().enumerate() {
                        let level = usize::from(outcome.level(place)).checked_sub(1);
                        let sum = level.and_then(|level| sums.get_mut(level));
                        if let Some(sum) = sum.filter(|_| within >> place & 1 == 0) {
                            *sum += expected;
                        }
                    }
                }
                *share = (matching / f64::max(all, 1.0)).clamp(1e-9, 0.999);
            }
            for ((facet, sums), before) in self.facets.iter_mut().zip(&sums).zip(&beforehand) {
                let total: f64 = sums.iter().sum();
                for ((level, sum), before) in facet.levels.iter_mut().zip(sums).zip(before) {
                    level.m = (sum + STRENGTH_M * before) / (total + STRENGTH_M);
                    level.expected = *sum;
                }
            }
        }
    }

    /// How probable it is that a pair of this outcome is one person, where that share of all pairs is.
    fn probability(&self, outcome: Outcome, share: f64) -> f64 {
        let (mut one, mut two) = (share, 1.0 - share);
        for (place, facet) in self.facets.iter().enumerate() {
            if let Some(level) = facet.level(outcome.level(place)) {
                one *= level.m;
                two *= level.u;
            }
        }
        one / (one + two)
    }

    fn column(&self, of: impl Fn(&LevelWeight) -> f64) -> Vec<Vec<f64>> {
        let facets = self.facets.iter();
        facets.map(|f| f.levels.iter().map(&of).collect()).collect()
    }
}

impl FacetWeights {
    fn level(&self, number: u8) -> Option<&LevelWeight> {
        self.levels.get(usize::from(number).checked_sub(1)?)
    }
}

impl Seen {
    /// The counts without what the keys say.
    fn narrowed(&self) -> (u16, Counts) {
        let hidden = (0..16).filter(|place| self.within >> place & 1 == 1);
        let mask = hidden.fold(u64::MAX, |mask, place| mask & !(15 << (4 * place)));
        let mut counts = Counts::new();
        for (outcome, count) in &self.counts {
            *counts.entry(outcome & mask).or_default() += count;
        }
        (self.within, counts)
    }
}

const _: () = assert!(MISSING == 0, "levels are numbered from 1");

/// The share of all possible pairs that are one person, so that the weights of what was found explain themselves;
/// `most` is the share if everyone of the smaller side had a partner.
pub(super) fn share_of_matches(weights: &BTreeMap<i32, u64>, pairs: f64, most: f64) -> f64 {
    let mut share = most / 2.0;
    for _ in 0..ROUNDS {
        let expected: f64 = weights
            .iter()
            .map(|(weight, count)| probability(*weight, share) * *count as f64)
            .sum();
        share = (expected / pairs).clamp(most / 1e6, most);
    }
    share
}

/// How probable a pair of this weight is one person.
pub(super) fn probability(weight: i32, share: f64) -> f64 {
    let odds = libm::exp2(f64::from(weight) / 100.0) * share / (1.0 - share);
    odds / (1.0 + odds)
}

/// The least weight whose probability is at least this.
pub(super) fn weight_of(probability: f64, share: f64) -> i32 {
    let odds = probability / (1.0 - probability) * (1.0 - share) / share;
    (100.0 * libm::log2(odds)).ceil() as i32
}
