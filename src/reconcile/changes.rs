//! What changed at one party between two of its snapshots (domain §5, Pasal 1(6)).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::Write;

use crate::agreement::{ChangeClass, ChangeClasses, Dataset, PartyId, Row};
use crate::csv::Lines;
use crate::fault::Fault;
use crate::snapshot::{Lane, Merged, Partition, Reader, Rows, Writer};

use super::Bench;
use super::columns::Columns;
use super::ordered::Ordered;

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It appeared.
    Tambah,
    /// Some of its columns changed.
    Ubah,
    /// It disappeared.
    Hapus,
}

/// The changes between two snapshots, held encrypted in a file without a name until this is dropped.
pub struct Changes {
    /// Sorted by key in each partition.
    rows: Reader,
    kept: Kept,
    classes: ChangeClasses,
    /// All changes, whoever may see them.
    pub counts: ChangeCounts,
}

/// What the rows are.
enum Kept {
    /// The first snapshot itself: each record appeared.
    Whole(Columns),
    /// Per change the action, the positions of the changed columns, then the dataset's fields.
    Changed,
}

/// Number of changes by action and class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeCounts(BTreeMap<(Action, ChangeClass), u64>);

const ACTION: usize = 0;
const CHANGED: usize = 1;
/// The dataset's fields follow.
const FIELDS: usize = 2;

/// Compares a party's snapshot with the one before; without one before, every record is TAMBAH.
///
/// Both must be sorted by the dataset's key in each partition. Columns are matched by name; a missing one is empty.
pub fn changes(
    bench: Bench,
    dataset: &Dataset,
    classes: &ChangeClasses,
    previous: Option<&Reader>,
    current: &Reader,
) -> Result<Changes, Fault> {
    let now = Side::of(dataset, current)?;
    let Some(previous) = previous else {
        let mut counts = ChangeCounts::default();
        counts.add(
            Action::Tambah,
            class(Action::Tambah, &[], dataset, classes),
            current.rows(),
        );
        return Ok(Changes {
            rows: current.clone(),
            kept: Kept::Whole(now.columns),
            classes: classes.clone(),
            counts,
        });
    };
    let before = Side::of(dataset, previous)?;
    let search = Search {
        dataset,
        classes,
        before,
        now,
    };
    let writer = Writer::scratch(bench.scratch, bench.store, &names(dataset))?;
    let found = bench.each_partition(
        [previous, current],
        || {
            Ok(Hand {
                lane: writer.lane(),
                counts: ChangeCounts::default(),
                row: Row::new(),
            })
        },
        |hand, partition| search.partition(hand, partition),
        |hand| hand.lane.end().map(|()| hand.counts),
    )?;
    let mut counts = ChangeCounts::default();
    for ((action, class), count) in found.into_iter().flat_map(|counts| counts.0) {
        counts.add(action, class, count);
    }
    Ok(Changes {
        counts,
        rows: writer.finish()?,
        kept: Kept::Changed,
        classes: classes.clone(),
    })
}

impl Changes {
    /// Writes what `reader` may see, sorted by key: `aksi`, `kelas`, `kolom_berubah`, then its columns.
    ///
    /// A record of which only other columns changed is left out, and the class is that of the columns it sees.
    /// Returns the counts of what was written.
    pub fn write_csv(
        &self,
        dataset: &Dataset,
        reader: &PartyId,
        out: &mut dyn Write,
    ) -> Result<ChangeCounts, Fault> {
        let mut lines = Lines::new(out, "perubahan.csv");
        let mut counts = ChangeCounts::default();
        let entitled: Vec<usize> = (0..dataset.fields.len())
            .filter(|position| dataset.entitled(reader, *position))
            .collect();
        let name = |position: &usize| dataset.fields.get(*position).map_or("", |f| &f.name);

        let header = ["aksi", "kelas", "kolom_berubah"];
        let header = header.into_iter().chain(entitled.iter().map(name));
        header.for_each(|column| lines.field(column));
        lines.end()?;
        if entitled.is_empty() {
            return Ok(counts);
        }

        let place = |position: &usize| match &self.kept {
            Kept::Whole(columns) => columns.place(*position),
            Kept::Changed => Some(position + FIELDS),
        };
        let key: Vec<usize> = dataset.key.iter().filter_map(place).collect();
        let entitled_places: Vec<Option<usize>> = entitled.iter().map(place).collect();
        let rows = Merged::of(&self.rows, &key)?;
        let mut rows = Ordered::unique(rows, &self.rows, key)?;
        let mut row = Row::new();
        while rows.row().is_some() {
            rows.take(&mut row)?;
            let (action, changed) = self.change(&row, &entitled)?;
            if action == Action::Ubah && changed.is_empty() {
                continue;
            }
            let class = class(action, &changed, dataset, &self.classes);
            counts.add(action, class, 1);
            lines.field(action.as_str());
            lines.field(class.as_str());
            lines.field(&changed.iter().map(name).collect::<Vec<_>>().join(";"));
            entitled_places
                .iter()
                .for_each(|place| lines.field(place.map_or("", |place| row.get(place))));
            lines.end()?;
        }
        Ok(counts)
    }

