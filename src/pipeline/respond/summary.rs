//! `ringkasan`: what a response holds, in counts only. The same inputs give the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::Date;
use serde::Serialize;

use crate::agreement::{ChangeClass, DatasetId, PartyId, ReconciliationId};
use crate::delivery::{DeliveryId, Mode, Sha256Digest};
use crate::fault::Fault;
use crate::reconcile::{Action, Candidates, ChangeCounts, DifferenceCounts, Differences};

use super::super::Context;
use super::super::job::Job;
use super::super::reconcile::ReconciledPart;
use super::candidates::{self, Found};

/// Version of the document, in its `format` field.
const FORMAT: &str = "padan-response-1";

/// `ringkasan.json`; [`text`] makes `ringkasan.txt` of it.
#[derive(Debug, Serialize)]
pub struct Summary {
    format: &'static str,
    delivery: DeliveryId,
    dataset: DatasetId,
    from: PartyId,
    reader: PartyId,
    mode: Mode,
    as_of: Date,
    sequence: u32,
    run_date: Date,
    agreement: Sha256Digest,
    /// Only for whoever may know which records there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Rows>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Changes>,
    reconciliations: BTreeMap<ReconciliationId, Reconciliation>,
}

/// The rows of the data file.
#[derive(Debug, Serialize)]
struct Rows {
    accepted: u64,
    refused: u64,
}

/// `perubahan.csv.age`, counted.
#[derive(Debug, Serialize)]
struct Changes {
    aksi: BTreeMap<&'static str, u64>,
    kelas: BTreeMap<&'static str, u64>,
}

/// `perbedaan_<name>.csv.age`, counted; only what the reader may see.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Reconciliation {
    /// The counterpart has sent nothing yet.
    Waiting { waiting: bool },
    /// Compared.
    Compared {
        /// With `agreeing`: only for whoever may know which records the other side has.
        #[serde(skip_serializing_if = "Option::is_none")]
        matched: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        agreeing: Option<u64>,
        jenis: BTreeMap<String, u64>,
        kolom: BTreeMap<String, u64>,
        putusan: BTreeMap<String, u64>,
        tindakan: BTreeMap<String, u64>,
        status: BTreeMap<String, u64>,
        /// `calon_padanan_<name>.csv.age`, only for whoever receives it.
        #[serde(skip_serializing_if = "Option::is_none")]
        calon: Option<Box<Found>>,
    },
}

impl Summary {
    /// A summary for `reader`, without counts yet.
    pub fn of(cx: &Context, job: &Job, part: &ReconciledPart, reader: &PartyId) -> Self {
        let name = &part.entry.name;
        Self {
            format: FORMAT,
            delivery: job.id,
            dataset: name.dataset.clone(),
            from: job.party.clone(),
            reader: reader.clone(),
            mode: name.mode,
            as_of: name.as_of,
            sequence: name.sequence,
            run_date: part.inputs.run_date,
            agreement: cx.config.agreement.digest,
            rows: knows_records(cx, &name.dataset, reader).then_some(Rows {
                accepted: part.outcome.accepted,
                refused: part.outcome.refused,
            }),
            changes: None,
            reconciliations: BTreeMap::new(),
        }
    }

    /// Tells about the changes.
    pub fn set_changes(&mut self, counts: &ChangeCounts) {
        let actions = [Action::Tambah, Action::Ubah, Action::Hapus];
        let classes = [
            ChangeClass::Identitas,
            ChangeClass::Finansial,
            ChangeClass::Nonfinansial,
        ];
        self.changes = Some(Changes {
            aksi: actions
                .map(|action| (action.as_str(), counts.of_action(action)))
                .into(),
            kelas: classes
                .map(|class| (class.as_str(), counts.of_class(class)))
                .into(),
        });
    }

    /// Tells that a reconciliation waits for the counterpart.
    pub fn set_waiting(&mut self, id: &ReconciliationId) {
        let waiting = Reconciliation::Waiting { waiting: true };
        self.reconciliations.insert(id.clone(), waiting);
    }

