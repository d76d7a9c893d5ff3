//! Workbooks as staff have them: one sheet of an `.xlsx`, read so that what is sent is what a person sees in it.
//!
//! Text is taken as it stands: an 18-digit number keeps its digits. Whatever a spreadsheet may have changed without
//! anybody noticing is refused with its place, since nothing here is ever guessed ([`damage`] is the table). Rows keep
//! their numbers: row 17 of the sheet is row 17 in every message, also in the service's receipt.
//!
//! - `package` looks at the ZIP and `structure` at the sheet's XML before the library reads a cell; `shown` tells which numbers a
//!   person sees with other digits;
//! - `cell` judges a value, `stream` turns the sheet into CSV; [`refusal`] gathers what is wrong.

mod cell;
pub mod damage;
mod package;
pub mod refusal;
mod shown;
mod stream;
mod structure;

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};
use quick_xml::events::Event;

use damage::Damage;
use package::{Package, attribute};
use refusal::Refusal;
use shown::Formats;
use structure::Structure;

pub use stream::{Remarks, SheetStream};

/// How a ZIP begins.
const ZIP: &[u8] = b"PK\x03\x04";
/// How the older formats begin, and a workbook with a password.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// What a workbook with a password holds, in UTF-16.
const ENCRYPTED: &str = "EncryptedPackage";
/// Most columns of a sheet that is read.
const MOST_COLUMNS: usize = 1_000;

/// What a file is, by how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A workbook, or something else that is no text.
    Workbook,
    /// Anything else.
    Other,
}

/// One sheet of a workbook, whose form is in order.
pub struct Sheet {
    /// The sheet's name.
    pub name: String,
    /// Other sheets with content that nobody sees; nothing of them is sent.
    pub hidden: Vec<String>,
    /// The names of the columns as they stand in the first row.
    pub header: Vec<String>,
    workbook: Xlsx<BufReader<File>>,
    structure: Structure,
}

impl Kind {
    /// Tells by the first bytes.
    pub fn of(start: &[u8]) -> Self {
        if start.starts_with(ZIP) || start.starts_with(COMPOUND) {
            Self::Workbook
        } else {
            Self::Other
        }
    }
}

impl Sheet {
    /// Opens the sheet that was `wanted` by name, or the only one that is visible and holds anything.
    pub fn open(file: File, wanted: Option<&str>) -> Result<Self, Refusal> {
        require_xlsx(&file)?;
        let mut package = Package::open(&file)?;
        let parts = sheet_parts(&mut package)?;
        require_modest_strings(&mut package)?;
        for part in ["_rels/.rels", "xl/styles.xml"] {
            if package.has(part) {
                package.scan(part, |_| Ok(()))?;
            }
        }
        // A workbook that the library stumbles over is damaged, whatever it is that it stumbles over.
        let workbook =
            guarded(|| Xlsx::new(rewound(file)?).map_err(|_| Refusal::of(Damage::Unreadable)))?;
        let (chosen, structure, hidden) = choose(&workbook, &mut package, &parts, wanted)?;
        let mut sheet = Self {
            name: chosen,
            hidden,
            header: Vec::new(),
            workbook,
            structure,
        };
        sheet.header = guarded(|| sheet.read_header())?;
        Ok(sheet)
    }

    /// The names in the first row, up to the last one.
    fn read_header(&mut self) -> Result<Vec<String>, Refusal> {
        let mut refusal = Refusal::in_sheet(&self.name);
        let mut cells = self
            .workbook
            .worksheet_cells_reader(&self.name)
            .map_err(|_| Refusal::of(Damage::Unreadable))?;
        let mut header = Vec::new();
        while let Some(cell) = cells
            .next_cell()
            .map_err(|_| Refusal::of(Damage::Unreadable))?
        {
            let (row, column) = (cell.get_position().0, cell.get_position().1 as usize);
            let name = match cell.get_value() {
                DataRef::Empty => continue,
                DataRef::String(name) => name.clone(),
                DataRef::SharedString(name) => (*name).to_owned(),
                // No column is called like this; which one it is the table tells.
                _ => "?".to_owned(),
            };
            if row > 0 {
                break;
            }
            if name.trim().is_empty() {
                continue;
            }
            if column >= MOST_COLUMNS {
                return Err(Refusal::of(Damage::TooLarge));
            }
            header.resize(header.len().max(column + 1), String::new());
            if let Some(place) = header.get_mut(column) {
                *place = name;
            }
        }
        if header.is_empty() {
            refusal.note(Damage::BlankRow, None, 1);
            return Err(refusal);
        }
        Ok(header)
    }
}

