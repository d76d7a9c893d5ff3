//! `padan open`: the workbook as another program reads it, and what else it opens.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::laid::{Answer, receipt};
use crate::site::{Site, lossy, mode, names};

/// Prints a workbook as JSON: for each sheet its filter, its frozen cell, and [value, type, number format, formula?] of
/// each cell.
const READ: &str = r#"
import json, sys
import openpyxl
book = openpyxl.load_workbook(sys.argv[1])
sheets = {}
for sheet in book:
    cells = [[[c.value, c.data_type, c.number_format] for c in row] for row in sheet.iter_rows()]
    sheets[sheet.title] = {"filter": sheet.auto_filter.ref, "frozen": sheet.freeze_panes, "cells": cells,
                           "width": sheet.column_dimensions["A"].width, "state": sheet.sheet_state}
json.dump(sheets, sys.stdout)
"#;

#[test]
#[ignore = "needs openpyxl"]
fn every_value_is_the_text_that_was_sent() {
    let site = Site::start();
    let values = [
        "198501012010011001",
        "0001234567890",
        "=1+1",
        "+62812",
        "-5",
        "@SUM(A1)",
        "2026-11-22",
        "1.98E+17",
        "TRUE",
        "#N/A",
        "dua\nbaris",
        "a,\"b\"",
        " x ",
        "{=1}",
        "http://padan.example/",
        "_x0041_",
        "<b>&amp;",
        "ANWAR é",
    ];
    let quoted = values.map(|value| format!("\"{}\"", value.replace('"', "\"\"")));
    let header = (0..values.len())
        .map(|n| format!("kolom_{n}"))
        .collect::<Vec<_>>();
    let table = format!(
        "aksi,kelas,{}\nTAMBAH,FINANSIAL,{}\nHAPUS,,{}\n",
        header.join(","),
        quoted.join(","),
        ",".repeat(values.len() - 1)
    );
    let name = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", table.as_bytes())
        .sealed("perbedaan_kepesertaan_pejabat_negara.csv", b"id,jenis\n")
        .lay();
    let ran = site.fetch("bpjs", &["--open", "--xlsx"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let folder = site.received("bpjs", &format!("outbox/{name}"));
    let path = folder.join(format!("{name}.xlsx"));
    assert_eq!(mode(&path), 0o600);
    assert!(!folder.join("perubahan.csv").exists());

    let book = read(&path);
    let sheets: Vec<_> = book.as_object().unwrap().keys().collect();
    assert_eq!(
        sheets,
        ["Perbedaan_kepesertaan_pejabat_n", "Perubahan", "Ringkasan"]
    );
    let sheet = &book["Perubahan"];
    assert_eq!(
        (&sheet["filter"], &sheet["frozen"]),
        (&json!("A1:T3"), &json!("A2"))
    );
    for (position, value) in values.iter().enumerate() {
        let cell = &sheet["cells"][1][position + 2];
        assert_eq!(cell[0], *value, "{cell}");
        assert_eq!(
            (&cell[1], &cell[2]),
            (&json!("s"), &json!("@")),
            "{value} is no text"
        );
    }
    assert_eq!(sheet["cells"][2][2][0], Value::Null);
    assert_eq!(book["Perbedaan_kepesertaan_pejabat_n"]["filter"], "A1:B1");
    let summary = book["Ringkasan"].to_string();
    assert!(
        summary.contains("rows / accepted") && summary.contains("padan-response-1"),
        "{summary}"
    );

    // It lies beside what it was made of, which verifies as before; a second one overwrites nothing.
    let out = site.padan("bpjs", &["open", folder.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    let out = site.padan("bpjs", &["open", "--xlsx", folder.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(2), "{out:?}");
    assert!(lossy(&out.stderr).contains("already there"));
}

#[test]
#[ignore = "needs openpyxl"]
fn the_rows_of_a_receipt_are_a_workbook_too() {
    let site = Site::start();
    let name = receipt(&site, "bkn", 1, "DITERIMA");
    site.fetch("bkn", &["--open", "--xlsx"]);
    let book = read(&site.received("bkn", &format!("receipts/{name}.rows.xlsx")));
    assert_eq!(
        book["Baris"]["cells"][1],
        json!([["pns", "s", "@"], ["2", "s", "@"], ["ERROR", "s", "@"]])
    );
    assert!(book.get("Ringkasan").is_none());
}

#[test]
fn several_are_opened_at_once_and_one_bad_one_keeps_none_from_it() {
    let site = Site::start();
    let first = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", b"a\n1\n")
        .lay();
    let second = Answer::new(&site, "bpjs", 2)
        .sealed("perubahan.csv", b"a\n2\n")
        .lay();
    assert_eq!(site.fetch("bpjs", &[]).code, 0);
    let [first, second] =
        [first, second].map(|name| site.received("bpjs", &format!("outbox/{name}")));
    fs::write(first.join("ringkasan.txt"), "changed").unwrap();
    let both = [first.to_str().unwrap(), second.to_str().unwrap()];
    let out = site.padan("bpjs", &["open", both[0], both[1]]);
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    assert!(lossy(&out.stderr).contains("CHECKSUM_MISMATCH"), "{out:?}");
    assert_eq!(fs::read(second.join("perubahan.csv")).unwrap(), b"a\n2\n");
    assert!(!first.join("perubahan.csv").exists());
}

#[test]
fn the_rows_of_a_receipt_open_only_as_they_were_signed() {
    let site = Site::start();
    let name = receipt(&site, "bkn", 1, "DITERIMA");
    let other = receipt(&site, "bkn", 2, "DITERIMA");
    assert_eq!(site.fetch("bkn", &[]).code, 0);
    let folder = site.received("bkn", "receipts");
    for way in [".json", ".rows.csv.age", ".txt"] {
        let path = folder.join(format!("{name}{way}"));
        let out = site.padan("bkn", &["open", path.to_str().unwrap()]);
        assert_eq!(out.status.code(), Some(0), "{way}: {out:?}");
        let rows = folder.join(format!("{name}.rows.csv"));
        assert!(
            fs::read_to_string(&rows)
                .unwrap()
                .starts_with("dataset,baris"),
            "{way}"
        );
        fs::remove_file(rows).unwrap();
    }
    let [mine, theirs] = [&name, &other].map(|name| folder.join(format!("{name}.rows.csv.age")));
    fs::copy(theirs, mine).unwrap();
    let before = names(&folder);
    let path = folder.join(format!("{name}.json"));
    let out = site.padan("bkn", &["open", path.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    assert!(lossy(&out.stderr).contains("CHECKSUM_MISMATCH"), "{out:?}");
    assert_eq!(names(&folder), before);
}

fn read(path: &Path) -> Value {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin/python");
    let out = Command::new(python)
        .args(["-c", READ])
        .arg(path)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}
