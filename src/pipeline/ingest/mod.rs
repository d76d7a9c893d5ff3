//! Ingest: every row is checked, and what stands becomes the party's encrypted snapshot.
//!
//! The [`rows`](crate::rows) room judges them, with constant memory.
//! The snapshot is put in place only after a clean end of the last file, and only if not too many rows were refused.

mod report;

use std::path::PathBuf;

use crate::agreement::Dataset;
use crate::delivery::Mode;
use crate::delivery::manifest::Entry;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Event, Outcome, PartOutcome, Stage};
use crate::rejection::{Code, Rejection};
use crate::rows::{Desk, Learned, judge};
use crate::snapshot::Reader;

use super::account::Reading;
use super::job::{Job, Run};
use super::open::{Opened, Stream};
use super::{Context, Stop};

use report::Report;

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
    let mut learned = Learned::default();
    let outcome = one(cx, job, dataset, stream, report, &mut learned);
    let reading = Reading {
        columns: learned.columns,
        whole: learned.whole,
        findings: learned.tally.findings(),
        first_faults: learned.tally.first_faults(dataset),
    };
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
    learned: &mut Learned,
) -> Result<(IngestedPart, PathBuf), Stop> {
    let entry = stream.entry;
    let agreement = &cx.config.agreement;
    let desk = Desk {
        agreement,
        dataset,
        limits: cx.config.limits,
        work: &job.work,
        store: cx.store,
        workers: cx.workers,
        progress: &|more| cx.progress.rows(more),
    };
    let base = || base(cx, job, &entry);
    let judged = judge(&desk, stream.plaintext, &entry.name, base, report, learned)?;
    let outcome = PartOutcome {
        plaintext: judged.plaintext,
        rows: judged.rows,
        accepted: judged.rows - judged.refused,
        refused: judged.refused,
        findings: learned.tally.by_code(),
    };
    let made = judged.snapshot.path().to_path_buf();
    let part = IngestedPart {
        entry,
        snapshot: judged.snapshot,
        outcome,
        carried: judged.carried,
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
