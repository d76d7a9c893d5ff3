//! Reads the CSV text of one data file: separator, header row, then rows in the dataset's own column order.

use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use simd_csv::{ErrorKind, ZeroCopyByteRecord, ZeroCopyReader, ZeroCopyReaderBuilder};
use zeroize::Zeroizing;

use crate::agreement::{Dataset, Row};
use crate::config::Limits;
use crate::delivery::{DataFileName, Mode, Sha256Digest};
use crate::digest::Hasher;
use crate::fault::Fault;
use crate::rejection::{Code, Rejection};
use crate::stop::Stop;

use super::stream::StreamError;

/// First column of a delta.
const ACTION: &str = "aksi";
/// The header row must end within this many bytes.
const LONGEST_HEADER: usize = 64 << 10;
/// How many bytes at a time are read up to the end of the header row.
const PIECE: usize = 4 << 10;
/// What the CSV reader holds in memory beyond the row it reads.
const READ_AHEAD: usize = 64 << 10;

/// One data file's text as rows.
pub struct Table {
    reader: ZeroCopyReader<io::Chain<Cursor<Zeroizing<Vec<u8>>>, Watched>>,
    watch: Arc<Mutex<Watch>>,
    file: DataFileName,
    /// For each column of the dataset, its position in the file.
    positions: Vec<usize>,
    width: usize,
    delta: bool,
    line: u64,
    unescaped: Zeroizing<Vec<u8>>,
}

impl Table {
    /// Reads the header row. Refuses with `NO_ROWS`, `NOT_UTF8`, `NOT_CSV`, `COLUMN_MISSING`, `COLUMN_UNKNOWN`,
    /// `COLUMN_DOUBLED`, `TOO_LARGE` or what the stream itself says.
    pub fn open(
        plaintext: Box<dyn Read + Send>,
        file: &DataFileName,
        dataset: &Dataset,
        limits: Limits,
    ) -> Result<Self, Stop> {
        let watch = Arc::new(Mutex::new(Watch {
            plaintext,
            hasher: Hasher::default(),
            since: 0,
            most: limits.row + READ_AHEAD as u64,
        }));
        let mut watched = Watched(Arc::clone(&watch));
        let start = header_bytes(&mut watched).map_err(|e| stream_stop(file, 1, e))?;
        let separator = dataset.separator.unwrap_or_else(|| detect(&start));
        let reader = ZeroCopyReaderBuilder::with_capacity(READ_AHEAD)
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(Cursor::new(start).chain(watched));
        let mut table = Self {
            reader,
            watch,
            file: file.clone(),
            positions: vec![],
            width: 0,
            delta: file.mode == Mode::Delta,
            line: 0,
            unescaped: Zeroizing::new(Vec::new()),
        };
        match table.read_header(dataset) {
            Ok(()) => Ok(table),
            Err(stop) => Err(table.unless_damaged(stop)),
        }
    }

    /// The header row in its own order, by the names of the dataset's columns.
    pub fn columns(&self, dataset: &Dataset) -> Vec<String> {
        let mut placed: Vec<_> = self.positions.iter().zip(&dataset.fields).collect();
        placed.sort_by_key(|(position, _)| **position);
        let action = self.delta.then(|| ACTION.to_owned());
        let names = placed.into_iter().map(|(_, field)| field.name.clone());
        action.into_iter().chain(names).collect()
    }

    /// Reads the next row into `raw`, in the dataset's order, and its action (delta only) into `action`. Returns its
    /// number as a spreadsheet counts (the header is row 1), or `None` at the end.
    pub fn next(&mut self, raw: &mut Row, action: &mut String) -> Result<Option<u64>, Stop> {
        self.read_row(raw, action)
            .map_err(|stop| self.unless_damaged(stop))
    }

    fn read_row(&mut self, raw: &mut Row, action: &mut String) -> Result<Option<u64>, Stop> {
        raw.clear();
        action.clear();
        let line = self.line + 1;
        lock(&self.watch).restart();
        let record = match self.reader.read_byte_record() {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(None),
            Err(e) => return Err(csv_stop(&self.file, line, e)),
        };
        self.line = line;
        let refuse =
            |code: Code| Stop::from(Rejection::new(code).in_file(&self.file).at_line(line));
        if std::str::from_utf8(record.as_slice()).is_err() {
            return Err(refuse(Code::NotUtf8));
        }
        if record.len() != self.width {
            return Err(refuse(Code::NotCsv));
        }
        if self.delta {
            let field =
                cell(&record, 0, &mut self.unescaped).ok_or_else(|| refuse(Code::NotCsv))?;
            action.push_str(field.trim());
        }
        for &position in &self.positions {
            let field =
                cell(&record, position, &mut self.unescaped).ok_or_else(|| refuse(Code::NotCsv))?;
            raw.push(field);
        }
        Ok(Some(line))
    }

