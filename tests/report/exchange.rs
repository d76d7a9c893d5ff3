//! One small exchange for all tests: `padan demo` leaves both parties' folders behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use assert_cmd::Command;
use serde_json::Value;

/// Kept until the next run: nothing drops what is static.
static DEMO: LazyLock<PathBuf> = LazyLock::new(|| {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    let _ = fs::remove_dir_all(&place);
    Command::new(env!("CARGO_BIN_EXE_padan"))
        .args(["demo", "--rows", "300", "--seed", "3", "--keep"])
        .arg(&place)
        .assert()
        .success();
    place
});

/// A file or folder of the exchange.
pub fn path(name: &str) -> PathBuf {
    DEMO.join(name)
}

/// The response folders of a party, oldest first.
pub fn folders(party: &str) -> Vec<PathBuf> {
    let mut folders = vec![];
    for round in ["babak-1", "babak-2"] {
        let round = path(&format!("{party}/received/{round}"));
        let mut of_round: Vec<_> = list(&round)
            .into_iter()
            .filter(|path| path.join("SHA256SUMS").is_file())
            .collect();
        of_round.sort();
        folders.extend(of_round);
    }
    folders
}

/// The folder that answers `dataset` number `sequence`.
pub fn folder(party: &str, dataset: &str, sequence: u32) -> PathBuf {
    let ending = format!("_{sequence:04}");
    let is_it = |name: &str| name.contains(&format!("_{dataset}_b")) && name.ends_with(&ending);
    let found = folders(party).into_iter().find(|path| is_it(name(path)));
    found.unwrap_or_else(|| panic!("{party} has no answer to {dataset} {sequence}"))
}

/// Every page and paper of both parties.
pub fn reports() -> Vec<PathBuf> {
    let folders = ["bkn", "bpjs"].into_iter().flat_map(folders);
    let files = folders.flat_map(|folder| list(&folder));
    let reports: Vec<_> = files
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| ending == "html" || ending == "pdf")
        })
        .collect();
    // Three for each of two reconciliations, when the counterpart answers and again after the delta, for both parties.
    assert_eq!(reports.len(), 3 * 2 * 2 * 2, "{reports:?}");
    reports
}

pub fn with_ending(ending: &str) -> Vec<PathBuf> {
    let mut reports = reports();
    reports.retain(|path| path.extension().is_some_and(|found| found == ending));
    reports
}

/// `ringkasan.json` of a folder, of one reconciliation.
pub fn summary(folder: &Path, reconciliation: &str) -> Value {
    let text = fs::read(folder.join("ringkasan.json")).unwrap();
    let json: Value = serde_json::from_slice(&text).unwrap();
    json["reconciliations"][reconciliation].clone()
}

pub fn read(path: impl AsRef<Path>) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}

/// Values of the columns that name a person, in everything that was sent.
pub fn personal_values() -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for round in ["babak-1", "babak-2"] {
        for file in list(&path(&format!("sample/{round}"))) {
            let text = read(&file);
            let text = text.trim_start_matches('\u{feff}');
            let separator = [';', '|', ',']
                .into_iter()
                .find(|s| text.lines().next().unwrap().contains(*s));
            let mut rows = text.lines().map(|line| {
                line.split(separator.unwrap())
                    .map(|cell| cell.trim_matches('"'))
            });
            let columns: Vec<_> = rows.next().unwrap().collect();
            for row in rows {
                for (column, cell) in columns.iter().zip(row) {
                    let personal = [
                        "nip",
                        "nik",
                        "nama",
                        "nomor_kartu",
                        "id",
                        "alamat_domisili",
                        "nik_peserta",
                    ];
                    if personal.contains(column) && cell.len() >= 6 {
                        values.insert(cell.to_owned(), (*column).to_owned());
                    }
                }
            }
        }
    }
    assert!(values.len() > 1000, "{}", values.len());
    values
}

pub fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
