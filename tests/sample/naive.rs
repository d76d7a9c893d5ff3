//! A slow and simple reading of a sample: everything in memory, nothing shared with the program but the row checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use padan::agreement::checks::{CheckCode, Finding, check_group, check_key_only, check_row};
use padan::agreement::{Agreement, Dataset, Level, Row};
use padan::reconcile::{Verdict, verdict};
use padan::sample::{FileTruth, Putusan, ReconciliationTruth};
use simd_csv::ReaderBuilder;
use strsim::jaro_winkler;

/// The example agreement: what it says about columns, checks and names is the truth's premise.
static AGREEMENT: LazyLock<Agreement> = LazyLock::new(|| {
    let text = include_str!("../../config/agreement.yaml");
    Agreement::parse(text, Path::new("agreement.yaml"), date(2026, 11, 22)).unwrap()
});

/// One file after its checks: accepted rows by key, in normal form.
pub struct Delivery {
    pub dataset: &'static Dataset,
    pub rows: BTreeMap<Vec<String>, BTreeMap<String, String>>,
    /// Accepted `aksi` with the row, of a delta.
    pub actions: Vec<(String, Vec<String>, BTreeMap<String, String>)>,
    pub found: FileTruth,
}

/// What [`compare`] finds.
pub struct Found {
    pub truth: ReconciliationTruth,
    /// `jenis` or column, and record.
    pub differences: BTreeSet<(String, String)>,
}

impl Delivery {
    /// Reads and checks a file; `base` is what a delta applies to.
    pub fn read(dir: &Path, name: &str, base: Option<&Delivery>) -> Self {
        let parts: Vec<&str> = name.split('_').collect();
        let id = parts[1..parts.len() - 3].join("_");
        let as_of: Date = parts[parts.len() - 2].parse().unwrap();
        let dataset = AGREEMENT.dataset(&id.parse().unwrap()).unwrap();
        let (header, records) = csv(&dir.join(name));
        let order: Vec<usize> = dataset
            .fields
            .iter()
            .map(|f| header.iter().position(|h| *h == f.name).unwrap())
            .collect();
        let mut findings: Vec<Vec<Finding>> = Vec::new();
        let mut rows = Vec::new();
        for record in &records {
            let raw: Vec<&str> = order.iter().map(|p| record[*p].as_str()).collect();
            let aksi = base.map(|_| record[0].as_str());
            let (mut row, mut of_row) = (Row::new(), Vec::new());
            match aksi {
                Some("HAPUS") => check_key_only(dataset, &raw[..], &mut row, &mut of_row),
                _ => check_row(
                    dataset,
                    &AGREEMENT.thresholds,
                    as_of,
                    &raw[..],
                    &mut row,
                    &mut of_row,
                ),
            };
            if let (Some(aksi), Some(base)) = (aksi, base) {
                let code = match (aksi, base.rows.contains_key(&key(dataset, &row))) {
                    ("TAMBAH", false) | ("UBAH" | "HAPUS", true) => None,
                    ("TAMBAH", true) => Some(CheckCode::DeltaAda),
                    ("UBAH" | "HAPUS", false) => Some(CheckCode::DeltaTiada),
                    _ => Some(CheckCode::AksiTidakDikenal),
                };
                of_row.extend(code.map(|code| Finding::new(code, None)));
            }
            findings.push(of_row);
            rows.push(row);
        }
        repeated(dataset, &rows, &mut findings);
        families(dataset, as_of, &rows, &mut findings);

        let mut delivery = Self {
            dataset,
            rows: BTreeMap::new(),
            actions: Vec::new(),
            found: FileTruth::default(),
        };
        for ((row, of_row), record) in rows.iter().zip(&findings).zip(&records) {
            delivery.found.rows += 1;
            for finding in of_row {
                let by_code = match finding.level {
                    Level::Error => &mut delivery.found.errors,
                    Level::Warn => &mut delivery.found.warnings,
                    Level::Info => &mut delivery.found.infos,
                };
                *by_code.entry(finding.code).or_default() += 1;
            }
            if refused(of_row) {
                assert_eq!(
                    of_row.len(),
                    1,
                    "{name}: a refused row has one finding: {of_row:?}"
                );
                delivery.found.refused += 1;
                continue;
            }
            delivery.found.accepted += 1;
            let names = delivery.dataset.fields.iter().map(|f| f.name.clone());
            let values: BTreeMap<_, _> = names.zip(row.fields().map(str::to_owned)).collect();
            let key = key(dataset, row);
            if base.is_some() {
                delivery.actions.push((record[0].clone(), key, values));
            } else {
                delivery.rows.insert(key, values);
            }
        }
        delivery
    }
}

