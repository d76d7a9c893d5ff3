//! Every fault of a delivery in one CSV file, for the person who mends the data: places and codes, never a value.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::csv::Lines;
use crate::fault::Fault;
use crate::rows::level_word;

use super::check::Fact;

/// The file as it is written.
pub struct FaultList {
    lines: Lines<BufWriter<File>>,
}

impl FaultList {
    /// Begins a new file; one that is there already is left alone.
    pub fn create(path: &Path) -> Result<Self, Fault> {
        let file = File::create_new(path).map_err(Fault::io("create the list of faults", path))?;
        let mut list = Self {
            lines: Lines::new(BufWriter::new(file), "the list of faults"),
        };
        list.line([
            "file", "baris", "tingkat", "kode", "kolom", "pesan", "message",
        ])?;
        Ok(list)
    }

    /// Adds a fault of a file.
    pub fn add(&mut self, file: &str, fact: &Fact) -> Result<(), Fault> {
        self.line([
            file,
            &fact.row.to_string(),
            level_word(fact.level),
            fact.code.as_str(),
            fact.column.as_deref().unwrap_or_default(),
            fact.code.indonesian(),
            fact.code.english(),
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
