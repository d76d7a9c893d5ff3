//! Packets that no honest client sends: the same ones over the network and over pipes.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use crate::bystander::Bystander;
use crate::common::noise;
use crate::common::raw::{id, packet, read, text, write};
use crate::peer::{Peer, Stage, Way, assert_goes_on, assert_hung_up, open, status, status_in};
use crate::service::Service;

const MIB: usize = 1 << 20;
/// More than the service ever needs for what is sent here, and far less than any of it asks for.
const MOST_MEMORY: usize = 128 * MIB;
/// The same for one `padan sftp`.
const MOST_MEMORY_ALONE: usize = 64 * MIB;

const READ: u32 = 1;
const CREATE: u32 = 0x1a;
const NO_ATTRIBUTES: [u8; 4] = [0; 4];

const UNSUPPORTED: u32 = 8;
const BAD_MESSAGE: u32 = 5;

/// How long an end may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

type Case = fn(&Stage);

/// Each attack by its name. After each one everything else still goes on.
const CASES: &[(&str, Case)] = &[
    ("lengths that cannot be", lengths_that_cannot_be),
    ("packets cut short", packets_cut_short),
    ("garbage", garbage),
    ("requests before INIT", requests_before_init),
    ("a second INIT", a_second_init),
    ("unknown types", unknown_types),
    ("requests without a number", requests_without_a_number),
    ("forged handles", forged_handles),
    ("closed handles", closed_handles),
    ("handles of others", handles_of_others),
    ("handles of the other kind", handles_of_the_other_kind),
    ("paths that cannot be", paths_that_cannot_be),
    ("paths elsewhere", paths_elsewhere),
    (
        "offsets at the end of the world",
        offsets_at_the_end_of_the_world,
    ),
    (
        "fields longer than their packet",
        fields_longer_than_their_packet,
    ),
    ("attributes without end", attributes_without_end),
    (
        "packets of the greatest length",
        packets_of_the_greatest_length,
    ),
    ("a packet byte by byte", a_packet_byte_by_byte),
    ("many half packets", many_half_packets),
    ("opens without a close", opens_without_a_close),
    ("requests by the thousand", requests_by_the_thousand),
    ("work that nobody waits for", work_that_nobody_waits_for),
];

#[test]
fn the_network_server_survives_every_packet() {
    survives(Way::Network);
}

#[test]
fn the_subsystem_survives_every_packet() {
    survives(Way::Pipes);
}

fn survives(way: Way) {
    let mut service = Service::start();
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let bystander = Bystander::of(&service);
    for canary in ["data/canary", "data/parties/canary"] {
        fs::write(service.path(canary), "CANARY").unwrap();
    }
    for (name, case) in CASES {
        eprintln!("{way:?}: {name}");
        let stage = Stage {
            service: &service,
            runtime: &runtime,
            way,
        };
        case(&stage);
        let memory = service.most_memory();
        assert!(memory < MOST_MEMORY, "{name}: {} MiB", memory / MIB);
        service.assert_alive();
        bystander.assert_goes_on();
    }
    for canary in ["data/canary", "data/parties/canary"] {
        assert_eq!(fs::read(service.path(canary)).unwrap(), b"CANARY");
    }
    eprintln!("{way:?}: at most {} MiB", service.most_memory() / MIB);
    assert!(
        !service.log().contains("a mistake in padan itself"),
        "{}",
        service.log()
    );
    bystander.leave();
}

/// That the peer's own process, if it has one, took little.
fn assert_small(peer: &dyn Peer) {
    let memory = peer.most_memory().unwrap_or(0);
    assert!(memory < MOST_MEMORY_ALONE, "{} MiB", memory / MIB);
}

fn lengths_that_cannot_be(stage: &Stage) {
    for length in [0, 256 * 1024 + 1, 1 << 24, 1 << 31, u32::MAX - 4, u32::MAX] {
        let mut peer = stage.greeted("bkn");
        peer.send(&u32::to_be_bytes(length));
        peer.send(&[3; 64]);
        assert_hung_up(&mut *peer);
    }
}

