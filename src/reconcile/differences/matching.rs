//! Which records belong together, and where they differ.

use std::cmp::Ordering;
use std::path::Path;

use crate::agreement::{Agreement, Authority, Dataset, NameRules, Reconciliation, Row};
use crate::fault::Fault;
use crate::snapshot::{Lane, Partition, Reader, Rows, StoreKey, Writer, sorted};

use super::super::Bench;
use super::super::columns::Columns;
use super::super::names::{Verdict, verdict};
use super::super::ordered::Ordered;
use super::record::{self, Finding, GANDA, Keys, NILAI, Side};

/// What one run finds.
pub(super) struct Matching {
    /// Records without status and date, in no order within a partition.
    pub(super) differences: Reader,
    pub(super) matched: u64,
    pub(super) agreeing: u64,
    /// The records of each side that met nobody, as they are; `None` where nothing is made of them.
    pub(super) leftovers: Option<[Reader; 2]>,
}

impl Matching {
    /// Matches by key, then by the second column where the reconciliation has one.
    pub(super) fn run(
        bench: Bench,
        agreement: &Agreement,
        recon: &Reconciliation,
        datasets: [&Dataset; 2],
        readers: [&Reader; 2],
    ) -> Result<Self, Fault> {
        let Bench { scratch, store, .. } = bench;
        let half = |side: Side| Half::of(recon, side, side.of(datasets), side.of(readers));
        let finder = Finder::of(
            scratch,
            store,
            recon,
            &agreement.names,
            [half(Side::Left)?, half(Side::Right)?],
        );
        let aside = |wanted: bool| -> Result<Option<[Writer; 2]>, Fault> {
            let [left, right] = readers.map(|r| Writer::scratch(scratch, store, r.columns()));
            wanted.then(|| Ok([left?, right?])).transpose()
        };
        let found = Writer::scratch(scratch, store, &record::columns(recon))?;
        let rests = aside(recon.also_by.is_some())?;
        let leftovers = aside(recon.candidates.is_some())?;
        let mut met = bench.each_partition(
            readers,
            || Ok(Hand::of(&found, rests.as_ref(), leftovers.as_ref())),
            |hand, partition| finder.by_key(hand, partition),
            Hand::end,
        )?;
        if let Some(rests) = rests.map(finish).transpose()? {
            met.extend(bench.each_partition(
                rests.each_ref(),
                || Ok(Hand::of(&found, None, leftovers.as_ref())),
                |hand, partition| finder.by_second_column(hand, &rests, partition),
                Hand::end,
            )?);
        }
        Ok(Self {
            differences: found.finish()?,
            matched: met.iter().map(|some| some.matched).sum(),
            agreeing: met.iter().map(|some| some.agreeing).sum(),
            leftovers: leftovers.map(finish).transpose()?,
        })
    }
}

fn finish([left, right]: [Writer; 2]) -> Result<[Reader; 2], Fault> {
    Ok([left.finish()?, right.finish()?])
}

/// Records of which both sides have one.
#[derive(Default)]
struct Met {
    matched: u64,
    /// Of these, the ones without any difference.
    agreeing: u64,
}

/// What one thread writes to.
struct Hand {
    found: Lane,
    /// Records that the key did not match, for the second column.
    rests: Option<[Lane; 2]>,
    /// Records that met nobody.
    leftovers: Option<[Lane; 2]>,
    /// Kept for its memory.
    row: Row,
    met: Met,
}

impl Hand {
    fn of(found: &Writer, rests: Option<&[Writer; 2]>, leftovers: Option<&[Writer; 2]>) -> Self {
        let lanes = |writers: &[Writer; 2]| writers.each_ref().map(Writer::lane);
        Self {
            found: found.lane(),
            rests: rests.map(lanes),
            leftovers: leftovers.map(lanes),
            row: Row::new(),
            met: Met::default(),
        }
    }

    fn end(self) -> Result<Met, Fault> {
        self.found.end()?;
        let pairs = [self.rests, self.leftovers].into_iter().flatten();
        pairs.flatten().try_for_each(Lane::end)?;
        Ok(self.met)
    }
}

/// One side: its snapshot and where the columns stand in it.
struct Half<'a> {
    reader: &'a Reader,
    columns: Columns,
    /// Positions of the key's fields in the dataset, and of its columns in the snapshot.
    key: Vec<usize>,
    key_places: Vec<usize>,
    second: Option<Second<'a>>,
    /// `HANYA_<PARTY>`
    hanya: String,
}

/// The second column of matching.
struct Second<'a> {
    name: &'a str,
    position: usize,
    place: usize,
}

