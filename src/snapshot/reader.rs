//! Reading a snapshot.

use std::fs::File;
use std::io;
use std::mem;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::aead::LessSafeKey;
use lz4_flex::block::decompress_into;

use crate::agreement::Row;
use crate::fault::Fault;

use super::block::{Plain, Raw};
use super::layout::{self, HEADER_FIXED, Header, Index, TRAILER};
use super::store_key::StoreKey;
use super::{Partition, Rows};

/// An open snapshot. Cheap to clone; threads may read from it side by side.
#[derive(Clone)]
pub struct Reader(Arc<Open>);

struct Open {
    file: File,
    path: PathBuf,
    header: Header,
    key: LessSafeKey,
    index: Index,
}

/// The rows of one partition, in the order in which they were written; one block is in memory at a time.
pub struct Cursor {
    reader: Reader,
    partition: Partition,
    next_block: u32,
    block: Plain,
    /// Kept for its memory.
    stored: Plain,
    ends: Vec<usize>,
    position: usize,
}

impl Reader {
    /// Opens a snapshot and checks header and index; blocks are checked as they are read.
    ///
    /// `Fault::Snapshot` when the file is damaged, incomplete or of another store key.
    pub fn open(path: &Path, store: &StoreKey) -> Result<Self, Fault> {
        let file = File::open(path).map_err(Fault::io("open a snapshot", path))?;
        let damaged = |problem| Fault::Snapshot {
            path: path.to_path_buf(),
            problem,
        };
        let length = file
            .metadata()
            .map_err(Fault::io("open a snapshot", path))?
            .len();
        let read = |offset: u64, len: u64| read_at(&file, path, length, offset, len);

        let (mut header, wrapped) =
            Header::decode(&read(0, HEADER_FIXED as u64)?).map_err(damaged)?;
        header.wrapped = read(HEADER_FIXED as u64, wrapped as u64)?;
        let data_key = store
            .unwrap(&header.wrapped)
            .ok_or_else(|| damaged("has a damaged key, or was written under another store key"))?;
        let key = layout::cipher(&data_key)?;

        let end = length.saturating_sub(TRAILER as u64);
        let (offset, len) = layout::decode_trailer(&read(end, TRAILER as u64)?)
            .ok_or_else(|| damaged("has no end: it was cut, or something was added"))?;
        if offset.checked_add(len) != Some(end) {
            return Err(damaged("has an index that is not where its end says"));
        }
        let mut sealed = read(offset, len)?;
        let index = key
            .open_in_place(layout::nonce(0), header.bind_index(offset), &mut sealed)
            .map_err(|_| damaged("has a damaged header or index"))?;
        let index = Index::decode(index).ok_or_else(|| damaged("has an unreadable index"))?;
        Ok(Self::of(file, path.to_path_buf(), header, key, index))
    }

    pub(super) fn of(
        file: File,
        path: PathBuf,
        header: Header,
        key: LessSafeKey,
        index: Index,
    ) -> Self {
        Self(Arc::new(Open {
            file,
            path,
            header,
            key,
            index,
        }))
    }

    /// Names of the columns, in the order of the fields of each row.
    pub fn columns(&self) -> &[String] {
        &self.0.index.columns
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.0.index.rows
    }

    /// Every entry of the index.
    #[cfg(test)]
    pub(super) fn entries(&self) -> impl Iterator<Item = &layout::Entry> {
        self.0.index.blocks.iter().flatten()
    }

    /// The file; the scratch folder for one without a name.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Streams one partition.
    pub fn partition(&self, partition: Partition) -> Cursor {
        Cursor {
            reader: self.clone(),
            partition,
            next_block: 0,
            block: Plain::default(),
            stored: Plain::default(),
            ends: Vec::new(),
            position: 0,
        }
    }

    /// The fault of authentic bytes that are no rows: a mistake of the writer.
    pub(super) fn unreadable(&self) -> Fault {
        self.damaged(UNREADABLE)
    }

    /// A fault of this file.
    pub(crate) fn damaged(&self, problem: &'static str) -> Fault {
        Fault::Snapshot {
            path: self.0.path.clone(),
            problem,
        }
    }

    /// Replaces `block` by the rows of a block; `false` when the partition has no such block.
    fn read_block(
        &self,
        partition: Partition,
        number: u32,
        block: &mut Plain,
        stored: &mut Plain,
    ) -> Result<bool, Fault> {
        let open = &*self.0;
        let blocks = open.index.blocks.get(partition.index());
        let Some(entry) = blocks.and_then(|b| b.get(number as usize)) else {
            return Ok(false);
        };
        let sealed = stored.zeroed(entry.stored as usize);
        open.file
            .read_exact_at(sealed, entry.offset)
            .map_err(|e| self.read_failed(e))?;
        let damaged = |_| self.damaged("has a damaged block");
        let aad = open.header.bind(partition, number, entry.raw);
        let plain = open
            .key
            .open_in_place(layout::nonce(entry.nonce), aad, sealed)
            .map_err(damaged)?;
        if open.header.lz4 {
            let raw = block.zeroed(entry.raw as usize);
            let len = decompress_into(plain, raw).map_err(|_| self.unreadable())?;
            if len != entry.raw as usize {
                return Err(self.unreadable());
            }
        } else {
            let len = plain.len();
            mem::swap(block, stored);
            block.truncate(len);
        }
        Ok(true)
    }

    fn read_failed(&self, error: io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged("was cut"),
            _ => Fault::io("read a snapshot", &self.0.path)(error),
        }
    }
}

const UNREADABLE: &str = "has an unreadable block";

impl Cursor {
    /// The next row as it was written; `None` at the end.
    pub(super) fn next_raw(&mut self) -> Result<Option<Raw<'_, '_>>, Fault> {
        if self.position >= self.block.len() {
            let (number, block, stored) = (self.next_block, &mut self.block, &mut self.stored);
            if !self
                .reader
                .read_block(self.partition, number, block, stored)?
            {
                return Ok(None);
            }
            self.next_block += 1;
            self.position = 0;
        }
        let mut rest = self.block.get(self.position..).unwrap_or_default();
        let raw = Raw::take(&mut rest, &mut self.ends).ok_or_else(|| self.reader.unreadable())?;
        self.position += raw.encoded.len();
        Ok(Some(raw))
    }
}

impl Rows for Cursor {
    fn read(&mut self, row: &mut Row) -> Result<bool, Fault> {
        let Some(raw) = self.next_raw()? else {
            row.clear();
            return Ok(false);
        };
        match raw.read(row) {
            Some(()) => Ok(true),
            None => Err(self.reader.unreadable()),
        }
    }
}

/// `len` bytes from `offset`, if the file has them: so a damaged length costs no memory.
fn read_at(file: &File, path: &Path, length: u64, offset: u64, len: u64) -> Result<Vec<u8>, Fault> {
    if offset.checked_add(len).is_none_or(|end| end > length) {
        return Err(Fault::Snapshot {
            path: path.to_path_buf(),
            problem: "was cut",
        });
    }
    let mut bytes = vec![0; len as usize];
    file.read_exact_at(&mut bytes, offset)
        .map_err(Fault::io("read a snapshot", path))?;
    Ok(bytes)
}