fn packets_cut_short(stage: &Stage) {
    let whole = packet(
        3,
        &[
            &id(1),
            &text(b"inbox/cut"),
            &CREATE.to_be_bytes(),
            &NO_ATTRIBUTES,
        ],
    );
    for cut in 1..whole.len() {
        // All cuts by pipes would start a process for each.
        if stage.way == Way::Pipes && cut % 9 != 0 {
            continue;
        }
        let mut peer = stage.greeted("bkn");
        peer.send(&whole[..cut]);
        peer.end();
        assert_hung_up(&mut *peer);
    }
    assert!(!stage.service.root("bkn").join("inbox/cut").exists());
}

fn garbage(stage: &Stage) {
    for seed in 0..8 {
        let mut peer = stage.greeted("bkn");
        peer.send(&noise(64 * 1024, seed));
        peer.end();
        assert_hung_up(&mut *peer);
    }
}

fn requests_before_init(stage: &Stage) {
    for request in [
        packet(16, &[&id(1), &text(b".")]),
        read(1, b"0", 0, 1),
        write(1, b"0", 0, b"x"),
        packet(200, &[&id(1), &text(b"limits@openssh.com")]),
    ] {
        let mut peer = stage.silent("bkn");
        peer.send(&request);
        assert_eq!(peer.packet(), None);
    }
}

fn a_second_init(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    let handle = open(&mut *peer, "inbox/init", CREATE | READ);
    peer.send(&packet(1, &[&id(3)]));
    // A server may hang up, or say its version again; then nothing is lost.
    if let Some(version) = peer.packet() {
        assert_eq!(version[..5], [2, 0, 0, 0, 3]);
        peer.send(&write(5, &handle, 0, b"kept"));
        assert_eq!(status(&mut *peer).1, 0);
        assert_goes_on(&mut *peer);
    }
    for version in [0, 1, 6, u32::MAX] {
        let mut peer = stage.silent("bkn");
        peer.send(&packet(1, &[&id(version)]));
        if let Some(version) = peer.packet() {
            assert_eq!(version[..5], [2, 0, 0, 0, 3], "there is only version 3");
        }
    }
}

fn unknown_types(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    for kind in [0, 2].into_iter().chain(21..=199).chain(201..=255) {
        peer.send(&packet(kind, &[&id(u32::from(kind)), &noise(40, 1)]));
        let (number, code, _) = status(&mut *peer);
        assert_eq!(number, u32::from(kind));
        assert!(
            [UNSUPPORTED, BAD_MESSAGE].contains(&code),
            "type {kind}: {code}"
        );
    }
    assert_goes_on(&mut *peer);
}

fn requests_without_a_number(stage: &Stage) {
    for kind in [3, 4, 16, 200, 99] {
        let mut peer = stage.greeted("bkn");
        peer.send(&packet(kind, &[&[0, 0]]));
        assert_eq!(peer.packet(), None, "type {kind}");
    }
}

/// Every request that names a handle.
fn with_handle(handle: &[u8]) -> Vec<Vec<u8>> {
    let handle = text(handle);
    let extended = |name: &[u8]| packet(200, &[&id(9), &text(name), &handle]);
    let span = [0; 16];
    let copy = text(b"copy-data");
    vec![
        packet(4, &[&id(9), &handle]),
        packet(5, &[&id(9), &handle, &[0; 8], &id(100)]),
        packet(6, &[&id(9), &handle, &[0; 8], &text(b"forged")]),
        packet(8, &[&id(9), &handle]),
        packet(10, &[&id(9), &handle, &NO_ATTRIBUTES]),
        packet(
            10,
            &[&id(9), &handle, &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]],
        ),
        packet(12, &[&id(9), &handle]),
        extended(b"fsync@openssh.com"),
        extended(b"fstatvfs@openssh.com"),
        packet(200, &[&id(9), &copy, &handle, &span, &handle, &[0; 8]]),
        check(9, &handle),
    ]
}

/// A checksum of a whole file; the handle with its length.
fn check(number: u32, handle: &[u8]) -> Vec<u8> {
    let name = text(b"check-file-handle");
    packet(
        200,
        &[&id(number), &name, handle, &text(b"sha256"), &[0; 20]],
    )
}

/// That every request on a handle is refused and harms nothing.
fn assert_no_handle(peer: &mut dyn Peer, handle: &[u8]) {
    for request in with_handle(handle) {
        peer.send(&request);
        let (number, code, sentence) = status(peer);
        assert_eq!(number, 9);
        assert!(code > 1, "{handle:?}: {code} {sentence}");
    }
}

