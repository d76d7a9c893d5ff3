//! Ingest: every row is checked, and what stands becomes the party's encrypted snapshot.
//!
//! Two passes, each with constant memory: [`intake`] looks at each row by itself, [`mod@settle`] at rows beside each other.
//! The snapshot is put in place only after a clean end of the last file, and only if not too many rows were refused.

mod intake;
mod report;
mod settle;
mod table;
mod twins;

use std::path::PathBuf;

use crate::delivery::Mode;
use crate::delivery::manifest::Entry;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Event, Outcome, PartOutcome, Stage};
use crate::rejection::{Code, Rejection};
use crate::snapshot::{Reader, Writer};

use super::claim::{Job, Run};
use super::open::{Opened, Stream};
use super::{Context, Stop};

pub use report::{Tally, level_word};

use intake::{Desk, take_in};
use report::Report;
use settle::settle;
use table::Table;

/// Name of the encrypted list of refused and warned rows in the work folder.
pub const ROWS_FILE: &str = "rows.csv.age";

/// Proof: every data file was read to a clean end and its rows lie in a snapshot.
pub struct Ingested {
    job: Job,
    parts: Vec<IngestedPart>,
}

/// One data file, taken over.
pub struct IngestedPart {
    /// Its line in the manifest.
    pub entry: Entry,
    /// The party's whole dataset after this delivery.
    pub snapshot: Reader,
    /// Counts and digests.
    pub outcome: PartOutcome,
    /// Every finding, counted.
    pub tally: Tally,
}

impl Ingested {
    /// Hands on the delivery and its parts.
    pub fn into_parts(self) -> (Job, Vec<IngestedPart>) {
        (self.job, self.parts)
    }
}

/// Reads, checks and keeps every row of the delivery.
pub fn ingest(cx: &Context, opened: Opened) -> Result<Ingested, Stop> {
    let (job, streams) = opened.into_parts();
    cx.progress.enter(&job, Stage::Ingest);
    let sender = cx
        .keyring
        .party(&job.party)
        .ok_or_else(|| Fault::Ledger(format!("no keys for party {}", job.party)))?;
    let mut report = Report::create(&job.work.join(ROWS_FILE), &sender.recipients)?;
    let mut done = Vec::new();
    let taken: Result<(), Stop> = streams.into_iter().try_for_each(|stream| {
        done.push(one(cx, &job, stream, &mut report)?);
        Ok(())
    });
    // Also a refused delivery's rows are told to its sender.
    report.finish()?;
    taken?;
    let mut parts = Vec::new();
    for (entry, snapshot, outcome, tally) in done {
        // All files of a delivery are accepted before the first snapshot is put in place.
        let snapshot = snapshot.finish()?;
        if job.run == Run::First {
            cx.ledger.ingested(&job.id, &entry.name.dataset, &outcome)?;
            cx.ledger.append(&Event {
                delivery: job.id,
                at: (cx.clock)(),
                stage: Stage::Ingest,
                outcome: Outcome::Done,
                code: None,
                detail: Some(format!(
                    "{}: {} rows, {} accepted, {} refused",
                    entry.name.dataset, outcome.rows, outcome.accepted, outcome.refused
                )),
            })?;
        }
        parts.push(IngestedPart {
            entry,
            snapshot,
            outcome,
            tally,
        });
    }
    Ok(Ingested { job, parts })
}

type Taken = (Entry, Writer, PartOutcome, Tally);

fn one(cx: &Context, job: &Job, stream: Stream, report: &mut Report) -> Result<Taken, Stop> {
    let entry = stream.entry;
    let agreement = &cx.config.agreement;
    let dataset = agreement
        .dataset(&entry.name.dataset)
        .ok_or_else(|| Stop::from(Rejection::new(Code::DatasetNotAgreed).in_file(&entry.name)))?;
    let desk = Desk {
        agreement,
        dataset,
        work: &job.work,
        store: cx.store,
        progress: cx.progress,
    };
    let mut tally = Tally::new();
    let table = Table::open(stream.plaintext, &entry.name, dataset, cx.config.limits)?;
    let intake = take_in(&desk, table, &entry.name, report, &mut tally)?;
    let base = match entry.name.mode {
        Mode::Full => None,
        Mode::Delta => Some(base(cx, job, &entry)?),
    };
    let target = target(cx, job, &entry)?;
    let settled = settle(
        &desk,
        entry.name.as_of,
        &intake.rows,
        base.as_ref(),
        &target,
        report,
        &mut tally,
    )?;
    let refused = intake.refused + settled.refused;
    let tolerated = u64::from(agreement.thresholds.refused_percent) * intake.read;
    if refused * 100 > tolerated {
        return Err(Rejection::new(Code::RowsRefused)
            .in_file(&entry.name)
            .with_rows(refused)
            .into());
    }
    let outcome = PartOutcome {
        plaintext: intake.plaintext,
        rows: intake.read,
        accepted: intake.read - refused,
        refused,
        findings: tally
            .iter()
            .map(|((code, _), count)| (code.as_str().to_owned(), *count))
            .collect(),
    };
    Ok((entry, settled.snapshot, outcome, tally))
}

/// Where the snapshot goes: in its place if the delivery is to be answered, else among the scratch files.
fn target(cx: &Context, job: &Job, entry: &Entry) -> Result<PathBuf, Fault> {
    let path = match job.run {
        Run::First => cx.layout.snapshot(&job.party, &entry.name.dataset, &job.id),
        Run::Again | Run::Dry => job.work.join(format!("{}.snap", entry.name.dataset)),
    };
    if let Some(folder) = path.parent() {
        files::create_dir(folder)?;
    }
    Ok(path)
}

/// The snapshot that a delta applies to: the party's newest answered one, or in a re-run the one of that time.
fn base(cx: &Context, job: &Job, entry: &Entry) -> Result<Reader, Stop> {
    let dataset = &entry.name.dataset;
    let recorded = cx.ledger.inputs(&job.id, dataset)?;
    let before = match recorded {
        Some(inputs) => inputs.previous,
        None => cx
            .ledger
            .current(&job.party, dataset)?
            .map(|(delivery, _)| delivery),
    };
    let before = before
        .ok_or_else(|| Stop::from(Rejection::new(Code::DeltaWithoutBase).in_file(&entry.name)))?;
    let path = cx.layout.snapshot(&job.party, dataset, &before);
    if !path.exists() {
        return Err(Fault::Gone {
            what: "the snapshot that this delta applies to",
            path,
        }
        .into());
    }
    Ok(Reader::open(&path, cx.store)?)
}
