//! The README's commands, as a reader pastes them.

use crate::page::{blocks, text};
use crate::trial::Trial;

/// A reader waits until the receipt is there, in whose party's folder the block ends.
const WAIT: &str = r#"
until compgen -G ~/padan-trial/data/parties/"${PWD##*/}"/receipts/'*.txt' > /dev/null; do sleep 0.05; done
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
fn every_page_that_is_named_is_there() {
    for (page, folder) in [
        ("README.md", ""),
        ("docs/staf.md", "docs/"),
        ("docs/staff.md", "docs/"),
        ("docs/polling.md", "docs/"),
        ("docs/operator.md", "docs/"),
    ] {
        let page = text(page);
        let links = page.split("](").skip(1);
        for link in links.filter_map(|rest| rest.split_once(')')) {
            let (target, _) = link;
            let file = target.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") {
                let _ = text(&format!("{folder}{file}"));
            }
        }
    }
}
