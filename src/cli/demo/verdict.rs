//! Holds what the parties received against what is known to be true of the sample.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde_json::Value;

use crate::agreement::checks::CheckCode;
use crate::sample::{FileTruth, ReconciliationTruth, Round};

use super::super::Failure;
use super::party::{Answer, ReceiptSeen};
use super::seen::{Counts, Seen, Table, changes};
use super::tell::say;

/// Facts that were compared, and those that came out otherwise.
#[derive(Default)]
pub struct Mismatches {
    compared: u64,
    wrong: Vec<String>,
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
        newest: &BTreeMap<String, Seen>,
        answers: &[Answer],
    ) {
        for (id, truth) in &expected.reconciliations {
            match newest.get(id) {
                Some(seen) => self.reconciliation(id, truth, seen),
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

    fn reconciliation(&mut self, id: &str, truth: &ReconciliationTruth, seen: &Seen) {
        self.same(&format!("{id}: matched"), &truth.matched, &seen.matched);
        self.same(&format!("{id}: agreeing"), &truth.agreeing, &seen.agreeing);
        let found = &seen.differences;
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

#[cfg(test)]
mod tests {
    use super::super::seen::Differences;
    use super::{Failure, Mismatches, Seen};
    use crate::sample::{ReconciliationTruth, Round};

    fn seen(matched: u64) -> [(String, Seen); 1] {
        let seen = Seen {
            matched,
            agreeing: 3,
            differences: Differences::default(),
        };
        [("kepesertaan".to_owned(), seen)]
    }

    fn judge(matched: u64) -> Result<(), Failure> {
        let truth = ReconciliationTruth {
            matched: 3,
            agreeing: 3,
            ..ReconciliationTruth::default()
        };
        let expected = Round {
            reconciliations: [("kepesertaan".to_owned(), truth)].into(),
            ..Round::default()
        };
        let mut mismatches = Mismatches::default();
        mismatches.answers(&expected, &seen(matched).into(), &[]);
        mismatches.judge()
    }

    #[test]
    fn a_demo_fails_when_one_number_is_not_the_true_one() {
        assert!(judge(3).is_ok());
        let Err(Failure::Refused(text)) = judge(4) else {
            panic!("a false number was confirmed");
        };
        assert!(
            text.contains("kepesertaan: matched: true 3, found 4"),
            "{text}"
        );
    }
}
