//! The workbook as a ZIP of XML parts, looked through before a library unpacks it: nothing in it may be larger, deeper or
//! livelier than an honest extract.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::Event;
use zip::ZipArchive;

use super::damage::Damage;
use super::refusal::Refusal;

/// Largest workbook, in bytes as it lies on the disk.
const LARGEST: u64 = 512 << 20;
/// Most parts; a workbook with many sheets and pictures has a few hundred.
const MOST_PARTS: usize = 2_000;
/// Largest sum of all parts unpacked, in bytes: a full sheet of 1,048,576 rows and 20 columns has about 1 GiB.
const LARGEST_UNPACKED: u64 = 4 << 30;
/// Largest table of strings, which is held in memory.
const LARGEST_STRINGS: u64 = 1 << 30;
/// Largest other part that is read whole: styles, the list of sheets.
const LARGEST_SMALL: u64 = 32 << 20;
/// A part unpacks to so many times its bytes at most, where it is larger than [`RATIO_FROM`]; XML of sheets does to
/// about 15 times.
const RATIO: u64 = 200;
const RATIO_FROM: u64 = 16 << 20;
/// Largest single tag or text, in bytes; a cell holds 32,767 characters.
const LARGEST_TOKEN: u64 = 1 << 20;

/// A ZIP whose table of contents is in order.
pub struct Package {
    zip: ZipArchive<BufReader<File>>,
    /// Positions by name in lower case.
    names: BTreeMap<String, usize>,
}

impl Package {
    /// Looks at the table of contents alone.
    pub fn open(file: &File) -> Result<Self, Refusal> {
        let unreadable = |_| Refusal::of(Damage::Unreadable);
        let mut file = file.try_clone().map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.len() > LARGEST {
            return Err(Refusal::of(Damage::TooLarge));
        }
        let zip =
            ZipArchive::new(BufReader::new(file)).map_err(|_| Refusal::of(Damage::Unreadable))?;
        let mut package = Self {
            zip,
            names: BTreeMap::new(),
        };
        package.check_contents()?;
        package.check_type()?;
        Ok(package)
    }

    fn check_contents(&mut self) -> Result<(), Refusal> {
        if self.zip.len() > MOST_PARTS {
            return Err(Refusal::of(Damage::TooLarge));
        }
        let mut total: u64 = 0;
        for index in 0..self.zip.len() {
            let part = self
                .zip
                .by_index_raw(index)
                .map_err(|_| Refusal::of(Damage::Unreadable))?;
            let name = part
                .name()
                .map_err(|_| Refusal::of(Damage::Unreadable))?
                .to_ascii_lowercase();
            let (packed, unpacked) = (part.compressed_size(), part.size());
            total = total.saturating_add(unpacked);
            let most = match name.as_str() {
                "xl/sharedstrings.xml" => LARGEST_STRINGS,
                name if name.starts_with("xl/worksheets/") => LARGEST_UNPACKED,
                _ => LARGEST_SMALL.max(RATIO_FROM),
            };
            let bomb = unpacked > RATIO_FROM && unpacked / RATIO > packed;
            let read_whole = name.ends_with(".xml") || name.ends_with(".rels");
            if bomb || total > LARGEST_UNPACKED || (read_whole && unpacked > most) {
                return Err(Refusal::about(Damage::TooLarge, name));
            }
            if part.encrypted() {
                return Err(Refusal::of(Damage::Password));
            }
            if let Some(damage) = lively(&name) {
                return Err(Refusal::about(damage, name));
            }
            if self.names.insert(name, index).is_some() {
                // Two parts of one name: two programs may read two different workbooks.
                return Err(Refusal::of(Damage::Unreadable));
            }
        }
        match self.zip.has_overlapping_files() {
            Ok(false) => Ok(()),
            Ok(true) => Err(Refusal::of(Damage::TooLarge)),
            Err(_) => Err(Refusal::of(Damage::Unreadable)),
        }
    }