    /// Tells about a reconciliation: records that met, how many of these agree, and what the reader sees.
    pub fn set_compared(
        &mut self,
        cx: &Context,
        id: &ReconciliationId,
        found: &Differences,
        seen: &DifferenceCounts,
    ) {
        let reconciliations = &cx.config.agreement.reconciliations;
        let knows = reconciliations
            .iter()
            .filter(|reconciliation| reconciliation.id == *id)
            .flat_map(|reconciliation| &reconciliation.sides)
            .all(|dataset| knows_records(cx, dataset, &self.reader));
        let compared = Reconciliation::Compared {
            matched: knows.then_some(found.matched),
            agreeing: knows.then_some(found.agreeing),
            jenis: seen.kinds.clone(),
            kolom: seen.columns.clone(),
            putusan: seen.verdicts.clone(),
            tindakan: seen.actions.clone(),
            status: seen.statuses.clone(),
            calon: None,
        };
        self.reconciliations.insert(id.clone(), compared);
    }

    /// Tells about the likely pairs of a reconciliation that was compared.
    pub fn set_candidates(&mut self, id: &ReconciliationId, found: &Candidates) {
        if let Some(Reconciliation::Compared { calon, .. }) = self.reconciliations.get_mut(id) {
            *calon = Some(Box::new(Found::of(found)));
        }
    }

    /// The document for a machine.
    pub fn json(&self) -> Result<String, Fault> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|e| Fault::Inconsistent(format!("a summary does not become JSON: {e}")))
    }
}

fn knows_records(cx: &Context, id: &DatasetId, reader: &PartyId) -> bool {
    let dataset = cx.config.agreement.dataset(id);
    dataset.is_some_and(|dataset| dataset.tells_records(reader))
}

/// The page for a person, Indonesian and English side by side.
pub fn text(summary: &Summary) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "RINGKASAN / SUMMARY  {}  {} -> {}\n",
        summary.dataset, summary.from, summary.reader
    );
    let _ = writeln!(
        page,
        "Kiriman / delivery     {} {} no. {}  ({})\nTanggal / run date     {}",
        summary.mode,
        summary.as_of,
        summary.sequence,
        summary.delivery.short(),
        summary.run_date
    );
    if let Some(rows) = &summary.rows {
        let _ = writeln!(
            page,
            "Baris / rows           {} diterima / accepted, {} ditolak / refused",
            rows.accepted, rows.refused
        );
    }
    if let Some(changes) = &summary.changes {
        let _ = writeln!(page, "\nPerubahan / changes    perubahan.csv.age");
        table(&mut page, "aksi", &changes.aksi);
        table(&mut page, "kelas", &changes.kelas);
    }
    for (id, reconciliation) in &summary.reconciliations {
        match reconciliation {
            Reconciliation::Waiting { .. } => {
                let _ = writeln!(
                    page,
                    "\nRekonsiliasi {id}: menunggu data pihak lain / waiting for the other party's data"
                );
            }
            Reconciliation::Compared {
                matched,
                agreeing,
                jenis,
                kolom,
                putusan,
                tindakan,
                status,
                calon,
            } => {
                let _ = writeln!(page, "\nRekonsiliasi {id}      perbedaan_{id}.csv.age");
                if let (Some(matched), Some(agreeing)) = (matched, agreeing) {
                    let _ = writeln!(
                        page,
                        "  berpasangan / matched  {matched}\n  sesuai / agreeing      {agreeing}"
                    );
                }
                table(&mut page, "jenis", jenis);
                table(&mut page, "kolom", kolom);
                table(&mut page, "putusan", putusan);
                table(&mut page, "tindakan", tindakan);
                table(&mut page, "status", status);
                if let Some(found) = calon {
                    candidates::text(&mut page, id, found);
                }
            }
        }
    }
    page
}

fn table<K: std::fmt::Display>(page: &mut String, title: &str, counts: &BTreeMap<K, u64>) {
    for (word, count) in counts {
        let _ = writeln!(page, "  {title:<9} {word:<28} {count}");
    }
}
