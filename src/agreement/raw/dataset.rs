//! Datasets as they are written: columns with their formats, and checks.

use crate::agreement::document::problem::Findings;
use crate::agreement::document::reader::{Located, Section, Spot, Word, instead, quoted};
use crate::agreement::{DatasetId, FieldKind, PartyId, Rule, Schedule};

/// Longest value that a column may allow, in characters.
const LONGEST_VALUE: usize = 10_000;

/// One dataset.
#[derive(Debug)]
pub struct RawDataset<'d> {
    /// Its name, at its key in the file.
    pub id: Located<'d, DatasetId>,
    /// Who supplies it.
    pub party: Option<Located<'d, PartyId>>,
    /// Names of the key columns.
    pub key: Option<Located<'d, Vec<Word<'d>>>>,
    /// A column whose value should not stand under two keys.
    pub unique: Option<Word<'d>>,
    /// The declared separator.
    pub separator: Option<u8>,
    /// When it is expected.
    pub expect: Option<Schedule>,
    /// The columns; `None` where they cannot be read, so that nobody asks for one in vain.
    pub fields: Option<Vec<RawField<'d>>>,
    /// Checks over several columns or rows.
    pub checks: Vec<RawCheck<'d>>,
}

/// One column.
#[derive(Debug)]
pub struct RawField<'d> {
    /// Its name, at its key in the file.
    pub name: Word<'d>,
    /// Its format; `None` where it was wrong.
    pub kind: Option<FieldKind>,
    /// When a value must be there.
    pub required: RawRequired<'d>,
}

/// When a value must be present.
#[derive(Debug)]
pub enum RawRequired<'d> {
    /// `false`, or nothing written.
    No,
    /// `true`.
    Yes,
    /// `{ jenis_data: PNS }`.
    When {
        /// The other column, at its key.
        column: Word<'d>,
        /// Its value.
        equals: &'d str,
    },
}

/// One check.
#[derive(Debug)]
pub struct RawCheck<'d> {
    /// The rule.
    pub rule: Located<'d, Rule>,
    /// Columns that fill a role and are not named as the role.
    pub columns: Vec<(&'d str, Word<'d>)>,
}

const KEYS: &[&str] = &[
    "party",
    "expect",
    "key",
    "unique",
    "separator",
    "fields",
    "checks",
];

const FIELD_KEYS: &[&str] = &["kind", "required", "max", "min", "values"];

/// Kinds and the keys each needs beside `kind`.
const KINDS: &[(&str, &[&str])] = &[
    ("nip", &[]),
    ("nik", &[]),
    ("nomor_kartu", &[]),
    ("name", &["max"]),
    ("text", &["max"]),
    ("date", &[]),
    ("sex", &[]),
    ("golongan", &[]),
    ("integer", &["min", "max"]),
    ("choice", &["values"]),
    ("opaque", &["max"]),
];

/// The `datasets` section.
pub fn read_all<'d>(file: &Section<'d>, found: &mut Findings) -> Option<Vec<RawDataset<'d>>> {
    let entries = file
        .required("datasets", found)?
        .entries("datasets by name", found)?;
    let mut datasets = Vec::new();
    for (key, spot) in entries {
        match key.parse() {
            Ok(value) => {
                let id = Located {
                    value,
                    spot: spot.clone(),
                };
                datasets.push(read_dataset(id, found));
            }
            Err(rule) => spot.key_problem(
                found,
                format!("{} cannot name a dataset", quoted(key)),
                format!("{rule}"),
            ),
        }
    }
    Some(datasets)
}

