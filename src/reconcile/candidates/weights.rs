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
        let narrowed: Vec<Counts> = passes.iter().map(Seen::narrowed).collect();
        let begin = |counts: &Counts| {
            let pairs: u64 = counts.values().sum();
            (people as f64 / 2.0 / pairs.max(1) as f64).clamp(1e-6, 0.5)
        };
        let mut shares: Vec<f64> = narrowed.iter().map(begin).collect();
        let beforehand: Vec<Vec<f64>> = self.column(|level| level.m);
        for _ in 0..ROUNDS {
            let mut sums: Vec<Vec<f64>> = self.column(|_| 0.0);
            for (counts, share) in narrowed.iter().zip(&mut shares) {
                let (mut matching, mut all) = (0.0, 0.0);
                for (outcome, count) in counts {
                    let outcome = Outcome(*outcome);
                    let expected = self.probability(outcome, *share) * *count as f64;
                    matching += expected;
                    all += *count as f64;
                    for (place, sums) in sums.iter_mut().enumerate() {
                        let level = usize::from(outcome.level(place)).checked_sub(1);
                        if let Some(sum) = level.and_then(|level| sums.get_mut(level)) {
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
    /// The counts without what the keys say: as if it were missing.
    fn narrowed(&self) -> Counts {
        let hidden = (0..16).filter(|place| self.within >> place & 1 == 1);
        let mask = hidden.fold(u64::MAX, |mask, place| mask & !(15 << (4 * place)));
        let mut counts = Counts::new();
        for (outcome, count) in &self.counts {
            *counts.entry(outcome & mask).or_default() += count;
        }
        counts
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

#[cfg(test)]
mod tests {
    use super::super::levels::Likeness::{Date, Name, Number};
    use super::{Counts, Outcome, Seen, Weights, probability, share_of_matches, weight_of};

    /// Counts of pairs whose facets agree (level 1) or differ (the last) independently of each other.
    fn pairs(count: f64, agree: [f64; 3], into: &mut Counts) {
        for mask in 0..8u64 {
            let (mut share, mut outcome) = (count, Outcome(0));
            for (place, (share_agreeing, last)) in agree.into_iter().zip([5, 6, 4]).enumerate() {
                let agrees = mask >> place & 1 == 1;
                share *= if agrees {
                    share_agreeing
                } else {
                    1.0 - share_agreeing
                };
                outcome = outcome.with(place, if agrees { 1 } else { last });
            }
            *into.entry(outcome.0).or_default() += share.round() as u64;
        }
    }

    #[test]
    fn the_shares_are_found_without_labels() {
        let (m, u) = ([0.9, 0.7, 0.4], [0.01, 0.002, 0.000_1]);
        let mut apart = Counts::new();
        pairs(1e7, u, &mut apart);
        // A pass whose key is the first facet: all of its pairs agree there, matches or not.
        let mut first = Counts::new();
        pairs(1e4, [1.0, m[1], m[2]], &mut first);
        pairs(1e6, [1.0, u[1], u[2]], &mut first);
        let mut second = Counts::new();
        pairs(1e4, [m[0], 1.0, m[2]], &mut second);
        pairs(1e5, [u[0], 1.0, u[2]], &mut second);
        let passes = [(1, first), (2, second)].map(|(within, counts)| Seen { within, counts });
        let found = Weights::estimate(&[Name, Date, Number], &apart, &passes, 10_000);
        for (place, facet) in found.facets.iter().enumerate() {
            let level = facet.levels[0];
            assert!(
                (level.m - m[place]).abs() < 0.01,
                "m of {place}: {}",
                level.m
            );
            assert!(
                (level.u / u[place] - 1.0).abs() < 0.1,
                "u of {place}: {}",
                level.u
            );
        }
        let both = Outcome(0).with(0, 1).with(1, 1);
        let sum = |place: usize| (m[place] / u[place]).log2() * 100.0;
        assert!((f64::from(found.of(both, |_| None)) - sum(0) - sum(1)).abs() < 20.0);
        // A name that one in a thousand has says less than one that nearly nobody has; none at all says nothing.
        let name = |rarity| found.of(Outcome(0).with(0, 1), |_| Some(rarity));
        assert_eq!(name(1_500) - name(1_000), 500);
        assert_eq!(found.of(Outcome(0), |_| None), 0);
    }

    #[test]
    fn the_share_of_matches_follows_from_what_was_found() {
        // A thousand certain pairs and a million poor ones among a hundred million.
        let weights = [(4_000, 1_000), (-500, 1_000_000)].into();
        let share = share_of_matches(&weights, 1e8, 1e-4);
        assert!((share / 1e-5 - 1.0).abs() < 0.01, "{share}");
        let least = weight_of(0.5, share);
        assert!(probability(least, share) >= 0.5 && probability(least - 1, share) < 0.5);
    }
}
