//! Who receives what, who is right, what a change means and what is compared, as they are written.

use crate::agreement::ChangeClass;
use crate::agreement::ReconciliationId;
use crate::agreement::document::problem::Findings;
use crate::agreement::document::reader::{Located, Section, Spot, Word, instead, quoted};

/// What one party may receive of one dataset.
#[derive(Debug)]
pub struct RawEntitlement<'d> {
    /// The reader, at its key.
    pub party: Word<'d>,
    /// The dataset, at its key.
    pub dataset: Word<'d>,
    /// The columns.
    pub columns: RawColumns<'d>,
}

/// Columns of a dataset.
#[derive(Debug)]
pub enum RawColumns<'d> {
    /// `all` or `shared`.
    All,
    /// A list.
    Listed(Vec<Word<'d>>),
}

/// Columns with one reference.
#[derive(Debug)]
pub struct RawGroup<'d> {
    /// Who is right about them.
    pub authority: RawAuthority<'d>,
    /// The columns.
    pub columns: Vec<Word<'d>>,
}

/// A reference and what follows.
#[derive(Debug, Clone)]
pub struct RawAuthority<'d> {
    /// A party, a registry or `none`.
    pub reference: Word<'d>,
    /// `tindakan`.
    pub action: Word<'d>,
}

/// Classes of changes.
#[derive(Debug, Default)]
pub struct RawChanges<'d> {
    /// Class of a record that appears or disappears.
    pub presence: Option<ChangeClass>,
    /// Columns of each class.
    pub columns: Vec<(ChangeClass, Vec<Word<'d>>)>,
}

/// One comparison.
#[derive(Debug)]
pub struct RawReconciliation<'d> {
    /// Its name, at its key.
    pub id: Located<'d, ReconciliationId>,
    /// The two datasets.
    pub between: Option<[Word<'d>; 2]>,
    /// Key columns.
    pub key: Option<Located<'d, Vec<Word<'d>>>>,
    /// Second matching.
    pub also_by: Option<Word<'d>>,
    /// Columns to compare; `All` is every shared one.
    pub compare: Option<Located<'d, RawColumns<'d>>>,
    /// The birth date, for names.
    pub birth_date: Option<Word<'d>>,
    /// Who is right about a record that only one side has.
    pub presence: Option<RawAuthority<'d>>,
    /// Readers told a differing column's name.
    pub names_disclosed_to: Vec<Word<'d>>,
    /// How likely pairs are found.
    pub candidates: Option<RawCandidates<'d>>,
}

/// How likely pairs are found among the records that met nobody.
#[derive(Debug)]
pub struct RawCandidates<'d> {
    /// The columns that are compared.
    pub fields: Located<'d, Vec<Word<'d>>>,
    /// Least probability of a pair, in percent.
    pub least_percent: Option<u8>,
    /// How many times less likely a rival may be that makes a pair ambiguous.
    pub ambiguous_ratio: Option<u32>,
}

/// Whose files must be encrypted to post-quantum recipients.
#[derive(Debug, Default)]
pub enum RawPostquantum<'d> {
    /// Nobody's.
    #[default]
    Allowed,
    /// Every party's.
    Required,
    /// Said for each party, at its key.
    Each(Vec<(Word<'d>, bool)>),
}

/// The `postquantum` key: one word for both parties, or one for each.
pub fn read_postquantum<'d>(file: &Section<'d>, found: &mut Findings) -> RawPostquantum<'d> {
    let Some(spot) = file.optional("postquantum") else {
        return RawPostquantum::Allowed;
    };
    if !spot.is_section() {
        return match read_demand(&spot, found) {
            Some(true) => RawPostquantum::Required,
            Some(false) | None => RawPostquantum::Allowed,
        };
    }
    let parties = spot.entries("required or allowed by party", found);
    let parties = parties.unwrap_or_default().into_iter();
    RawPostquantum::Each(
        parties
            .filter_map(|(value, spot)| {
                let demand = read_demand(&spot, found)?;
                Some((Located { value, spot }, demand))
            })
            .collect(),
    )
}