fn forged_handles(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    for handle in [
        &b""[..],
        b"0",
        b"1",
        b"-1",
        b"+0",
        b"4294967295",
        b"4294967296",
        b"99999999999999999999999999",
        b"0x0",
        b"0\0",
        b"\xff\xfe",
        b"../../etc/passwd",
        &[b'0'; 256],
    ] {
        assert_no_handle(&mut *peer, handle);
    }
    // Too long for a WRITE to be one; elsewhere only unknown.
    peer.send(&packet(4, &[&id(1), &text(&[b'0'; 5000])]));
    assert!(status(&mut *peer).1 > 1);
    assert_goes_on(&mut *peer);
    peer.send(&write(1, &[b'0'; 5000], 0, b"x"));
    assert_eq!(peer.packet(), None);
}

fn closed_handles(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    let handle = open(&mut *peer, "inbox/closed", CREATE | READ);
    peer.send(&write(1, &handle, 0, b"content"));
    assert_eq!(status(&mut *peer).1, 0);
    peer.send(&packet(4, &[&id(2), &text(&handle)]));
    assert_eq!(status(&mut *peer).1, 0);
    assert_no_handle(&mut *peer, &handle);
    // The next one is another one.
    let next = open(&mut *peer, "inbox/closed", READ);
    assert_ne!(next, handle);
    assert_no_handle(&mut *peer, &handle);
    let path = stage.service.root("bkn").join("inbox/closed");
    assert_eq!(fs::read(path).unwrap(), b"content");
    assert_goes_on(&mut *peer);
}

fn handles_of_others(stage: &Stage) {
    let mut owner = stage.greeted("bkn");
    let handle = open(&mut *owner, "inbox/owned", CREATE | READ);
    owner.send(&write(1, &handle, 0, b"owned"));
    assert_eq!(status(&mut *owner).1, 0);
    for party in ["bkn", "bpjs"] {
        let mut thief = stage.greeted(party);
        assert_no_handle(&mut *thief, &handle);
        assert_goes_on(&mut *thief);
    }
    owner.send(&read(2, &handle, 0, 100));
    let answer = owner.packet().unwrap();
    assert!(answer.ends_with(b"\0\0\0\x05owned"), "{answer:?}");
}

fn handles_of_the_other_kind(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    peer.send(&packet(11, &[&id(1), &text(b"/inbox")]));
    let folder = peer.packet().unwrap()[9..].to_vec();
    for request in with_handle(&folder) {
        // Closing and listing it are fine.
        if [4, 12].contains(&request[4]) {
            continue;
        }
        peer.send(&request);
        assert!(status(&mut *peer).1 > 1);
    }
    let file = open(&mut *peer, "inbox/file", CREATE);
    peer.send(&packet(12, &[&id(1), &text(&file)]));
    assert!(status(&mut *peer).1 > 1);
    // Not for reading.
    peer.send(&read(1, &file, 0, 1));
    assert!(status(&mut *peer).1 > 1);
    let file = open(&mut *peer, "inbox/file", READ);
    peer.send(&write(1, &file, 0, b"x"));
    assert!(status(&mut *peer).1 > 1);
    assert_goes_on(&mut *peer);
}

/// Every request that names a path, but REALPATH.
fn with_path(path: &[u8]) -> Vec<Vec<u8>> {
    let path = text(path);
    let mine = text(b"inbox/mine");
    let times = [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 1];
    let size = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let extended =
        |name: &[u8], rest: &[&[u8]]| packet(200, &[&[&id(9)[..], &text(name)], rest].concat());
    let open = |flags: u32| packet(3, &[&id(9), &path, &flags.to_be_bytes(), &NO_ATTRIBUTES]);
    vec![
        open(READ),
        open(CREATE),
        open(0x2a),
        open(6),
        packet(7, &[&id(9), &path]),
        packet(9, &[&id(9), &path, &times]),
        packet(9, &[&id(9), &path, &size]),
        packet(11, &[&id(9), &path]),
        packet(13, &[&id(9), &path]),
        packet(14, &[&id(9), &path, &NO_ATTRIBUTES]),
        packet(15, &[&id(9), &path]),
        packet(17, &[&id(9), &path]),
        packet(18, &[&id(9), &path, &mine]),
        packet(18, &[&id(9), &mine, &path]),
        packet(19, &[&id(9), &path]),
        packet(20, &[&id(9), &path, &mine]),
        packet(20, &[&id(9), &mine, &path]),
        extended(b"posix-rename@openssh.com", &[&path, &mine]),
        extended(b"posix-rename@openssh.com", &[&mine, &path]),
        extended(b"hardlink@openssh.com", &[&path, &mine]),
        extended(b"statvfs@openssh.com", &[&path]),
        extended(b"lsetstat@openssh.com", &[&path, &size]),
        extended(b"check-file-name", &[&path, &text(b"sha256"), &[0; 20]]),
    ]
}

