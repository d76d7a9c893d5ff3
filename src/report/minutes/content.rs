//! What the minutes say, block by block.

use crate::agreement::Party;
use crate::delivery::Mode;

use super::super::actions::{Action, kind, reference, verdict};
use super::super::figures::{Facts, Side};
use super::super::words::{WITHHELD, count, day, known, percent, semester};

/// Roles of the parties, in the order of the agreement.
pub const ROLES: [&str; 2] = ["PIHAK PERTAMA", "PIHAK KEDUA"];
/// What the signatories fill in by pen.
pub const BY_PEN: [&str; 3] = ["Nama", "NIP/NPP", "Jabatan"];

/// One piece of the minutes.
pub enum Block {
    /// The lines of the title.
    Title(Vec<String>),
    /// Both parties' numbers of the minutes, filled in by pen.
    Numbers(Vec<String>),
    /// A heading.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A party, its representative's name, number and office filled in by pen.
    Representative {
        /// `1.`, `2.`
        number: String,
        /// What stands below the blanks.
        acts_for: String,
    },
    /// A numbered list.
    List(Vec<String>),
    /// A table with its caption.
    Table(Table),
    /// Places for two signatures: role and name of each party.
    Signatures([[String; 2]; 2]),
}

/// A table of the minutes.
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Widths of the columns, as parts of their sum.
    pub widths: Vec<u16>,
    /// The head row.
    pub head: Vec<&'static str>,
    /// The other rows.
    pub rows: Vec<Vec<String>>,
    /// From this column on, cells are numbers.
    pub numbers_from: usize,
}

/// The minutes of a run.
pub fn content(facts: &Facts) -> Vec<Block> {
    let mut blocks = opening(facts);
    blocks.extend(result(facts));
    blocks.extend(closing(facts));
    blocks
}

fn opening(facts: &Facts) -> Vec<Block> {
    let parties = &facts.agreement.parties;
    let [first, second] = parties;
    let mut blocks =
        vec![
        Block::Title(vec![
            "BERITA ACARA REKONSILIASI DATA".to_owned(),
            facts.reconciliation.id.as_str().to_uppercase().replace('_', " "),
            format!("ANTARA {} DAN {}", first.name.to_uppercase(), second.name.to_uppercase()),
            period(facts).to_uppercase(),
        ]),
        Block::Numbers(parties.iter().map(|party| format!("Nomor {}", party.id.upper())).collect()),
        Block::Text(
            "Pada hari ini, …………………… tanggal …………………… bulan …………………… tahun ……………………, bertempat di \
             ………………………………, kami yang bertanda tangan di bawah ini:"
                .to_owned(),
        ),
    ];
    for (number, (role, party)) in (1..).zip(ROLES.iter().zip(parties)) {
        blocks.push(Block::Representative {
            number: format!("{number}."),
            acts_for: format!(
                "dalam hal ini bertindak untuk dan atas nama {} ({}), selanjutnya disebut {role};",
                party.name,
                party.id.upper()
            ),
        });
    }
    blocks.extend([
        Block::Text(
            "PIHAK PERTAMA dan PIHAK KEDUA secara bersama-sama selanjutnya disebut PARA PIHAK, dengan berdasarkan:"
                .to_owned(),
        ),
        Block::List(basis(facts)),
        Block::Text(format!(
            "menyatakan bahwa pada tanggal {} telah dilaksanakan rekonsiliasi data {} untuk {}, dengan hasil sebagai \
             berikut.",
            day(facts.run_date),
            facts.reconciliation.id,
            period(facts)
        )),
    ]);
    blocks
}

/// The half year of the newer of the two sides' data.
fn period(facts: &Facts) -> String {
    let [first, second] = &facts.sides;
    semester(first.as_of.max(second.as_of))
}

fn basis(facts: &Facts) -> Vec<String> {
    let agreement = facts.agreement;
    let title = agreement.minutes.title.as_deref();
    let numbers: Vec<_> = agreement
        .numbers
        .iter()
        .map(|number| format!("Nomor {number}"))
        .collect();
    let own = format!(
        "{} {} tanggal {}, yang berlaku sampai dengan tanggal {};",
        title.unwrap_or("Perjanjian Kerja Sama"),
        numbers.join(" dan "),
        day(agreement.term.signed),
        day(agreement.term.until)
    );
    let others = agreement
        .minutes
        .basis
        .iter()
        .map(|basis| ended(basis, ';'));
    [own].into_iter().chain(others).collect()
}

/// The sentence with the mark at its end.
fn ended(sentence: &str, mark: char) -> String {
    let bare = sentence.trim_end_matches(['.', ';', ',']);
    format!("{bare}{mark}")
}

fn result(facts: &Facts) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading("A. Data yang direkonsiliasi".to_owned()),
        Block::Table(compared(facts)),
        Block::Heading("B. Hasil rekonsiliasi".to_owned()),
        Block::Table(outcome(facts)),
    ];
    if !facts.common.columns.is_empty() {
        blocks.push(Block::Table(columns(facts)));
    }
    blocks.push(Block::Heading("C. Tindak lanjut".to_owned()));
    if facts.common.counts.actions.is_empty() {
        blocks.push(Block::Text(
            "Tidak ada perbedaan terbuka yang memerlukan tindak lanjut.".to_owned(),
        ));
    } else {
        blocks.push(Block::Table(actions(facts)));
    }
    if withholds(facts) {
        blocks.push(Block::Text(format!(
            "Keterangan: \"{WITHHELD}\" berarti angka yang menurut Perjanjian tidak dapat diketahui oleh salah satu Pihak. \
             Berita Acara ini hanya memuat angka yang dapat diketahui PARA PIHAK."
        )));
    }
    blocks
}

