//! The receipt for a person, on one screen: in Indonesian, in English what happened and the next step; below it what
//! needs no language, the first faults by line and column, and by what the receipt can be proven.
//!
//! One data file with ten faults of more kinds than are explained makes 43 lines of 80 characters, what an editor shows at
//! once; a clean one makes 13. A reader skips the other language's third. What is left out for that (more codes, full
//! digests, columns, times) stands in the JSON.

use std::fmt::Write;

use crate::agreement::checks::CheckCode;
use crate::rejection::{FindingCount, Sentence, Text};

use super::wrap::{WIDTH, wrapped};
use super::{FileReceipt, Problem, Receipt, RowFault, Verdict};

/// How many codes of one file are explained.
const MOST_CODES: usize = 3;
/// How many rows at fault are listed, of all files together.
const MOST_FAULTS: usize = 10;

/// The whole page.
pub fn page(receipt: &Receipt) -> String {
    let mut out = String::new();
    for words in [&INDONESIAN, &ENGLISH] {
        in_words(receipt, words, &mut out);
        out.push('\n');
    }
    let _ = writeln!(out, "{}", "-".repeat(WIDTH));
    first_faults(receipt, &mut out);
    proof(receipt, &mut out);
    out
}

/// What happened and the next step. Writing to a String cannot fail.
fn in_words(receipt: &Receipt, words: &Words, out: &mut String) {
    let verdict = match receipt.verdict {
        Verdict::Diterima => words.accepted_verdict,
        Verdict::Ditolak => words.refused_verdict,
        Verdict::Menunggu => words.waiting_verdict,
    };
    let _ = writeln!(out, "{verdict}: {}", receipt.name);
    if let Some(problem) = &receipt.problem {
        let sentence = (words.tongue)(&problem.code.text());
        wrapped("", &format!("{} {}", problem.code, sentence.what), 2, out);
        place(problem, words, out);
    }
    // Of a refused delivery the problem tells which file it is about.
    if receipt.problem.is_none() {
        for file in &receipt.files {
            // A delivery of one file bears its name.
            if file.file.split('.').next() != Some(&receipt.name) {
                let _ = writeln!(out, "{}", file.file);
            }
            one_file(file, words, out);
        }
    }
    let first = format!("{}: ", words.next_step);
    match &receipt.problem {
        Some(problem) => {
            let sentence = (words.tongue)(&problem.code.text());
            wrapped(&first, sentence.remedy, 2, out);
        }
        None => wrapped(&first, next_step(receipt, words), 2, out),
    }
}

/// Where the problem is.
fn place(problem: &Problem, words: &Words, out: &mut String) {
    if let Some(file) = &problem.place.file {
        let _ = writeln!(out, "  {}: {file}", words.file);
    }
    if let Some(line) = problem.place.line {
        let _ = writeln!(out, "  {}: {line}", words.line);
    }
    if !problem.place.columns.is_empty() {
        let columns = problem.place.columns.join(", ");
        wrapped(&format!("  {}: ", words.columns), &columns, 4, out);
    }
    if let Some(rows) = &problem.rows {
        let _ = writeln!(
            out,
            "  {}: {}   {}: {}   ({} {} %)",
            words.rows,
            rows.rows,
            words.refused,
            rows.refused,
            words.tolerated,
            rows.tolerated_percent
        );
        findings(&rows.findings, words, out);
    }
    for name in &problem.names {
        let _ = writeln!(out, "  - {name}");
    }
}

fn one_file(file: &FileReceipt, words: &Words, out: &mut String) {
    if let (Some(rows), Some(accepted), Some(refused)) = (file.rows, file.accepted, file.refused) {
        let _ = writeln!(
            out,
            "  {}: {rows}   {}: {accepted}   {}: {refused}",
            words.rows, words.accepted, words.refused
        );
    }
    if let Some(before) = file.gap_after {
        let _ = writeln!(out, "  {} {before} -> {}", words.gap, file.sequence);
    }
    if let Some(same) = file.same_content_as {
        let _ = writeln!(out, "  {} {same}", words.same);
    }
    if let Some(before) = file.older_than {
        let _ = writeln!(out, "  {} {before} -> {}", words.older, file.as_of);
    }
    if let Some(carried) = file.carried_over.filter(|carried| *carried > 0) {
        let _ = writeln!(out, "  {}: {carried}", words.carried_over);
    }
    findings(&file.findings, words, out);
    for reconciliation in &file.waiting_for {
        let _ = writeln!(out, "  {} {reconciliation}", words.waiting_for);
    }
    if let Some(folder) = &file.response {
        let _ = writeln!(out, "  {} outbox/{folder}/", words.response);
    }
}

/// The loudest codes with what they mean, and how many more there are.
fn findings(findings: &[FindingCount], words: &Words, out: &mut String) {
    let mut loudest: Vec<_> = findings.iter().collect();
    loudest.sort_by_key(|finding| {
        (
            std::cmp::Reverse(finding.level),
            std::cmp::Reverse(finding.count),
        )
    });
    for finding in loudest.iter().take(MOST_CODES) {
        let first = format!(
            "  {:>7} {:<5} {}: ",
            finding.count,
            finding.level.as_str(),
            finding.code
        );
        wrapped(&first, meaning(finding, words), 16, out);
    }
    let more = loudest.len().saturating_sub(MOST_CODES);
    if more > 0 {
        let _ = writeln!(out, "  {:>7} {}", format!("+{more}"), words.more_codes);
    }
}

