//! What a person reads while a delivery is made: Indonesian, then English, with places and never a value.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use crate::agreement::Level;
use crate::agreement::checks::CheckCode;
use crate::delivery::DataFileName;
use crate::fault::Fault;
use crate::party::check::{Checked, Fact};
use crate::party::receipt::Proven;
use crate::party::sent::Record;
use crate::party::sheet::Remarks;
use crate::party::sheet::refusal::{Refusal, letters};
use crate::rejection::{Code, FindingCount, Rejection};

use super::super::Failure;
use super::super::look::safe;
use super::ready::quoted;
use super::send::shown;

/// So many places are named for each check.
const NAMED: usize = 5;

/// After `--dry-run`.
pub const CHECKED_ONLY: &str = "Hanya diperiksa, tidak ada yang ditulis atau dikirim. / Checked only, nothing was written or sent.";
/// After the upload.
pub const WAITING: &str = "Terkirim, menunggu tanda terima … / Sent, waiting for the receipt …";
/// Before the number of bytes that lie there already.
pub const GOING_ON: &str = "dilanjutkan setelah / going on after";
/// After a connection broke.
pub const TRYING_AGAIN: &str = "dicoba lagi / trying again";
/// After a receipt that says no.
pub const REFUSED: &str = "DITOLAK, lihat di atas; nomornya boleh dipakai lagi. / REFUSED, see above; its number is free again.";

/// Where each check spoke first.
#[derive(Default)]
pub struct Places(BTreeMap<(CheckCode, Level), (u64, Vec<String>)>);

impl Places {
    /// Remembers a place, if few are known of its kind.
    pub fn add(&mut self, fact: &Fact) {
        let (count, places) = self.0.entry((fact.code, fact.level)).or_default();
        *count += 1;
        if places.len() < NAMED {
            places.push(match &fact.column {
                Some(column) => format!("{} ({column})", fact.row),
                None => fact.row.to_string(),
            });
        }
    }

    /// The places of one check, on a line.
    fn of(&self, code: &str) -> Option<String> {
        let (_, (count, places)) = self
            .0
            .iter()
            .find(|((known, _), _)| known.as_str() == code)?;
        let more = count.saturating_sub(places.len() as u64);
        let more = if more > 0 {
            format!(", … (+{more})")
        } else {
            String::new()
        };
        Some(format!("baris/row {}{more}", places.join(", ")))
    }

    /// Every check with its places, and how to get them all.
    pub fn listed(&self) -> String {
        let mut text = String::new();
        for (code, level) in self.0.keys() {
            if let Some(places) = self.of(code.as_str()) {
                // Writing to a String cannot fail.
                let _ = write!(
                    text,
                    "\n    {:<5} {}: {places}",
                    level.as_str(),
                    code.as_str()
                );
            }
        }
        if !text.is_empty() {
            text.push_str("\n    Semua tempat / all places: --faults FILE.csv");
        }
        text
    }
}

/// What the checks found in a file that can be sent.
pub fn checked(path: &Path, name: &DataFileName, checked: &Checked, places: &Places) {
    let good = checked.rows - checked.refused;
    let mut text = format!(
        "{}\n  → {name}\n  {} baris diperiksa: {good} baik, {} ditolak / rows checked: {good} good, {} refused\n",
        shown(path),
        checked.rows,
        checked.refused,
        checked.refused
    );
    findings(&checked.findings, places, &mut text);
    print!("{text}");
}

/// Each finding with its sentences and first places.
fn findings(findings: &[FindingCount], places: &Places, text: &mut String) {
    for found in findings {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {:>6} {:<5} {}: {}\n{:22}{}",
            found.count,
            found.level.as_str(),
            found.code,
            found.pesan,
            "",
            found.message
        );
        if let Some(places) = places.of(&found.code) {
            let _ = writeln!(text, "{:22}{places}", "");
        }
    }
}

/// A file that the service would refuse as a whole. In a workbook `places` says where the columns of the text stand.
pub fn rejected(path: &Path, rejection: &Rejection, places: Option<&[usize]>) -> Failure {
    let text = rejection.code.text();
    let mut told = format!("{}: {}", shown(path), rejection.code);
    if let Some(line) = rejection.place.line {
        let _ = write!(told, "  baris/row {line}");
    }
    if !rejection.place.columns.is_empty() {
        let columns: Vec<_> = rejection
            .place
            .columns
            .iter()
            .map(|name| column(name, places))
            .collect();
        let _ = write!(told, "  kolom/columns {}", columns.join(", "));
    }
    if let Some(rows) = &rejection.rows {
        let _ = write!(
            told,
            "  {} dari/of {} (batas/limit {} %)",
            rows.refused, rows.rows, rows.tolerated_percent
        );
    }
    for sentence in [text.id, text.en] {
        let _ = write!(told, "\n  {} {}", sentence.what, sentence.remedy);
    }
    if let Some(rows) = &rejection.rows {
        for found in &rows.findings {
            let _ = write!(
                told,
                "\n  {:>6} {:<5} {}: {}\n{:22}{}",
                found.count,
                found.level.as_str(),
                found.code,
                found.pesan,
                "",
                found.message
            );
        }
    }
    Failure::Refused(told)
}

/// A column by name, or by its letter where its name is the sender's own.
fn column(name: &str, places: Option<&[usize]>) -> String {
    let position = name.strip_prefix('#').and_then(|n| n.parse::<usize>().ok());
    let place = position.and_then(|n| places?.get(n.checked_sub(1)?));
    place.map_or_else(|| name.to_owned(), |place| letters(*place))
}

