//! The receipt: what became of a delivery, for a person (Indonesian, then English) and for a machine.
//!
//! It holds names, counts and codes and no row's value, so it is not encrypted.

use std::fmt::Write;

use jiff::civil::Date;
use serde::Serialize;

use crate::agreement::{DatasetId, PartyId, ReconciliationId};
use crate::digest::Sha256Digest;
use crate::rejection::{Code, FindingCount, Place, RowCounts};

use super::id::DeliveryId;
use super::name::Mode;

/// Version of the document, in its `format` field.
pub const FORMAT: &str = "padan-receipt-1";

/// `<stem>.json`; [`Receipt::text`] is `<stem>.txt`.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    /// Always [`FORMAT`].
    pub format: &'static str,
    /// Accepted, refused or waiting.
    pub verdict: Verdict,
    /// SHA-256 of the manifest; `None` for a file that came without one.
    pub delivery: Option<DeliveryId>,
    /// What the delivery is called: the manifest's name without `.sha256`.
    pub name: String,
    /// Who sent it.
    pub party: PartyId,
    /// When it was received, RFC 3339 in the service's time zone.
    pub received: String,
    /// SHA-256 of the agreement file in force.
    pub agreement: Sha256Digest,
    /// Why it was refused, or what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// The data files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileReceipt>,
    /// The encrypted list of refused and warned rows, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_file: Option<String>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Accepted and answered.
    Diterima,
    /// Refused.
    Ditolak,
    /// Incomplete: still lying in the inbox.
    Menunggu,
}

/// A code with its sentences.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// Where it is.
    pub place: Place,
    /// What the row checks found, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowCounts>,
    /// Names that are missing or do not match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Indonesian.
    pub pesan: String,
    /// English.
    pub message: String,
}

/// One data file.
#[derive(Debug, Clone, Serialize)]
pub struct FileReceipt {
    /// Its name.
    pub file: String,
    /// SHA-256 of the ciphertext.
    pub sha256: Sha256Digest,
    /// What it is.
    pub dataset: DatasetId,
    /// Full or delta.
    pub mode: Mode,
    /// The day on which the data was true.
    pub as_of: Date,
    /// Its sequence.
    pub sequence: u32,
    /// The sequence before it, where one or more are skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_after: Option<u32>,
    /// An earlier sequence with the same plaintext.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_content_as: Option<u32>,
    /// The as-of day before, where this one is earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_than: Option<Date>,
    /// Rows in the file.
    pub rows: u64,
    /// Rows taken over.
    pub accepted: u64,
    /// Rows refused.
    pub refused: u64,
    /// Records known before that stay as they were because their new rows were refused.
    pub carried_over: u64,
    /// What the checks found.
    pub findings: Vec<FindingCount>,
    /// Response folder in the sender's own outbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Reconciliations that wait for the counterpart's data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<ReconciliationId>,
}

impl Problem {
    /// The problem with the sentences of its code.
    pub fn new(code: Code, place: Place) -> Self {
        let text = code.text();
        Self {
            code,
            place,
            rows: None,
            names: vec![],
            pesan: format!("{} {}", text.id.what, text.id.remedy),
            message: format!("{} {}", text.en.what, text.en.remedy),
        }
    }

    /// Where it is, in words of either language.
    fn place_text(&self, words: &Words) -> String {
        let mut out = String::new();
        if let Some(file) = &self.place.file {
            let _ = writeln!(out, "  {}: {file}", words.file);
        }
        if let Some(line) = self.place.line {
            let _ = writeln!(out, "  {}: {line}", words.line);
        }
        if !self.place.columns.is_empty() {
            let _ = writeln!(
                out,
                "  {}: {}",
                words.columns,
                self.place.columns.join(", ")
            );
        }
        if let Some(rows) = &self.rows {
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
            tell_findings(&rows.findings, words, &mut out);
        }
        for name in &self.names {
            let _ = writeln!(out, "  - {name}");
        }
        out
    }
}

impl Receipt {
    /// The receipt for a person: Indonesian, then English.
    pub fn text(&self) -> String {
        format!(
            "{}\n----------------------------------------\n\n{}",
            self.in_words(&INDONESIAN),
            self.in_words(&ENGLISH)
        )
    }

