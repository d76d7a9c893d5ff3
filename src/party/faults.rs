//! Every fault of a delivery in one CSV file, for the person who mends the data: places and codes, never a value.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use crate::csv::Lines;
use crate::fault::Fault;

use super::check::Fact;

/// Its header row, by which an earlier list is known.
const COLUMNS: [&str; 7] = [
    "file", "baris", "tingkat", "kode", "kolom", "pesan", "message",
];

/// The file as it is written.
pub struct FaultList {
    lines: Lines<BufWriter<File>>,
}

impl FaultList {
    /// Begins the file. An earlier list is replaced; another file of that name is left alone.
    pub fn create(path: &Path) -> Result<Self, Fault> {
        let file = if is_list(path) {
            File::create(path)
        } else {
            File::create_new(path)
        };
        let file = file.map_err(Fault::io("create the list of faults", path))?;
        let mut list = Self {
            lines: Lines::new(BufWriter::new(file), "the list of faults"),
        };
        list.line(COLUMNS)?;
        Ok(list)
    }

    /// Adds a fault of a file.
    pub fn add(&mut self, file: &str, fact: &Fact) -> Result<(), Fault> {
        let text = &fact.code.entry().text;
        self.line([
            file,
            &fact.row.to_string(),
            fact.level.as_str(),
            fact.code.as_str(),
            fact.column.as_deref().unwrap_or_default(),
            &text.id.to_string(),
            &text.en.to_string(),
        ])
    }

    /// Writes down what is left.
    pub fn finish(self) -> Result<(), Fault> {
        let flushed = self.lines.into_inner().flush();
        flushed.map_err(Fault::io("write", Path::new("the list of faults")))
    }

    fn line<'f>(&mut self, fields: impl IntoIterator<Item = &'f str>) -> Result<(), Fault> {
        fields.into_iter().for_each(|field| self.lines.field(field));
        self.lines.end()
    }
}

/// Whether an earlier list lies there.
fn is_list(path: &Path) -> bool {
    let header = COLUMNS.join(",") + "\n";
    let mut start = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(header.len() as u64).read_to_end(&mut start));
    read.is_ok() && start == header.as_bytes()
}
