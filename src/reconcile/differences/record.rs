//! A difference as a row: how differences wait between the steps and from one run to the next.
//!
//! First the fixed fields below, then the key under which it is sorted (the left side's, or that of the only side),
//! then the right side's key where both sides have the record.

use std::ops::Range;

use crate::agreement::{Authority, Reconciliation, ReconciliationId, Row};
use crate::digest::Hasher;
use crate::snapshot::StoreKey;

pub(super) const ID: usize = 0;
pub(super) const JENIS: usize = 1;
/// Which sides have the record: one of [`Side`].
pub(super) const SISI: usize = 2;
pub(super) const KOLOM: usize = 3;
/// Of the left side; the right side's follows.
pub(super) const NILAI_FIRST: usize = 4;
pub(super) const PUTUSAN: usize = 6;
pub(super) const ACUAN: usize = 7;
pub(super) const TINDAKAN: usize = 8;
pub(super) const STATUS: usize = 9;
pub(super) const SEJAK: usize = 10;
/// Number of fixed fields; the keys follow.
const FIXED: usize = 11;

pub(super) const NILAI: &str = "NILAI";
pub(super) const GANDA: &str = "GANDA";
pub(super) const BARU: &str = "BARU";
pub(super) const MASIH: &str = "MASIH";
pub(super) const SELESAI: &str = "SELESAI";

/// One of the two sides of a reconciliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// The keys of the record or the pair of records concerned.
pub(super) enum Keys<'k> {
    /// Both sides have it, under the same key.
    Same(Vec<&'k str>),
    /// Both sides have it, under different keys.
    Pair(Vec<&'k str>, Vec<&'k str>),
    /// One side's record.
    Only(Side, Vec<&'k str>),
}

/// What is to be told of a record.
pub(super) struct Finding<'f> {
    pub(super) keys: Keys<'f>,
    /// `NILAI`, `HANYA_<PARTY>` or `GANDA`.
    pub(super) jenis: &'f str,
    pub(super) kolom: &'f str,
    /// Left and right.
    pub(super) values: [&'f str; 2],
    pub(super) putusan: &'f str,
    pub(super) authority: &'f Authority,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Left, Self::Right];

    /// The one of a pair that belongs to this side.
    pub(super) fn of<T>(self, [left, right]: [T; 2]) -> T {
        match self {
            Self::Left => left,
            Self::Right => right,
        }
    }

    pub(super) fn other(self) -> Self {
        self.of([Self::Right, Self::Left])
    }

    /// Where its value stands.
    pub(super) fn nilai(self) -> usize {
        self.of([NILAI_FIRST, NILAI_FIRST + 1])
    }

    fn word(self) -> &'static str {
        self.of(["kiri", "kanan"])
    }
}

/// The only side that has the record of this row; `None` when both have it.
pub(super) fn only_side(row: &Row) -> Option<Side> {
    Side::BOTH.into_iter().find(|s| s.word() == row.get(SISI))
}

impl Finding<'_> {
    /// Fills `row`; status and date are not known yet.
    pub(super) fn write(&self, recon: &ReconciliationId, store: &StoreKey, row: &mut Row) {
        let [left, right] = self.values;
        let sisi = match &self.keys {
            Keys::Only(side, _) => side.word(),
            Keys::Same(_) | Keys::Pair(..) => "dua",
        };
        row.clear();
        row.push(&self.id(recon, store));
        for field in [self.jenis, sisi, self.kolom, left, right, self.putusan] {
            row.push(field);
        }
        for field in [&self.authority.reference, &self.authority.action] {
            row.push(field);
        }
        row.push("");
        row.push("");
        let first = self.first_key();
        let second = match &self.keys {
            Keys::Pair(_, second) => second,
            Keys::Same(key) | Keys::Only(_, key) => key,
        };
        first.iter().chain(second).for_each(|part| row.push(part));
    }

    /// The first value of the key under which the row is sorted: its group.
    pub(super) fn group(&self) -> &str {
        self.first_key().first().copied().unwrap_or_default()
    }

    fn first_key(&self) -> &[&str] {
        match &self.keys {
            Keys::Pair(first, _) | Keys::Same(first) | Keys::Only(_, first) => first,
        }
    }

    /// 20 hexadecimal digits, the same in every run: SHA-256 over reconciliation, kind, side, keys and column.
    ///
    /// Where the two keys differ they are blinded first: a reader who may not see the other side's key could else
    /// find it by trying (a NIP is little more than a date of birth).
    fn id(&self, recon: &ReconciliationId, store: &StoreKey) -> String {
        let mut hasher = Hasher::default();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u32).to_le_bytes());
            hasher.update(bytes);
        };
        part(recon.as_str().as_bytes());
        part(self.jenis.as_bytes());
        match &self.keys {
            Keys::Same(key) => key.iter().for_each(|k| part(k.as_bytes())),
            Keys::Only(side, key) => {
                part(side.word().as_bytes());
                key.iter().for_each(|k| part(k.as_bytes()));
            }
            Keys::Pair(left, right) => {
                let all = || left.iter().chain(right);
                all().for_each(|k| part(store.blind(k.as_bytes()).as_ref()));
            }
        }
        part(self.kolom.as_bytes());
        hasher.finish().to_string().chars().take(20).collect()
    }
}

/// Where the key stands under which rows are sorted.
pub(super) fn first_key(parts: usize) -> Range<usize> {
    FIXED..FIXED + parts
}

/// Where the right side's key stands.
pub(super) fn second_key(parts: usize) -> Range<usize> {
    FIXED + parts..FIXED + 2 * parts
}

/// The columns by which differences are sorted: key, then `kolom`, then `id`.
pub(super) fn order(parts: usize) -> Vec<usize> {
    first_key(parts).chain([KOLOM, ID]).collect()
}

/// Names of the columns of a state. They differ when sides or key are others than before.
pub(super) fn columns(recon: &Reconciliation) -> Vec<String> {
    let [left, right] = &recon.sides;
    let mut columns: Vec<String> = ["id", "jenis", "sisi", "kolom"].map(str::to_owned).to_vec();
    columns.extend([left, right].map(|side| format!("nilai_{side}")));
    columns.extend(["putusan", "acuan", "tindakan", "status", "sejak"].map(str::to_owned));
    for side in [left, right] {
        columns.extend(recon.key.iter().map(|part| format!("{side}_{part}")));
    }
    columns
}

/// Replaces some fields of `row`.
pub(super) fn with(row: &Row, changes: &[(usize, &str)], into: &mut Row) {
    into.clear();
    for (position, field) in row.fields().enumerate() {
        let change = changes.iter().find(|(changed, _)| *changed == position);
        into.push(change.map_or(field, |(_, new)| new));
    }
}