fn read_dataset<'d>(id: Located<'d, DatasetId>, found: &mut Findings) -> RawDataset<'d> {
    let mut dataset = RawDataset {
        id,
        party: None,
        key: None,
        unique: None,
        separator: None,
        expect: None,
        fields: None,
        checks: Vec::new(),
    };
    let Some(section) = dataset.id.spot.section(KEYS, found) else {
        return dataset;
    };
    dataset.party = section
        .required("party", found)
        .and_then(|spot| spot.parsed("the id of a party", "bpjs", found));
    dataset.expect = section.optional("expect").and_then(|spot| {
        let schedule = spot.parsed("a schedule", "monthly by day 5", found)?;
        Some(schedule.value)
    });
    dataset.key = section.required("key", found).and_then(|spot| {
        let value = spot.words("a list of the key columns", found)?;
        if value.is_empty() {
            spot.problem(found, "there is no key column", "name at least one column");
            return None;
        }
        Some(Located { value, spot })
    });
    dataset.unique = section.optional("unique").and_then(|spot| {
        let value = spot.text("the name of a column", found)?;
        Some(Located { value, spot })
    });
    dataset.separator = section
        .optional("separator")
        .and_then(|spot| read_separator(&spot, found));
    dataset.fields = section
        .required("fields", found)
        .and_then(|spot| spot.entries("columns by name", found))
        .map(|entries| {
            entries
                .into_iter()
                .map(|(name, spot)| read_field(name, spot, found))
                .collect()
        });
    if let Some(spot) = section.optional("checks") {
        let items = spot.items("a list of checks", found).unwrap_or_default();
        dataset.checks = items
            .iter()
            .filter_map(|item| read_check(item, found))
            .collect();
    }
    dataset
}

fn read_separator(spot: &Spot<'_>, found: &mut Findings) -> Option<u8> {
    match spot.text("a separator", found)? {
        "," => Some(b','),
        ";" => Some(b';'),
        "|" => Some(b'|'),
        "tab" => Some(b'\t'),
        other => {
            spot.problem(
                found,
                format!("{} is no separator", quoted(other)),
                r#"write ",", ";", "|" or tab, or leave it out to detect it"#,
            );
            None
        }
    }
}

fn read_field<'d>(name: &'d str, spot: Spot<'d>, found: &mut Findings) -> RawField<'d> {
    if !is_column_name(name) {
        spot.key_problem(
            found,
            format!("{} cannot name a column", quoted(name)),
            "write 1 to 60 of a-z, 0-9 and _, beginning with a letter",
        );
    }
    let section = spot.section(FIELD_KEYS, found);
    let kind = section.as_ref().and_then(|s| read_kind(s, found));
    let required = section
        .as_ref()
        .and_then(|s| s.optional("required"))
        .and_then(|s| read_required(&s, found))
        .unwrap_or(RawRequired::No);
    RawField {
        name: Located { value: name, spot },
        kind,
        required,
    }
}

fn is_column_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=60).contains(&name.len())
        && name.bytes().all(allowed)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
}

fn read_kind(field: &Section<'_>, found: &mut Findings) -> Option<FieldKind> {
    let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    let spot = field.required("kind", found)?;
    let name = spot.text("the format of the column", found)?;
    let Some((_, wanted)) = KINDS.iter().find(|(kind, _)| *kind == name) else {
        spot.problem(
            found,
            format!("unknown format {}", quoted(name)),
            instead(name, &names),
        );
        return None;
    };
    for key in ["max", "min", "values"] {
        if let Some(spot) = field.optional(key).filter(|_| !wanted.contains(&key)) {
            spot.key_problem(
                found,
                format!("the format `{name}` has no `{key}`"),
                "remove it",
            );
        }
    }
    let max = |found: &mut Findings| {
        field
            .required("max", found)?
            .number(1..=LONGEST_VALUE, found)
    };
    match name {
        "nip" => Some(FieldKind::Nip),
        "nik" => Some(FieldKind::Nik),
        "nomor_kartu" => Some(FieldKind::NomorKartu),
        "date" => Some(FieldKind::Date),
        "sex" => Some(FieldKind::Sex),
        "golongan" => Some(FieldKind::Golongan),
        "name" => max(found).map(|max| FieldKind::Name { max }),
        "text" => max(found).map(|max| FieldKind::Text { max }),
        "opaque" => max(found).map(|max| FieldKind::Opaque { max }),
        "integer" => read_integer(field, found),
        _ => read_choice(field, found),
    }
}

