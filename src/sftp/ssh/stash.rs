//! Input that waits: a byte queue that is cheap to take from at the front, however often.

/// Bytes in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Stash {
    bytes: Vec<u8>,
    /// Bytes at the front that were taken already.
    taken: usize,
}

impl Stash {
    /// What waits.
    pub(crate) fn waiting(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// Adds to the end.
    pub(crate) fn push(&mut self, more: &[u8]) {
        self.bytes.extend_from_slice(more);
    }

    /// Drops `count` bytes from the front. Moving the rest up is paid for by the bytes dropped before.
    pub(crate) fn take(&mut self, count: usize) {
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

#[cfg(test)]
mod tests {
    use super::Stash;

    #[test]
    fn bytes_leave_in_the_order_they_came() {
        let mut stash = Stash::default();
        let mut out = Vec::new();
        for round in 0..50u8 {
            stash.push(&[round; 7]);
            let step = usize::from(round % 9);
            let step = step.min(stash.waiting().len());
            out.extend_from_slice(&stash.waiting()[..step]);
            stash.take(step);
        }
        out.extend_from_slice(stash.waiting());
        let expected: Vec<u8> = (0..50u8).flat_map(|round| [round; 7]).collect();
        assert_eq!(out, expected);
        stash.take(stash.waiting().len());
        assert!(stash.waiting().is_empty());
    }
}