    /// What the workbook says it is.
    fn check_type(&mut self) -> Result<(), Refusal> {
        const WORKBOOK: &str =
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
        if self.has("xl/workbook.bin") || self.has("mimetype") {
            return Err(Refusal::of(Damage::Format));
        }
        let mut types = Vec::new();
        self.scan("[content_types].xml", |event| {
            if let Event::Start(e) | Event::Empty(e) = event {
                types.extend(attribute(e, "ContentType")?);
            }
            Ok(())
        })?;
        if types.iter().any(|kind| kind.contains("macroEnabled")) {
            return Err(Refusal::of(Damage::Macros));
        }
        if !types.iter().any(|kind| kind == WORKBOOK) || !self.has("xl/workbook.xml") {
            return Err(Refusal::of(Damage::Format));
        }
        Ok(())
    }

    /// Whether there is a part of that name, in lower case.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(&name.to_ascii_lowercase())
    }

    /// Reads a part to its end, event by event, with bounded memory. No document type is allowed in it: entities of
    /// its own are how XML grows without an end, or reads other files.
    pub fn scan(
        &mut self,
        name: &str,
        mut see: impl FnMut(&Event<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let unreadable = || Refusal::about(Damage::Unreadable, name);
        let index = self
            .names
            .get(&name.to_ascii_lowercase())
            .ok_or_else(unreadable)?;
        let part = self.zip.by_index(*index).map_err(|_| unreadable())?;
        let left = Rc::new(Cell::new(0));
        let unpacked = part.size();
        let metered = Metered {
            inner: part,
            left: Rc::clone(&left),
            whole: unpacked,
        };
        let mut reader = Reader::from_reader(BufReader::new(metered));
        let mut buffer = Vec::new();
        loop {
            left.set(LARGEST_TOKEN);
            buffer.clear();
            let event = reader
                .read_event_into(&mut buffer)
                .map_err(|_| match left.get() {
                    0 => Refusal::about(Damage::TooLarge, name),
                    _ => unreadable(),
                })?;
            match &event {
                Event::DocType(_) => return Err(unreadable()),
                Event::Eof => return Ok(()),
                event => see(event)?,
            }
        }
    }
}

/// The value of an attribute, whatever prefix its name has.
pub fn attribute(
    element: &quick_xml::events::BytesStart<'_>,
    name: &str,
) -> Result<Option<String>, Refusal> {
    let unreadable = || Refusal::of(Damage::Unreadable);
    for found in element.attributes() {
        let found = found.map_err(|_| unreadable())?;
        if found.key.local_name().as_ref() == name {
            let value = found.normalized_value(quick_xml::XmlVersion::Implicit1_0);
            return Ok(Some(value.map_err(|_| unreadable())?.into_owned()));
        }
    }
    Ok(None)
}

/// A part that does more than hold rows.
fn lively(name: &str) -> Option<Damage> {
    let nested = [".zip", ".xlsx", ".xlsm", ".xls", ".docx", ".exe", ".ole"];
    if name.contains("vbaproject") || name.starts_with("xl/macrosheets/") {
        Some(Damage::Macros)
    } else if name.starts_with("xl/externallinks/") {
        Some(Damage::ExternalLinks)
    } else if name.starts_with("xl/embeddings/")
        || name.starts_with("xl/activex/")
        || nested.iter().any(|ending| name.ends_with(ending))
    {
        Some(Damage::Embedded)
    } else {
        None
    }
}

/// Bounds one token, and the part as a whole to the size that the table of contents promised.
struct Metered<R> {
    inner: R,
    left: Rc<Cell<u64>>,
    whole: u64,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let read = n as u64;
        self.left.set(self.left.get().saturating_sub(read));
        if self.whole < read || (n > 0 && self.left.get() == 0) {
            self.left.set(0);
            return Err(io::Error::other("larger than it may be"));
        }
        self.whole -= read;
        Ok(n)
    }
}