/// What a code means, without the remedy: that stands beside each row in the list.
fn meaning<'f>(finding: &'f FindingCount, words: &Words) -> &'f str {
    let known = CheckCode::all().find(|code| code.as_str() == finding.code);
    known.map_or(&finding.message, |code| {
        (words.tongue)(&code.entry().text).what
    })
}

/// What an accepted delivery leaves to do.
fn next_step(receipt: &Receipt, words: &Words) -> &'static str {
    let refused = receipt
        .files
        .iter()
        .any(|file| file.refused.is_some_and(|refused| refused > 0));
    match (refused, &receipt.rows_file) {
        (true, _) => words.mend,
        (false, Some(_)) => words.look,
        (false, None) => words.nothing,
    }
}

/// Where the first faults are: line, level, column, code.
fn first_faults(receipt: &Receipt, out: &mut String) {
    let faults: Vec<_> = receipt
        .files
        .iter()
        .flat_map(|file| file.first_faults.iter().map(move |fault| (file, fault)))
        .take(MOST_FAULTS)
        .collect();
    if faults.is_empty() {
        return;
    }
    let several = receipt.files.len() > 1;
    let _ = writeln!(
        out,
        "Kesalahan pertama / first faults: baris / line, kolom / column, kode / code"
    );
    for (
        file,
        RowFault {
            line,
            column,
            code,
            level,
        },
    ) in faults
    {
        let dataset = if several {
            format!("{} ", file.dataset)
        } else {
            String::new()
        };
        let column = column.as_deref().unwrap_or("-");
        let _ = writeln!(
            out,
            "{line:>9} {:<5} {dataset}{column:<26} {code}",
            level.as_str()
        );
    }
    if let Some(rows) = &receipt.rows_file {
        let _ = writeln!(out, "Daftar / list (age): {rows}");
    }
}

/// The short form of what the JSON proves.
fn proof(receipt: &Receipt, out: &mut String) {
    let _ = writeln!(
        out,
        "Masuk / received: {}, {}",
        receipt.received, receipt.party
    );
    let agreement: String = receipt.agreement.to_string().chars().take(12).collect();
    if let Some(id) = &receipt.delivery {
        let _ = write!(out, "Kiriman / delivery: {}   ", id.short());
    }
    let _ = writeln!(out, "Perjanjian / agreement: {agreement}");
    if let Some(signer) = &receipt.signer {
        let _ = writeln!(out, "Ditandatangani / signed: {signer}");
    }
    let _ = writeln!(out, "Bukti / proof: {}.json (.sig)", receipt.name);
}

struct Words {
    tongue: fn(&Text) -> Sentence,
    accepted_verdict: &'static str,
    refused_verdict: &'static str,
    waiting_verdict: &'static str,
    file: &'static str,
    line: &'static str,
    columns: &'static str,
    rows: &'static str,
    accepted: &'static str,
    refused: &'static str,
    next_step: &'static str,
    mend: &'static str,
    look: &'static str,
    nothing: &'static str,
    more_codes: &'static str,
    gap: &'static str,
    tolerated: &'static str,
    carried_over: &'static str,
    older: &'static str,
    same: &'static str,
    waiting_for: &'static str,
    response: &'static str,
}

const INDONESIAN: Words = Words {
    tongue: |text| text.id,
    accepted_verdict: "DITERIMA",
    refused_verdict: "DITOLAK",
    waiting_verdict: "MENUNGGU",
    file: "Berkas",
    line: "Baris",
    columns: "Kolom",
    rows: "Baris",
    accepted: "diterima",
    refused: "ditolak",
    next_step: "Yang harus dilakukan",
    mend: "Perbaiki pada kiriman berikutnya; daftarnya .rows.csv.age.",
    look: "Periksa baris yang diperingatkan; daftarnya .rows.csv.age.",
    nothing: "Tidak ada. Simpan tanda terima ini.",
    more_codes: "kode lain; semuanya ada di daftar baris dan berkas .json",
    gap: "Ada nomor urut yang terlewat; bila isinya masih perlu dikirim, pakai nomor baru:",
    tolerated: "batas",
    carried_over: "Catatan lama yang tetap berlaku karena baris barunya ditolak",
    older: "Tanggal data lebih lama daripada kiriman sebelumnya:",
    same: "Isinya sama dengan nomor urut",
    waiting_for: "Menunggu data pihak lain untuk rekonsiliasi",
    response: "Jawaban:",
};

const ENGLISH: Words = Words {
    tongue: |text| text.en,
    accepted_verdict: "ACCEPTED",
    refused_verdict: "REFUSED",
    waiting_verdict: "WAITING",
    file: "File",
    line: "Line",
    columns: "Columns",
    rows: "Rows",
    accepted: "accepted",
    refused: "refused",
    next_step: "What to do",
    mend: "Correct them for the next delivery; the list is .rows.csv.age.",
    look: "Look at the rows with a warning; the list is .rows.csv.age.",
    nothing: "Nothing. Keep this receipt.",
    more_codes: "more codes; all are in the list of rows and the .json file",
    gap: "Sequence numbers were skipped; if their content is still to be sent, give it a new number:",
    tolerated: "limit",
    carried_over: "Records that stay as they were because their new rows were refused",
    older: "The data is older than what was delivered before:",
    same: "Same content as sequence",
    waiting_for: "Waiting for the other party's data for the reconciliation",
    response: "Response:",
};
