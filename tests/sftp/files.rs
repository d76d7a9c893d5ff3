//! Files as they are written, sized, timed and named.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::time::{Duration, UNIX_EPOCH};

use padan::sftp::Limits;

use crate::common::raw::{Raw, about, extended, id, packet, read, text, write};
use crate::common::{SftpSite, noise};

const READ: u32 = 1;
const WRITE: u32 = 2;
const APPEND: u32 = 4;
const CREATE: u32 = 8;
const TRUNCATE: u32 = 16;
const EXCLUSIVE: u32 = 32;

/// An OPEN.
fn open(path: &str, flags: u32) -> Vec<u8> {
    packet(3, &[&id(1), &text(path.as_bytes()), &id(flags), &id(0)])
}

#[test]
fn writes_go_where_they_say_in_any_order() {
    let site = SftpSite::start(Limits::default());
    let whole = noise(300_000, 1);
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let handle = raw.open("inbox/f", READ | WRITE | CREATE).await;
        let mut order: Vec<usize> = (0..30).collect();
        fastrand::Rng::with_seed(1).shuffle(&mut order);
        for n in order {
            let part = &whole[n * 10_000..(n + 1) * 10_000];
            raw.done(&write(n as u32, &handle, n as u64 * 10_000, part))
                .await;
        }
        assert!(raw.ask(&read(1, &handle, 0, 300_000)).await[9..] == whole[..255 << 10]);
    });
    assert!(fs::read(site.root("bkn", "inbox/f")).unwrap() == whole);
}

#[test]
fn flags_mean_what_they_mean_elsewhere() {
    let site = SftpSite::start(Limits::default());
    let path = site.root("bkn", "inbox/f");
    fs::write(&path, "0123456789").unwrap();
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let both = raw.open("inbox/f", READ | WRITE).await;
        raw.done(&write(1, &both, 2, b"ab")).await;
        assert_eq!(raw.ask(&read(1, &both, 0, 99)).await[9..], *b"01ab456789");
        let end = raw.open("inbox/f", WRITE | APPEND).await;
        raw.done(&write(1, &end, 0, b"!")).await;
        raw.done(&write(1, &end, 99, b"?")).await;
        assert_eq!(fs::read_to_string(&path).unwrap(), "01ab456789!?");
        let (code, sentence) = raw
            .refused(&open("inbox/f", WRITE | CREATE | EXCLUSIVE))
            .await;
        assert_eq!(code, 4);
        assert!(sentence.contains("exists already"), "{sentence}");
        assert_eq!(raw.refused(&open("inbox/new", WRITE)).await.0, 2);
        raw.open("inbox/new", WRITE | CREATE | EXCLUSIVE).await;
        raw.open("inbox/f", WRITE | CREATE).await;
        assert_eq!(fs::read_to_string(&path).unwrap(), "01ab456789!?");
        raw.open("inbox/f", WRITE | CREATE | TRUNCATE).await;
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
        for (request, part) in [
            (open("inbox", READ), "this is a folder"),
            (open("inbox", WRITE | CREATE), "part of the service"),
        ] {
            let (_, sentence) = raw.refused(&request).await;
            assert!(sentence.contains(part), "{sentence}");
        }
    });
}

