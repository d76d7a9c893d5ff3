//! The file format, version 2. Numbers are little-endian.
//!
//! ```text
//! header   "PADANSNP", version u8, flags u8 (bit 0: lz4), file id [16], length u16 of what follows, age file of the data key
//! blocks   AES-256-GCM, each a whole number of rows of one partition, in any order of partitions
//! index    AES-256-GCM: rows u64, columns, and per partition its blocks (offset u64, stored u32, raw u32, nonce u64)
//! trailer  offset of the index u64, its length u64, "PADANEND"
//! ```
//!
//! Nonces count from 1 for blocks; the index has 0. A block's associated data bind it to the file, the partition, its
//! number there and its raw length; the index binds header and offset. So whatever is cut, moved, exchanged or
//! flipped is noticed, by the index before any row is read and by the block before any of its rows is seen.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::fault::Fault;

use super::{PARTITIONS, Partition};

/// Blocks are sealed when the next row would make them larger than this; a larger row has a block of its own.
pub(super) const BLOCK: usize = 64 << 10;
/// Header without the wrapped key.
pub(super) const HEADER_FIXED: usize = 28;
/// Trailer length.
pub(super) const TRAILER: usize = 24;
/// Longest wrapped key: an age file for one recipient has about 250 bytes.
const WRAPPED_MOST: usize = 4 << 10;

const MAGIC: &[u8; 8] = b"PADANSNP";
const END: &[u8; 8] = b"PADANEND";
const VERSION: u8 = 2;
const LZ4: u8 = 1;

/// What stands before the blocks.
pub(super) struct Header {
    /// Whether blocks are compressed.
    pub(super) lz4: bool,
    /// Random; binds blocks to this file.
    pub(super) file_id: [u8; 16],
    /// The data key, encrypted by age to the store key.
    pub(super) wrapped: Vec<u8>,
}

/// One block's entry in the index.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Its length in the file, tag included.
    pub(super) stored: u32,
    /// Its length before compression.
    pub(super) raw: u32,
    /// Its nonce.
    pub(super) nonce: u64,
}

/// What stands after the blocks.
pub(super) struct Index {
    pub(super) rows: u64,
    pub(super) columns: Vec<String>,
    /// Blocks per partition, in order; [`PARTITIONS`] of them.
    pub(super) blocks: Vec<Vec<Entry>>,
}

impl Header {
    /// A header with a fresh file id.
    pub(super) fn fresh(lz4: bool, wrapped: Vec<u8>) -> Result<Self, Fault> {
        let mut file_id = [0; 16];
        rand::fill(&mut file_id).map_err(|_| no_randomness())?;
        Ok(Self {
            lz4,
            file_id,
            wrapped,
        })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_FIXED + self.wrapped.len());
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        out.push(if self.lz4 { LZ4 } else { 0 });
        out.extend_from_slice(&self.file_id);
        out.extend_from_slice(&(self.wrapped.len() as u16).to_le_bytes());
        out.extend_from_slice(&self.wrapped);
        out
    }

    /// Reads the fixed part; the second value is the length of the wrapped key that follows it.
    pub(super) fn decode(mut bytes: &[u8]) -> Result<(Self, usize), &'static str> {
        let short = "is shorter than its header";
        let magic: [u8; 8] = take(&mut bytes).ok_or(short)?;
        let [version, flags] = take(&mut bytes).ok_or(short)?;
        let file_id = take(&mut bytes).ok_or(short)?;
        let wrapped = usize::from(u16::from_le_bytes(take(&mut bytes).ok_or(short)?));
        if magic != *MAGIC {
            return Err("is no snapshot");
        }
        if version != VERSION || flags & !LZ4 != 0 {
            return Err("was written by another version of padan");
        }
        if wrapped > WRAPPED_MOST {
            return Err("has a damaged header");
        }
        let header = Self {
            lz4: flags & LZ4 != 0,
            file_id,
            wrapped: Vec::new(),
        };
        Ok((header, wrapped))
    }

    /// Associated data of a block.
    pub(super) fn bind(&self, partition: Partition, number: u32, raw: u32) -> Aad<[u8; 26]> {
        let mut aad = [0; 26];
        let parts = [
            &self.file_id[..],
            &(partition.index() as u16).to_le_bytes(),
            &number.to_le_bytes(),
            &raw.to_le_bytes(),
        ];
        for (to, from) in aad.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        Aad::from(aad)
    }

    /// Associated data of the index.
    pub(super) fn bind_index(&self, offset: u64) -> Aad<Vec<u8>> {
        let mut aad = self.encode();
        aad.extend_from_slice(&offset.to_le_bytes());
        Aad::from(aad)
    }
}

