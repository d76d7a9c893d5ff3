//! A file that a person exported, whatever it is: CSV text, compressed or not, or a sheet of a workbook.

use std::fs::File;
use std::io::{self, Chain, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::agreement::Dataset;
use crate::delivery::Compression;
use crate::fault::Fault;
use crate::party::check::LIMITS;
use crate::party::sheet::{Kind, Remarks, Sheet};
use crate::rejection::Rejection;
use crate::rows::beginning;
use crate::rows::stream::{StreamError, expand};

use super::super::Failure;
use super::told;

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// An export, opened and looked at up to the names of its columns.
pub struct Source {
    /// Where it lies.
    pub path: PathBuf,
    /// The names of its columns as they are compared, in their order; empty where there is no header.
    pub names: Vec<String>,
    /// In a workbook, the position of each of these columns in the sheet.
    pub places: Option<Vec<usize>>,
    content: Content,
}

enum Content {
    Text(Chain<Cursor<Zeroizing<Vec<u8>>>, Box<dyn Read + Send>>),
    Sheet(Box<Sheet>),
}

/// The CSV text of an export.
pub struct Text {
    /// To be read to its end.
    pub stream: Box<dyn Read + Send>,
    /// What to say about a workbook afterwards.
    pub remarks: Option<Remarks>,
}

impl Source {
    /// Opens a file; `sheet` names a sheet of a workbook.
    pub fn open(path: &Path, sheet: Option<&str>) -> Result<Self, Failure> {
        let reading = || Fault::io("read the data file", path);
        let mut file = File::open(path).map_err(reading()).map_err(told::usage)?;
        if !file.metadata().map_err(reading())?.is_file() {
            return Err(Failure::Usage(format!("{} is not a file", path.display())));
        }
        let mut start = Vec::new();
        (&file).take(8).read_to_end(&mut start).map_err(reading())?;
        file.seek(SeekFrom::Start(0)).map_err(reading())?;
        if Kind::of(&start) == Kind::Workbook {
            Self::of_workbook(path, file, sheet)
        } else {
            Self::of_text(path, file, &start)
        }
    }

    /// Whether the first column says what happened to each row.
    pub fn is_delta(&self) -> bool {
        self.names.first().is_some_and(|name| name == "aksi")
    }

    /// The rows as CSV text.
    pub fn into_text(self, dataset: &Dataset, delta: bool) -> Text {
        match self.content {
            Content::Text(stream) => Text {
                stream: Box::new(stream),
                remarks: None,
            },
            Content::Sheet(sheet) => {
                let (stream, remarks) = sheet.csv(dataset, delta);
                Text {
                    stream: Box::new(stream),
                    remarks: Some(remarks),
                }
            }
        }
    }

    fn of_workbook(path: &Path, file: File, wanted: Option<&str>) -> Result<Self, Failure> {
        let sheet = Sheet::open(file, wanted).map_err(|refusal| told::damaged(path, &refusal))?;
        if !sheet.hidden.is_empty() {
            told::hidden_sheets(path, &sheet.hidden);
        }
        let named = |(place, name): (usize, &String)| {
            let name = name.trim().to_ascii_lowercase();
            (!name.is_empty()).then_some((place, name))
        };
        let (places, names) = sheet.header.iter().enumerate().filter_map(named).unzip();
        Ok(Self {
            path: path.to_path_buf(),
            names,
            places: Some(places),
            content: Content::Sheet(Box::new(sheet)),
        })
    }

    fn of_text(path: &Path, file: File, start: &[u8]) -> Result<Self, Failure> {
        let compression = if start.starts_with(GZIP) {
            Compression::Gzip
        } else if start.starts_with(ZSTD) {
            Compression::Zstd
        } else {
            Compression::None
        };
        let failed = |error: io::Error| match error.get_ref().and_then(|e| e.downcast_ref()) {
            Some(StreamError(code)) => told::rejected(path, &Rejection::new(*code), None),
            None => Fault::io("read the data file", path)(error).into(),
        };
        let mut stream = expand(file, compression, LIMITS).map_err(failed)?;
        let beginning = beginning(&mut stream).map_err(failed)?;
        Ok(Self {
            path: path.to_path_buf(),
            names: beginning.names,
            places: None,
            content: Content::Text(Cursor::new(beginning.bytes).chain(stream)),
        })
    }
}
