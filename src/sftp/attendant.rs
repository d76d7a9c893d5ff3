//! Somebody who knows what a party's files are for, and may say so while the client still listens. The server itself
//! knows only folders: it asks, and passes on the answer.
//!
//! An answer is a courtesy. Whoever takes too long, panics, or is asked too often is not waited for, and the request ends
//! as it would have without.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The owner and group that every file is shown with. `users-groups-by-id@openssh.com` gives them the party's name.
pub(crate) const OWNER: u32 = 0;
/// Questions under way at a time, of all clients together.
const MOST_AT_A_TIME: usize = 8;
/// Questions that one connection may cause within [`SPAN`]: nobody learns by trying.
const MOST_OF_CONNECTION: u32 = 120;
const SPAN: Duration = Duration::from_secs(60);

/// Knows what the files in parties' inboxes are for.
pub trait Attend: Send + Sync {
    /// Whether there could be something to say when the file at this path below the inbox gets its content or its name.
    /// Asked between two requests: must be cheap.
    fn cares(&self, path: &str) -> bool;

    /// How the file at this path below the account's inbox stands, as a number from 1. Asked while a listing is answered:
    /// must be cheap, and wait for nobody.
    fn state(&self, account: &str, path: &str) -> Option<u32>;

    /// The state of that number, in one word, without a space.
    fn state_word(&self, number: u32) -> Option<&'static str>;

    /// What its client is to be told of a file that is there now, or in an instant. Called on a thread of its own.
    fn word(&self, account: &str, arrived: &Arrived) -> Option<Word>;
}

/// A file that has got its content, or is about to get its name. Paths below the account's inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The name by which it counts.
    pub path: String,
    /// Where its content lies now: the same, or the name it is renamed from.
    pub lies_at: String,
}

/// Something is wrong with what arrived: the request is carried out, and answered as failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Why, for the log; holds no name.
    pub reason: &'static str,
    /// What the client shows.
    pub message: String,
    /// Whether the file is about to be taken from the inbox. The answer waits a moment for that: a client that hears of a
    /// failure may remove what it has sent, and then nobody could say what it was.
    pub leaves: bool,
}

/// Who is asked, if anybody, and how long an answer is waited for.
#[derive(Clone, Default)]
pub struct Attendant {
    asked: Option<Arc<dyn Attend>>,
    patience: Duration,
}

impl Attendant {
    /// Asks, and waits no longer than that.
    pub fn new(asked: Arc<dyn Attend>, patience: Duration) -> Self {
        Self {
            asked: Some(asked),
            patience,
        }
    }
}

impl fmt::Debug for Attendant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attendant")
    }
}

/// Asks for one connection. Clones are of the same one.
#[derive(Clone, Default)]
pub(crate) struct Attention {
    attendant: Attendant,
    count: Arc<Mutex<Count>>,
}

#[derive(Default)]
struct Count {
    since: Option<Instant>,
    questions: u32,
}

impl Attention {
    /// For a new connection.
    pub(crate) fn of(attendant: Attendant) -> Self {
        Self {
            attendant,
            count: Arc::default(),
        }
    }

    /// Whether there could be something to say about a file at this path below the inbox.
    pub(crate) fn cares(&self, path: &str) -> bool {
        let asked = self.attendant.asked.as_ref();
        asked.is_some_and(|asked| asked.cares(path))
    }

    /// How a file stands: a number that listings show as its group. 0 where nobody knows.
    pub(crate) fn state(&self, account: &str, path: &str) -> u32 {
        let asked = self.attendant.asked.as_ref();
        let state = asked.and_then(|asked| asked.state(account, path));
        state.unwrap_or(OWNER)
    }

    /// The name of a group.
    pub(crate) fn state_word(&self, number: u32) -> Option<&'static str> {
        self.attendant.asked.as_ref()?.state_word(number)
    }

    /// What is to be told, if it is known in time. Waits.
    pub(crate) fn word(&self, account: &str, arrived: &Arrived) -> Option<Word> {
        let asked = Arc::clone(self.attendant.asked.as_ref()?);
        if !self.may_ask(Instant::now()) {
            return None;
        }
        let place = Place::take()?;
        let (account, arrived) = (account.to_owned(), arrived.clone());
        let (tell, told) = sync_channel(1);
        let thread = thread::Builder::new().name("attendant".into());
        let spawned = thread.spawn(move || {
            // Kept to the end, also by one that is no longer waited for.
            let _place = place;
            let _ = tell.send(asked.word(&account, &arrived));
        });
        spawned.ok()?;
        told.recv_timeout(self.attendant.patience).ok().flatten()
    }

    fn may_ask(&self, now: Instant) -> bool {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        if count
            .since
            .is_none_or(|since| now.duration_since(since) >= SPAN)
        {
            *count = Count {
                since: Some(now),
                questions: 0,
            };
        }
        count.questions += 1;
        count.questions <= MOST_OF_CONNECTION
    }
}

/// Room for one question.
struct Place;

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

impl Place {
    fn take() -> Option<Self> {
        let taken = UNDER_WAY.fetch_update(Ordering::AcqRel, Ordering::Acquire, |taken| {
            (taken < MOST_AT_A_TIME).then_some(taken + 1)
        });
        taken.ok().map(|_| Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Attention, MOST_OF_CONNECTION, SPAN};

    #[test]
    fn one_connection_asks_so_often_and_later_again() {
        let attention = Attention::default();
        let begin = Instant::now();
        for _ in 0..MOST_OF_CONNECTION {
            assert!(attention.may_ask(begin));
        }
        assert!(!attention.clone().may_ask(begin), "a clone is no other one");
        assert!(attention.may_ask(begin + SPAN));
    }
}
