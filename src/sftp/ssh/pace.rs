//! How fast one connection may ask: so many requests a second on the average, as many at once.
//!
//! Whoever asks faster is not refused; it waits. While it waits nothing is read from it, so that it soon cannot send
//! any more, and nobody else notices.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shared by the channels of one connection.
pub(crate) struct Pace {
    per_second: f64,
    account: Mutex<Account>,
}

/// Requests that may still be made at once; below zero they were made too early.
struct Account {
    balance: f64,
    at: Instant,
}

impl Pace {
    /// A new connection may begin with the requests of one second.
    pub(crate) fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second.max(1));
        Self {
            per_second,
            account: Mutex::new(Account {
                balance: per_second,
                at: now,
            }),
        }
    }

    /// So many requests were made. How long the connection has to wait for it.
    pub(crate) fn spend(&self, requests: u32, now: Instant) -> Duration {
        // Two numbers, of which neither can be half changed.
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(account.at).as_secs_f64();
        let earned = account.balance + passed * self.per_second;
        account.balance = earned.min(self.per_second) - f64::from(requests);
        account.at = now;
        Duration::from_secs_f64((-account.balance / self.per_second).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Pace;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn a_second_of_requests_is_free_and_more_is_waited_for() {
        let start = Instant::now();
        let pace = Pace::new(1000, start);
        assert_eq!(pace.spend(1000, start), Duration::ZERO);
        assert_eq!(pace.spend(500, start), 500 * MILLISECOND);
        assert_eq!(pace.spend(0, start + 200 * MILLISECOND), 300 * MILLISECOND);
        assert_eq!(pace.spend(0, start + 500 * MILLISECOND), Duration::ZERO);
    }

    #[test]
    fn a_long_rest_saves_no_more_than_a_second() {
        let start = Instant::now();
        let pace = Pace::new(1000, start);
        pace.spend(1000, start);
        let later = start + Duration::from_secs(3600);
        assert_eq!(pace.spend(1100, later), 100 * MILLISECOND);
    }

    #[test]
    fn at_the_allowed_pace_nobody_waits() {
        let start = Instant::now();
        let pace = Pace::new(1000, start);
        for tick in 0..100_000 {
            assert_eq!(pace.spend(1, start + tick * MILLISECOND), Duration::ZERO);
        }
    }
}
