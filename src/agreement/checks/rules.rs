//! Which rule looks at which columns.

use jiff::civil::Date;

use crate::agreement::{Check, Row, Rule, Thresholds};

use super::code::CheckCode;
use super::nik::{self, Nik};
use super::nip::{self, Nip};
use super::sex::{self, Sex};
use super::{Finding, dates, family, person, service};

/// Applies one configured check to a row of normal forms. A rule whose value is empty or was refused is silent.
pub(super) fn apply(
    check: &Check,
    thresholds: &Thresholds,
    as_of: Date,
    row: &Row,
    findings: &mut Vec<Finding>,
) {
    let seen = Seen { check, row };
    let found = match check.rule {
        Rule::NipTanggalLahir => person::nip_birth(seen),
        Rule::NikTanggalLahir => person::nik_birth(seen),
        Rule::JenisKelamin => person::sex(seen),
        Rule::NikJenisKelamin => person::nik_sex(seen),
        // The one rule with two things to find.
        Rule::TmtGolongan => return service::grade(seen, as_of, findings),
        Rule::MasaKerja => service::years(seen, thresholds, as_of),
        Rule::UsiaCpns => service::age_at_start(seen, thresholds),
        Rule::CpnsLama => service::probation(seen, thresholds, as_of),
        Rule::UsiaPensiun => service::retirement(seen, thresholds, as_of),
        Rule::PasanganJenisKelamin => family::spouse_sex(seen),
        // Over several rows: see `check_group`.
        Rule::SatuPasangan | Rule::Anak => None,
    };
    findings.extend(found);
}

/// A row as a rule sees it: by the rule's own role names.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) check: &'a Check,
    pub(super) row: &'a Row,
}

impl<'a> Seen<'a> {
    /// Position of the column in this role.
    pub(super) fn column(self, role: &str) -> Option<usize> {
        self.check.columns.get(role).copied()
    }

    /// Normal form of the column in this role; empty where there is none.
    pub(super) fn text(self, role: &str) -> &'a str {
        self.column(role)
            .map_or("", |position| self.row.get(position))
    }

    pub(super) fn nip(self) -> Option<Nip> {
        nip::read(self.text("nip")).ok()
    }

    pub(super) fn nik(self) -> Option<Nik> {
        nik::read(self.text("nik")).ok()
    }

    pub(super) fn sex(self) -> Option<Sex> {
        sex::read(self.text("jenis_kelamin")).ok()
    }

    pub(super) fn date(self, role: &str) -> Option<Date> {
        dates::read_normal(self.text(role))
    }

    /// A finding at the column in this role.
    pub(super) fn at(self, role: &str, code: CheckCode) -> Finding {
        Finding::new(code, self.column(role))
    }
}
