//! `padan explain`: what a code of a receipt means and what to do, from the table that the receipts come from.

use std::fmt::Write;

use crate::agreement::checks::CheckCode;
use crate::agreement::document::reader::similar;
use crate::party::sheet::damage::Damage;
use crate::rejection::{About, Code, Entry, Level};

use super::Failure;
use super::look::{json, safe, say};

/// How many names are offered in place of an unknown one.
const OFFERED: usize = 3;

/// Explain a code of a receipt, of a list of rows or of a workbook: what happened and what to do, in Indonesian and English
///
/// Without a CODE all of them are listed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  padan explain CHECKSUM_MISMATCH\n  padan explain nip_bentuk kunci_ganda\n  padan explain --json"
)]
pub struct Args {
    /// The codes; capitals or not
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
    /// For machines
    #[arg(long)]
    json: bool,
    /// As the page docs/codes.md
    #[arg(long, conflicts_with_all = ["json", "codes"])]
    page: bool,
}

/// Prints the explanations on stdout; an unknown code is wrong usage and gets the names nearest to it.
pub fn run(args: Args) -> Result<(), Failure> {
    let all: Vec<_> = entries().collect();
    if args.page {
        return say(&page(&all));
    }
    if args.codes.is_empty() {
        return say(&if args.json { json(&all)? } else { list(&all) });
    }
    let asked = args
        .codes
        .iter()
        .map(|typed| find(typed, &all))
        .collect::<Result<Vec<_>, _>>()?;
    if args.json {
        return say(&json(&asked)?);
    }
    let told: Vec<_> = asked.into_iter().map(in_full).collect();
    say(&told.join("\n"))
}

/// The rejections, then the row checks, then what is wrong with workbooks.
fn entries() -> impl Iterator<Item = &'static Entry> {
    Code::all()
        .map(Code::entry)
        .chain(CheckCode::all().map(CheckCode::entry))
        .chain(Damage::ALL.into_iter().map(Damage::entry))
}

fn find(typed: &str, all: &[&'static Entry]) -> Result<&'static Entry, Failure> {
    let name = typed.trim().to_ascii_uppercase().replace(['-', ' '], "_");
    if let Some(entry) = all.iter().find(|entry| entry.name == name) {
        return Ok(entry);
    }
    let names: Vec<_> = all.iter().map(|entry| entry.name).collect();
    let mut near = similar(&name, &names);
    // Whoever remembers a part of it types the part.
    let part = |candidate: &&str| name.len() >= 3 && candidate.contains(&name);
    near.extend(names.iter().copied().filter(part));
    let mut offered: Vec<&str> = Vec::new();
    for candidate in near {
        if !offered.contains(&candidate) && offered.len() < OFFERED {
            offered.push(candidate);
        }
    }
    let remedy = if offered.is_empty() {
        "`padan explain` lists all codes".to_owned()
    } else {
        format!("did you mean {}?", offered.join(", "))
    };
    Err(Failure::Usage(format!(
        "there is no code `{}`; {remedy}",
        safe(typed)
    )))
}

/// What a level does to what it is said of.
fn effect(entry: &Entry) -> [&'static str; 2] {
    match (entry.about, entry.level) {
        (About::Delivery, Level::Error) => ["kiriman ditolak", "the delivery is refused"],
        (About::Row, Level::Error) => ["baris ditolak", "the row is refused"],
        (About::Workbook, Level::Error) => ["buku kerja tidak dikirim", "the workbook is not sent"],
        (_, Level::Warn) => ["diterima, tetapi periksa", "accepted, but to be looked at"],
        (_, Level::Info) => ["hanya dihitung", "only counted"],
    }
}

fn in_full(entry: &Entry) -> String {
    let ([id_effect, en_effect], text) = (effect(entry), &entry.text);
    format!(
        "{}  {}\n\n  {} ({id_effect})\n  Yang harus dilakukan: {}\n\n  {} ({en_effect})\n  What to do: {}\n",
        entry.name,
        entry.level.as_str(),
        text.id.what,
        text.id.remedy,
        text.en.what,
        text.en.remedy
    )
}

fn list(all: &[&Entry]) -> String {
    let mut out = String::new();
    for (about, title) in TITLES {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{title}\n");
        for entry in all.iter().filter(|entry| entry.about == about) {
            let text = &entry.text;
            let _ = writeln!(
                out,
                "  {:<22} {:<5} {}\n{:31}{}",
                entry.name,
                entry.level.as_str(),
                text.id.what,
                "",
                text.en.what
            );
        }
        out.push('\n');
    }
    out.push_str("padan explain CODE: apa yang harus dilakukan / what to do\n");
    out
}

const TITLES: [(About, &str); 3] = [
    (About::Delivery, "Kiriman / deliveries"),
    (About::Row, "Pemeriksaan baris / row checks"),
    (About::Workbook, "Buku kerja / workbooks"),
];

/// `docs/codes.md`.
fn page(all: &[&Entry]) -> String {
    let mut out = String::from(
        "# Kode / codes\n\n\
         <!-- Written by `padan explain --page > docs/codes.md`; a test holds it against the program. -->\n\n\
         Kode-kode dalam tanda terima dan daftar baris, dan yang dikatakan `padan seal` tentang buku kerja; `padan explain KODE`\n\
         menjelaskan satu di antaranya.\n\n\
         The codes in receipts and lists of rows, and what `padan seal` says about workbooks; `padan explain CODE` explains one\n\
         of them.\n",
    );
    for (about, title) in TITLES {
        let _ = writeln!(
            out,
            "\n## {title}\n\n| kode / code | apa yang terjadi / what happened | yang harus dilakukan / what to do |\n| --- | --- | --- |"
        );
        for entry in all.iter().filter(|entry| entry.about == about) {
            let text = &entry.text;
            let level = match about {
                About::Delivery | About::Workbook => String::new(),
                About::Row => format!("<br>{}", entry.level.as_str()),
            };
            let _ = writeln!(
                out,
                "| `{}`{level} | {}<br>{} | {}<br>{} |",
                entry.name,
                cell(text.id.what),
                cell(text.en.what),
                cell(text.id.remedy),
                cell(text.en.remedy)
            );
        }
    }
    out.push_str(
        "\n`ERROR`: baris ditolak / the row is refused. `WARN`: diterima, tetapi periksa / accepted, but to be looked at.\n\
         `INFO`: hanya dihitung / only counted.\n",
    );
    out
}

/// Text inside a table of Markdown: outside of code nothing may pass for a tag or end the cell.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        let code = index % 2 == 1;
        if code {
            out.push_str(&format!("`{}`", part.replace('|', "\\|")));
        } else {
            let part = part.replace('<', "&lt;").replace('>', "&gt;");
            out.push_str(&part.replace('|', "\\|"));
        }
    }
    out
}
