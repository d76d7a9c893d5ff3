//! The README's commands, as a reader pastes them.

use std::path::Path;

use crate::page::{blocks, text};
use crate::trial::Trial;

/// A reader waits until the receipt is there, in whose party's folder the block ends.
const WAIT: &str = r#"
until compgen -G ~/padan-trial/data/parties/"${PWD##*/}"/receipts/"${N:-}"'*.txt' > /dev/null; do sleep 0.05; done
"#;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_party_can_be_played_by_pasting_the_readme() {
    let trial = Trial::start();
    let mut script = String::new();
    for block in blocks(&text("README.md"), "sh") {
        script.push_str(&block);
        if block.contains("put ") {
            script.push_str(WAIT);
        }
    }
    let printed = trial.script(&script);
    for expected in [
        "DITERIMA: bkn_pns_full_2025-12-31_0001",
        "pns,",
        "Good \"padan\" signature for padan",
        "perbedaan_kepesertaan.csv.age: OK",
        "TAMBAH,FINANSIAL,",
        ",HANYA_",
        "answered before, and the answers come out the same",
    ] {
        assert!(printed.contains(expected), "no `{expected}` in:\n{printed}");
    }
}
#[test]
fn every_page_and_heading_that_is_named_is_there() {
    for path in [
        "README.md",
        "docs/staf.md",
        "docs/staff.md",
        "docs/polling.md",
        "docs/operator.md",
        "docs/hardening.md",
        "docs/clients.md",
    ] {
        let page = text(path);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let links = page.split("](").skip(1).filter_map(|r| r.split_once(')'));
        for (link, _) in links.filter(|(link, _)| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let named = match file {
                "" => page.clone(),
                // A picture has no headings.
                picture if picture.ends_with(".png") => {
                    let there = Path::new(env!("CARGO_MANIFEST_DIR"))
                        .join(folder)
                        .join(picture)
                        .is_file();
                    assert!(there && heading.is_empty(), "{link} in {path}");
                    continue;
                }
                file => text(Path::new(folder).join(file)),
            };
            let headings = named.lines().filter_map(|l| l.strip_prefix("## "));
            let mut anchors =
                headings.map(|h| h.to_lowercase().replace(['`', '/'], "").replace(' ', "-"));
            assert!(
                heading.is_empty() || anchors.any(|anchor| anchor == heading),
                "{link} in {path}"
            );
        }
    }
}
