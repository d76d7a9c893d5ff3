//! Requests that take long: copying and hashing on the server, a slice at a time, and asking what an upload is worth.
//!
//! While one is under way its channel carries out nothing else. Between two slices it can be given up, because the
//! client has gone or the service stops, and others get their turn: however many clients ask for however much, only a
//! few slices are worked on at a time, in the order they were asked for.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use aws_lc_rs::digest::{Algorithm, Context, SHA224, SHA256, SHA384, SHA512};
use tokio::sync::Semaphore;

use crate::sftp::attendant::Word;
use crate::sftp::requests::arrivals::{Ask, Closing, Leaving, Renaming};
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::root::usage::Growth;

/// Bytes of one slice: some milliseconds.
const SLICE: u64 = 4 << 20;
/// Bytes read at a time.
const PIECE: usize = 256 << 10;
/// Most bytes of digests in one answer: a packet, less room for its head.
const MOST_DIGESTS: u64 = 255 * 1024;
/// Smallest block that is hashed by itself (draft-ietf-secsh-filexfer-extensions-00 §3).
const SMALLEST_BLOCK: u64 = 256;

/// Half of the processors work on slices, so that the other half always carries out everybody else's requests.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| {
    let processors = available_parallelism().map_or(1, usize::from);
    Semaphore::new((processors / 2).max(1))
});

/// What is under way.
pub(crate) enum Work {
    /// `copy-data`.
    Copy(Copy),
    /// `check-file`.
    Check(Check),
    /// The digest of an upload that did not come in order, and the word about it, before its CLOSE is answered.
    Closing(Box<Closing>),
    /// The word about a file that is about to get its name.
    Renaming(Box<Renaming>),
    /// The refused file is about to be taken away.
    Leaving(Box<Leaving>),
}

/// After a slice.
pub(crate) enum Progress {
    /// There is more to do.
    Unfinished(Work),
    /// The copy has ended.
    Copied(Copy, Result<(), Refusal>),
    /// The digests, one after the other.
    Checked(Check, Result<Vec<u8>, Refusal>),
    /// The upload's digest is known, unless it cannot be read, and the word about it, if there is any.
    Closed(Box<Closing>, Option<Word>),
    /// It may get its name; with the word about it.
    MayBeRenamed(Box<Renaming>, Option<Word>),
    /// It is gone, or nobody took it in time.
    Left(Box<Leaving>),
}

impl Work {
    /// Does the next slice on this thread.
    pub(crate) fn slice(self) -> Progress {
        match self {
            Self::Copy(mut copy) => match copy.slice() {
                Ok(false) => Progress::Unfinished(Self::Copy(copy)),
                Ok(true) => Progress::Copied(copy, Ok(())),
                Err(refusal) => Progress::Copied(copy, Err(refusal)),
            },
            Self::Check(mut check) => match check.slice() {
                Ok(None) => Progress::Unfinished(Self::Check(check)),
                Ok(Some(digests)) => Progress::Checked(check, Ok(digests)),
                Err(error) => Progress::Checked(check, Err(error.into())),
            },
            Self::Closing(mut closing) => {
                if closing.reading.is_some() {
                    closing.slice(SLICE);
                } else {
                    let word = closing.ask.as_ref().and_then(Ask::word);
                    return Progress::Closed(closing, word);
                }
                match &closing.reading {
                    None if closing.ask.is_none() => Progress::Closed(closing, None),
                    _ => Progress::Unfinished(Self::Closing(closing)),
                }
            }
            Self::Renaming(renaming) => {
                let word = renaming.ask.word();
                Progress::MayBeRenamed(renaming, word)
            }
            Self::Leaving(leaving) => match leaving.wait() {
                true => Progress::Unfinished(Self::Leaving(leaving)),
                false => Progress::Left(leaving),
            },
        }
    }

    /// Whether the next slice only waits for somebody's word, and needs no turn.
    fn only_waits(&self) -> bool {
        match self {
            Self::Closing(closing) => closing.reading.is_none(),
            Self::Renaming(_) | Self::Leaving(_) => true,
            Self::Copy(_) | Self::Check(_) => false,
        }
    }

    /// Does the next slice on a thread for such work, when it is its turn. `None` when that failed badly.
    pub(crate) async fn slice_in_turn(self) -> Option<Progress> {
        let _turn = match self.only_waits() {
            true => None,
            false => Some(TURNS.acquire().await.ok()?),
        };
        tokio::task::spawn_blocking(move || self.slice()).await.ok()
    }
}

