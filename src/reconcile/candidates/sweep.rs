//! Brings the records of both sides together, block by block, and looks at every pair once in each pass.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::Mutex;

use crate::agreement::Row;
use crate::fault::Fault;
use crate::snapshot::{Partition, Reader, Rows, StoreKey, Writer, sorted};

use super::super::Bench;
use super::super::ordered::Ordered;
use super::blocks::Pass;
use super::frequency::Frequencies;
use super::locks::{locked, unlocked};
use super::people::{NUMBER, People, facet};

/// Most records of one side in a block: bounds the memory of a block and the pairs that a record is part of.
pub(super) const MOST: usize = 256;

/// Where the block key stands in a row, then the key that divides too large a block; the person's row follows, and
/// then for each facet how rare its value is.
const BLOCK: usize = 0;
const REFINE: usize = 1;
const PERSON: usize = 2;

/// The blocks of one pass, each small enough, the same on both sides.
pub(super) struct Blocks {
    /// As the first key makes them, and those that the second key divided.
    parts: Vec<[Reader; 2]>,
    /// What was left out because it was too large even then.
    pub(super) skipped: Skipped,
}

/// Blocks and pairs that were not looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Skipped {
    pub(super) blocks: u64,
    pub(super) pairs: u64,
}

/// A record in a block.
pub(super) struct Member<'r> {
    row: &'r Row,
    facets: usize,
}

impl<'r> Member<'r> {
    /// Its number, as text that sorts.
    pub(super) fn number(&self) -> &'r str {
        self.row.get(PERSON + NUMBER)
    }

    /// The form in which a facet compares.
    pub(super) fn facet(&self, place: usize) -> &'r str {
        self.row.get(PERSON + NUMBER + 1 + place)
    }

    /// How rare its value is, in hundredths of a bit; `None` where that is not counted.
    pub(super) fn rarity(&self, place: usize) -> Option<i32> {
        let rarity = self.row.get(PERSON + NUMBER + 1 + self.facets + place);
        rarity.parse().ok()
    }
}

impl Blocks {
    /// The blocks of both sides in one pass.
    pub(super) fn of(
        bench: Bench,
        pass: &Pass,
        people: [&People; 2],
        frequencies: &Frequencies,
    ) -> Result<Self, Fault> {
        let [left, right] =
            bench.both(people, |people| members(bench, pass, people, frequencies))?;
        let mut blocks = Self {
            parts: Vec::new(),
            skipped: Skipped::default(),
        };
        let mut rows = Some([left, right]);
        for last in [false, true] {
            let Some(sides) = rows.take() else { break };
            let divided = divide(bench, &sides, last, &mut blocks.skipped)?;
            blocks.parts.push(divided.whole);
            rows = divided.again;
        }
        Ok(blocks)
    }

