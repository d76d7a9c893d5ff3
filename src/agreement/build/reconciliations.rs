//! Reconciliations: two datasets of two parties, the same key, columns that both have.

mod candidates;

use std::collections::{BTreeMap, BTreeSet};

use super::check_party;
use super::datasets::position;
use super::exchange::{build_authority, find};
use crate::agreement::document::problem::Findings;
use crate::agreement::document::reader::{Located, Word, instead, quoted};
use crate::agreement::raw::RawAgreement;
use crate::agreement::raw::dataset::RawDataset;
use crate::agreement::raw::exchange::{RawColumns, RawReconciliation};
use crate::agreement::{Authority, Comparison, FieldKind, PartyId, Reconciliation};

/// Builds every reconciliation that can be built.
pub(super) fn build(
    raw: &RawAgreement<'_>,
    parties: Option<&[PartyId]>,
    authority: &BTreeMap<String, Authority>,
    found: &mut Findings,
) -> Vec<Reconciliation> {
    raw.reconciliations
        .iter()
        .filter_map(|one| build_one(one, raw, parties, authority, found))
        .collect()
}

fn build_one(
    one: &RawReconciliation<'_>,
    raw: &RawAgreement<'_>,
    parties: Option<&[PartyId]>,
    authority: &BTreeMap<String, Authority>,
    found: &mut Findings,
) -> Option<Reconciliation> {
    let presence = one
        .presence
        .as_ref()
        .map(|group| build_authority(raw, parties, group, found));
    let names_disclosed_to = read_readers(one, parties, found);
    let [left, right] = one.between.as_ref()?;
    let left = find(raw, left, false, found);
    let right = find(raw, right, false, found);
    let sides = [left?, right?];
    check_sides(one, sides, found);
    let key = one.key.as_ref().map(|key| check_key(key, sides, found));
    check_also_by(one, found);
    let also_by = on_both(one.also_by.as_ref(), sides, found);
    check_matching(one, sides, found);
    let birth_date = on_both(one.birth_date.as_ref(), sides, found);
    check_birth_date(one, birth_date, sides, found);
    let comparisons = build_comparisons(one, sides, authority, found);
    let candidates = one
        .candidates
        .as_ref()
        .map(|raw| candidates::build(raw, sides, found));
    Some(Reconciliation {
        id: one.id.value.clone(),
        sides: sides.map(|side| side.id.value.clone()),
        key: key?,
        also_by,
        comparisons,
        birth_date,
        presence: presence?,
        names_disclosed_to,
        candidates,
    })
}

fn read_readers(
    one: &RawReconciliation<'_>,
    parties: Option<&[PartyId]>,
    found: &mut Findings,
) -> BTreeSet<PartyId> {
    let mut readers = BTreeSet::new();
    for word in &one.names_disclosed_to {
        let known = check_party(word.value, parties, found, |found, what, remedy| {
            word.spot.problem(found, what, remedy);
        });
        readers.extend(word.value.parse().ok().filter(|_| known));
    }
    readers
}

fn check_sides(one: &RawReconciliation<'_>, sides: [&RawDataset<'_>; 2], found: &mut Findings) {
    let [left, right] = sides;
    let (Some(a), Some(b), Some([_, word])) = (&left.party, &right.party, &one.between) else {
        return;
    };
    if a.value == b.value {
        word.spot.problem(
            found,
            format!(
                "{} and {} both come from {}",
                left.id.value, right.id.value, a.value
            ),
            "name one dataset of each party",
        );
    }
}

/// Columns that the file of differences has of its own (design §2), beside `nilai_<party>`.
const OF_DIFFERENCES: &[&str] = &[
    "id", "jenis", "kolom", "putusan", "acuan", "tindakan", "status", "sejak",
];

/// The key must be the key of both datasets, or one record would meet many.
fn check_key(
    key: &Located<'_, Vec<Word<'_>>>,
    sides: [&RawDataset<'_>; 2],
    found: &mut Findings,
) -> Vec<String> {
    let names: Vec<&str> = key.value.iter().map(|word| word.value).collect();
    for side in sides {
        let Some(own) = &side.key else { continue };
        let own: Vec<&str> = own.value.iter().map(|word| word.value).collect();
        if own != names {
            key.spot.problem(
                found,
                format!(
                    "the key of {} is [{}], not [{}]",
                    side.id.value,
                    own.join(", "),
                    names.join(", ")
                ),
                "name the key that both datasets have",
            );
        }
    }
    for word in &key.value {
        if OF_DIFFERENCES.contains(&word.value) || word.value.starts_with("nilai_") {
            word.spot.problem(
                found,
                format!(
                    "the file of differences has a column {} of its own",
                    word.value
                ),
                "give the key column another name in both datasets",
            );
        }
    }
    names.into_iter().map(str::to_owned).collect()
}

/// Records that did not meet by the key cannot meet by it a second time.
fn check_also_by(one: &RawReconciliation<'_>, found: &mut Findings) {
    let (Some(word), Some(key)) = (&one.also_by, &one.key) else {
        return;
    };
    if key.value.iter().any(|part| part.value == word.value) {
        word.spot.problem(
            found,
            format!("{} is the key already", word.value),
            "name another column, as nik, or leave it out",
        );
    }
}

/// Columns by which records meet need one normal form, or none would ever meet.
fn check_matching(one: &RawReconciliation<'_>, sides: [&RawDataset<'_>; 2], found: &mut Findings) {
    let key = one.key.iter().flat_map(|key| &key.value);
    for word in key.chain(&one.also_by) {
        let positions = sides.map(|side| {
            let fields = side.fields.as_deref().unwrap_or_default();
            fields.iter().position(|f| f.name.value == word.value)
        });
        if let [Some(left), Some(right)] = positions {
            common_format(word, [left, right], sides, found);
        }
    }
}

