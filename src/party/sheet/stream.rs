//! A sheet as a stream of CSV text with bounded memory: a thread reads cells and hands lines over as they are asked for.

use std::io::{self, Read, Write};
use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use calamine::{DataRef, XlsxCellFormulaMetadataRecord};
use zeroize::{Zeroize, Zeroizing};

use crate::agreement::{Dataset, FieldKind};
use crate::csv::Lines;

use super::Sheet;
use super::cell;
use super::damage::Damage;
use super::refusal::{Column, Refusal};
use super::structure::Structure;

/// Bytes handed over at a time, and how many such pieces wait.
const PIECE: usize = 64 << 10;
const WAITING: usize = 4;

/// The CSV text of a sheet. Ends with an error that holds the [`Refusal`] if anything in the sheet is damaged, so that
/// a text that was read to its end is sound.
pub struct SheetStream {
    pieces: Receiver<Zeroizing<Vec<u8>>>,
    current: Zeroizing<Vec<u8>>,
    read: usize,
    thread: Option<JoinHandle<Result<Vec<Column>, Refusal>>>,
    remarks: Remarks,
}

/// What a person should look at although the sheet is sound; complete when its stream is at its end.
#[derive(Clone, Default)]
pub struct Remarks(Arc<Mutex<Vec<Column>>>);

impl Remarks {
    /// Columns of text in which numbers stand: leading zeros, had there been any, are lost.
    pub fn numbers_in_text(&self) -> Vec<Column> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Sheet {
    /// The sheet's rows as CSV, in the columns that have names and with the row numbers of the sheet. `delta` says that
    /// the first column is `aksi`.
    pub fn csv(self, dataset: &Dataset, delta: bool) -> (SheetStream, Remarks) {
        let (sender, pieces) = sync_channel(WAITING);
        let Self {
            name,
            header,
            mut workbook,
            structure,
            ..
        } = self;
        let columns: Vec<_> = header
            .iter()
            .enumerate()
            .map(|(index, name)| Known::of(index, name, dataset, delta))
            .collect();
        let thread = thread::spawn(move || {
            let mut pass = Pass::new(&name, structure, columns, sender);
            let unreadable = |_| Refusal::of(Damage::Unreadable);
            let mut cells = workbook.worksheet_cells_reader(&name).map_err(unreadable)?;
            while let Some(cell) = cells
                .next_cell_with_formula_metadata()
                .map_err(unreadable)?
            {
                pass.cell(&cell)?;
            }
            pass.finish()
        });
        let remarks = Remarks::default();
        let stream = SheetStream {
            pieces,
            current: Zeroizing::default(),
            read: 0,
            thread: Some(thread),
            remarks: remarks.clone(),
        };
        (stream, remarks)
    }
}

impl Refusal {
    /// The refusal that ended a stream, if that is what the error is about.
    pub fn within(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl Read for SheetStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.current.len() {
            match self.pieces.recv() {
                Ok(piece) => (self.current, self.read) = (piece, 0),
                Err(_) => return self.end(),
            }
        }
        let rest = self.current.get(self.read..).unwrap_or_default();
        let n = io::copy(
            &mut rest.take(buffer.len() as u64),
            &mut io::Cursor::new(buffer),
        )?;
        self.read += usize::try_from(n).unwrap_or_default();
        Ok(usize::try_from(n).unwrap_or_default())
    }
}

impl SheetStream {
    /// The thread has ended, or is about to.
    fn end(&mut self) -> io::Result<usize> {
        let Some(thread) = self.thread.take() else {
            return Ok(0);
        };
        // A panic of the library: nobody can read such a workbook.
        match thread
            .join()
            .unwrap_or_else(|_| Err(Refusal::of(Damage::Unreadable)))
        {
            Ok(columns) => {
                *self
                    .remarks
                    .0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = columns;
                Ok(0)
            }
            Err(refusal) => Err(io::Error::other(refusal)),
        }
    }
}

/// A column of the sheet: what it is called and which values it holds.
struct Known {
    column: Column,
    /// Whether anything stands in the first row.
    named: bool,
    kind: Option<FieldKind>,
    number_in_text: bool,
}

impl Known {
    fn of(index: usize, written: &str, dataset: &Dataset, delta: bool) -> Self {
        let name = written.trim().to_ascii_lowercase();
        let position = dataset.position(&name).filter(|_| !(delta && index == 0));
        let field = position.and_then(|position| dataset.fields.get(position));
        Self {
            column: Column {
                index,
                // The sender's own words are not repeated.
                name: field.map(|field| field.name.clone()),
            },
            named: !name.is_empty(),
            kind: field.map(|field| field.kind.clone()),
            number_in_text: false,
        }
    }
}

/// The pass over all cells.
struct Pass {
    structure: Structure,
    columns: Vec<Known>,
    lines: Lines<Pieces>,
    refusal: Refusal,
    /// The row under way, from 0, its values, and the column after the last cell.
    row: u32,
    values: Vec<Zeroizing<String>>,
    next: u32,
    filled: bool,
    /// Empty rows since the last one that was not.
    blank: u64,
}

impl Pass {
    fn new(
        name: &str,
        structure: Structure,
        columns: Vec<Known>,
        sender: SyncSender<Zeroizing<Vec<u8>>>,
    ) -> Self {
        let mut refusal = Refusal::in_sheet(name);
        if let Some((range, count)) = &structure.merged {
            refusal.note_about(Damage::Merged, format!("{range} ({count})"));
        }
        for known in columns.iter().filter(|known| known.named) {
            if structure.hides_column(known.column.index) {
                refusal.note_column(Damage::Hidden, known.column.clone());
            }
        }
        Self {
            structure,
            values: columns.iter().map(|_| Zeroizing::default()).collect(),
            columns,
            lines: Lines::new(Pieces::new(sender), "the sheet"),
            refusal,
            row: 0,
            next: 0,
            filled: false,
            blank: 0,
        }
    }

