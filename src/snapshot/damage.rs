//! What is written comes back; what was altered does not.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::agreement::Row;
use crate::fault::Fault;

use super::layout::{HEADER_FIXED, TRAILER};
use super::{Lane, Merged, Partition, Reader, Rows, StoreKey, Writer};

struct Place {
    dir: TempDir,
    store: StoreKey,
}

fn place() -> Place {
    Place {
        dir: tempfile::tempdir().unwrap(),
        store: StoreKey::generate_for_tests(),
    }
}

fn columns() -> Vec<String> {
    ["nip", "nama"].map(str::to_owned).to_vec()
}

fn person(n: usize) -> Row {
    [format!("{n:018}"), format!("Siti \"Aminah\"\n{n}, S.T.")]
        .iter()
        .collect()
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, rows: usize, lz4: bool) -> Reader {
        let (file, temporary) = tempfile::NamedTempFile::new_in(self.dir.path())
            .unwrap()
            .into_parts();
        let path = self.path(name);
        let mut writer =
            Writer::begin(file, &path, Some(temporary), &self.store, &columns(), lz4).unwrap();
        for n in 0..rows {
            let row = person(n);
            writer.push(row.get(0), &row).unwrap();
        }
        writer.finish().unwrap()
    }

    fn names(&self) -> Vec<String> {
        let name = |e: Result<fs::DirEntry, _>| e.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = self.dir.path().read_dir().unwrap().map(name).collect();
        names.sort();
        names
    }
}

/// Every row, read partition by partition.
fn read_all(path: &Path, store: &StoreKey) -> Result<Vec<Vec<String>>, Fault> {
    let reader = Reader::open(path, store)?;
    let (mut rows, mut row) = (Vec::new(), Row::new());
    for partition in Partition::all() {
        let mut cursor = reader.partition(partition);
        while cursor.read(&mut row)? {
            rows.push(row.fields().map(str::to_owned).collect());
        }
        assert!(row.is_empty() && !cursor.read(&mut row)?);
    }
    assert_eq!(rows.len() as u64, reader.rows());
    Ok(rows)
}

#[test]
fn rows_come_back_compressed_or_not_and_merged_in_order() {
    let place = place();
    let mut sizes = Vec::new();
    for (name, lz4) in [("a.snap", true), ("b.snap", false)] {
        let reader = place.write(name, 20_000, lz4);
        assert_eq!((reader.rows(), reader.columns()), (20_000, &columns()[..]));
        let mut rows = read_all(&place.path(name), &place.store).unwrap();
        rows.sort();
        let mut merged = Merged::of(&reader, &[0]).unwrap();
        let mut row = Row::new();
        for (n, expected) in rows.iter().enumerate() {
            assert!(merged.read(&mut row).unwrap() && row == person(n));
            assert_eq!(row.get(1), expected[1]);
        }
        assert!(!merged.read(&mut row).unwrap());
        sizes.push(fs::metadata(place.path(name)).unwrap().len());
    }
    assert!(sizes[0] * 2 < sizes[1], "lz4 saves: {sizes:?}");
    assert_eq!(place.names(), ["a.snap", "b.snap"]);
}

#[test]
fn an_empty_snapshot_and_rows_of_any_size_come_back() {
    let place = place();
    place.write("empty.snap", 0, true);
    assert!(
        read_all(&place.path("empty.snap"), &place.store)
            .unwrap()
            .is_empty()
    );

    let path = place.path("wide.snap");
    let mut writer = Writer::create(place.dir.path(), &path, &place.store, &columns()).unwrap();
    let partition = Partition::all().nth(255).unwrap();
    let lengths = [0, 1, 65_535, 65_536, 400_000, 3, 70_000, 1];
    for (n, length) in lengths.into_iter().enumerate() {
        let row = [n.to_string(), "é".repeat(length)].iter().collect();
        writer.push_to(partition, &row).unwrap();
    }
    writer.push_to(partition, &Row::new()).unwrap();
    writer.finish().unwrap();
    let rows = read_all(&path, &place.store).unwrap();
    let back: Vec<_> = rows
        .iter()
        .map(|r| r.get(1).map_or(0, |f| f.chars().count()))
        .collect();
    assert_eq!(back, [&lengths[..], &[0]].concat());
}

#[test]
fn a_file_appears_only_when_finished_and_scratch_never() {
    let place = place();
    let path = place.path("x.snap");
    let mut writer = Writer::create(place.dir.path(), &path, &place.store, &columns()).unwrap();
    writer.push("1", &person(1)).unwrap();
    assert!(!path.exists());
    assert_eq!(place.names().len(), 1);
    drop(writer);
    assert!(place.names().is_empty());

    let mut scratch = Writer::scratch(place.dir.path(), &place.store, &columns()).unwrap();
    scratch.push("1", &person(1)).unwrap();
    assert!(place.names().is_empty());
    assert_eq!(scratch.finish().unwrap().rows(), 1);
    assert!(matches!(
        Writer::create(
            &place.path("no"),
            &place.path("folder"),
            &place.store,
            &columns()
        ),
        Err(Fault::Io { .. })
    ));
}

