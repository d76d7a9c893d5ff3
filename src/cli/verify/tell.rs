//! What a verified receipt proves, in words: Indonesian, then English.

use std::fmt::Write;

use crate::delivery::receipt::{FileReceipt, Receipt, Verdict};
use crate::party::open::meaning;
use crate::rejection::Code;

use super::files::{Compared, State, What};
use super::{Judged, Problem};

/// All that was found about one document. Writing to a String cannot fail.
pub fn in_words(judged: &Judged) -> String {
    let mut out = format!("{}\n", judged.file);
    match (&judged.key, judged.code) {
        (Some(key), _) => {
            for words in [&INDONESIAN, &ENGLISH] {
                let _ = writeln!(out, "  {} {key}", words.genuine);
                match &judged.receipt {
                    Some(receipt) => proven(receipt, words, &mut out),
                    None if judged.problem.is_some() => {}
                    None => {
                        let _ = writeln!(out, "  {}", words.no_receipt);
                    }
                }
                for file in &judged.files {
                    compared(file, words, &mut out);
                }
            }
        }
        (None, None) => {}
        (None, Some(code)) => {
            let _ = writeln!(
                out,
                "  TIDAK TERBUKTI ({code}): {}\n  NOT PROVEN ({code}): {}",
                indonesian(code),
                meaning(code)
            );
            if code == Code::SignerExpired {
                out.push_str(
                    "  Bila Anda menyimpan tanda terima ini sejak kuncinya masih berlaku: --at TANGGAL\n  \
                     If you have had this receipt since its key was valid: --at DAY\n",
                );
            }
        }
    }
    if let Some(problem) = &judged.problem {
        let [id, en] = words_of(problem);
        let _ = match judged.proven {
            true => writeln!(out, "  TIDAK TERBACA: {id}\n  NOT READ: {en}"),
            false => writeln!(out, "  TIDAK TERBUKTI: {id}\n  NOT PROVEN: {en}"),
        };
    }
    out
}

/// What keeps a document from being judged, in Indonesian and English, with what to do.
fn words_of(problem: &Problem) -> [String; 2] {
    match problem {
        Problem::NoSignature => [
            "tidak ada tanda tangan di sampingnya; unduh juga berkas .json.sig".to_owned(),
            "there is no signature beside it; download its .json.sig, too".to_owned(),
        ],
        Problem::Unreadable(why) => [
            format!("tidak dapat dibaca: {why}"),
            format!("it cannot be read: {why}"),
        ],
        Problem::TooNew => [
            "layanan menandatanganinya, tetapi program ini tidak dapat membaca semuanya; pakai versi terbaru"
                .to_owned(),
            "the service signed it, but this program cannot read all of it; take the newest one"
                .to_owned(),
        ],
    }
}

/// Who sent what when, who signed it, what became of it.
fn proven(receipt: &Receipt, words: &Words, out: &mut String) {
    let verdict = match receipt.verdict {
        Verdict::Diterima => words.accepted,
        Verdict::Ditolak => words.refused,
        Verdict::Menunggu => words.waiting,
    };
    let _ = writeln!(
        out,
        "  {}: {}, {} {}",
        receipt.name, receipt.party, words.received, receipt.received
    );
    if let Some(id) = &receipt.delivery {
        let _ = writeln!(out, "  {}: {id}", words.delivery);
    }
    if let Some(signer) = &receipt.signer {
        let _ = writeln!(out, "  {}: {signer}", words.signer);
    }
    let _ = write!(out, "  {verdict}");
    if let Some(problem) = &receipt.problem {
        let text = problem.code.text();
        let what = if words.indonesian {
            text.id.what
        } else {
            text.en.what
        };
        let _ = write!(out, ": {} {what}", problem.code);
    }
    out.push('\n');
    for file in &receipt.files {
        one_file(file, words, out);
    }
    let _ = writeln!(
        out,
        "  {}: {} {}",
        words.agreement,
        receipt.agreement,
        receipt.agreement_numbers.join(", ")
    );
}

