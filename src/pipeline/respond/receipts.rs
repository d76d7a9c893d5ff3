//! Builds the receipt from what was found.

use crate::agreement::{Agreement, Dataset, DatasetId};
use crate::delivery::manifest::Entry;
use crate::delivery::receipt::{
    Columns, Disclosure, FORMAT, FileReceipt, Problem, Receipt, StageTime, Verdict,
};
use crate::delivery::{DataFileName, DeliveryId};
use crate::fault::Fault;
use crate::ledger::{Delivery, Part, Stage};
use crate::rejection::Rejection;

use super::super::Context;
use super::super::account::{Reading, Told};
use super::super::job::Job;
use super::super::reconcile::ReconciledPart;
use super::Prepared;
use super::folder::{concerns, folder_name};
use super::papers::{
    beside_accepted, beside_others, given_name, hand_over, in_zone, is_about, lay_ready,
};

/// What judges: name and version.
pub const SOFTWARE: &str = concat!("padan ", env!("CARGO_PKG_VERSION"));

/// The receipt of an answered delivery.
pub fn accepted(
    cx: &Context,
    job: &Job,
    parts: &[ReconciledPart],
    prepared: &mut Prepared,
) -> Result<(), Fault> {
    let name = beside_others(cx, &job.party, &job.stem, &job.id)?;
    let mut receipt = told(cx, job, name, Verdict::Diterima);
    for (file, part) in receipt.files.iter_mut().zip(parts) {
        add_answer(cx, job, part, file)?;
    }
    lay_ready(cx, job, receipt, prepared)
}

/// The receipt of a refused one, as far as it came: beside the receipt of an accepted one of the same name.
pub fn refused(
    cx: &Context,
    job: &Job,
    rejection: &Rejection,
    prepared: &mut Prepared,
) -> Result<(), Fault> {
    let name = beside_others(cx, &job.party, &job.stem, &job.id)?;
    let mut receipt = told(cx, job, name, Verdict::Ditolak);
    receipt.problem = Some(Problem {
        rows: rejection.rows.as_deref().cloned(),
        names: rejection.names.clone(),
        ..Problem::new(rejection.code, rejection.place.clone())
    });
    lay_ready(cx, job, receipt, prepared)
}

/// The receipt of one that is turned away: beside the receipt of an accepted one of the same name, or manifest.
pub fn turned_away(
    cx: &Context,
    job: &Job,
    rejection: &Rejection,
    prepared: &mut Prepared,
) -> Result<(), Fault> {
    let name = beside_accepted(cx, &job.party, &job.stem, &job.id)?;
    let mut receipt = told(cx, job, name, Verdict::Ditolak);
    receipt.problem = Some(Problem::new(rejection.code, rejection.place.clone()));
    lay_ready(cx, job, receipt, prepared)
}

/// The receipt of a delivery that came again after all that was kept of it was destroyed: what the ledger knows. One that
/// still lies there says more.
pub fn answered_before(cx: &Context, delivery: &Delivery) -> Result<(), Fault> {
    let name = given_name(cx, delivery)?;
    if is_about(&cx.layout.receipts(&delivery.party), &name, &delivery.id) {
        return Ok(());
    }
    let mut receipt = told(cx, &Job::of(cx, delivery), name, Verdict::Diterima);
    receipt.stage = Some(Stage::Respond.as_str().to_owned());
    for part in &delivery.parts {
        let (Some(outcome), Ok(name)) = (&part.outcome, part.file.parse()) else {
            continue;
        };
        let entry = Entry {
            digest: part.digest,
            name,
        };
        receipt.files.push(FileReceipt {
            plaintext_sha256: Some(outcome.plaintext),
            rows: Some(outcome.rows),
            accepted: Some(outcome.accepted),
            refused: Some(outcome.refused),
            ..file(&entry, &Reading::default())
        });
    }
    hand_over(cx, &receipt)
}

/// What the run's account tells.
fn told(cx: &Context, job: &Job, name: String, verdict: Verdict) -> Receipt {
    let account = job.account.told();
    let agreement = &cx.config.agreement;
    let files = account.files.iter().map(|(entry, reading)| {
        let mut file = file(entry, reading);
        let dataset = agreement.dataset(&entry.name.dataset);
        if let Some(dataset) = dataset.filter(|_| !reading.columns.is_empty()) {
            let accepted = verdict == Verdict::Diterima;
            file.columns = Some(columns(agreement, dataset, &reading.columns, accepted));
        }
        file
    });
    Receipt {
        format: FORMAT.to_owned(),
        verdict,
        stage: Some(account.stage().as_str().to_owned()),
        delivery: Some(job.id),
        name,
        party: job.party.clone(),
        received: in_zone(cx, job.received),
        signer: account.signer.clone(),
        agreement: agreement.digest,
        agreement_numbers: agreement.numbers.clone(),
        problem: None,
        files: files.collect(),
        rows_file: None,
        rows_file_sha256: None,
        text_sha256: None,
        timing: timing(cx, &account),
        software: Some(SOFTWARE.to_owned()),
    }
}

