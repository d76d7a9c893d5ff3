//! One row against itself.

use super::{AS_OF, judge, keluarga, pns, row_of, thresholds, told};
use crate::agreement::checks::{CheckCode, check_key_only, check_row};
use crate::agreement::{Level, Row};

#[test]
fn a_clean_row_passes_and_is_brought_to_normal_form() {
    let dataset = pns();
    let (accepted, row, findings) = judge(&dataset, &row_of(&dataset, &[]));
    assert!(accepted && findings.is_empty(), "{findings:?}");
    assert_eq!(row.fields().collect::<Vec<_>>(), row_of(&dataset, &[]));

    let other = [
        ("nip", " 198003152005011001\t"),
        ("nama", "  Drs. Ahmad Fauzi "),
        ("tanggal_lahir", "15/03/1980"),
        ("jenis_kelamin", "pria"),
        ("status_pegawai", "pns"),
        ("golongan", "3/A"),
        ("tmt_golongan", "2020-04-01T00:00:00+07:00"),
        ("tahun", "015"),
        ("alamat_domisili", "Jl. Merdeka 1\nRT 02"),
        ("nomor_kartu", ""),
    ];
    let (accepted, row, findings) = judge(&dataset, &row_of(&dataset, &other));
    assert!(accepted);
    assert_eq!(findings, ["GOLONGAN_DINORMALKAN@golongan"]);
    let normal = [
        "198003152005011001",
        "3174011503800001",
        "Drs. Ahmad Fauzi",
        "1980-03-15",
        "L",
        "Jl. Merdeka 1\nRT 02",
        "PNS",
        "III/a",
        "2020-04-01",
        "15",
        "3",
        "PNS",
        "",
    ];
    assert_eq!(row.fields().collect::<Vec<_>>(), normal);
}

#[test]
fn one_fault_one_finding() {
    let dataset = pns();
    let long = "A".repeat(21);
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[("nip", "")], "KOSONG_WAJIB@nip"),
        (&[("nip", "   ")], "KOSONG_WAJIB@nip"),
        (&[("nip", "131234567")], "NIP_LAMA@nip"),
        (&[("nip", "1.98E+17")], "RUSAK_SPREADSHEET@nip"),
        (&[("nip", "198003152005011000")], "RUSAK_SPREADSHEET@nip"),
        (&[("nip", "198003152021211001")], "NI_PPPK@nip"),
        (&[("nip", "19800315 200501 1 001")], "NIP_BENTUK@nip"),
        (&[("nik", "")], "KOSONG_WAJIB@nik"),
        (&[("nik", "3174013503800001")], "NIK_BENTUK@nik"),
        (&[("nik", "9974011503800001")], "NIK_WILAYAH@nik"),
        (&[("nama", &long)], "KOLOM_TERLALU_PANJANG@nama"),
        (&[("nama", "AHMAD\0FAUZI")], "KARAKTER_KENDALI@nama"),
        (
            &[("tanggal_lahir", "03/31/1980")],
            "TANGGAL_BENTUK@tanggal_lahir",
        ),
        (
            &[("tanggal_lahir", "1900-01-01")],
            "TANGGAL_PENGGANTI@tanggal_lahir",
        ),
        (
            &[("jenis_kelamin", "X")],
            "JENIS_KELAMIN_BENTUK@jenis_kelamin",
        ),
        (&[("golongan", "Penata Muda")], "GOLONGAN_BENTUK@golongan"),
        (&[("bulan", "12")], "ANGKA_DI_LUAR_BATAS@bulan"),
        (&[("bulan", "dua")], "ANGKA_BENTUK@bulan"),
        (
            &[("jenis_data", "HONORER")],
            "PILIHAN_TIDAK_DIKENAL@jenis_data",
        ),
        (
            &[("nomor_kartu", "001234567890")],
            "RUSAK_SPREADSHEET@nomor_kartu",
        ),
        (
            &[("nomor_kartu", "000123456789O")],
            "KARTU_BENTUK@nomor_kartu",
        ),
        // Required only for jenis_data PNS.
        (&[("status_pegawai", "")], "KOSONG_WAJIB@status_pegawai"),
        (&[("status_pegawai", ""), ("jenis_data", "pensiun_pns")], ""),
        // The row against itself.
        (
            &[("nip", "198003162005011001")],
            "NIP_TANGGAL_LAHIR@tanggal_lahir",
        ),
        (
            &[("nik", "3174011603800001")],
            "NIK_TANGGAL_LAHIR@tanggal_lahir",
        ),
        (&[("nip", "198003152005012001")], "JENIS_KELAMIN_BEDA@nip"),
        (&[("nik", "3174015503800001")], "JENIS_KELAMIN_BEDA@nik"),
        (
            &[("jenis_kelamin", "P")],
            "JENIS_KELAMIN_BEDA@jenis_kelamin",
        ),
        (
            &[("tmt_golongan", "2004-12-01")],
            "TMT_SEBELUM_CPNS@tmt_golongan",
        ),
        (&[("tmt_golongan", "2005-01-01")], ""),
        (
            &[("tmt_golongan", "2020-04-02")],
            "TMT_BUKAN_AWAL_BULAN@tmt_golongan",
        ),
        (
            &[("tmt_golongan", "2026-12-01")],
            "TMT_MASA_DEPAN@tmt_golongan",
        ),
        // 46 years old, so 28 years at most.
        (&[("tahun", "28")], ""),
        (&[("tahun", "29")], "MASA_KERJA_TIDAK_WAJAR@tahun"),
        (&[("tahun", "41")], "MASA_KERJA_TIDAK_WAJAR@tahun"),
        (&[("nip", "198003151995031001")], "USIA_CPNS_MUSTAHIL@nip"),
        (
            &[("nip", "198003151995041001")],
            "USIA_CPNS_TIDAK_LAZIM@nip",
        ),
        (
            &[("nip", "198003151998031001")],
            "USIA_CPNS_TIDAK_LAZIM@nip",
        ),
        (&[("nip", "198003151998041001")], ""),
        (
            &[("status_pegawai", "CPNS")],
            "CPNS_TERLALU_LAMA@status_pegawai",
        ),
        (
            &[
                ("status_pegawai", "CPNS"),
                ("nip", "198003152024121001"),
                ("tmt_golongan", "2024-12-01"),
            ],
            "",
        ),
        (
            &[
                ("status_pegawai", "CPNS"),
                ("nip", "198003152024111001"),
                ("tmt_golongan", "2024-12-01"),
            ],
            "CPNS_TERLALU_LAMA@status_pegawai",
        ),
        (
            &[
                ("nip", "197002282016081001"),
                ("tmt_golongan", "2017-01-01"),
            ],
            "NIP_TANGGAL_LAHIR@tanggal_lahir",
        ),
    ];
    for (set, expected) in table {
        let raw = row_of(&dataset, set);
        let (accepted, _, findings) = judge(&dataset, &raw);
        assert_eq!(findings.join(" "), *expected, "{set:?}");
        let refused = CheckCode::all().any(|code| {
            code.level() == Level::Error && expected.starts_with(&format!("{}@", code.as_str()))
        });
        assert_eq!(accepted, !refused, "{set:?}");
    }
}

