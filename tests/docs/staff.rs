//! The pages for staff name every rejection and every column.

use std::path::Path;

use jiff::civil::date;
use padan::config::Config;
use padan::party::profile::Profile;
use padan::party::sheet::damage::Damage;
use padan::rejection::Code;

use crate::page::{blocks, text};

const PAGES: [&str; 2] = ["docs/staf.md", "docs/staff.md"];

/// No wildcard: a new code does not compile until it stands here, and then the pages must name it.
fn next(code: Code) -> Option<Code> {
    Some(match code {
        Code::ManifestFormat => Code::NameFormat,
        Code::NameFormat => Code::NameNotSender,
        Code::NameNotSender => Code::ChecksumMismatch,
        Code::ChecksumMismatch => Code::Incomplete,
        Code::Incomplete => Code::SignatureBad,
        Code::SignatureBad => Code::SignerUnknown,
        Code::SignerUnknown => Code::SignerNotSender,
        Code::SignerNotSender => Code::SignerExpired,
        Code::SignerExpired => Code::SignerWeak,
        Code::SignerWeak => Code::NamespaceWrong,
        Code::NamespaceWrong => Code::SequenceConflict,
        Code::SequenceConflict => Code::SequenceOld,
        Code::SequenceOld => Code::DatasetNotAgreed,
        Code::DatasetNotAgreed => Code::DatasetDoubled,
        Code::DatasetDoubled => Code::OutOfTerm,
        Code::OutOfTerm => Code::AsOfFuture,
        Code::AsOfFuture => Code::TooLarge,
        Code::TooLarge => Code::DecryptNoKey,
        Code::DecryptNoKey => Code::DecryptDamaged,
        Code::DecryptDamaged => Code::CompressionDamaged,
        Code::CompressionDamaged => Code::NotUtf8,
        Code::NotUtf8 => Code::NotCsv,
        Code::NotCsv => Code::NoRows,
        Code::NoRows => Code::ColumnUnknown,
        Code::ColumnUnknown => Code::ColumnMissing,
        Code::ColumnMissing => Code::ColumnDoubled,
        Code::ColumnDoubled => Code::RowsRefused,
        Code::RowsRefused => Code::DeltaWithoutBase,
        Code::DeltaWithoutBase => Code::NotAFile,
        Code::NotAFile => Code::NotEncrypted,
        Code::NotEncrypted => Code::LeftOver,
        Code::LeftOver => return None,
    })
}

#[test]
fn every_rejection_is_in_the_table() {
    for path in PAGES {
        let page = text(path);
        let mut code = Some(Code::ManifestFormat);
        while let Some(now) = code {
            assert!(page.contains(&format!("| `{now}` |")), "{now} in {path}");
            code = next(now);
        }
    }
}

#[test]
fn every_damage_of_a_workbook_is_in_the_table_in_the_programs_own_words() {
    for path in PAGES {
        // As Markdown wants it in a table.
        let page = text(path).replace("&gt;", ">");
        for damage in Damage::ALL {
            let words = damage.text();
            let words = if path.ends_with("staf.md") {
                words.id
            } else {
                words.en
            };
            let row = format!("| `{damage}` | {} | {} |", words.what, words.remedy);
            assert!(page.contains(&row), "{row} in {path}");
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