    /// A verdict about the text holds only for a sound stream.
    fn unless_damaged(&self, stop: Stop) -> Stop {
        match (&stop, lock(&self.watch).drain()) {
            (Stop::Rejected(rejection), Some(StreamError(code))) => Rejection {
                code,
                ..rejection.clone()
            }
            .into(),
            _ => stop,
        }
    }

    /// SHA-256 of the whole plaintext; call it at the end.
    pub fn plaintext_digest(self) -> Sha256Digest {
        std::mem::take(&mut lock(&self.watch).hasher).finish()
    }

    fn read_header(&mut self, dataset: &Dataset) -> Result<(), Stop> {
        let file = &self.file;
        let refuse = |code: Code| Rejection::new(code).in_file(file).at_line(1);
        let record = match self.reader.read_byte_record() {
            Ok(Some(record)) => record,
            Ok(None) => return Err(refuse(Code::NoRows).into()),
            Err(e) => return Err(csv_stop(file, 1, e)),
        };
        if std::str::from_utf8(record.as_slice()).is_err() {
            return Err(refuse(Code::NotUtf8).into());
        }
        let names = header_names(&record, &mut self.unescaped)
            .ok_or_else(|| Stop::from(refuse(Code::NotCsv)))?;
        self.line = 1;
        self.width = names.len();
        self.positions = match_columns(&names, dataset, self.delta, refuse)?;
        Ok(())
    }
}

/// How a CSV text begins.
pub struct Beginning {
    /// What was read of it.
    pub bytes: Zeroizing<Vec<u8>>,
    /// The names in the header row, as they are compared; empty where it is no sound CSV.
    pub names: Vec<String>,
}

/// Reads up to the end of the header row, for whoever must know the columns before the dataset. Errors are the stream's.
pub fn beginning(mut plaintext: impl Read) -> io::Result<Beginning> {
    let bytes = header_bytes(&mut plaintext)?;
    let mut reader = ZeroCopyReaderBuilder::with_capacity(READ_AHEAD)
        .delimiter(detect(&bytes))
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes.as_slice());
    let mut unescaped = Zeroizing::new(Vec::new());
    let names = match reader.read_byte_record() {
        Ok(Some(record)) => header_names(&record, &mut unescaped).unwrap_or_default(),
        _ => Vec::new(),
    };
    Ok(Beginning { bytes, names })
}

/// The names as they are compared; `None` where the quoting is unsound.
fn header_names(record: &ZeroCopyByteRecord<'_>, unescaped: &mut Vec<u8>) -> Option<Vec<String>> {
    (0..record.len())
        .map(|position| {
            Some(
                cell(record, position, unescaped)?
                    .trim()
                    .to_ascii_lowercase(),
            )
        })
        .collect()
}

/// Finds every agreed column in the header row, whatever the order; refuses what was not agreed. The sender's own
/// words are not repeated: without a header row they would be a person's data.
fn match_columns(
    names: &[String],
    dataset: &Dataset,
    delta: bool,
    refuse: impl Fn(Code) -> Rejection,
) -> Result<Vec<usize>, Rejection> {
    let action = usize::from(delta);
    let data = names.get(action..).unwrap_or_default();
    let mut missing: Vec<String> = dataset
        .fields
        .iter()
        .filter(|field| !data.contains(&field.name))
        .map(|field| field.name.clone())
        .collect();
    if delta && names.first().is_none_or(|name| name != ACTION) {
        missing.insert(0, ACTION.to_owned());
    }
    if names.len() == 1 && missing.len() > 1 {
        return Err(refuse(Code::NotCsv));
    }
    if !missing.is_empty() {
        return Err(refuse(Code::ColumnMissing).for_columns(missing));
    }
    let doubled: Vec<String> = dataset
        .fields
        .iter()
        .filter(|field| data.iter().filter(|name| **name == field.name).count() > 1)
        .map(|field| field.name.clone())
        .collect();
    if !doubled.is_empty() {
        return Err(refuse(Code::ColumnDoubled).for_columns(doubled));
    }
    let unknown: Vec<String> = data
        .iter()
        .enumerate()
        .filter(|(_, name)| dataset.position(name).is_none())
        .map(|(position, _)| format!("#{}", position + action + 1))
        .collect();
    if !unknown.is_empty() {
        return Err(refuse(Code::ColumnUnknown).for_columns(unknown));
    }
    Ok(dataset
        .fields
        .iter()
        .filter_map(|field| names.iter().position(|name| *name == field.name))
        .collect())
}