/// That nothing can be done with a path.
fn assert_no_path(peer: &mut dyn Peer, path: &[u8]) {
    for request in with_path(path) {
        peer.send(&request);
        let (number, code, sentence) = status(peer);
        assert_eq!(number, 9);
        let shown = String::from_utf8_lossy(&path[..path.len().min(60)]);
        assert!(code > 1, "type {} {shown}: {code} {sentence}", request[4]);
        // Nothing of the server's own paths.
        assert!(!sentence.contains("parties"), "{sentence}");
    }
}

fn paths_that_cannot_be(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    drop(open(&mut *peer, "inbox/mine", CREATE));
    let deep = b"a/".repeat(2500);
    let up = b"../".repeat(2000);
    for path in [
        &b"inbox/a\0b"[..],
        b"\0",
        b"inbox/mine\0",
        b"inbox/\xff\xfe",
        b"\xc0\xae\xc0\xae/etc/passwd",
        &[b'n'; 5000],
        &[b"inbox/", &[b'n'; 5000][..]].concat(),
        &[b"inbox/", &[b'n'; 256][..]].concat(),
        &[b"inbox/", &deep[..]].concat(),
        &[&up[..], b"etc/passwd"].concat(),
    ] {
        assert_no_path(&mut *peer, path);
        peer.send(&packet(16, &[&id(9), &text(path)]));
        assert!(status(&mut *peer).1 > 1);
    }
    assert_goes_on(&mut *peer);
    assert_small(&*peer);
}

fn paths_elsewhere(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    drop(open(&mut *peer, "inbox/mine", CREATE));
    for path in [
        "/etc/passwd",
        "//etc//passwd",
        "../../../../../etc/passwd",
        "/../canary",
        "../canary",
        "inbox/../../canary",
        "inbox/../../../canary",
        "outbox/./../../canary",
        "../bpjs/inbox",
        "/parties/bpjs/inbox/round",
        "../../ledger.db",
        "/proc/self/environ",
        "/dev/null",
        "STATUS.txt/..x",
        "inbox\\..\\..\\canary",
        "~/canary",
        "~root",
        " ",
        "...",
    ] {
        assert_no_path(&mut *peer, path.as_bytes());
        peer.send(&packet(16, &[&id(9), &text(path.as_bytes())]));
        let answer = peer.packet().unwrap();
        // No name of a path leads out, so none is shown with a way up in it.
        let shown = String::from_utf8_lossy(&answer[13..]);
        assert!(
            answer[0] == 104 && !shown.split('/').any(|part| part == ".."),
            "{path}: {shown}"
        );
    }
    assert_goes_on(&mut *peer);
}

