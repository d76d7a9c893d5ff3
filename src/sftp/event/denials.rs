//! One client that is denied something again and again does not flood the log or the record: beyond some denials a
//! minute only their number is told.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::sftp::event::What;

/// Denials of one connection that are told one by one within [`SPAN`].
const MOST: u32 = 100;
const SPAN: Duration = Duration::from_secs(60);

/// The denials of one connection.
#[derive(Debug, Default)]
pub(super) struct Denials(Mutex<Count>);

#[derive(Debug, Default)]
struct Count {
    since: Option<Instant>,
    told: u32,
    untold: u64,
}

/// What is to be told now.
pub(super) struct Verdict {
    /// This first: so many denials that were not.
    pub(super) untold: Option<u64>,
    /// The event itself.
    pub(super) told: bool,
}

impl Denials {
    /// Counts an event of the connection, which is told itself unless it is a denial too many. The number of those is
    /// told with the first event after the span, at the latest with the end of the connection.
    pub(super) fn note(&self, what: &What, now: Instant) -> Verdict {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = count
            .since
            .is_none_or(|since| now.duration_since(since) >= SPAN);
        let untold = if over || matches!(what, What::Ended { .. }) {
            let before = std::mem::take(&mut *count);
            count.since = Some(now);
            before.untold
        } else {
            0
        };
        let mut told = true;
        if matches!(what, What::Denied { .. }) {
            if count.told < MOST {
                count.told += 1;
            } else {
                count.untold += 1;
                told = false;
            }
        }
        Verdict {
            untold: Some(untold).filter(|untold| *untold > 0),
            told,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Denials, MOST, SPAN, Verdict};
    use crate::sftp::event::What;

    const DENIED: What = What::Denied {
        action: "open",
        file: None,
        reason: "no",
    };
    const ENDED: What = What::Ended {
        duration: Duration::ZERO,
    };

    /// Notes denials; returns how many are told, and the numbers of those that were not.
    fn denied(denials: &Denials, times: u32, now: Instant) -> (u32, Vec<u64>) {
        let verdicts: Vec<Verdict> = (0..times).map(|_| denials.note(&DENIED, now)).collect();
        let told = verdicts.iter().map(|verdict| u32::from(verdict.told)).sum();
        (told, verdicts.iter().filter_map(|v| v.untold).collect())
    }

    #[test]
    fn each_denial_is_told_or_counted() {
        let (denials, begin) = (Denials::default(), Instant::now());
        assert_eq!(denied(&denials, MOST + 7, begin), (MOST, vec![]));
        let later = begin + SPAN;
        assert_eq!(denied(&denials, 1, later), (1, vec![7]));
        assert_eq!(denied(&denials, MOST + 1, later), (MOST - 1, vec![]));
        let end = denials.note(&ENDED, later);
        assert_eq!((end.untold, end.told), (Some(2), true));
    }

    #[test]
    fn what_is_no_denial_is_always_told() {
        let (denials, begin) = (Denials::default(), Instant::now());
        denied(&denials, MOST + 1, begin);
        let removed = What::Removed {
            file: String::new(),
        };
        let verdict = denials.note(&removed, begin);
        assert_eq!((verdict.untold, verdict.told), (None, true));
        let verdict = denials.note(&removed, begin + SPAN);
        assert_eq!((verdict.untold, verdict.told), (Some(1), true));
    }
}
