//! The pages for staff name every column, and leave the codes to their own page.

use std::path::Path;

use jiff::civil::date;
use padan::config::Config;
use padan::party::profile::Profile;
use padan::party::sheet::damage::Damage;

use crate::page::{blocks, text};

const PAGES: [&str; 2] = ["docs/staf.md", "docs/staff.md"];

#[test]
fn what_may_be_wrong_with_a_workbook_is_told_by_the_page_of_codes_alone() {
    for path in PAGES {
        let page = text(path);
        assert!(page.contains("](codes.md#buku-kerja--workbooks)"), "{path}");
        // A second table would say something else one day.
        for damage in Damage::ALL {
            assert!(
                !page.contains(&format!("| `{damage}`")),
                "{damage} in {path}"
            );
        }
    }
}

#[test]
fn the_profile_on_the_pages_can_be_used() {
    for path in PAGES {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("padan-party.yaml");
        std::fs::write(&file, &blocks(&text(path), "yaml")[0]).unwrap();
        let profile = Profile::load(&file).unwrap();
        assert_eq!(profile.server.unwrap().port, 2222, "{path}");
    }
}

#[test]
fn the_columns_are_those_of_the_agreement() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/padan.yaml");
    let agreement = Config::load(&config, date(2026, 11, 22)).unwrap().agreement;
    for path in PAGES {
        let page = text(path);
        for dataset in &agreement.datasets {
            let names: Vec<_> = dataset.fields.iter().map(|f| f.name.as_str()).collect();
            let header = format!("\n{}\n", names.join(","));
            assert!(page.contains(&header), "{} in {path}", dataset.id);
        }
    }
}