/// The state after a delta, and its changes by `aksi` and `kelas` (domain §5).
pub fn apply(
    base: &Delivery,
    delta: &Delivery,
) -> (Delivery, BTreeMap<String, BTreeMap<String, u64>>) {
    let mut rows = base.rows.clone();
    let mut changes: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for (aksi, key, values) in &delta.actions {
        let class = match aksi.as_str() {
            "HAPUS" => rows.remove(key).map(|_| "FINANSIAL"),
            "TAMBAH" => rows
                .insert(key.clone(), values.clone())
                .map_or(Some("FINANSIAL"), |_| None),
            _ => {
                let old = rows.insert(key.clone(), values.clone()).unwrap();
                class(
                    values
                        .iter()
                        .filter(|(column, value)| old[*column] != **value)
                        .map(|(c, _)| c.as_str()),
                )
            }
        };
        if let Some(class) = class {
            *changes
                .entry(aksi.clone())
                .or_default()
                .entry(class.to_owned())
                .or_default() += 1;
        }
    }
    let dataset = base.dataset;
    (
        Delivery {
            dataset,
            rows,
            actions: Vec::new(),
            found: FileTruth::default(),
        },
        changes,
    )
}

/// Class of the columns that changed; a sample never mixes classes in one row.
fn class<'a>(columns: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    let classes: BTreeSet<_> = columns
        .map(|column| match column {
            "nik" | "tanggal_lahir" | "jenis_kelamin" => "IDENTITAS",
            "golongan" | "tmt_golongan" | "status_pegawai" | "jenis_data" | "instansi_induk" => {
                "FINANSIAL"
            }
            _ if column.starts_with("masa_kerja") => "FINANSIAL",
            _ => "NONFINANSIAL",
        })
        .collect();
    assert!(classes.len() <= 1, "{classes:?}");
    classes.into_iter().next()
}

/// Compares BKN's records with BPJS's: by key, then by NIK where both have one.
pub fn compare(bkn: &Delivery, bpjs: &Delivery) -> Found {
    let mut found = Found {
        truth: ReconciliationTruth::default(),
        differences: BTreeSet::new(),
    };
    let mut left: Vec<_> = Vec::new();
    let mut right: BTreeMap<_, _> = bpjs.rows.iter().collect();
    for (key, mine) in &bkn.rows {
        match right.remove(key) {
            Some(theirs) => meet(&mut found, mine, theirs, false),
            None => left.push(mine),
        }
    }
    let mut by_nik: BTreeMap<&str, [Vec<&BTreeMap<String, String>>; 2]> = BTreeMap::new();
    for (side, record) in left
        .into_iter()
        .map(|r| (0, r))
        .chain(right.into_values().map(|r| (1, r)))
    {
        match bpjs.dataset.unique.and(record.get("nik")) {
            Some(nik) => by_nik.entry(nik).or_default()[side].push(record),
            None => alone(&mut found, side, record, false),
        }
    }
    for sides in by_nik.into_values() {
        if let ([mine], [theirs]) = (&sides[0][..], &sides[1][..]) {
            found.truth.matched_by_nik += 1;
            meet(&mut found, mine, theirs, true);
            continue;
        }
        let several = sides[0].len() + sides[1].len() > 1;
        for (side, records) in sides.into_iter().enumerate() {
            for record in records {
                alone(&mut found, side, record, several);
            }
        }
    }
    found
}

fn alone(found: &mut Found, side: usize, record: &BTreeMap<String, String>, several: bool) {
    let (counter, kind) = match (several, side) {
        (true, _) => (&mut found.truth.ganda, "GANDA"),
        (false, 0) => (&mut found.truth.hanya_bkn, "HANYA_BKN"),
        (false, _) => (&mut found.truth.hanya_bpjs, "HANYA_BPJS"),
    };
    *counter += 1;
    assert!(
        found
            .differences
            .insert((kind.to_owned(), record["nip"].clone()))
    );
}

fn meet(
    found: &mut Found,
    mine: &BTreeMap<String, String>,
    theirs: &BTreeMap<String, String>,
    by_nik: bool,
) {
    found.truth.matched += 1;
    let mut agree = true;
    for (column, value) in mine {
        let Some(other) = theirs.get(column) else {
            continue;
        };
        let verdict = match column.as_str() {
            "nama" => name(value, other, mine, theirs),
            "nip" => by_nik.then_some(Putusan::Beda),
            _ => (value != other).then_some(Putusan::Beda),
        };
        if let Some(verdict) = verdict {
            agree = false;
            *found
                .truth
                .nilai
                .entry(column.clone())
                .or_default()
                .entry(verdict)
                .or_default() += 1;
            assert!(
                found
                    .differences
                    .insert((column.clone(), mine["nip"].clone()))
            );
        }
    }
    found.truth.agreeing += u64::from(agree);
}