fn offsets_at_the_end_of_the_world(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    let handle = open(&mut *peer, "inbox/offsets", CREATE | READ);
    peer.send(&write(1, &handle, 0, b"0123456789"));
    assert_eq!(status(&mut *peer).1, 0);
    for offset in [
        1 << 63,
        (1 << 63) - 1,
        u64::MAX,
        u64::MAX - 1,
        i64::MAX as u64 - 4,
    ] {
        for len in [0, 1, 32 * 1024, u32::MAX] {
            peer.send(&read(2, &handle, offset, len));
            let answer = peer.packet().unwrap();
            assert!(answer[0] == 101 || len == 0, "nothing is there: {answer:?}");
        }
        peer.send(&write(3, &handle, offset, b"beyond"));
        assert!(status(&mut *peer).1 > 1, "a WRITE at {offset}");
        let size = [&[0, 0, 0, 1][..], &offset.to_be_bytes()].concat();
        if offset > i64::MAX as u64 {
            peer.send(&packet(10, &[&id(4), &text(&handle), &size]));
            assert!(status(&mut *peer).1 > 1, "a size of {offset}");
            peer.send(&packet(9, &[&id(4), &text(b"inbox/offsets"), &size]));
            assert!(status(&mut *peer).1 > 1, "a size of {offset}");
        }
    }
    // As much as asked for is never given.
    peer.send(&read(5, &handle, 0, u32::MAX));
    assert!(peer.packet().unwrap().ends_with(b"\0\0\0\x0a0123456789"));
    let path = stage.service.root("bkn").join("inbox/offsets");
    assert_eq!(fs::read(path).unwrap(), b"0123456789");
    assert_goes_on(&mut *peer);
    assert_small(&*peer);
}

fn fields_longer_than_their_packet(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    for kind in [
        3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 200,
    ] {
        for length in [5, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            peer.send(&packet(kind, &[&id(6), &u32::to_be_bytes(length), b"abcd"]));
            let (number, code, _) = status(&mut *peer);
            assert_eq!(number, 6);
            // A link is refused unread.
            let expected = if kind == 20 { UNSUPPORTED } else { BAD_MESSAGE };
            assert_eq!(code, expected, "type {kind}, {length}");
        }
    }
    assert_goes_on(&mut *peer);
    assert_small(&*peer);
    for torn in [
        packet(5, &[&id(1), &[0xff; 4], b"abcd"]),
        packet(5, &[&id(1), &text(b"0"), &[0; 4]]),
        packet(6, &[&id(1), &[0xff; 4], b"abcd"]),
        packet(6, &[&id(1), &text(b"0"), &[0; 8], &[0xff; 4], b"abcd"]),
        packet(6, &[&id(1), &text(b"0"), &[0; 8], &[0, 0, 0, 5], b"abcd"]),
    ] {
        let mut peer = stage.greeted("bkn");
        peer.send(&torn);
        assert_hung_up(&mut *peer);
    }
}

fn attributes_without_end(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    let endless = [&[0x80, 0, 0, 0][..], &[0xff; 4]].concat();
    let some = [&endless[..], &text(b"name"), &text(b"value")].concat();
    let long = [&endless[..], &[0xff; 4], b"name"].concat();
    let all = [&[0xff; 4][..], &[0xff; 64]].concat();
    for attributes in [&endless, &some, &long, &all] {
        let path = text(b"inbox/endless");
        for request in [
            packet(3, &[&id(7), &path, &CREATE.to_be_bytes(), attributes]),
            packet(9, &[&id(7), &path, attributes]),
            packet(10, &[&id(7), &text(b"0"), attributes]),
            packet(14, &[&id(7), &path, attributes]),
            packet(
                200,
                &[&id(7), &text(b"lsetstat@openssh.com"), &path, attributes],
            ),
        ] {
            peer.send(&request);
            let answer = peer.packet().unwrap();
            assert!([101, 102].contains(&answer[0]), "{answer:?}");
            assert_eq!(answer[1..5], id(7));
        }
    }
    assert_goes_on(&mut *peer);
    assert_small(&*peer);
}

fn packets_of_the_greatest_length(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    let rest = 256 * 1024 - 9;
    for kind in [7, 13, 16, 17, 19] {
        peer.send(&packet(kind, &[&id(8), &text(&vec![b'x'; rest])]));
        assert!(status(&mut *peer).1 > 1);
    }
    let name = b"nonsense@example.org";
    let data = vec![0xee; rest - name.len() - 4];
    for _ in 0..20 {
        peer.send(&packet(200, &[&id(8), &text(name), &text(&data)]));
        assert_eq!(status(&mut *peer).1, UNSUPPORTED);
    }
    // Nothing but slashes, or ways up.
    for path in [
        b"/".repeat(rest),
        b"../".repeat(rest / 3),
        b"a/../".repeat(rest / 5),
    ] {
        peer.send(&packet(17, &[&id(8), &text(&path)]));
        assert!(status(&mut *peer).1 > 1);
    }
    assert_goes_on(&mut *peer);
    assert_small(&*peer);
}

