//! Reconcile: what changed since the sender's last delivery, and where the parties' data differ.

use std::collections::BTreeMap;

use crate::agreement::{Dataset, Reconciliation, ReconciliationId};
use crate::delivery::DeliveryId;
use crate::delivery::manifest::Entry;
use crate::fault::Fault;
use crate::files;
use crate::ledger::record::ReconciliationInputs;
use crate::ledger::{Event, Inputs, Outcome, PartOutcome, Stage};
use crate::reconcile::{Bench, Changes, Differences, changes, differences};
use crate::snapshot::Reader;

use super::ingest::{Ingested, IngestedPart};
use super::job::{Job, Run};
use super::{Context, Stop};

/// Proof: every part was compared with what its party sent before and with what the counterpart has.
pub struct Reconciled {
    job: Job,
    parts: Vec<ReconciledPart>,
}

/// One data file, compared.
pub struct ReconciledPart {
    /// Its line in the manifest.
    pub entry: Entry,
    /// What ingest found.
    pub outcome: PartOutcome,
    /// Records known before that stay because their new rows were refused.
    pub carried: u64,
    /// What the answer depends on.
    pub inputs: Inputs,
    /// The sender's changes since its last answered delivery.
    pub changes: Changes,
    /// Per reconciliation the differences; `None` while the counterpart has sent nothing.
    pub differences: BTreeMap<ReconciliationId, Option<Differences>>,
}

impl Reconciled {
    /// Hands on the delivery and its parts.
    pub fn into_parts(self) -> (Job, Vec<ReconciledPart>) {
        (self.job, self.parts)
    }
}

/// Compares every part of the delivery.
pub fn reconcile(cx: &Context, ingested: Ingested) -> Result<Reconciled, Stop> {
    let (job, ingested) = ingested.into_parts();
    job.enter(cx, Stage::Reconcile);
    let mut parts = Vec::with_capacity(ingested.len());
    for part in ingested {
        parts.push(one(cx, &job, part)?);
    }
    if job.run == Run::First {
        for part in &parts {
            cx.ledger.append(&Event {
                delivery: job.id,
                at: (cx.clock)(),
                stage: Stage::Reconcile,
                outcome: Outcome::Done,
                code: None,
                detail: Some(story(part)),
            })?;
        }
    }
    Ok(Reconciled { job, parts })
}

fn one(cx: &Context, job: &Job, part: IngestedPart) -> Result<ReconciledPart, Stop> {
    let agreement = &cx.config.agreement;
    let id = &part.entry.name.dataset;
    let dataset = agreement
        .dataset(id)
        .ok_or_else(|| Fault::Inconsistent(format!("no dataset {id} in the agreement")))?;
    let inputs = inputs(cx, job, dataset)?;
    let previous = inputs
        .previous
        .map(|delivery| snapshot(cx, dataset, &delivery))
        .transpose()?;
    let changes = changes(
        bench(cx, job),
        dataset,
        &agreement.classes,
        previous.as_ref(),
        &part.snapshot,
    )?;
    let mut found = BTreeMap::new();
    for reconciliation in agreement.reconciliations_of(id) {
        let differences = compare(cx, job, dataset, reconciliation, &inputs, &part.snapshot)?;
        found.insert(reconciliation.id.clone(), differences);
    }
    Ok(ReconciledPart {
        entry: part.entry,
        outcome: part.outcome,
        carried: part.carried,
        inputs,
        changes,
        differences: found,
    })
}

