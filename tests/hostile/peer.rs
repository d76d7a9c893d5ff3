//! A client that sends what it is told, to either way into a party's root.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::common::raw::{Raw, id, packet, text};
use crate::service::{Service, most_memory};

/// How long an end may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One conversation with the server.
pub trait Peer {
    /// Sends bytes as they are. A server that has hung up does not hear them.
    fn send(&mut self, bytes: &[u8]);

    /// The next packet, from its type on; `None` when the server has hung up.
    fn packet(&mut self) -> Option<Vec<u8>>;

    /// Sends no more.
    fn end(&mut self);

    /// The most memory that the process for this client alone ever had, if it has one.
    fn most_memory(&self) -> Option<usize>;
}

/// How a client reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Over SSH to `padan serve`.
    Network,
    /// By the pipes of `padan sftp`.
    Pipes,
}

/// Where conversations are had.
pub struct Stage<'s> {
    pub service: &'s Service,
    pub runtime: &'s Runtime,
    pub way: Way,
}

impl<'s> Stage<'s> {
    /// A party's conversation that has not begun.
    pub fn silent(&self, party: &str) -> Box<dyn Peer + 's> {
        match self.way {
            Way::Network => {
                let (service, runtime) = (self.service, self.runtime);
                let key = service.key(party);
                let connecting = Raw::connect_to(service.address, party, &key, 2 << 20);
                let raw = runtime.block_on(connecting);
                Box::new(Network { runtime, raw })
            }
            Way::Pipes => {
                let mut child = self.service.subsystem(party);
                let input = child.stdin.take();
                Box::new(Pipes { child, input })
            }
        }
    }

    /// A party's conversation after INIT and VERSION.
    pub fn greeted(&self, party: &str) -> Box<dyn Peer + 's> {
        let mut peer = self.silent(party);
        peer.send(&packet(1, &[&id(3)]));
        let version = peer.packet().unwrap();
        assert_eq!(version[..5], [2, 0, 0, 0, 3]);
        peer
    }
}

struct Network<'s> {
    runtime: &'s Runtime,
    raw: Raw,
}

impl Peer for Network<'_> {
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.runtime.block_on(self.raw.channel.data(bytes));
    }

    fn packet(&mut self) -> Option<Vec<u8>> {
        self.runtime.block_on(self.raw.packet())
    }

    fn end(&mut self) {
        let _ = self.runtime.block_on(self.raw.channel.eof());
    }

    fn most_memory(&self) -> Option<usize> {
        None
    }
}

struct Pipes {
    child: Child,
    input: Option<ChildStdin>,
}

impl Peer for Pipes {
    fn send(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        let _ = input.write_all(bytes);
    }

    fn packet(&mut self) -> Option<Vec<u8>> {
        let output = self.child.stdout.as_mut().unwrap();
        let mut length = [0; 4];
        output.read_exact(&mut length).ok()?;
        let mut packet = vec![0; u32::from_be_bytes(length) as usize];
        output.read_exact(&mut packet).unwrap();
        Some(packet)
    }

    fn end(&mut self) {
        self.input = None;
    }

    fn most_memory(&self) -> Option<usize> {
        Some(most_memory(self.child.id()))
    }
}

impl Drop for Pipes {
    /// Goes away without a word, after which the process must end by itself.
    fn drop(&mut self) {
        self.input = None;
        self.child.stdout = None;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        assert!(thread::panicking(), "`padan sftp` does not end");
    }
}

/// The next packet, which must be a STATUS: request, code, sentence.
pub fn status(peer: &mut dyn Peer) -> (u32, u32, String) {
    status_in(&peer.packet().unwrap())
}

/// What a STATUS says.
pub fn status_in(packet: &[u8]) -> (u32, u32, String) {
    assert_eq!(packet[0], 101, "a status, not {packet:?}");
    let number = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().unwrap());
    let sentence = packet[13..13 + number(9) as usize].to_vec();
    (number(1), number(5), String::from_utf8(sentence).unwrap())
}

/// Opens a file and returns its handle.
pub fn open(peer: &mut dyn Peer, path: &str, flags: u32) -> Vec<u8> {
    let flags = flags.to_be_bytes();
    peer.send(&packet(
        3,
        &[&id(1), &text(path.as_bytes()), &flags, &[0; 4]],
    ));
    let answer = peer.packet().unwrap();
    assert_eq!(answer[0], 102, "a handle, not {answer:?}");
    answer[9..].to_vec()
}

/// That the conversation goes on: `/` is still `/`.
pub fn assert_goes_on(peer: &mut dyn Peer) {
    peer.send(&packet(16, &[&id(77), &text(b"inbox/..")]));
    let answer = peer.packet().unwrap();
    assert_eq!(answer[..9], [104, 0, 0, 0, 77, 0, 0, 0, 1], "{answer:?}");
    assert_eq!(answer[9..14], [0, 0, 0, 1, b'/']);
}

/// That the server hangs up, whatever it says before.
pub fn assert_hung_up(peer: &mut dyn Peer) {
    let mut said = 0;
    while peer.packet().is_some() {
        said += 1;
        assert!(said < 10_000, "it never ends");
    }
}