fn a_packet_byte_by_byte(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    let handle = open(&mut *peer, "inbox/dribble", CREATE | READ);
    let requests = [
        packet(16, &[&id(1), &text(b"inbox/./x")]),
        write(2, &handle, 3, b"dribbled"),
        read(3, &handle, 3, 8),
    ];
    for byte in requests.concat() {
        peer.send(&[byte]);
    }
    assert!(peer.packet().unwrap().starts_with(&[104, 0, 0, 0, 1]));
    assert_eq!(status(&mut *peer).1, 0);
    assert!(peer.packet().unwrap().ends_with(b"dribbled"));
}

fn many_half_packets(stage: &Stage) {
    let count = if stage.way == Way::Network { 32 } else { 4 };
    let mut peers: Vec<_> = (0..count).map(|_| stage.greeted("bkn")).collect();
    for peer in &mut peers {
        peer.send(&(256u32 * 1024).to_be_bytes());
        peer.send(&vec![16; 250 * 1024]);
    }
    for peer in &mut peers {
        assert_small(&**peer);
        peer.end();
        assert_hung_up(&mut **peer);
    }
}

fn opens_without_a_close(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    drop(open(&mut *peer, "inbox/many", CREATE));
    let (mut opened, mut refused) = (1, 0);
    let request = packet(
        3,
        &[
            &id(3),
            &text(b"inbox/many"),
            &READ.to_be_bytes(),
            &NO_ATTRIBUTES,
        ],
    );
    let folder = packet(11, &[&id(3), &text(b"inbox")]);
    let batch = [&request[..], &folder[..]].concat().repeat(250);
    for _ in 0..200 {
        peer.send(&batch);
        for _ in 0..500 {
            let answer = peer.packet().unwrap();
            if answer[0] == 102 {
                opened += 1;
            } else {
                let (_, code, sentence) = status_in(&answer);
                assert!(
                    code > 1 && sentence.contains("too many files"),
                    "{code} {sentence}"
                );
                refused += 1;
            }
        }
    }
    assert_eq!(opened + refused, 100_001);
    assert!((1..=1024).contains(&opened), "{opened} files are open");
    assert_goes_on(&mut *peer);
    assert_small(&*peer);
    // What was open is let go with the conversation: another one has all its places.
    drop(peer);
    let mut next = stage.greeted("bkn");
    for _ in 1..opened {
        open(&mut *next, "inbox/many", READ);
    }
}

fn requests_by_the_thousand(stage: &Stage) {
    let mut peer = stage.greeted("bkn");
    for round in 0..20 {
        let requests: Vec<u8> = (0..1000)
            .flat_map(|n| packet(17, &[&id(round * 1000 + n), &text(b"/inbox/none")]))
            .collect();
        peer.send(&requests);
        for n in 0..1000 {
            assert_eq!(status(&mut *peer).0, round * 1000 + n);
        }
    }
    assert_goes_on(&mut *peer);
    assert_small(&*peer);
}

fn work_that_nobody_waits_for(stage: &Stage) {
    let path = stage.service.root("bkn").join("inbox/holes");
    let claim = |name: &str| fs::File::open(path.with_file_name(name)).unwrap();
    let mut peers: Vec<_> = (0..3).map(|_| stage.greeted("bkn")).collect();
    for (number, peer) in peers.iter_mut().enumerate() {
        let handle = open(&mut **peer, &format!("inbox/holes{number}"), CREATE | READ);
        let size = [&[0, 0, 0, 1][..], &(50u64 << 30).to_be_bytes()].concat();
        peer.send(&packet(10, &[&id(1), &text(&handle), &size]));
        assert_eq!(status(&mut **peer).1, 0);
        // Minutes of work, several times.
        for request in 0..20 {
            peer.send(&check(request, &text(&handle)));
        }
        assert!(
            claim(&format!("holes{number}")).try_lock().is_err(),
            "it is open"
        );
    }
    drop(peers);
    for number in 0..3 {
        let file = claim(&format!("holes{number}"));
        let begun = Instant::now();
        while file.try_lock().is_err() {
            assert!(begun.elapsed() < PATIENCE, "it is still worked on");
            thread::sleep(Duration::from_millis(5));
        }
        fs::remove_file(path.with_file_name(format!("holes{number}"))).unwrap();
    }
}
