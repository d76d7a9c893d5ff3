//! What may be told of how candidates were found: figures of which none points at a person.

use crate::agreement::PartyId;

use super::facets::Facet;
use super::sweep::Skipped;
use super::weights::Weights;

/// A level stands in an answer only with at least so many pairs of one person behind it.
const FEWEST: f64 = 10.0;

/// How candidates were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimates {
    /// Records of each party that met nobody.
    pub left_over: Vec<(PartyId, u64)>,
    /// Pairs that were held against each other, counted in each pass that brought them together.
    pub compared: u64,
    /// Blocks that were too large even when divided, and the pairs in them: not looked at.
    pub skipped_blocks: u64,
    /// See [`Estimates::skipped_blocks`].
    pub skipped_pairs: u64,
    /// The share of all possible pairs that are one person.
    pub share: f64,
    /// The weights; levels without enough pairs behind them are left out.
    pub levels: Vec<Estimate>,
}

/// What was estimated of one level of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The column, as in `alasan`.
    pub name: String,
    /// The level's word, as in `alasan`.
    pub level: &'static str,
    /// Its share among pairs of one person.
    pub m: f64,
    /// Its share among pairs of two people.
    pub u: f64,
    /// log2(m / u), in bits.
    pub weight: f64,
}

impl Estimates {
    pub(super) fn of(
        left_over: Vec<(PartyId, u64)>,
        compared: u64,
        skipped: Skipped,
        share: f64,
        facets: &[Facet],
        weights: &Weights,
    ) -> Self {
        let mut levels = Vec::new();
        for (facet, found) in facets.iter().zip(&weights.facets) {
            for (known, level) in facet.likeness.levels().iter().zip(&found.levels) {
                if level.expected < FEWEST {
                    continue;
                }
                levels.push(Estimate {
                    name: facet.name.clone(),
                    level: known.word,
                    m: three_digits(level.m),
                    u: three_digits(level.u),
                    weight: f64::from(level.weight) / 100.0,
                });
            }
        }
        Self {
            left_over,
            compared,
            skipped_blocks: skipped.blocks,
            skipped_pairs: skipped.pairs,
            share: three_digits(share),
            levels,
        }
    }
}

/// Three significant digits: more would be a count.
fn three_digits(share: f64) -> f64 {
    format!("{share:.2e}").parse().unwrap_or(share)
}
