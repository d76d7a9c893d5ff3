//! Is a family possible: spouses and children of one person.

use jiff::civil::Date;

use crate::agreement::{Dataset, Row, Rule, Thresholds};

use super::Finding;
use super::code::CheckCode;
use super::dates::age;
use super::rules::Seen;
use super::sex::Sex;

/// Applies the rules over the rows of one group: `rows` are all accepted rows with the same first key column, sorted
/// by key. Appends findings with the row's index; never refuses.
///
/// More than one spouse is found at each of them, since none is known to be the right one. More eligible children
/// than the threshold are found at the surplus ones, in the order of the key.
pub fn check_group(
    dataset: &Dataset,
    thresholds: &Thresholds,
    as_of: Date,
    rows: &[Row],
    findings: &mut Vec<(usize, Finding)>,
) {
    for check in &dataset.checks {
        let members = rows
            .iter()
            .enumerate()
            .map(|(index, row)| (index, Seen { check, row }));
        match check.rule {
            Rule::SatuPasangan => one_spouse(members, findings),
            Rule::Anak => children(members, thresholds, as_of, findings),
            _ => {}
        }
    }
}

/// At most one spouse.
fn one_spouse<'a>(
    members: impl Iterator<Item = (usize, Seen<'a>)> + Clone,
    findings: &mut Vec<(usize, Finding)>,
) {
    let spouses = members.filter(|(_, seen)| spouse(*seen).is_some());
    if spouses.clone().count() > 1 {
        let code = CheckCode::PasanganLebihDariSatu;
        findings.extend(spouses.map(|(index, seen)| (index, seen.at("hubungan", code))));
    }
}

/// Age and number of children. A child without a usable birth date counts as eligible.
fn children<'a>(
    members: impl Iterator<Item = (usize, Seen<'a>)>,
    thresholds: &Thresholds,
    as_of: Date,
    findings: &mut Vec<(usize, Finding)>,
) {
    let [school, last] = thresholds.child_ages.map(i64::from);
    let mut eligible = 0;
    for (index, seen) in members.filter(|(_, seen)| seen.text("hubungan") == "ANAK") {
        let mut report = |role, code| findings.push((index, seen.at(role, code)));
        let age = seen
            .date("tanggal_lahir")
            .map_or(0, |birth| i64::from(age(birth, as_of)));
        if age >= last {
            report("tanggal_lahir", CheckCode::AnakLewatUsia);
            continue;
        }
        if age >= school {
            report("tanggal_lahir", CheckCode::AnakBuktiSekolah);
        }
        eligible += 1;
        if eligible > thresholds.children_max {
            report("hubungan", CheckCode::AnakTerlaluBanyak);
        }
    }
}

/// A husband who is not male, or a wife who is not female.
pub(super) fn spouse_sex(seen: Seen<'_>) -> Option<Finding> {
    let differs = spouse(seen)? != seen.sex()?;
    differs.then(|| seen.at("hubungan", CheckCode::PasanganJenisKelamin))
}

/// The sex that the relation to the employee tells; `None` for a child.
fn spouse(seen: Seen<'_>) -> Option<Sex> {
    match seen.text("hubungan") {
        "SUAMI" => Some(Sex::L),
        "ISTRI" => Some(Sex::P),
        _ => None,
    }
}
