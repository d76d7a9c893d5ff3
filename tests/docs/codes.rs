//! The codes: each stands in its table once, and the page of codes is what `padan explain --page` writes.

use std::collections::BTreeSet;
use std::process::Command;

use assert_cmd::assert::OutputAssertExt;
use padan::agreement::checks::CheckCode;
use padan::party::sheet::damage::Damage;
use padan::rejection::{Code, Entry};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::page::text;

fn explain(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_padan"));
    command.arg("explain").args(args);
    command
}

fn stdout(args: &[&str]) -> String {
    let output = explain(args).assert().success().get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

/// The names of an enum's variants, which its deserialisation lists when it is given none of them.
fn variants<T: DeserializeOwned>() -> Vec<String> {
    let Err(error) = serde_json::from_str::<T>("\"?\"") else {
        panic!("`?` is a code");
    };
    let told = error.to_string();
    let (_, list) = told.split_once("expected one of ").unwrap();
    let names = list.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

fn assert_complete<T: DeserializeOwned>(entries: Vec<&Entry>) {
    let names: Vec<_> = entries.iter().map(|entry| entry.name).collect();
    assert_eq!(names, variants::<T>(), "each code once, under its own name");
    assert_sentences(entries);
}

fn assert_sentences(entries: Vec<&Entry>) {
    let names: BTreeSet<_> = entries.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), entries.len());
    let mut sentences = BTreeSet::new();
    for entry in entries {
        let text = &entry.text;
        for tongue in [text.id, text.en] {
            assert!(sentences.insert(tongue.what), "twice: {}", tongue.what);
            for part in [tongue.what, tongue.remedy] {
                assert!(
                    part.ends_with('.') && part.len() > 9,
                    "{}: {part}",
                    entry.name
                );
            }
        }
    }
}

#[test]
fn every_code_is_in_its_table_once() {
    assert_complete::<Code>(Code::all().map(Code::entry).collect());
    assert_complete::<CheckCode>(CheckCode::all().map(CheckCode::entry).collect());
    assert_sentences(Damage::ALL.map(Damage::entry).to_vec());
}

#[test]
fn the_page_of_codes_is_the_one_that_the_program_writes() {
    let written = stdout(&["--page"]);
    assert!(
        text("docs/codes.md") == written,
        "run `padan explain --page > docs/codes.md`"
    );
    for code in Code::all() {
        assert!(written.contains(&format!("| `{code}` |")), "{code}");
    }
    for damage in Damage::ALL {
        assert!(written.contains(&format!("| `{damage}` |")), "{damage}");
    }
}

#[test]
fn a_code_is_explained_in_both_languages_however_it_is_typed() {
    for typed in ["NIK_BENTUK", "nik_bentuk", "nik-bentuk"] {
        let told = stdout(&[typed]);
        let entry = CheckCode::NikBentuk.entry();
        for part in [
            entry.text.id.what,
            entry.text.id.remedy,
            entry.text.en.what,
            entry.text.en.remedy,
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(
            told.contains("baris ditolak") && told.contains("the row is refused"),
            "{told}"
        );
    }
    let told = stdout(&["sheet_digits_lost"]);
    assert!(told.contains("the workbook is not sent"), "{told}");
    let told = stdout(&["TOO_LARGE", "NO_ROWS"]);
    assert!(
        told.contains("kiriman ditolak") && told.contains("NO_ROWS"),
        "{told}"
    );
}

#[test]
fn an_unknown_code_gets_the_nearest_names() {
    for (typed, offered) in [
        ("CHECKSUM_MISMACH", "did you mean CHECKSUM_MISMATCH"),
        ("golongan", "GOLONGAN_BENTUK"),
        ("xyzzy", "`padan explain` lists all codes"),
    ] {
        let output = explain(&[typed]).assert().code(2).get_output().clone();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(offered), "{typed}: {told}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_list_holds_every_code_for_people_and_for_machines() {
    let list = stdout(&[]);
    let machines: Value = serde_json::from_str(&stdout(&["--json"])).unwrap();
    let machines = machines.as_array().unwrap();
    let entries: Vec<_> = Code::all()
        .map(Code::entry)
        .chain(CheckCode::all().map(CheckCode::entry))
        .chain(Damage::ALL.map(Damage::entry))
        .collect();
    assert_eq!(machines.len(), entries.len());
    for (entry, machine) in entries.iter().zip(machines) {
        assert!(
            list.contains(entry.name) && list.contains(entry.text.en.what),
            "{}",
            entry.name
        );
        assert_eq!(machine["code"], entry.name);
        assert_eq!(machine["level"], entry.level.as_str());
        assert_eq!(machine["id"]["remedy"], entry.text.id.remedy);
        assert_eq!(machine["en"]["what"], entry.text.en.what);
    }
}
