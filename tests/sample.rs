//! The sample against an independent reading: what the row checks find and what a naive comparison finds must be what
//! truth.json says.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop at the first surprise"
)]

#[path = "sample/naive.rs"]
mod naive;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use jiff::civil::date;
use padan::agreement::checks::CheckCode;
use padan::sample::{FEWEST, Plan, Putusan, Round, Truth, generate};
use tempfile::{TempDir, tempdir};

use naive::{Delivery, apply, compare};

/// Days that are awkward: a leap day, the ends of a year, the first of a month; and an ordinary one.
const DAYS: [(i16, i8, i8); 7] = [
    (2024, 2, 29),
    (2026, 12, 31),
    (2027, 1, 1),
    (2026, 3, 1),
    (2026, 11, 22),
    (1990, 1, 1),
    (2090, 12, 31),
];

fn sample(rows: u64, seed: u64, day: (i16, i8, i8)) -> (TempDir, Truth) {
    sample_with(rows, 0, seed, day)
}

/// A sample with people whom no number brings together.
fn sample_with(
    rows: u64,
    unmatched: u64,
    seed: u64,
    (year, month, day): (i16, i8, i8),
) -> (TempDir, Truth) {
    let dir = tempdir().unwrap();
    let plan = Plan {
        rows,
        seed,
        as_of: date(year, month, day),
        unmatched,
    };
    let truth = generate(&plan, dir.path(), |_| {}).unwrap();
    (dir, truth)
}

