//! What several threads write to, whatever became of one of them: a panic ends the whole run anyway.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a lock guards.
pub(super) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a lock guarded.
pub(super) fn unlocked<T>(lock: Mutex<T>) -> T {
    lock.into_inner().unwrap_or_else(PoisonError::into_inner)
}