    /// Shows every pair of every block to `look`, of the left records those that `admit` lets in; each thread has a state
    /// of its own, which `begin` makes.
    pub(super) fn sweep<T: Send>(
        &self,
        bench: Bench,
        facets: usize,
        begin: impl Fn() -> T + Sync,
        admit: impl Fn(&Member<'_>) -> bool + Sync,
        look: impl Fn(&mut T, &Member<'_>, &Member<'_>) -> Result<(), Fault> + Sync,
    ) -> Result<Vec<T>, Fault> {
        let Some([left, right]) = self.parts.first() else {
            return Ok(Vec::new());
        };
        bench.each_partition(
            [left, right],
            || Ok((begin(), [Block::default(), Block::default()])),
            |(state, [a, b]), partition| {
                for [left, right] in &self.parts {
                    let stream = |reader: &Reader| {
                        Ordered::grouped(reader.partition(partition), reader, vec![BLOCK])
                    };
                    let (mut left, mut right) = (stream(left)?, stream(right)?);
                    while left.row().is_some() && right.row().is_some() {
                        a.fill(&mut left)?;
                        b.fill(&mut right)?;
                        for x in a.members(facets).filter(&admit) {
                            for y in b.members(facets) {
                                look(state, &x, &y)?;
                            }
                        }
                    }
                }
                Ok(())
            },
            |(state, _)| Ok(state),
        )
    }
}

/// Every person who has a block key in this pass.
fn members(
    bench: Bench,
    pass: &Pass,
    people: &People,
    frequencies: &Frequencies,
) -> Result<Reader, Fault> {
    let facets = people.rows.columns().len().saturating_sub(NUMBER + 1);
    let columns = ["blok", "bagian"].map(str::to_owned).into_iter();
    let columns = columns.chain(people.rows.columns().iter().cloned());
    let rarities = (0..facets).map(|place| format!("langka_{place}"));
    let columns: Vec<String> = columns.chain(rarities).collect();
    let mut writer = Writer::scratch(bench.scratch, bench.store, &columns)?;
    let (mut person, mut member) = (Row::new(), Row::new());
    for partition in Partition::all() {
        let mut rows = people.rows.partition(partition);
        while rows.read(&mut person)? {
            let Some(block) = pass.block_key(&person) else {
                continue;
            };
            member.clear();
            member.push(&block);
            member.push(&pass.refine_key(&person));
            member.extend(person.fields());
            for place in 0..facets {
                let rarity = frequencies.rarity(place, facet(&person, place));
                member.push(&rarity.map_or_else(String::new, |bits| bits.to_string()));
            }
            writer.push(&block, &member)?;
        }
    }
    writer.finish()
}

/// What becomes of the blocks of both sides.
struct Divided {
    /// Blocks that are small enough, sorted, without those that only one side has.
    whole: [Reader; 2],
    /// The members of too large ones, under a longer key.
    again: Option<[Reader; 2]>,
}

fn divide(
    bench: Bench,
    sides: &[Reader; 2],
    last: bool,
    skipped: &mut Skipped,
) -> Result<Divided, Fault> {
    let Bench { scratch, store, .. } = bench;
    let whole = Mutex::new(writers_of(sides, scratch, store)?);
    let again: Mutex<Option<[Writer; 2]>> = Mutex::new(None);
    let begin = || Ok((Skipped::default(), [Block::default(), Block::default()]));
    let counted = bench.each_partition(
        sides.each_ref(),
        begin,
        |(skipped, blocks), partition| {
            let stream = |reader: &Reader| {
                let rows = sorted(reader, partition, &[BLOCK], scratch, store)?;
                Ordered::grouped(rows, reader, vec![BLOCK])
            };
            let [left, right] = sides;
            let mut streams = [stream(left)?, stream(right)?];
            loop {
                let [left, right] = &mut streams;
                match left.against(right) {
                    None => break,
                    Some(Ordering::Less) => skip(left)?,
                    Some(Ordering::Greater) => skip(right)?,
                    Some(Ordering::Equal) => {
                        let large = fill_both(blocks, &mut streams)?;
                        if !large {
                            let mut writers = locked(&whole);
                            for (writer, block) in writers.iter_mut().zip(&*blocks) {
                                let mut rows = block.rows();
                                rows.try_for_each(|row| writer.push_to(partition, row))?;
                            }
                        } else if last {
                            skipped.count(blocks, &mut streams)?;
                        } else {
                            let mut writers = locked(&again);
                            let writers = match &mut *writers {
                                Some(writers) => writers,
                                none => none.insert(writers_of(sides, scratch, store)?),
                            };
                            for ((block, stream), writer) in
                                blocks.iter_mut().zip(&mut streams).zip(writers)
                            {
                                block.pass_on(stream, writer)?;
                            }
                        }
                    }
                }
            }
            Ok(())
        },
        |(skipped, _)| Ok(skipped),
    )?;
    for one in counted {
        skipped.blocks += one.blocks;
        skipped.pairs += one.pairs;
    }
    let finish = |[left, right]: [Writer; 2]| -> Result<[Reader; 2], Fault> {
        Ok([left.finish()?, right.finish()?])
    };
    Ok(Divided {
        whole: finish(unlocked(whole))?,
        again: unlocked(again).map(finish).transpose()?,
    })
}

fn writers_of(sides: &[Reader; 2], scratch: &Path, store: &StoreKey) -> Result<[Writer; 2], Fault> {
    let [left, right] = sides;
    let writer = |reader: &Reader| Writer::scratch(scratch, store, reader.columns());
    Ok([writer(left)?, writer(right)?])
}

/// Takes the next group off both streams; whether one of them is too large.
fn fill_both<R: Rows>(
    blocks: &mut [Block; 2],
    streams: &mut [Ordered<R>; 2],
) -> Result<bool, Fault> {
    let mut large = false;
    for (block, stream) in blocks.iter_mut().zip(streams) {
        large |= block.fill(stream)?;
    }
    Ok(large)
}

impl Skipped {
    /// Leaves out the block whose beginning is in `blocks`.
    fn count<R: Rows>(
        &mut self,
        blocks: &mut [Block; 2],
        streams: &mut [Ordered<R>; 2],
    ) -> Result<(), Fault> {
        let mut pairs = 1;
        for (block, stream) in blocks.iter_mut().zip(streams) {
            pairs *= block.count_rest(stream)?;
        }
        self.blocks += 1;
        self.pairs += pairs;
        Ok(())
    }
}

fn skip<R: Rows>(stream: &mut Ordered<R>) -> Result<(), Fault> {
    stream.advance()?;
    while stream.continues() {
        stream.advance()?;
    }
    Ok(())
}

/// One side of a block, in buffers that are used again.
#[derive(Default)]
struct Block {
    rows: Vec<Row>,
    count: usize,
}

impl Block {
    fn members(&self, facets: usize) -> impl Iterator<Item = Member<'_>> {
        self.rows().map(move |row| Member { row, facets })
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().take(self.count)
    }

    /// Takes the next group off the stream, as far as it has room; whether there is more of it.
    fn fill<R: Rows>(&mut self, stream: &mut Ordered<R>) -> Result<bool, Fault> {
        self.count = 0;
        loop {
            if self.rows.len() == self.count {
                self.rows.push(Row::new());
            }
            if let Some(row) = self.rows.get_mut(self.count) {
                stream.take(row)?;
            }
            self.count += 1;
            if !stream.continues() {
                return Ok(false);
            }
            if self.count == MOST {
                return Ok(true);
            }
        }
    }

    /// Hands the whole group on under its longer key, also what is still in the stream.
    fn pass_on<R: Rows>(
        &mut self,
        stream: &mut Ordered<R>,
        writer: &mut Writer,
    ) -> Result<(), Fault> {
        let mut longer = Row::new();
        let mut write = |row: &Row| {
            let key = zeroize::Zeroizing::new(format!("{}/{}", row.get(BLOCK), row.get(REFINE)));
            longer.clear();
            longer.push(&key);
            longer.extend(row.fields().skip(REFINE));
            writer.push(&key, &longer)
        };
        for row in self.rows.iter().take(self.count) {
            write(row)?;
        }
        while stream.continues() {
            let Some(row) = self.rows.first_mut() else {
                break;
            };
            stream.take(row)?;
            write(row)?;
        }
        Ok(())
    }

    /// The size of the whole group, whose rest is taken off the stream.
    fn count_rest<R: Rows>(&mut self, stream: &mut Ordered<R>) -> Result<u64, Fault> {
        let mut count = self.count as u64;
        while stream.continues() {
            stream.advance()?;
            count += 1;
        }
        Ok(count)
    }
}
