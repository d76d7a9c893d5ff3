//! Everything that the pages of one run tell.

use jiff::civil::Date;

use crate::agreement::{Agreement, Dataset, Party, PartyId, Reconciliation};
use crate::delivery::{DeliveryId, Mode, Sha256Digest};
use crate::ledger::record::RunFigures;
use crate::reconcile::{DifferenceCounts, Differences};

/// One run of a reconciliation, for one reader.
pub struct Facts<'a> {
    /// The rules.
    pub agreement: &'a Agreement,
    /// Which comparison.
    pub reconciliation: &'a Reconciliation,
    /// Who reads the summary.
    pub reader: &'a Party,
    /// The day of the run, in the service's time zone.
    pub run_date: Date,
    /// What was compared: of Pihak Pertama, of Pihak Kedua.
    pub sides: [Side<'a>; 2],
    /// What the reader may know.
    pub shown: Figures,
    /// What both parties may know.
    pub common: Figures,
    /// What the reader may know of the last runs, oldest first; this one is the last.
    pub runs: Vec<RunFigures>,
}

/// One party's data in a run.
pub struct Side<'a> {
    /// Who supplied it.
    pub party: &'a Party,
    /// What it is.
    pub dataset: &'a Dataset,
    /// The delivery by which it became what it is.
    pub delivery: DeliveryId,
    /// SHA-256 of its encrypted data file, as the signed manifest has it.
    pub digest: Sha256Digest,
    /// The whole dataset, or changes to it.
    pub mode: Mode,
    /// The day on which the data was true.
    pub as_of: Date,
    /// The delivery's sequence.
    pub sequence: u32,
    /// Rows of this delivery that were refused.
    pub refused: u64,
}

/// Counts as far as some readers may know them; `None` where one of them may not.
pub struct Figures {
    /// Records of each party that took part, in the order of [`Facts::sides`].
    pub records: [Option<u64>; 2],
    /// Rows of each party's delivery that were refused.
    pub refused: [Option<u64>; 2],
    /// Records that met.
    pub matched: Option<u64>,
    /// Of these, the ones without any difference.
    pub agreeing: Option<u64>,
    /// The compared columns whose differences may be told.
    pub columns: Vec<ColumnFigures>,
    /// The differences.
    pub counts: DifferenceCounts,
}

/// One compared column.
pub struct ColumnFigures {
    /// Its name, as in `kolom`.
    pub name: String,
    /// Who is right about it; empty for nobody.
    pub reference: String,
    /// `tindakan`
    pub action: String,
    /// Records that met and differ in it.
    pub differing: u64,
}

impl Figures {
    /// What all of `readers` may know of `found`, of whose differences they all see `counts`.
    pub fn of(
        reconciliation: &Reconciliation,
        sides: &[Side; 2],
        found: &Differences,
        counts: DifferenceCounts,
        readers: &[&PartyId],
    ) -> Self {
        let knows = |side: &Side| {
            readers
                .iter()
                .all(|reader| side.dataset.tells_records(reader))
        };
        let all = sides.iter().all(knows);
        let records = |side: &Side| {
            let place = reconciliation
                .sides
                .iter()
                .position(|id| *id == side.dataset.id);
            let records = place.and_then(|place| found.records.get(place));
            records.copied().filter(|_| knows(side))
        };
        let columns = columns(reconciliation)
            .filter(|(name, ..)| readers.iter().all(|reader| found.tells_of(reader, name)))
            .map(|(name, reference, action)| ColumnFigures {
                differing: counts.columns.get(name).copied().unwrap_or(0),
                name: name.to_owned(),
                reference: reference.to_owned(),
                action: action.to_owned(),
            })
            .collect();
        Self {
            records: sides.each_ref().map(records),
            refused: sides
                .each_ref()
                .map(|side| knows(side).then_some(side.refused)),
            matched: all.then_some(found.matched),
            agreeing: all.then_some(found.agreeing),
            columns,
            counts,
        }
    }

    /// Differences with this status.
    pub fn with_status(&self, status: &str) -> u64 {
        self.counts.statuses.get(status).copied().unwrap_or(0)
    }
}

/// Key columns can only differ where records may meet by another column. Then every compared column, with reference and
/// action.
fn columns(recon: &Reconciliation) -> impl Iterator<Item = (&str, &str, &str)> {
    let authority = |name: &str| {
        let compared = recon.comparisons.iter().find(|c| c.name == name);
        compared.map_or(&recon.presence, |c| &c.authority)
    };
    let keys = recon.key.iter().filter(|_| recon.also_by.is_some());
    let others = recon.comparisons.iter().map(|c| &c.name);
    let others = others.filter(|name| !recon.key.contains(name));
    keys.chain(others).map(move |name| {
        let authority = authority(name);
        (
            name.as_str(),
            authority.reference.as_str(),
            authority.action.as_str(),
        )
    })
}
