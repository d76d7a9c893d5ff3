//! The datasets of the domain, as the checks see them; written here so that the sample depends on no file.

use std::collections::BTreeMap;

use padan::agreement::{Check, Dataset, Field, FieldKind, Required, Rule, Thresholds};

/// The dataset of that name.
pub fn dataset(id: &str) -> Dataset {
    let staff = |party| {
        let status = Required::When {
            column: 18,
            equals: "PNS".to_owned(),
        };
        let mut dataset = build(
            id,
            party,
            vec![
                ("nip", FieldKind::Nip),
                ("nik", FieldKind::Nik),
                ("nama", FieldKind::Name { max: 100 }),
                ("tempat_lahir", FieldKind::Text { max: 100 }),
                ("tanggal_lahir", FieldKind::Date),
                ("jenis_kelamin", FieldKind::Sex),
                ("alamat_domisili", FieldKind::Text { max: 255 }),
                ("instansi_kerja", FieldKind::Text { max: 150 }),
                ("instansi_kerja_kode", FieldKind::Opaque { max: 40 }),
                ("instansi_induk", FieldKind::Text { max: 150 }),
                ("instansi_induk_kode", FieldKind::Opaque { max: 40 }),
                ("lokasi_kerja", FieldKind::Text { max: 150 }),
                ("lokasi_kerja_kode", FieldKind::Opaque { max: 40 }),
                ("status_pegawai", choice(&["CPNS", "PNS"])),
                ("golongan", FieldKind::Golongan),
                ("tmt_golongan", FieldKind::Date),
                (
                    "masa_kerja_golongan_tahun",
                    FieldKind::Integer { min: 0, max: 99 },
                ),
                (
                    "masa_kerja_golongan_bulan",
                    FieldKind::Integer { min: 0, max: 11 },
                ),
                ("jenis_data", choice(&["PNS", "PENSIUN_PNS"])),
            ],
            &[
                "alamat_domisili",
                "instansi_kerja_kode",
                "instansi_induk_kode",
                "lokasi_kerja_kode",
            ],
            &[
                (Rule::NipTanggalLahir, &["nip", "tanggal_lahir"]),
                (Rule::NikTanggalLahir, &["nik", "tanggal_lahir"]),
                (Rule::JenisKelamin, &["nip", "nik", "jenis_kelamin"]),
                (Rule::TmtGolongan, &["nip", "tmt_golongan"]),
                (
                    Rule::MasaKerja,
                    &["masa_kerja_golongan_tahun", "tanggal_lahir"],
                ),
                (Rule::UsiaCpns, &["nip"]),
                (Rule::CpnsLama, &["nip", "status_pegawai"]),
                (Rule::UsiaPensiun, &["tanggal_lahir", "jenis_data"]),
            ],
        );
        dataset.fields[13].required = status;
        dataset.unique = Some(1);
        dataset
    };
    let family = |party, owner: (&'static str, FieldKind), card: bool| {
        let mut fields = vec![
            owner,
            ("no_urut", FieldKind::Integer { min: 1, max: 99 }),
            ("nik", FieldKind::Nik),
            ("nama", FieldKind::Name { max: 100 }),
            ("hubungan", choice(&["SUAMI", "ISTRI", "ANAK"])),
            ("tempat_lahir", FieldKind::Text { max: 100 }),
            ("tanggal_lahir", FieldKind::Date),
            ("jenis_kelamin", FieldKind::Sex),
        ];
        if card {
            fields.push(("nomor_kartu", FieldKind::NomorKartu));
        }
        let rules: &[(Rule, &[&'static str])] = &[
            (Rule::NikTanggalLahir, &["nik", "tanggal_lahir"]),
            (Rule::NikJenisKelamin, &["nik", "jenis_kelamin"]),
            (Rule::PasanganJenisKelamin, &["hubungan", "jenis_kelamin"]),
            (Rule::SatuPasangan, &["hubungan"]),
            (Rule::Anak, &["hubungan", "tanggal_lahir"]),
        ];
        let mut dataset = build(id, party, fields, &["nik"], rules);
        dataset.key = vec![0, 1];
        dataset
    };
    match id {
        "pns" => staff("bkn"),
        "peserta_banding" => staff("bpjs"),
        "keluarga" => family("bkn", ("nip", FieldKind::Nip), false),
        "keluarga_pejabat" => family("bpjs", ("nik_peserta", FieldKind::Nik), true),
        "peserta_pns" => build(
            id,
            "bpjs",
            vec![
                ("nip", FieldKind::Nip),
                ("nama", FieldKind::Name { max: 100 }),
                ("nomor_kartu", FieldKind::NomorKartu),
            ],
            &[],
            &[],
        ),
        _ => {
            let mut dataset = build(
                id,
                "bpjs",
                vec![
                    ("nip", FieldKind::Nip),
                    ("nik", FieldKind::Nik),
                    ("nama", FieldKind::Name { max: 100 }),
                    ("id", FieldKind::Opaque { max: 40 }),
                    ("nomor_kartu", FieldKind::NomorKartu),
                    ("tempat_lahir", FieldKind::Text { max: 100 }),
                    ("tanggal_lahir", FieldKind::Date),
                    ("jenis_kelamin", FieldKind::Sex),
                    ("alamat_domisili", FieldKind::Text { max: 255 }),
                    ("instansi_kerja", FieldKind::Text { max: 150 }),
                    ("instansi_induk", FieldKind::Text { max: 150 }),
                    ("jenis_data", choice(&["PEJABAT", "PENSIUN_PEJABAT"])),
                ],
                &["nip", "alamat_domisili"],
                &[
                    (Rule::NipTanggalLahir, &["nip", "tanggal_lahir"]),
                    (Rule::NikTanggalLahir, &["nik", "tanggal_lahir"]),
                    (Rule::JenisKelamin, &["nip", "nik", "jenis_kelamin"]),
                    (Rule::UsiaPensiun, &["tanggal_lahir", "jenis_data"]),
                ],
            );
            dataset.key = vec![1];
            dataset
        }
    }
}

/// The example values of the agreement.
pub fn thresholds() -> Thresholds {
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
        nik_provinces: (11..=19)
            .chain([21])
            .chain(31..=36)
            .chain(51..=53)
            .chain(61..=65)
            .chain(71..=76)
            .chain(81..=82)
            .chain(91..=96)
            .collect(),
    }
}

fn build(
    id: &str,
    party: &str,
    fields: Vec<(&str, FieldKind)>,
    optional: &[&str],
    rules: &[(Rule, &[&'static str])],
) -> Dataset {
    let position = |name: &str| fields.iter().position(|(n, _)| *n == name).unwrap();
    let checks = rules
        .iter()
        .map(|(rule, columns)| Check {
            rule: *rule,
            columns: roles(columns, position),
        })
        .collect();
    let required = |name: &str| {
        if optional.contains(&name) {
            Required::No
        } else {
            Required::Yes
        }
    };
    Dataset {
        id: id.parse().unwrap(),
        party: party.parse().unwrap(),
        checks,
        fields: fields
            .iter()
            .map(|(name, kind)| Field {
                name: (*name).to_owned(),
                kind: kind.clone(),
                required: required(name),
            })
            .collect(),
        key: vec![0],
        unique: None,
        separator: None,
        entitlement: BTreeMap::new(),
    }
}

/// Role by column name; only one role has another name than its column.
fn roles(
    columns: &[&'static str],
    position: impl Fn(&str) -> usize,
) -> BTreeMap<&'static str, usize> {
    let role = |column| {
        if column == "masa_kerja_golongan_tahun" {
            "tahun"
        } else {
            column
        }
    };
    columns
        .iter()
        .map(|column| (role(*column), position(column)))
        .collect()
}

fn choice(words: &[&str]) -> FieldKind {
    FieldKind::Choice(words.iter().map(|w| (*w).to_owned()).collect())
}
