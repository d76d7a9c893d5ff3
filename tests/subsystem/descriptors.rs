//! The conversation itself, over a pair of sockets.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use padan::sftp::{Attendant, Ended, Limits, Recorder, Rules, Visit, serve_stdio};
use tempfile::TempDir;

/// INIT, and an OPEN for reading of `/file`.
const INIT: [u8; 9] = [0, 0, 0, 5, 1, 0, 0, 0, 3];
const OPEN: &[u8] = b"\0\0\0\x16\x03\0\0\0\x01\0\0\0\x05/file\0\0\0\x01\0\0\0\0";

/// A folder that is served whole to the other end of a socket, for as long as the client is not idle.
fn served(idle: Duration) -> (TempDir, UnixStream, JoinHandle<Ended>) {
    served_within(Limits {
        idle,
        ..Limits::default()
    })
}

/// The same within any limits.
fn served_within(limits: Limits) -> (TempDir, UnixStream, JoinHandle<Ended>) {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("file"), vec![7; 255 * 1024]).unwrap();
    let visit = Visit {
        account: "bkn".to_owned(),
        root: dir.path().to_owned(),
        rules: Rules::Unrestricted,
        limits,
        peer: None,
        recorder: Recorder::default(),
        attendant: Attendant::default(),
    };
    let (ours, theirs) = UnixStream::pair().unwrap();
    let serving = thread::spawn(move || serve_stdio(&visit, &theirs, &theirs).unwrap());
    (dir, ours, serving)
}

/// A READ of the whole file.
fn read(number: u32) -> Vec<u8> {
    let mut packet = vec![0, 0, 0, 22, 5];
    packet.extend(number.to_be_bytes());
    packet.extend([0, 0, 0, 1, b'0']);
    packet.extend([0; 8]);
    packet.extend((255u32 * 1024).to_be_bytes());
    packet
}

#[test]
fn a_client_that_asks_for_nothing_is_let_go() {
    let (_dir, mut client, serving) = served(Duration::from_millis(50));
    client.write_all(&INIT).unwrap();
    assert_eq!(serving.join().unwrap(), Ended::Idle);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer[4..9], [2, 0, 0, 0, 3]);
}

#[test]
fn a_client_that_takes_no_answers_is_let_go() {
    let (_dir, mut client, serving) = served(Duration::from_millis(50));
    client.write_all(&INIT).unwrap();
    client.write_all(OPEN).unwrap();
    let asked: Vec<u8> = (0..1000).flat_map(read).collect();
    client.write_all(&asked).unwrap();
    assert_eq!(serving.join().unwrap(), Ended::Idle);
}

#[test]
fn answers_wait_for_a_slow_client_and_come_in_order() {
    let (_dir, mut client, serving) = served(Duration::from_secs(60));
    client.write_all(&INIT).unwrap();
    client.write_all(OPEN).unwrap();
    let asked: Vec<u8> = (0..200).flat_map(read).collect();
    client.write_all(&asked).unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut packet = || {
        let mut length = [0; 4];
        client.read_exact(&mut length).ok()?;
        let mut packet = vec![0; u32::from_be_bytes(length) as usize];
        client.read_exact(&mut packet).unwrap();
        Some(packet)
    };
    assert_eq!(packet().unwrap()[0], 2);
    assert_eq!(packet().unwrap()[0], 102);
    for number in 0..200u32 {
        let answer = packet().unwrap();
        assert_eq!(answer[..5], [&[103], &number.to_be_bytes()[..]].concat());
        assert!(answer[9..].iter().all(|byte| *byte == 7) && answer.len() == 9 + 255 * 1024);
    }
    assert_eq!(packet(), None);
    assert_eq!(serving.join().unwrap(), Ended::Left);
}

#[test]
fn a_client_that_asks_too_fast_waits() {
    let (_dir, mut client, serving) = served_within(Limits {
        requests_per_second: 1000,
        ..Limits::default()
    });
    let begun = Instant::now();
    let ask = [&[0, 0, 0, 9, 4][..], &[0; 8]].concat();
    // A second's worth at once, then half as many, then one that waits for its turn.
    client
        .write_all(&[&INIT[..], &ask.repeat(1500)].concat())
        .unwrap();
    let mut version = vec![0; u32::from_be_bytes(first(&mut client)) as usize];
    client.read_exact(&mut version).unwrap();
    let mut refused = 0;
    for request in 0..1501 {
        if request == 1500 {
            client.write_all(&ask).unwrap();
        }
        let mut answer = vec![0; u32::from_be_bytes(first(&mut client)) as usize];
        client.read_exact(&mut answer).unwrap();
        refused += u32::from(answer[0] == 101);
    }
    assert_eq!(refused, 1501);
    assert!(begun.elapsed() > Duration::from_millis(400));
    drop(client);
    assert_eq!(serving.join().unwrap(), Ended::Left);
}

/// Four bytes.
fn first(client: &mut UnixStream) -> [u8; 4] {
    let mut bytes = [0; 4];
    client.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_client_that_goes_in_the_middle_leaves_nothing_open() {
    let (dir, mut client, serving) = served(Duration::from_secs(60));
    client.write_all(&INIT).unwrap();
    // For writing.
    let mut open = OPEN.to_vec();
    open[21] = 2;
    client.write_all(&open).unwrap();
    let mut answers = [0; 4];
    client.read_exact(&mut answers).unwrap();
    client.write_all(&[0, 0, 0, 99, 6, 0]).unwrap();
    drop(client);
    assert_eq!(serving.join().unwrap(), Ended::Left);
    let file = fs::File::open(dir.path().join("file")).unwrap();
    file.try_lock().unwrap();
}

#[test]
fn the_descriptors_get_their_mode_back() {
    use rustix::fs::{OFlags, fcntl_getfl};
    let dir = TempDir::new().unwrap();
    let visit = Visit {
        account: "bkn".to_owned(),
        root: dir.path().to_owned(),
        rules: Rules::Unrestricted,
        limits: Limits::default(),
        peer: None,
        recorder: Recorder::default(),
        attendant: Attendant::default(),
    };
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    ours.write_all(b"garbage").unwrap();
    let ended = serve_stdio(&visit, &theirs, &theirs).unwrap();
    assert!(matches!(ended, Ended::Broken(_)), "{ended:?}");
    assert!(!fcntl_getfl(&theirs).unwrap().contains(OFlags::NONBLOCK));
}
