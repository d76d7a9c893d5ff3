//! The records of a piece of CSV text as rows in the dataset's own column order.

use memchr::memchr;
use simd_csv::{ZeroCopyReader, ZeroCopyReaderBuilder};
use zeroize::Zeroizing;

use crate::agreement::checks::Values;
use crate::rejection::Code;

use super::table::Table;

/// What the CSV reader holds in memory beyond the record it reads.
const READ_AHEAD: usize = 64 << 10;

/// The records of whole lines of text.
pub(super) struct Records<'t> {
    reader: ZeroCopyReader<&'t [u8]>,
    table: &'t Table,
    /// Longest record, in bytes.
    longest: u64,
    /// The record as it came. Kept for its memory.
    text: Zeroizing<String>,
    fields: Fields,
}

/// Where the fields of one record stand.
#[derive(Default)]
struct Fields {
    /// Of each field where it begins and ends: in the record or, where quotes stand in that, in `unquoted`.
    places: Vec<(usize, usize, bool)>,
    /// The fields without quotes. Kept for its memory.
    unquoted: Zeroizing<String>,
}

/// One record: its values in the dataset's order.
pub(super) struct Record<'r> {
    text: &'r str,
    fields: &'r Fields,
    table: &'r Table,
}

impl<'t> Records<'t> {
    /// The records of whole lines of text but the first, which is nobody's.
    pub(super) fn of(text: &'t [u8], table: &'t Table, longest: u64) -> Self {
        let mut records = Self {
            reader: ZeroCopyReaderBuilder::with_capacity(READ_AHEAD)
                .delimiter(table.separator)
                .has_headers(false)
                .flexible(true)
                .from_reader(text),
            table,
            longest,
            text: Zeroizing::default(),
            fields: Fields::default(),
        };
        // A slice is read without an error; whoever read the columns has read this record, too.
        let _ = records.reader.read_byte_record();
        records
    }

    /// The next record, `None` at the end. Refuses with `TOO_LARGE`, `NOT_UTF8` or `NOT_CSV`.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, Code> {
        let record = match self.reader.read_byte_record() {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(None),
            Err(_) => return Err(Code::NotCsv),
        };
        let bytes = record.as_slice();
        if bytes.len() as u64 > self.longest {
            return Err(Code::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Code::NotUtf8)?;
        if record.len() != self.table.width {
            return Err(Code::NotCsv);
        }
        self.fields
            .find(text, record.iter().map(<[u8]>::len))
            .ok_or(Code::NotCsv)?;
        empty(&mut self.text, text.len());
        self.text.push_str(text);
        Ok(Some(Record {
            text: &self.text,
            fields: &self.fields,
            table: self.table,
        }))
    }
}

impl Fields {
    /// Finds the fields of a record by their lengths; one byte stands between two. `None` where quoting is unsound.
    fn find(&mut self, text: &str, lengths: impl Iterator<Item = usize>) -> Option<()> {
        self.places.clear();
        empty(&mut self.unquoted, text.len());
        let quotes = memchr(b'"', text.as_bytes()).is_some();
        let mut start = 0;
        for length in lengths {
            let end = start + length;
            self.places.push(match quotes {
                false => (start, end, false),
                true => {
                    let begin = self.unquoted.len();
                    unquoted(text.get(start..end)?, &mut self.unquoted)?;
                    (begin, self.unquoted.len(), true)
                }
            });
            start = end + 1;
        }
        Some(())
    }
}

impl Record<'_> {
    /// What is to be done with it, in a delta; empty in a full delivery.
    pub(super) fn action(&self) -> &str {
        match self.table.delta {
            true => self.field(0).trim(),
            false => "",
        }
    }

    fn field(&self, position: usize) -> &str {
        let Some((start, end, quoted)) = self.fields.places.get(position).copied() else {
            return "";
        };
        let text = if quoted {
            &self.fields.unquoted
        } else {
            self.text
        };
        text.get(start..end).unwrap_or_default()
    }
}

impl Values for Record<'_> {
    fn value(&self, position: usize) -> &str {
        let place = self.table.positions.get(position);
        place.map_or("", |place| self.field(*place))
    }
}

/// Appends a field without its quotes. `None` where quoting is unsound (RFC 4180): the sender's program wrote no CSV, and
/// a guess could move text from one column to another.
pub(super) fn unquoted(field: &str, into: &mut String) -> Option<()> {
    if !field.contains('"') {
        into.push_str(field);
        return Some(());
    }
    let mut rest = field.strip_prefix('"')?.strip_suffix('"')?;
    while let Some((before, after)) = rest.split_once('"') {
        into.push_str(before);
        into.push('"');
        rest = after.strip_prefix('"')?;
    }
    into.push_str(rest);
    Some(())
}

/// Forgets what `text` holds, and makes room without leaving it behind.
fn empty(text: &mut Zeroizing<String>, room: usize) {
    text.clear();
    if text.capacity() < room {
        *text = Zeroizing::new(String::with_capacity(room.next_power_of_two()));
    }
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    #[test]
    fn quotes_are_sound_or_nothing_is_read() {
        for (field, expected) in [
            ("", Some("")),
            ("Siti", Some("Siti")),
            ("\"\"", Some("")),
            ("\"Siti, S.T.\"", Some("Siti, S.T.")),
            ("\"a \"\"b\"\" c\"", Some("a \"b\" c")),
            ("\"\"\"\"", Some("\"")),
            ("\"", None),
            ("\"a", None),
            ("a\"", None),
            ("a\"b", None),
            ("\"a\"b\"", None),
            ("\"a\" ", None),
            ("\"\"\"", None),
        ] {
            let mut into = String::new();
            let read = unquoted(field, &mut into).map(|()| into.as_str());
            assert_eq!(read, expected, "{field}");
        }
    }
}
