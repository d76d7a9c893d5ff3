//! The pages by the standard's rules, and in a real browser.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::exchange::{name, read, with_ending};

const VALIDATOR: &str = "target/tools/npm-pages/node_modules/html-validate/bin/html-validate.mjs";

#[test]
#[ignore = "needs node, html-validate"]
fn every_page_is_valid_and_accessible() {
    let validate = |pages: &[std::path::PathBuf]| {
        let output = Command::new("node")
            .args([VALIDATOR, "--preset", "recommended,a11y,document"])
            .args(pages)
            .output();
        output.unwrap()
    };
    let output = validate(&with_ending("html"));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    // It would have said something.
    let place = tempfile::tempdir().unwrap();
    let broken = place.path().join("broken.html");
    let page = read(&with_ending("html")[0]);
    fs::write(&broken, page.replacen("<html lang=\"id\">", "<html>", 1)).unwrap();
    assert!(!validate(&[broken]).status.success());
}

#[test]
fn a_page_stands_alone() {
    let nowhere = [
        "http:", "https:", "@import", "<script", "<iframe", "<object", "<img", "<link",
    ];
    let in_no_tag = [" src=", " href=", " style=", " on"];
    for path in with_ending("html") {
        let page = read(&path);
        for word in nowhere {
            assert!(!page.contains(word), "{}: {word}", path.display());
        }
        let tags = page.split('<').filter_map(|rest| rest.split_once('>'));
        for (tag, _) in tags {
            for word in in_no_tag {
                assert!(!tag.contains(word), "{}: <{tag}>", path.display());
            }
        }
        assert!(page.contains("default-src 'none'"), "{}", path.display());
        // Each chart is told in words, too.
        let drawn = |svg: &&str| !svg.starts_with(" width=\"0\"");
        for chart in page.split("<svg").skip(1).filter(drawn) {
            let (head, _) = chart.split_once("</title>").unwrap();
            assert!(head.contains("role=\"img\"><title>"), "{head}");
        }
    }
}

#[test]
#[ignore = "needs chromium, pdftotext, pdfinfo"]
fn a_browser_shows_it_and_prints_it_on_a4() {
    let place = tempfile::tempdir().unwrap();
    for path in with_ending("html")
        .iter()
        .filter(|path| path.to_str().unwrap().contains("_pns_bkn_0002"))
    {
        let printed = place.path().join("printed.pdf");
        let output = chromium(
            place.path(),
            path,
            &[&format!("--print-to-pdf={}", printed.display())],
        );
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("Content Security Policy"), "{said}");
        let info = tool("pdfinfo", &[printed.to_str().unwrap()]);
        assert!(info.contains("(A4)"), "{info}");
        let pages: u32 = info
            .lines()
            .find_map(|line| line.strip_prefix("Pages:"))
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        assert!((2..=5).contains(&pages), "{}: {info}", name(path));
        let text = tool("pdftotext", &["-layout", printed.to_str().unwrap(), "-"]);
        // The style is the page's own: its page numbers are printed.
        assert!(
            text.contains(&format!("Halaman {pages} dari {pages}")),
            "{text}"
        );
        let words = if name(path).starts_with("ringkasan") {
            "Umur perbedaan terbuka"
        } else {
            "B. Hasil rekonsiliasi"
        };
        assert!(text.contains(words), "{text}");
    }
}

/// Debian's browser without a window; as root it has no sandbox, and the page has no script.
fn chromium(place: &Path, page: &Path, args: &[&str]) -> Output {
    let profile = format!("--user-data-dir={}", place.join("profile").display());
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args([
            "--no-pdf-header-footer",
            "--enable-logging=stderr",
            &profile,
        ])
        .args(args)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// What a tool prints.
pub fn tool(tool: &str, args: &[&str]) -> String {
    let output = Command::new(tool).args(args).output().unwrap();
    assert!(
        output.status.success(),
        "{tool}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
