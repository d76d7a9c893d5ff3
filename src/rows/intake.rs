//! First pass over a data file: each row is checked by itself and lies encrypted in its partition.

use std::fmt::Write;
use std::io;

use crate::agreement::checks::{CheckCode, Finding, Values, check_key_only, check_row};
use crate::agreement::{Agreement, Dataset, Row};
use crate::config::Limits;
use crate::delivery::{DataFileName, Mode, Sha256Digest};
use crate::fault::Fault;
use crate::reconcile::Action;
use crate::rejection::{Code, Rejection};
use crate::snapshot::{Lane, Reader, Writer};
use crate::stop::Stop;

use super::Desk;
use super::blocks::{Block, Blocks};
use super::finding::{Findings, Notes};
use super::records::Records;
use super::stream::StreamError;
use super::table::Table;
use super::tally::Tally;

/// Behind the dataset's own columns in the intake: where the row stood, and what is to be done with it.
pub(super) const EXTRA: [&str; 2] = ["baris", "aksi"];

/// In place of an action: the row was refused, but its key is sound. It must not pass for one that is gone, nor its twin
/// for the only one.
const REFUSED: &str = "TOLAK";

/// A row's place is its block's number and, in so many bits, its own number in there.
const ROW_BITS: u32 = 32;

/// A data file whose header row was read.
pub(super) struct Text {
    table: Table,
    blocks: Blocks,
    first: Block,
}

/// The rows in no order, and what was found so far.
pub(super) struct Intake {
    /// The dataset's columns, then [`EXTRA`].
    pub(super) rows: Reader,
    /// Turns their places into numbers.
    pub(super) numbers: Numbers,
    /// Rows in the file.
    pub(super) read: u64,
    /// Rows refused so far.
    pub(super) refused: u64,
    /// SHA-256 of the plaintext.
    pub(super) plaintext: Sha256Digest,
}

/// For each block the number of its first row.
#[derive(Default)]
pub(super) struct Numbers(Vec<u64>);

impl Numbers {
    /// The number, as a spreadsheet counts, of the row with this place.
    pub(super) fn of(&self, place: &str) -> u64 {
        let place: u64 = place.parse().unwrap_or(0);
        let block = usize::try_from(place >> ROW_BITS).ok();
        let first = block.and_then(|block| self.0.get(block));
        first.map_or(0, |first| first + (place & ((1 << ROW_BITS) - 1)))
    }
}

/// Why a text is not read on.
enum Broken {
    /// The row after those that were told: the sender's mistake.
    Row(Code),
    /// What the stream says.
    Stream(io::Error),
    Fault(Fault),
}

impl Text {
    /// Reads the header row. Refuses with what [`Table::of`] says, with `TOO_LARGE` or what the stream itself says.
    pub(super) fn open(desk: &Desk, mut blocks: Blocks, file: &DataFileName) -> Result<Self, Stop> {
        let first = match blocks.next() {
            Some(Ok(first)) => first,
            Some(Err(e)) => return Err(stream_stop(file, 1, e)),
            None => return Err(Rejection::new(Code::NoRows).in_file(file).at_line(1).into()),
        };
        match Table::of(first.text(), file, desk.dataset) {
            Ok(table) => Ok(Self {
                table,
                blocks,
                first,
            }),
            Err(rejection) => Err(unless_damaged(rejection, &mut blocks)),
        }
    }

    /// The header row in its own order, by the names of the dataset's columns.
    pub(super) fn columns(&self, dataset: &Dataset) -> Vec<String> {
        self.table.columns(dataset)
    }

    /// Reads the rows to their end.
    pub(super) fn take_in(
        mut self,
        desk: &Desk,
        file: &DataFileName,
        findings: &mut dyn Findings,
        tally: &mut Tally,
    ) -> Result<Intake, Stop> {
        let names = desk.dataset.fields.iter().map(|f| f.name.as_str());
        let columns: Vec<String> = names.chain(EXTRA).map(str::to_owned).collect();
        let rows = Writer::scratch(desk.work, desk.store, &columns)?;
        let rules = Rules {
            agreement: desk.agreement,
            dataset: desk.dataset,
            limits: desk.limits,
            table: &self.table,
            file,
        };
        let (mut numbers, mut read, mut refused) = (Numbers::default(), 0, 0);
        let source = std::iter::once(Ok(self.first)).chain(self.blocks.by_ref());
        let taken = desk.workers.each(
            source.map(|block| block.map_err(Broken::Stream)),
            || Ok(Hand::of(rows.lane())),
            |hand, block| rules.block(hand, &block).map_err(Broken::Fault),
            |hand| hand.lane.end().map_err(Broken::Fault),
            |taken: Taken| {
                // The header is row 1.
                let first = read + 2;
                numbers.0.push(first);
                taken
                    .notes
                    .tell(first, desk.dataset, findings, tally)
                    .map_err(Broken::Fault)?;
                read += taken.rows;
                refused += taken.refused;
                (desk.progress)(taken.rows);
                taken.broken.map_or(Ok(()), |code| Err(Broken::Row(code)))
            },
        );
        match taken {
            Ok(()) if read == 0 => Err(Rejection::new(Code::NoRows).in_file(file).into()),
            Ok(()) => Ok(Intake {
                rows: rows.finish()?,
                numbers,
                read,
                refused,
                plaintext: self.blocks.plaintext_digest(),
            }),
            Err(Broken::Fault(fault)) => Err(fault.into()),
            Err(Broken::Stream(error)) => Err(stream_stop(file, read + 2, error)),
            Err(Broken::Row(code)) => {
                let rejection = Rejection::new(code).in_file(file).at_line(read + 2);
                Err(unless_damaged(rejection, &mut self.blocks))
            }
        }
    }
}

