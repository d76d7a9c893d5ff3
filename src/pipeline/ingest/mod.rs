//! Ingest: every row is checked, and what stands becomes the party's encrypted snapshot.
//!
//! Two passes, each with constant memory: [`intake`] looks at each row by itself, [`mod@settle`] at rows beside each other.
//! The snapshot is put in place only after a clean end of the last file, and only if not too many rows were refused.

mod intake;
mod report;
mod settle;
mod table;
mod tally;
mod twins;

use std::path::PathBuf;

use crate::agreement::Dataset;
use crate::delivery::Mode;
use crate::delivery::manifest::Entry;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Event, Outcome, PartOutcome, Stage};
use crate::rejection::{Code, Rejection, RowCounts};
use crate::snapshot::Reader;

use super::account::{Reading, Whole};
use super::job::{Job, Run};
use super::open::{Opened, Stream};
use super::{Context, Stop};

use intake::{Desk, take_in};
use report::Report;
use settle::settle;
use table::Table;
use tally::Tally;

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
    /// Rows of the snapshot before that stay because the new ones were refused.
    pub carried: u64,
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
    job.enter(cx, Stage::Ingest);
    let sender = cx
        .keyring
        .party(&job.party)
        .ok_or_else(|| Fault::Inconsistent(format!("no keys for party {}", job.party)))?;
    let mut report = Report::create(&job.work.join(ROWS_FILE), &sender.recipients)?;
    let mut done = Vec::new();
    let taken: Result<(), Stop> = streams.into_iter().try_for_each(|stream| {
        done.push(account_for(cx, &job, stream, &mut report)?);
        Ok(())
    });
    // Also a refused delivery's rows are told to its sender.
    report.finish()?;
    taken?;
    let mut parts = Vec::new();
    for (part, made) in done {
        let dataset = &part.entry.name.dataset;
        if job.run == Run::First {
            // All files of a delivery are accepted before the first snapshot is put in place.
            let place = cx.layout.snapshot(&job.party, dataset, &job.id);
            files::create_dir(place.parent().unwrap_or(&place))?;
            files::rename(&made, &place)?;
            cx.ledger.ingested(&job.id, dataset, &part.outcome)?;
            cx.ledger.append(&Event {
                delivery: job.id,
                at: (cx.clock)(),
                stage: Stage::Ingest,
                outcome: Outcome::Done,
                code: None,
                detail: Some(format!(
                    "{dataset}: {} rows, {} accepted, {} refused",
                    part.outcome.rows, part.outcome.accepted, part.outcome.refused
                )),
            })?;
        }
        parts.push(part);
    }
    Ok(Ingested { job, parts })
}

/// One data file; however it ends, the account has what was read of it.
fn account_for(
    cx: &Context,
    job: &Job,
    stream: Stream,
    report: &mut Report,
) -> Result<(IngestedPart, PathBuf), Stop> {
    let entry = stream.entry.clone();
    let dataset = cx
        .config
        .agreement
        .dataset(&entry.name.dataset)
        .ok_or_else(|| Stop::from(Rejection::new(Code::DatasetNotAgreed).in_file(&entry.name)))?;
    let (mut tally, mut reading) = (Tally::default(), Reading::default());
    let outcome = one(cx, job, dataset, stream, report, &mut tally, &mut reading);
    reading.findings = tally.findings();
    reading.first_faults = tally.first_faults(dataset);
    job.account.read(&entry, reading);
    outcome
}

/// Returns the part and where its snapshot was made.
fn one(
    cx: &Context,
    job: &Job,
    dataset: &Dataset,
    stream: Stream,
    report: &mut Report,
    tally: &mut Tally,
    reading: &mut Reading,
) -> Result<(IngestedPart, PathBuf), Stop> {
    let entry = stream.entry;
    let agreement = &cx.config.agreement;
    let desk = Desk {
        agreement,
        dataset,
        work: &job.work,
        store: cx.store,
        progress: cx.progress,
    };
    let table = Table::open(stream.plaintext, &entry.name, dataset, cx.config.limits)?;
    reading.columns = table.columns(dataset);
    let intake = take_in(&desk, table, &entry.name, report, tally)?;
    let base = base(cx, job, &entry)?;
    let settled = settle(
        &desk,
        &entry.name,
        &intake.rows,
        base.as_ref(),
        report,
        tally,
    )?;
    let refused = intake.refused + settled.refused;
    reading.whole = Some(Whole {
        plaintext: intake.plaintext,
        rows: intake.read,
        refused,
    });
    let percent = agreement.thresholds.refused_percent;
    if refused * 100 > u64::from(percent) * intake.read {
        let counts = RowCounts {
            rows: intake.read,
            refused,
            tolerated_percent: percent,
            findings: tally.findings(),
        };
        let rejection = Rejection::new(Code::RowsRefused).in_file(&entry.name);
        return Err(rejection.with_rows(counts).into());
    }
    let outcome = PartOutcome {
        plaintext: intake.plaintext,
        rows: intake.read,
        accepted: intake.read - refused,
        refused,
        findings: tally.by_code(),
    };
    let made = settled.snapshot.path().to_path_buf();
    let part = IngestedPart {
        entry,
        snapshot: settled.snapshot,
        outcome,
        carried: settled.carried,
    };
    Ok((part, made))
}

/// The party's snapshot before this delivery: its newest answered one, or in a re-run the one of that time. A delta cannot
/// do without.
fn base(cx: &Context, job: &Job, entry: &Entry) -> Result<Option<Reader>, Stop> {
    let dataset = &entry.name.dataset;
    let recorded = match job.run {
        Run::First => None,
        Run::Again | Run::Dry => cx.ledger.inputs(&job.id, dataset)?,
    };
    let before = match recorded {
        Some(inputs) => inputs.previous,
        None => cx
            .ledger
            .current(&job.party, dataset)?
            .map(|(delivery, _)| delivery),
    };
    let Some(before) = before else {
        return match entry.name.mode {
            Mode::Full => Ok(None),
            Mode::Delta => Err(Rejection::new(Code::DeltaWithoutBase)
                .in_file(&entry.name)
                .into()),
        };
    };
    let path = cx.layout.snapshot(&job.party, dataset, &before);
    if !path.exists() {
        return Err(Fault::Gone {
            what: "the snapshot before this delivery",
            path,
        }
        .into());
    }
    Ok(Some(Reader::open(&path, cx.store)?))
}