/// A copy from one open file into another.
pub(crate) struct Copy {
    /// The request's number.
    pub(crate) id: u32,
    /// The handle that is written to.
    pub(crate) handle: u32,
    /// How far that file has grown.
    pub(crate) growth: Growth,
    /// Bytes copied.
    pub(crate) copied: u64,
    from: File,
    from_offset: u64,
    to: File,
    to_offset: u64,
    left: u64,
    /// The end of the file may come before `left` bytes are copied.
    short: bool,
}

/// What is copied, as the client asked for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// From where.
    pub(crate) from: u64,
    /// How much; 0 for all up to the end.
    pub(crate) len: u64,
    /// Where to.
    pub(crate) to: u64,
}

impl Copy {
    /// A copy that has not begun. What is appended to the source meanwhile is not copied.
    ///
    /// # Errors
    /// Those of looking at the source.
    pub(crate) fn new(
        id: u32,
        from: File,
        (handle, to, growth): (u32, File, Growth),
        span: Span,
    ) -> Result<Self, Refusal> {
        let rest = from.metadata()?.len().saturating_sub(span.from);
        Ok(Self {
            id,
            handle,
            growth,
            copied: 0,
            from,
            from_offset: span.from,
            to,
            to_offset: span.to,
            left: if span.len == 0 { rest } else { span.len },
            short: span.len == 0,
        })
    }

    /// Whether it is done.
    fn slice(&mut self) -> Result<bool, Refusal> {
        let mut buffer = vec![0; PIECE];
        let mut budget = SLICE;
        while budget > 0 {
            let data = read(&self.from, self.from_offset, self.left, &mut buffer)?;
            if data.is_empty() {
                // As OpenSSH: less than was asked for is told as the end of the file.
                return match self.short || self.left == 0 {
                    true => Ok(true),
                    false => Err(Refusal::end()),
                };
            }
            let len = data.len() as u64;
            self.growth.write(&self.to, self.to_offset, len)?;
            self.to.write_all_at(data, self.to_offset)?;
            self.from_offset += len;
            self.to_offset += len;
            self.copied += len;
            self.left -= len;
            budget = budget.saturating_sub(len);
        }
        Ok(false)
    }
}

/// Digests of a part of a file.
pub(crate) struct Check {
    /// The request's number.
    pub(crate) id: u32,
    /// What the answer repeats before the algorithm's name.
    pub(crate) repeats: Option<&'static str>,
    /// The name of the algorithm.
    pub(crate) algorithm: &'static str,
    file: File,
    offset: u64,
    left: u64,
    /// Bytes hashed together; `None` for all.
    block: Option<u64>,
    left_of_block: u64,
    context: Context,
    kind: &'static Algorithm,
    digests: Vec<u8>,
}

/// What is to be hashed and how, as the client asked for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Names of algorithms with commas between, the best first.
    pub(crate) algorithms: &'a str,
    /// From where.
    pub(crate) offset: u64,
    /// How much; 0 for all up to the end.
    pub(crate) len: u64,
    /// Bytes that get a digest of their own; 0 for one digest of all.
    pub(crate) block: u32,
}

impl Check {
    /// A check that has not begun. What is appended to the file meanwhile is not hashed.
    ///
    /// # Errors
    /// No algorithm that we have, a part outside the file, or blocks that are too small.
    pub(crate) fn new(
        id: u32,
        file: File,
        wanted: Wanted<'_>,
        repeats: Option<&'static str>,
    ) -> Result<Self, Refusal> {
        let (algorithm, kind) = wanted.algorithms.split(',').find_map(algorithm).ok_or_else(|| {
            Refusal::unsupported(
                "checksums can be had with sha256, sha512, sha384 or sha224: choose one of them",
            )
        })?;
        let rest = (file.metadata()?.len())
            .checked_sub(wanted.offset)
            .ok_or_else(|| Refusal::failure("the file is shorter than that: look at its size"))?;
        let left = if wanted.len == 0 {
            rest
        } else {
            rest.min(wanted.len)
        };
        let block = (wanted.block > 0).then_some(u64::from(wanted.block));
        if let Some(block) = block {
            let digests = left
                .div_ceil(block)
                .saturating_mul(kind.output_len() as u64);
            if block < SMALLEST_BLOCK || digests > MOST_DIGESTS {
                return Err(Refusal::failure(
                    "the blocks of a checksum are too small: ask for larger ones, or for one checksum of the whole file",
                ));
            }
        }
        Ok(Self {
            id,
            repeats,
            algorithm,
            file,
            offset: wanted.offset,
            left,
            block,
            left_of_block: block.unwrap_or(u64::MAX),
            context: Context::new(kind),
            kind,
            digests: Vec::new(),
        })
    }

