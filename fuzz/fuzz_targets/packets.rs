//! Any bytes as a client's stream: no panic, no answer longer than a packet, every answer whole, and however the stream
//! is cut into pieces, the answers are the same.

#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use padan::sftp::fuzzing::converse;
use tempfile::TempDir;

const STATUS: u8 = 101;
const HANDLE: u8 = 102;
const DATA: u8 = 103;

fuzz_target!(|input: &[u8]| {
    // The first byte says how the rest is cut.
    let Some((cut, stream)) = input.split_first() else {
        return;
    };
    let whole = answers(&[stream]);
    let pieces: Vec<&[u8]> = stream.chunks(usize::from(*cut) % 64 + 1).collect();
    let cut = answers(&pieces);
    // How full an inbox is may be known a little late.
    if !mentions(&whole.0, b"inbox is full") && !mentions(&cut.0, b"inbox is full") {
        assert_eq!(whole, cut, "the cut of the stream matters");
    }
});

fn mentions(answers: &[(u32, Vec<u8>)], words: &[u8]) -> bool {
    let says = |answer: &[u8]| answer.windows(words.len()).any(|part| part == words);
    answers.iter().any(|(_, answer)| says(answer))
}

/// What is answered in a fresh root, as far as it depends on the stream alone: no times, no order of listings.
fn answers(pieces: &[&[u8]]) -> (Vec<(u32, Vec<u8>)>, bool) {
    let root = root();
    let (mut bytes, broken) = converse(root.path(), pieces.iter().copied()).unwrap();
    let mut seen = Vec::new();
    while !bytes.is_empty() {
        let length = u32::from_be_bytes(bytes[..4].try_into().unwrap());
        let rest = bytes.split_off(4 + length as usize);
        let mut kept = bytes.split_off(4);
        if ![STATUS, HANDLE, DATA].contains(&kept[0]) {
            kept.truncate(5);
        }
        seen.push((length, kept));
        bytes = rest;
    }
    (seen, broken)
}

/// A party's root with a little in it, in memory where there is a place for that.
fn root() -> TempDir {
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() {
        TempDir::new_in(memory)
    } else {
        TempDir::new()
    };
    let root = root.unwrap();
    for folder in ["inbox", "outbox", "receipts", "inbox/d"] {
        fs::create_dir(root.path().join(folder)).unwrap();
    }
    for file in ["inbox/a", "inbox/d/b", "outbox/c", "STATUS.txt"] {
        fs::write(root.path().join(file), "0123456789").unwrap();
    }
    root
}
