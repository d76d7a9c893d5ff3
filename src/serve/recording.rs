//! Writes what happens at the door into the ledger.
//!
//! The door never waits for the ledger: its events go into a queue with an end, and a thread writes them in batches.
//! Events beyond what one account may cause in an hour, each kind for itself, do not get into the queue, so that they
//! displace nothing. They, and what finds no room in it, are only counted, and the record says how many.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::fault::Fault;
use crate::layout::Layout;
use crate::ledger::{DoorEvent, Ledger, SqliteLedger};
use crate::sftp::{Event, Recorder, What};

/// Events that may wait to be written.
const QUEUE: usize = 16_384;
/// Events in one transaction.
const BATCH: usize = 512;
/// After the first event of a batch others are waited for: a commit goes to the disk, which uploads need, too.
const GATHER: Duration = Duration::from_millis(500);
/// Between two records of how many events are missing.
const ADMIT: Duration = Duration::from_secs(60);
/// Events of one kind that one account may cause within [`SPAN`], so that nobody fills the ledger: a party with
/// thousands of files on the move is well below.
const MOST_OF_ACCOUNT: u64 = 10_000;
/// The same of each kind that moves no file: it costs a client next to nothing.
const MOST_OF_CHEAP: u64 = 500;
/// Events of all kinds together by all who have not logged in.
const MOST_OF_STRANGERS: u64 = 500;
const SPAN: Duration = Duration::from_secs(3_600);

/// The thread that writes. [`Recording::finish`] ends it; without that it ends with the process.
pub struct Recording {
    queue: SyncSender<Message>,
    writer: JoinHandle<()>,
}

enum Message {
    Event(Box<Event>),
    Finish,
}

