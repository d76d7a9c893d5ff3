//! The rows of one family.

use super::{AS_OF, judge, keluarga, thresholds};
use crate::agreement::checks::check_group;
use crate::agreement::{Level, Row};

#[test]
fn families() {
    let dataset = keluarga();
    // (hubungan, birth, sex) of each member, and what is found as index:CODE.
    type Member = (&'static str, &'static str, &'static str);
    let young: Member = ("ANAK", "2015-01-01", "P");
    let table: &[(&[Member], &[&str])] = &[
        (&[("ISTRI", "1982-01-01", "P"), young, young, young], &[]),
        (
            &[
                ("ISTRI", "1982-01-01", "P"),
                ("ISTRI", "1985-01-01", "P"),
                young,
            ],
            &["0:PASANGAN_LEBIH_DARI_SATU", "1:PASANGAN_LEBIH_DARI_SATU"],
        ),
        (
            &[("SUAMI", "1982-01-01", "L"), ("ISTRI", "1985-01-01", "P")],
            &["0:PASANGAN_LEBIH_DARI_SATU", "1:PASANGAN_LEBIH_DARI_SATU"],
        ),
        (
            &[young; 5],
            &["3:ANAK_TERLALU_BANYAK", "4:ANAK_TERLALU_BANYAK"],
        ),
        // 21 today, one day younger, 25 today, one day younger.
        (&[("ANAK", "2005-11-22", "L")], &["0:ANAK_BUKTI_SEKOLAH"]),
        (&[("ANAK", "2005-11-23", "L")], &[]),
        (&[("ANAK", "2001-11-22", "L")], &["0:ANAK_LEWAT_USIA"]),
        (&[("ANAK", "2001-11-23", "L")], &["0:ANAK_BUKTI_SEKOLAH"]),
        // One who is too old takes nobody's place.
        (
            &[("ANAK", "1990-01-01", "L"), young, young, young],
            &["0:ANAK_LEWAT_USIA"],
        ),
    ];
    for (members, expected) in table {
        let rows: Vec<Row> = members
            .iter()
            .zip(1..)
            .map(|((hubungan, birth, sex), number)| {
                let number = number.to_string();
                ["198003152005011001", &number, "", hubungan, birth, sex]
                    .into_iter()
                    .collect()
            })
            .collect();
        let mut findings = Vec::new();
        check_group(&dataset, &thresholds(), AS_OF, &rows, &mut findings);
        let told: Vec<_> = findings
            .iter()
            .map(|(index, finding)| format!("{index}:{}", finding.code.as_str()))
            .collect();
        assert_eq!(told, *expected, "{members:?}");
        assert!(findings.iter().all(|(_, f)| f.level != Level::Error));
    }
}

#[test]
fn spouses_have_the_sex_of_their_relation() {
    let dataset = keluarga();
    for (hubungan, sex, nik, expected) in [
        ("SUAMI", "L", "3174011503800001", ""),
        ("ISTRI", "P", "3174015503800001", ""),
        ("ANAK", "P", "3174015503800001", ""),
        (
            "SUAMI",
            "P",
            "3174015503800001",
            "PASANGAN_JENIS_KELAMIN@hubungan",
        ),
        (
            "ISTRI",
            "L",
            "3174011503800001",
            "PASANGAN_JENIS_KELAMIN@hubungan",
        ),
        ("ANAK", "L", "3174015503800001", "JENIS_KELAMIN_BEDA@-"),
    ] {
        let raw = ["198003152005011001", "1", nik, hubungan, "1980-03-15", sex];
        let (accepted, _, findings) = judge(&dataset, &raw);
        assert!(accepted);
        assert_eq!(findings.join(" "), expected, "{hubungan} {sex}");
    }
}
