//! Rows as bytes, in buffers that are wiped.
//!
//! A row is its number of fields, each field's length, then the text of all of them; numbers are LEB128.

use std::ops::{Deref, DerefMut};

use zeroize::Zeroizing;

use crate::agreement::Row;

/// A growing buffer of plaintext: wiped on drop, on clearing and, unlike a growing `Vec`, when it moves.
#[derive(Default)]
pub(super) struct Plain(Zeroizing<Vec<u8>>);

impl Plain {
    /// Makes room for `more` bytes.
    pub(super) fn reserve(&mut self, more: usize) {
        let needed = self.0.len() + more;
        if needed > self.0.capacity() {
            let mut wider = Vec::with_capacity(needed.next_power_of_two().max(1 << 10));
            wider.extend_from_slice(&self.0);
            self.0 = Zeroizing::new(wider);
        }
    }

    /// Appends bytes.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Appends a row.
    pub(super) fn push_row(&mut self, row: &Row) {
        self.reserve(encoded_len(row));
        self.push_number(row.len());
        lengths(row.ends()).for_each(|length| self.push_number(length));
        self.0.extend_from_slice(row.text().as_bytes());
    }

    /// Forgets the content and keeps the memory. The old bytes stay until they are written over or dropped.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Exactly `len` zero bytes to be written over.
    pub(super) fn zeroed(&mut self, len: usize) -> &mut [u8] {
        self.0.clear();
        self.reserve(len);
        self.0.resize(len, 0);
        &mut self.0
    }

    /// So many zero bytes more, to be written over.
    pub(super) fn widen(&mut self, by: usize) -> &mut [u8] {
        self.reserve(by);
        let end = self.0.len();
        self.0.resize(end + by, 0);
        self.0.get_mut(end..).unwrap_or_default()
    }

    /// Keeps the first `len` bytes.
    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    fn push_number(&mut self, mut number: usize) {
        while number > 0x7f {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

impl Deref for Plain {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Plain {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// A row as it was written, its text not yet looked at.
pub(super) struct Raw<'b, 'e> {
    /// All of it.
    pub(super) encoded: &'b [u8],
    /// What the fields hold, without anything between them.
    pub(super) text: &'b [u8],
    /// Where each field ends in the text.
    pub(super) ends: &'e [usize],
}

impl<'b, 'e> Raw<'b, 'e> {
    /// Takes one row off the front of `bytes`; `None` when they are no row. `ends` is kept for its memory.
    pub(super) fn take(bytes: &mut &'b [u8], ends: &'e mut Vec<usize>) -> Option<Self> {
        let all = *bytes;
        ends.clear();
        let mut end = 0;
        for _ in 0..take_number(bytes)? {
            end += take_number(bytes)?;
            ends.push(end);
        }
        let (text, rest) = bytes.split_at_checked(end)?;
        *bytes = rest;
        let encoded = all.get(..all.len() - rest.len())?;
        Some(Self {
            encoded,
            text,
            ends,
        })
    }

    /// The bytes of one field; none where there is no such field.
    pub(super) fn field(&self, position: usize) -> &'b [u8] {
        let end = self.ends.get(position).copied().unwrap_or(0);
        let start = match position {
            0 => 0,
            p => self.ends.get(p - 1).copied().unwrap_or(end),
        };
        self.text.get(start..end).unwrap_or_default()
    }

    /// Puts it into `row`; `None` when it is no text.
    pub(super) fn read(&self, row: &mut Row) -> Option<()> {
        row.lay(std::str::from_utf8(self.text).ok()?, self.ends);
        Some(())
    }
}

/// Length of a row as [`Plain::push_row`] writes it.
pub(super) fn encoded_len(row: &Row) -> usize {
    let numbers: usize = lengths(row.ends()).map(number_len).sum();
    number_len(row.len()) + numbers + row.text().len()
}

fn lengths(ends: &[usize]) -> impl Iterator<Item = usize> {
    let mut start = 0;
    ends.iter()
        .map(move |end| end - std::mem::replace(&mut start, *end))
}

fn number_len(number: usize) -> usize {
    (number.max(1).ilog2() / 7 + 1) as usize
}

fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn take_row(bytes: &mut &[u8], row: &mut Row) -> Option<()> {
        Raw::take(bytes, &mut vec![])?.read(row)
    }

    proptest! {
        #[test]
        fn rows_come_back(fields in any::<Vec<String>>()) {
            let row: Row = fields.iter().collect();
            let mut plain = Plain::default();
            plain.push_row(&row);
            plain.push_row(&Row::new());
            prop_assert_eq!(plain.len(), encoded_len(&row) + 1);
            let (mut bytes, mut back) = (&plain[..], Row::new());
            take_row(&mut bytes, &mut back).unwrap();
            prop_assert!(back == row);
            take_row(&mut bytes, &mut back).unwrap();
            prop_assert!(back.is_empty() && bytes.is_empty());
            let (mut bytes, mut ends) = (&plain[..], vec![]);
            let raw = Raw::take(&mut bytes, &mut ends).unwrap();
            prop_assert_eq!(raw.encoded.len() + 1, plain.len());
            for (position, field) in fields.iter().enumerate() {
                prop_assert_eq!(raw.field(position), field.as_bytes());
            }
            prop_assert!(raw.field(fields.len()).is_empty());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let (mut bytes, mut row) = (&bytes[..], Row::new());
            while !bytes.is_empty() && take_row(&mut bytes, &mut row).is_some() {}
        }
    }

    #[test]
    fn lengths_around_each_number_size_come_back() {
        for len in [0, 1, 127, 128, 16_383, 16_384, 300_000, 2_097_152] {
            let row: Row = ["x".repeat(len)].iter().collect();
            let (mut plain, mut back) = (Plain::default(), Row::new());
            plain.push_row(&row);
            assert_eq!(plain.len(), encoded_len(&row));
            take_row(&mut &plain[..], &mut back).unwrap();
            assert!(back == row);
        }
    }
}