fn timing(cx: &Context, account: &Told) -> Vec<StageTime> {
    let times = account.times((cx.clock)()).into_iter();
    times
        .map(|(stage, time)| StageTime {
            stage: stage.as_str().to_owned(),
            ms: u64::try_from(time.as_millis()).unwrap_or(0),
        })
        .collect()
}

/// One data file, as far as it was read.
fn file(entry: &Entry, reading: &Reading) -> FileReceipt {
    let name: &DataFileName = &entry.name;
    FileReceipt {
        file: name.to_string(),
        sha256: entry.digest,
        plaintext_sha256: reading.whole.map(|whole| whole.plaintext),
        dataset: name.dataset.clone(),
        mode: name.mode,
        as_of: name.as_of,
        sequence: name.sequence,
        gap_after: None,
        same_content_as: None,
        older_than: None,
        rows: reading.whole.map(|whole| whole.rows),
        accepted: None,
        refused: reading.whole.map(|whole| whole.refused),
        carried_over: None,
        findings: reading.findings.clone(),
        first_faults: reading.first_faults.clone(),
        columns: None,
        response: None,
        waiting_for: vec![],
    }
}

/// What only an answered delivery has: its place among those before, and its answers.
fn add_answer(
    cx: &Context,
    job: &Job,
    part: &ReconciledPart,
    file: &mut FileReceipt,
) -> Result<(), Fault> {
    let name = &part.entry.name;
    let before = match &part.inputs.previous {
        Some(id) => part_of(cx, id, &name.dataset)?,
        None => None,
    };
    let last = before.as_ref().map_or(0, |part| part.sequence);
    let same =
        cx.ledger
            .same_plaintext(&job.party, &name.dataset, &part.outcome.plaintext, &job.id)?;
    let sender_gets = cx
        .config
        .agreement
        .dataset(&name.dataset)
        .is_some_and(|dataset| concerns(dataset, part, &job.party));
    file.gap_after = (last + 1 < name.sequence).then_some(last);
    file.older_than = before
        .map(|part| part.as_of)
        .filter(|day| *day > name.as_of);
    // Only what came before: in a re-run later deliveries are there too.
    file.same_content_as = same
        .map(|(_, part)| part.sequence)
        .filter(|sequence| *sequence < name.sequence);
    file.accepted = Some(part.outcome.accepted);
    file.carried_over = Some(part.carried);
    file.response = sender_gets.then(|| folder_name(part));
    file.waiting_for = part
        .differences
        .iter()
        .filter(|(_, found)| found.is_none())
        .map(|(id, _)| id.clone())
        .collect();
    Ok(())
}

/// The same dataset's part of an earlier delivery.
fn part_of(cx: &Context, id: &DeliveryId, dataset: &DatasetId) -> Result<Option<Part>, Fault> {
    let delivery = cx.ledger.delivery(id)?;
    Ok(delivery.and_then(|d| d.parts.into_iter().find(|p| p.dataset == *dataset)))
}

/// What becomes of each column: of a refused file nothing is kept and nothing leaves.
fn columns(
    agreement: &Agreement,
    dataset: &Dataset,
    received: &[String],
    accepted: bool,
) -> Columns {
    let is_kept = |name: &&String| accepted && dataset.position(name).is_some();
    let (kept, dropped) = received.iter().partition::<Vec<&String>, _>(is_kept);
    let readers = agreement
        .parties
        .iter()
        .filter(|party| accepted && party.id != dataset.party);
    let disclosed = readers.map(|reader| {
        let (columns, withheld) = (0..dataset.fields.len())
            .partition::<Vec<usize>, _>(|position| dataset.entitled(&reader.id, *position));
        Disclosure {
            to: reader.id.clone(),
            rule: dataset
                .entitlement
                .get(&reader.id)
                .map(|entitlement| entitlement.rule.clone()),
            columns: names(dataset, &columns),
            withheld: names(dataset, &withheld),
        }
    });
    Columns {
        received: received.to_vec(),
        kept: kept.into_iter().cloned().collect(),
        dropped: dropped.into_iter().cloned().collect(),
        disclosed: disclosed.collect(),
    }
}

fn names(dataset: &Dataset, positions: &[usize]) -> Vec<String> {
    let fields = positions.iter().filter_map(|p| dataset.fields.get(*p));
    fields.map(|field| field.name.clone()).collect()
}
