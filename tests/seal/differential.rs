//! The checks before sending are the service's own: the same rows, the same codes, the same counts.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use padan::trust::envelope::{Identities, open};
use serde_json::Value;

use crate::trial::{BINARY, Trial};
use crate::workbooks::from_csv;

/// Lines of a list of faults, without the values: row, level, code, column.
type Facts = Vec<(u64, String, String, String)>;

#[test]
fn a_csv_with_known_faults_is_judged_alike_on_both_sides() {
    let trial = Trial::start();
    for (party, dataset) in [
        ("bkn", "pns"),
        ("bkn", "keluarga"),
        ("bpjs", "pejabat_negara"),
    ] {
        let file = sample(&trial, party, dataset);
        same_on_both_sides(&trial, party, &file);
    }
}

#[test]
fn a_workbook_of_the_same_rows_is_judged_alike_and_in_the_sheets_own_rows() {
    let trial = Trial::start();
    let csv = sample(&trial, "bkn", "pns");
    let sheet = csv.with_extension("xlsx");
    from_csv(&csv, &sheet);
    let facts = same_on_both_sides(&trial, "bkn", &sheet);
    assert!(facts.iter().any(|(_, level, ..)| level == "ERROR"));
}

fn same_on_both_sides(trial: &Trial, party: &str, file: &Path) -> Facts {
    let list = trial.file("faults.csv");
    let args = [
        "--send",
        "--accept-refused",
        "--faults",
        list.to_str().unwrap(),
        file.to_str().unwrap(),
    ];
    let run = trial.seal(party, &args);
    run.ended(0, &["DITERIMA"]);
    let receipts = trial.party(party).join("sent/receipts");
    let stem = file.file_stem().unwrap().to_str().unwrap();
    let receipt: Value =
        serde_json::from_slice(&fs::read(receipts.join(format!("{stem}.json"))).unwrap()).unwrap();
    let here = facts(File::open(&list).unwrap(), [1, 2, 3, 4]);
    let rows = File::open(receipts.join(format!("{stem}.rows.csv.age"))).unwrap();
    let identities = Identities::load(&trial.party(party).join("age_identity.txt")).unwrap();
    let there = facts(open(rows, &identities).unwrap(), [1, 2, 3, 4]);
    assert!(!here.is_empty());
    assert_eq!(here, there);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, _, code, _) in &here {
        *counts.entry(code).or_default() += 1;
    }
    for finding in receipt["files"][0]["findings"].as_array().unwrap() {
        let (code, count) = (
            finding["code"].as_str().unwrap(),
            finding["count"].as_u64().unwrap(),
        );
        let line = format!(
            "{count:>6} {:<5} {code}:",
            finding["level"].as_str().unwrap()
        );
        assert!(run.out.contains(&line), "no `{line}` in {}", run.out);
        if finding["level"] != "INFO" {
            assert_eq!(counts.get(code), Some(&count), "{code}");
        }
    }
    here
}

fn facts(mut list: impl Read, columns: [usize; 4]) -> Facts {
    let mut bytes = Vec::new();
    list.read_to_end(&mut bytes).unwrap();
    let mut reader = simd_csv::ReaderBuilder::new().from_reader(bytes.as_slice());
    let mut record = simd_csv::ByteRecord::new();
    let mut facts = Facts::new();
    while reader.read_byte_record(&mut record).unwrap() {
        let field = |n: usize| String::from_utf8(record[columns[n]].to_vec()).unwrap();
        facts.push((field(0).parse().unwrap(), field(1), field(2), field(3)));
    }
    facts.sort();
    facts
}

/// A synthetic extract with known faults.
fn sample(trial: &Trial, party: &str, dataset: &str) -> PathBuf {
    let folder = trial.file("sample");
    if !folder.exists() {
        let made = Command::new(BINARY)
            .args([
                "sample",
                "--rows",
                "600",
                "--seed",
                "3",
                "--as-of",
                "2026-11-20",
                "--out",
            ])
            .arg(&folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
    }
    folder.join(format!(
        "babak-1/{party}_{dataset}_full_2026-11-20_0001.csv"
    ))
}
