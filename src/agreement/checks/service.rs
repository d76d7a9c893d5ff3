//! Is a career possible: grade, years of service, age at its start and at its end.

use jiff::civil::Date;

use crate::agreement::Thresholds;

use super::Finding;
use super::code::CheckCode;
use super::dates::{age, more_than_years};
use super::rules::Seen;

/// The day on which the grade took effect: not before the CPNS month, on the 1st, not after the day of the data.
pub(super) fn grade(seen: Seen<'_>, as_of: Date, findings: &mut Vec<Finding>) {
    const ROLE: &str = "tmt_golongan";
    let Some(effective) = seen.date(ROLE) else {
        return;
    };
    if seen.nip().is_some_and(|nip| effective < nip.start) {
        findings.push(seen.at(ROLE, CheckCode::TmtSebelumCpns));
    }
    if effective.day() != 1 {
        findings.push(seen.at(ROLE, CheckCode::TmtBukanAwalBulan));
    }
    if effective > as_of {
        findings.push(seen.at(ROLE, CheckCode::TmtMasaDepan));
    }
}

/// Years of service: not over the threshold, and not more than the person has been of age.
pub(super) fn years(seen: Seen<'_>, thresholds: &Thresholds, as_of: Date) -> Option<Finding> {
    let years: u32 = seen.text("tahun").parse().ok()?;
    let too_long = years > thresholds.service_years_max;
    let too_young = seen.date("tanggal_lahir").is_some_and(|birth| {
        i64::from(years) > i64::from(age(birth, as_of)) - i64::from(thresholds.service_from_age)
    });
    (too_long || too_young).then(|| seen.at("tahun", CheckCode::MasaKerjaTidakWajar))
}

/// Age on the first day of the CPNS month, both by the NIP.
pub(super) fn age_at_start(seen: Seen<'_>, thresholds: &Thresholds) -> Option<Finding> {
    let nip = seen.nip()?;
    let age = i64::from(age(nip.birth, nip.start));
    let [youngest, oldest] = thresholds.cpns_age_usual.map(i64::from);
    if age < i64::from(thresholds.cpns_age_error) {
        Some(seen.at("nip", CheckCode::UsiaCpnsMustahil))
    } else if (youngest..=oldest).contains(&age) {
        None
    } else {
        Some(seen.at("nip", CheckCode::UsiaCpnsTidakLazim))
    }
}

/// Still CPNS long after the start.
pub(super) fn probation(seen: Seen<'_>, thresholds: &Thresholds, as_of: Date) -> Option<Finding> {
    const ROLE: &str = "status_pegawai";
    let start = seen.nip()?.start;
    let late =
        seen.text(ROLE) == "CPNS" && more_than_years(start, thresholds.cpns_years_max, as_of);
    late.then(|| seen.at(ROLE, CheckCode::CpnsTerlaluLama))
}

/// Active and older than the retirement ages; the birthday itself is not older. Words of `jenis_data` that begin
/// with `PENSIUN` are not active.
pub(super) fn retirement(seen: Seen<'_>, thresholds: &Thresholds, as_of: Date) -> Option<Finding> {
    const ROLE: &str = "tanggal_lahir";
    let birth = seen.date(ROLE)?;
    let status = seen.text("jenis_data");
    if status.is_empty() || status.starts_with("PENSIUN") {
        return None;
    }
    let older = |years| more_than_years(birth, years, as_of);
    let [general, high, last] = thresholds.retirement_ages;
    let code = if older(last) {
        CheckCode::UsiaPensiunMustahil
    } else if older(high) {
        CheckCode::UsiaPensiunLewat
    } else if older(general) {
        CheckCode::UsiaPensiun
    } else {
        return None;
    };
    Some(seen.at(ROLE, code))
}