/// One reconciliation between the sender's new snapshot and the counterpart's current one.
fn compare(
    cx: &Context,
    job: &Job,
    dataset: &Dataset,
    reconciliation: &Reconciliation,
    inputs: &Inputs,
    own: &Reader,
) -> Result<Option<Differences>, Fault> {
    let Some(fixed) = inputs.reconciliations.get(&reconciliation.id) else {
        return Ok(None);
    };
    let Some(counterpart) = &fixed.counterpart else {
        return Ok(None);
    };
    let Some(other) = counterpart_dataset(cx, dataset, reconciliation) else {
        return Ok(None);
    };
    let theirs = snapshot(cx, other, counterpart)?;
    let [first, _] = &reconciliation.sides;
    let sides = if *first == dataset.id {
        [own, &theirs]
    } else {
        [&theirs, own]
    };
    let before = fixed
        .state
        .map(|delivery| {
            let path = cx.layout.differences(&reconciliation.id, &delivery);
            open(cx, "the differences of the run before", path)
        })
        .transpose()?;
    let state = match job.run {
        Run::First => cx.layout.differences(&reconciliation.id, &job.id),
        Run::Again | Run::Dry => job.work.join(format!("{}.differences", reconciliation.id)),
    };
    if let Some(folder) = state.parent() {
        files::create_dir(folder)?;
    }
    differences(
        bench(cx, job),
        &cx.config.agreement,
        reconciliation,
        sides,
        before.as_ref(),
        inputs.run_date,
        &state,
    )
    .map(Some)
}

fn bench<'a>(cx: &Context<'a>, job: &'a Job) -> Bench<'a> {
    Bench {
        scratch: &job.work,
        store: cx.store,
        workers: cx.workers,
    }
}

/// What this answer depends on: as it is now, or, when it was answered before, as it was then.
fn inputs(cx: &Context, job: &Job, dataset: &Dataset) -> Result<Inputs, Fault> {
    let mut reconciliations = BTreeMap::new();
    for reconciliation in cx.config.agreement.reconciliations_of(&dataset.id) {
        let counterpart = match counterpart_dataset(cx, dataset, reconciliation) {
            Some(other) => cx.ledger.current(&other.party, &other.id)?,
            None => None,
        };
        let state = cx.ledger.state_of(&reconciliation.id)?;
        let now = ReconciliationInputs {
            counterpart: counterpart.map(|(delivery, _)| delivery),
            state,
        };
        reconciliations.insert(reconciliation.id.clone(), now);
    }
    let previous = cx.ledger.current(&dataset.party, &dataset.id)?;
    let now = Inputs {
        run_date: (cx.clock)().to_zoned(cx.config.time_zone.clone()).date(),
        agreement: cx.config.agreement.digest,
        previous: previous.map(|(delivery, _)| delivery),
        reconciliations,
    };
    match job.run {
        Run::First => {
            cx.ledger.set_inputs(&job.id, &dataset.id, &now)?;
            Ok(now)
        }
        Run::Again | Run::Dry => Ok(cx.ledger.inputs(&job.id, &dataset.id)?.unwrap_or(now)),
    }
}

fn counterpart_dataset<'c>(
    cx: &'c Context,
    dataset: &Dataset,
    reconciliation: &Reconciliation,
) -> Option<&'c Dataset> {
    let other = reconciliation.sides.iter().find(|id| **id != dataset.id)?;
    cx.config.agreement.dataset(other)
}

fn snapshot(cx: &Context, dataset: &Dataset, delivery: &DeliveryId) -> Result<Reader, Fault> {
    let path = cx.layout.snapshot(&dataset.party, &dataset.id, delivery);
    open(cx, "a snapshot to compare with", path)
}

fn open(cx: &Context, what: &'static str, path: std::path::PathBuf) -> Result<Reader, Fault> {
    if path.exists() {
        Reader::open(&path, cx.store)
    } else {
        Err(Fault::Gone { what, path })
    }
}

/// Counts for the ledger.
fn story(part: &ReconciledPart) -> String {
    let mut story = format!(
        "{}: {} changes",
        part.entry.name.dataset,
        part.changes.counts.total()
    );
    for (reconciliation, found) in &part.differences {
        let found = match found {
            Some(found) => format!("{} open differences", found.counts.open()),
            None => "waits for the counterpart".to_owned(),
        };
        story.push_str(&format!("; {reconciliation}: {found}"));
    }
    story
}
