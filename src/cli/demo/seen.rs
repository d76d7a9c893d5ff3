//! What the parties of a demo saw in their opened answers, counted line by line.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use serde_json::Value;

use crate::fault::Fault;

use super::party::Answer;

/// Numbers by a word.
pub type Counts = BTreeMap<String, u64>;
/// Numbers by two words.
pub type Table = BTreeMap<String, Counts>;

/// What one party saw of a reconciliation.
pub struct Seen {
    /// Records that met, as the summary says.
    pub matched: u64,
    /// Of these, the ones without any difference.
    pub agreeing: u64,
    /// The opened list of differences, counted line by line.
    pub differences: Differences,
}

/// One list of differences, counted. Only open ones count, but for the statuses.
#[derive(Default)]
pub struct Differences {
    /// NILAI by column and verdict.
    pub values: Table,
    /// The other kinds.
    pub kinds: Counts,
    /// Who must act, by column, or by kind where there is no column.
    pub acts: BTreeMap<String, String>,
    /// BARU, MASIH, SELESAI.
    pub statuses: Counts,
}

/// By reconciliation the newest answer about it, of the reader who sees the most: BPJS is entitled to all of `pns`.
pub fn newest(answers: &[Answer]) -> Result<BTreeMap<String, Seen>, Fault> {
    let mut newest = BTreeMap::new();
    for answer in answers.iter().filter(|answer| answer.reader == "bpjs") {
        let found = answer
            .summary
            .get("reconciliations")
            .and_then(Value::as_object);
        for (id, counts) in found.into_iter().flatten() {
            let number = |name: &str| counts.get(name).and_then(Value::as_u64);
            let (Some(matched), Some(agreeing)) = (number("matched"), number("agreeing")) else {
                // It waits for the other party's data.
                continue;
            };
            let path = answer.folder.join(format!("perbedaan_{id}.csv"));
            let seen = Seen {
                matched,
                agreeing,
                differences: Differences::count(&path)?,
            };
            newest.insert(id.clone(), seen);
        }
    }
    Ok(newest)
}

impl Differences {
    fn count(path: &Path) -> Result<Self, Fault> {
        let mut found = Self::default();
        each_line(
            path,
            ["jenis", "kolom", "putusan", "tindakan", "status"],
            |[kind, column, verdict, act, status]| {
                add(&mut found.statuses, status);
                if status == "SELESAI" {
                    return;
                }
                let subject = if kind == "NILAI" {
                    add(found.values.entry(column.to_owned()).or_default(), verdict);
                    column
                } else {
                    add(&mut found.kinds, kind);
                    kind
                };
                found.acts.insert(subject.to_owned(), act.to_owned());
            },
        )?;
        Ok(found)
    }
}

/// The changes in an opened list, by `aksi`, then by `kelas`.
pub fn changes(path: &Path) -> Result<Table, Fault> {
    let mut found = Table::new();
    each_line(path, ["aksi", "kelas"], |[action, class]| {
        add(found.entry(action.to_owned()).or_default(), class);
    })?;
    Ok(found)
}

/// Calls `tell` with the named columns of each line of an opened file.
fn each_line<const N: usize>(
    path: &Path,
    columns: [&str; N],
    mut tell: impl FnMut([&str; N]),
) -> Result<(), Fault> {
    let read = |e: simd_csv::Error| match e.into_kind() {
        simd_csv::ErrorKind::Io(e) => Fault::io("read", path)(e),
        _ => Fault::io("read", path)(std::io::ErrorKind::InvalidData.into()),
    };
    let file = File::open(path).map_err(Fault::io("open", path))?;
    let mut reader = simd_csv::Reader::from_reader(file);
    let headers = reader.byte_headers().map_err(read)?;
    let places = columns.map(|c| headers.iter().position(|h| h == c.as_bytes()));
    let mut record = simd_csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(read)? {
        tell(places.map(|place| {
            place
                .and_then(|p| record.get(p))
                .and_then(|field| std::str::from_utf8(field).ok())
                .unwrap_or("")
        }));
    }
    Ok(())
}

fn add(counts: &mut Counts, word: &str) {
    *counts.entry(word.to_owned()).or_default() += 1;
}
