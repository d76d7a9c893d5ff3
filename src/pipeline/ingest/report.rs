//! The refused and warned rows of a delivery, written encrypted to its sender as they are found.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::agreement::Dataset;
use crate::csv::Lines;
use crate::fault::Fault;
use crate::files;
use crate::rows::{Findings, Line};
use crate::trust::envelope::{self, Recipients, Sealed};

/// `<stem>.rows.csv.age`: one line for each finding that is not merely counted.
pub struct Report {
    path: PathBuf,
    lines: Lines<Sealed<BufWriter<File>>>,
    told: u64,
}

impl Report {
    /// Begins the file in a private folder.
    pub fn create(path: &Path, sender: &Recipients) -> Result<Self, Fault> {
        let file = files::create(path)?;
        let sealed = envelope::seal(BufWriter::new(file), sender)?;
        let mut report = Self {
            path: path.to_path_buf(),
            lines: Lines::new(sealed, "rows.csv"),
            told: 0,
        };
        report.write([
            "dataset", "baris", "tingkat", "kode", "kolom", "kunci", "nilai", "pesan", "message",
        ])?;
        Ok(report)
    }

    /// Ends the file. Returns its path, or `None` and no file if there was nothing to tell.
    pub fn finish(self) -> Result<Option<PathBuf>, Fault> {
        let path = self.path;
        let sealed = self.lines.into_inner();
        let mut buffered = sealed.finish()?;
        // Not synced: an interrupted run writes it again, and the copy that its sender gets is synced.
        buffered
            .flush()
            .map_err(Fault::io("write the refused rows", &path))?;
        if self.told == 0 {
            std::fs::remove_file(&path).map_err(Fault::io("remove the empty list", &path))?;
            return Ok(None);
        }
        Ok(Some(path))
    }

    fn write<'f>(&mut self, fields: impl IntoIterator<Item = &'f str>) -> Result<(), Fault> {
        fields.into_iter().for_each(|field| self.lines.field(field));
        self.lines.end()
    }
}

impl Findings for Report {
    /// Writes a finding down.
    fn hear(&mut self, dataset: &Dataset, line: &Line) -> Result<(), Fault> {
        let finding = line.finding;
        let column = finding
            .column
            .and_then(|c| dataset.fields.get(c))
            .map_or("", |field| field.name.as_str());
        let text = &finding.code.entry().text;
        self.told += 1;
        self.write([
            dataset.id.as_str(),
            &line.row.to_string(),
            finding.level.as_str(),
            finding.code.as_str(),
            column,
            line.key,
            line.value,
            &text.id.to_string(),
            &text.en.to_string(),
        ])
    }
}
