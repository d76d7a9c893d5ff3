//! What is told of a run to people: the summary for its reader, the minutes for both parties, and the figures that later
//! summaries show beside theirs.

use crate::agreement::{Agreement, Dataset, Party, PartyId, Reconciliation, ReconciliationId};
use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::ledger::{Part, RunFigures};
use crate::reconcile::{DifferenceCounts, Differences, Seen};
use crate::report::{self, Facts, Figures, Side};

use super::super::Context;
use super::super::job::{Job, Run};
use super::super::reconcile::ReconciledPart;

/// So many runs before this one are looked through for a summary's trend.
const RUNS: u32 = 200;

/// The pages of one run of a reconciliation, by name.
pub fn reports(
    cx: &Context,
    job: &Job,
    part: &ReconciledPart,
    reader: &PartyId,
    (id, found): (&ReconciliationId, &Differences),
    seen: Seen,
) -> Result<[(String, Vec<u8>); 3], Fault> {
    let agreement = &cx.config.agreement;
    let of_agreement = || Fault::Inconsistent(format!("the agreement lacks a side of {id}"));
    let reconciliation = agreement.reconciliations.iter().find(|r| r.id == *id);
    let reconciliation = reconciliation.ok_or_else(of_agreement)?;
    let reader = party(agreement, reader).ok_or_else(of_agreement)?;
    let [first, second] = &agreement.parties;
    let sides = [
        side(cx, job, part, reconciliation, first)?,
        side(cx, job, part, reconciliation, second)?,
    ];
    let figures = |counts: DifferenceCounts, readers: &[&PartyId]| {
        Figures::of(reconciliation, &sides, found, counts, readers)
    };
    let shown = figures(seen.own, &[&reader.id]);
    let common = figures(seen.common, &[&first.id, &second.id]);
    let this = RunFigures {
        run_date: part.inputs.run_date,
        dataset: part.entry.name.dataset.clone(),
        sequence: part.entry.name.sequence,
        matched: shown.matched,
        agreeing: shown.agreeing,
        open: shown.counts.open(),
        new: shown.with_status("BARU"),
        resolved: shown.with_status("SELESAI"),
    };
    let fixed = part.inputs.reconciliations.get(id);
    // As of the run before, also when it is run again much later.
    let mut runs = match fixed.and_then(|fixed| fixed.state) {
        Some(last) => cx.ledger.run_figures(id, &reader.id, &last, RUNS)?,
        None => vec![],
    };
    if runs.len() == RUNS as usize {
        // Of the first day some runs may be missing.
        let first = runs.first().map(|run| run.run_date);
        runs.retain(|run| Some(run.run_date) != first);
    }
    if job.run == Run::First {
        cx.ledger.set_run_figures(&job.id, id, &reader.id, &this)?;
    }
    runs.push(this);
    let facts = Facts {
        agreement,
        reconciliation,
        reader,
        run_date: part.inputs.run_date,
        sides,
        shown,
        common,
        runs,
    };
    Ok([
        (
            format!("ringkasan_{id}.html"),
            report::summary(&facts).into_bytes(),
        ),
        (
            format!("berita_acara_{id}.html"),
            report::minutes_page(&facts).into_bytes(),
        ),
        (
            format!("berita_acara_{id}.pdf"),
            report::minutes_pdf(&facts),
        ),
    ])
}

fn party<'a>(agreement: &'a Agreement, id: &PartyId) -> Option<&'a Party> {
    agreement.parties.iter().find(|party| party.id == *id)
}

/// The data of `party` in this run: of the delivery under way, or what the counterpart sent before.
fn side<'a>(
    cx: &'a Context,
    job: &Job,
    part: &ReconciledPart,
    reconciliation: &Reconciliation,
    party: &'a Party,
) -> Result<Side<'a>, Fault> {
    let agreement = &cx.config.agreement;
    let datasets = reconciliation
        .sides
        .iter()
        .filter_map(|id| agreement.dataset(id));
    let dataset = datasets
        .into_iter()
        .find(|dataset| dataset.party == party.id);
    let lacks =
        || Fault::Inconsistent(format!("{} has no data of {}", reconciliation.id, party.id));
    let dataset = dataset.ok_or_else(lacks)?;
    let name = &part.entry.name;
    if name.dataset == dataset.id {
        return Ok(Side {
            party,
            dataset,
            delivery: job.id,
            digest: part.entry.digest,
            mode: name.mode,
            as_of: name.as_of,
            sequence: name.sequence,
            refused: part.outcome.refused,
        });
    }
    let fixed = part.inputs.reconciliations.get(&reconciliation.id);
    let delivery = fixed
        .and_then(|fixed| fixed.counterpart)
        .ok_or_else(lacks)?;
    let kept = kept(cx, &delivery, dataset)?.ok_or_else(lacks)?;
    Ok(Side {
        party,
        dataset,
        delivery,
        digest: kept.digest,
        mode: kept.mode,
        as_of: kept.as_of,
        sequence: kept.sequence,
        refused: kept.outcome.map_or(0, |outcome| outcome.refused),
    })
}

fn kept(cx: &Context, delivery: &DeliveryId, dataset: &Dataset) -> Result<Option<Part>, Fault> {
    let delivery = cx.ledger.delivery(delivery)?;
    let mut parts = delivery.into_iter().flat_map(|delivery| delivery.parts);
    Ok(parts.find(|part| part.dataset == dataset.id))
}