impl<'a> Half<'a> {
    fn of(
        recon: &Reconciliation,
        side: Side,
        dataset: &'a Dataset,
        reader: &'a Reader,
    ) -> Result<Self, Fault> {
        let missing = || reader.damaged("has no column that the reconciliation matches by");
        let columns = Columns::of(dataset, reader);
        let key: Option<Vec<usize>> = recon.key.iter().map(|k| dataset.position(k)).collect();
        let key = key.ok_or_else(missing)?;
        let second = match recon.also_by.map(|positions| side.of(positions)) {
            None => None,
            Some(position) => {
                let places = columns.places(&[position], reader)?;
                let field = dataset.fields.get(position).ok_or_else(missing)?;
                Some(Second {
                    name: &field.name,
                    position,
                    place: places.first().copied().ok_or_else(missing)?,
                })
            }
        };
        Ok(Self {
            key_places: columns.places(&key, reader)?,
            key,
            second,
            hanya: format!("HANYA_{}", dataset.party.upper()),
            columns,
            reader,
        })
    }

    fn key_of<'r>(&self, row: &'r Row) -> Vec<&'r str> {
        let value = |position: &usize| self.columns.get(row, *position);
        self.key.iter().map(value).collect()
    }

    /// The value of the second column; empty where there is none.
    fn second_of<'r>(&self, row: &'r Row) -> &'r str {
        let second = self.second.as_ref();
        second.map_or("", |s| self.columns.get(row, s.position))
    }
}

struct Finder<'a> {
    scratch: &'a Path,
    store: &'a StoreKey,
    recon: &'a Reconciliation,
    names: &'a NameRules,
    halves: [Half<'a>; 2],
    /// Whether both sides have everything that is compared in the same places: then equal rows have no difference.
    aligned: bool,
}