fn read_demand(spot: &Spot<'_>, found: &mut Findings) -> Option<bool> {
    match spot.text("required or allowed", found)? {
        "required" => Some(true),
        "allowed" => Some(false),
        other => {
            let what = format!("{} is neither required nor allowed", quoted(other));
            spot.problem(found, what, instead(other, &["required", "allowed"]));
            None
        }
    }
}

/// The `entitlement` section.
pub fn read_entitlement<'d>(file: &Section<'d>, found: &mut Findings) -> Vec<RawEntitlement<'d>> {
    let mut entitlement = Vec::new();
    let spot = file.required("entitlement", found);
    let parties = spot.and_then(|spot| spot.entries("datasets by reader", found));
    for (party, spot) in parties.unwrap_or_default() {
        let party = Located { value: party, spot };
        let datasets = party.spot.entries("columns by dataset", found);
        for (dataset, spot) in datasets.unwrap_or_default() {
            let Some(columns) = read_columns(&spot, "all", found) else {
                continue;
            };
            entitlement.push(RawEntitlement {
                party: party.clone(),
                dataset: Located {
                    value: dataset,
                    spot,
                },
                columns,
            });
        }
    }
    entitlement
}

/// The `authority` section: groups of columns with one reference.
pub fn read_authority<'d>(file: &Section<'d>, found: &mut Findings) -> Vec<RawGroup<'d>> {
    let spot = file.required("authority", found);
    let items = spot.and_then(|spot| spot.items("a list of groups of columns", found));
    let items = items.unwrap_or_default();
    let groups = items.iter().filter_map(|item| read_group(item, found));
    groups.collect()
}

fn read_group<'d>(item: &Spot<'d>, found: &mut Findings) -> Option<RawGroup<'d>> {
    let section = item.section(&["reference", "action", "columns"], found)?;
    let authority = read_reference(&section, found);
    let columns = section
        .required("columns", found)
        .and_then(|spot| spot.words("a list of columns", found));
    Some(RawGroup {
        authority: authority?,
        columns: columns?,
    })
}

/// The `changes` section.
pub fn read_changes<'d>(file: &Section<'d>, found: &mut Findings) -> RawChanges<'d> {
    let classes = [
        ChangeClass::Identitas,
        ChangeClass::Finansial,
        ChangeClass::Nonfinansial,
    ];
    let names = classes.map(ChangeClass::as_str);
    let known = ["presence", names[0], names[1], names[2]];
    let spot = file.required("changes", found);
    let Some(section) = spot.and_then(|spot| spot.section(&known, found)) else {
        return RawChanges::default();
    };
    let presence = section.required("presence", found).and_then(|spot| {
        let name = spot.text("a class of change", found)?;
        let class = classes.into_iter().find(|class| class.as_str() == name);
        if class.is_none() {
            spot.problem(
                found,
                format!("there is no class {}", quoted(name)),
                instead(name, &names),
            );
        }
        class
    });
    let columns = classes
        .into_iter()
        .filter_map(|class| {
            let spot = section.optional(class.as_str())?;
            Some((class, spot.words("a list of columns", found)?))
        })
        .collect();
    RawChanges { presence, columns }
}

const RECONCILIATION_KEYS: &[&str] = &[
    "between",
    "key",
    "also_by",
    "compare",
    "birth_date",
    "presence",
    "names_disclosed_to",
    "candidates",
];

/// The `reconciliations` section.
pub fn read_reconciliations<'d>(
    file: &Section<'d>,
    found: &mut Findings,
) -> Vec<RawReconciliation<'d>> {
    let mut list = Vec::new();
    let spot = file.required("reconciliations", found);
    let entries = spot.and_then(|spot| spot.entries("reconciliations by name", found));
    for (key, spot) in entries.unwrap_or_default() {
        match key.parse() {
            Ok(value) => list.extend(read_reconciliation(Located { value, spot }, found)),
            Err(rule) => spot.key_problem(
                found,
                format!("{} cannot name a reconciliation", quoted(key)),
                format!("{rule}"),
            ),
        }
    }
    list
}

