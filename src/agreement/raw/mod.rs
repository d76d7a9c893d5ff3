//! The agreement file as it is written: types, formats and unknown keys are checked here, and nothing that
//! needs a second place of the file. [`super::build`] does that.

pub mod dataset;
pub mod exchange;
mod minutes;
pub mod tuning;

use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::document::problem::Findings;
use super::document::reader::{Located, Section, Spot, quoted};
use super::{Minutes, NameRules, PartyId, Reminders, Thresholds};
use dataset::RawDataset;
use exchange::{RawChanges, RawEntitlement, RawGroup, RawPostquantum, RawReconciliation};

/// Everything the file says; a part that is missing or unreadable is `None` or left out, and noted.
#[derive(Debug)]
pub struct RawAgreement<'d> {
    /// The numbers under which the parties filed it.
    pub numbers: Vec<String>,
    /// Ids and full names in the order of the file; `None` where one cannot be read.
    pub parties: Option<Vec<(PartyId, String)>>,
    /// First day in force.
    pub signed: Option<Located<'d, Date>>,
    /// How long it is in force.
    pub term: Option<Located<'d, Period>>,
    /// Last day in force, where it was extended.
    pub extended_until: Option<Located<'d, Date>>,
    /// Whose files must be encrypted post-quantum.
    pub postquantum: RawPostquantum<'d>,
    /// How long before the end the operator is warned.
    pub notice: Option<Located<'d, Period>>,
    /// `None` where the section cannot be read.
    pub datasets: Option<Vec<RawDataset<'d>>>,
    /// Columns by reader and dataset.
    pub entitlement: Vec<RawEntitlement<'d>>,
    /// Outside registries that may be a reference.
    pub registries: Vec<String>,
    /// Who is right, per column.
    pub authority: Vec<RawGroup<'d>>,
    /// Classes of changes.
    pub changes: RawChanges<'d>,
    /// Comparison of names.
    pub names: Option<NameRules>,
    /// Which datasets are compared.
    pub reconciliations: Vec<RawReconciliation<'d>>,
    /// Thresholds of the checks.
    pub thresholds: Option<Thresholds>,
    /// The parties' words for their minutes.
    pub minutes: Minutes,
    /// Whether a party that is late is told again.
    pub reminders: Option<Reminders>,
}

const KEYS: &[&str] = &[
    "numbers",
    "parties",
    "signed",
    "term",
    "extended_until",
    "notice",
    "postquantum",
    "datasets",
    "entitlement",
    "registries",
    "authority",
    "changes",
    "names",
    "reconciliations",
    "minutes",
    "thresholds",
    "calendar",
];

/// Reads the whole document; `None` where it holds no section at all.
pub fn read<'d>(root: &Spot<'d>, found: &mut Findings) -> Option<RawAgreement<'d>> {
    let file = root.section(KEYS, found)?;
    let date = |key: &Spot<'d>, found: &mut Findings| {
        let day = key.parsed::<Day>("a date", "YYYY-MM-DD, as 2016-10-10", found)?;
        Some(Located {
            value: day.value.0,
            spot: day.spot,
        })
    };
    let period = |key: &Spot<'d>, found: &mut Findings| {
        key.parsed::<Period>("a period", "5 years, 3 months or 90 days", found)
    };
    Some(RawAgreement {
        numbers: read_numbers(&file, found),
        parties: read_parties(&file, found),
        signed: file.required("signed", found).and_then(|s| date(&s, found)),
        term: file.required("term", found).and_then(|s| period(&s, found)),
        extended_until: file
            .optional("extended_until")
            .and_then(|s| date(&s, found)),
        notice: file
            .required("notice", found)
            .and_then(|s| period(&s, found)),
        postquantum: exchange::read_postquantum(&file, found),
        datasets: dataset::read_all(&file, found),
        entitlement: exchange::read_entitlement(&file, found),
        registries: read_registries(&file, found),
        authority: exchange::read_authority(&file, found),
        changes: exchange::read_changes(&file, found),
        names: tuning::read_names(&file, found),
        reconciliations: exchange::read_reconciliations(&file, found),
        minutes: minutes::read(&file, found),
        thresholds: tuning::read_thresholds(&file, found),
        reminders: tuning::read_calendar(&file, found),
    })
}

