//! Every way in which a workbook cannot be sent: told with its code, its place and what to do, before anything is
//! written.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::trial::Trial;
use crate::workbooks::{changed, people, sound, text_rows};

/// Seals it as `peserta_pns`; it must be refused, and nothing may be left behind.
#[track_caller]
fn refused(trial: &Trial, file: &Path, said: &[&str]) {
    let run = trial.seal(
        "bpjs",
        &[
            "--dataset",
            "peserta_pns",
            "--as-of",
            "2026-11-20",
            file.to_str().unwrap(),
        ],
    );
    run.ended(1, said);
    assert!(trial.sent("bpjs").is_empty(), "{:?}", trial.sent("bpjs"));
    // No person's data in what is said.
    let told = format!("{}{}", run.out, run.err);
    assert!(
        !told.contains("RATNA") && !told.contains("19700115"),
        "{told}"
    );
}

#[test]
fn what_a_spreadsheet_does_to_cells_is_told_with_sheet_row_and_column() {
    let trial = Trial::quiet();
    let date = Format::new().set_num_format("dd/mm/yyyy");
    type Change<'a> = Box<dyn FnOnce(&mut Worksheet) + 'a>;
    let cases: Vec<(&str, &str, Change<'_>)> = vec![
        (
            "SHEET_DIGITS_LOST",
            "sheet \"Sheet1\", kolom/column A (nip), baris/row 4",
            Box::new(|s| {
                s.write_number(3, 0, 198_501_012_010_011_001_f64).unwrap();
            }),
        ),
        (
            "SHEET_ZEROS_LOST",
            "kolom/column C (nomor_kartu), baris/row 5",
            Box::new(|s| {
                s.write_number(4, 2, 1_234_567_890).unwrap();
            }),
        ),
        (
            "SHEET_TURNED_INTO_DATE",
            "kolom/column B (nama), baris/row 2",
            Box::new(|s| {
                s.write_number_with_format(1, 1, 45_000, &date).unwrap();
            }),
        ),
        (
            "SHEET_BOOLEAN",
            "kolom/column B (nama), baris/row 3",
            Box::new(|s| {
                s.write_boolean(2, 1, true).unwrap();
            }),
        ),
        (
            "SHEET_FORMULA",
            "kolom/column B (nama), baris/row 6",
            Box::new(|s| {
                s.write_formula(5, 1, Formula::new("=UPPER(\"x\")").set_result("X"))
                    .unwrap();
            }),
        ),
        (
            "SHEET_MERGED",
            "B3:B4 (1)",
            Box::new(|s| {
                s.merge_range(2, 1, 3, 1, "X", &Format::new()).unwrap();
            }),
        ),
        (
            "SHEET_HIDDEN",
            "baris/row 7",
            Box::new(|s| {
                s.set_row_hidden(6).unwrap();
            }),
        ),
        (
            "SHEET_HIDDEN",
            "kolom/column B (nama)",
            Box::new(|s| {
                s.set_column_hidden(1).unwrap();
            }),
        ),
        (
            "SHEET_BLANK_ROW",
            "baris/row 12, 13",
            Box::new(|s| {
                s.write_string(13, 0, "x").unwrap();
            }),
        ),
        (
            "SHEET_NO_HEADER",
            "kolom/column F, baris/row 3",
            Box::new(|s| {
                s.write_string(2, 5, "RATNA's phone").unwrap();
            }),
        ),
    ];
    for (number, (code, place, change)) in cases.into_iter().enumerate() {
        let file = changed(&trial, &format!("{number}.xlsx"), change);
        refused(&trial, &file, &[code, place]);
    }
}

#[test]
fn an_error_value_and_a_title_above_the_table_are_told() {
    let trial = Trial::quiet();
    let file = sound(&trial, "x.xlsx", 3);
    let error = rewritten(&trial, &file, "error.xlsx", |name, text| {
        (name == "xl/worksheets/sheet1.xml").then(|| {
            text.replacen(
                "<c r=\"B2\" t=\"s\"><v>",
                "<c r=\"B2\" t=\"e\"><v>#N/A</v></c><c r=\"Z9\" t=\"s\"><v>",
                1,
            )
            .replacen("<c r=\"Z9\" t=\"s\"><v>4</v></c>", "", 1)
        })
    });
    refused(
        &trial,
        &error,
        &["SHEET_ERROR_VALUE", "kolom/column B (nama), baris/row 2"],
    );

    let mut workbook = Workbook::new();
    workbook.add_worksheet().write_string(3, 0, "nip").unwrap();
    let path = trial.file("title.xlsx");
    workbook.save(&path).unwrap();
    refused(&trial, &path, &["SHEET_BLANK_ROW", "baris/row 1"]);
}