fn one_file(file: &FileReceipt, words: &Words, out: &mut String) {
    let _ = write!(out, "    {}", file.file);
    let mut first = true;
    for (count, word) in [
        (file.rows, words.rows),
        (file.accepted, words.taken),
        (file.refused, words.row_refused),
    ] {
        if let Some(count) = count {
            let _ = write!(out, "{} {count} {word}", if first { ":" } else { "," });
            first = false;
        }
    }
    out.push('\n');
}

fn compared(file: &Compared, words: &Words, out: &mut String) {
    let what = match file.what {
        What::Manifest => words.manifest,
        What::Ciphertext => words.ciphertext,
        What::Plaintext => words.plaintext,
        What::Rows => words.rows_file,
        What::Page => words.page,
    };
    let state = match file.state {
        State::Same => words.same,
        State::Other => words.other,
        State::Missing => words.missing,
    };
    let _ = writeln!(out, "  {state}: {} ({what})", file.name);
}

/// What a code means to the one who verifies, in Indonesian.
fn indonesian(code: Code) -> &'static str {
    match code {
        Code::SignatureBad => "tanda tangan bukan milik dokumen ini; unduh ulang keduanya",
        Code::NamespaceWrong => "ditandatangani untuk keperluan lain; bandingkan --namespace",
        Code::SignerUnknown => {
            "kunci penanda tangan tidak ada di --signers; minta kunci itu kepada operator lewat jalan lain"
        }
        Code::SignerNotSender => "kunci penanda tangan milik pihak lain",
        Code::SignerExpired => "--signers tidak lagi, atau belum, menerima kunci penanda tangan",
        _ => code.text().id.what,
    }
}

struct Words {
    indonesian: bool,
    genuine: &'static str,
    no_receipt: &'static str,
    received: &'static str,
    delivery: &'static str,
    signer: &'static str,
    accepted: &'static str,
    refused: &'static str,
    waiting: &'static str,
    rows: &'static str,
    taken: &'static str,
    row_refused: &'static str,
    agreement: &'static str,
    manifest: &'static str,
    ciphertext: &'static str,
    plaintext: &'static str,
    rows_file: &'static str,
    page: &'static str,
    same: &'static str,
    other: &'static str,
    missing: &'static str,
}

const INDONESIAN: Words = Words {
    indonesian: true,
    genuine: "TERBUKTI: ditandatangani layanan Padan dan tidak berubah sejak itu; kunci",
    no_receipt: "Dokumen ini bukan tanda terima.",
    received: "diterima",
    delivery: "Kiriman (SHA-256 manifes)",
    signer: "Manifes ditandatangani dengan kunci",
    accepted: "DITERIMA",
    refused: "DITOLAK",
    waiting: "MENUNGGU",
    rows: "baris",
    taken: "diterima",
    row_refused: "ditolak",
    agreement: "Menurut perjanjian (SHA-256)",
    manifest: "manifes",
    ciphertext: "berkas terkirim",
    plaintext: "isi terbuka",
    rows_file: "daftar baris",
    page: "halaman untuk dibaca",
    same: "SAMA",
    other: "BERBEDA",
    missing: "TIDAK ADA",
};

const ENGLISH: Words = Words {
    indonesian: false,
    genuine: "PROVEN: signed by the Padan service and unchanged since; key",
    no_receipt: "This document is no receipt.",
    received: "received",
    delivery: "Delivery (SHA-256 of the manifest)",
    signer: "Manifest signed with the key",
    accepted: "ACCEPTED",
    refused: "REFUSED",
    waiting: "WAITING",
    rows: "rows",
    taken: "accepted",
    row_refused: "refused",
    agreement: "By the agreement (SHA-256)",
    manifest: "manifest",
    ciphertext: "file as sent",
    plaintext: "plaintext",
    rows_file: "list of rows",
    page: "page for people",
    same: "SAME",
    other: "ANOTHER",
    missing: "MISSING",
};
