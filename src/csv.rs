//! CSV as RFC 4180 has it, with `\n` at the end of a line.
//!
//! Values are written raw: a value that a spreadsheet would take for a formula stays as it is, since the receiver's
//! system must get what the sender's system gave. A person opens such files as text.

use std::io::Write;
use std::path::Path;

use zeroize::Zeroizing;

use crate::fault::Fault;

/// Writes one line after the other; the line is wiped from memory.
pub struct Lines<W> {
    out: W,
    /// Stands for the output in a fault.
    name: &'static str,
    line: Zeroizing<Vec<u8>>,
    empty: bool,
}

impl<W: Write> Lines<W> {
    /// Begins with nothing written; `name` stands for the output in a fault.
    pub fn new(out: W, name: &'static str) -> Self {
        Self {
            out,
            name,
            line: Zeroizing::new(Vec::with_capacity(4 << 10)),
            empty: true,
        }
    }

    /// Adds a field to the line.
    pub fn field(&mut self, value: &str) {
        let needed = self.line.len() + 2 * value.len() + 3;
        if needed > self.line.capacity() {
            let mut wider = Vec::with_capacity(needed.next_power_of_two());
            wider.extend_from_slice(&self.line);
            self.line = Zeroizing::new(wider);
        }
        if !self.empty {
            self.line.push(b',');
        }
        self.empty = false;
        if value.contains([',', '"', '\n', '\r']) {
            self.line.push(b'"');
            for byte in value.bytes() {
                if byte == b'"' {
                    self.line.push(b'"');
                }
                self.line.push(byte);
            }
            self.line.push(b'"');
        } else {
            self.line.extend_from_slice(value.as_bytes());
        }
    }

    /// Ends the line.
    pub fn end(&mut self) -> Result<(), Fault> {
        self.line.push(b'\n');
        self.out
            .write_all(&self.line)
            .map_err(Fault::io("write", Path::new(self.name)))?;
        self.line.clear();
        self.empty = true;
        Ok(())
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out, "x");
        for line in [
            &["a", "", "b c"][..],
            &["1,2", "say \"no\"", "two\nlines", "cr\r"],
            &["", ""],
            &["=1+1", " x "],
        ] {
            line.iter().for_each(|f| lines.field(f));
            lines.end().unwrap();
        }
        let expected = "a,,b c\n\"1,2\",\"say \"\"no\"\"\",\"two\nlines\",\"cr\r\"\n,\n=1+1, x \n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn a_reader_gets_back_every_field(fields in any::<[String; 3]>()) {
            let mut out = Vec::new();
            let mut lines = Lines::new(&mut out, "x");
            fields.iter().for_each(|f| lines.field(f));
            lines.end().unwrap();
            let mut reader = simd_csv::ReaderBuilder::new().has_headers(false).from_reader(&out[..]);
            let mut record = simd_csv::ByteRecord::new();
            prop_assert_eq!(reader.read_byte_record(&mut record).unwrap(), true);
            let back: Vec<_> = record.iter().map(<[u8]>::to_vec).collect();
            prop_assert_eq!(back, fields.map(String::into_bytes).to_vec());
        }
    }

    #[test]
    fn a_refusing_output_is_a_fault() {
        let mut full: &mut [u8] = &mut [0; 3];
        let mut lines = Lines::new(&mut full, "perubahan.csv");
        lines.field("four");
        assert!(matches!(lines.end(), Err(Fault::Io { .. })));
    }
}
