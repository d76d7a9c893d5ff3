//! Input that waits: a byte queue that is cheap to take from at the front, however often.

use std::sync::Arc;

use crate::sftp::ssh::allowance::Allowance;

/// Bytes in the order they came.
pub(crate) struct Stash {
    bytes: Vec<u8>,
    /// Bytes at the front that were taken already.
    taken: usize,
    most: usize,
    /// Shared with the party's other sessions; as many bytes of it are taken as wait here.
    allowance: Arc<Allowance>,
}

impl Stash {
    /// An empty one, for at most so many bytes, and as many as the allowance has.
    pub(crate) fn new(most: usize, allowance: Arc<Allowance>) -> Self {
        Self {
            bytes: Vec::new(),
            taken: 0,
            most,
            allowance,
        }
    }

    /// What waits.
    pub(crate) fn waiting(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// Adds to the end; false when it would be too much, and nothing is added.
    #[must_use]
    pub(crate) fn push(&mut self, more: &[u8]) -> bool {
        if self.waiting().len() + more.len() > self.most || !self.allowance.take(more.len()) {
            return false;
        }
        self.bytes.extend_from_slice(more);
        true
    }

    /// Lets `work` look at what waits, and drops from the front what it has used: it leaves the rest in its argument.
    pub(crate) fn work_off<T>(&mut self, work: impl FnOnce(&mut &[u8]) -> T) -> T {
        let mut rest = self.waiting();
        let before = rest.len();
        let done = work(&mut rest);
        let used = before - rest.len();
        self.drop_front(used);
        done
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.drop_front(self.waiting().len());
    }

    /// Moving the rest up is paid for by the bytes dropped before.
    fn drop_front(&mut self, count: usize) {
        self.allowance.give(count);
        self.taken += count;
        if self.taken >= self.bytes.len() {
            // A burst's memory is not kept for the life of the connection.
            self.bytes = Vec::new();
            self.taken = 0;
        } else if self.taken > self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
    }
}

impl Drop for Stash {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Stash;
    use crate::sftp::ssh::allowance::Allowances;

    fn take(stash: &mut Stash, count: usize) -> Vec<u8> {
        stash.work_off(|rest| {
            let (front, left) = rest.split_at(count.min(rest.len()));
            *rest = left;
            front.to_vec()
        })
    }

    #[test]
    fn bytes_leave_in_the_order_they_came() {
        let mut stash = Stash::new(1000, Allowances::new(1000).of("bkn"));
        let mut out = Vec::new();
        for round in 0..50u8 {
            assert!(stash.push(&[round; 7]));
            out.extend(take(&mut stash, usize::from(round % 9)));
        }
        out.extend(take(&mut stash, 1000));
        let expected: Vec<u8> = (0..50u8).flat_map(|round| [round; 7]).collect();
        assert_eq!(out, expected);
        assert!(stash.waiting().is_empty());
    }

    #[test]
    fn what_is_too_much_for_one_or_for_all_is_not_kept() {
        let allowances = Allowances::new(10);
        let mut first = Stash::new(8, allowances.of("bkn"));
        let mut second = Stash::new(8, allowances.of("bkn"));
        assert!(!first.push(&[0; 9]) && first.push(&[0; 8]));
        assert!(!second.push(&[0; 3]) && second.push(&[0; 2]));
        take(&mut first, 3);
        assert!(second.push(&[0; 3]) && !second.push(&[0; 1]));
        drop(second);
        assert!(first.push(&[0; 3]));
        first.clear();
        assert!(allowances.of("bkn").take(10));
    }
}