#[test]
fn retirement_by_the_day() {
    let dataset = pns();
    for (birth, nip, nik, expected) in [
        ("1968-11-22", "196811221995011001", "3174012211680001", ""),
        (
            "1968-11-21",
            "196811211995011001",
            "3174012111680001",
            "USIA_PENSIUN@tanggal_lahir",
        ),
        (
            "1961-11-22",
            "196111221995011001",
            "3174012211610001",
            "USIA_PENSIUN@tanggal_lahir",
        ),
        (
            "1961-11-21",
            "196111211995011001",
            "3174012111610001",
            "USIA_PENSIUN_LEWAT@tanggal_lahir",
        ),
        (
            "1956-11-21",
            "195611211995011001",
            "3174012111560001",
            "USIA_PENSIUN_MUSTAHIL@tanggal_lahir",
        ),
    ] {
        let set = [("tanggal_lahir", birth), ("nip", nip), ("nik", nik)];
        let (_, _, findings) = judge(&dataset, &row_of(&dataset, &set));
        assert_eq!(findings.join(" "), expected, "{birth}");
        let pension = [&set[..], &[("jenis_data", "PENSIUN_PNS")]].concat();
        let (_, _, findings) = judge(&dataset, &row_of(&dataset, &pension));
        assert!(findings.is_empty(), "{birth} {findings:?}");
    }
}

#[test]
fn a_missing_source_of_sex_leaves_two_without_a_culprit() {
    let dataset = pns();
    let raw = row_of(&dataset, &[("nik", ""), ("jenis_kelamin", "P")]);
    let (_, _, findings) = judge(&dataset, &raw);
    assert_eq!(findings, ["KOSONG_WAJIB@nik", "JENIS_KELAMIN_BEDA@-"]);
}

#[test]
fn short_rows_count_as_empty_and_several_faults_are_all_found() {
    let dataset = pns();
    let (accepted, row, findings) = judge(&dataset, &["131234567", "x"]);
    assert!(!accepted);
    assert_eq!(
        findings[..3],
        ["NIP_LAMA@nip", "NIK_BENTUK@nik", "KOSONG_WAJIB@nama"]
    );
    assert!(row.fields().all(str::is_empty));
}

#[test]
fn findings_are_appended_and_only_new_ones_refuse() {
    let dataset = pns();
    let (mut row, mut findings) = (Row::new(), Vec::new());
    for (nip, accepted, total) in [("1", false, 1), ("198003152005011001", true, 1)] {
        let raw = row_of(&dataset, &[("nip", nip)]);
        let verdict = check_row(
            &dataset,
            &thresholds(),
            AS_OF,
            &raw[..],
            &mut row,
            &mut findings,
        );
        assert_eq!((verdict, findings.len()), (accepted, total));
    }
}

#[test]
fn a_removal_needs_its_key_alone() {
    let dataset = keluarga();
    let (mut row, mut findings) = (Row::new(), Vec::new());
    let raw = ["198003152005011001", " 02 ", "nonsense", "", "", ""];
    assert!(check_key_only(&dataset, &raw[..], &mut row, &mut findings));
    assert_eq!(
        row.fields().collect::<Vec<_>>(),
        ["198003152005011001", "2", "", "", "", ""]
    );
    assert!(!check_key_only(
        &dataset,
        &["131234567", ""][..],
        &mut row,
        &mut findings
    ));
    let told: Vec<_> = findings.iter().map(|f| told(&dataset, f)).collect();
    assert_eq!(told, ["NIP_LAMA@nip", "KOSONG_WAJIB@no_urut"]);
}