fn read_integer(field: &Section<'_>, found: &mut Findings) -> Option<FieldKind> {
    let min = field
        .required("min", found)
        .and_then(|spot| spot.number(0..=u32::MAX, found));
    let spot = field.required("max", found)?;
    let max = spot.number(0..=u32::MAX, found)?;
    let min = min?;
    if min > max {
        spot.problem(
            found,
            format!("the largest value {max} is below the smallest, {min}"),
            format!("write {min} or more"),
        );
        return None;
    }
    Some(FieldKind::Integer { min, max })
}

fn read_choice(field: &Section<'_>, found: &mut Findings) -> Option<FieldKind> {
    let spot = field.required("values", found)?;
    let words = spot.words("a list of the allowed values", found)?;
    if words.is_empty() {
        spot.problem(found, "no value is allowed", "write at least one");
        return None;
    }
    for word in &words {
        let upper = word.value.to_uppercase();
        if upper != word.value {
            word.spot.problem(
                found,
                format!("{} is not in upper case", quoted(word.value)),
                format!("write {upper}: values are compared in upper case"),
            );
        }
    }
    let values = words.iter().map(|word| word.value.to_owned()).collect();
    Some(FieldKind::Choice(values))
}

fn read_required<'d>(spot: &Spot<'d>, found: &mut Findings) -> Option<RawRequired<'d>> {
    if !spot.is_section() {
        let required = spot.boolean(found)?;
        return Some(if required {
            RawRequired::Yes
        } else {
            RawRequired::No
        });
    }
    let entries = spot.entries("a condition", found)?;
    let [(column, value)] = entries.as_slice() else {
        spot.problem(
            found,
            "a condition is one column and its value",
            "write { column: VALUE }",
        );
        return None;
    };
    let equals = value.text("the value of that column", found)?;
    Some(RawRequired::When {
        column: Located {
            value: column,
            spot: value.clone(),
        },
        equals,
    })
}

/// `- masa_kerja` or `- masa_kerja: { tahun: masa_kerja_golongan_tahun }`.
fn read_check<'d>(item: &Spot<'d>, found: &mut Findings) -> Option<RawCheck<'d>> {
    if !item.is_section() {
        let name = item.text("the name of a check", found)?;
        let rule = find_rule(name, item, false, found)?;
        return Some(RawCheck {
            rule,
            columns: Vec::new(),
        });
    }
    let entries = item.entries("a check", found)?;
    let [(name, spot)] = entries.as_slice() else {
        item.problem(
            found,
            "a check is one name with its columns",
            "write each check after its own `- `",
        );
        return None;
    };
    let rule = find_rule(name, spot, true, found)?;
    let roles = rule.value.roles();
    spot.section(roles, found)?;
    let entries = spot.entries("columns by role", found)?;
    let columns = entries
        .into_iter()
        .filter(|(role, _)| roles.contains(role))
        .filter_map(|(role, spot)| {
            let value = spot.text("the name of a column", found)?;
            Some((role, Located { value, spot }))
        })
        .collect();
    Some(RawCheck { rule, columns })
}

fn find_rule<'d>(
    name: &str,
    spot: &Spot<'d>,
    at_key: bool,
    found: &mut Findings,
) -> Option<Located<'d, Rule>> {
    if let Ok(value) = name.parse() {
        return Some(Located {
            value,
            spot: spot.clone(),
        });
    }
    let what = format!("there is no check {}", quoted(name));
    let remedy = instead(name, &Rule::names());
    if at_key {
        spot.key_problem(found, what, remedy);
    } else {
        spot.problem(found, what, remedy);
    }
    None
}

impl FieldKind {
    /// Its name in the agreement file.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Nip => "nip",
            Self::Nik => "nik",
            Self::NomorKartu => "nomor_kartu",
            Self::Name { .. } => "name",
            Self::Text { .. } => "text",
            Self::Date => "date",
            Self::Sex => "sex",
            Self::Golongan => "golongan",
            Self::Integer { .. } => "integer",
            Self::Choice(_) => "choice",
            Self::Opaque { .. } => "opaque",
        }
    }
}
