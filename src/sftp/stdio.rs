//! SFTP over two file descriptors, as sshd gives them to a subsystem or a forced command: one client, one thread.
//!
//! Codec, engine and jail are those of the embedded server. Requests are carried out in the order they come; while the
//! client does not take its answers, no more requests are read, so neither side of the memory grows.

use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use crate::fault::Fault;
use crate::sftp::attendant::{Attendant, Attention};
use crate::sftp::event::{Actor, Recorder, What};
use crate::sftp::limits::Limits;
use crate::sftp::requests::codec::{Decoder, Item, Violation};
use crate::sftp::requests::engine::Engine;
use crate::sftp::root::jail::Jail;
use crate::sftp::ssh::pace::Pace;

/// Requests are read in pieces of at most this size.
const READ: usize = 256 * 1024;
/// Answers are sent when there are about as many bytes of them.
const PIECE: usize = 64 * 1024;

/// One client that another SSH server has let in.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The party's id; the owner that listings show.
    pub account: String,
    /// The folder that is served. It must exist, with the folders that the rules ask for.
    pub root: PathBuf,
    /// What the client may do there.
    pub rules: Rules,
    /// Bounds on what it may use.
    pub limits: Limits,
    /// Where it connects from, if the SSH server has told.
    pub peer: Option<IpAddr>,
    /// Who hears of what it does.
    pub recorder: Recorder,
    /// Who says what its files are worth.
    pub attendant: Attendant,
}

/// What a client may do in the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// Those of a party's root: `inbox/` takes deliveries, the rest is read only.
    Party,
    /// None but that nothing outside the root can be reached: for protocol suites.
    Unrestricted,
}

/// How a conversation ended without trouble of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The client is gone.
    Left,
    /// It asked for nothing, or did not take its answers, for as long as the limits allow.
    Idle,
    /// It does not speak the protocol; why, as a few words.
    Broken(&'static str),
}

/// Serves one client until it leaves. Both descriptors are made non-blocking for as long.
///
/// # Errors
/// The root cannot be opened, or the descriptors cannot be used.
pub fn serve_stdio(visit: &Visit, input: impl AsFd, output: impl AsFd) -> Result<Ended, Fault> {
    let open = match visit.rules {
        Rules::Party => Jail::open,
        Rules::Unrestricted => Jail::open_whole,
    };
    let jail =
        open(&visit.root, &visit.limits).map_err(Fault::io("open the folder", &visit.root))?;
    let actor = Actor::new(
        visit.account.clone(),
        visit.peer,
        None,
        visit.recorder.clone(),
    );
    let begun = Instant::now();
    actor.tell(What::Login { fingerprint: None });
    let attention = Attention::of(visit.attendant.clone());
    let engine = Engine::new(jail, actor.clone(), &visit.limits).attended(attention);
    let wire = Wire::over(input.as_fd(), output.as_fd(), visit.limits.idle);
    let pace = Pace::new(visit.limits.requests_per_second, begun);
    let ended = match wire.and_then(|wire| converse(engine, &wire, &pace)) {
        Ok(()) => Ok(Ended::Left),
        Err(Stop::Ended(ended)) => Ok(ended),
        Err(Stop::Trouble(error)) => Err(Fault::Network {
            doing: "speak SFTP on standard input and output",
            problem: error.to_string(),
        }),
    };
    match ended {
        Ok(Ended::Idle) => actor.tell(What::TurnedAway { reason: "idle" }),
        Ok(Ended::Broken(reason)) => actor.tell(What::TurnedAway { reason }),
        Ok(Ended::Left) | Err(_) => {}
    }
    let duration = begun.elapsed();
    actor.tell(What::Ended { duration });
    ended
}

