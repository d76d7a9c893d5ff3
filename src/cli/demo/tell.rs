//! What a person sees of a demo.

use serde_json::Value;

use super::party::{Answer, ReceiptSeen};
use super::seen::Seen;

/// A new part of the demo.
pub fn title(text: &str) {
    println!("\n== {text}");
}

/// One thing to know.
pub fn say(text: &str) {
    println!("   {text}");
}

/// What was dropped, what was refused and why.
pub fn receipts(receipts: &[ReceiptSeen]) {
    for seen in receipts {
        let verdict = word(&seen.receipt, "verdict");
        println!(
            "   {:<4} {:<48} {:>9}  {verdict} after {} ms",
            seen.party,
            seen.file,
            size(seen.size),
            seen.waited.as_millis()
        );
        println!("        sent as {}", seen.sent.join(", "));
        if let Some(code) = seen
            .receipt
            .pointer("/problem/code")
            .and_then(Value::as_str)
        {
            println!("        {code}");
        }
        let files = seen.receipt.get("files").and_then(Value::as_array);
        for file in files.into_iter().flatten() {
            println!(
                "        {} rows: {} accepted, {} refused",
                number(file, "rows"),
                number(file, "accepted"),
                number(file, "refused")
            );
            let findings = file.get("findings").and_then(Value::as_array);
            for finding in findings.into_iter().flatten() {
                if word(finding, "level") != "INFO" {
                    println!(
                        "          {:>5} {:<5} {:<24} {}",
                        number(finding, "count"),
                        word(finding, "level"),
                        word(finding, "code"),
                        first_sentence(word(finding, "message"))
                    );
                }
            }
        }
    }
}

/// One response folder and what is in it.
pub fn answer(answer: &Answer) {
    println!(
        "   {:<4} {}  signature and checksums good",
        answer.reader, answer.name
    );
    if let Some(changes) = answer.summary.get("changes") {
        println!(
            "        perubahan.csv       {}; {}",
            counts(changes.get("aksi")),
            counts(changes.get("kelas"))
        );
    }
    let reconciliations = answer
        .summary
        .get("reconciliations")
        .and_then(Value::as_object);
    for (id, found) in reconciliations.into_iter().flatten() {
        if found.get("waiting").is_some() {
            println!("        {id}: waits for the other party's data");
        } else {
            println!(
                "        perbedaan_{id}.csv  {}",
                counts(found.get("status"))
            );
        }
    }
}

/// How many agree and differ, per field, and who must act.
pub fn reconciliation(id: &str, seen: &Seen) {
    let found = &seen.differences;
    let act = |subject: &String| found.acts.get(subject).map_or("", String::as_str);
    println!(
        "   {id}: {} records met, {} of them agree in everything",
        seen.matched, seen.agreeing
    );
    println!(
        "        {:<28} {:>8} {:>8}  who acts",
        "", "agree", "differ"
    );
    for (column, verdicts) in &found.values {
        let differ: u64 = verdicts.values().sum();
        let agree = seen.matched.saturating_sub(differ);
        println!(
            "        {column:<28} {agree:>8} {differ:>8}  {}",
            act(column)
        );
    }
    for (kind, count) in &found.kinds {
        println!("        {kind:<28} {:>8} {count:>8}  {}", "", act(kind));
    }
    let statuses: Vec<String> = found
        .statuses
        .iter()
        .map(|(status, count)| format!("{status} {count}"))
        .collect();
    println!("        {}", statuses.join(", "));
}

fn counts(table: Option<&Value>) -> String {
    let told: Vec<String> = table
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(word, count)| format!("{word} {count}"))
        .collect();
    if told.is_empty() {
        "nothing".to_owned()
    } else {
        told.join(", ")
    }
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

fn word<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first)
}

fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