/// What came of one block.
#[derive(Default)]
struct Taken {
    rows: u64,
    refused: u64,
    notes: Notes,
    /// Why the rest of it was not read.
    broken: Option<Code>,
}

/// What one thread keeps from block to block.
struct Hand {
    lane: Lane,
    row: Row,
    findings: Vec<Finding>,
    place: String,
}

impl Hand {
    fn of(lane: Lane) -> Self {
        Self {
            lane,
            row: Row::new(),
            findings: Vec::new(),
            place: String::new(),
        }
    }
}

/// By what a row is judged.
struct Rules<'a> {
    agreement: &'a Agreement,
    dataset: &'a Dataset,
    limits: Limits,
    table: &'a Table,
    file: &'a DataFileName,
}

impl Rules<'_> {
    fn block(&self, hand: &mut Hand, block: &Block) -> Result<Taken, Fault> {
        let mut taken = Taken::default();
        if block.cut {
            taken.broken = Some(Code::TooLarge);
            return Ok(taken);
        }
        let mut records = Records::of(block.text(), self.table, self.limits.row);
        loop {
            let record = match records.next() {
                Ok(Some(record)) => record,
                Ok(None) => return Ok(taken),
                Err(code) => {
                    taken.broken = Some(code);
                    return Ok(taken);
                }
            };
            let number = taken.rows;
            taken.rows += 1;
            hand.findings.clear();
            let action = match self.file.mode {
                Mode::Full => Some(Action::Tambah),
                Mode::Delta => Action::from_word(record.action()),
            };
            let accepted = self.judge(action, &record, &mut hand.row, &mut hand.findings);
            for finding in &hand.findings {
                taken.notes.add(number, finding, self.dataset, &record);
            }
            let word = match action.filter(|_| accepted) {
                Some(action) => action.as_str(),
                None => {
                    taken.refused += 1;
                    let keyless = |k: &usize| hand.row.get(*k).is_empty();
                    if self.dataset.key.iter().any(keyless) {
                        continue;
                    }
                    REFUSED
                }
            };
            hand.place.clear();
            // Writing into a string does not fail.
            let _ = write!(hand.place, "{}", (block.number as u64) << ROW_BITS | number);
            hand.row.push(&hand.place);
            hand.row.push(word);
            hand.lane
                .push(group_key(self.dataset, &hand.row), &hand.row)?;
        }
    }

    /// Whether the row by itself is accepted; its normal forms are put into `row`.
    fn judge(
        &self,
        action: Option<Action>,
        record: &impl Values,
        row: &mut Row,
        findings: &mut Vec<Finding>,
    ) -> bool {
        match action {
            None => {
                row.clear();
                findings.push(Finding::new(CheckCode::AksiTidakDikenal, None));
                false
            }
            Some(Action::Hapus) => check_key_only(self.dataset, record, row, findings),
            Some(_) => check_row(
                self.dataset,
                &self.agreement.thresholds,
                self.file.as_of,
                record,
                row,
                findings,
            ),
        }
    }
}

/// The value that decides a row's partition: the first key column.
pub(super) fn group_key<'r>(dataset: &Dataset, row: &'r Row) -> &'r str {
    dataset.key.first().map_or("", |k| row.get(*k))
}

/// A verdict about the text holds only for a sound stream.
fn unless_damaged(rejection: Rejection, blocks: &mut Blocks) -> Stop {
    match blocks.drain() {
        Some(StreamError(code)) => Rejection { code, ..rejection }.into(),
        None => rejection.into(),
    }
}

/// The sender's mistake if the stream says so, else our trouble.
fn stream_stop(file: &DataFileName, line: u64, error: io::Error) -> Stop {
    match StreamError::caused(&error) {
        Some(StreamError(code)) => Rejection::new(code).in_file(file).at_line(line).into(),
        None => Fault::io("read the data file", std::path::Path::new(file.as_str()))(error).into(),
    }
}