    fn cell(&mut self, cell: &XlsxCellFormulaMetadataRecord<'_>) -> Result<(), Refusal> {
        let (row, index) = cell.pos;
        if row < self.row || (row == self.row && index < self.next) {
            // Not the order of a sheet: a value could stand in two places.
            return Err(Refusal::of(Damage::Unreadable));
        }
        if row > self.row {
            self.end_row()?;
            self.blank += u64::from(row - self.row - 1);
            self.row = row;
        }
        self.next = index.saturating_add(1);
        let number = u64::from(row) + 1;
        let index = index as usize;
        let known = self.columns.get_mut(index).filter(|known| known.named);
        if cell.formula.is_some() {
            let column = known.map_or(Column { index, name: None }, |known| known.column.clone());
            self.refusal.note(Damage::Formula, Some(column), number);
            self.filled = true;
            return Ok(());
        }
        let Some(known) = known else {
            if !is_blank(&cell.value) {
                self.refusal
                    .note(Damage::NoHeader, Some(Column { index, name: None }), number);
            }
            return Ok(());
        };
        let kind = known.kind.as_ref().filter(|_| row > 0);
        let shown = self.structure.shown(u64::from(row), index);
        match cell::text(&cell.value, kind, shown) {
            Ok(found) => {
                self.filled |= !found.text.trim().is_empty();
                known.number_in_text |= found.number_in_text;
                if let Some(value) = self.values.get_mut(index) {
                    // At once as large as it will be: a text that grows leaves copies behind.
                    *value = Zeroizing::new(found.text.into_owned());
                }
            }
            Err(damage) => {
                self.filled = true;
                self.refusal
                    .note(damage, Some(known.column.clone()), number);
            }
        }
        Ok(())
    }

    /// The row is complete. Empty rows at the end of a sheet are no rows.
    fn end_row(&mut self) -> Result<(), Refusal> {
        let row = u64::from(self.row);
        self.next = 0;
        if !mem::take(&mut self.filled) {
            self.blank += 1;
            return Ok(());
        }
        for blank in (row - mem::take(&mut self.blank).min(row))..row {
            self.refusal.note(Damage::BlankRow, None, blank + 1);
        }
        if self.structure.hides_row(row) {
            self.refusal.note(Damage::Hidden, None, row + 1);
        }
        for (known, value) in self.columns.iter().zip(&mut self.values) {
            if known.named {
                self.lines.field(value);
                value.zeroize();
            }
        }
        // Nobody reads on, so nobody hears of this.
        self.lines
            .end()
            .map_err(|_| Refusal::of(Damage::Unreadable))
    }

    fn finish(mut self) -> Result<Vec<Column>, Refusal> {
        self.end_row()?;
        self.lines
            .into_inner()
            .flush()
            .map_err(|_| Refusal::of(Damage::Unreadable))?;
        if !self.refusal.is_empty() {
            return Err(self.refusal);
        }
        let columns = self
            .columns
            .into_iter()
            .filter(|known| known.number_in_text);
        Ok(columns.map(|known| known.column).collect())
    }
}

fn is_blank(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::Empty => true,
        DataRef::String(text) => text.trim().is_empty(),
        DataRef::SharedString(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// Gathers lines into pieces and hands them over.
struct Pieces {
    sender: SyncSender<Zeroizing<Vec<u8>>>,
    piece: Zeroizing<Vec<u8>>,
}

impl Pieces {
    fn new(sender: SyncSender<Zeroizing<Vec<u8>>>) -> Self {
        Self {
            sender,
            piece: Zeroizing::new(Vec::with_capacity(PIECE)),
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() == PIECE {
            self.flush()?;
        }
        let n = bytes.len().min(PIECE - self.piece.len());
        self.piece
            .extend_from_slice(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = mem::replace(&mut self.piece, Zeroizing::new(Vec::with_capacity(PIECE)));
        self.sender
            .send(piece)
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
