//! The text of a data file cut into pieces of whole records, so that several threads can read it.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use memchr::{memchr_iter, memrchr2};
use zeroize::Zeroizing;

use super::stream::StreamError;
use crate::delivery::Sha256Digest;
use crate::digest::Hasher;

/// Bytes of text that a thread takes at a time.
const SIZE: usize = 256 << 10;

/// What each block but the first begins with: a reader may keep the first record it sees, which must be nobody's.
const STAND_IN: &[u8] = b"-\n";

type Bytes = Zeroizing<Vec<u8>>;

/// Reads the text from beginning to end, and digests it.
pub(super) struct Blocks {
    plaintext: Box<dyn Read + Send>,
    hasher: Hasher,
    /// What was read behind the last whole record.
    rest: Bytes,
    number: usize,
    /// A record that is longer is not read to its end.
    longest: usize,
    ended: bool,
    /// What the stream said.
    damage: Option<StreamError>,
    /// Buffers that are used again.
    spare: Arc<Mutex<Vec<Bytes>>>,
}

/// Some whole records.
pub(super) struct Block {
    bytes: Bytes,
    /// Counted from 0.
    pub(super) number: usize,
    /// It is the beginning of a record that is too long, and nothing follows it.
    pub(super) cut: bool,
    spare: Arc<Mutex<Vec<Bytes>>>,
}

impl Block {
    /// The text. It begins with a record to be passed over: the header row, or what stands for it.
    pub(super) fn text(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        lock(&self.spare).push(bytes);
    }
}

impl Blocks {
    pub(super) fn of(plaintext: Box<dyn Read + Send>, longest: u64) -> Self {
        Self {
            plaintext,
            hasher: Hasher::default(),
            rest: Bytes::default(),
            number: 0,
            longest: usize::try_from(longest).unwrap_or(usize::MAX),
            ended: false,
            damage: None,
            spare: Arc::default(),
        }
    }

    /// SHA-256 of the whole text; call it at the end.
    pub(super) fn plaintext_digest(self) -> Sha256Digest {
        self.hasher.finish()
    }

    /// Reads to the end what nobody will look at: text that is no CSV may be so because the stream is damaged, and that
    /// shows only later. Returns what the stream says.
    pub(super) fn drain(&mut self) -> Option<StreamError> {
        if self.damage.is_none() {
            let drained = io::copy(&mut self.plaintext, &mut io::sink());
            self.damage = drained.err().and_then(|e| StreamError::caused(&e));
        }
        self.damage
    }