#[test]
fn sizes_beyond_four_gibibytes_and_times_beyond_2038_are_right() {
    const FAR: u64 = (5 << 30) + 7;
    const LATE: u32 = 3_000_000_000;
    let site = SftpSite::start(Limits::default());
    let path = site.root("bkn", "inbox/f");
    let attributes = |late: u32| [id(8), id(late), id(late)].concat();
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let handle = raw.open("inbox/f", READ | WRITE | CREATE).await;
        raw.done(&write(1, &handle, FAR, b"far")).await;
        assert_eq!(raw.ask(&read(1, &handle, FAR - 1, 9)).await[9..], *b"\0far");
        raw.done(&packet(10, &[&id(1), &text(&handle), &attributes(LATE)]))
            .await;
        for request in [
            about(8, 1, &handle),
            about(17, 1, b"inbox/f"),
            about(7, 1, b"inbox/f"),
        ] {
            let answer = raw.ask(&request).await;
            let size = (FAR + 3).to_be_bytes();
            let expected: [&[u8]; 8] = [
                &[105],
                &id(1),
                &id(15),
                &size,
                &id(0),
                &id(0),
                &id(0o100600),
                &id(LATE),
            ];
            assert_eq!(answer, [&expected.concat()[..], &id(LATE)].concat());
        }
        let mut part = [0; 3];
        File::open(&path)
            .unwrap()
            .read_exact_at(&mut part, FAR)
            .unwrap();
        assert_eq!(&part, b"far");
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(modified, UNIX_EPOCH + Duration::from_secs(u64::from(LATE)));
        // A folder has times too; modes and owners are accepted anywhere in the inbox, and not kept.
        fs::create_dir(site.root("bkn", "inbox/folder")).unwrap();
        raw.done(&packet(
            9,
            &[&id(1), &text(b"inbox/folder"), &attributes(9)],
        ))
        .await;
        let modified = fs::metadata(site.root("bkn", "inbox/folder"))
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(modified, UNIX_EPOCH + Duration::from_secs(9));
        let reader = raw.open("inbox/f", READ).await;
        let mode = [id(2 | 4), id(0), id(0), id(0o777)].concat();
        for (kind, of) in [
            (9, &b"inbox"[..]),
            (9, b"inbox/folder"),
            (10, &reader),
            (10, &handle),
        ] {
            raw.done(&packet(kind, &[&id(1), &text(of), &mode])).await;
        }
        raw.done(&extended(
            1,
            "lsetstat@openssh.com",
            &[&text(b"inbox/f"), &attributes(5)],
        ))
        .await;
        let (code, sentence) = raw
            .refused(&packet(10, &[&id(1), &text(&reader), &attributes(9)]))
            .await;
        assert!(code == 3 && sentence.contains("reading only"), "{sentence}");
    });
}

#[test]
fn names_change_only_over_nothing_unless_they_are_to_replace() {
    let site = SftpSite::start(Limits::default());
    let root = |path: &str| site.root("bkn", path);
    for folder in ["a/b", "full/x", "empty"] {
        fs::create_dir_all(root(&format!("inbox/{folder}"))).unwrap();
    }
    for file in ["f", "g"] {
        fs::write(root(&format!("inbox/{file}")), file).unwrap();
    }
    let plain =
        |from: &str, to: &str| packet(18, &[&id(1), &text(from.as_bytes()), &text(to.as_bytes())]);
    let replacing = |from: &str, to: &str| {
        extended(
            1,
            "posix-rename@openssh.com",
            &[&text(from.as_bytes()), &text(to.as_bytes())],
        )
    };
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        for (request, code, part) in [
            (plain("inbox/f", "inbox/g"), 4, "exists already"),
            (plain("inbox/f", "inbox/empty"), 4, "exists already"),
            (plain("inbox/a", "inbox/empty"), 4, "exists already"),
            (
                replacing("inbox/f", "inbox/empty"),
                4,
                "a file cannot replace it",
            ),
            (
                replacing("inbox/a", "inbox/f"),
                4,
                "a folder cannot replace it",
            ),
            (replacing("inbox/a", "inbox/full"), 4, "not empty"),
            (plain("inbox/a", "inbox/a/b/c"), 4, "into itself"),
            (plain("inbox/none", "inbox/x"), 2, "no file or folder"),
            (plain("inbox/f", "inbox/none/x"), 2, "no file or folder"),
            (about(13, 1, b"inbox/a"), 4, "command for folders"),
            (about(15, 1, b"inbox/a"), 4, "not empty"),
            (about(15, 1, b"inbox/f"), 4, "this is a file"),
            (about(11, 1, b"inbox/f"), 4, "this is a file"),
            (about(11, 1, b"inbox/none"), 2, "no file or folder"),
            (
                packet(14, &[&id(1), &text(b"inbox/a"), &id(0)]),
                4,
                "exists already",
            ),
            (
                packet(14, &[&id(1), &text(b"inbox"), &id(0)]),
                4,
                "exists already",
            ),
            (about(19, 1, b"inbox/f"), 4, "not a link"),
            (about(19, 1, b"inbox/none"), 2, "no file or folder"),
            (packet(20, &[&id(1), &text(b"a"), &text(b"b")]), 8, "links"),
        ] {
            let (answer, sentence) = raw.refused(&request).await;
            assert_eq!(answer, code, "{sentence}: {request:?}");
            assert!(sentence.contains(part), "{sentence}: {request:?}");
        }
        raw.done(&replacing("inbox/f", "inbox/g")).await;
        raw.done(&replacing("inbox/a", "inbox/empty")).await;
        raw.done(&plain("inbox/g", "inbox/empty/b/f")).await;
    });
    assert_eq!(fs::read_to_string(root("inbox/empty/b/f")).unwrap(), "f");
    assert!(!root("inbox/a").exists() && !root("inbox/g").exists());
}

