//! One workbook of an answer: a sheet for each table, every value as text, ready to filter.
//!
//! A value that looks like a number or a formula stays the text that was sent: 18 digits keep their digits, leading zeros
//! stay, `=1+1` is no formula. The workbook is made in memory, because the library's mode for large tables would lay the
//! rows down in temporary files: so there is a bound on its cells, and beyond it the tables are opened as CSV.

mod sheet;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Workbook, XlsxError};
use simd_csv::{ByteRecord, ErrorKind, ReaderBuilder};

use crate::fault::Fault;

use super::super::Trouble;
use super::super::whole_file::WholeFile;
use super::decrypt::Stream;
use super::{Kind, Opening, Verified, summary};

use sheet::{MOST_ROWS, Sheet};

/// Most cells with something in them; with an answer's usual columns a million rows and a half, and about 2 GiB of memory.
const MOST_CELLS: u64 = 16_000_000;
/// Longest name of a sheet, in characters (ECMA-376 leaves it open; Excel does not).
const LONGEST_NAME: usize = 31;

/// Makes the workbook under a temporary name; only its owner can read it.
pub(super) fn write(
    verified: Verified,
    target: PathBuf,
    opening: &Opening<'_>,
) -> Result<WholeFile, Trouble> {
    let mut book = Book {
        workbook: Workbook::new(),
        names: BTreeSet::new(),
        cells: 0,
        target: &target,
    };
    if verified.kind == Kind::Response && verified.files.iter().any(|f| f.name == summary::FILE) {
        book.summary(&verified.folder)?;
    }
    for file in verified.files {
        if file.name.ends_with(".csv.age") {
            let (stream, bar) = Stream::begin(file, opening)?;
            book.table(stream)?;
            bar.finish_and_clear();
        }
    }
    let Book { mut workbook, .. } = book;
    let file = WholeFile::create(target.clone(), 0o600)?;
    let mut writer = file.writer();
    workbook
        .save_to_writer(&mut writer)
        .map_err(|e| failed(&target, &e))?;
    writer.flush().map_err(Fault::io("write", &target))?;
    drop(writer);
    Ok(file)
}

struct Book<'a> {
    workbook: Workbook,
    names: BTreeSet<String>,
    cells: u64,
    target: &'a Path,
}

impl Book<'_> {
    /// The counts, so that whoever gets only the workbook sees what it is of.
    fn summary(&mut self, folder: &Path) -> Result<(), Trouble> {
        let mut sheet = self.sheet("Ringkasan", 1, &["uraian".to_owned(), "nilai".to_owned()])?;
        for (place, value) in summary::lines(folder)? {
            sheet
                .row([place.as_str(), value.as_str()])
                .map_err(|e| failed(self.target, &e))?;
        }
        self.push(sheet)
    }

    /// A table as it is decrypted; what does not fit on one sheet goes on on the next.
    fn table(&mut self, mut stream: Stream) -> Result<(), Trouble> {
        let title = title(stream.name());
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .from_reader(&mut stream);
        let mut record = ByteRecord::new();
        let mut header: Option<Vec<String>> = None;
        let mut sheet: Option<Sheet> = None;
        let mut parts = 0;
        let stopped = loop {
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(e) => break Some(e),
            }
            let fields = record.iter().map(String::from_utf8_lossy);
            let Some(header) = &header else {
                header = Some(fields.map(|field| field.into_owned()).collect());
                continue;
            };
            if sheet.as_ref().is_none_or(|sheet| sheet.rows() == MOST_ROWS) {
                parts += 1;
                if let Some(full) = sheet.take() {
                    self.push(full)?;
                }
                sheet = Some(self.sheet(&title, parts, header)?);
            }
            if let Some(sheet) = &mut sheet {
                let written = sheet.row(fields).map_err(|e| failed(self.target, &e))?;
                self.cells += u64::from(written);
            }
            if self.cells > MOST_CELLS {
                return Err(Trouble::Usage(format!(
                    "{}: more than {MOST_CELLS} cells do not fit in a workbook; open it without --xlsx",
                    self.target.display()
                )));
            }
        };
        drop(reader);
        if let Some(error) = stopped {
            return Err(match error.into_kind() {
                ErrorKind::Io(e) => stream.trouble(e),
                _ => {
                    Fault::Inconsistent(format!("{}: not a table as we write them", stream.name()))
                        .into()
                }
            });
        }
        match (sheet, header) {
            (Some(sheet), _) => self.push(sheet),
            (None, Some(header)) => {
                let empty = self.sheet(&title, 1, &header)?;
                self.push(empty)
            }
            (None, None) => Ok(()),
        }
    }

    /// A sheet with its header; no two have the same name, however long their names are.
    fn sheet(&mut self, title: &str, part: u32, header: &[String]) -> Result<Sheet, Trouble> {
        let mut number = part;
        loop {
            let name = numbered(title, number);
            if self.names.insert(name.to_lowercase()) {
                return Sheet::new(&name, header).map_err(|e| failed(self.target, &e));
            }
            number += 1;
        }
    }

    fn push(&mut self, sheet: Sheet) -> Result<(), Trouble> {
        let worksheet = sheet.finish().map_err(|e| failed(self.target, &e))?;
        self.workbook.push_worksheet(worksheet);
        Ok(())
    }
}

/// `perubahan.csv` is `Perubahan`; the rows of a receipt are `Baris`.
fn title(file: &str) -> String {
    let stem = file.strip_suffix(".csv").unwrap_or(file);
    if stem.ends_with(".rows") {
        return "Baris".to_owned();
    }
    let mut letters = stem.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The title, cut so that a number fits behind it.
fn numbered(title: &str, number: u32) -> String {
    let behind = match number {
        1 => String::new(),
        number => format!(" ({number})"),
    };
    let room = LONGEST_NAME.saturating_sub(behind.len());
    title.chars().take(room).chain(behind.chars()).collect()
}

fn failed(path: &Path, error: &XlsxError) -> Trouble {
    match error {
        XlsxError::MaxStringLengthExceeded => Trouble::Usage(format!(
            "{}: a value is longer than a cell may be; open it without --xlsx",
            path.display()
        )),
        error => Fault::Inconsistent(format!("cannot write {}: {error}", path.display())).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{numbered, title};

    #[test]
    fn sheets_are_called_after_their_files() {
        assert_eq!(title("perubahan.csv"), "Perubahan");
        assert_eq!(title("perbedaan_kepesertaan.csv"), "Perbedaan_kepesertaan");
        assert_eq!(title("bkn_pns_full_2026-11-22_0007.rows.csv"), "Baris");
        let long = title("perbedaan_kepesertaan_keluarga_inti.csv");
        assert_eq!(numbered(&long, 1), "Perbedaan_kepesertaan_keluarga_");
        assert_eq!(numbered(&long, 12), "Perbedaan_kepesertaan_kelu (12)");
        assert_eq!(numbered("Perbedaan", 2), "Perbedaan (2)");
    }
}
