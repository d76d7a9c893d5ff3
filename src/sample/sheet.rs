//! A CSV file in one of the ways that systems write them, and the count of what it holds.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::agreement::Level;
use crate::agreement::checks::CheckCode;
use crate::fault::Fault;

use super::truth::FileTruth;

/// How a system writes CSV; all of these are agreed (domain §2).
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Between columns.
    pub(super) separator: char,
    /// Begins with a byte order mark.
    pub(super) mark: bool,
    /// Lines end in CRLF.
    pub(super) crlf: bool,
    /// Every value in quotes.
    pub(super) quoted: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            separator: ',',
            mark: false,
            crlf: false,
            quoted: false,
        }
    }
}

/// A file being written.
pub(super) struct Sheet {
    path: PathBuf,
    out: BufWriter<File>,
    style: Style,
    line: String,
    /// Rows for the end of the file: few, one in a thousand.
    late: Vec<String>,
    truth: FileTruth,
}

impl Sheet {
    /// Creates the file with its header.
    pub(super) fn create(
        dir: &Path,
        name: &str,
        style: Style,
        header: &[&str],
    ) -> Result<Self, Fault> {
        let path = dir.join(name);
        let file = File::create_new(&path).map_err(Fault::io("create the sample file", &path))?;
        let mut sheet = Self {
            path,
            out: BufWriter::with_capacity(1 << 20, file),
            style,
            line: String::new(),
            late: Vec::new(),
            truth: FileTruth::default(),
        };
        if style.mark {
            sheet.put("\u{feff}")?;
        }
        let header = sheet.encode(header.iter().copied());
        sheet.put(&header)?;
        Ok(sheet)
    }

    /// Writes one row and counts its findings.
    pub(super) fn row<'a>(
        &mut self,
        values: impl IntoIterator<Item = &'a str>,
        findings: &[CheckCode],
        late: bool,
    ) -> Result<(), Fault> {
        self.count(findings);
        let line = self.encode(values);
        if late {
            self.late.push(line);
            return Ok(());
        }
        let written = self.put(&line);
        self.line = line;
        written
    }

    /// Writes the rest and tells what the file holds.
    pub(super) fn finish(mut self) -> Result<FileTruth, Fault> {
        for line in std::mem::take(&mut self.late) {
            self.put(&line)?;
        }
        self.out
            .flush()
            .map_err(Fault::io("write the sample file", &self.path))?;
        Ok(self.truth)
    }

    fn put(&mut self, text: &str) -> Result<(), Fault> {
        self.out
            .write_all(text.as_bytes())
            .map_err(Fault::io("write the sample file", &self.path))
    }

    /// One line by RFC 4180, in the memory of the last one.
    fn encode<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) -> String {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        let special = [self.style.separator, '"', '\n', '\r'];
        for (position, value) in values.into_iter().enumerate() {
            if position > 0 {
                line.push(self.style.separator);
            }
            if self.style.quoted || value.contains(special) {
                line.push('"');
                for part in value.split_inclusive('"') {
                    line.push_str(part);
                    if part.ends_with('"') {
                        line.push('"');
                    }
                }
                line.push('"');
            } else {
                line.push_str(value);
            }
        }
        line.push_str(if self.style.crlf { "\r\n" } else { "\n" });
        line
    }

    fn count(&mut self, findings: &[CheckCode]) {
        self.truth.rows += 1;
        let mut refused = false;
        for code in findings {
            let by_code = match code.level() {
                Level::Error => {
                    refused = true;
                    &mut self.truth.errors
                }
                Level::Warn => &mut self.truth.warnings,
                Level::Info => &mut self.truth.infos,
            };
            *by_code.entry(*code).or_default() += 1;
        }
        match refused {
            true => self.truth.refused += 1,
            false => self.truth.accepted += 1,
        }
    }
}
