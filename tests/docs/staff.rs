//! The pages for staff name every column.

use std::path::Path;

use jiff::civil::date;
use padan::config::Config;

use crate::page::text;

const PAGES: [&str; 2] = ["docs/staf.md", "docs/staff.md"];

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