#[test]
fn a_workbook_is_one_visible_sheet_unless_it_is_named() {
    let trial = Trial::quiet();
    let path = trial.file("two.xlsx");
    let mut workbook = Workbook::new();
    text_rows(workbook.add_worksheet(), &people(3));
    let second = workbook.add_worksheet();
    text_rows(second, &people(4));
    workbook.add_worksheet();
    let hidden = workbook.add_worksheet();
    hidden.write_string(0, 0, "catatan").unwrap();
    hidden.set_hidden(true);
    workbook.save(&path).unwrap();
    refused(&trial, &path, &["SHEET_SEVERAL", "\"Sheet1\", \"Sheet2\""]);
    let file = path.to_str().unwrap();
    let named = |sheet| {
        trial.seal(
            "bpjs",
            &["--dry-run", "--sheet", sheet, "--as-of", "2026-11-20", file],
        )
    };
    named("Sheet2").ended(
        0,
        &[
            "4 baris diperiksa",
            "lembar tersembunyi tidak dikirim",
            "\"Sheet4\"",
        ],
    );
    named("Sheet9").ended(1, &["SHEET_NOT_FOUND", "\"Sheet1\""]);
    named("Sheet3").ended(1, &["SHEET_EMPTY"]);

    let empty = trial.file("empty.xlsx");
    let mut workbook = Workbook::new();
    workbook.add_worksheet();
    workbook.save(&empty).unwrap();
    refused(&trial, &empty, &["SHEET_EMPTY"]);
}

#[test]
fn a_package_that_is_more_than_rows_is_not_opened() {
    let trial = Trial::quiet();
    let file = sound(&trial, "x.xlsx", 3);
    let with = |name: &str, part: &str, bytes: &[u8]| added(&trial, &file, name, part, bytes);
    for (path, said) in [
        (with("vba.xlsx", "xl/vbaProject.bin", b"x"), "SHEET_MACROS"),
        (with("xlm.xlsx", "xl/macrosheets/sheet1.xml", b"<x/>"), "SHEET_MACROS"),
        (with("link.xlsx", "xl/externalLinks/externalLink1.xml", b"<x/>"), "SHEET_EXTERNAL_LINKS"),
        (with("ole.xlsx", "xl/embeddings/oleObject1.bin", b"x"), "SHEET_EMBEDDED"),
        (with("nested.xlsx", "xl/media/more.zip", b"PK"), "SHEET_EMBEDDED"),
        (with("xlsb.xlsx", "xl/workbook.bin", b"x"), "SHEET_FORMAT"),
        (with("ods.xlsx", "mimetype", b"application/vnd.oasis"), "SHEET_FORMAT"),
        (
            rewritten(&trial, &file, "xlsm.xlsx", |name, text| {
                (name == "[Content_Types].xml").then(|| {
                    text.replace(
                        "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                        "vnd.ms-excel.sheet.macroEnabled.main+xml",
                    )
                })
            }),
            "SHEET_MACROS",
        ),
        (
            rewritten(&trial, &file, "entity.xlsx", |name, text| {
                let doctype = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
                (name == "xl/sharedStrings.xml").then(|| text.replacen("<sst", &format!("{doctype}<sst"), 1))
            }),
            "SHEET_UNREADABLE",
        ),
        (
            rewritten(&trial, &file, "count.xlsx", |name, text| {
                (name == "xl/sharedStrings.xml")
                    .then(|| text.replacen("uniqueCount=\"", "uniqueCount=\"9999999999999999", 1))
            }),
            "SHEET_TOO_LARGE",
        ),
        (
            rewritten(&trial, &file, "range.xlsx", |name, text| {
                (name == "xl/worksheets/sheet1.xml").then(|| text.replace("ref=\"A1:C4\"", "ref=\"C4:A1\""))
            }),
            "SHEET_UNREADABLE",
        ),
        (
            rewritten(&trial, &file, "order.xlsx", |name, text| {
                (name == "xl/worksheets/sheet1.xml").then(|| text.replace("r=\"C3\"", "r=\"A3\""))
            }),
            "SHEET_UNREADABLE",
        ),
        (bytes(&trial, "old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 Workbook"), "SHEET_FORMAT"),
        (
            bytes(
                &trial,
                "locked.xlsx",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1..E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0",
            ),
            "SHEET_PASSWORD",
        ),
    ] {
        refused(&trial, &path, &[said]);
    }
}

