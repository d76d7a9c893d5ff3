//! Any bytes as paths: none leads out of a root that is full of links which do, and the canonical form of a path is
//! canonical.

#![no_main]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use padan::sftp::fuzzing::converse;
use tempfile::TempDir;

/// What stands in every file outside, and is part of every name there.
const CANARY: &str = "CANARY";

fuzz_target!(|input: &[u8]| {
    let place = Place::new();
    let paths: Vec<&[u8]> = input.split(|byte| *byte == b'\n').take(4).collect();
    for path in &paths {
        assert_canonical(&place, path);
    }
    for path in &paths {
        let answers = place.answers(&everything(path, paths[0]));
        let shown = answers
            .windows(CANARY.len())
            .any(|part| part == CANARY.as_bytes());
        // Unless the client itself has said it.
        let said = input
            .windows(CANARY.len())
            .any(|part| part == CANARY.as_bytes());
        assert!(said || !shown, "something outside was shown");
    }
    place.assert_untouched();
});

/// What REALPATH says is said again when it is asked for that, and has no way up in it.
fn assert_canonical(place: &Place, path: &[u8]) {
    let Some(canonical) = place.real_path(path) else {
        return;
    };
    assert_eq!(place.real_path(&canonical).as_ref(), Some(&canonical));
    assert_eq!(canonical.first(), Some(&b'/'));
    let parts = canonical.split(|byte| *byte == b'/').skip(1);
    for part in parts {
        let alone = canonical == b"/" && part.is_empty();
        assert!(
            alone || !matches!(part, b"" | b"." | b".."),
            "{canonical:?}"
        );
    }
}

/// Every operation on a path, with another one where two are needed.
fn everything(path: &[u8], other: &[u8]) -> Vec<Vec<u8>> {
    let (path, other) = (text(path), text(other));
    let open = |flags: u32| packet(3, &[&path, &flags.to_be_bytes(), &[0; 4]]);
    let times = [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1];
    let handle = text(b"0");
    vec![
        // Listed and read first, since later ones take its handle's number.
        packet(11, &[&path]),
        packet(12, &[&handle]),
        packet(4, &[&handle]),
        open(1),
        packet(5, &[&text(b"1"), &[0; 8], &[0, 0, 0, 64]]),
        packet(5, &[&handle, &[0; 8], &[0, 0, 0, 64]]),
        packet(4, &[&text(b"1")]),
        packet(7, &[&path]),
        packet(17, &[&path]),
        packet(19, &[&path]),
        packet(9, &[&path, &times]),
        open(0x0a),
        packet(6, &[&handle, &[0; 8], &text(b"written")]),
        packet(6, &[&text(b"1"), &[0; 8], &text(b"written")]),
        packet(6, &[&text(b"2"), &[0; 8], &text(b"written")]),
        packet(14, &[&path, &[0; 4]]),
        packet(18, &[&path, &other]),
        packet(18, &[&other, &path]),
        packet(200, &[&text(b"posix-rename@openssh.com"), &path, &other]),
        packet(200, &[&text(b"expand-path@openssh.com"), &path]),
        packet(20, &[&path, &other]),
        packet(13, &[&path]),
        packet(15, &[&path]),
    ]
}

/// A root with links that lead outside, and the outside.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() {
            TempDir::new_in(memory)
        } else {
            TempDir::new()
        };
        let place = Self { dir: dir.unwrap() };
        let dir = place.dir.path();
        for folder in [
            "out",
            "root",
            "root/inbox",
            "root/outbox",
            "root/receipts",
            "root/inbox/d",
        ] {
            fs::create_dir(dir.join(folder)).unwrap();
        }
        fs::write(dir.join("out").join(CANARY), CANARY).unwrap();
        fs::write(dir.join("root/inbox/a"), "inside").unwrap();
        for (link, to) in [
            ("inbox/l", dir.join("out")),
            ("inbox/d/l", dir.join("out")),
            ("inbox/f", dir.join("out").join(CANARY)),
            ("inbox/u", "../../out".into()),
            ("outbox/r", "/".into()),
            ("outbox/p", "..".into()),
            ("STATUS.txt", dir.join("out").join(CANARY)),
        ] {
            symlink(to, dir.join("root").join(link)).unwrap();
        }
        place
    }

    /// What is answered to requests, after INIT.
    fn answers(&self, requests: &[Vec<u8>]) -> Vec<u8> {
        let init = [0, 0, 0, 5, 1, 0, 0, 0, 3];
        let pieces = [&init[..]]
            .into_iter()
            .chain(requests.iter().map(Vec::as_slice));
        let (answers, broken) = converse(&self.dir.path().join("root"), pieces).unwrap();
        assert!(!broken, "these requests keep to the protocol");
        answers
    }

    fn real_path(&self, path: &[u8]) -> Option<Vec<u8>> {
        let answers = self.answers(&[packet(16, &[&text(path)])]);
        // After VERSION: length, type, number, count, then the name with its length.
        let version = u32::from_be_bytes(answers[..4].try_into().unwrap()) as usize;
        let name = &answers[4 + version + 4..];
        let length = name.get(9..13).filter(|_| name[0] == 104)?;
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        Some(name[13..13 + length].to_vec())
    }

    fn assert_untouched(&self) {
        let out = self.dir.path().join("out");
        let names: Vec<_> = fs::read_dir(&out)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(names, [CANARY], "something was made or removed outside");
        assert_eq!(fs::read(out.join(CANARY)).unwrap(), CANARY.as_bytes());
        let around = fs::read_dir(self.dir.path()).unwrap().count();
        assert_eq!(around, 2, "something was made or removed outside");
    }
}

fn packet(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let payload = parts.concat();
    let mut bytes = (payload.len() as u32 + 5).to_be_bytes().to_vec();
    bytes.extend([kind, 0, 0, 0, kind]);
    bytes.extend(payload);
    bytes
}

fn text(bytes: &[u8]) -> Vec<u8> {
    let mut field = (bytes.len() as u32).to_be_bytes().to_vec();
    field.extend_from_slice(bytes);
    field
}
