//! Writing a snapshot, by one thread or by several.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::LessSafeKey;
use lz4_flex::block::{compress_into, get_maximum_output_size};
use tempfile::{Builder, TempPath};

use crate::agreement::Row;
use crate::fault::Fault;
use crate::files::sync_dir;

use super::block::{Plain, encoded_len};
use super::layout::{self, BLOCK, Entry, Header, Index};
use super::reader::Reader;
use super::store_key::{Partitioner, StoreKey};
use super::{PARTITIONS, Partition};

/// Sealed blocks are written together when they have become this many bytes.
const BATCH: usize = 4 * BLOCK;

/// Takes rows in any order.
///
/// The file has its name only after [`Writer::finish`]; a writer dropped before leaves nothing behind.
pub struct Writer {
    own: Lane,
    /// Present until the file has its name; deletes it when dropped. A scratch file never has a name.
    temporary: Option<TempPath>,
}

/// One thread's way into a snapshot that several write. Of the rows of one lane, each partition keeps the order in which
/// they came.
///
/// Holds at most [`PARTITIONS`] × 64 KiB of rows. Rows count only after [`Lane::end`].
pub struct Lane {
    sink: Arc<Sink>,
    buffers: Vec<Plain>,
    rows: u64,
    /// Sealed blocks, and what will be their entries.
    sealed: Plain,
    waiting: Vec<Waiting>,
}

/// A block that is sealed and not yet written: the offset of its entry counts from where its batch will lie.
struct Waiting {
    partition: Partition,
    number: u32,
    entry: Entry,
}

/// What all lanes of a snapshot write to.
struct Sink {
    partitioner: Partitioner,
    file: File,
    path: PathBuf,
    header: Header,
    key: LessSafeKey,
    state: Mutex<State>,
}

struct State {
    offset: u64,
    nonce: u64,
    index: Index,
    /// Lanes that were begun and have not ended.
    open: usize,
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
        // It is read once and soon: to compress it would take longer than to write it.
        Self::begin(file, scratch, None, store, columns, false)
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
        // A file without a name is read through this process alone, which has the key.
        let wrapped = match temporary {
            Some(_) => store.wrap(&data_key)?,
            None => Vec::new(),
        };
        let header = Header::fresh(lz4, wrapped)?;
        let bytes = header.encode();
        file.write_all_at(&bytes, 0)
            .map_err(Fault::io("write a snapshot", path))?;
        let sink = Arc::new(Sink {
            partitioner: store.partitioner().clone(),
            file,
            path: path.to_path_buf(),
            header,
            key: layout::cipher(&data_key)?,
            state: Mutex::new(State {
                offset: bytes.len() as u64,
                nonce: 0,
                index: Index {
                    rows: 0,
                    columns: columns.to_vec(),
                    blocks: vec![Vec::new(); PARTITIONS],
                },
                open: 0,
            }),
        });
        Ok(Self {
            own: Lane::of(&sink),
            temporary,
        })
    }

    /// A way in for another thread.
    pub fn lane(&self) -> Lane {
        Lane::of(&self.own.sink)
    }

    /// Adds a row to the partition of its group.
    pub fn push(&mut self, group_key: &str, row: &Row) -> Result<(), Fault> {
        self.own.push(group_key, row)
    }

    /// Adds a row to a partition: for rows that come from the same partition of another snapshot.
    pub fn push_to(&mut self, partition: Partition, row: &Row) -> Result<(), Fault> {
        self.own.push_to(partition, row)
    }

    /// Writes what is left and the index, makes the file durable, gives it its name, and reads from it.
    ///
    /// Every lane must have ended: rows would be missing.
    pub fn finish(self) -> Result<Reader, Fault> {
        let sink = self.own.end_of()?;
        let Some(sink) = Arc::into_inner(sink) else {
            return Err(unfinished());
        };
        let state = sink
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if state.open > 0 {
            return Err(unfinished());
        }
        let failed = |doing| Fault::io(doing, &sink.path);
        let mut end = state.index.encode();
        sink.key
            .seal_in_place_append_tag(
                layout::nonce(0),
                sink.header.bind_index(state.offset),
                &mut end,
            )
            .map_err(|_| cannot_seal())?;
        let trailer = layout::encode_trailer(state.offset, end.len() as u64);
        end.extend_from_slice(&trailer);
        sink.file
            .write_all_at(&end, state.offset)
            .map_err(failed("write a snapshot"))?;
        if let Some(temporary) = self.temporary {
            sink.file.sync_all().map_err(failed("sync a snapshot"))?;
            temporary
                .persist(&sink.path)
                .map_err(|e| failed("name a snapshot")(e.error))?;
            sync_dir(folder_of(&sink.path))?;
        }
        Ok(Reader::of(
            sink.file,
            sink.path,
            sink.header,
            sink.key,
            state.index,
        ))
    }
}

