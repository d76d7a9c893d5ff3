//! What is settled on a party's own machine: names, numbers, the rows themselves.

use std::fs;

use rust_xlsxwriter::Workbook;

use crate::trial::Trial;
use crate::workbooks::{changed, people, sound, text_rows};

#[test]
fn the_name_comes_from_what_is_known_and_is_asked_for_otherwise() {
    let trial = Trial::quiet();
    let dry = |file: &str, more: &[&str]| {
        let path = trial.file(file);
        trial.seal(
            "bpjs",
            &[&["--dry-run", path.to_str().unwrap()], more].concat(),
        )
    };
    sound(&trial, "peserta_pns 2026-11-20.xlsx", 5);
    dry("peserta_pns 2026-11-20.xlsx", &[])
        .ended(0, &["→ bpjs_peserta_pns_full_2026-11-20_0001.csv.zst.age"]);
    dry(
        "peserta_pns 2026-11-20.xlsx",
        &[
            "--as-of",
            "2026-11-19",
            "--sequence",
            "12",
            "--compress",
            "none",
        ],
    )
    .ended(0, &["→ bpjs_peserta_pns_full_2026-11-19_0012.csv.age"]);
    // Its columns alone tell, also in other letters and with spaces around.
    let file = trial.file("ekspor 20-11-2026.csv");
    fs::write(
        &file,
        "\u{feff} NIP ;Nama;NOMOR_KARTU\r\n197001151994011001;RATNA;0001234567890\r\n",
    )
    .unwrap();
    dry("ekspor 20-11-2026.csv", &[])
        .ended(0, &["→ bpjs_peserta_pns_full_2026-11-20_0001", "1 baik"]);
    fs::write(trial.file("x 2026-11-20.csv"), "nip,nama\n").unwrap();
    dry("x 2026-11-20.csv", &[]).ended(2, &["--dataset peserta_pns or --dataset"]);
    dry("x 2026-11-20.csv", &["--dataset", "peserta_pns"])
        .ended(1, &["COLUMN_MISSING", "nomor_kartu"]);
    sound(&trial, "peserta_pns.xlsx", 5);
    dry("peserta_pns.xlsx", &[]).ended(2, &["of which day is the data?"]);
    dry("peserta_pns.xlsx", &["--as-of", "2099-01-01"]).ended(1, &["OUT_OF_TERM"]);
    dry(
        "peserta_pns.xlsx",
        &["--as-of", "2026-11-20", "--dataset", "pns"],
    )
    .ended(1, &["DATASET_NOT_AGREED"]);
    // A changed sheet whose first column is aksi.
    fs::write(
        trial.file("d.csv"),
        "aksi,nip,nama,nomor_kartu\nHAPUS,197001151994011001,,\n",
    )
    .unwrap();
    dry("d.csv", &["--as-of", "2026-11-20"])
        .ended(0, &["→ bpjs_peserta_pns_delta_2026-11-20_0001"]);
    // Named for its sender by somebody who knows the rule.
    sound(&trial, "bkn_pns_full_2026-11-20_0007.xlsx", 5);
    dry("bkn_pns_full_2026-11-20_0007.xlsx", &[])
        .ended(2, &["a file of bkn", "this profile is bpjs's"]);
    sound(&trial, "bpjs_peserta_pns_full_2026-11-20_0007.xlsx", 5);
    dry("bpjs_peserta_pns_full_2026-11-20_0007.xlsx", &[])
        .ended(0, &["_2026-11-20_0007.csv.zst.age"]);
    assert!(!trial.party("bpjs").join("sent").exists());
}

#[test]
fn a_column_that_was_not_agreed_is_told_by_its_letter() {
    let trial = Trial::quiet();
    let path = trial.file("peserta_pns 2026-11-20.xlsx");
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    text_rows(sheet, &people(2));
    // A column without a name stands between; it is empty and counts for nothing.
    sheet.write_string(0, 4, "telepon").unwrap();
    workbook.save(&path).unwrap();
    let run = trial.seal("bpjs", &[path.to_str().unwrap()]);
    run.ended(1, &["COLUMN_UNKNOWN", "kolom/columns E"]);
    assert!(!run.err.contains("telepon"));
}

#[test]
fn nothing_is_sealed_while_a_row_is_refused_and_nobody_said_so() {
    let trial = Trial::quiet();
    let mut rows = people(100);
    rows[6][0] = "1.98501E+17".to_owned();
    let path = trial.file("peserta_pns 2026-11-20.xlsx");
    let mut workbook = Workbook::new();
    text_rows(workbook.add_worksheet(), &rows);
    workbook.save(&path).unwrap();
    let file = path.to_str().unwrap();
    let faults = trial.file("faults.csv");
    let list = faults.to_str().unwrap();
    trial.seal("bpjs", &["--faults", list, file]).ended(
        1,
        &[
            "99 baik, 1 ditolak",
            "RUSAK_SPREADSHEET",
            "baris/row 8 (nip)",
            "--accept-refused",
        ],
    );
    assert!(trial.sent("bpjs").is_empty(), "{:?}", trial.sent("bpjs"));
    let listed = fs::read_to_string(&faults).unwrap();
    assert!(
        listed.contains(",8,ERROR,RUSAK_SPREADSHEET,nip,"),
        "{listed}"
    );
    assert!(
        !listed.contains("RATNA") && !listed.contains("1.98501"),
        "{listed}"
    );
    // The list of before is replaced, another file is not.
    trial
        .seal("bpjs", &["--faults", list, "--accept-refused", file])
        .ended(0, &["Tersegel", "put "]);
    assert_eq!(trial.sent("bpjs").len(), 2);
    trial
        .seal("bpjs", &["--dry-run", "--faults", file, file])
        .ended(2, &["create the list of faults"]);
    // More than the agreement tolerates cannot be accepted.
    for row in &mut rows[..20] {
        row[2] = "123".to_owned();
    }
    let mut workbook = Workbook::new();
    text_rows(workbook.add_worksheet(), &rows);
    workbook.save(&path).unwrap();
    trial.seal("bpjs", &["--accept-refused", file]).ended(
        1,
        &[
            "ROWS_REFUSED",
            "20 dari/of 100",
            "baris/row 2 (nomor_kartu), 3 (nomor_kartu)",
            "(+16)",
        ],
    );
}

#[test]
fn the_same_data_keeps_its_number_and_other_data_gets_the_next() {
    let trial = Trial::quiet();
    let seal = |count| {
        let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", count);
        trial.seal("bpjs", &[path.to_str().unwrap()])
    };
    seal(5).ended(0, &["0001.csv.zst.age inbox/", "0001.sha256.sig inbox/"]);
    seal(5).ended(
        0,
        &["sudah disegel sebagai bpjs_peserta_pns_full_2026-11-20_0001"],
    );
    seal(6).ended(0, &["0002.csv.zst.age inbox/"]);
    let stem = |n| format!("bpjs_peserta_pns_full_2026-11-20_000{n}");
    assert_eq!(
        trial.sent("bpjs"),
        [stem(1), stem(1) + ".json", stem(2), stem(2) + ".json"]
    );
}

#[test]
fn a_number_in_a_column_of_text_is_pointed_out() {
    let trial = Trial::quiet();
    let file = changed(&trial, "peserta_pns 2026-11-20.xlsx", |sheet| {
        sheet.write_number(1, 1, 101).unwrap();
    });
    trial
        .seal("bpjs", &["--dry-run", file.to_str().unwrap()])
        .ended(0, &["PERIKSA kolom B (nama)", "leading zeros"]);
}