impl<'a> Finder<'a> {
    fn of(
        scratch: &'a Path,
        store: &'a StoreKey,
        recon: &'a Reconciliation,
        names: &'a NameRules,
        halves: [Half<'a>; 2],
    ) -> Self {
        let [left, right] = &halves;
        let mut compared = recon.comparisons.iter().map(|c| c.positions);
        let aligned = left.key_places == right.key_places
            && compared.all(|[x, y]| left.columns.place(x) == right.columns.place(y));
        Self {
            scratch,
            store,
            recon,
            names,
            aligned,
            halves,
        }
    }

    /// Merges one partition by key. Lays aside what only one side has, if there is a second column.
    fn by_key(&self, hand: &mut Hand, partition: Partition) -> Result<(), Fault> {
        let stream = |half: &Half| {
            let rows = half.reader.partition(partition);
            Ordered::unique(rows, half.reader, half.key_places.clone())
        };
        let [left, right] = &self.halves;
        let (mut left, mut right) = (stream(left)?, stream(right)?);
        while let Some(order) = left.against(&right) {
            match (order, left.row(), right.row()) {
                (Ordering::Less, Some(row), _) => self.unmatched(hand, Side::Left, row)?,
                (Ordering::Greater, _, Some(row)) => self.unmatched(hand, Side::Right, row)?,
                (_, Some(a), Some(b)) => self.compare(hand, a, b, true)?,
                _ => {}
            }
            if order != Ordering::Greater {
                left.advance()?;
            }
            if order != Ordering::Less {
                right.advance()?;
            }
        }
        Ok(())
    }

    /// Lays a record aside for the second column, or reports it if it has none.
    fn unmatched(&self, hand: &mut Hand, side: Side, row: &Row) -> Result<(), Fault> {
        let second = side.of(self.halves.each_ref()).second_of(row);
        match &mut hand.rests {
            Some(rests) if !second.is_empty() => side.of(rests.each_mut()).push(second, row),
            _ => self.only(hand, side, row),
        }
    }

    /// Merges what is left by the second column. One against one belongs together; more than one is never guessed.
    fn by_second_column(
        &self,
        hand: &mut Hand,
        rests: &[Reader; 2],
        partition: Partition,
    ) -> Result<(), Fault> {
        let (mut a, mut b) = (Row::new(), Row::new());
        let stream = |half: &Half, rest: &Reader| {
            let place: Vec<_> = half.second.iter().map(|s| s.place).collect();
            let rows = sorted(rest, partition, &place, self.scratch, self.store)?;
            Ordered::grouped(rows, rest, place)
        };
        let ([left, right], [rest_left, rest_right]) = (&self.halves, rests);
        let (mut left, mut right) = (stream(left, rest_left)?, stream(right, rest_right)?);
        while let Some(order) = left.against(&right) {
            if order != Ordering::Greater {
                left.take(&mut a)?;
            }
            if order != Ordering::Less {
                right.take(&mut b)?;
            }
            let more_left = order != Ordering::Greater && left.continues();
            let more_right = order != Ordering::Less && right.continues();
            match (order, more_left || more_right) {
                (Ordering::Less, false) => self.only(hand, Side::Left, &a)?,
                (Ordering::Greater, false) => self.only(hand, Side::Right, &b)?,
                (Ordering::Equal, false) => self.compare(hand, &a, &b, false)?,
                (_, true) => {
                    if order != Ordering::Greater {
                        self.doubled(hand, Side::Left, &mut a, &mut left)?;
                    }
                    if order != Ordering::Less {
                        self.doubled(hand, Side::Right, &mut b, &mut right)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A record that only one side has.
    fn only(&self, hand: &mut Hand, side: Side, row: &Row) -> Result<(), Fault> {
        self.lay_aside(hand, side, row)?;
        let half = side.of(self.halves.each_ref());
        let finding = Finding {
            keys: Keys::Only(side, half.key_of(row)),
            jenis: &half.hanya,
            kolom: "",
            values: ["", ""],
            putusan: "",
            authority: &self.recon.presence,
        };
        self.push(hand, &finding)
    }

    /// `row`, which was just taken, and all that follow with the same value of the second column.
    fn doubled<R: Rows>(
        &self,
        hand: &mut Hand,
        side: Side,
        row: &mut Row,
        stream: &mut Ordered<R>,
    ) -> Result<(), Fault> {
        loop {
            self.lay_aside(hand, side, row)?;
            let half = side.of(self.halves.each_ref());
            let value = half.second_of(row);
            let finding = Finding {
                keys: Keys::Only(side, half.key_of(row)),
                jenis: GANDA,
                kolom: half.second.as_ref().map_or("", |s| s.name),
                values: side.of([[value, ""], ["", value]]),
                putusan: "",
                authority: &self.recon.presence,
            };
            self.push(hand, &finding)?;
            if !stream.continues() {
                return Ok(());
            }
            stream.take(row)?;
        }
    }

    /// Keeps a record that met nobody, for whoever looks for likely pairs.
    fn lay_aside(&self, hand: &mut Hand, side: Side, row: &Row) -> Result<(), Fault> {
        let Some(leftovers) = &mut hand.leftovers else {
            return Ok(());
        };
        let key = side.of(self.halves.each_ref()).key_of(row);
        let group = key.first().copied().unwrap_or_default();
        side.of(leftovers.each_mut()).push(group, row)
    }

    /// Two records that belong together.
    fn compare(&self, hand: &mut Hand, a: &Row, b: &Row, same_key: bool) -> Result<(), Fault> {
        if same_key && self.aligned && a == b {
            hand.met.matched += 1;
            hand.met.agreeing += 1;
            return Ok(());
        }
        let [left, right] = &self.halves;
        let recon = self.recon;
        let mut differences = 0;
        let mut tell = |kolom: &str, values: [&str; 2], putusan: Verdict, authority: &Authority| {
            let (first, second) = (left.key_of(a), right.key_of(b));
            let finding = Finding {
                keys: match same_key {
                    true => Keys::Same(first),
                    false => Keys::Pair(first, second),
                },
                jenis: NILAI,
                kolom,
                values,
                putusan: putusan.as_str(),
                authority,
            };
            differences += 1;
            self.push(hand, &finding)
        };

        if !same_key {
            let keys = left.key_of(a).into_iter().zip(right.key_of(b));
            for (name, (x, y)) in recon.key.iter().zip(keys).filter(|(_, (x, y))| x != y) {
                let compared = recon.comparisons.iter().find(|c| c.name == *name);
                let authority = compared.map_or(&recon.presence, |c| &c.authority);
                tell(name, [x, y], Verdict::Beda, authority)?;
            }
        }
        let same_birth_date = recon.birth_date.and_then(|[x, y]| {
            let (x, y) = (left.columns.get(a, x), right.columns.get(b, y));
            (!x.is_empty() && !y.is_empty()).then_some(x == y)
        });
        for comparison in &recon.comparisons {
            let [x, y] = comparison.positions;
            let values = [left.columns.get(a, x), right.columns.get(b, y)];
            let [x, y] = values;
            if x == y || recon.key.contains(&comparison.name) {
                continue;
            }
            let putusan = match comparison.as_name {
                true => verdict(self.names, x, y, same_birth_date),
                false => Verdict::Beda,
            };
            if !putusan.agrees() {
                tell(&comparison.name, values, putusan, &comparison.authority)?;
            }
        }
        hand.met.matched += 1;
        hand.met.agreeing += u64::from(differences == 0);
        Ok(())
    }

    fn push(&self, hand: &mut Hand, finding: &Finding) -> Result<(), Fault> {
        finding.write(&self.recon.id, self.store, &mut hand.row);
        hand.found.push(finding.group(), &hand.row)
    }
}