/// A workbook that cannot be sent.
pub fn damaged(path: &Path, refusal: &Refusal) -> Failure {
    Failure::Refused(format!("{}\n{refusal}", shown(path)))
}

/// Sheets that stay here.
pub fn hidden_sheets(path: &Path, names: &[String]) {
    let names: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
    eprintln!(
        "{}: lembar tersembunyi tidak dikirim / hidden sheets are not sent: {}",
        shown(path),
        names.join(", ")
    );
}

/// What to look at in a workbook that can be sent.
pub fn remarks(remarks: &Remarks) {
    let columns: Vec<_> = remarks
        .numbers_in_text()
        .iter()
        .map(|column| {
            let name = column.name.as_deref().unwrap_or_default();
            format!("{} ({name})", letters(column.index))
        })
        .collect();
    if !columns.is_empty() {
        println!(
            "  PERIKSA kolom {0}: berisi angka, bukan teks; bila semula ada nol di depan, nol itu sudah hilang.\n  \
             LOOK AT column {0}: it holds numbers, not text; leading zeros, had there been any, are lost.",
            columns.join(", ")
        );
    }
}

/// Why a file with refused rows is not sealed by itself.
pub fn some_refused(path: &Path) -> String {
    format!(
        "{}: perbaiki baris yang ditolak di atas lalu ulangi, atau tambahkan --accept-refused: yang lain dikirim, dan \
         data lama dari baris itu tetap berlaku.\n\
         {0}: mend the refused rows above and try again, or add --accept-refused: the others are sent, and what was \
         known of those rows before stays.",
        shown(path)
    )
}

/// A number that the service will not take.
pub fn used(path: &Path, code: Code, last: u32) -> Failure {
    let text = code.text();
    Failure::Refused(format!(
        "{}: {code}\n  {} {}\n  {} {}\n  Nomor terakhir di server / last number on the server: {last}",
        shown(path),
        text.id.what,
        text.id.remedy,
        text.en.what,
        text.en.remedy
    ))
}

/// What to do with a sealed delivery.
pub fn to_send(folder: &Path, record: &Record) {
    let mut text = format!(
        "Tersegel: {0}\nKirim semua berkas di folder itu ke inbox/ (WinSCP, FileZilla, sftp), atau ulangi dengan --send.\n\
         Sealed: {0}\nSend every file in that folder to inbox/ (WinSCP, FileZilla, sftp), or run this again with --send.\n",
        shown(folder)
    );
    let data = record.files.iter().map(|file| file.name.clone());
    let ends = [".sha256", ".sha256.sig"].map(|ending| format!("{}{ending}", record.stem));
    for name in data.chain(ends) {
        let _ = writeln!(text, "  put {} inbox/", quoted(&folder.join(name)));
    }
    print!("{text}");
}

/// The same data was sealed before.
pub fn sealed_before(record: &Record) {
    println!(
        "Data yang sama sudah disegel sebagai {0}; itu yang dipakai.\nThe same data was sealed before as {0}; that is used.",
        record.stem
    );
}

/// The same data was accepted before, and its receipt is no longer on the server.
pub fn accepted_before(record: &Record) -> String {
    format!(
        "{0} sudah DITERIMA sebelumnya; tidak ada yang perlu dikirim.\n{0} was ACCEPTED before; there is nothing to send.\n",
        record.stem
    )
}

/// Without a receipt, because nobody wanted to wait.
pub fn on_its_way(record: &Record) -> String {
    format!(
        "Terkirim: {0}. Tanda terima: ulangi perintah ini, atau lihat receipts/{0}.txt.\n\
         Sent: {0}. The receipt: run this again, or look at receipts/{0}.txt.\n",
        record.stem
    )
}

/// Without a receipt, because none came.
pub fn no_receipt_yet(record: &Record, patience: Duration) -> String {
    format!(
        "{0} sudah terkirim, tetapi tanda terimanya belum ada setelah {1} detik. Jangan kirim ulang; ulangi perintah \
         ini nanti untuk mengambilnya.\n\
         {0} was sent, but its receipt is not there after {1} seconds. Do not send it otherwise; run this again later \
         to fetch it.",
        record.stem,
        patience.as_secs()
    )
}

/// The receipt itself, and where it is kept.
pub fn receipt(folder: &Path, proven: &Proven) -> String {
    let mut text = format!(
        "\n{}\nTanda tangan tanda terima BENAR; disimpan di {1}\nThe receipt's signature is GOOD; kept in {1}\n",
        page(&proven.text),
        shown(folder)
    );
    if let Some(rows) = &proven.rows_file {
        let _ = writeln!(
            text,
            "  {rows}: buka dengan / open with: age -d -i age_identity.txt"
        );
    }
    text
}

/// A page from the server as a terminal may see it: its lines, and nothing that commands.
fn page(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().map(safe).collect();
    lines.join("\n")
}

/// A file that a person named is theirs to mend.
pub fn usage(fault: Fault) -> Failure {
    Failure::Usage(fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_page_commands_no_terminal() {
        assert_eq!(
            page("DITERIMA\n\u{1b}[2Jx\u{202e}\n"),
            "DITERIMA\n\\u{1b}[2Jx\\u{202e}"
        );
    }
}
