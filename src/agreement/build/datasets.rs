//! Datasets: names resolved to positions, keys and checks held against the columns.

use std::collections::{BTreeMap, BTreeSet};

use super::check_party;
use crate::agreement::document::problem::Findings;
use crate::agreement::document::reader::{Located, Word, instead, quoted};
use crate::agreement::raw::RawAgreement;
use crate::agreement::raw::dataset::{RawCheck, RawDataset, RawField, RawRequired};
use crate::agreement::{Check, Dataset, Field, FieldKind, PartyId, Required};

/// The columns that can be told; `None` where a problem with them was noted already.
pub(super) type Names<'r, 'd> = Option<&'r [RawField<'d>]>;

/// Builds every dataset that can be built.
pub(super) fn build(
    raw: &RawAgreement<'_>,
    parties: Option<&[PartyId]>,
    found: &mut Findings,
) -> Vec<Dataset> {
    let list = raw.datasets.as_deref().unwrap_or_default();
    list.iter()
        .filter_map(|raw| build_one(raw, parties, found))
        .collect()
}

/// Position of a column; a name that no column has is noted.
pub(super) fn position(
    word: &Word<'_>,
    at_key: bool,
    dataset: &RawDataset<'_>,
    found: &mut Findings,
) -> Option<usize> {
    let fields: Names<'_, '_> = dataset.fields.as_deref();
    let fields = fields?;
    let position = fields.iter().position(|f| f.name.value == word.value);
    if position.is_none() {
        let names: Vec<&str> = fields.iter().map(|f| f.name.value).collect();
        let what = format!("{} has no column {}", dataset.id.value, quoted(word.value));
        let remedy = instead(word.value, &names);
        if at_key {
            word.spot.key_problem(found, what, remedy);
        } else {
            word.spot.problem(found, what, remedy);
        }
    }
    position
}

/// Columns that answers have of their own (design §2), and the first column of a delta.
const OF_CHANGES: &[&str] = &["aksi", "kelas", "kolom_berubah"];

/// A column of the dataset may not have the name of a column that the answers add.
fn keep_names_apart(raw: &RawDataset<'_>, found: &mut Findings) {
    for field in raw.fields.as_deref().unwrap_or_default() {
        if OF_CHANGES.contains(&field.name.value) {
            field.name.spot.key_problem(
                found,
                format!("every answer has a column {} of its own", field.name.value),
                "agree on another name",
            );
        }
    }
}

fn build_one(
    raw: &RawDataset<'_>,
    parties: Option<&[PartyId]>,
    found: &mut Findings,
) -> Option<Dataset> {
    if let Some(Located { value, spot }) = &raw.party {
        check_party(value.as_str(), parties, found, |found, what, remedy| {
            spot.problem(found, what, remedy);
        });
    }
    keep_names_apart(raw, found);
    let fields = build_fields(raw, found);
    let key = raw.key.as_ref().and_then(|key| {
        let positions: Vec<Option<usize>> = key
            .value
            .iter()
            .map(|word| position(word, false, raw, found))
            .collect();
        positions.into_iter().collect::<Option<Vec<usize>>>()
    });
    require_key(raw, key.as_deref(), found);
    let unique = match &raw.unique {
        Some(word) => Some(position(word, false, raw, found)?),
        None => None,
    };
    let checks = build_checks(raw, found);
    Some(Dataset {
        id: raw.id.value.clone(),
        party: raw.party.as_ref()?.value.clone(),
        fields: fields?,
        key: key?,
        unique,
        separator: raw.separator,
        expect: raw.expect,
        checks,
        entitlement: BTreeMap::new(),
    })
}

fn build_fields(raw: &RawDataset<'_>, found: &mut Findings) -> Option<Vec<Field>> {
    let fields = raw.fields.as_deref()?;
    if fields.is_empty() {
        raw.id.spot.key_problem(
            found,
            "the dataset has no column",
            "write at least its key column under `fields:`",
        );
    }
    let built: Vec<Option<Field>> = fields
        .iter()
        .map(|field| {
            let required = build_required(field, raw, found);
            Some(Field {
                name: field.name.value.to_owned(),
                kind: field.kind.clone()?,
                required: required?,
            })
        })
        .collect();
    built.into_iter().collect()
}

