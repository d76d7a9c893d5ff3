//! Where the two parties differ, who is right, and since when (domain §4, Pasal 9(3)).
//!
//! [`matching`] finds the differences of this run, [`life`] holds them against the run before, [`report`] hands each
//! party what it may see. What lies between is a snapshot of [`record`]s.

mod counts;
mod life;
mod matching;
mod record;
mod report;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use jiff::civil::Date;

use crate::agreement::{Agreement, PartyId, Reconciliation};
use crate::fault::Fault;
use crate::snapshot::Reader;

pub use counts::{DifferenceCounts, Seen};

use super::Bench;
use super::candidates::{self, Candidates};
use life::Lives;
use matching::Matching;
use report::Report;

/// The differences of one reconciliation after one run, held encrypted in files without a name until this is dropped.
pub struct Differences {
    reports: [Report; 2],
    candidates: Vec<Candidates>,
    /// Records of each side, in the order of [`Reconciliation::sides`].
    pub records: [u64; 2],
    /// Records that met, by key or by the second column.
    pub matched: u64,
    /// Of these, the ones without any difference.
    pub agreeing: u64,
    /// All differences, whoever may see them.
    pub counts: DifferenceCounts,
}

/// Compares the two sides of a reconciliation, in the order of [`Reconciliation::sides`].
///
/// Both snapshots must be sorted by the reconciliation's key in each partition. `before` is the state that the run
/// before wrote; the new state, all differences still open, appears at `state_path`. `today` becomes `sejak` of
/// what is new.
pub fn differences(
    bench: Bench,
    agreement: &Agreement,
    recon: &Reconciliation,
    sides: [&Reader; 2],
    before: Option<&Reader>,
    today: Date,
    state_path: &Path,
) -> Result<Differences, Fault> {
    let datasets = recon.sides.each_ref().map(|id| agreement.dataset(id));
    let [Some(left), Some(right)] = datasets else {
        let [reader, _] = sides;
        return Err(reader.damaged("belongs to a dataset that the agreement does not have"));
    };
    let datasets = [left, right];
    let Bench { scratch, store, .. } = bench;
    let found = Matching::run(bench, agreement, recon, datasets, sides)?;
    let lives = Lives::run(
        scratch,
        store,
        &found.differences,
        before,
        recon.key.len(),
        today,
        state_path,
    )?;
    let report = |party| {
        Report::of(
            scratch, store, agreement, recon, datasets, party, &lives.all,
        )
    };
    let candidates = match &found.leftovers {
        Some(leftovers) => candidates::run(bench, agreement, recon, datasets, sides, leftovers)?,
        None => Vec::new(),
    };
    let [first, second] = &agreement.parties;
    Ok(Differences {
        reports: [report(&first.id)?, report(&second.id)?],
        candidates,
        records: sides.map(Reader::rows),
        matched: found.matched,
        agreeing: found.agreeing,
        counts: lives.counts,
    })
}

impl Differences {
    /// The likely pairs that `reader` may see; `None` where the agreement asks for none, or the reader may not know
    /// the other side's records.
    pub fn candidates(&self, reader: &PartyId) -> Option<&Candidates> {
        self.candidates.iter().find(|c| c.is_for(reader))
    }

    /// Writes what `reader` may see, sorted by key, and counts it. A stranger gets the header only.
    ///
    /// Columns: `id`, `jenis`, the key columns, `kolom`, `nilai_<party>` of both, `putusan`, `acuan`, `tindakan`,
    /// `status`, `sejak`.
    pub fn write_csv(&self, reader: &PartyId, out: &mut dyn Write) -> Result<Seen, Fault> {
        let [first, second] = &self.reports;
        first.write_header(out)?;
        match [(first, second), (second, first)]
            .into_iter()
            .find(|(report, _)| report.party() == reader)
        {
            Some((report, other)) => report.write_rows(other, out),
            None => Ok(Seen::default()),
        }
    }

    /// Whether `reader` learns of each difference in the column that is reported as `kolom`.
    pub fn tells_of(&self, reader: &PartyId, kolom: &str) -> bool {
        let report = self.reports.iter().find(|r| r.party() == reader);
        report.is_some_and(|report| report.tells_of(kolom))
    }
}
