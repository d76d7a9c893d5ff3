//! Facts that are hard to come by in an exchange: other words, other years, more than a page holds.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::{Date, date};

use crate::agreement::Agreement;
use crate::delivery::{DeliveryId, Mode, Sha256Digest};
use crate::ledger::record::RunFigures;
use crate::reconcile::DifferenceCounts;

use super::{ColumnFigures, Facts, Figures, Side, minutes_page, minutes_pdf, summary};

const DAY: Date = date(2026, 11, 22);

/// The example agreement, in which some words are others.
fn agreement(changes: &[(&str, &str)]) -> Agreement {
    let mut text = include_str!("../../config/agreement.yaml").to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    Agreement::parse(&text, Path::new("agreement.yaml"), DAY).unwrap()
}

fn counted(words: &[(&str, u64)]) -> BTreeMap<String, u64> {
    words
        .iter()
        .map(|(word, n)| ((*word).to_owned(), *n))
        .collect()
}

/// Figures of 1,000 records that met, of which 990 agree.
fn figures() -> Figures {
    let column = |(name, differing): (&str, u64)| ColumnFigures {
        name: name.to_owned(),
        reference: "BKN".to_owned(),
        action: "ADOPSI_BPJS".to_owned(),
        differing,
    };
    Figures {
        records: [Some(1_005), Some(1_002)],
        refused: [Some(0), Some(7)],
        matched: Some(1_000),
        agreeing: Some(990),
        columns: [("golongan", 10), ("nama", 0)].map(column).into(),
        counts: DifferenceCounts {
            kinds: counted(&[("NILAI", 10), ("HANYA_BKN", 2)]),
            columns: counted(&[("golongan", 10)]),
            verdicts: counted(&[("BEDA", 10)]),
            actions: counted(&[("ADOPSI_BPJS", 10), ("PERIKSA_BERSAMA", 2)]),
            statuses: counted(&[("BARU", 4), ("MASIH", 8), ("SELESAI", 3)]),
            since: counted(&[
                ("2026-11-22", 4),
                ("2026-10-23", 1),
                ("2026-10-22", 2),
                ("2025-11-22", 3),
                ("2025-11-21", 2),
            ]),
        },
    }
}

fn run(run_date: Date, [open, new, resolved]: [u64; 3]) -> RunFigures {
    RunFigures {
        run_date,
        dataset: "pns".parse().unwrap(),
        sequence: 1,
        matched: Some(1_000),
        agreeing: Some(1_000 - open),
        open,
        new,
        resolved,
    }
}

fn facts(agreement: &Agreement) -> Facts<'_> {
    let [first, second] = &agreement.parties;
    let side = |party, dataset: &str| Side {
        party,
        dataset: agreement.dataset(&dataset.parse().unwrap()).unwrap(),
        delivery: DeliveryId::of_manifest(dataset.as_bytes()),
        digest: Sha256Digest::of(dataset.as_bytes()),
        mode: Mode::Full,
        as_of: date(2026, 6, 30),
        sequence: 12,
        refused: 7,
    };
    Facts {
        agreement,
        reconciliation: agreement
            .reconciliations
            .iter()
            .find(|r| r.id.as_str() == "pembanding")
            .unwrap(),
        reader: first,
        run_date: DAY,
        sides: [side(first, "peserta_banding"), side(second, "pns")],
        shown: figures(),
        common: figures(),
        runs: vec![run(DAY, [12, 4, 3])],
    }
}

fn pages(pdf: &[u8]) -> usize {
    String::from_utf8_lossy(pdf)
        .matches("/Type /Page\n")
        .count()
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let agreement = agreement(&[]);
    let all = || {
        let facts = facts(&agreement);
        (summary(&facts), minutes_page(&facts), minutes_pdf(&facts))
    };
    assert!(all() == all());
}

#[test]
fn words_of_the_agreement_are_words_on_the_page() {
    let agreement = agreement(&[
        (
            "bkn: Badan Kepegawaian Negara",
            "bkn: 'Badan <script>alert(1)</script> & \"Rekan\" (A \\'",
        ),
        (
            "    - Undang-Undang Nomor 27",
            "    - Undang-Undang <b>Nomor</b> 27",
        ),
    ]);
    let facts = facts(&agreement);
    for page in [summary(&facts), minutes_page(&facts)] {
        assert!(
            !page.contains("<script>") && !page.contains("<b>N"),
            "{page}"
        );
        assert!(
            page.contains("Badan &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Rekan&quot;"),
            "{page}"
        );
    }
    let paper = minutes_pdf(&facts);
    let paper = String::from_utf8_lossy(&paper);
    assert!(
        paper.contains("Badan <script>alert\\(1\\)</script> & \"Rekan\" \\(A \\\\"),
        "{paper}"
    );
}

#[test]
fn the_half_year_is_that_of_the_newer_data() {
    let agreement = agreement(&[]);
    let mut facts = facts(&agreement);
    assert!(summary(&facts).contains("Semester I Tahun 2026"));
    facts.sides[1].as_of = date(2026, 7, 1);
    assert!(minutes_page(&facts).contains("SEMESTER II TAHUN 2026"));
}