fn build_required(
    field: &RawField<'_>,
    dataset: &RawDataset<'_>,
    found: &mut Findings,
) -> Option<Required> {
    let (column, equals) = match &field.required {
        RawRequired::No => return Some(Required::No),
        RawRequired::Yes => return Some(Required::Yes),
        RawRequired::When { column, equals } => (column, *equals),
    };
    let position = position(column, true, dataset, found)?;
    let other = dataset.fields.as_deref()?.get(position)?;
    match &other.kind {
        Some(FieldKind::Choice(values)) if !values.iter().any(|value| value == equals) => {
            column.spot.problem(
                found,
                format!("{} is never {}", column.value, quoted(equals)),
                instead(equals, values),
            );
            None
        }
        Some(FieldKind::Choice(_)) => Some(Required::When {
            column: position,
            equals: equals.to_owned(),
        }),
        Some(_) => {
            column.spot.key_problem(
                found,
                format!(
                    "{} is not a choice, so no value of it is certain",
                    column.value
                ),
                "name a column with `kind: choice`, or write true or false",
            );
            None
        }
        None => None,
    }
}

/// A key column that may be empty would make records that nothing can find again.
fn require_key(raw: &RawDataset<'_>, key: Option<&[usize]>, found: &mut Findings) {
    let fields = raw.fields.as_deref().unwrap_or_default();
    for field in key
        .unwrap_or_default()
        .iter()
        .filter_map(|p| fields.get(*p))
    {
        if !matches!(field.required, RawRequired::Yes) {
            field.name.spot.key_problem(
                found,
                "a key column may not be empty",
                "write `required: true`",
            );
        }
    }
}

fn build_checks(raw: &RawDataset<'_>, found: &mut Findings) -> Vec<Check> {
    let mut seen = BTreeSet::new();
    let mut checks = Vec::new();
    for check in &raw.checks {
        let Some(columns) = role_columns(check, raw, found) else {
            continue;
        };
        let rule = check.rule.value;
        if !seen.insert((rule, columns.clone())) {
            check.rule.spot.key_problem(
                found,
                format!("the check {} stands twice", rule.as_str()),
                "keep one of the two",
            );
        }
        checks.push(Check { rule, columns });
    }
    checks
}

/// The column of each role, with the format that the role needs.
fn role_columns(
    check: &RawCheck<'_>,
    dataset: &RawDataset<'_>,
    found: &mut Findings,
) -> Option<BTreeMap<&'static str, usize>> {
    let fields = dataset.fields.as_deref()?;
    let mut columns = BTreeMap::new();
    for role in check.rule.value.roles() {
        let named = check.columns.iter().find(|(name, _)| name == role);
        let position = match named {
            Some((_, word)) => position(word, false, dataset, found),
            None => default_column(role, check, dataset, found),
        };
        let Some(position) = position else { continue };
        let kind = fields.get(position).and_then(|f| f.kind.as_ref());
        if let Some(kind) = kind.filter(|kind| !fits(role, kind)) {
            let spot = named.map_or(&check.rule.spot, |(_, word)| &word.spot);
            spot.problem(
                found,
                format!(
                    "{} reads {role} from a column of another format ({})",
                    check.rule.value.as_str(),
                    kind.as_str()
                ),
                format!("name a column with `kind: {}`", wanted_kind(role)),
            );
            continue;
        }
        columns.insert(*role, position);
    }
    (columns.len() == check.rule.value.roles().len()).then_some(columns)
}

/// The column named as the role.
fn default_column(
    role: &str,
    check: &RawCheck<'_>,
    dataset: &RawDataset<'_>,
    found: &mut Findings,
) -> Option<usize> {
    let fields = dataset.fields.as_deref()?;
    let position = fields.iter().position(|f| f.name.value == role);
    if position.is_none() {
        let rule = check.rule.value.as_str();
        check.rule.spot.problem(
            found,
            format!(
                "{rule} needs {role}, and {} has no such column",
                dataset.id.value
            ),
            format!("write `- {rule}: {{ {role}: COLUMN }}`, or remove the check"),
        );
    }
    position
}

fn wanted_kind(role: &str) -> &'static str {
    match role {
        "nip" => "nip",
        "nik" => "nik",
        "tanggal_lahir" | "tmt_golongan" => "date",
        "jenis_kelamin" => "sex",
        "tahun" => "integer",
        _ => "choice",
    }
}

fn fits(role: &str, kind: &FieldKind) -> bool {
    kind.as_str() == wanted_kind(role)
}
