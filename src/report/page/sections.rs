//! The parts of the summary, from top to bottom.

use jiff::civil::Date;
use maud::{Markup, html};

use super::super::actions::{Action, kind, reference, verdict};
use super::super::figures::{Facts, Figures, Side};
use super::super::minutes::{ROLES, mode};
use super::super::words::{WITHHELD, count, day, known, percent, percent_of, permille, semester};
use super::chart::{Slice, bars, share, stacked};
use super::sheet::table;

/// Upper bounds of the ages of open differences, in days; older ones are the last group.
const AGES: [i32; 4] = [30, 90, 180, 365];

pub fn header(facts: &Facts) -> Markup {
    let agreement = facts.agreement;
    html! {
        header {
            p.kicker { "Ringkasan untuk pimpinan" }
            h1 { "Rekonsiliasi " (facts.reconciliation.id.as_str().replace('_', " ")) }
            dl {
                @for (role, party) in ROLES.iter().zip(&agreement.parties) {
                    dt { (sentence_case(role)) } dd { (party.name) " (" (party.id.upper()) ")" }
                }
                dt { "Perjanjian" }
                dd {
                    "Nomor " (agreement.numbers.join(" dan ")) ", berlaku " (day(agreement.term.signed)) " s.d. "
                    (day(agreement.term.until))
                }
                dt { "Periode data" } dd { (semester(newest(&facts.sides))) }
                dt { "Tanggal proses" } dd { (day(facts.run_date)) }
                dt { "Salinan untuk" } dd { (facts.reader.id.upper()) }
            }
        }
    }
}

/// `Pihak Pertama`
fn sentence_case(role: &str) -> String {
    let words = role.split(' ').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(String::from).unwrap_or_default();
        first + &letters.as_str().to_lowercase()
    });
    words.collect::<Vec<_>>().join(" ")
}

fn newest([first, second]: &[Side; 2]) -> Date {
    first.as_of.max(second.as_of)
}

pub fn key_figures(facts: &Facts) -> Markup {
    let shown = &facts.shown;
    let share = shown
        .matched
        .zip(shown.agreeing)
        .map(|(all, same)| percent(same, all));
    let cards = [
        (share, "data berpasangan sesuai seluruhnya"),
        (shown.matched.map(count), "data berpasangan"),
        (Some(count(shown.counts.open())), "perbedaan terbuka"),
        (
            Some(count(shown.with_status("SELESAI"))),
            "perbedaan selesai sejak proses sebelumnya",
        ),
    ];
    html! {
        p.lead { (conclusion(shown)) }
        ul.cards {
            @for (figure, what) in cards {
                li {
                    @match figure {
                        Some(figure) => b { (figure) },
                        None => b.words { (WITHHELD) },
                    }
                    span { (what) }
                }
            }
        }
        @if withholds(shown) {
            p.soft { "“" (WITHHELD) "”: angka di luar hak akses " (facts.reader.id.upper()) " menurut Perjanjian." }
        }
    }
}

fn withholds(shown: &Figures) -> bool {
    shown.matched.is_none() || shown.records.contains(&None)
}

fn conclusion(shown: &Figures) -> String {
    let met = shown.matched.zip(shown.agreeing).map(|(all, same)| {
        format!(
            "Dari {} data yang berpasangan, {} ({}) sesuai seluruhnya. ",
            count(all),
            count(same),
            percent(same, all)
        )
    });
    let open = match shown.counts.open() {
        0 => "Tidak ada perbedaan yang terbuka".to_owned(),
        open => format!(
            "Masih terbuka {} perbedaan, {} di antaranya baru",
            count(open),
            count(shown.with_status("BARU"))
        ),
    };
    let resolved = format!(
        "; {} selesai sejak proses sebelumnya.",
        count(shown.with_status("SELESAI"))
    );
    met.unwrap_or_default() + &open + &resolved
}

