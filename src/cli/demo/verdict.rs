//! Holds what the parties received against what is known to be true of the sample.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs::File;
use std::path::Path;

use serde_json::Value;

use crate::agreement::checks::CheckCode;
use crate::fault::Fault;
use crate::sample::{FileTruth, ReconciliationTruth, Round};

use super::super::Failure;
use super::party::{Answer, ReceiptSeen};
use super::tell::say;

/// Numbers by one word, or by two.
type Counts = BTreeMap<String, u64>;
type Table = BTreeMap<String, Counts>;

/// Facts that were compared, and those that came out otherwise.
#[derive(Default)]
pub struct Mismatches {
    compared: u64,
    wrong: Vec<String>,
}

/// By reconciliation the newest answer about it, of the reader who sees the most: BPJS is entitled to all of `pns`.
pub fn newest(answers: &[Answer]) -> BTreeMap<String, &Answer> {
    let mut newest = BTreeMap::new();
    for answer in answers.iter().filter(|answer| answer.reader == "bpjs") {
        let found = answer
            .summary
            .get("reconciliations")
            .and_then(Value::as_object);
        for (id, counts) in found.into_iter().flatten() {
            if counts.get("waiting").is_none() {
                newest.insert(id.clone(), answer);
            }
        }
    }
    newest
}

impl Mismatches {
    /// Every receipt against the truth about its file.
    pub fn receipts(&mut self, expected: &Round, receipts: &[ReceiptSeen]) {
        let seen: Vec<&str> = receipts.iter().map(|r| r.file.as_str()).collect();
        let known: Vec<&str> = expected.files.keys().map(String::as_str).collect();
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        self.same("the files delivered", &known, &sorted);
        for receipt in receipts {
            let Some(truth) = expected.files.get(&receipt.file) else {
                continue;
            };
            let file = receipt.receipt.pointer("/files/0").unwrap_or(&Value::Null);
            let number = |name: &str| file.get(name).and_then(Value::as_u64);
            for (name, true_count) in [
                ("rows", truth.rows),
                ("accepted", truth.accepted),
                ("refused", truth.refused),
            ] {
                let what = format!("{}: {name}", receipt.file);
                self.same(&what, &Some(true_count), &number(name));
            }
            let what = format!("{}: findings", receipt.file);
            self.same(&what, &true_findings(truth), &told_findings(file));
        }
    }

    /// Every reconciliation, recounted from the opened files, against the truth about it.
    pub fn answers(
        &mut self,
        expected: &Round,
        newest: &BTreeMap<String, &Answer>,
        answers: &[Answer],
    ) {
        for (id, truth) in &expected.reconciliations {
            match newest.get(id) {
                Some(answer) => self.reconciliation(id, truth, answer),
                None => self.wrong.push(format!("{id}: no answer came")),
            }
        }
        if expected.changes.is_empty() {
            return;
        }
        let of_pns = answers.iter().find(|answer| {
            answer.reader == "bpjs" && answer.summary.get("dataset").is_some_and(|d| d == "pns")
        });
        let found = of_pns.map(|answer| changes(&answer.folder.join("perubahan.csv")));
        match found {
            Some(Ok(found)) => self.same("changes of pns", &expected.changes, &found),
            Some(Err(fault)) => self.wrong.push(fault.to_string()),
            None => self.wrong.push("changes of pns: no answer came".to_owned()),
        }
    }

    /// Says that all is true, or fails with everything that is not.
    pub fn judge(self) -> Result<(), Failure> {
        if self.wrong.is_empty() {
            say(&format!(
                "confirmed: all {} facts in truth.json came out as planted",
                self.compared
            ));
            return Ok(());
        }
        Err(Failure::Refused(format!(
            "{} of {} facts came out otherwise than planted:\n  {}",
            self.wrong.len(),
            self.compared,
            self.wrong.join("\n  ")
        )))
    }

    fn reconciliation(&mut self, id: &str, truth: &ReconciliationTruth, answer: &Answer) {
        let summary = answer.summary.pointer(&format!("/reconciliations/{id}"));
        let number = |name: &str| summary.and_then(|s| s.get(name)).and_then(Value::as_u64);
        self.same(
            &format!("{id}: matched"),
            &Some(truth.matched),
            &number("matched"),
        );
        self.same(
            &format!("{id}: agreeing"),
            &Some(truth.agreeing),
            &number("agreeing"),
        );
        let path = answer.folder.join(format!("perbedaan_{id}.csv"));
        let found = match Differences::count(&path) {
            Ok(found) => found,
            Err(fault) => {
                self.wrong.push(fault.to_string());
                return;
            }
        };
        self.same(
            &format!("{id}: NILAI by column"),
            &true_values(truth),
            &found.values,
        );
        let kinds = [
            ("HANYA_BKN", truth.hanya_bkn),
            ("HANYA_BPJS", truth.hanya_bpjs),
            ("GANDA", truth.ganda),
        ];
        self.same(&format!("{id}: other kinds"), &present(kinds), &found.kinds);
        let statuses = [
            ("BARU", truth.status.baru),
            ("MASIH", truth.status.masih),
            ("SELESAI", truth.status.selesai),
        ];
        self.same(
            &format!("{id}: status"),
            &present(statuses),
            &found.statuses,
        );
    }