    /// What happened to a record, and the columns that changed among the `entitled`.
    fn change(&self, row: &Row, entitled: &[usize]) -> Result<(Action, Vec<usize>), Fault> {
        if let Kept::Whole(_) = self.kept {
            return Ok((Action::Tambah, Vec::new()));
        }
        let action = Action::from_word(row.get(ACTION))
            .ok_or_else(|| self.rows.damaged("has a change of no kind"))?;
        let changed = positions(row.get(CHANGED));
        Ok((action, changed.filter(|p| entitled.contains(p)).collect()))
    }
}

impl Action {
    /// The word in `aksi`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tambah => "TAMBAH",
            Self::Ubah => "UBAH",
            Self::Hapus => "HAPUS",
        }
    }

    /// The action of a word in `aksi`.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Tambah, Self::Ubah, Self::Hapus]
            .into_iter()
            .find(|action| action.as_str() == word)
    }
}

impl ChangeCounts {
    /// Number of changes of one kind.
    pub fn of_action(&self, action: Action) -> u64 {
        self.sum(|(a, _)| *a == action)
    }

    /// Number of changes of one class.
    pub fn of_class(&self, class: ChangeClass) -> u64 {
        self.sum(|(_, c)| *c == class)
    }

    /// Number of all changes.
    pub fn total(&self) -> u64 {
        self.sum(|_| true)
    }

    fn sum(&self, wanted: impl Fn(&(Action, ChangeClass)) -> bool) -> u64 {
        let kept = self.0.iter().filter(|(cell, _)| wanted(cell));
        kept.map(|(_, count)| count).sum()
    }

    fn add(&mut self, action: Action, class: ChangeClass, count: u64) {
        if count > 0 {
            *self.0.entry((action, class)).or_default() += count;
        }
    }
}

/// One snapshot and where the dataset's columns stand in it.
struct Side<'r> {
    reader: &'r Reader,
    columns: Columns,
    key: Vec<usize>,
}

impl<'r> Side<'r> {
    fn of(dataset: &Dataset, reader: &'r Reader) -> Result<Self, Fault> {
        let columns = Columns::of(dataset, reader);
        Ok(Self {
            key: columns.places(&dataset.key, reader)?,
            columns,
            reader,
        })
    }

    fn rows(&self, partition: Partition) -> Result<Ordered<impl Rows + use<>>, Fault> {
        let rows = self.reader.partition(partition);
        Ordered::unique(rows, self.reader, self.key.clone())
    }
}

/// Two snapshots to be compared.
struct Search<'s> {
    dataset: &'s Dataset,
    classes: &'s ChangeClasses,
    before: Side<'s>,
    now: Side<'s>,
}

/// What one thread writes to.
struct Hand {
    lane: Lane,
    counts: ChangeCounts,
    /// Kept for its memory.
    row: Row,
}

impl Search<'_> {
    fn partition(&self, hand: &mut Hand, partition: Partition) -> Result<(), Fault> {
        let (before, now) = (&self.before, &self.now);
        let (mut old, mut new) = (before.rows(partition)?, now.rows(partition)?);
        // The same columns in the same places: equal rows have not changed.
        let aligned = before.columns == now.columns;
        while let Some(order) = old.against(&new) {
            match (order, old.row(), new.row()) {
                (Ordering::Less, Some(row), _) => {
                    self.push(hand, partition, Action::Hapus, &[], &before.columns, row)?;
                }
                (Ordering::Greater, _, Some(row)) => {
                    self.push(hand, partition, Action::Tambah, &[], &now.columns, row)?;
                }
                (_, Some(was), Some(is)) if !aligned || was != is => {
                    let differs = |position: &usize| {
                        before.columns.get(was, *position) != now.columns.get(is, *position)
                    };
                    let changed: Vec<usize> =
                        (0..self.dataset.fields.len()).filter(differs).collect();
                    if !changed.is_empty() {
                        self.push(hand, partition, Action::Ubah, &changed, &now.columns, is)?;
                    }
                }
                _ => {}
            }
            if order != Ordering::Greater {
                old.advance()?;
            }
            if order != Ordering::Less {
                new.advance()?;
            }
        }
        hand.lane.leave(partition)
    }

    fn push(
        &self,
        hand: &mut Hand,
        partition: Partition,
        action: Action,
        changed: &[usize],
        columns: &Columns,
        row: &Row,
    ) -> Result<(), Fault> {
        let class = class(action, changed, self.dataset, self.classes);
        hand.counts.add(action, class, 1);
        let changed: Vec<String> = changed.iter().map(usize::to_string).collect();
        hand.row.clear();
        hand.row.push(action.as_str());
        hand.row.push(&changed.join(";"));
        for position in 0..self.dataset.fields.len() {
            hand.row.push(columns.get(row, position));
        }
        hand.lane.push_to(partition, &hand.row)
    }
}