pub fn compared(facts: &Facts) -> Markup {
    let rows = facts
        .sides
        .iter()
        .zip(facts.shown.records.iter().zip(&facts.shown.refused));
    let rows: Vec<_> = rows
        .map(|(side, (records, refused))| {
            vec![
                side.party.id.upper(),
                side.dataset.id.to_string(),
                day(side.as_of),
                format!("{} no. {}", mode(side.mode), side.sequence),
                known(*records),
                known(*refused),
            ]
        })
        .collect();
    html! {
        h2 { "Data yang dibandingkan" }
        (table(
            "Kiriman terakhir yang diterima dari masing-masing pihak",
            &["Pihak", "Himpunan data", "Tanggal data", "Kiriman", "Jumlah data", "Baris ditolak"],
            &rows,
            4,
        ))
        @for side in &facts.sides {
            p.digest { "Kiriman " (side.party.id.upper()) " " (side.delivery) ", berkas SHA-256 " (side.digest) }
        }
    }
}

pub fn findings(facts: &Facts) -> Markup {
    let shown = &facts.shown;
    let counts = &shown.counts;
    let mut slices = Vec::new();
    if let Some((all, same)) = shown.matched.zip(shown.agreeing) {
        slices.push(Slice {
            name: "Berpasangan, sesuai seluruhnya".to_owned(),
            count: same,
        });
        slices.push(Slice {
            name: "Berpasangan, ada kolom yang berbeda".to_owned(),
            count: all.saturating_sub(same),
        });
    }
    let single = counts.kinds.iter().filter(|(word, _)| *word != "NILAI");
    slices.extend(single.map(|(word, n)| Slice {
        name: kind(word),
        count: *n,
    }));
    let listed = |table: &std::collections::BTreeMap<String, u64>,
                  words: fn(&str) -> String|
     -> Vec<Vec<String>> {
        table
            .iter()
            .map(|(word, n)| vec![words(word), count(*n)])
            .collect()
    };
    let statuses = [
        ("BARU", "Baru"),
        ("MASIH", "Masih terbuka"),
        ("SELESAI", "Selesai"),
    ];
    let statuses: Vec<_> = statuses
        .iter()
        .map(|(word, name)| vec![(*name).to_owned(), count(shown.with_status(word))])
        .collect();
    html! {
        h2 { "Hasil pencocokan" }
        @if !slices.is_empty() {
            figure { (stacked("Hasil pencocokan, dalam jumlah data", &slices)) }
        }
        div.pair {
            div { (table("Jenis perbedaan terbuka", &["Jenis", "Perbedaan"], &listed(&counts.kinds, kind), 1)) }
            div {
                (table("Status perbedaan", &["Status", "Perbedaan"], &statuses, 1))
                @if !counts.verdicts.is_empty() {
                    (table("Putusan atas nilai yang berbeda", &["Putusan", "Perbedaan"], &listed(&counts.verdicts, verdict), 1))
                }
            }
        }
    }
}

pub fn columns(facts: &Facts) -> Markup {
    let shown = &facts.shown;
    html! {
        @if !shown.columns.is_empty() {
            h2 { "Kesesuaian per kolom" }
            table {
                caption {
                    @match shown.matched {
                        Some(matched) => { "Bagian dari " (count(matched)) " data berpasangan yang nilainya sesuai" },
                        None => { "Kolom yang perbedaannya dapat diketahui " (facts.reader.id.upper()) },
                    }
                }
                thead {
                    tr {
                        th scope="col" { "Kolom" }
                        th scope="col" { "Acuan" }
                        @if shown.matched.is_some() {
                            th scope="col" { "Grafik" }
                            th.number scope="col" { "Kesesuaian" }
                            th.number scope="col" { "Sesuai" }
                        }
                        th.number scope="col" { "Berbeda" }
                    }
                }
                tbody {
                    @for column in &shown.columns {
                        tr {
                            th scope="row" { (column.name) }
                            td { (reference(&column.reference)) }
                            @if let Some(matched) = shown.matched {
                                @let agreeing = matched.saturating_sub(column.differing);
                                @let permille = permille(agreeing, matched);
                                td { @if let Some(permille) = permille { (share(&format!("{}: {}", column.name, percent_of(permille)), permille, column.differing == 0)) } }
                                td.number { (percent(agreeing, matched)) }
                                td.number { (count(agreeing)) }
                            }
                            td.number { (count(column.differing)) }
                        }
                    }
                }
            }
        }
    }
}