impl Index {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.rows.to_le_bytes());
        out.extend_from_slice(&(self.columns.len() as u32).to_le_bytes());
        for column in &self.columns {
            out.extend_from_slice(&(column.len() as u32).to_le_bytes());
            out.extend_from_slice(column.as_bytes());
        }
        for blocks in &self.blocks {
            out.extend_from_slice(&(blocks.len() as u32).to_le_bytes());
            for block in blocks {
                out.extend_from_slice(&block.offset.to_le_bytes());
                out.extend_from_slice(&block.stored.to_le_bytes());
                out.extend_from_slice(&block.raw.to_le_bytes());
                out.extend_from_slice(&block.nonce.to_le_bytes());
            }
        }
        out
    }

    /// Reads authenticated bytes; `None` when they are no index.
    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let from = &mut bytes;
        let rows = u64::from_le_bytes(take(from)?);
        let columns = (0..u32::from_le_bytes(take(from)?))
            .map(|_| {
                let len = u32::from_le_bytes(take(from)?) as usize;
                let (name, rest) = from.split_at_checked(len)?;
                *from = rest;
                String::from_utf8(name.to_vec()).ok()
            })
            .collect::<Option<_>>()?;
        let mut blocks = Vec::with_capacity(PARTITIONS);
        for _ in 0..PARTITIONS {
            let entries = (0..u32::from_le_bytes(take(from)?))
                .map(|_| {
                    Some(Entry {
                        offset: u64::from_le_bytes(take(from)?),
                        stored: u32::from_le_bytes(take(from)?),
                        raw: u32::from_le_bytes(take(from)?),
                        nonce: u64::from_le_bytes(take(from)?),
                    })
                })
                .collect::<Option<_>>()?;
            blocks.push(entries);
        }
        bytes.is_empty().then_some(Self {
            rows,
            columns,
            blocks,
        })
    }
}

/// The last bytes of a file: where its index is.
pub(super) fn encode_trailer(offset: u64, len: u64) -> Vec<u8> {
    [offset.to_le_bytes(), len.to_le_bytes(), *END].concat()
}

/// Offset and length of the index; `None` when the file's end is missing.
pub(super) fn decode_trailer(mut bytes: &[u8]) -> Option<(u64, u64)> {
    let offset = u64::from_le_bytes(take(&mut bytes)?);
    let len = u64::from_le_bytes(take(&mut bytes)?);
    (bytes == END).then_some((offset, len))
}

/// A random data key.
pub(super) fn fresh_key() -> Result<Zeroizing<[u8; 32]>, Fault> {
    let mut key = Zeroizing::new([0; 32]);
    rand::fill(&mut *key).map_err(|_| no_randomness())?;
    Ok(key)
}

/// The cipher under a data key.
pub(super) fn cipher(data_key: &[u8; 32]) -> Result<LessSafeKey, Fault> {
    let key = UnboundKey::new(&AES_256_GCM, data_key).map_err(|_| Fault::Crypto {
        doing: "encrypt a snapshot",
        problem: "AES-256-GCM refused the key".to_owned(),
    })?;
    Ok(LessSafeKey::new(key))
}

/// The nonce with this number; a data key is used for one file, so a number that counts never comes twice.
pub(super) fn nonce(number: u64) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    for (to, from) in bytes.iter_mut().zip(number.to_le_bytes()) {
        *to = from;
    }
    Nonce::assume_unique_for_key(bytes)
}

fn no_randomness() -> Fault {
    Fault::Crypto {
        doing: "make a snapshot key",
        problem: "the system gave no random bytes".to_owned(),
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}