    /// The receipt for a machine: JSON, one field a line, ending with a line break.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    fn in_words(&self, words: &Words) -> String {
        let mut out = String::new();
        let verdict = match self.verdict {
            Verdict::Diterima => words.accepted_verdict,
            Verdict::Ditolak => words.refused_verdict,
            Verdict::Menunggu => words.waiting_verdict,
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{verdict}: {}", self.name);
        let _ = writeln!(out, "{}: {}", words.received, self.received);
        if let Some(id) = &self.delivery {
            let _ = writeln!(out, "{}: {id}", words.delivery);
        }
        let _ = writeln!(out, "{}: {}", words.agreement, self.agreement);
        if let Some(problem) = &self.problem {
            let text = problem.code.text();
            let sentence = if words.indonesian { text.id } else { text.en };
            let _ = writeln!(out, "\n{} {}", problem.code, sentence.what);
            out.push_str(&problem.place_text(words));
            let _ = writeln!(out, "{}: {}", words.remedy, sentence.remedy);
        }
        for file in &self.files {
            file.in_words(words, &mut out);
        }
        if let Some(rows) = &self.rows_file {
            let _ = writeln!(out, "\n{}\n  {rows}", words.rows_file);
        }
        out
    }
}

impl FileReceipt {
    fn in_words(&self, words: &Words, out: &mut String) {
        let _ = writeln!(out, "\n{}", self.file);
        let _ = writeln!(
            out,
            "  {}: {}   {}: {}   {}: {}",
            words.rows, self.rows, words.accepted, self.accepted, words.refused, self.refused
        );
        if let Some(before) = self.gap_after {
            let _ = writeln!(out, "  {} {before} -> {}", words.gap, self.sequence);
        }
        if let Some(same) = self.same_content_as {
            let _ = writeln!(out, "  {} {same}", words.same);
        }
        if self.carried_over > 0 {
            let _ = writeln!(out, "  {}: {}", words.carried_over, self.carried_over);
        }
        if let Some(before) = self.older_than {
            let _ = writeln!(out, "  {} {before} -> {}", words.older, self.as_of);
        }
        tell_findings(&self.findings, words, out);
        for reconciliation in &self.waiting_for {
            let _ = writeln!(out, "  {} {reconciliation}", words.waiting_for);
        }
        if let Some(folder) = &self.response {
            let _ = writeln!(out, "  {} outbox/{folder}/", words.response);
        }
    }
}

fn tell_findings(findings: &[FindingCount], words: &Words, out: &mut String) {
    for finding in findings {
        let sentence = if words.indonesian {
            finding.pesan
        } else {
            finding.message
        };
        let _ = writeln!(
            out,
            "  {:>8} {:<5} {}: {sentence}",
            finding.count, finding.level, finding.code
        );
    }
}

struct Words {
    indonesian: bool,
    accepted_verdict: &'static str,
    refused_verdict: &'static str,
    waiting_verdict: &'static str,
    received: &'static str,
    delivery: &'static str,
    agreement: &'static str,
    file: &'static str,
    line: &'static str,
    columns: &'static str,
    rows: &'static str,
    accepted: &'static str,
    refused: &'static str,
    remedy: &'static str,
    gap: &'static str,
    tolerated: &'static str,
    carried_over: &'static str,
    older: &'static str,
    same: &'static str,
    waiting_for: &'static str,
    response: &'static str,
    rows_file: &'static str,
}

const INDONESIAN: Words = Words {
    indonesian: true,
    accepted_verdict: "DITERIMA",
    refused_verdict: "DITOLAK",
    waiting_verdict: "MENUNGGU",
    received: "Diterima pada",
    delivery: "Kiriman",
    agreement: "Perjanjian",
    file: "Berkas",
    line: "Baris",
    columns: "Kolom",
    rows: "Baris",
    accepted: "diterima",
    refused: "ditolak",
    remedy: "Yang harus dilakukan",
    gap: "Ada nomor urut yang terlewat; bila isinya masih perlu dikirim, pakai nomor baru:",
    tolerated: "batas",
    carried_over: "Catatan lama yang tetap berlaku karena baris barunya ditolak",
    older: "Tanggal data lebih lama daripada kiriman sebelumnya:",
    same: "Isinya sama dengan nomor urut",
    waiting_for: "Menunggu data pihak lain untuk rekonsiliasi",
    response: "Jawaban:",
    rows_file: "Baris yang ditolak atau perlu diperiksa (terenkripsi untuk Anda; buka dengan age):",
};

const ENGLISH: Words = Words {
    indonesian: false,
    accepted_verdict: "ACCEPTED",
    refused_verdict: "REFUSED",
    waiting_verdict: "WAITING",
    received: "Received",
    delivery: "Delivery",
    agreement: "Agreement",
    file: "File",
    line: "Line",
    columns: "Columns",
    rows: "Rows",
    accepted: "accepted",
    refused: "refused",
    remedy: "What to do",
    gap: "Sequence numbers were skipped; if their content is still to be sent, give it a new number:",
    tolerated: "limit",
    carried_over: "Records that stay as they were because their new rows were refused",
    older: "The data is older than what was delivered before:",
    same: "Same content as sequence",
    waiting_for: "Waiting for the other party's data for the reconciliation",
    response: "Response:",
    rows_file: "Refused and warned rows (encrypted to you; open with age):",
};