/// Whether a figure is missing because one of the parties may not know it.
fn withholds(facts: &Facts) -> bool {
    let common = &facts.common;
    common.matched.is_none() || common.records.contains(&None)
}

fn compared(facts: &Facts) -> Table {
    let row = |(side, (records, refused)): (&Side, (&Option<u64>, &Option<u64>))| {
        vec![
            side.party.id.upper(),
            side.dataset.id.to_string(),
            day(side.as_of),
            format!("{} no. {}", mode(side.mode), side.sequence),
            side.delivery.short(),
            known(*records),
            known(*refused),
        ]
    };
    let figures = facts.common.records.iter().zip(&facts.common.refused);
    Table {
        caption: "Kiriman yang dibandingkan".to_owned(),
        widths: vec![10, 24, 22, 18, 18, 16, 15],
        head: vec![
            "Pihak",
            "Himpunan data",
            "Tanggal data",
            "Kiriman",
            "Sidik kiriman",
            "Data",
            "Baris ditolak",
        ],
        rows: facts.sides.iter().zip(figures).map(row).collect(),
        numbers_from: 5,
    }
}

/// How a delivery relates to the one before.
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Full => "penuh",
        Mode::Delta => "perubahan",
    }
}

fn outcome(facts: &Facts) -> Table {
    let common = &facts.common;
    let mut rows = vec![("Data yang berpasangan".to_owned(), known(common.matched))];
    if let Some((all, same)) = common.matched.zip(common.agreeing) {
        rows.extend([
            (
                "Data berpasangan yang sesuai seluruhnya".to_owned(),
                count(same),
            ),
            (
                "Data berpasangan yang berbeda".to_owned(),
                count(all.saturating_sub(same)),
            ),
            ("Tingkat kesesuaian".to_owned(), percent(same, all)),
        ]);
    }
    let counts = &common.counts;
    rows.extend(
        counts
            .kinds
            .iter()
            .map(|(word, n)| (format!("{} (perbedaan terbuka)", kind(word)), count(*n))),
    );
    rows.extend(
        counts
            .verdicts
            .iter()
            .map(|(word, n)| (format!("Putusan atas nilai: {}", verdict(word)), count(*n))),
    );
    rows.push(("Jumlah perbedaan terbuka".to_owned(), count(counts.open())));
    for (status, name) in [
        ("BARU", "- di antaranya baru"),
        (
            "MASIH",
            "- di antaranya masih terbuka dari proses sebelumnya",
        ),
        ("SELESAI", "Perbedaan yang selesai sejak proses sebelumnya"),
    ] {
        rows.push((name.to_owned(), count(common.with_status(status))));
    }
    Table {
        caption: "Hasil pencocokan".to_owned(),
        widths: vec![75, 25],
        head: vec!["Uraian", "Jumlah"],
        rows: rows.into_iter().map(|(what, n)| vec![what, n]).collect(),
        numbers_from: 1,
    }
}

/// Where the number of records that met is not told, only how many differ.
fn columns(facts: &Facts) -> Table {
    let mut table = Table {
        caption: "Kesesuaian per kolom".to_owned(),
        widths: vec![46, 22, 18],
        head: vec!["Kolom", "Acuan", "Berbeda"],
        rows: vec![],
        numbers_from: 2,
    };
    if facts.common.matched.is_some() {
        table.widths.extend([18, 20]);
        table.head.extend(["Sesuai", "Kesesuaian"]);
    }
    for column in &facts.common.columns {
        let mut cells = vec![
            column.name.clone(),
            reference(&column.reference).to_owned(),
            count(column.differing),
        ];
        if let Some(matched) = facts.common.matched {
            let agreeing = matched.saturating_sub(column.differing);
            cells.extend([count(agreeing), percent(agreeing, matched)]);
        }
        table.rows.push(cells);
    }
    table
}

fn actions(facts: &Facts) -> Table {
    let rows = facts.common.counts.actions.iter().map(|(word, n)| {
        let action = Action::of(facts.agreement, word);
        vec![word.clone(), action.who, action.what, count(*n)]
    });
    Table {
        caption: "Yang menindaklanjuti perbedaan terbuka".to_owned(),
        widths: vec![26, 18, 42, 14],
        head: vec!["Tindakan", "Pelaksana", "Uraian", "Perbedaan"],
        rows: rows.collect(),
        numbers_from: 3,
    }
}

fn closing(facts: &Facts) -> Vec<Block> {
    let mut declarations: Vec<_> = facts
        .agreement
        .minutes
        .declarations
        .iter()
        .map(|declaration| ended(declaration, '.'))
        .collect();
    declarations.push(format!(
        "Rincian perbedaan disampaikan kepada masing-masing Pihak sesuai haknya dalam berkas terenkripsi \
         perbedaan_{}.csv.age. Berita Acara ini tidak memuat data pribadi.",
        facts.reconciliation.id
    ));
    let signatory = |(role, party): (&&str, &Party)| [(*role).to_owned(), party.name.clone()];
    let [first, second] = &facts.agreement.parties;
    let [one, two] = &ROLES;
    vec![
        Block::Heading("D. Pernyataan".to_owned()),
        Block::List(declarations),
        Block::Text(
            "Demikian Berita Acara ini dibuat dengan sebenarnya dalam rangkap 2 (dua), masing-masing mempunyai kekuatan yang \
             sama, untuk dipergunakan sebagaimana mestinya."
                .to_owned(),
        ),
        Block::Signatures([signatory((one, first)), signatory((two, second))]),
    ]
}