impl Lane {
    fn of(sink: &Arc<Sink>) -> Self {
        sink.state().open += 1;
        Self {
            sink: Arc::clone(sink),
            buffers: (0..PARTITIONS).map(|_| Plain::default()).collect(),
            rows: 0,
            sealed: Plain::default(),
            waiting: Vec::new(),
        }
    }

    /// Adds a row to the partition of its group.
    pub fn push(&mut self, group_key: &str, row: &Row) -> Result<(), Fault> {
        self.push_to(self.sink.partitioner.partition(group_key), row)
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
        self.rows += 1;
        Ok(())
    }

    /// No row of this partition comes any more: its memory is given back.
    pub fn leave(&mut self, partition: Partition) -> Result<(), Fault> {
        self.seal(partition)?;
        if let Some(buffer) = self.buffers.get_mut(partition.index()) {
            *buffer = Plain::default();
        }
        Ok(())
    }

    /// Writes what is left of this lane's rows.
    pub fn end(self) -> Result<(), Fault> {
        self.end_of().map(drop)
    }

    fn end_of(mut self) -> Result<Arc<Sink>, Fault> {
        for partition in Partition::all() {
            self.seal(partition)?;
        }
        self.write()?;
        let mut state = self.sink.state();
        state.index.rows += self.rows;
        state.open -= 1;
        drop(state);
        Ok(self.sink)
    }

    /// Compresses and encrypts what a partition holds, if anything.
    fn seal(&mut self, partition: Partition) -> Result<(), Fault> {
        let Some(rows) = self.buffers.get_mut(partition.index()) else {
            return Ok(());
        };
        if rows.is_empty() {
            return Ok(());
        }
        let sink = &*self.sink;
        let raw = u32::try_from(rows.len()).map_err(|_| sink.too_large())?;
        let begin = self.sealed.len();
        if sink.header.lz4 {
            let room = self.sealed.widen(get_maximum_output_size(rows.len()));
            let len = compress_into(rows, room).map_err(|_| cannot_seal())?;
            self.sealed.truncate(begin + len);
        } else {
            self.sealed.extend(rows);
        }
        rows.clear();
        let (number, nonce) = sink.reserve(partition).ok_or_else(|| sink.too_large())?;
        let block = self.sealed.get_mut(begin..).unwrap_or_default();
        let aad = sink.header.bind(partition, number, raw);
        let tag = sink
            .key
            .seal_in_place_separate_tag(layout::nonce(nonce), aad, block)
            .map_err(|_| cannot_seal())?;
        self.sealed.extend(tag.as_ref());
        let stored = u32::try_from(self.sealed.len() - begin).map_err(|_| sink.too_large())?;
        self.waiting.push(Waiting {
            partition,
            number,
            entry: Entry {
                offset: begin as u64,
                stored,
                raw,
                nonce,
            },
        });
        match self.sealed.len() < BATCH {
            true => Ok(()),
            false => self.write(),
        }
    }

    /// Writes the sealed blocks and enters them in the index.
    fn write(&mut self) -> Result<(), Fault> {
        let sink = &*self.sink;
        let offset = {
            let mut state = sink.state();
            let offset = state.offset;
            state.offset += self.sealed.len() as u64;
            for waiting in self.waiting.drain(..) {
                let blocks = state.index.blocks.get_mut(waiting.partition.index());
                if let Some(place) = blocks.and_then(|b| b.get_mut(waiting.number as usize)) {
                    *place = waiting.entry;
                    place.offset += offset;
                }
            }
            offset
        };
        sink.file
            .write_all_at(&self.sealed, offset)
            .map_err(Fault::io("write a snapshot", &sink.path))?;
        self.sealed.clear();
        Ok(())
    }
}

impl Sink {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a partition's next block, and a nonce that nothing else has.
    fn reserve(&self, partition: Partition) -> Option<(u32, u64)> {
        let mut state = self.state();
        state.nonce += 1;
        let nonce = state.nonce;
        let blocks = state.index.blocks.get_mut(partition.index())?;
        let number = u32::try_from(blocks.len()).ok()?;
        // Its entry comes when it is written.
        blocks.push(Entry {
            offset: 0,
            stored: 0,
            raw: 0,
            nonce,
        });
        Some((number, nonce))
    }

    fn too_large(&self) -> Fault {
        Fault::Snapshot {
            path: self.path.clone(),
            problem: "cannot hold a row of 4 GiB",
        }
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

fn unfinished() -> Fault {
    Fault::Inconsistent("a snapshot was to end while a thread still wrote to it".to_owned())
}