#[test]
fn names_are_whatever_utf_8_can_say() {
    let site = SftpSite::start(Limits::default());
    let long = "é".repeat(127);
    let names = [
        "laporan pegawai.csv",
        "\u{fffd}",
        "a\u{fffd}b",
        "日本語",
        "e\u{301}",
        "é",
        "\u{1f4c1}\u{200d}",
        " ",
        "…",
        &long,
    ];
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        for name in names {
            let handle = raw.open(&format!("inbox/{name}"), WRITE | CREATE).await;
            raw.done(&write(1, &handle, 0, name.as_bytes())).await;
            raw.done(&about(4, 1, &handle)).await;
        }
        for name in names {
            let written = fs::read(site.root("bkn", &format!("inbox/{name}"))).unwrap();
            assert_eq!(written, name.as_bytes());
            assert_eq!(
                raw.ask(&about(17, 1, format!("inbox/{name}").as_bytes()))
                    .await[0],
                105
            );
        }
        for kind in [3, 7, 9, 11, 13, 14, 15, 16, 17, 19] {
            let request = packet(kind, &[&id(1), &text(b"inbox/\xff"), &id(0), &id(0)]);
            let (code, sentence) = raw.refused(&request).await;
            assert!(
                code == 4 && sentence.contains("UTF-8"),
                "{kind}: {sentence}"
            );
        }
    });
    let client = site.client("bkn");
    let listed = site.runtime.block_on(client.list("inbox")).unwrap();
    let mut listed: Vec<_> = listed.iter().map(|entry| entry.name.as_str()).collect();
    let mut expected = names.to_vec();
    listed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(listed, expected);
}

#[test]
fn names_and_depth_are_bounded_as_configured() {
    let site = SftpSite::start(Limits {
        name_bytes: 10,
        depth: 2,
        ..Limits::default()
    });
    fs::write(site.root("bkn", "outbox/a_longer_name"), "text").unwrap();
    let make = |path: &[u8]| packet(14, &[&id(1), &text(path), &id(0)]);
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        raw.done(&make(b"inbox/1")).await;
        raw.done(&make(b"inbox/1/2")).await;
        raw.open("inbox/1/2/0123456789", WRITE | CREATE).await;
        for (request, part) in [
            (make(b"inbox/1/2/3"), "at most 2 deep"),
            (make(b"inbox/01234567890"), "at most 10 bytes"),
            (
                open("inbox/01234567890", WRITE | CREATE),
                "at most 10 bytes",
            ),
        ] {
            let (code, sentence) = raw.refused(&request).await;
            assert!(code == 3 && sentence.contains(part), "{sentence}");
        }
        raw.open("outbox/a_longer_name", READ).await;
    });
}
