//! Name rules, thresholds and reminders: they refer to nothing else in the file, so they are whole already here.

use std::collections::{BTreeMap, BTreeSet};

use crate::agreement::document::problem::Findings;
use crate::agreement::document::reader::{Section, Spot, quoted};
use crate::agreement::{NameRules, Reminders, Thresholds};

use super::Period;

/// The `names` section.
pub fn read_names(file: &Section<'_>, found: &mut Findings) -> Option<NameRules> {
    let section = file.required("names", found)?.section(
        &[
            "titles",
            "expansions",
            "first_word_expansions",
            "similar_permille",
        ],
        found,
    )?;
    let titles = section
        .required("titles", found)
        .and_then(|spot| spot.words("a list of titles", found))
        .map(|words| {
            for word in &words {
                check_name_word(word.value, &word.spot, false, found);
            }
            words.iter().map(|word| word.value.to_owned()).collect()
        });
    let expansions = read_expansions(&section, "expansions", found);
    let first_word_expansions = read_expansions(&section, "first_word_expansions", found);
    let similar = section
        .required("similar_permille", found)
        .and_then(|spot| spot.number(500..=1000, found));
    Some(NameRules {
        titles: titles?,
        expansions: expansions?,
        first_word_expansions: first_word_expansions?,
        similar_permille: similar?,
    })
}

fn read_expansions(
    section: &Section<'_>,
    key: &str,
    found: &mut Findings,
) -> Option<BTreeMap<String, String>> {
    let entries = section
        .required(key, found)?
        .entries("abbreviations, each as `MUH: MUHAMMAD`", found)?;
    let mut expansions = BTreeMap::new();
    for (short, spot) in entries {
        let Some(long) = spot.text("the full word", found) else {
            continue;
        };
        check_name_word(short, &spot, true, found);
        check_name_word(long, &spot, false, found);
        expansions.insert(short.to_owned(), long.to_owned());
    }
    Some(expansions)
}

/// Names are compared in upper case without dots, so any other word would never match.
fn check_name_word(word: &str, spot: &Spot<'_>, at_key: bool, found: &mut Findings) {
    if word.chars().all(|c| c.is_alphabetic() && !c.is_lowercase()) {
        return;
    }
    let what = format!("{} would never match a name", quoted(word));
    let letters: String = word.chars().filter(|c| c.is_alphabetic()).collect();
    let remedy = format!(
        "write {}: one word, upper case, no dots",
        letters.to_uppercase()
    );
    if at_key {
        spot.key_problem(found, what, remedy);
    } else {
        spot.problem(found, what, remedy);
    }
}

/// The `calendar` section, which may be left out.
pub fn read_calendar(file: &Section<'_>, found: &mut Findings) -> Option<Reminders> {
    let section = file
        .optional("calendar")?
        .section(&["remind_every", "reminders"], found)?;
    let every = section
        .required("remind_every", found)
        .and_then(|spot| spot.parsed::<Period>("a period", "7 days", found));
    let most = section
        .required("reminders", found)
        .and_then(|spot| spot.number(1..=100, found));
    Some(Reminders {
        every: every?.value.0,
        most: most?,
    })
}

const THRESHOLDS: &[&str] = &[
    "refused_percent",
    "service_years_max",
    "service_from_age",
    "cpns_age_error",
    "cpns_age_usual",
    "cpns_years_max",
    "retirement_ages",
    "children_max",
    "child_ages",
    "nik_provinces",
];

/// The `thresholds` section.
pub fn read_thresholds(file: &Section<'_>, found: &mut Findings) -> Option<Thresholds> {
    let section = file
        .required("thresholds", found)?
        .section(THRESHOLDS, found)?;
    let mut years = |key: &str| section.required(key, found)?.number(0..=150, found);
    let service_years_max = years("service_years_max");
    let service_from_age = years("service_from_age");
    let cpns_age_error = years("cpns_age_error");
    let cpns_years_max = years("cpns_years_max");
    let children_max = years("children_max");
    let refused_percent = section
        .required("refused_percent", found)
        .and_then(|spot| spot.number(0..=100, found));
    let usual = ascending::<2>(&section, "cpns_age_usual", found);
    if let (Some(error), Some([low, _])) = (cpns_age_error, usual)
        && error > low
        && let Some(spot) = section.optional("cpns_age_error")
    {
        spot.problem(
            found,
            format!("the age {error} of an error lies above the usual age {low}"),
            format!("write {low} or less"),
        );
    }
    let retirement_ages = ascending::<3>(&section, "retirement_ages", found);
    let child_ages = ascending::<2>(&section, "child_ages", found);
    let nik_provinces = read_provinces(&section, found);
    Some(Thresholds {
        refused_percent: refused_percent?,
        service_years_max: service_years_max?,
        service_from_age: service_from_age?,
        cpns_age_error: cpns_age_error?,
        cpns_age_usual: usual?,
        cpns_years_max: cpns_years_max?,
        retirement_ages: retirement_ages?,
        children_max: children_max?,
        child_ages: child_ages?,
        nik_provinces: nik_provinces?,
    })
}

/// Ages, each above the one before.
fn ascending<const N: usize>(
    section: &Section<'_>,
    key: &str,
    found: &mut Findings,
) -> Option<[u32; N]> {
    let spot = section.required(key, found)?;
    let items = spot.items(&format!("a list of {N} ages"), found)?;
    let read: Vec<Option<u32>> = items
        .iter()
        .map(|item| item.number(0..=150, found))
        .collect();
    let ages: Vec<u32> = read.into_iter().collect::<Option<_>>()?;
    let count = ages.len();
    let Ok(ages) = <[u32; N]>::try_from(ages) else {
        spot.problem(
            found,
            format!("expected {N} ages, found {count}"),
            format!("write {N} ages, each above the one before"),
        );
        return None;
    };
    if !ages.is_sorted_by(|a, b| a < b) {
        let mut sorted = ages;
        sorted.sort_unstable();
        spot.problem(
            found,
            format!("{ages:?} do not rise"),
            format!("write {sorted:?}, each above the one before"),
        );
        return None;
    }
    Some(ages)
}

fn read_provinces(section: &Section<'_>, found: &mut Findings) -> Option<BTreeSet<u8>> {
    let spot = section.required("nik_provinces", found)?;
    let items = spot.items("a list of two-digit numbers", found)?;
    if items.is_empty() {
        spot.problem(found, "no province is given", "write [11, 12, …]");
    }
    let mut provinces = BTreeSet::new();
    for item in items {
        let Some(number) = item.number(10..=99, found) else {
            continue;
        };
        if !provinces.insert(number) {
            let what = format!("{number} stands twice");
            item.problem(found, what, "keep one of the two");
        }
    }
    Some(provinces)
}
