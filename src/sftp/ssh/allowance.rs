//! Memory for requests that wait: so much for one party, whatever the number of its sessions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The allowances of all parties.
pub(crate) struct Allowances {
    bytes: usize,
    of: Mutex<HashMap<String, Arc<Allowance>>>,
}

impl Allowances {
    /// So many bytes for each party.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            bytes,
            of: Mutex::default(),
        }
    }

    /// That of one party, shared by its sessions.
    pub(crate) fn of(&self, account: &str) -> Arc<Allowance> {
        // A map that was left in the middle of an insertion would only lack an entry.
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let allowance = of
            .entry(account.to_owned())
            .or_insert_with(|| Arc::new(Allowance(AtomicUsize::new(self.bytes))));
        Arc::clone(allowance)
    }
}

/// Bytes that one party's sessions may still keep.
pub(crate) struct Allowance(AtomicUsize);

impl Allowance {
    /// Takes bytes for a session, or none if there are not as many left.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        taken.is_ok()
    }

    /// Gives back what was taken.
    pub(crate) fn give(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Allowances;

    #[test]
    fn the_sessions_of_a_party_share_and_parties_do_not() {
        let allowances = Allowances::new(10);
        let (first, second) = (allowances.of("bkn"), allowances.of("bkn"));
        assert!(first.take(6) && !second.take(5) && second.take(4));
        assert!(allowances.of("bpjs").take(10));
        first.give(6);
        assert!(second.take(6) && !first.take(1));
    }
}
