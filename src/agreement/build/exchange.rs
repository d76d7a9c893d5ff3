//! Entitlement, authority and change classes: columns held against the datasets that have them.

use std::collections::{BTreeMap, BTreeSet};

use super::check_party;
use super::datasets::position;
use crate::agreement::document::problem::Findings;
use crate::agreement::document::reader::{Word, instead, quoted};
use crate::agreement::raw::RawAgreement;
use crate::agreement::raw::dataset::RawDataset;
use crate::agreement::raw::exchange::{RawAuthority, RawColumns, RawEntitlement, RawPostquantum};
use crate::agreement::{Authority, ChangeClasses, Dataset, Entitlement, PartyId};

/// Fills [`Dataset::entitlement`] (Pasal 3).
pub(super) fn entitle(
    raw: &RawAgreement<'_>,
    parties: Option<&[PartyId]>,
    datasets: &mut [Dataset],
    found: &mut Findings,
) {
    let mut judged = BTreeSet::new();
    for entry in &raw.entitlement {
        // One message for a party, however many datasets stand under it.
        let party_known = if judged.insert(entry.party.value) {
            check_party(entry.party.value, parties, found, |found, what, remedy| {
                entry.party.spot.key_problem(found, what, remedy);
            })
        } else {
            true
        };
        let Some(raw_dataset) = find(raw, &entry.dataset, true, found) else {
            continue;
        };
        if let Some(supplier) = &raw_dataset.party
            && supplier.value.as_str() == entry.party.value
        {
            entry.dataset.spot.key_problem(
                found,
                format!(
                    "{} supplies {} itself",
                    supplier.value, raw_dataset.id.value
                ),
                "remove it, or entitle the other party",
            );
            continue;
        }
        let columns = positions(&entry.columns, raw_dataset, found);
        require_key(entry, raw_dataset, found);
        let reader = entry.party.value.parse().ok().filter(|_| party_known);
        let dataset = datasets.iter_mut().find(|d| d.id == raw_dataset.id.value);
        if let (Some(reader), Some(dataset)) = (reader, dataset) {
            let rule = format!(
                "{}: {}",
                entry.dataset.spot.path(),
                as_written(&entry.columns)
            );
            dataset
                .entitlement
                .insert(reader, Entitlement { columns, rule });
        }
    }
}

fn as_written(columns: &RawColumns<'_>) -> String {
    match columns {
        RawColumns::All => "all".to_owned(),
        RawColumns::Listed(words) => {
            let names: Vec<_> = words.iter().map(|word| word.value).collect();
            format!("[{}]", names.join(", "))
        }
    }
}

/// Without the key a reader could not tell which record a change is about.
fn require_key(entry: &RawEntitlement<'_>, dataset: &RawDataset<'_>, found: &mut Findings) {
    let (RawColumns::Listed(words), Some(key)) = (&entry.columns, &dataset.key) else {
        return;
    };
    for part in &key.value {
        if !words.is_empty() && !words.iter().any(|word| word.value == part.value) {
            entry.dataset.spot.key_problem(
                found,
                format!("the key column {} is not among the columns", part.value),
                format!("add {}, or its records cannot be told apart", part.value),
            );
        }
    }
}

/// The parties whose files must be encrypted to post-quantum recipients, in both directions.
pub(super) fn postquantum(
    raw: &RawAgreement<'_>,
    parties: Option<&[PartyId]>,
    found: &mut Findings,
) -> BTreeSet<PartyId> {
    match &raw.postquantum {
        RawPostquantum::Allowed => BTreeSet::new(),
        RawPostquantum::Required => parties.into_iter().flatten().cloned().collect(),
        RawPostquantum::Each(demands) => {
            let mut required = BTreeSet::new();
            for (party, demanded) in demands {
                let known = check_party(party.value, parties, found, |found, what, remedy| {
                    party.spot.key_problem(found, what, remedy);
                });
                if known && *demanded {
                    required.extend(party.value.parse::<PartyId>().ok());
                }
            }
            required
        }
    }
}

/// Class of each column (Pasal 1(6)).
pub(super) fn classes(raw: &RawAgreement<'_>, found: &mut Findings) -> ChangeClasses {
    let mut by_column = BTreeMap::new();
    for (class, columns) in &raw.changes.columns {
        for word in columns {
            exists_somewhere(raw, word, found);
            if let Some(before) = by_column.insert(word.value.to_owned(), *class) {
                word.spot.problem(
                    found,
                    format!("{} is {} already", word.value, before.as_str()),
                    "keep it in one class",
                );
            }
        }
    }
    ChangeClasses {
        by_column,
        presence: raw.changes.presence,
    }
}