    /// The digests, if it is done.
    fn slice(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut buffer = vec![0; PIECE];
        let mut budget = SLICE;
        while budget > 0 {
            let most = self.left.min(self.left_of_block);
            let data = read(&self.file, self.offset, most, &mut buffer)?;
            let len = data.len() as u64;
            if data.is_empty() {
                if self.block.is_none_or(|block| self.left_of_block < block) {
                    self.end_block();
                }
                return Ok(Some(std::mem::take(&mut self.digests)));
            }
            self.context.update(data);
            self.offset += len;
            self.left -= len;
            self.left_of_block -= len;
            if self.left_of_block == 0 {
                self.end_block();
            }
            budget = budget.saturating_sub(len);
        }
        Ok(None)
    }

    fn end_block(&mut self) {
        let context = std::mem::replace(&mut self.context, Context::new(self.kind));
        self.digests.extend_from_slice(context.finish().as_ref());
        self.left_of_block = self.block.unwrap_or(u64::MAX);
    }
}

/// An algorithm by its name in the draft. The weak ones are not offered.
fn algorithm(name: &str) -> Option<(&'static str, &'static Algorithm)> {
    Some(match name.trim() {
        "sha256" => ("sha256", &SHA256),
        "sha512" => ("sha512", &SHA512),
        "sha384" => ("sha384", &SHA384),
        "sha224" => ("sha224", &SHA224),
        _ => return None,
    })
}