#[test]
fn open_differences_are_grouped_by_their_age() {
    let agreement = agreement(&[]);
    let page = summary(&facts(&agreement));
    for (group, n) in [
        ("0–30", 5),
        ("31–90", 2),
        ("91–180", 0),
        ("181–365", 3),
        ("&gt; 365", 2),
    ] {
        let row = format!("<th scope=\"row\">{group}</th><td class=\"number\">{n}</td>");
        assert!(page.contains(&row), "{row}\n{page}");
    }
}

#[test]
fn the_trend_has_one_point_a_day_and_the_last_twelve() {
    let agreement = agreement(&[]);
    let mut facts = facts(&agreement);
    let days = (1..=14).map(|day| date(2026, 10, day));
    facts.runs = days
        .flat_map(|day| [run(day, [200, 30, 10]), run(day, [150, 20, 70])])
        .collect();
    let page = summary(&facts);
    let row = "<th scope=\"row\">14 Oktober 2026</th><td class=\"number\">2</td><td class=\"number\">85,0 %</td>\
               <td class=\"number\">150</td><td class=\"number\">50</td><td class=\"number\">80</td>";
    assert!(page.contains(row), "{page}");
    assert!(
        page.contains("3 Oktober 2026") && !page.contains(">2 Oktober 2026"),
        "{page}"
    );
    // Three lines of circles, and one of squares.
    assert_eq!(
        page.matches("<circle cx=\"").count() - page.matches("<circle cx=\"3\"").count(),
        3 * 12
    );
    facts.runs = vec![
        run(date(2026, 10, 1), [150, 150, 0]),
        run(DAY, [12, 4, 142]),
    ];
    let page = summary(&facts);
    assert_eq!(
        page.matches("<circle cx=\"").count() - page.matches("<circle cx=\"3\"").count(),
        2 + 2 + 1,
        "the first run only begins the last line"
    );
}

#[test]
fn what_a_reader_may_not_know_is_said_to_be_left_out() {
    let agreement = agreement(&[]);
    let mut facts = facts(&agreement);
    assert!(!summary(&facts).contains("tidak dimuat"));
    assert!(!minutes_page(&facts).contains("tidak dimuat"));
    for figures in [&mut facts.shown, &mut facts.common] {
        (figures.matched, figures.agreeing) = (None, None);
        (figures.records[0], figures.refused[0]) = (None, None);
    }
    facts.runs = vec![RunFigures {
        matched: None,
        agreeing: None,
        ..run(DAY, [12, 4, 3])
    }];
    for page in [summary(&facts), minutes_page(&facts)] {
        assert!(page.contains("tidak dimuat"));
        for figure in ["1.000", "990", "99,0 %", "1.005"] {
            assert!(!page.contains(figure), "{figure}: {page}");
        }
        assert!(page.contains("1.002"), "its own records it knows");
    }
}

#[test]
fn the_end_of_the_term_is_announced() {
    let agreement = agreement(&[("extended_until: 2030-10-10", "extended_until: 2027-01-31")]);
    let mut facts = facts(&agreement);
    assert!(summary(&facts).contains("Perjanjian berakhir pada 31 Januari 2027"));
    facts.run_date = date(2026, 10, 1);
    assert!(!summary(&facts).contains("Perjanjian berakhir pada"));
}

#[test]
fn the_paper_grows_by_pages_with_the_head_of_a_table_on_each() {
    let agreement = agreement(&[]);
    let mut facts = facts(&agreement);
    let few = pages(&minutes_pdf(&facts));
    let columns = (0..200).map(|n| ColumnFigures {
        name: format!("kolom_yang_namanya_lebih_panjang_daripada_lebar_yang_tersedia_{n}"),
        reference: String::new(),
        action: "INFORMASI".to_owned(),
        differing: n,
    });
    facts.common.columns = columns.collect();
    let paper = minutes_pdf(&facts);
    let many = pages(&paper);
    assert!(many > few + 3, "{few} {many}");
    let text = String::from_utf8_lossy(&paper);
    let heads = text.matches("(Kesesuaian) Tj").count();
    assert!(
        (many - few..=many).contains(&heads),
        "{heads} heads on {many} pages"
    );
    for page in 1..=many {
        assert!(text.contains(&format!("(Halaman {page} dari {many}) Tj")));
    }
}

#[test]
fn an_agreement_without_words_for_its_minutes_has_minutes() {
    let text = include_str!("../../config/agreement.yaml");
    let (before, rest) = text.split_once("\nminutes:\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let text = format!("{before}\n{after}");
    let agreement = Agreement::parse(&text, Path::new("agreement.yaml"), DAY).unwrap();
    let page = minutes_page(&facts(&agreement));
    assert!(page.contains("Perjanjian Kerja Sama Nomor 420/KTR/1016 dan Nomor 41/K/KS/X/2016 tanggal 10 Oktober 2016"), "{page}");
    assert!(page.contains("D. Pernyataan"), "{page}");
}