/// By its first bytes: a name says nothing.
fn require_xlsx(mut file: &File) -> Result<(), Refusal> {
    let unreadable = |_| Refusal::of(Damage::Unreadable);
    let mut start = [0; 8];
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    file.read_exact(&mut start).map_err(unreadable)?;
    if start != *COMPOUND {
        return Ok(());
    }
    let wanted: Vec<u8> = ENCRYPTED
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut window = Vec::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        let n = file.read(&mut piece).map_err(unreadable)?;
        if n == 0 {
            return Err(Refusal::of(Damage::Format));
        }
        window.extend_from_slice(piece.get(..n).unwrap_or_default());
        if window.windows(wanted.len()).any(|bytes| bytes == wanted) {
            return Err(Refusal::of(Damage::Password));
        }
        window.drain(..window.len().saturating_sub(wanted.len()));
    }
}

fn rewound(mut file: File) -> Result<BufReader<File>, Refusal> {
    file.seek(SeekFrom::Start(0))
        .map_err(|_| Refusal::of(Damage::Unreadable))?;
    Ok(BufReader::new(file))
}

/// Runs the library where a panic of its own does no harm.
fn guarded<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Refusal::of(Damage::Unreadable)))
}

/// The part of each sheet, in the order in which the workbook lists them.
fn sheet_parts(package: &mut Package) -> Result<Vec<String>, Refusal> {
    let mut targets = Vec::new();
    package.scan("xl/_rels/workbook.xml.rels", |event| {
        if let Event::Start(e) | Event::Empty(e) = event
            && let (Some(id), Some(target)) = (attribute(e, "Id")?, attribute(e, "Target")?)
        {
            let part = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{target}"),
            };
            targets.push((id, part));
        }
        Ok(())
    })?;
    let mut parts = Vec::new();
    package.scan("xl/workbook.xml", |event| {
        if let Event::Start(e) | Event::Empty(e) = event
            && e.local_name().as_ref() == "sheet"
        {
            let id = attribute(e, "id")?;
            let target = targets.iter().find(|(known, _)| Some(known) == id.as_ref());
            let (_, part) = target.ok_or_else(|| Refusal::of(Damage::Unreadable))?;
            parts.push(part.clone());
        }
        Ok(())
    })?;
    Ok(parts)
}

/// The library makes room for as many strings as the table says it has.
fn require_modest_strings(package: &mut Package) -> Result<(), Refusal> {
    const MOST: u64 = 1 << 25;
    if !package.has("xl/sharedStrings.xml") {
        return Ok(());
    }
    package.scan("xl/sharedStrings.xml", |event| {
        if let Event::Start(e) | Event::Empty(e) = event
            && e.local_name().as_ref() == "sst"
            && let Some(count) = attribute(e, "uniqueCount")?
            && count.parse().is_ok_and(|count: u64| count > MOST)
        {
            return Err(Refusal::of(Damage::TooLarge));
        }
        Ok(())
    })
}

/// The sheet to read, its structure, and the names of hidden ones with content.
fn choose(
    workbook: &Xlsx<BufReader<File>>,
    package: &mut Package,
    parts: &[String],
    wanted: Option<&str>,
) -> Result<(String, Structure, Vec<String>), Refusal> {
    let sheets = workbook.sheets_metadata();
    if sheets.len() != parts.len() {
        return Err(Refusal::of(Damage::Unreadable));
    }
    let formats = Formats::read(package)?;
    let mut found = Vec::new();
    let mut hidden = Vec::new();
    for (sheet, part) in sheets.iter().zip(parts) {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let structure = Structure::read(package, part, &formats)?;
        let visible = sheet.visible == SheetVisible::Visible;
        match wanted {
            Some(wanted) if sheet.name == wanted => found.push((sheet.name.clone(), structure)),
            None if visible && structure.filled => found.push((sheet.name.clone(), structure)),
            _ if !visible && structure.filled => hidden.push(sheet.name.clone()),
            _ => {}
        }
    }
    let names: Vec<_> = found.iter().map(|(name, _)| format!("{name:?}")).collect();
    let all: Vec<_> = sheets
        .iter()
        .map(|sheet| format!("{:?}", sheet.name))
        .collect();
    match (found.pop(), wanted) {
        (Some((name, structure)), _) if found.is_empty() => {
            if structure.filled {
                Ok((name, structure, hidden))
            } else {
                Err(Refusal::about(Damage::Empty, format!("{name:?}")))
            }
        }
        (Some(_), _) => Err(Refusal::about(Damage::Several, names.join(", "))),
        (None, Some(_)) => Err(Refusal::about(Damage::NotFound, all.join(", "))),
        (None, None) => Err(Refusal::of(Damage::Empty)),
    }
}
