//! What is checked is what is sealed: one reading of the data for both.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sealer::Sealer;

/// Hands every byte that is read to a sealer as well.
pub struct Tee {
    inner: Box<dyn Read + Send>,
    sealing: Sealing,
}

/// The sealer at the side, to be taken back at the end.
#[derive(Clone)]
pub struct Sealing(Arc<Mutex<State>>);

struct State {
    sealer: Option<Sealer>,
    failed: Option<io::Error>,
}

impl Tee {
    /// `inner` is read, `sealer` writes.
    pub fn new(inner: Box<dyn Read + Send>, sealer: Sealer) -> (Self, Sealing) {
        let sealing = Sealing(Arc::new(Mutex::new(State {
            sealer: Some(sealer),
            failed: None,
        })));
        let tee = Self {
            inner,
            sealing: sealing.clone(),
        };
        (tee, sealing)
    }
}

impl Sealing {
    /// The sealer, with all that was read; the system's word if it could not write.
    pub fn take(&self) -> Result<Option<Sealer>, io::Error> {
        let mut state = self.lock();
        match state.failed.take() {
            Some(error) => Err(error),
            None => Ok(state.sealer.take()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Tee {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let mut state = self.sealing.lock();
        if let Some(sealer) = &mut state.sealer {
            let written = sealer.write_all(buffer.get(..n).unwrap_or_default());
            if let Err(error) = written {
                state.sealer = None;
                state.failed = Some(error);
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
        Ok(n)
    }
}
