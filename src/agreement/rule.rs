//! Names and roles of the checks over several columns, as the agreement file writes them.

use std::str::FromStr;

use super::Rule;

/// Every rule with its name and its roles; a role is a column the rule reads.
const RULES: &[(Rule, &str, &[&str])] = &[
    (
        Rule::NipTanggalLahir,
        "nip_tanggal_lahir",
        &["nip", "tanggal_lahir"],
    ),
    (
        Rule::NikTanggalLahir,
        "nik_tanggal_lahir",
        &["nik", "tanggal_lahir"],
    ),
    (
        Rule::JenisKelamin,
        "jenis_kelamin",
        &["nip", "nik", "jenis_kelamin"],
    ),
    (
        Rule::NikJenisKelamin,
        "nik_jenis_kelamin",
        &["nik", "jenis_kelamin"],
    ),
    (Rule::TmtGolongan, "tmt_golongan", &["nip", "tmt_golongan"]),
    (Rule::MasaKerja, "masa_kerja", &["tahun", "tanggal_lahir"]),
    (Rule::UsiaCpns, "usia_cpns", &["nip"]),
    (Rule::CpnsLama, "cpns_lama", &["nip", "status_pegawai"]),
    (
        Rule::UsiaPensiun,
        "usia_pensiun",
        &["tanggal_lahir", "jenis_data"],
    ),
    (
        Rule::PasanganJenisKelamin,
        "pasangan_jenis_kelamin",
        &["hubungan", "jenis_kelamin"],
    ),
    (Rule::SatuPasangan, "satu_pasangan", &["hubungan"]),
    (Rule::Anak, "anak", &["hubungan", "tanggal_lahir"]),
];

/// The agreement file names a rule that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such check")]
pub struct UnknownRule;

impl Rule {
    /// The names of all rules, in `snake_case`.
    pub fn names() -> Vec<&'static str> {
        RULES.iter().map(|(_, name, _)| *name).collect()
    }

    /// Its name in the agreement file.
    pub fn as_str(self) -> &'static str {
        self.entry().map_or("", |(_, name, _)| name)
    }

    /// The columns it reads, by role; a role is filled by the column of the same name unless the agreement
    /// file names another.
    pub fn roles(self) -> &'static [&'static str] {
        self.entry().map_or(&[], |(_, _, roles)| roles)
    }

    fn entry(self) -> Option<&'static (Self, &'static str, &'static [&'static str])> {
        RULES.iter().find(|(rule, _, _)| *rule == self)
    }
}

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        let entry = RULES.iter().find(|(_, name, _)| *name == text);
        entry.map(|(rule, _, _)| *rule).ok_or(UnknownRule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_and_roles() {
        for (rule, name, roles) in RULES {
            assert_eq!(name.parse(), Ok(*rule));
            assert_eq!(rule.as_str(), *name);
            assert_eq!(rule.roles(), *roles);
            assert!(!roles.is_empty());
        }
        assert_eq!(
            RULES.len(),
            Rule::Anak as usize + 1,
            "a rule is not in the table"
        );
    }
}