#[test]
fn a_cut_workbook_is_unreadable_wherever_it_is_cut() {
    let trial = Trial::quiet();
    let whole = fs::read(sound(&trial, "x.xlsx", 3)).unwrap();
    for length in [8, whole.len() / 2, whole.len() - 30, whole.len() - 1] {
        let path = bytes(&trial, "cut.xlsx", &whole[..length]);
        refused(&trial, &path, &["SHEET_UNREADABLE"]);
    }
}

#[test]
fn a_bomb_is_told_by_its_table_of_contents_or_where_it_goes_off() {
    let trial = Trial::quiet();
    let file = sound(&trial, "x.xlsx", 3);
    // 64 MiB of one letter are 64 KiB.
    let zeros = vec![b' '; 64 << 20];
    let bomb = added(
        &trial,
        &file,
        "bomb.xlsx",
        "xl/worksheets/sheet2.xml",
        &zeros,
    );
    assert!(fs::metadata(&bomb).unwrap().len() < 1 << 20);
    refused(&trial, &bomb, &["SHEET_TOO_LARGE"]);
    let one_cell = rewritten(&trial, &file, "cell.xlsx", |name, text| {
        let long = "A".repeat(3 << 20);
        (name == "xl/sharedStrings.xml").then(|| text.replacen("<t>", &format!("<t>{long}"), 1))
    });
    refused(&trial, &one_cell, &["SHEET_TOO_LARGE"]);
    let many = trial.file("many.xlsx");
    let mut writer = copied(&file, &many, |_, _| None);
    for number in 0..2_100 {
        writer
            .start_file(format!("xl/media/{number}"), SimpleFileOptions::default())
            .unwrap();
    }
    writer.finish().unwrap();
    refused(&trial, &many, &["SHEET_TOO_LARGE"]);
}

#[test]
fn a_table_of_contents_that_lies_is_found_out() {
    let trial = Trial::quiet();
    let file = sound(&trial, "x.xlsx", 2_000);
    let mut raw = fs::read(&file).unwrap();
    // The size of the sheet, made small in both headers.
    let name = b"xl/worksheets/sheet1.xml";
    let places: Vec<usize> = (0..raw.len() - name.len())
        .filter(|at| raw[*at..].starts_with(name))
        .collect();
    assert_eq!(places.len(), 2, "a local header and the central one");
    raw[places[0] - 8..places[0] - 4].copy_from_slice(&100_u32.to_le_bytes());
    raw[places[1] - 22..places[1] - 18].copy_from_slice(&100_u32.to_le_bytes());
    let path = bytes(&trial, "lies.xlsx", &raw);
    let run = trial.seal(
        "bpjs",
        &[
            "--dataset",
            "peserta_pns",
            "--as-of",
            "2026-11-20",
            path.to_str().unwrap(),
        ],
    );
    run.ended(1, &["SHEET_"]);
}

fn bytes(trial: &Trial, name: &str, bytes: &[u8]) -> PathBuf {
    let path = trial.file(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// A copy with one more part.
fn added(trial: &Trial, file: &Path, name: &str, part: &str, content: &[u8]) -> PathBuf {
    let path = trial.file(name);
    let mut writer = copied(file, &path, |_, _| None);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    writer.start_file(part, options).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap();
    path
}

/// A copy with changed text in some parts; it must change something.
fn rewritten(
    trial: &Trial,
    file: &Path,
    name: &str,
    change: impl Fn(&str, &str) -> Option<String>,
) -> PathBuf {
    let path = trial.file(name);
    copied(file, &path, change).finish().unwrap();
    path
}

fn copied(
    file: &Path,
    to: &Path,
    change: impl Fn(&str, &str) -> Option<String>,
) -> ZipWriter<File> {
    let mut archive = ZipArchive::new(File::open(file).unwrap()).unwrap();
    let mut writer = ZipWriter::new(File::create(to).unwrap());
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        if let Some(new) = change(&name, &text) {
            assert_ne!(new, text, "{name} was not changed");
            text = new;
        }
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(name, options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer
}
