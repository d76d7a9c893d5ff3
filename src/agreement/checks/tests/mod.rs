//! Whole rows and families against small datasets of our own.

mod families;
mod properties;
mod rows;

use jiff::civil::{Date, date};

use super::{Finding, check_row};
use crate::agreement::{Check, Dataset, Field, FieldKind, Required, Row, Rule, Thresholds};

const AS_OF: Date = date(2026, 11, 22);

/// The columns of `pns` that a rule looks at, a text and an opaque one.
fn pns() -> Dataset {
    let status = vec!["CPNS".to_owned(), "PNS".to_owned()];
    let data = vec!["PNS".to_owned(), "PENSIUN_PNS".to_owned()];
    let mut fields = vec![
        field("nip", FieldKind::Nip),
        field("nik", FieldKind::Nik),
        field("nama", FieldKind::Name { max: 20 }),
        field("tanggal_lahir", FieldKind::Date),
        field("jenis_kelamin", FieldKind::Sex),
        field("alamat_domisili", FieldKind::Text { max: 30 }),
        field("status_pegawai", FieldKind::Choice(status)),
        field("golongan", FieldKind::Golongan),
        field("tmt_golongan", FieldKind::Date),
        field("tahun", FieldKind::Integer { min: 0, max: 99 }),
        field("bulan", FieldKind::Integer { min: 0, max: 11 }),
        field("jenis_data", FieldKind::Choice(data)),
        field("nomor_kartu", FieldKind::NomorKartu),
    ];
    fields[5].required = Required::No;
    fields[6].required = Required::When {
        column: 11,
        equals: "PNS".to_owned(),
    };
    fields[12].required = Required::No;
    let checks = vec![
        check(Rule::NipTanggalLahir, &[("nip", 0), ("tanggal_lahir", 3)]),
        check(Rule::NikTanggalLahir, &[("nik", 1), ("tanggal_lahir", 3)]),
        check(
            Rule::JenisKelamin,
            &[("nip", 0), ("nik", 1), ("jenis_kelamin", 4)],
        ),
        check(Rule::TmtGolongan, &[("nip", 0), ("tmt_golongan", 8)]),
        check(Rule::MasaKerja, &[("tahun", 9), ("tanggal_lahir", 3)]),
        check(Rule::UsiaCpns, &[("nip", 0)]),
        check(Rule::CpnsLama, &[("nip", 0), ("status_pegawai", 6)]),
        check(
            Rule::UsiaPensiun,
            &[("tanggal_lahir", 3), ("jenis_data", 11)],
        ),
    ];
    dataset("pns", fields, vec![0], checks)
}

/// The columns of `keluarga` that a rule looks at.
fn keluarga() -> Dataset {
    let hubungan = ["SUAMI", "ISTRI", "ANAK"].map(str::to_owned).to_vec();
    let fields = vec![
        field("nip", FieldKind::Nip),
        field("no_urut", FieldKind::Integer { min: 1, max: 99 }),
        field("nik", FieldKind::Nik),
        field("hubungan", FieldKind::Choice(hubungan)),
        field("tanggal_lahir", FieldKind::Date),
        field("jenis_kelamin", FieldKind::Sex),
    ];
    let checks = vec![
        check(Rule::NikJenisKelamin, &[("nik", 2), ("jenis_kelamin", 5)]),
        check(
            Rule::PasanganJenisKelamin,
            &[("hubungan", 3), ("jenis_kelamin", 5)],
        ),
        check(Rule::SatuPasangan, &[("hubungan", 3)]),
        check(Rule::Anak, &[("hubungan", 3), ("tanggal_lahir", 4)]),
    ];
    dataset("keluarga", fields, vec![0, 1], checks)
}

fn dataset(id: &str, fields: Vec<Field>, key: Vec<usize>, checks: Vec<Check>) -> Dataset {
    Dataset {
        id: id.parse().unwrap(),
        party: "bkn".parse().unwrap(),
        fields,
        key,
        unique: None,
        separator: None,
        expect: None,
        checks,
        entitlement: Default::default(),
    }
}

fn field(name: &str, kind: FieldKind) -> Field {
    Field {
        name: name.to_owned(),
        kind,
        required: Required::Yes,
    }
}

fn check(rule: Rule, columns: &[(&'static str, usize)]) -> Check {
    Check {
        rule,
        columns: columns.iter().copied().collect(),
    }
}

fn thresholds() -> Thresholds {
    Thresholds {
        refused_percent: 5,
        service_years_max: 40,
        service_from_age: 18,
        cpns_age_error: 15,
        cpns_age_usual: [18, 46],
        cpns_years_max: 2,
        retirement_ages: [58, 65, 70],
        children_max: 3,
        child_ages: [21, 25],
        nik_provinces: [31, 32, 51].into_iter().collect(),
    }
}

/// A clean row; `set` replaces values by column name.
fn row_of<'a>(dataset: &Dataset, set: &[(&str, &'a str)]) -> Vec<&'a str> {
    let mut raw = vec![
        "198003152005011001",
        "3174011503800001",
        "AHMAD FAUZI",
        "1980-03-15",
        "L",
        "Jl. Merdeka 1",
        "PNS",
        "III/a",
        "2020-04-01",
        "15",
        "3",
        "PNS",
        "0001234567890",
    ];
    for (column, value) in set {
        raw[dataset.position(column).unwrap()] = value;
    }
    raw
}

/// Whether the row is accepted, its normal forms, and each finding as `CODE@column`.
fn judge(dataset: &Dataset, raw: &[&str]) -> (bool, Row, Vec<String>) {
    let (mut row, mut findings) = (Row::new(), Vec::new());
    let accepted = check_row(dataset, &thresholds(), AS_OF, raw, &mut row, &mut findings);
    assert_eq!(row.len(), dataset.fields.len());
    (
        accepted,
        row,
        findings.iter().map(|f| told(dataset, f)).collect(),
    )
}

fn told(dataset: &Dataset, finding: &Finding) -> String {
    assert_eq!(finding.level, finding.code.level());
    let column = finding
        .column
        .map_or("-", |c| dataset.fields[c].name.as_str());
    format!("{}@{column}", finding.code.as_str())
}