/// A day as `YYYY-MM-DD`; jiff alone would also take other forms of ISO 8601.
struct Day(Date);

/// Why a text is no [`Day`].
#[derive(Debug, thiserror::Error)]
#[error("another form, or no such day")]
struct BadDay;

impl FromStr for Day {
    type Err = BadDay;

    fn from_str(text: &str) -> Result<Self, BadDay> {
        let date: Date = text.parse().map_err(|_| BadDay)?;
        (date.to_string() == text)
            .then_some(Self(date))
            .ok_or(BadDay)
    }
}

/// A calendar period, as `5 years`; not a number of seconds, for a month is not one.
#[derive(Debug, Clone, Copy)]
pub struct Period(pub Span);

/// Why a text is no [`Period`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number from 1 to 1000 and years, months or days")]
pub struct BadPeriod;

impl FromStr for Period {
    type Err = BadPeriod;

    fn from_str(text: &str) -> Result<Self, BadPeriod> {
        let (number, unit) = text.split_once(' ').ok_or(BadPeriod)?;
        let number: i32 = number.parse().map_err(|_| BadPeriod)?;
        if !(1..=1000).contains(&number) {
            return Err(BadPeriod);
        }
        match unit {
            "year" | "years" => Ok(Self(number.years())),
            "month" | "months" => Ok(Self(number.months())),
            "day" | "days" => Ok(Self(number.days())),
            _ => Err(BadPeriod),
        }
    }
}

fn read_numbers(file: &Section<'_>, found: &mut Findings) -> Vec<String> {
    let Some(spot) = file.required("numbers", found) else {
        return Vec::new();
    };
    let words = spot.words("a list of the agreement's numbers", found);
    if words.as_ref().is_some_and(Vec::is_empty) {
        spot.problem(found, "no number is given", "write at least one");
    }
    let words = words.unwrap_or_default();
    words.iter().map(|word| word.value.to_owned()).collect()
}

fn read_parties(file: &Section<'_>, found: &mut Findings) -> Option<Vec<(PartyId, String)>> {
    let section = file.required("parties", found)?;
    let entries = section.entries("two parties, each as `id: full name`", found)?;
    let count = entries.len();
    if count != 2 {
        section.key_problem(
            found,
            format!("an agreement has exactly two parties, not {count}"),
            "name Pihak Pertama and Pihak Kedua, one `id: full name` each",
        );
    }
    let mut parties = Vec::new();
    for (key, spot) in entries {
        let name = spot.text("the party's full name", found).unwrap_or(key);
        match key.parse() {
            Ok(id) => parties.push((id, name.to_owned())),
            Err(rule) => spot.key_problem(
                found,
                format!("{} cannot name a party", quoted(key)),
                format!("{rule}"),
            ),
        }
    }
    (parties.len() == count).then_some(parties)
}

/// Names of outside registries, in upper case as in `acuan`.
fn read_registries(file: &Section<'_>, found: &mut Findings) -> Vec<String> {
    let Some(spot) = file.optional("registries") else {
        return Vec::new();
    };
    let entries = spot.entries("registries, each as `id: full name`", found);
    let mut names = Vec::new();
    for (key, spot) in entries.unwrap_or_default() {
        spot.text("the registry's full name", found);
        match key.parse::<PartyId>() {
            Ok(id) => names.push(id.upper()),
            Err(rule) => spot.key_problem(
                found,
                format!("{} cannot name a registry", quoted(key)),
                format!("{rule}"),
            ),
        }
    }
    names
}