/// Up to `most` bytes from `offset`; none at the end of the file.
fn read<'b>(file: &File, offset: u64, most: u64, buffer: &'b mut [u8]) -> io::Result<&'b [u8]> {
    let most = usize::try_from(most)
        .unwrap_or(usize::MAX)
        .min(buffer.len());
    let room = buffer.get_mut(..most).unwrap_or_default();
    // No file reaches as far as a signed number does; the system would call such a place invalid.
    if room.is_empty() || i64::try_from(offset.saturating_add(most as u64)).is_err() {
        return Ok(&[]);
    }
    loop {
        match file.read_at(room, offset) {
            Ok(count) => return Ok(room.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    use aws_lc_rs::digest::{Algorithm, SHA256, SHA512, digest};

    use super::{Check, Copy, Progress, SLICE, Span, Wanted, Work};
    use crate::sftp::requests::refusal::{Refusal, StatusCode};
    use crate::sftp::root::in_use::Held;
    use crate::sftp::root::usage::Growth;

    fn file(content: &[u8]) -> File {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(content, 0).unwrap();
        file
    }

    fn growth(file: &File) -> Growth {
        let held = Held::new(file.try_clone().unwrap(), None).unwrap();
        Growth::new(None, &held, false).unwrap()
    }

    fn content(file: &File) -> Vec<u8> {
        let mut content = vec![0; file.metadata().unwrap().len() as usize];
        file.read_exact_at(&mut content, 0).unwrap();
        content
    }

    fn noise(len: u64) -> Vec<u8> {
        let mut bytes = vec![0; len as usize];
        fastrand::Rng::with_seed(len).fill(&mut bytes);
        bytes
    }

    /// To its end, and how many slices that took.
    fn done(mut work: Work) -> (Progress, u32) {
        let mut slices = 0;
        loop {
            slices += 1;
            match work.slice() {
                Progress::Unfinished(more) => work = more,
                progress => return (progress, slices),
            }
        }
    }

    fn copy(from: &[u8], to: &File, span: Span) -> (Result<(), Refusal>, u64) {
        let to = to.try_clone().unwrap();
        let growth = growth(&to);
        let copy = Copy::new(1, file(from), (0, to, growth), span).unwrap();
        match done(Work::Copy(copy)).0 {
            Progress::Copied(copy, result) => (result, copy.copied),
            _ => panic!("a copy"),
        }
    }

    fn check(content: &[u8], algorithms: &str, part: (u64, u64, u32)) -> Result<Vec<u8>, Refusal> {
        let (offset, len, block) = part;
        let wanted = Wanted {
            algorithms,
            offset,
            len,
            block,
        };
        match done(Work::Check(Check::new(1, file(content), wanted, None)?)).0 {
            Progress::Checked(_, result) => result,
            _ => panic!("a check"),
        }
    }

    fn digests(kind: &'static Algorithm, parts: &[&[u8]]) -> Vec<u8> {
        let digest_of = |part: &&[u8]| digest(kind, part).as_ref().to_vec();
        parts.iter().flat_map(digest_of).collect()
    }

    #[test]
    fn a_copy_takes_what_was_asked_for() {
        let long = noise(2 * SLICE + 5);
        for (from, len, to, expected) in [
            (0, 0, 0, &long[..]),
            (7, 0, 0, &long[7..]),
            (7, 1000, 0, &long[7..1007]),
            (2 * SLICE, 0, 0, &long[2 * SLICE as usize..]),
            (2 * SLICE + 5, 0, 0, &[]),
            (u64::MAX, 0, 0, &[]),
        ] {
            let target = file(b"");
            let (result, copied) = copy(&long, &target, Span { from, len, to });
            assert_eq!(result, Ok(()));
            assert_eq!(copied, expected.len() as u64);
            assert!(content(&target) == expected, "{from} {len}");
        }
        let target = file(b"0123456789");
        let span = Span {
            from: 1,
            len: 2,
            to: 4,
        };
        assert_eq!(copy(b"abcd", &target, span), (Ok(()), 2));
        assert_eq!(content(&target), b"0123bc6789");
        let span = Span {
            from: 1,
            len: 9,
            to: 12,
        };
        assert_eq!(copy(b"abcd", &target, span), (Err(Refusal::end()), 3));
        assert_eq!(content(&target), b"0123bc6789\0\0bcd");
    }

    #[test]
    fn long_work_comes_in_slices() {
        let long = noise(3 * SLICE + 1);
        let wanted = Wanted {
            algorithms: "sha256",
            offset: 0,
            len: 0,
            block: 0,
        };
        let check = Check::new(1, file(&long), wanted, None).unwrap();
        assert_eq!(done(Work::Check(check)).1, 4);
        let to = file(b"");
        let growth = growth(&to);
        let span = Span {
            from: 0,
            len: 0,
            to: 0,
        };
        let copy = Copy::new(1, file(&long), (0, to, growth), span).unwrap();
        assert_eq!(done(Work::Copy(copy)).1, 4);
    }

    #[test]
    fn a_check_hashes_what_was_asked_for() {
        let long = noise(SLICE + 1000);
        let (half, end) = (SLICE as usize / 2, long.len());
        for (part, expected) in [
            ((0, 0, 0), &[&long[..]][..]),
            ((5, 0, 0), &[&long[5..]]),
            ((5, 90, 0), &[&long[5..95]]),
            ((5, u64::MAX, 0), &[&long[5..]]),
            ((end as u64, 0, 0), &[&[]]),
            ((end as u64, 0, 512), &[]),
            (
                (0, 600, 256),
                &[&long[..256], &long[256..512], &long[512..600]],
            ),
            ((0, 512, 256), &[&long[..256], &long[256..512]]),
            (
                (0, 0, half as u32),
                &[&long[..half], &long[half..2 * half], &long[2 * half..]],
            ),
        ] {
            let result = check(&long, "sha256", part).unwrap();
            assert!(result == digests(&SHA256, expected), "{part:?}");
        }
        let result = check(&long, "md5,sha1, sha512,sha256", (0, 0, 0)).unwrap();
        assert_eq!(result, digests(&SHA512, &[&long]));
        assert_eq!(
            check(b"", "sha256", (0, 0, 0)).unwrap(),
            digests(&SHA256, &[b""])
        );
    }

    #[test]
    fn a_check_that_cannot_be_is_refused_before_it_begins() {
        let long = noise(SLICE);
        for (algorithms, part, code) in [
            ("md5", (0, 0, 0), StatusCode::OpUnsupported),
            ("", (0, 0, 0), StatusCode::OpUnsupported),
            ("sha256", (SLICE + 1, 0, 0), StatusCode::Failure),
            ("sha256", (0, 0, 255), StatusCode::Failure),
            ("sha256", (0, 0, 256), StatusCode::Failure),
        ] {
            assert_eq!(
                check(&long, algorithms, part).unwrap_err().code,
                code,
                "{part:?}"
            );
        }
    }
}