#[test]
fn no_value_and_no_column_name_is_readable_in_the_file() {
    let place = place();
    for lz4 in [true, false] {
        place.write("x.snap", 300, lz4);
        let bytes = fs::read(place.path("x.snap")).unwrap();
        for text in ["Aminah", "000000000000000007", "nama"] {
            assert!(!bytes.windows(text.len()).any(|w| w == text.as_bytes()));
        }
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let place = place();
    for (rows, lz4) in [(12, true), (12, false), (0, true)] {
        place.write("x.snap", rows, lz4);
        let good = fs::read(place.path("x.snap")).unwrap();
        let path = place.path("y.snap");
        let index = good.len() - TRAILER;
        // Every byte of what is read first; the rest in steps that reach every block.
        let offsets = (0..HEADER_FIXED + 400)
            .chain((400..index).step_by(11))
            .chain(index..good.len());
        for offset in offsets.filter(|o| *o < good.len()) {
            let mut bad = good.clone();
            bad[offset] ^= 1 << (offset % 8);
            fs::write(&path, &bad).unwrap();
            let result = read_all(&path, &place.store);
            assert!(
                matches!(result, Err(Fault::Snapshot { .. })),
                "flip at {offset} of {}",
                good.len()
            );
        }
        for length in (0..good.len())
            .step_by(7)
            .chain(good.len() - 40..good.len())
        {
            fs::write(&path, &good[..length]).unwrap();
            let result = read_all(&path, &place.store);
            assert!(
                matches!(result, Err(Fault::Snapshot { .. })),
                "cut to {length}"
            );
        }
        fs::write(&path, [&good[..], b"x"].concat()).unwrap();
        assert!(matches!(
            read_all(&path, &place.store),
            Err(Fault::Snapshot { .. })
        ));
    }
}

/// Where each block lies, as its index says.
fn blocks(reader: &Reader) -> Vec<(usize, usize)> {
    let mut places: Vec<_> = reader
        .entries()
        .map(|e| (e.offset as usize, e.stored as usize))
        .collect();
    places.sort();
    places
}

#[test]
fn blocks_cannot_change_places_within_or_between_files() {
    let place = place();
    let write = |name: &str| {
        let mut writer = Writer::create(
            place.dir.path(),
            &place.path(name),
            &place.store,
            &columns(),
        )
        .unwrap();
        // Two equal partitions of two equal blocks each: only the binding tells them apart.
        let row: Row = ["1".to_owned(), "x".repeat(40_000)].iter().collect();
        for partition in Partition::all().take(2) {
            for _ in 0..2 {
                writer.push_to(partition, &row).unwrap();
            }
        }
        writer.finish().unwrap()
    };
    let (a, b) = (write("a.snap"), write("b.snap"));
    let (bytes_a, bytes_b) = (fs::read(a.path()).unwrap(), fs::read(b.path()).unwrap());
    let (places_a, places_b) = (blocks(&a), blocks(&b));
    assert_eq!(places_a.len(), 4);
    assert_eq!(places_b.len(), 4);
    let path = place.path("c.snap");
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        matches!(read_all(&path, &place.store), Err(Fault::Snapshot { .. }))
    };
    for (n, (at, len)) in places_a.iter().copied().enumerate() {
        for (to, _) in places_a.iter().copied().skip(n + 1) {
            let mut swapped = bytes_a.clone();
            swapped[at..at + len].copy_from_slice(&bytes_a[to..to + len]);
            swapped[to..to + len].copy_from_slice(&bytes_a[at..at + len]);
            assert!(refused(&swapped), "swap of {at} and {to}");
        }
        let mut foreign = bytes_a.clone();
        let from = places_b[n].0;
        foreign[at..at + len].copy_from_slice(&bytes_b[from..from + len]);
        assert!(refused(&foreign));
    }
    assert!(refused(
        &[&bytes_a[..places_a[0].0], &bytes_b[places_b[0].0..]].concat()
    ));
    assert!(!refused(&bytes_a));
    assert!(Reader::open(a.path(), &StoreKey::generate_for_tests()).is_err());
}

#[test]
fn threads_read_one_snapshot_side_by_side() {
    let place = place();
    let reader = place.write("x.snap", 5_000, true);
    let count = &|parity: usize| {
        let (mut rows, mut row) = (0, Row::new());
        for partition in Partition::all().skip(parity).step_by(2) {
            let mut cursor = reader.partition(partition);
            while cursor.read(&mut row).unwrap() {
                rows += 1;
            }
        }
        rows
    };
    let halves: [u64; 2] = std::thread::scope(|scope| {
        [0, 1]
            .map(|parity| scope.spawn(move || count(parity)))
            .map(|thread| thread.join().unwrap())
    });
    assert_eq!(halves.iter().sum::<u64>(), 5_000);
}

#[test]
fn threads_write_one_snapshot_side_by_side() {
    let place = place();
    let path = place.path("x.snap");
    let mut writer = Writer::create(place.dir.path(), &path, &place.store, &columns()).unwrap();
    let push = |mut lane: Lane, numbers: std::ops::Range<usize>| {
        for n in numbers {
            let row = person(n);
            lane.push(row.get(0), &row).unwrap();
        }
        lane.end().unwrap();
    };
    std::thread::scope(|scope| {
        for numbers in [0..9_000, 9_000..20_000] {
            let lane = writer.lane();
            scope.spawn(move || push(lane, numbers));
        }
        for n in 20_000..20_100 {
            let row = person(n);
            writer.push(row.get(0), &row).unwrap();
        }
    });
    writer.finish().unwrap();
    let mut rows = read_all(&path, &place.store).unwrap();
    rows.sort();
    assert_eq!(rows.len(), 20_100);
    for (n, row) in rows.iter().enumerate() {
        assert!(row.iter().eq(person(n).fields()), "{n}");
    }
}

#[test]
fn a_snapshot_does_not_end_while_somebody_writes() {
    let place = place();
    let path = place.path("x.snap");
    for forget in [true, false] {
        let writer = Writer::create(place.dir.path(), &path, &place.store, &columns()).unwrap();
        let mut lane = writer.lane();
        lane.push("1", &person(1)).unwrap();
        let kept = match forget {
            true => None,
            false => Some(lane),
        };
        assert!(matches!(writer.finish(), Err(Fault::Inconsistent(_))));
        drop(kept);
        assert!(place.names().is_empty(), "nothing has its name");
    }
}
