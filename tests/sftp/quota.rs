//! How much a party may keep in its inbox, whichever way it comes there.

use std::fs::{self, File};
use std::process::Command;
use std::thread;

use padan::sftp::{Limits, Quota};

use crate::common::raw::{Raw, about, extended, id, packet, text, write};
use crate::common::{SftpSite, noise};

const READ: u32 = 1;
const WRITE: u32 = 2;
const APPEND: u32 = 4;
const CREATE: u32 = 8;
const TRUNCATE: u32 = 16;
const KIB: u64 = 1024;

fn limited(bytes: u64, files: u64) -> Limits {
    Limits {
        quota: Quota { bytes, files },
        ..Limits::default()
    }
}

/// SETSTAT or FSETSTAT of a size.
fn resize(kind: u8, of: &[u8], size: u64) -> Vec<u8> {
    packet(kind, &[&id(1), &text(of), &id(1), &size.to_be_bytes()])
}

#[test]
fn more_bytes_than_allowed_are_refused_whichever_way_they_come() {
    let site = SftpSite::start(limited(100 * KIB, 100));
    fs::write(site.root("bkn", "inbox/old"), noise(40 << 10, 1)).unwrap();
    fs::write(site.root("bkn", "outbox/answer"), noise(90 << 10, 2)).unwrap();
    let full = "the inbox is full, at most 100 KiB may lie in it: remove what you no longer need, or wait until your \
                deliveries have been taken in";
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let new = raw.open("inbox/new", READ | WRITE | CREATE).await;
        raw.done(&write(1, &new, 0, &[1; 50 << 10])).await;
        let answer = raw.open("outbox/answer", READ).await;
        let copy: [&[u8]; 5] = [&text(&answer), &[0; 8], &[0; 8], &text(&new), &[0; 8]];
        let more = raw.open("inbox/new", WRITE | APPEND).await;
        for request in [
            write(1, &new, 50 * KIB, &[1; 11 << 10]),
            write(1, &new, 1 << 40, b"far away"),
            write(1, &new, u64::MAX, b"x"),
            write(1, &more, 0, &[1; 11 << 10]),
            resize(9, b"inbox/new", 61 * KIB),
            resize(10, &new, 1 << 62),
            resize(10, &new, u64::MAX),
            extended(1, "copy-data", &copy),
        ] {
            let (code, sentence) = raw.refused(&request).await;
            assert_eq!((code, &*sentence), (4, full));
        }
        // What is there may be written anew, and less may be kept.
        raw.done(&write(1, &new, 0, &[2; 60 << 10])).await;
        raw.done(&resize(10, &new, 10)).await;
        raw.done(&resize(10, &new, 60 * KIB)).await;
        let old = raw.open("inbox/old", WRITE | TRUNCATE).await;
        raw.done(&write(1, &old, 0, &[3; 40 << 10])).await;
        raw.refused(&write(1, &old, 40 * KIB, b"x")).await;
        // Another party has its own.
        let mut other = Raw::greeted(&site, "bpjs").await;
        let theirs = other.open("inbox/f", WRITE | CREATE).await;
        other.done(&write(1, &theirs, 0, &[1; 100 << 10])).await;
    });
}

#[test]
fn room_comes_back_when_files_go_whoever_takes_them() {
    let site = SftpSite::start(limited(100 * KIB, 100));
    site.runtime.block_on(async {
        let (mut raw, mut second) = (
            Raw::greeted(&site, "bkn").await,
            Raw::greeted(&site, "bkn").await,
        );
        let a = raw.open("inbox/a", WRITE | CREATE).await;
        raw.done(&write(1, &a, 0, &[1; 60 << 10])).await;
        let b = second.open("inbox/b", WRITE | CREATE).await;
        second.done(&write(1, &b, 0, &[1; 40 << 10])).await;
        assert_eq!(second.refused(&write(1, &b, 40 * KIB, b"x")).await.0, 4);
        raw.done(&about(4, 1, &a)).await;
        // As the pipeline does it: moved away, no client's doing.
        fs::rename(site.root("bkn", "inbox/a"), site.dir().join("staged")).unwrap();
        second.done(&write(1, &b, 40 * KIB, &[1; 60 << 10])).await;
        // As another process of the same party: there without our knowing.
        second.done(&about(4, 1, &b)).await;
        raw.done(&about(13, 1, b"inbox/b")).await;
        fs::write(site.root("bkn", "inbox/c"), [1; 99 << 10]).unwrap();
        let d = raw.open("inbox/d", WRITE | CREATE).await;
        assert_eq!(raw.refused(&write(1, &d, 0, &[1; 50 << 10])).await.0, 4);
    });
}

#[test]
fn more_files_and_folders_than_allowed_are_refused() {
    let site = SftpSite::start(limited(1 << 30, 3));
    let full = "the inbox is full, at most 3 files and folders may lie in it: remove what you no longer need, or wait until \
                your deliveries have been taken in";
    let make = |path: &[u8]| packet(14, &[&id(1), &text(path), &id(0)]);
    let create = |path: &[u8]| packet(3, &[&id(1), &text(path), &id(WRITE | CREATE), &id(0)]);
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        raw.done(&make(b"inbox/folder")).await;
        raw.open("inbox/folder/a", WRITE | CREATE).await;
        raw.open("inbox/b", WRITE | CREATE).await;
        for request in [
            make(b"inbox/x"),
            create(b"inbox/y"),
            create(b"inbox/folder/z"),
        ] {
            assert_eq!(raw.refused(&request).await, (4, full.to_owned()));
        }
        raw.open("inbox/b", WRITE | CREATE | TRUNCATE).await;
        let (_, sentence) = raw.refused(&make(b"inbox/folder")).await;
        assert!(sentence.contains("exists already"), "{sentence}");
        raw.done(&about(13, 1, b"inbox/b")).await;
        raw.done(&make(b"inbox/x")).await;
    });
}

