//! Comparison of snapshots: what changed at one party, and where the two parties differ (domain §§4–6).
//!
//! Streams in, streams out: a pair of partitions is merged row by row, and whatever must wait is spilled into
//! encrypted files without a name. Nothing here knows a delivery, a ledger or a clock.

mod bench;
mod candidates;
mod changes;
mod columns;
mod differences;
mod names;
mod ordered;

#[cfg(test)]
mod fixture;

pub use bench::Bench;
pub use candidates::{CandidateCounts, Candidates, Estimate, Estimates};
pub use changes::{Action, ChangeCounts, Changes, changes};
pub use differences::{DifferenceCounts, Differences, Seen, differences};
pub use names::{Verdict, normalise, verdict};