    /// The next block; it is larger where a record does not fit in.
    fn block(&mut self) -> io::Result<Option<Block>> {
        let mut bytes = lock(&self.spare).pop().unwrap_or_default();
        bytes.clear();
        let rest = self.rest.len();
        let mut cut = false;
        let mut wanted = SIZE.max(rest);
        loop {
            make_room(&mut bytes, wanted);
            if bytes.is_empty() {
                bytes.extend_from_slice(&self.rest);
            }
            self.fill(&mut bytes, wanted)?;
            if self.ended {
                self.rest.clear();
                break;
            }
            if let Some(end) = last_end(&bytes) {
                self.rest.clear();
                let rest = bytes.get(end + 1..).unwrap_or_default();
                make_room(&mut self.rest, STAND_IN.len() + rest.len());
                self.rest.extend_from_slice(STAND_IN);
                self.rest.extend_from_slice(rest);
                bytes.truncate(end + 1);
                break;
            }
            if bytes.len() > self.longest.saturating_add(2) {
                // Whoever reads it finds that it is too long, and nothing after it is wanted.
                self.ended = true;
                cut = true;
                break;
            }
            wanted += SIZE;
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let number = self.number;
        self.number += 1;
        Ok(Some(Block {
            bytes,
            number,
            cut,
            spare: Arc::clone(&self.spare),
        }))
    }

    /// Reads until `bytes` holds `wanted` bytes, or to the end.
    fn fill(&mut self, bytes: &mut Bytes, wanted: usize) -> io::Result<()> {
        let mut filled = bytes.len();
        bytes.resize(wanted, 0);
        while filled < wanted {
            let room = bytes.get_mut(filled..).unwrap_or_default();
            match self.plaintext.read(room) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => {
                    self.hasher.update(room.get(..n).unwrap_or_default());
                    filled += n;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        bytes.truncate(filled);
        Ok(())
    }
}

impl Iterator for Blocks {
    type Item = io::Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended || self.damage.is_some() {
            return None;
        }
        let block = self.block();
        if let Err(e) = &block {
            self.damage = StreamError::caused(e);
        }
        block.transpose()
    }
}

/// Where the last whole record ends: the place of a line break outside quotes. A block begins outside quotes, and each
/// quote leads in or out, the doubled ones out and in again.
fn last_end(bytes: &[u8]) -> Option<usize> {
    let mut inside = memchr_iter(b'"', bytes).count() % 2 == 1;
    let mut end = bytes.len();
    while let Some(place) = memrchr2(b'\n', b'"', bytes.get(..end)?) {
        match bytes.get(place) {
            Some(b'"') => inside = !inside,
            // What stands for a header is no record.
            _ if !inside && place >= STAND_IN.len() => return Some(place),
            _ => {}
        }
        end = place;
    }
    None
}

/// Grows a buffer without leaving its text behind.
fn make_room(bytes: &mut Bytes, capacity: usize) {
    if bytes.capacity() < capacity {
        let mut wider = Vec::with_capacity(capacity);
        wider.extend_from_slice(bytes);
        *bytes = Zeroizing::new(wider);
    }
}

fn lock(spare: &Mutex<Vec<Bytes>>) -> std::sync::MutexGuard<'_, Vec<Bytes>> {
    spare.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let text = text.as_bytes().to_vec();
        let blocks = Blocks::of(Box::new(io::Cursor::new(text)), 1 << 20);
        let text =
            |block: io::Result<Block>| String::from_utf8(block.unwrap().text().to_vec()).unwrap();
        blocks.map(text).collect()
    }

    #[test]
    fn a_block_ends_with_a_record_whatever_stands_in_quotes() {
        for line in [
            "a,b,c\n",
            "a,\"b\nb\",c\r\n",
            "a,\"b \"\"x\n\"\" b\",\"c\"\n",
        ] {
            let text = line.repeat(3 * SIZE / line.len());
            let blocks = cut(&text);
            assert!(blocks.len() >= 3, "{}", blocks.len());
            let mut whole = String::new();
            for (number, block) in blocks.iter().enumerate() {
                let records = if number == 0 {
                    block
                } else {
                    block.strip_prefix("-\n").unwrap()
                };
                assert_eq!(records.len() % line.len(), 0, "{line:?}");
                whole.push_str(records);
            }
            assert!(whole == text);
        }
        assert_eq!(cut("a,b"), ["a,b"]);
        assert!(cut("").is_empty());
    }

    #[test]
    fn a_record_without_an_end_is_stopped() {
        let text = io::repeat(b'x').take(64 << 20);
        let mut blocks = Blocks::of(Box::new(text), 300_000);
        let block = blocks.next().unwrap().unwrap();
        assert!(block.cut && (300_000..1 << 20).contains(&block.text().len()));
        assert!(blocks.next().is_none());
        assert!(blocks.drain().is_none(), "the stream is sound");
    }

    #[test]
    fn a_longer_record_has_a_block_of_its_own() {
        let text = format!("a\n\"{}\"\nb\n", "x\n".repeat(SIZE));
        let blocks = cut(&text);
        assert_eq!(
            blocks.iter().map(String::len).sum::<usize>(),
            text.len() + 2 * (blocks.len() - 1)
        );
        assert!(blocks.iter().any(|block| block.len() > 2 * SIZE));
    }
}