fn read_reconciliation<'d>(
    id: Located<'d, ReconciliationId>,
    found: &mut Findings,
) -> Option<RawReconciliation<'d>> {
    let section = id.spot.section(RECONCILIATION_KEYS, found)?;
    let column = |key: &str, found: &mut Findings| {
        let spot = section.optional(key)?;
        let value = spot.text("the name of a column", found)?;
        Some(Located { value, spot })
    };
    let between = section
        .required("between", found)
        .and_then(|spot| read_pair(&spot, found));
    let key = section.required("key", found).and_then(|spot| {
        let value = spot.words("a list of the key columns", found)?;
        Some(Located { value, spot })
    });
    let also_by = column("also_by", found);
    let compare = section.required("compare", found).and_then(|spot| {
        let value = read_columns(&spot, "shared", found)?;
        Some(Located { value, spot })
    });
    let birth_date = column("birth_date", found);
    let presence = section
        .required("presence", found)
        .and_then(|spot| spot.section(&["reference", "action"], found))
        .and_then(|section| read_reference(&section, found));
    let names_disclosed_to = section
        .optional("names_disclosed_to")
        .and_then(|spot| spot.words("a list of parties", found))
        .unwrap_or_default();
    let candidates = section
        .optional("candidates")
        .and_then(|spot| read_candidates(&spot, found));
    Some(RawReconciliation {
        id,
        between,
        key,
        also_by,
        compare,
        birth_date,
        presence,
        names_disclosed_to,
        candidates,
    })
}

fn read_candidates<'d>(spot: &Spot<'d>, found: &mut Findings) -> Option<RawCandidates<'d>> {
    let section = spot.section(&["fields", "least_percent", "ambiguous_ratio"], found)?;
    let fields = section.required("fields", found).and_then(|spot| {
        let value = spot.words("a list of columns", found)?;
        Some(Located { value, spot })
    });
    let least_percent = section
        .optional("least_percent")
        .and_then(|spot| spot.number(1..=99, found));
    let ambiguous_ratio = section
        .optional("ambiguous_ratio")
        .and_then(|spot| spot.number(1..=1_000_000, found));
    Some(RawCandidates {
        fields: fields?,
        least_percent,
        ambiguous_ratio,
    })
}

fn read_pair<'d>(spot: &Spot<'d>, found: &mut Findings) -> Option<[Word<'d>; 2]> {
    let count = spot.items("a list of two datasets", found)?.len();
    let words = spot.words("a list of two datasets", found)?;
    if count != 2 {
        spot.problem(
            found,
            format!("a reconciliation is between two datasets, not {count}"),
            "name one dataset of each party, as [pns, peserta_pns]",
        );
    }
    words.try_into().ok()
}

fn read_reference<'d>(section: &Section<'d>, found: &mut Findings) -> Option<RawAuthority<'d>> {
    let mut word = |key: &str, expected: &str| {
        let spot = section.required(key, found)?;
        let value = spot.text(expected, found)?;
        Some(Located { value, spot })
    };
    let reference = word("reference", "a party, a registry or none");
    let action = word("action", "a word for what has to be done");
    Some(RawAuthority {
        reference: reference?,
        action: action?,
    })
}

/// A list of columns, or one word for all of them.
fn read_columns<'d>(
    spot: &Spot<'d>,
    everything: &str,
    found: &mut Findings,
) -> Option<RawColumns<'d>> {
    if spot.is_list() {
        return spot
            .words("a list of columns", found)
            .map(RawColumns::Listed);
    }
    let text = spot.text(&format!("a list of columns, or `{everything}`"), found)?;
    if text == everything {
        return Some(RawColumns::All);
    }
    spot.problem(
        found,
        format!(
            "expected a list of columns or `{everything}`, found {}",
            quoted(text)
        ),
        format!("write [{text}] or {everything}"),
    );
    None
}