/// Carries out requests until the client has sent its last byte.
fn converse(mut engine: Engine, wire: &Wire<'_>, pace: &Pace) -> Result<(), Stop> {
    let mut decoder = Decoder::default();
    let mut buffer = vec![0; READ];
    let mut answers = Vec::new();
    loop {
        let mut requests = wire.receive(&mut buffer)?;
        if requests.is_empty() {
            return Ok(());
        }
        let mut asked = 0;
        while let Some(item) = decoder.next(&mut requests)? {
            asked += u32::from(!matches!(item, Item::WriteData(_) | Item::WriteEnd));
            engine.handle(item, &mut answers)?;
            while engine.is_busy() {
                wire.still_there()?;
                if let Some(work) = engine.take_work() {
                    engine.give_back(work.slice(), &mut answers);
                }
            }
            if answers.len() >= PIECE {
                wire.send(&answers)?;
                answers.clear();
            }
        }
        wire.send(&answers)?;
        answers.clear();
        thread::sleep(pace.spend(asked, Instant::now()));
    }
}

/// Why a conversation stops before the client's last byte.
enum Stop {
    Ended(Ended),
    Trouble(Errno),
}

impl From<Violation> for Stop {
    fn from(Violation(reason): Violation) -> Self {
        Self::Ended(Ended::Broken(reason))
    }
}

impl From<Errno> for Stop {
    fn from(error: Errno) -> Self {
        match error {
            Errno::PIPE | Errno::CONNRESET => Self::Ended(Ended::Left),
            error => Self::Trouble(error),
        }
    }
}

/// The two descriptors, made non-blocking so that neither is waited for longer than the client may be idle.
struct Wire<'f> {
    // Dropped in the reverse of their making: both may be the same socket.
    output: Unblocked<'f>,
    input: Unblocked<'f>,
    patience: Timespec,
}

impl<'f> Wire<'f> {
    fn over(input: BorrowedFd<'f>, output: BorrowedFd<'f>, idle: Duration) -> Result<Self, Stop> {
        Ok(Self {
            input: Unblocked::new(input)?,
            output: Unblocked::new(output)?,
            patience: Timespec::try_from(idle).map_err(|_| Errno::INVAL)?,
        })
    }

    /// The next bytes; none at the end of the input.
    fn receive<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], Stop> {
        loop {
            match rustix::io::read(self.input.file, &mut *buffer) {
                Ok(count) => return Ok(buffer.get(..count).unwrap_or_default()),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(&self.input, PollFlags::IN)?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends all of it.
    fn send(&self, mut bytes: &[u8]) -> Result<(), Stop> {
        while !bytes.is_empty() {
            match rustix::io::write(self.output.file, bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(&self.output, PollFlags::OUT)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Fails when nobody is left who could take an answer.
    fn still_there(&self) -> Result<(), Stop> {
        let mut output = [PollFd::from_borrowed_fd(
            self.output.file,
            PollFlags::empty(),
        )];
        match poll(&mut output, Some(&Timespec::default())) {
            Ok(1..) => Err(Stop::Ended(Ended::Left)),
            Ok(0) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until the descriptor is ready or has failed, which the next call on it tells.
    fn wait(&self, on: &Unblocked<'_>, ready: PollFlags) -> Result<(), Stop> {
        match poll(
            &mut [PollFd::from_borrowed_fd(on.file, ready)],
            Some(&self.patience),
        ) {
            Ok(0) => Err(Stop::Ended(Ended::Idle)),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A descriptor in non-blocking mode. The mode is shared with whoever else holds it, so it is put back at the end.
struct Unblocked<'f> {
    file: BorrowedFd<'f>,
    before: OFlags,
}

impl<'f> Unblocked<'f> {
    fn new(file: BorrowedFd<'f>) -> Result<Self, Errno> {
        let before = fcntl_getfl(file)?;
        fcntl_setfl(file, before | OFlags::NONBLOCK)?;
        Ok(Self { file, before })
    }
}

impl Drop for Unblocked<'_> {
    fn drop(&mut self) {
        // A descriptor that is gone needs no mode.
        let _ = fcntl_setfl(self.file, self.before);
    }
}