/// One field's text, unquoted. `None` where quoting is unsound (RFC 4180): the sender's program wrote no CSV, and a
/// guess could move text from one column to another.
fn cell<'r>(
    record: &'r ZeroCopyByteRecord<'_>,
    position: usize,
    unescaped: &'r mut Vec<u8>,
) -> Option<&'r str> {
    let bytes = record.get(position)?;
    if !bytes.contains(&b'"') {
        return std::str::from_utf8(bytes).ok();
    }
    let inner = bytes.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    unescaped.clear();
    let mut rest = inner.iter();
    while let Some(&byte) = rest.next() {
        if byte == b'"' && rest.next() != Some(&b'"') {
            return None;
        }
        unescaped.push(byte);
    }
    std::str::from_utf8(unescaped).ok()
}

/// The bytes up to the end of the first line, and whatever came with them.
fn header_bytes(source: &mut impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut start = Zeroizing::new(Vec::with_capacity(LONGEST_HEADER + PIECE));
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    while !start.contains(&b'\n') {
        let n = match source.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        start.extend_from_slice(piece.get(..n).unwrap_or_default());
        if start.len() > LONGEST_HEADER {
            return Err(io::Error::other(StreamError(Code::NotCsv)));
        }
    }
    Ok(start)
}

/// The separator that stands most often in the first line.
fn detect(start: &[u8]) -> u8 {
    let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |separator: u8| line.iter().filter(|b| **b == separator).count();
    // The comma last: of equals, max_by_key takes the last.
    [b'\t', b'|', b';', b',']
        .into_iter()
        .max_by_key(|separator| count(*separator))
        .unwrap_or(b',')
}

fn csv_stop(file: &DataFileName, line: u64, error: simd_csv::Error) -> Stop {
    match error.into_kind() {
        ErrorKind::Io(e) => stream_stop(file, line, e),
        _ => Rejection::new(Code::NotCsv)
            .in_file(file)
            .at_line(line)
            .into(),
    }
}

/// The sender's mistake if the stream says so, else our trouble.
fn stream_stop(file: &DataFileName, line: u64, error: io::Error) -> Stop {
    match stream_error(&error) {
        Some(StreamError(code)) => Rejection::new(code).in_file(file).at_line(line).into(),
        None => Fault::io("read the data file", std::path::Path::new(file.as_str()))(error).into(),
    }
}

fn stream_error(error: &io::Error) -> Option<StreamError> {
    let inner = error.get_ref()?;
    inner.downcast_ref::<StreamError>().copied()
}

/// The plaintext on its way into the CSV reader.
struct Watched(Arc<Mutex<Watch>>);

/// Hashes the plaintext as it goes by, and stops a row that does not end.
struct Watch {
    plaintext: Box<dyn Read + Send>,
    hasher: Hasher,
    since: u64,
    most: u64,
}

impl Watch {
    /// A new row begins.
    fn restart(&mut self) {
        self.since = 0;
    }

    /// Reads to the end what the CSV reader will not: text that is no CSV may be so because the stream is damaged, and
    /// that shows only later. Returns what the stream says.
    fn drain(&mut self) -> Option<StreamError> {
        let drained = io::copy(&mut self.plaintext, &mut io::sink());
        drained.err().and_then(|e| stream_error(&e))
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut watch = lock(&self.0);
        let n = watch.plaintext.read(buffer)?;
        watch.hasher.update(buffer.get(..n).unwrap_or_default());
        watch.since += n as u64;
        if watch.since > watch.most {
            return Err(io::Error::other(StreamError(Code::TooLarge)));
        }
        Ok(n)
    }
}

fn lock(watch: &Mutex<Watch>) -> MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}