/// The program's own verdict must be the naive one.
fn name(
    mine: &str,
    theirs: &str,
    my_row: &BTreeMap<String, String>,
    their_row: &BTreeMap<String, String>,
) -> Option<Putusan> {
    let same_birth_date = their_row
        .get("tanggal_lahir")
        .map(|date| *date == my_row["tanggal_lahir"]);
    let putusan = rough_name(mine, theirs, same_birth_date.unwrap_or(true));
    let own = match verdict(&AGREEMENT.names, mine, theirs, same_birth_date) {
        Verdict::Sama | Verdict::SamaNormalisasi => None,
        Verdict::Mirip => Some(Putusan::Mirip),
        Verdict::Beda => Some(Putusan::Beda),
    };
    assert_eq!(own, putusan, "{mine} | {theirs}");
    putusan
}

/// A rough judge of the sample's own names (domain §6): enough to tell its three kinds apart.
fn rough_name(mine: &str, theirs: &str, dated: bool) -> Option<Putusan> {
    let plain = |text: &str| -> String {
        let text = text.split(',').next().unwrap().to_uppercase();
        let text = text.replace('\'', "").replace(['.', '-'], " ");
        let mut words: Vec<&str> = text.split_whitespace().collect();
        while words.len() > 1 && ["DRS", "DR", "HJ", "H", "IR"].contains(&words[0]) {
            words.remove(0);
        }
        let words = words.into_iter().enumerate().map(|(at, word)| match word {
            "MUH" | "MOHAMAD" => "MUHAMMAD",
            "M" if at == 0 => "MUHAMMAD",
            "ABD" => "ABDUL",
            word => word,
        });
        words.collect()
    };
    let (mine, theirs) = (plain(mine), plain(theirs));
    if mine == theirs {
        return None;
    }
    let modern = |text: &str| {
        text.replace("OE", "U")
            .replace("TJ", "C")
            .replace("DJ", "J")
    };
    let initial = mine.get(..1) == theirs.get(..1) && mine.ends_with(theirs.get(1..).unwrap());
    let similar = jaro_winkler(&modern(&mine), &modern(&theirs)) >= 0.92 || initial;
    Some(if similar && dated {
        Putusan::Mirip
    } else {
        Putusan::Beda
    })
}

/// The same key twice, and one `unique` value under two keys.
fn repeated(dataset: &Dataset, rows: &[Row], findings: &mut [Vec<Finding>]) {
    let mut keys: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows
        .iter()
        .enumerate()
        .filter(|(at, _)| !refused(&findings[*at]))
    {
        keys.entry(key(dataset, row)).or_default().push(at);
    }
    for at in keys.into_values().filter(|at| at.len() > 1).flatten() {
        findings[at].push(Finding::new(CheckCode::KunciGanda, None));
    }
    let Some(unique) = dataset.unique else { return };
    let mut values: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows
        .iter()
        .enumerate()
        .filter(|(at, _)| !refused(&findings[*at]))
    {
        if !row.get(unique).is_empty() {
            values.entry(row.get(unique)).or_default().push(at);
        }
    }
    for at in values.into_values().filter(|at| at.len() > 1).flatten() {
        findings[at].push(Finding::new(CheckCode::NikGanda, Some(unique)));
    }
}

/// The rules over the rows of one group.
fn families(dataset: &Dataset, as_of: Date, rows: &[Row], findings: &mut [Vec<Finding>]) {
    let mut groups: BTreeMap<&str, BTreeMap<Vec<String>, usize>> = BTreeMap::new();
    for (at, row) in rows
        .iter()
        .enumerate()
        .filter(|(at, _)| !refused(&findings[*at]))
    {
        groups
            .entry(row.get(dataset.key[0]))
            .or_default()
            .insert(key(dataset, row), at);
    }
    for members in groups.into_values() {
        let positions: Vec<usize> = members.into_values().collect();
        let group: Vec<Row> = positions.iter().map(|at| rows[*at].clone()).collect();
        let mut found = Vec::new();
        check_group(dataset, &AGREEMENT.thresholds, as_of, &group, &mut found);
        for (member, finding) in found {
            findings[positions[member]].push(finding);
        }
    }
}

fn refused(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.level == Level::Error)
}

fn key(dataset: &Dataset, row: &Row) -> Vec<String> {
    dataset.key.iter().map(|p| row.get(*p).to_owned()).collect()
}

/// Header and records of a file with whichever separator.
fn csv(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let text = fs::read_to_string(path).unwrap();
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let first = text.lines().next().unwrap();
    let separator = *b",;|\t"
        .iter()
        .max_by_key(|s| first.bytes().filter(|b| b == *s).count())
        .unwrap();
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut all: Vec<Vec<String>> = reader
        .byte_records()
        .map(|record| {
            let record = record.unwrap();
            record
                .iter()
                .map(|field| String::from_utf8(field.to_vec()).unwrap())
                .collect()
        })
        .collect();
    let header = all.remove(0);
    (header, all)
}
