//! The minutes as PDF, read by Poppler.

use crate::exchange::{name, personal_values, with_ending};
use crate::validity::tool;

#[test]
#[ignore = "needs pdftotext, pdfinfo"]
fn the_minutes_are_a_paper_to_be_signed() {
    let values = personal_values();
    for path in with_ending("pdf") {
        let file = path.to_str().unwrap();
        let info = tool("pdfinfo", &[file]);
        let field = |key: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(key));
            line.map(|value| value.trim().to_owned())
        };
        assert!(info.contains("(A4)"), "{info}");
        assert_eq!(
            field("CreationDate:"),
            None,
            "no time but the day of the run"
        );
        let title = name(&path)
            .trim_end_matches(".pdf")
            .trim_start_matches("berita_acara_");
        assert_eq!(
            field("Title:").unwrap(),
            format!("Berita Acara Rekonsiliasi {title}")
        );
        let pages: usize = field("Pages:").unwrap().parse().unwrap();
        let text = tool("pdftotext", &["-layout", file, "-"]);
        let sheets: Vec<_> = text.split_terminator('\u{c}').collect();
        assert_eq!(sheets.len(), pages);
        for (number, sheet) in (1..).zip(&sheets) {
            assert!(
                sheet.contains(&format!("Halaman {number} dari {pages}")),
                "{sheet}"
            );
        }
        // Two at the beginning, two below the places for the signatures, which stay on one page.
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for label in ["Nama :", "NIP/NPP :", "Jabatan :"] {
            assert_eq!(squeezed(&text).matches(label).count(), 4, "{label} {text}");
            let last = squeezed(sheets[pages - 1]);
            assert_eq!(last.matches(label).count(), 2, "{label} {text}");
        }
        for words in [
            "BERITA ACARA REKONSILIASI DATA",
            "bertindak untuk dan atas nama Badan Kepegawaian Negara (BKN)",
            "Nomor 420/KTR/1016 dan Nomor 41/K/KS/X/2016",
            "A. Data yang direkonsiliasi",
            "D. Pernyataan",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let plain = squeezed(&text);
        let leaked: Vec<_> = values
            .iter()
            .filter(|(value, _)| plain.contains(value.as_str()))
            .map(|(_, c)| c)
            .collect();
        assert!(leaked.is_empty(), "{leaked:?}");
    }
}

#[test]
#[ignore = "needs pdftotext"]
fn no_word_leaves_the_margins() {
    for path in with_ending("pdf") {
        // Where each word stands, in points.
        let words = tool("pdftotext", &["-bbox", path.to_str().unwrap(), "-"]);
        let edge = |line: &str, key: &str| -> f32 {
            let rest = line.split(&format!("{key}=\"")).nth(1).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let mut count = 0;
        for line in words
            .lines()
            .filter(|line| line.trim_start().starts_with("<word"))
        {
            count += 1;
            let (left, right) = (edge(line, "xMin"), edge(line, "xMax"));
            assert!(
                left >= 70.0 && right <= 595.3 - 56.0,
                "{}: {line}",
                path.display()
            );
            assert!(
                edge(line, "yMin") >= 56.0 && edge(line, "yMax") <= 842.0 - 28.0,
                "{line}"
            );
        }
        assert!(count > 300, "{count} words");
    }
}
