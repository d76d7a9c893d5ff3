//! Writing a snapshot.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::LessSafeKey;
use lz4_flex::block::{compress_into, get_maximum_output_size};
use tempfile::{Builder, TempPath};

use crate::agreement::Row;
use crate::fault::Fault;
use crate::files::sync_dir;

use super::block::{Plain, encoded_len};
use super::layout::{self, BLOCK, Entry, Header, Index, TAG};
use super::reader::Reader;
use super::store_key::{Partitioner, StoreKey};
use super::{PARTITIONS, Partition};

/// Takes rows in any order; each partition keeps the order in which its rows came.
///
/// At most [`PARTITIONS`] × 64 KiB of rows are in memory. The file has its name only after [`Writer::finish`];
/// a writer dropped before leaves nothing behind.
pub struct Writer {
    partitioner: Partitioner,
    file: BufWriter<File>,
    path: PathBuf,
    /// Present until the file has its name; deletes it when dropped. A scratch file never has a name.
    temporary: Option<TempPath>,
    header: Header,
    key: LessSafeKey,
    index: Index,
    buffers: Vec<Plain>,
    sealed: Plain,
    offset: u64,
    nonce: u64,
}

impl Writer {
    /// A snapshot that will appear, whole and durable, at `path`. Until then it has a temporary name in the folder
    /// `scratch`, on the same file system: what a killed process leaves there goes with that folder.
    pub fn create(
        scratch: &Path,
        path: &Path,
        store: &StoreKey,
        columns: &[String],
    ) -> Result<Self, Fault> {
        let (file, temporary) = Builder::new()
            .prefix(".snapshot-")
            .suffix(".tmp")
            .tempfile_in(scratch)
            .map_err(Fault::io("create a snapshot", path))?
            .into_parts();
        Self::begin(file, path, Some(temporary), store, columns, true)
    }

    /// A snapshot without a name in the folder `scratch`: the system removes it when it is no longer open,
    /// whatever becomes of this process.
    pub fn scratch(scratch: &Path, store: &StoreKey, columns: &[String]) -> Result<Self, Fault> {
        let file = tempfile::tempfile_in(scratch)
            .map_err(Fault::io("create a scratch snapshot", scratch))?;
        Self::begin(file, scratch, None, store, columns, true)
    }

    pub(super) fn begin(
        file: File,
        path: &Path,
        temporary: Option<TempPath>,
        store: &StoreKey,
        columns: &[String],
        lz4: bool,
    ) -> Result<Self, Fault> {
        let data_key = layout::fresh_key()?;
        let header = Header::fresh(lz4, store.wrap(&data_key)?)?;
        let bytes = header.encode();
        // Blocks of a small snapshot are small, and there are as many as partitions.
        let mut file = BufWriter::with_capacity(2 * BLOCK, file);
        file.write_all(&bytes)
            .map_err(Fault::io("write a snapshot", path))?;
        Ok(Self {
            partitioner: store.partitioner().clone(),
            file,
            path: path.to_path_buf(),
            temporary,
            header,
            key: layout::cipher(&data_key)?,
            index: Index {
                rows: 0,
                columns: columns.to_vec(),
                blocks: vec![Vec::new(); PARTITIONS],
            },
            buffers: (0..PARTITIONS).map(|_| Plain::default()).collect(),
            sealed: Plain::default(),
            offset: bytes.len() as u64,
            nonce: 0,
        })
    }

    /// Adds a row to the partition of its group.
    pub fn push(&mut self, group_key: &str, row: &Row) -> Result<(), Fault> {
        self.push_to(self.partitioner.partition(group_key), row)
    }

    /// Adds a row to a partition: for rows that come from the same partition of another snapshot.
    pub fn push_to(&mut self, partition: Partition, row: &Row) -> Result<(), Fault> {
        let full = |buffer: &Plain| !buffer.is_empty() && buffer.len() + encoded_len(row) > BLOCK;
        if self.buffers.get(partition.index()).is_some_and(full) {
            self.seal(partition)?;
        }
        if let Some(buffer) = self.buffers.get_mut(partition.index()) {
            buffer.push_row(row);
        }
        self.index.rows += 1;
        Ok(())
    }

    /// Writes what is left and the index, makes the file durable, gives it its name, and reads from it.
    pub fn finish(mut self) -> Result<Reader, Fault> {
        for partition in Partition::all() {
            self.seal(partition)?;
        }
        let offset = self.offset;
        let mut index = self.index.encode();
        self.key
            .seal_in_place_append_tag(layout::nonce(0), self.header.bind_index(offset), &mut index)
            .map_err(|_| cannot_seal())?;
        let trailer = layout::encode_trailer(offset, index.len() as u64);
        let failed = |doing| Fault::io(doing, &self.path);
        self.file
            .write_all(&index)
            .and_then(|()| self.file.write_all(&trailer))
            .map_err(failed("write a snapshot"))?;
        let file = self
            .file
            .into_inner()
            .map_err(|e| failed("write a snapshot")(e.into_error()))?;
        if let Some(temporary) = self.temporary.take() {
            file.sync_all().map_err(failed("sync a snapshot"))?;
            temporary
                .persist(&self.path)
                .map_err(|e| failed("name a snapshot")(e.error))?;
            sync_dir(folder_of(&self.path))?;
        }
        Ok(Reader::of(
            file,
            self.path,
            self.header,
            self.key,
            self.index,
        ))
    }

    /// Compresses, encrypts and writes what a partition holds, if anything.
    fn seal(&mut self, partition: Partition) -> Result<(), Fault> {
        let (Some(rows), Some(blocks)) = (
            self.buffers.get_mut(partition.index()),
            self.index.blocks.get_mut(partition.index()),
        ) else {
            return Ok(());
        };
        if rows.is_empty() {
            return Ok(());
        }
        let too_large = |_| Fault::Snapshot {
            path: self.path.clone(),
            problem: "cannot hold a row of 4 GiB",
        };
        let raw = u32::try_from(rows.len()).map_err(too_large)?;
        let len = if self.header.lz4 {
            let most = get_maximum_output_size(rows.len());
            self.sealed.reserve(most + TAG);
            compress_into(rows, self.sealed.zeroed(most)).map_err(|_| cannot_seal())?
        } else {
            self.sealed.zeroed(rows.len()).copy_from_slice(rows);
            rows.len()
        };
        self.sealed.truncate(len);
        self.nonce += 1;
        let aad = self.header.bind(partition, blocks.len() as u32, raw);
        let tag = self
            .key
            .seal_in_place_separate_tag(layout::nonce(self.nonce), aad, &mut self.sealed)
            .map_err(|_| cannot_seal())?;
        self.sealed.extend(tag.as_ref());
        self.file
            .write_all(&self.sealed)
            .map_err(Fault::io("write a snapshot", &self.path))?;
        blocks.push(Entry {
            offset: self.offset,
            stored: u32::try_from(self.sealed.len()).map_err(too_large)?,
            raw,
            nonce: self.nonce,
        });
        self.offset += self.sealed.len() as u64;
        rows.clear();
        Ok(())
    }
}

/// The folder that holds `path`.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn cannot_seal() -> Fault {
    Fault::Crypto {
        doing: "encrypt a snapshot",
        problem: "the block was refused".to_owned(),
    }
}