    fn same<T: PartialEq + Debug>(&mut self, what: &str, truth: &T, found: &T) {
        self.compared += 1;
        if truth != found {
            self.wrong
                .push(format!("{what}: true {truth:?}, found {found:?}"));
        }
    }
}

/// One file of differences, counted line by line.
#[derive(Default)]
struct Differences {
    values: Table,
    kinds: Counts,
    statuses: Counts,
}

impl Differences {
    fn count(path: &Path) -> Result<Self, Fault> {
        let mut found = Self::default();
        each_line(
            path,
            ["jenis", "kolom", "putusan", "status"],
            |[kind, column, verdict, status]| {
                add(&mut found.statuses, status);
                if status == "SELESAI" {
                    return;
                }
                if kind == "NILAI" {
                    add(found.values.entry(column.to_owned()).or_default(), verdict);
                } else {
                    add(&mut found.kinds, kind);
                }
            },
        )?;
        Ok(found)
    }
}

fn changes(path: &Path) -> Result<Table, Fault> {
    let mut found = Table::new();
    each_line(path, ["aksi", "kelas"], |[action, class]| {
        add(found.entry(action.to_owned()).or_default(), class);
    })?;
    Ok(found)
}

/// Calls `tell` with the named columns of each line of an opened file.
fn each_line<const N: usize>(
    path: &Path,
    columns: [&str; N],
    mut tell: impl FnMut([&str; N]),
) -> Result<(), Fault> {
    let read = |e: simd_csv::Error| match e.into_kind() {
        simd_csv::ErrorKind::Io(e) => Fault::io("read", path)(e),
        _ => Fault::io("read", path)(std::io::ErrorKind::InvalidData.into()),
    };
    let file = File::open(path).map_err(Fault::io("open", path))?;
    let mut reader = simd_csv::Reader::from_reader(file);
    let headers = reader.byte_headers().map_err(read)?;
    let places = columns.map(|c| headers.iter().position(|h| h == c.as_bytes()));
    let mut record = simd_csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(read)? {
        tell(places.map(|place| {
            place
                .and_then(|p| record.get(p))
                .and_then(|field| std::str::from_utf8(field).ok())
                .unwrap_or("")
        }));
    }
    Ok(())
}

fn add(counts: &mut Counts, word: &str) {
    *counts.entry(word.to_owned()).or_default() += 1;
}

fn present<const N: usize>(counts: [(&str, u64); N]) -> Counts {
    counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| (word.to_owned(), count))
        .collect()
}

fn true_values(truth: &ReconciliationTruth) -> Table {
    let by_verdict = |verdicts: &BTreeMap<_, u64>| {
        verdicts
            .iter()
            .map(|(verdict, count)| (format!("{verdict:?}").to_uppercase(), *count))
            .collect()
    };
    truth
        .nilai
        .iter()
        .map(|(column, verdicts)| (column.clone(), by_verdict(verdicts)))
        .collect()
}

fn true_findings(truth: &FileTruth) -> Table {
    let levels = [
        ("ERROR", &truth.errors),
        ("WARN", &truth.warnings),
        ("INFO", &truth.infos),
    ];
    let by_code = |counts: &BTreeMap<CheckCode, u64>| {
        counts
            .iter()
            .map(|(code, count)| (code.as_str().to_owned(), *count))
            .collect::<Counts>()
    };
    levels
        .into_iter()
        .map(|(level, counts)| (level.to_owned(), by_code(counts)))
        .filter(|(_, counts)| !counts.is_empty())
        .collect()
}

fn told_findings(file: &Value) -> Table {
    let mut told = Table::new();
    let findings = file.get("findings").and_then(Value::as_array);
    for finding in findings.into_iter().flatten() {
        let word = |name: &str| finding.get(name).and_then(Value::as_str).unwrap_or("");
        let count = finding.get("count").and_then(Value::as_u64).unwrap_or(0);
        told.entry(word("level").to_owned())
            .or_default()
            .insert(word("code").to_owned(), count);
    }
    told
}