/// Positions of a column on both sides; where neither has it, that is one problem.
fn on_both(
    word: Option<&Word<'_>>,
    sides: [&RawDataset<'_>; 2],
    found: &mut Findings,
) -> Option<[usize; 2]> {
    let word = word?;
    let [left, right] = sides;
    let lacks = |side: &RawDataset<'_>| {
        let fields = side.fields.as_deref();
        fields.is_some_and(|fields| fields.iter().all(|f| f.name.value != word.value))
    };
    if !lacks(left) {
        let right = position(word, false, right, found);
        return Some([position(word, false, left, found)?, right?]);
    }
    if !lacks(right) {
        position(word, false, left, found);
        return None;
    }
    let both: Vec<&str> = shared_names(sides);
    word.spot.problem(
        found,
        format!(
            "neither {} nor {} has a column {}",
            left.id.value,
            right.id.value,
            quoted(word.value)
        ),
        instead(word.value, &both),
    );
    None
}

/// Columns that both sides have, in the order of the first.
fn shared_names<'d>(sides: [&RawDataset<'d>; 2]) -> Vec<&'d str> {
    let [left, right] = sides.map(|side| side.fields.as_deref().unwrap_or_default());
    left.iter()
        .map(|field| field.name.value)
        .filter(|name| right.iter().any(|field| field.name.value == *name))
        .collect()
}

fn check_birth_date(
    one: &RawReconciliation<'_>,
    positions: Option<[usize; 2]>,
    sides: [&RawDataset<'_>; 2],
    found: &mut Findings,
) {
    let (Some(positions), Some(word)) = (positions, &one.birth_date) else {
        return;
    };
    for (side, position) in sides.iter().zip(positions) {
        let kind = kind_at(side, position);
        if kind.is_some_and(|kind| *kind != FieldKind::Date) {
            word.spot.problem(
                found,
                format!("{} is no date in {}", word.value, side.id.value),
                "name a column with `kind: date` on both sides",
            );
        }
    }
}

fn build_comparisons(
    one: &RawReconciliation<'_>,
    sides: [&RawDataset<'_>; 2],
    authority: &BTreeMap<String, Authority>,
    found: &mut Findings,
) -> Vec<Comparison> {
    let Some(compare) = &one.compare else {
        return Vec::new();
    };
    let words: Vec<Word<'_>> = match &compare.value {
        RawColumns::Listed(words) => words.clone(),
        RawColumns::All => shared(one, compare, sides),
    };
    let mut comparisons = Vec::new();
    for word in &words {
        let Some(positions) = on_both(Some(word), sides, found) else {
            continue;
        };
        let Some(as_name) = common_format(word, positions, sides, found) else {
            continue;
        };
        let Some(authority) = authority.get(word.value) else {
            word.spot.problem(
                found,
                format!("nobody is the reference for {}", word.value),
                "add it to a group under `authority:`",
            );
            continue;
        };
        comparisons.push(Comparison {
            name: word.value.to_owned(),
            positions,
            as_name,
            authority: authority.clone(),
        });
    }
    comparisons
}

/// Every column that both sides have, in the order of the first. The key is compared only where records may
/// also meet by another column, for only then can it differ.
fn shared<'d>(
    one: &RawReconciliation<'d>,
    compare: &Located<'d, RawColumns<'d>>,
    sides: [&RawDataset<'d>; 2],
) -> Vec<Word<'d>> {
    let is_key = |name: &str| {
        let key = one.key.as_ref();
        key.is_some_and(|key| key.value.iter().any(|word| word.value == name))
    };
    shared_names(sides)
        .into_iter()
        .filter(|name| one.also_by.is_some() || !is_key(name))
        .map(|value| Located {
            value,
            spot: compare.spot.clone(),
        })
        .collect()
}

/// Whether both columns are names; columns of different formats would differ in every record.
fn common_format(
    word: &Word<'_>,
    positions: [usize; 2],
    sides: [&RawDataset<'_>; 2],
    found: &mut Findings,
) -> Option<bool> {
    let [a, b] = positions;
    let [left, right] = sides;
    let (a, b) = (kind_at(left, a)?, kind_at(right, b)?);
    if a.as_str() != b.as_str() {
        word.spot.problem(
            found,
            format!(
                "{} is {} in {} and {} in {}",
                word.value,
                a.as_str(),
                left.id.value,
                b.as_str(),
                right.id.value
            ),
            "give both columns the same `kind`",
        );
        return None;
    }
    Some(matches!(a, FieldKind::Name { .. }))
}

fn kind_at<'r>(dataset: &'r RawDataset<'_>, position: usize) -> Option<&'r FieldKind> {
    dataset.fields.as_deref()?.get(position)?.kind.as_ref()
}
