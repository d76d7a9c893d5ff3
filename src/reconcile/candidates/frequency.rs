//! How often names and texts come: to meet in a rare one says more than to meet in a common one.

use zeroize::Zeroizing;

use crate::digest::Sha256Digest;

use super::facets::Facet;

/// Counters for each facet. Values that share one are taken to be as common as all of them together.
const COUNTERS: usize = 1 << 18;

/// Records that what is known beforehand weighs as much as.
const BEFOREHAND: f64 = 1_000.0;

/// Counts in constant memory.
pub(super) struct Frequencies {
    tables: Vec<Option<Table>>,
}

struct Table {
    counters: Vec<u32>,
    total: u64,
    /// How often a value of two people is the same, as it is known beforehand.
    usual: f64,
}

impl Frequencies {
    /// Nothing counted.
    pub(super) fn of(facets: &[Facet]) -> Self {
        let table = |facet: &Facet| {
            facet.likeness.has_rare_values().then(|| Table {
                counters: vec![0; COUNTERS],
                total: 0,
                usual: facet.likeness.levels().first().map_or(0.0, |level| level.u),
            })
        };
        Self {
            tables: facets.iter().map(table).collect(),
        }
    }

    /// Counts a value in the form in which it compares.
    pub(super) fn count(&mut self, place: usize, form: &str) {
        if let Some(Some(table)) = self.tables.get_mut(place)
            && !form.is_empty()
        {
            if let Some(counter) = table.counters.get_mut(counter_of(form)) {
                *counter = counter.saturating_add(1);
            }
            table.total += 1;
        }
    }

    /// Adds what was counted on the other side.
    pub(super) fn add(&mut self, other: &Self) {
        for (table, other) in self.tables.iter_mut().zip(&other.tables) {
            let (Some(table), Some(other)) = (table, other) else {
                continue;
            };
            for (counter, more) in table.counters.iter_mut().zip(&other.counters) {
                *counter = counter.saturating_add(*more);
            }
            table.total += other.total;
        }
    }

    /// How rare a value is among other people, in hundredths of a bit; `None` where that is not counted.
    pub(super) fn rarity(&self, place: usize, form: &str) -> Option<i32> {
        let table = self.tables.get(place)?.as_ref()?;
        let count = table.counters.get(counter_of(form)).copied().unwrap_or(0);
        // The record itself is no other; and few records say little about how common a value is.
        let others = f64::from(count.saturating_sub(1)) + BEFOREHAND * table.usual;
        let share = others / (table.total as f64 + BEFOREHAND);
        Some(-(100.0 * libm::log2(share)).round() as i32)
    }
}

/// Spaces do not count: two names that differ in them alone are equal.
fn counter_of(form: &str) -> usize {
    let mut letters = Zeroizing::new(String::with_capacity(form.len()));
    letters.extend(form.chars().filter(|c| *c != ' '));
    let digest = Sha256Digest::of(letters.as_bytes());
    let low = digest.as_bytes().first_chunk().copied().unwrap_or_default();
    usize::try_from(u32::from_le_bytes(low)).unwrap_or_default() % COUNTERS
}
