//! How a CSV text begins, for whoever must know its columns before the dataset.

use std::io::{self, Read};

use simd_csv::ZeroCopyReaderBuilder;
use zeroize::Zeroizing;

use crate::rejection::Code;

use super::stream::StreamError;
use super::table::{LONGEST_HEADER, detect, header_names};

/// How many bytes at a time are read up to the end of the header row.
const PIECE: usize = 4 << 10;

/// How a CSV text begins.
pub struct Beginning {
    /// What was read of it.
    pub bytes: Zeroizing<Vec<u8>>,
    /// The names in the header row, as they are compared; empty where it is no sound CSV.
    pub names: Vec<String>,
}

/// Reads up to the end of the header row, for whoever must know the columns before the dataset. Errors are the stream's.
pub fn beginning(mut plaintext: impl Read) -> io::Result<Beginning> {
    let bytes = header_bytes(&mut plaintext)?;
    let mut reader = ZeroCopyReaderBuilder::with_capacity(LONGEST_HEADER)
        .delimiter(detect(&bytes))
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes.as_slice());
    let names = match reader.read_byte_record() {
        Ok(Some(record)) => header_names(&record).unwrap_or_default(),
        _ => Vec::new(),
    };
    Ok(Beginning { bytes, names })
}

/// The bytes up to the end of the first line, and whatever came with them.
fn header_bytes(source: &mut impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut start = Zeroizing::new(Vec::with_capacity(LONGEST_HEADER + PIECE));
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    while !start.contains(&b'\n') {
        let n = match source.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        start.extend_from_slice(piece.get(..n).unwrap_or_default());
        if start.len() > LONGEST_HEADER {
            return Err(io::Error::other(StreamError(Code::NotCsv)));
        }
    }
    Ok(start)
}