pub fn responsible(facts: &Facts) -> Markup {
    let reader = facts.reader.id.upper();
    let actions = facts.shown.counts.actions.iter();
    let mut actions: Vec<_> = actions
        .map(|(word, n)| (word, *n, Action::of(facts.agreement, word)))
        .collect();
    actions.sort_by_key(|(_, _, action)| action.who != reader);
    html! {
        h2 { "Siapa menindaklanjuti" }
        @if actions.is_empty() {
            p { "Tidak ada perbedaan terbuka." }
        } @else {
            table {
                caption { "Perbedaan terbuka menurut tindakan yang diatur Perjanjian; tebal: tindakan " (reader) " sendiri" }
                thead {
                    tr {
                        th scope="col" { "Pelaksana" }
                        th scope="col" { "Tindakan" }
                        th scope="col" { "Uraian" }
                        th.number scope="col" { "Perbedaan" }
                    }
                }
                tbody {
                    @for (word, n, action) in &actions {
                        tr.own[action.who == reader] {
                            th scope="row" { (action.who) }
                            td { (word) }
                            td { (action.what) }
                            td.number { (count(*n)) }
                        }
                    }
                }
            }
        }
    }
}

pub fn ages(facts: &Facts) -> Markup {
    let groups = grouped(facts);
    let rows: Vec<_> = groups
        .iter()
        .map(|group| vec![group.name.clone(), count(group.count)])
        .collect();
    html! {
        @if facts.shown.counts.open() > 0 {
            h2 { "Umur perbedaan terbuka" }
            div.pair {
                figure { (bars("Umur perbedaan terbuka, dalam hari", &groups)) }
                div { (table("Hari sejak perbedaan pertama kali ditemukan", &["Umur (hari)", "Perbedaan"], &rows, 1)) }
            }
        }
    }
}

/// Open differences by age.
fn grouped(facts: &Facts) -> Vec<Slice> {
    let mut groups = Vec::new();
    let mut from = 0;
    for until in AGES {
        groups.push(Slice {
            name: format!("{from}–{until}"),
            count: 0,
        });
        from = until + 1;
    }
    groups.push(Slice {
        name: format!("> {}", from - 1),
        count: 0,
    });
    for (since, n) in &facts.shown.counts.since {
        let since = since.parse::<Date>().unwrap_or(facts.run_date);
        let days = (facts.run_date - since).get_days();
        let place = AGES
            .iter()
            .position(|until| days <= *until)
            .unwrap_or(AGES.len());
        if let Some(group) = groups.get_mut(place) {
            group.count += n;
        }
    }
    groups
}

pub fn next(facts: &Facts) -> Markup {
    let id = &facts.reconciliation.id;
    let due = facts
        .sides
        .iter()
        .filter_map(|side| Some((side, side.dataset.expect?.period_of(facts.run_date)?)));
    html! {
        h2 { "Selanjutnya" }
        ul {
            @if facts.shown.counts.open() > 0 {
                li { "Masing-masing pihak menyelesaikan perbedaan menurut tabel tindakan; rinciannya di perbedaan_" (id) ".csv.age. "
                    "Perbedaan yang sudah diperbaiki menjadi SELESAI pada proses berikutnya." }
            }
            @for (side, period) in due {
                li { (side.party.id.upper()) " mengirim data " (side.dataset.id) " periode " (day(period.first)) " s.d. " (day(period.last))
                    " paling lambat " (day(period.due)) "." }
            }
            li { "Berita Acara Rekonsiliasi siap dicetak dan ditandatangani: berita_acara_" (id) ".pdf." }
            @if facts.run_date >= facts.agreement.term.warn_from {
                li.mark { "Perjanjian berakhir pada " (day(facts.agreement.term.until)) "; perpanjangannya perlu disepakati." }
            }
        }
    }
}