/// The most urgent class of the changed columns; a record that appears or disappears has a class of its own.
fn class(
    action: Action,
    changed: &[usize],
    dataset: &Dataset,
    classes: &ChangeClasses,
) -> ChangeClass {
    let of_column = |position: &usize| {
        let field = dataset.fields.get(*position)?;
        classes.by_column.get(&field.name).copied()
    };
    let class = match action {
        Action::Ubah => changed.iter().filter_map(of_column).min(),
        Action::Tambah | Action::Hapus => classes.presence,
    };
    class.unwrap_or(ChangeClass::Nonfinansial)
}

/// Columns of the file in which changes wait.
fn names(dataset: &Dataset) -> Vec<String> {
    let fixed = ["aksi", "berubah"].map(str::to_owned).into_iter();
    fixed
        .chain(dataset.fields.iter().map(|f| f.name.clone()))
        .collect()
}

fn positions(list: &str) -> impl Iterator<Item = usize> {
    list.split(';').filter_map(|position| position.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap as Table;

    use super::super::fixture::{COLUMNS, Place, classes, dataset};
    use super::*;

    fn pns(entitled: &[&str]) -> Dataset {
        dataset("pns", ["bkn", "bpjs"], &COLUMNS, 1, entitled)
    }

    fn csv(changes: &Changes, dataset: &Dataset, reader: &str) -> (String, ChangeCounts) {
        let mut out = Vec::new();
        let reader = reader.parse().unwrap();
        let counts = changes.write_csv(dataset, &reader, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), counts)
    }

    const OLD: [&str; 4] = [
        "1|11|Siti|1980-01-01|III/a|Jl. A, No. 1",
        "2|22|Budi|1981-01-01|III/a|",
        "3|33|Ani|1982-01-01|III/a|",
        "4|44|Eko|1983-01-01|III/a|B",
    ];
    const NEW: [&str; 4] = [
        "1|11|Siti|1980-01-01|III/b|Jl. A, No. 1",
        "2|29|Budi|1981-01-01|III/b|C",
        "4|44|Eko|1983-01-01|III/a|D",
        "5|55|\"Oky\"|1984-01-01|II/a|",
    ];

    #[test]
    fn each_reader_gets_its_columns_and_their_class() {
        let place = Place::new();
        let (old, new) = (place.people(&OLD), place.people(&NEW));
        let full = "aksi,kelas,kolom_berubah,nip,nik,nama,tanggal_lahir,golongan,alamat\n\
            UBAH,FINANSIAL,golongan,1,11,Siti,1980-01-01,III/b,\"Jl. A, No. 1\"\n\
            UBAH,IDENTITAS,nik;golongan;alamat,2,29,Budi,1981-01-01,III/b,C\n\
            HAPUS,FINANSIAL,,3,33,Ani,1982-01-01,III/a,\n\
            UBAH,NONFINANSIAL,alamat,4,44,Eko,1983-01-01,III/a,D\n\
            TAMBAH,FINANSIAL,,5,55,\"\"\"Oky\"\"\",1984-01-01,II/a,\n";
        let some = "aksi,kelas,kolom_berubah,nip,nama,golongan\n\
            UBAH,FINANSIAL,golongan,1,Siti,III/b\n\
            UBAH,FINANSIAL,golongan,2,Budi,III/b\n\
            HAPUS,FINANSIAL,,3,Ani,III/a\n\
            TAMBAH,FINANSIAL,,5,\"\"\"Oky\"\"\",II/a\n";
        let none = "aksi,kelas,kolom_berubah\n";
        for (entitled, reader, expected) in [
            (&COLUMNS[..], "bpjs", full),
            (&[], "bkn", full),
            (&["nip", "nama", "golongan"], "bpjs", some),
            (&[], "bpjs", none),
            (&COLUMNS, "stranger", none),
        ] {
            let dataset = pns(entitled);
            let found = changes(place.bench(), &dataset, &classes(), Some(&old), &new).unwrap();
            let (text, counts) = csv(&found, &dataset, reader);
            assert_eq!(text, expected, "{reader} {entitled:?}");
            assert_eq!(counts.total() as usize, expected.lines().count() - 1);
            assert_eq!(found.counts.total(), 5, "whoever reads");
            assert_eq!(found.counts.of_action(Action::Ubah), 3);
            assert_eq!(found.counts.of_class(ChangeClass::Finansial), 3);
            if expected == some {
                assert_eq!(counts.of_class(ChangeClass::Identitas), 0);
            }
        }
        assert_eq!(place.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn without_a_snapshot_before_every_record_is_new() {
        let place = Place::new();
        let (dataset, new) = (pns(&COLUMNS), place.people(&NEW));
        let nothing = ChangeClasses::default();
        let found = changes(place.bench(), &dataset, &nothing, None, &new).unwrap();
        let (text, counts) = csv(&found, &dataset, "bpjs");
        assert_eq!(text.matches("\nTAMBAH,NONFINANSIAL,,").count(), 4);
        assert_eq!(counts, found.counts);
        assert_eq!(counts.of_action(Action::Tambah), 4);
    }

    #[test]
    fn columns_of_an_older_agreement_are_found_by_name() {
        let place = Place::new();
        let older = place.snapshot(
            &["nip", "golongan", "dihapus", "nama"],
            1,
            &[["1", "III/a", "x", "Siti"].map(str::to_owned)],
        );
        let now = dataset("pns", ["bkn", "bpjs"], &["nama", "nip", "golongan"], 1, &[]);
        let now = Dataset {
            key: vec![1],
            ..now
        };
        let newer = place.snapshot(
            &["nip", "nama", "golongan"],
            1,
            &[["1", "Siti", "III/b"].map(str::to_owned)],
        );
        let run = |old, new| {
            changes(place.bench(), &now, &classes(), Some(old), new)
                .map(|found| csv(&found, &now, "bkn").0)
        };
        let header = "aksi,kelas,kolom_berubah,nama,nip,golongan\n";
        let expected = format!("{header}UBAH,FINANSIAL,golongan,Siti,1,III/b\n");
        assert_eq!(run(&older, &newer).unwrap(), expected);
        let keyless = place.snapshot(&["nama"], 1, &[["Siti".to_owned()]]);
        assert!(matches!(run(&keyless, &newer), Err(Fault::Snapshot { .. })));
    }

    #[test]
    fn an_unsorted_or_doubled_key_is_a_fault() {
        let place = Place::new();
        let dataset = pns(&COLUMNS);
        let good = place.people(&["1|a", "2|b"]);
        for keys in [["2", "1"], ["1", "1"]] {
            let columns = COLUMNS.map(str::to_owned);
            let mut writer = Writer::scratch(place.path(), &place.store, &columns).unwrap();
            for key in keys {
                let partition = Partition::all().next().unwrap();
                writer.push_to(partition, &[key].iter().collect()).unwrap();
            }
            let bad = writer.finish().unwrap();
            for (old, new) in [(Some(&good), &bad), (Some(&bad), &good), (None, &bad)] {
                let run = changes(place.bench(), &dataset, &classes(), old, new);
                let reader = "bkn".parse().unwrap();
                let run = run.and_then(|found| found.write_csv(&dataset, &reader, &mut Vec::new()));
                assert!(matches!(run, Err(Fault::Snapshot { .. })));
            }
        }
    }

    #[test]
    fn random_snapshots_give_what_a_map_gives() {
        let place = Place::new();
        let dataset = dataset(
            "keluarga",
            ["bkn", "bpjs"],
            &["nip", "no_urut", "nama"],
            2,
            &[],
        );
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..20 {
            let mut table = || -> Table<[String; 2], String> {
                (0..random.usize(0..80))
                    .map(|_| {
                        let key = [random.u8(0..20), random.u8(0..4)].map(|n| n.to_string());
                        (key, random.u8(0..3).to_string())
                    })
                    .collect()
            };
            let (old, new) = (table(), table());
            let snapshot = |table: &Table<[String; 2], String>| {
                let rows: Vec<[String; 3]> = table
                    .iter()
                    .map(|([a, b], c)| [a.clone(), b.clone(), c.clone()])
                    .collect();
                place.snapshot(&["nip", "no_urut", "nama"], 2, &rows)
            };
            let mut expected = String::from("aksi,kelas,kolom_berubah,nip,no_urut,nama\n");
            let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let [a, b] = key;
                expected += &match (old.get(key), new.get(key)) {
                    (Some(was), None) => format!("HAPUS,FINANSIAL,,{a},{b},{was}\n"),
                    (None, Some(is)) => format!("TAMBAH,FINANSIAL,,{a},{b},{is}\n"),
                    (Some(was), Some(is)) if was != is => {
                        format!("UBAH,NONFINANSIAL,nama,{a},{b},{is}\n")
                    }
                    _ => String::new(),
                };
            }
            let (old, new) = (snapshot(&old), snapshot(&new));
            let found = changes(place.bench(), &dataset, &classes(), Some(&old), &new);
            assert_eq!(csv(&found.unwrap(), &dataset, "bkn").0, expected);
        }
    }
}