/// Authority by column (Pasal 9(3)).
pub(super) fn authority(
    raw: &RawAgreement<'_>,
    parties: Option<&[PartyId]>,
    found: &mut Findings,
) -> BTreeMap<String, Authority> {
    let mut by_column = BTreeMap::new();
    for group in &raw.authority {
        let authority = build_authority(raw, parties, &group.authority, found);
        for word in &group.columns {
            exists_somewhere(raw, word, found);
            if by_column
                .insert(word.value.to_owned(), authority.clone())
                .is_some()
            {
                word.spot.problem(
                    found,
                    format!("{} has a reference already", word.value),
                    "keep it in one group",
                );
            }
        }
    }
    by_column
}

/// One reference and action; both stand in every difference, so a typing error would reach the parties.
pub(super) fn build_authority(
    raw: &RawAgreement<'_>,
    parties: Option<&[PartyId]>,
    group: &RawAuthority<'_>,
    found: &mut Findings,
) -> Authority {
    let reference = group.reference.value;
    let upper = reference.to_uppercase();
    let registries = &raw.registries;
    if reference != "none" && !registries.contains(&upper) {
        let mut known: Vec<String> = registries.iter().map(|r| r.to_lowercase()).collect();
        known.extend(parties.unwrap_or_default().iter().map(ToString::to_string));
        known.push("none".to_owned());
        if parties.is_some() && !known.iter().any(|word| word == reference) {
            group.reference.spot.problem(
                found,
                format!(
                    "{} is no party, no registry and not none",
                    quoted(reference)
                ),
                instead(reference, &known),
            );
        }
    }
    check_action(&group.action, parties, found);
    Authority {
        reference: if reference == "none" {
            String::new()
        } else {
            upper
        },
        action: group.action.value.to_owned(),
    }
}

fn check_action(action: &Word<'_>, parties: Option<&[PartyId]>, found: &mut Findings) {
    let word = action.value;
    let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    if word.len() > 40 || !word.bytes().all(allowed) {
        action.spot.problem(
            found,
            format!("{} is no stable word", quoted(word)),
            "write at most 40 of A-Z, 0-9 and _, as PERIKSA_BERSAMA",
        );
        return;
    }
    let Some(parties) = parties else { return };
    let who = word.strip_prefix("ADOPSI_");
    if let Some(who) = who.filter(|who| parties.iter().all(|party| party.upper() != *who)) {
        let known: Vec<String> = parties
            .iter()
            .map(|party| format!("ADOPSI_{}", party.upper()))
            .collect();
        action.spot.problem(
            found,
            format!("{who} is no party of this agreement"),
            instead(word, &known),
        );
    }
}

/// The dataset of that name.
pub(super) fn find<'r, 'd>(
    raw: &'r RawAgreement<'d>,
    word: &Word<'_>,
    at_key: bool,
    found: &mut Findings,
) -> Option<&'r RawDataset<'d>> {
    let datasets = raw.datasets.as_deref()?;
    let dataset = datasets.iter().find(|d| d.id.value.as_str() == word.value);
    if dataset.is_none() {
        let names: Vec<&str> = datasets.iter().map(|d| d.id.value.as_str()).collect();
        let what = format!("there is no dataset {}", quoted(word.value));
        let remedy = instead(word.value, &names);
        if at_key {
            word.spot.key_problem(found, what, remedy);
        } else {
            word.spot.problem(found, what, remedy);
        }
    }
    dataset
}

fn positions(
    columns: &RawColumns<'_>,
    dataset: &RawDataset<'_>,
    found: &mut Findings,
) -> BTreeSet<usize> {
    match columns {
        RawColumns::All => (0..dataset.fields.as_ref().map_or(0, Vec::len)).collect(),
        RawColumns::Listed(words) => words
            .iter()
            .filter_map(|word| position(word, false, dataset, found))
            .collect(),
    }
}

/// A column of authority or of a class that no dataset has is a typing error.
fn exists_somewhere(raw: &RawAgreement<'_>, word: &Word<'_>, found: &mut Findings) {
    let Some(datasets) = raw.datasets.as_deref() else {
        return;
    };
    let mut names = BTreeSet::new();
    for dataset in datasets {
        let Some(fields) = dataset.fields.as_deref() else {
            return;
        };
        names.extend(fields.iter().map(|f| f.name.value));
    }
    if !names.contains(word.value) {
        let names: Vec<&str> = names.into_iter().collect();
        word.spot.problem(
            found,
            format!("no dataset has a column {}", quoted(word.value)),
            instead(word.value, &names),
        );
    }
}
