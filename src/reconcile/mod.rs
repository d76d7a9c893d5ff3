//! Comparison of snapshots: what changed at one party, and where the two parties differ (domain §§4–6).
//!
//! Streams in, streams out: a pair of partitions is merged row by row, and whatever must wait is spilled into
//! encrypted files without a name. Nothing here knows a delivery, a ledger or a clock.

mod candidates;
mod changes;
mod columns;
mod differences;
mod names;
mod ordered;

#[cfg(test)]
mod fixture;

use std::path::Path;

use crate::snapshot::StoreKey;
use crate::workers::Workers;

pub use candidates::{CandidateCounts, Candidates, Estimate, Estimates};
pub use changes::{Action, ChangeCounts, Changes, changes};
pub use differences::{DifferenceCounts, Differences, Seen, differences};
pub use names::{Verdict, normalise, verdict};

/// Where rows lie while they are compared, and who compares them.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// A folder for files without a name: nothing is left behind there.
    pub scratch: &'a Path,
    /// The key under which they are encrypted.
    pub store: &'a StoreKey,
    /// Who works.
    pub workers: &'a Workers,
}
