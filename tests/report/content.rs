//! What stands in the pages, and what must not.

use std::fs;

use padan::digest::Sha256Digest;

use crate::exchange::{folder, name, personal_values, read, reports, summary};

#[test]
fn nothing_of_a_person_stands_in_any_of_them() {
    let values = personal_values();
    for report in reports() {
        let text = read(&report);
        let found = values
            .iter()
            .filter(|(value, _)| text.contains(value.as_str()));
        let columns: Vec<_> = found.map(|(_, column)| column).collect();
        assert!(columns.is_empty(), "{}: {columns:?}", report.display());
    }
}

#[test]
fn they_are_vouched_for() {
    for report in reports() {
        let sums = read(report.parent().unwrap().join("SHA256SUMS"));
        let line = format!(
            "{}  {}",
            Sha256Digest::of(&fs::read(&report).unwrap()),
            name(&report)
        );
        assert!(sums.lines().any(|listed| listed == line), "{line}\n{sums}");
    }
}

#[test]
fn the_summary_tells_what_the_counts_tell() {
    for (party, dataset, sequence, reconciliation) in [
        ("bpjs", "pns", 2, "pembanding"),
        ("bpjs", "pns", 2, "kepesertaan"),
        ("bkn", "peserta_pns", 1, "kepesertaan"),
    ] {
        let folder = folder(party, dataset, sequence);
        let page = read(folder.join(format!("ringkasan_{reconciliation}.html")));
        let counts = summary(&folder, reconciliation);
        let number = |name: &str| counts[name].as_u64().unwrap();
        let status = |name: &str| counts["status"][name].as_u64().unwrap_or(0);
        let (matched, agreeing) = (number("matched"), number("agreeing"));
        let open = status("BARU") + status("MASIH");
        let permille = agreeing * 1000 / matched;
        let lead = format!(
            "Dari {matched} data yang berpasangan, {agreeing} ({},{} %) sesuai seluruhnya. Masih terbuka {open} perbedaan, \
             {} di antaranya baru; {} selesai sejak proses sebelumnya.",
            permille / 10,
            permille % 10,
            status("BARU"),
            status("SELESAI")
        );
        assert!(page.contains(&lead), "{lead}\n{page}");
        for (column, differing) in counts["kolom"].as_object().unwrap() {
            let differing = differing.as_u64().unwrap();
            let row = row_of(&page, column);
            let cells = format!(
                "<td class=\"number\">{}</td><td class=\"number\">{differing}</td>",
                matched - differing
            );
            assert!(row.contains(&cells), "{column}: {row}");
        }
        for (action, n) in counts["tindakan"].as_object().unwrap() {
            let cells = format!("<td>{action}</td>");
            let row = page.split("<tr").find(|row| row.contains(&cells)).unwrap();
            assert!(
                row.contains(&format!("<td class=\"number\">{n}</td>")),
                "{action}: {row}"
            );
        }
        // All of it was found today.
        assert!(row_of(&page, "0–30").contains(&format!("<td class=\"number\">{open}</td>")));
    }
}

#[test]
fn the_trend_goes_from_run_to_run() {
    let (first, second) = (
        folder("bpjs", "peserta_banding", 1),
        folder("bpjs", "pns", 2),
    );
    let (before, after) = (
        summary(&first, "pembanding"),
        summary(&second, "pembanding"),
    );
    let new = |counts: &serde_json::Value| counts["status"]["BARU"].as_u64().unwrap();
    let page = read(second.join("ringkasan_pembanding.html"));
    let trend = page.split("<h2>Perkembangan</h2>").nth(1).unwrap();
    let today = trend.split("<tr>").nth(2).unwrap();
    // Both runs were on one day, which both parties' deliveries caused.
    let sum = new(&before) + new(&after);
    assert!(today.contains("<td class=\"number\">2</td>"), "{today}");
    assert!(
        today.contains(&format!("<td class=\"number\">{sum}</td>")),
        "{sum}: {today}"
    );
    let page = read(first.join("ringkasan_pembanding.html"));
    assert!(page.contains("Grafik perkembangan ditampilkan mulai tanggal proses kedua."));
}

#[test]
fn bkn_learns_no_figure_of_records_that_it_may_not_know() {
    for (dataset, sequence) in [("peserta_banding", 1), ("pns", 2)] {
        let theirs = folder("bpjs", dataset, sequence);
        let ours = folder("bkn", dataset, sequence);
        let full = read(theirs.join("ringkasan_pembanding.html"));
        for words in [
            "Data hanya ada di BPJS",
            "Putusan atas nilai",
            "Sesuai seluruhnya",
            "data yang berpasangan, ",
        ] {
            assert!(full.contains(words), "BPJS may know all of it: {words}");
        }
        for file in [
            "ringkasan_pembanding.html",
            "berita_acara_pembanding.html",
            "berita_acara_pembanding.pdf",
        ] {
            let text = read(ours.join(file));
            for words in [
                "hanya ada di BPJS",
                "Putusan atas nilai",
                "sesuai seluruhnya.",
                "Kesesuaian</th>",
                "Tingkat kesesuaian",
                "Berpasangan, sesuai seluruhnya",
            ] {
                assert!(!text.contains(words), "{file}: {words}");
            }
            assert!(text.contains("tidak dimuat"), "{file}");
            assert!(text.contains("hanya ada di BKN"), "{file}");
        }
        // Its row tells neither records nor refused rows.
        let row = row_of(&read(ours.join("ringkasan_pembanding.html")), "BPJS");
        assert_eq!(row.matches("tidak dimuat").count(), 2, "{row}");
        // What it may know, it does.
        let page = read(
            ours.join("ringkasan_kepesertaan.html")
                .with_file_name("ringkasan_pembanding.html"),
        );
        assert!(page.contains("Perbedaan terbuka"));
    }
}

#[test]
fn both_parties_sign_the_same_minutes() {
    for (dataset, sequence, reconciliation) in [
        ("peserta_pns", 1, "kepesertaan"),
        ("peserta_banding", 1, "pembanding"),
        ("pns", 2, "kepesertaan"),
        ("pns", 2, "pembanding"),
    ] {
        for ending in ["html", "pdf"] {
            let file = format!("berita_acara_{reconciliation}.{ending}");
            let [ours, theirs] = ["bkn", "bpjs"]
                .map(|party| fs::read(folder(party, dataset, sequence).join(&file)).unwrap());
            assert!(ours == theirs, "{file} of {dataset} {sequence}");
            let text = String::from_utf8_lossy(&ours);
            for words in [
                "420/KTR/1016",
                "PIHAK PERTAMA",
                "PIHAK KEDUA",
                "NIP/NPP",
                "Undang-Undang Nomor 27 Tahun 2022",
                "Pasal 4",
            ] {
                assert!(text.contains(words), "{file}: {words}");
            }
        }
    }
}

/// The row of the last table that has one with this name.
fn row_of(page: &str, name: &str) -> String {
    let head = format!("<th scope=\"row\">{name}</th>");
    let row = page.rsplit("<tr").find(|row| row.contains(&head));
    row.unwrap_or_else(|| panic!("no row {name}: {page}"))
        .to_owned()
}
