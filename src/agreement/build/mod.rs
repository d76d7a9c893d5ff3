//! Builds the checked agreement from the raw one: every check that needs two places of the file, or the day.

mod datasets;
mod exchange;
mod reconciliations;

use std::path::Path;

use jiff::civil::Date;

use super::document::problem::{Findings, Problem, Problems};
use super::document::reader::{Located, Spot, instead, quoted};
use super::document::{Document, Outcome};
use super::raw::{self, RawAgreement};
use super::{Agreement, Party, PartyId, Term};
use crate::digest::Sha256Digest;

/// What an agreement file gave.
#[derive(Debug, Default)]
pub struct Checked {
    /// The agreement, where there is no problem.
    pub agreement: Option<Agreement>,
    /// Everything that is wrong, in the order of the file.
    pub problems: Vec<Problem>,
    /// What an operator should know.
    pub warnings: Vec<Problem>,
    /// Its parties as far as they could be read, for checks of other files.
    pub parties: Option<Vec<PartyId>>,
}

impl Agreement {
    /// Reads the text of an agreement file; `file` names it in messages, and it must be in force on `today`.
    ///
    /// All problems are returned at once. Warnings are dropped: [`check`] gives them too.
    pub fn parse(text: &str, file: &Path, today: Date) -> Result<Self, Problems> {
        let checked = check(text, file, today);
        checked
            .agreement
            .ok_or_else(|| Problems::new(checked.problems))
    }
}

/// Reads and checks the text of an agreement file.
pub fn check(text: &str, file: &Path, today: Date) -> Checked {
    let document = match Document::parse(text, file) {
        Ok(document) => document,
        Err(problems) => {
            return Checked {
                problems: problems.into_list(),
                ..Checked::default()
            };
        }
    };
    let mut found = Findings::default();
    let raw = raw::read(&document.root(), &mut found);
    let parties = raw.as_ref().and_then(party_ids);
    let digest = Sha256Digest::of(text.as_bytes());
    let agreement = raw.and_then(|raw| build(&raw, digest, today, &mut found));
    let Outcome { problems, warnings } = document.settle(found);
    Checked {
        agreement: agreement.filter(|_| problems.is_empty()),
        problems,
        warnings,
        parties,
    }
}

fn build(
    raw: &RawAgreement<'_>,
    digest: Sha256Digest,
    today: Date,
    found: &mut Findings,
) -> Option<Agreement> {
    let known = party_ids(raw);
    let parties = build_parties(raw);
    let term = build_term(raw, today, found);
    let mut datasets = datasets::build(raw, known.as_deref(), found);
    exchange::entitle(raw, known.as_deref(), &mut datasets, found);
    let postquantum = exchange::postquantum(raw, known.as_deref(), found);
    let classes = exchange::classes(raw, found);
    let authority = exchange::authority(raw, known.as_deref(), found);
    let reconciliations = reconciliations::build(raw, known.as_deref(), &authority, found);
    Some(Agreement {
        numbers: raw.numbers.clone(),
        parties: parties?,
        term: term?,
        postquantum,
        datasets,
        reconciliations,
        classes,
        names: raw.names.clone()?,
        thresholds: raw.thresholds.clone()?,
        minutes: raw.minutes.clone(),
        reminders: raw.reminders,
        digest,
    })
}

fn party_ids(raw: &RawAgreement<'_>) -> Option<Vec<PartyId>> {
    let parties = raw.parties.as_ref()?;
    Some(parties.iter().map(|(id, _)| id.clone()).collect())
}

fn build_parties(raw: &RawAgreement<'_>) -> Option<[Party; 2]> {
    let parties = raw.parties.as_ref()?.iter().map(|(id, name)| Party {
        id: id.clone(),
        name: name.clone(),
    });
    parties.collect::<Vec<_>>().try_into().ok()
}

/// The term as Pasal 7 has it: signature plus the term, or as extended, with notice before its end.
fn build_term(raw: &RawAgreement<'_>, today: Date, found: &mut Findings) -> Option<Term> {
    let signed = raw.signed.as_ref()?;
    let term = raw.term.as_ref()?;
    let Ok(regular_end) = signed.value.checked_add(term.value.0) else {
        term.spot
            .problem(found, "the term ends after the year 9999", "write 5 years");
        return None;
    };
    let until = raw.extended_until.as_ref();
    if let Some(until) = until
        && until.value <= regular_end
    {
        until.spot.problem(
            found,
            format!(
                "{} is no extension: the term ends on {regular_end}",
                until.value
            ),
            format!("write a day after {regular_end}, or leave it out"),
        );
        return None;
    }
    let end = until.map_or(regular_end, |until| until.value);
    let end_spot = until.map_or(&term.spot, |until| &until.spot);
    let notice = raw.notice.as_ref()?;
    let warn_from = end.checked_sub(notice.value.0).unwrap_or(signed.value);
    judge_term(signed, end, warn_from, end_spot, today, found);
    Some(Term {
        signed: signed.value,
        until: end,
        warn_from,
    })
}

fn judge_term(
    signed: &Located<'_, Date>,
    until: Date,
    warn_from: Date,
    end_spot: &Spot<'_>,
    today: Date,
    found: &mut Findings,
) {
    if today > until {
        end_spot.problem(
            found,
            format!("the agreement ended on {until}; today is {today}"),
            "write the day to which it was extended as `extended_until: YYYY-MM-DD`",
        );
    } else if today >= warn_from {
        end_spot.warning(
            found,
            format!("the agreement ends on {until}, within the notice period"),
            "agree on an extension (Pasal 7) and write `extended_until`",
        );
    }
    if today < signed.value {
        signed.spot.warning(
            found,
            format!(
                "the agreement is in force from {}; today is {today}",
                signed.value
            ),
            "every delivery is refused until then",
        );
    }
}

/// Notes that a party is not one of the agreement's; `known` is `None` where that cannot be told.
fn check_party(
    id: &str,
    known: Option<&[PartyId]>,
    found: &mut Findings,
    note: impl FnOnce(&mut Findings, String, String),
) -> bool {
    let Some(known) = known else { return false };
    if known.iter().any(|party| party.as_str() == id) {
        return true;
    }
    let names: Vec<&str> = known.iter().map(PartyId::as_str).collect();
    note(
        found,
        format!("{} is no party of this agreement", quoted(id)),
        instead(id, &names),
    );
    false
}
