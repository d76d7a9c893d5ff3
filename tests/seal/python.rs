//! Workbooks that another program wrote: openpyxl, as a party's own export might.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::trial::Trial;

/// Runs lines of Python with `book`, an openpyxl workbook of ten sound rows, `sheet`, and saves it.
fn written(trial: &Trial, name: &str, lines: &str) -> PathBuf {
    let path = trial.file(name);
    let script = format!(
        "import datetime, openpyxl, sys\n\
         book = openpyxl.Workbook()\n\
         sheet = book.active\n\
         sheet.append(['nip', 'nama', 'nomor_kartu'])\n\
         for n in range(10):\n\
         \x20   sheet.append([f'19700115199401100{{n}}' if n else '197001151994011010', f'RATNA {{n}}', f'{{n:013}}'])\n\
         {lines}\n\
         book.save(sys.argv[1])\n"
    );
    let out = Command::new("python")
        .args(["-c", &script])
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    path
}

fn dry(trial: &Trial, file: &Path) -> crate::trial::Said {
    let file = file.to_str().unwrap();
    trial.seal(
        "bpjs",
        &[
            "--dry-run",
            "--dataset",
            "peserta_pns",
            "--as-of",
            "2026-11-20",
            file,
        ],
    )
}

#[test]
#[ignore = "needs python with openpyxl"]
fn what_openpyxl_writes_is_read_and_sent() {
    let trial = Trial::start();
    let file = written(
        &trial,
        "peserta_pns 2026-11-20.xlsx",
        "sheet.auto_filter.ref = 'A1:C11'",
    );
    trial
        .seal("bpjs", &["--send", file.to_str().unwrap()])
        .ended(
            0,
            &[
                "10 baris diperiksa: 10 baik",
                "DITERIMA: bpjs_peserta_pns_full_2026-11-20_0001",
            ],
        );
}

#[test]
#[ignore = "needs python with openpyxl"]
fn what_openpyxl_damages_is_told() {
    let trial = Trial::quiet();
    for (number, (lines, said)) in [
        (
            "sheet['A4'] = 197001151994011003",
            &["SHEET_DIGITS_LOST", "column A (nip), baris/row 4"][..],
        ),
        (
            "sheet['C3'] = 123",
            &["SHEET_ZEROS_LOST", "column C (nomor_kartu), baris/row 3"],
        ),
        (
            "sheet['B3'] = datetime.date(2026, 3, 1)",
            &["SHEET_TURNED_INTO_DATE", "column B (nama), baris/row 3"],
        ),
        ("sheet['B3'] = True", &["SHEET_BOOLEAN", "row 3"]),
        ("sheet['B3'] = '#N/A'", &["SHEET_ERROR_VALUE", "row 3"]),
        ("sheet['B3'] = '=1+1'", &["SHEET_FORMULA", "row 3"]),
        ("sheet.merge_cells('A3:A4')", &["SHEET_MERGED", "A3:A4"]),
        (
            "sheet.row_dimensions[5].hidden = True",
            &["SHEET_HIDDEN", "row 5"],
        ),
        (
            "sheet.column_dimensions['B'].hidden = True",
            &["SHEET_HIDDEN", "column B (nama)"],
        ),
        (
            "book.create_sheet('Lain').append(['x'])",
            &["SHEET_SEVERAL", "\"Lain\""],
        ),
        ("sheet.insert_rows(5)", &["SHEET_BLANK_ROW", "row 5"]),
        ("sheet.insert_rows(1)", &["SHEET_BLANK_ROW", "row 1"]),
        ("sheet['E3'] = 'catatan'", &["SHEET_NO_HEADER", "column E"]),
    ]
    .into_iter()
    .enumerate()
    {
        let file = written(&trial, &format!("{number}.xlsx"), lines);
        dry(&trial, &file).ended(1, said);
    }
}

#[test]
#[ignore = "needs python with openpyxl"]
fn dates_with_a_date_format_are_exact_and_bare_numbers_are_not_guessed() {
    let trial = Trial::quiet();
    let head = "sheet.delete_rows(1, 20)\n\
                sheet.append(['nip', 'no_urut', 'nik', 'nama', 'hubungan', 'tempat_lahir', 'tanggal_lahir', 'jenis_kelamin'])\n";
    let row = |day: &str| {
        format!(
            "{head}sheet.append(['197001151994011001', 1, '3171015503800001', 'RATNA', 'ISTRI', 'JAKARTA', {day}, 'P'])"
        )
    };
    let dry = |name: &str, day: &str| {
        let file = written(&trial, name, &row(day));
        let args = ["--dry-run", "--as-of", "2026-11-20", file.to_str().unwrap()];
        trial.seal("bkn", &args)
    };
    // The NIK says the fifteenth of March 1980, so a date that came out otherwise is warned of.
    let exact = dry("date.xlsx", "datetime.date(1980, 3, 15)");
    exact.ended(0, &["→ bkn_keluarga_full", "1 baik"]);
    assert!(!exact.out.contains("NIK_TANGGAL_LAHIR"), "{}", exact.out);
    dry("text.xlsx", "'15/03/1980'").ended(0, &["1 baik"]);
    dry("other.xlsx", "datetime.date(1980, 3, 16)").ended(0, &["NIK_TANGGAL_LAHIR"]);
    let number = dry("number.xlsx", "29295");
    number.ended(
        1,
        &["SHEET_DATE_NUMBER", "column G (tanggal_lahir), baris/row 2"],
    );
}

#[test]
#[ignore = "needs age, python with openpyxl"]
fn zeros_that_a_format_shows_are_sent_and_other_formats_are_refused() {
    let trial = Trial::quiet();
    let shown = |format: &str| format!("sheet['C3'] = 7\nsheet['C3'].number_format = '{format}'");
    let file = written(
        &trial,
        "peserta_pns 2026-11-20.xlsx",
        &shown(&"0".repeat(13)),
    );
    trial
        .seal("bpjs", &[file.to_str().unwrap()])
        .ended(0, &["10 baik"]);
    let sent = trial.party("bpjs").join("sent");
    let stem = "bpjs_peserta_pns_full_2026-11-20_0001";
    let sealed = ["csv.age", "csv.gz.age", "csv.zst.age"]
        .map(|ending| sent.join(stem).join(format!("{stem}.{ending}")));
    let sealed = sealed.iter().find(|path| path.exists()).unwrap();
    // The identity that every age knows.
    let identities = fs::read_to_string(trial.path("keys/service/age_identity.txt")).unwrap();
    let mut lines = identities.lines();
    let classical = lines
        .find(|line| line.starts_with("AGE-SECRET-KEY-1"))
        .unwrap();
    let identity = trial.file("identity.txt");
    fs::write(&identity, classical).unwrap();
    let opened = Command::new("age")
        .args(["-d", "-i"])
        .arg(identity)
        .arg(sealed)
        .output()
        .unwrap();
    assert!(opened.status.success(), "{opened:?}");
    let text = if sealed.to_string_lossy().contains(".zst") {
        zstd::decode_all(opened.stdout.as_slice()).unwrap()
    } else {
        opened.stdout
    };
    let text = String::from_utf8(text).unwrap();
    assert_eq!(
        text.lines().nth(2).unwrap().rsplit(',').next(),
        Some("0000000000007"),
        "{text}"
    );
    for format in ["0000", "000-0000000000", "General"] {
        let file = written(&trial, "other.xlsx", &shown(format));
        dry(&trial, &file).ended(
            1,
            &["SHEET_ZEROS_LOST", "column C (nomor_kartu), baris/row 3"],
        );
    }
}