#[test]
fn space_is_that_of_the_quota_where_it_is_less() {
    let site = SftpSite::start(limited(1 << 20, 50));
    fs::write(site.root("bkn", "inbox/f"), [0; 300 << 10]).unwrap();
    File::create(site.root("bkn", "inbox/sparse"))
        .unwrap()
        .set_len(500 << 10)
        .unwrap();
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let handle = raw.open("inbox/f", READ).await;
        for request in [
            extended(1, "statvfs@openssh.com", &[&text(b"/")]),
            extended(1, "statvfs@openssh.com", &[&text(b"inbox/f")]),
            extended(1, "fstatvfs@openssh.com", &[&text(&handle)]),
        ] {
            let answer = raw.ask(&request).await;
            assert_eq!(answer[0], 201);
            let number =
                |n: usize| u64::from_be_bytes(answer[5 + 8 * n..][..8].try_into().unwrap());
            let unit = number(1);
            assert_eq!([2, 3, 4].map(|n| number(n) * unit / KIB), [1024, 224, 224]);
            assert_eq!([5, 6, 7].map(number), [50, 48, 48]);
        }
    });
}

#[test]
#[ignore = "needs sftp"]
fn uploads_at_the_same_time_stay_below_the_quota() {
    let site = SftpSite::start(limited(8 << 20, 100));
    fs::write(site.dir().join("f"), noise(3 << 20, 3)).unwrap();
    let succeeded = thread::scope(|scope| {
        let put = |n| {
            let site = &site;
            scope.spawn(move || {
                site.sftp("bkn", &format!("put f inbox/{n}\n"))
                    .status
                    .success()
            })
        };
        let uploads: Vec<_> = (0..6).map(put).collect();
        uploads
            .into_iter()
            .map(|upload| upload.join().unwrap())
            .filter(|ok| *ok)
            .count()
    });
    assert!(succeeded <= 2, "{succeeded}");
    let output = Command::new("du")
        .args(["-sb", "--apparent-size"])
        .arg(site.root("bkn", "inbox"))
        .output();
    let printed = String::from_utf8(output.unwrap().stdout).unwrap();
    let kept: u64 = printed.split_whitespace().next().unwrap().parse().unwrap();
    // The folder itself is in it.
    assert!(kept <= (8 << 20) + 8192, "{kept}");
    let said = site.sftp_refused("bkn", "put f inbox/last\n");
    assert!(said.contains("Failure"), "{said}");
}

/// What is left, in KiB. The answer comes from a walk of its own.
async fn left_kib(raw: &mut Raw) -> u64 {
    let answer = raw
        .ask(&extended(1, "statvfs@openssh.com", &[&text(b"/")]))
        .await;
    let number = |n: usize| u64::from_be_bytes(answer[5 + 8 * n..][..8].try_into().unwrap());
    number(4) * number(1) / KIB
}

#[test]
fn files_cut_through_their_paths_do_not_grow_again_for_nothing() {
    let site = SftpSite::start(limited(100 * KIB, 100));
    site.runtime.block_on(async {
        let (mut raw, mut second) = (
            Raw::greeted(&site, "bkn").await,
            Raw::greeted(&site, "bkn").await,
        );
        let mut handles = Vec::new();
        for n in 0..3 {
            let path = format!("inbox/{n}");
            let handle = raw.open(&path, WRITE | CREATE).await;
            raw.done(&write(1, &handle, 0, &[1; 90 << 10])).await;
            match n {
                0 => second.done(&resize(9, path.as_bytes(), 0)).await,
                1 => drop(second.open(&path, WRITE | TRUNCATE).await),
                _ => drop(File::create(site.root("bkn", &path)).unwrap()),
            }
            assert_eq!(left_kib(&mut second).await, 100);
            handles.push(handle);
        }
        raw.done(&write(1, &handles[2], 0, &[1; 90 << 10])).await;
        for handle in &handles[..2] {
            assert_eq!(raw.refused(&write(1, handle, 0, &[1; 90 << 10])).await.0, 4);
        }
    });
    let size = |n| {
        fs::metadata(site.root("bkn", &format!("inbox/{n}")))
            .unwrap()
            .len()
    };
    assert!((0..3).map(size).sum::<u64>() <= 100 * KIB);
}

#[test]
fn what_was_removed_counts_while_it_is_open() {
    let site = SftpSite::start(limited(100 * KIB, 100));
    site.runtime.block_on(async {
        let (mut raw, mut second) = (
            Raw::greeted(&site, "bkn").await,
            Raw::greeted(&site, "bkn").await,
        );
        let written = raw.open("inbox/a", WRITE | CREATE).await;
        raw.done(&write(1, &written, 0, &[1; 40 << 10])).await;
        second.done(&about(13, 1, b"inbox/a")).await;
        let closed = raw.open("inbox/b", WRITE | CREATE).await;
        raw.done(&write(1, &closed, 0, &[1; 40 << 10])).await;
        raw.done(&about(4, 1, &closed)).await;
        let read = second.open("inbox/b", READ).await;
        raw.done(&about(13, 1, b"inbox/b")).await;
        assert_eq!(left_kib(&mut second).await, 20);
        let more = raw.open("inbox/c", WRITE | CREATE).await;
        assert_eq!(raw.refused(&write(1, &more, 0, &[1; 40 << 10])).await.0, 4);
        raw.done(&about(4, 1, &written)).await;
        raw.done(&write(1, &more, 0, &[1; 40 << 10])).await;
        second.done(&about(4, 1, &read)).await;
        assert_eq!(left_kib(&mut second).await, 60);
    });
}
