//! Single requests as bytes: what no decent client sends, and what decent ones do at the edge.

use std::fs;

use padan::sftp::Limits;

use crate::common::SftpSite;
use crate::common::raw::{Raw, id, packet, read, text, write};

const READ: u32 = 1;
const WRITE: u32 = 2;

#[test]
#[ignore = "needs sftp"]
fn streams_that_cannot_be_followed_close_their_channel_only() {
    let site = SftpSite::start(Limits::default());
    let init = packet(1, &[&id(3)]);
    let torn_write = [
        &[0, 0, 0, 30, 6][..],
        &id(1),
        &text(b"0"),
        &[0; 8],
        &id(999),
    ]
    .concat();
    for (name, stream) in [
        (
            "a length over the limit",
            [&init[..], &[0, 4, 0, 1, 5]].concat(),
        ),
        ("the largest length", [&init[..], &[0xff; 8]].concat()),
        ("a length of zero", [&init[..], &[0; 4]].concat()),
        (
            "a request without a number",
            [&init[..], &packet(17, &[&[1]])].concat(),
        ),
        (
            "data longer than its packet",
            [&init[..], &torn_write].concat(),
        ),
        ("a request before INIT", packet(16, &[&id(1), &text(b".")])),
    ] {
        site.runtime.block_on(async {
            let mut raw = Raw::connect(&site, "bkn", 2 << 20).await;
            raw.send(&stream).await;
            while raw.packet().await.is_some() {}
            // The connection itself goes on, and so do others.
            raw.session.channel_open_session().await.expect(name);
        });
    }
    site.sftp_ok("bkn", "ls\n");
}

#[test]
fn requests_that_make_no_sense_are_answered() {
    let site = SftpSite::start(Limits::default());
    fs::write(site.root("bkn", "inbox/f"), "text").unwrap();
    let attributes = [0; 4];
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let reader = raw.open("inbox/f", READ).await;
        let writer = raw.open("inbox/f", WRITE).await;
        for (request, code, part) in [
            (packet(99, &[&id(1)]), 8, "not part of SFTP"),
            (
                packet(101, &[&id(1), &id(0), &text(b""), &text(b"")]),
                8,
                "not part of SFTP",
            ),
            (packet(3, &[&id(1), &text(b"inbox")]), 5, "cannot be read"),
            (packet(17, &[&id(1), &id(4_000_000)]), 5, "cannot be read"),
            (packet(200, &[&id(1), &text(b"no@such")]), 8, "not offered"),
            (
                packet(
                    200,
                    &[
                        &id(1),
                        &text(b"hardlink@openssh.com"),
                        &text(b"a"),
                        &text(b"b"),
                    ],
                ),
                8,
                "links",
            ),
            (
                packet(200, &[&id(1), &text(b"fsync@openssh.com")]),
                5,
                "cannot be read",
            ),
            (
                packet(200, &[&id(1), &text(b"fsync@openssh.com"), &text(b"77")]),
                4,
                "not open",
            ),
            (
                packet(20, &[&id(1), &text(b"inbox/f"), &text(b"inbox/g")]),
                8,
                "links",
            ),
            (packet(19, &[&id(1), &text(b"inbox/f")]), 4, "not a link"),
            (packet(4, &[&id(1), &text(b"x")]), 4, "not open"),
            (packet(4, &[&id(1), &text(&[0xff; 4])]), 4, "not open"),
            (read(1, b"12345678901234567890", 0, 1), 4, "not open"),
            (read(1, &writer, 0, 1), 3, "writing only"),
            (read(1, &reader, 4, 1), 1, "end of file"),
            (read(1, &reader, u64::MAX, 1), 1, "end of file"),
            (read(1, &reader, 1 << 63, 1), 1, "end of file"),
            (read(1, &reader, (1 << 63) - 1, 9), 1, "end of file"),
            (write(1, &reader, 0, b"x"), 3, "reading only"),
            (write(1, b"9", 0, b"x"), 4, "not open"),
            (packet(12, &[&id(1), &text(&reader)]), 4, "this is a file"),
            (packet(17, &[&id(1), &text(b"inbox/\xff\xfe")]), 4, "UTF-8"),
            (packet(17, &[&id(1), &text(b"inbox/a\0b")]), 4, "NUL"),
            (
                packet(
                    14,
                    &[&id(1), &text("n".repeat(256).as_bytes()), &attributes],
                ),
                4,
                "255 bytes",
            ),
            (
                packet(
                    14,
                    &[&id(1), &text(b"inbox/1/2/3/4/5/6/7/8/9"), &attributes],
                ),
                3,
                "at most 8 deep",
            ),
            (
                packet(9, &[&id(1), &text(b"outbox/f"), &attributes]),
                3,
                "read-only",
            ),
            (
                packet(18, &[&id(1), &text(b"inbox/f"), &text(b"f")]),
                3,
                "inbox/",
            ),
            (
                packet(18, &[&id(1), &text(b"inbox/f"), &text(b"inbox/f")]),
                4,
                "exists already",
            ),
            (
                packet(15, &[&id(1), &text(b"inbox/f")]),
                4,
                "this is a file",
            ),
            (
                packet(13, &[&id(1), &text(b"inbox")]),
                3,
                "part of the service",
            ),
        ] {
            raw.send(&request).await;
            let (number, answer, sentence) = raw.status().await;
            assert_eq!((number, answer), (1, code), "{sentence}: {request:?}");
            assert!(sentence.contains(part), "{sentence}: {request:?}");
        }
    });
    assert_eq!(
        fs::read_to_string(site.root("bkn", "inbox/f")).unwrap(),
        "text"
    );
}

#[test]
fn attributes_change_what_they_may() {
    let site = SftpSite::start(Limits::default());
    let path = site.root("bkn", "inbox/f");
    fs::write(&path, "0123456789").unwrap();
    let size = |size: u64| [&id(1)[..], &size.to_be_bytes()].concat();
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        raw.send(&packet(9, &[&id(1), &text(b"inbox/f"), &size(4)]))
            .await;
        assert_eq!(raw.status().await.1, 0);
        assert_eq!(fs::read_to_string(&path).unwrap(), "0123");
        let owner_mode_times = [
            &id(2 | 4 | 8)[..],
            &id(7),
            &id(7),
            &id(0o777),
            &id(1000),
            &id(2000),
        ]
        .concat();
        raw.send(&packet(9, &[&id(2), &text(b"inbox/f"), &owner_mode_times]))
            .await;
        assert_eq!(raw.status().await.1, 0);
        let metadata = fs::metadata(&path).unwrap();
        let modified = metadata
            .modified()
            .unwrap()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        assert_eq!(modified.as_secs(), 2000);
        raw.send(&packet(17, &[&id(3), &text(b"inbox/f")])).await;
        let attrs = raw.packet().await.unwrap();
        assert_eq!(
            attrs[..17],
            [&[105][..], &id(3), &id(15), &4u64.to_be_bytes()].concat()
        );
        assert_eq!(attrs[25..29], id(0o100600));

        // A file being claimed keeps its size.
        let claim = fs::File::open(&path).unwrap();
        claim.lock().unwrap();
        raw.send(&packet(9, &[&id(4), &text(b"inbox/f"), &size(0)]))
            .await;
        let (_, code, sentence) = raw.status().await;
        assert!(
            code == 3 && sentence.contains("being taken in"),
            "{sentence}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "0123");
    });
}