impl Recording {
    /// Opens the ledger of a data folder and starts to record into it; the [`Recorder`] is for the door of this process.
    ///
    /// # Errors
    /// The ledger cannot be opened, or the system gives no thread.
    pub fn start(layout: &Layout, runtime: Handle) -> Result<(Self, Recorder), Fault> {
        let ledger = SqliteLedger::open(&layout.ledger(), runtime)?;
        let (queue, waiting) = sync_channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let writer = Writer {
            ledger,
            waiting,
            lost: Arc::clone(&lost),
            admitted: None,
        };
        let writer = thread::Builder::new()
            .name("record".into())
            .spawn(move || writer.run())
            .map_err(|e| Fault::Network {
                doing: "start the record of events",
                problem: e.to_string(),
            })?;
        let door = queue.clone();
        let budget = Mutex::new(Budget::new(Instant::now()));
        let recorder = Recorder::new(move |event| {
            let allowed = budget
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .allows(&event, Instant::now());
            if !allowed || door.try_send(Message::Event(Box::new(event))).is_err() {
                lost.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok((Self { queue, writer }, recorder))
    }

    /// Writes everything that waits, and ends.
    pub fn finish(self) {
        // It waits for room; the writer is gone only after a panic, which is in the log.
        let _ = self.queue.send(Message::Finish);
        let _ = self.writer.join();
    }
}

struct Writer {
    ledger: SqliteLedger,
    waiting: Receiver<Message>,
    /// Events that are in the log alone, and of which the record has to tell the number.
    lost: Arc<AtomicU64>,
    /// When the record last told how many are missing.
    admitted: Option<Instant>,
}

impl Writer {
    fn run(mut self) {
        let mut more = true;
        while more {
            let mut batch = Vec::new();
            more = self.gather(&mut batch);
            self.write(batch, !more);
        }
    }

    /// Takes a batch; false when there will be no other.
    fn gather(&mut self, batch: &mut Vec<DoorEvent>) -> bool {
        let mut message = self.waiting.recv_timeout(ADMIT);
        let until = Instant::now() + GATHER;
        loop {
            match message {
                Ok(Message::Event(event)) => batch.push(record(&event)),
                Ok(Message::Finish) | Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => return true,
            }
            if batch.len() >= BATCH {
                return true;
            }
            message = self
                .waiting
                .recv_timeout(until.saturating_duration_since(Instant::now()));
        }
    }

    fn write(&mut self, mut batch: Vec<DoorEvent>, last: bool) {
        let events = batch.len() as u64;
        let now = Instant::now();
        let due = last
            || self
                .admitted
                .is_none_or(|at| now.duration_since(at) >= ADMIT);
        let lost = if due {
            self.lost.swap(0, Ordering::Relaxed)
        } else {
            0
        };
        if lost > 0 {
            self.admitted = Some(now);
            batch.push(unrecorded(lost));
        }
        if batch.is_empty() {
            return;
        }
        if let Err(fault) = self.ledger.at_door(&batch) {
            tracing::error!(%fault, "what happened at the door is in the log alone");
            self.lost.fetch_add(lost + events, Ordering::Relaxed);
        }
    }
}

/// What each account has caused since the span began, by the kind of the event.
struct Budget {
    since: Instant,
    spent: HashMap<(String, &'static str), u64>,
    by_strangers: u64,
}

impl Budget {
    fn new(now: Instant) -> Self {
        Self {
            since: now,
            spent: HashMap::new(),
            by_strangers: 0,
        }
    }

    fn allows(&mut self, event: &Event, now: Instant) -> bool {
        if now.duration_since(self.since) >= SPAN {
            *self = Self::new(now);
        }
        // Whoever has not logged in is a stranger, whatever name it used.
        let (spent, most) = match &event.account {
            Some(account) if !event.is_by_stranger() => {
                let kind = (account.clone(), event.facts().event);
                (self.spent.entry(kind).or_default(), most(&event.what))
            }
            _ => (&mut self.by_strangers, MOST_OF_STRANGERS),
        };
        *spent += 1;
        *spent <= most
    }
}

fn most(what: &What) -> u64 {
    match what {
        What::Denied { .. }
        | What::DeniedMore { .. }
        | What::FolderMade { .. }
        | What::FolderRemoved { .. } => MOST_OF_CHEAP,
        _ => MOST_OF_ACCOUNT,
    }
}

fn record(event: &Event) -> DoorEvent {
    let facts = event.facts();
    DoorEvent {
        at: event.at,
        event: facts.event.to_owned(),
        party: facts.account.and_then(|account| account.parse().ok()),
        peer: facts.peer,
        client: facts.client.map(str::to_owned),
        key: facts.key.map(str::to_owned),
        action: facts.action.map(str::to_owned),
        file: facts.file.map(str::to_owned),
        to: facts.to.map(str::to_owned),
        bytes: facts.bytes,
        sha256: facts.sha256.and_then(|digest| digest.parse().ok()),
        ms: facts.ms,
        reason: match facts.untold {
            Some(untold) => Some(format!("{untold} more")),
            None => facts.reason.map(str::to_owned),
        },
    }
}

fn unrecorded(count: u64) -> DoorEvent {
    DoorEvent {
        at: Timestamp::now(),
        event: "unrecorded".to_owned(),
        party: None,
        peer: None,
        client: None,
        key: None,
        action: None,
        file: None,
        to: None,
        bytes: None,
        sha256: None,
        ms: None,
        reason: Some(format!(
            "{count} events were not recorded; the log has them"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use jiff::Timestamp;
    use tempfile::TempDir;
    use tokio::runtime::Runtime;

    use super::{MOST_OF_ACCOUNT, MOST_OF_CHEAP, MOST_OF_STRANGERS, Recording};
    use crate::layout::Layout;
    use crate::ledger::{DoorEvent, Ledger, SqliteLedger};
    use crate::sftp::{Event, What};

    /// What the ledger holds after these events and the end of the recording, oldest first.
    fn recorded(events: impl IntoIterator<Item = Event>) -> Vec<DoorEvent> {
        let folder = TempDir::new().unwrap();
        let runtime = Runtime::new().unwrap();
        let layout = Layout::new(folder.path());
        let (recording, recorder) = Recording::start(&layout, runtime.handle().clone()).unwrap();
        for event in events {
            recorder.tell(event);
        }
        recording.finish();
        let ledger = SqliteLedger::open(&layout.ledger(), runtime.handle().clone()).unwrap();
        let mut found = ledger.door_events(None, Timestamp::MIN, u32::MAX).unwrap();
        found.reverse();
        found
    }

    fn event(account: Option<&str>, what: What) -> Event {
        Event {
            at: Timestamp::now(),
            account: account.map(str::to_owned),
            peer: Some(IpAddr::from([192, 0, 2, 7])),
            client: Some("OpenSSH_10.0".to_owned()),
            what,
        }
    }

    fn missing(events: &[DoorEvent]) -> u64 {
        let counts = events.iter().filter(|event| event.event == "unrecorded");
        counts
            .map(|event| {
                let reason = event.reason.as_deref().unwrap();
                reason.split_once(' ').unwrap().0.parse::<u64>().unwrap()
            })
            .sum()
    }

    #[test]
    fn what_waits_at_the_end_is_written_whole() {
        let told = event(
            Some("bkn"),
            What::Upload {
                file: "inbox/(masked 3).csv".to_owned(),
                bytes: 7,
                sha256: Some("ab".repeat(32)),
                duration: Duration::from_millis(1_250),
            },
        );
        let expected = DoorEvent {
            at: told.at,
            event: "upload".to_owned(),
            party: Some("bkn".parse().unwrap()),
            peer: told.peer,
            client: told.client.clone(),
            key: None,
            action: None,
            file: Some("inbox/(masked 3).csv".to_owned()),
            to: None,
            bytes: Some(7),
            sha256: Some("ab".repeat(32).parse().unwrap()),
            ms: Some(1_250),
            reason: None,
        };
        assert_eq!(recorded([told]), [expected]);
    }

    #[test]
    fn what_is_not_recorded_is_counted() {
        let removed = || What::Removed {
            file: String::new(),
        };
        let sent = MOST_OF_ACCOUNT * 2;
        let events = recorded((0..sent).map(|_| event(Some("bkn"), removed())));
        let written = events.iter().filter(|e| e.event == "removed").count() as u64;
        assert!(written <= MOST_OF_ACCOUNT, "{written}");
        assert_eq!(written + missing(&events), sent);
    }

    #[test]
    fn denials_and_folders_displace_nothing() {
        let denied = || What::Denied {
            action: "open",
            file: None,
            reason: "no",
        };
        let made = || What::FolderMade {
            folder: String::new(),
        };
        let removed = || What::Removed {
            file: String::new(),
        };
        // More of each than the queue holds, faster than anything is written.
        let sent = 20_000;
        let flood = (0..sent).flat_map(|_| [denied(), made()]);
        let after = (0..MOST_OF_CHEAP * 2).map(|_| removed());
        let events = recorded(flood.chain(after).map(|what| event(Some("bkn"), what)));
        let of = |word: &str| events.iter().filter(|e| e.event == word).count() as u64;
        assert_eq!(of("denied"), MOST_OF_CHEAP);
        assert_eq!(of("folder_made"), MOST_OF_CHEAP);
        assert_eq!(of("removed"), MOST_OF_CHEAP * 2);
        assert_eq!(missing(&events), (sent - MOST_OF_CHEAP) * 2);
    }

    #[test]
    fn the_record_says_how_many_denials_were_not_told() {
        let more = event(Some("bkn"), What::DeniedMore { untold: 20_395 });
        let events = recorded([more]);
        assert_eq!(events[0].event, "denied_more");
        assert_eq!(events[0].reason.as_deref(), Some("20395 more"));
    }

    #[test]
    fn strangers_do_not_spend_what_a_party_has() {
        let refused = || What::LoginRefused { reason: "no" };
        let count = MOST_OF_STRANGERS * 2;
        let strangers = (0..count).map(|n| event((n % 2 == 0).then_some("bkn"), refused()));
        let party = event(
            Some("bkn"),
            What::Ended {
                duration: Duration::ZERO,
            },
        );
        let events = recorded(strangers.chain([party]));
        let of = |word: &str| events.iter().filter(|e| e.event == word).count() as u64;
        assert_eq!(of("login_refused"), MOST_OF_STRANGERS);
        assert_eq!(of("ended"), 1);
        assert_eq!(missing(&events), count - MOST_OF_STRANGERS);
    }
}