/// All files of a sample with their bytes.
fn bytes(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for folder in ["", "babak-1", "babak-2"] {
        for entry in fs::read_dir(dir.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(dir).unwrap().display().to_string();
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

#[test]
fn the_same_numbers_give_the_same_bytes_and_another_seed_others() {
    let (first, _) = sample(300, 5, DAYS[4]);
    let (again, _) = sample(300, 5, DAYS[4]);
    let (other, _) = sample(300, 6, DAYS[4]);
    assert_eq!(bytes(first.path()), bytes(again.path()));
    for (name, content) in bytes(other.path()) {
        assert_ne!(bytes(first.path())[&name], content, "{name}");
    }
}

#[test]
fn five_hundred_rows_show_every_code_verdict_and_class() {
    for (seed, day) in (1..).zip(DAYS) {
        let (_dir, truth) = sample(500, seed, day);
        let mut codes = BTreeSet::new();
        let rounds = [&truth.babak_1, &truth.babak_2];
        for file in rounds.into_iter().flat_map(|round| round.files.values()) {
            let all = file
                .errors
                .keys()
                .chain(file.warnings.keys())
                .chain(file.infos.keys());
            codes.extend(all.copied());
        }
        assert_eq!(codes, CheckCode::all().collect(), "seed {seed} {day:?}");

        let copies = &truth.babak_1.reconciliations["pembanding"];
        assert!(copies.hanya_bkn > 0 && copies.hanya_bpjs > 0);
        assert!(copies.ganda > 0 && copies.matched_by_nik > 0);
        let verdicts: BTreeSet<_> = copies.nilai.values().flat_map(BTreeMap::keys).collect();
        assert_eq!(verdicts, [&Putusan::Mirip, &Putusan::Beda].into());
        let status = truth.babak_2.reconciliations["pembanding"].status;
        assert!(status.baru > 0 && status.masih > 0 && status.selesai > 0);
        let changes = truth.babak_2.changes.iter();
        let kinds: Vec<_> = changes
            .flat_map(|(aksi, classes)| classes.keys().map(move |class| format!("{aksi} {class}")))
            .collect();
        let all = [
            "HAPUS FINANSIAL",
            "TAMBAH FINANSIAL",
            "UBAH FINANSIAL",
            "UBAH IDENTITAS",
            "UBAH NONFINANSIAL",
        ];
        assert_eq!(kinds, all, "seed {seed} {day:?}");
    }
}

#[test]
fn the_checks_and_a_naive_comparison_find_what_was_planted() {
    let sizes = [
        FEWEST, 21, 37, 50, 99, 150, 200, 350, 499, 500, 501, 777, 1000, 1300, 2500,
    ];
    for ((seed, rows), day) in (11..).zip(sizes).zip(DAYS.into_iter().cycle()) {
        let (dir, truth) = sample(rows, seed, day);
        holds(
            dir.path(),
            &truth,
            &format!("{rows} rows, seed {seed}, {day:?}"),
        );
    }
}

#[test]
fn they_find_what_was_planted_among_people_whom_no_number_brings_together() {
    for (seed, day) in (31..).zip(DAYS) {
        let (dir, truth) = sample_with(60, 1_000, seed, day);
        assert_eq!(truth.unmatched.len(), 800, "four in five of a thousand");
        holds(dir.path(), &truth, &format!("seed {seed}, {day:?}"));
    }
}

/// Reads both rounds and compares all counts with the truth.
fn holds(dir: &Path, truth: &Truth, what: &str) {
    let stem = |name: &str| name.split("_full_").next().unwrap().to_owned();
    let mut first = BTreeMap::new();
    for (name, file) in &truth.babak_1.files {
        let delivery = Delivery::read(&dir.join("babak-1"), name, None);
        assert_eq!(delivery.found, *file, "{what}: {name}");
        assert!(
            file.refused * 100 <= file.rows * 4,
            "{what}: {name} {}",
            file.refused
        );
        assert_eq!(
            file.refused,
            file.errors.values().sum::<u64>(),
            "{what}: {name}"
        );
        first.insert(stem(name), delivery);
    }
    let pns = &first["bkn_pns"];
    let (participants, copies) = (&first["bpjs_peserta_pns"], &first["bpjs_peserta_banding"]);
    // Of four in five of those whom no number brings together both parties have the person.
    let more = truth.unmatched.len() as u64 / 4 * 5;
    assert_eq!(pns.found.rows, truth.rows + more, "{what}");
    agrees(&truth.babak_1, [pns, participants, copies], what);

    let (name, file) = truth.babak_2.files.iter().next().unwrap();
    let delta = Delivery::read(&dir.join("babak-2"), name, Some(pns));
    assert_eq!(delta.found, *file, "{what}: {name}");
    assert!(file.refused * 100 <= file.rows * 4, "{what}: {name}");
    let (after, changes) = apply(pns, &delta);
    assert_eq!(changes, truth.babak_2.changes, "{what}");
    agrees(&truth.babak_2, [&after, participants, copies], what);

    for (reconciliation, other) in [("kepesertaan", participants), ("pembanding", copies)] {
        let was = compare(pns, other).differences;
        let is = compare(&after, other).differences;
        let status = truth.babak_2.reconciliations[reconciliation].status;
        let counted = (
            is.difference(&was).count() as u64,
            is.intersection(&was).count() as u64,
            was.difference(&is).count() as u64,
        );
        let told = (status.baru, status.masih, status.selesai);
        assert_eq!(counted, told, "{what}: {reconciliation}");
    }
}

/// Holds the naive comparisons against a round's truth.
fn agrees(round: &Round, [pns, participants, copies]: [&Delivery; 3], what: &str) {
    for (name, other) in [("kepesertaan", participants), ("pembanding", copies)] {
        let truth = &round.reconciliations[name];
        let mut found = compare(pns, other);
        found.truth.status = truth.status;
        assert_eq!(found.truth, *truth, "{what}: {name}");
        assert_eq!(
            found.differences.len() as u64,
            truth.differences(),
            "{what}: {name}"
        );
    }
}

#[test]
fn the_command_writes_a_sample_and_keeps_off_a_folder_in_use() {
    let dir = tempdir().unwrap();
    let out = dir.path().join("contoh");
    let padan = || Command::cargo_bin("padan").unwrap();
    let args = ["sample", "--rows", "50", "--as-of", "2026-11-22", "--out"];
    padan().args(args).arg(&out).assert().code(0);
    let text = fs::read_to_string(out.join("truth.json")).unwrap();
    let truth: Truth = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (truth.rows, truth.seed, truth.as_of.as_str()),
        (50, 1, "2026-11-22")
    );
    let before = bytes(&out);
    padan().args(args).arg(&out).assert().code(2);
    assert_eq!(bytes(&out), before);
    let impossible: [&[&str]; 3] = [
        &["--rows", "19"],
        &["--as-of", "1989-12-31"],
        &["--as-of", "31-12-2026"],
    ];
    for set in impossible {
        let other = dir.path().join("lain");
        padan()
            .arg("sample")
            .args(set)
            .arg("--out")
            .arg(&other)
            .assert()
            .code(2);
        assert!(!other.exists(), "{set:?}");
    }
}

#[test]
fn files_vary_as_those_of_real_systems() {
    let (dir, _) = sample(500, 3, DAYS[4]);
    let all = bytes(dir.path());
    let file = |stem: &str| {
        let name = all
            .keys()
            .find(|n| n.contains(&format!("{stem}_full")))
            .unwrap();
        String::from_utf8(all[name].clone()).unwrap()
    };
    assert!(file("bkn_keluarga").starts_with("nip;no_urut;"));
    assert!(file("bpjs_keluarga_pejabat").starts_with("nik_peserta|"));
    assert!(file("bpjs_peserta_pns").starts_with("\u{feff}nip,"));
    assert!(file("bpjs_peserta_banding").starts_with("jenis_data,"));
    assert!(file("bpjs_peserta_banding").contains("\r\n"));
    assert!(file("bpjs_pejabat_negara").starts_with("\"nip\","));
    let pns = file("bkn_pns");
    for part in ["\nRT 03 / RW 05\",", "\"\"", ", M.Si\""] {
        assert!(pns.contains(part), "{part}");
    }
}
