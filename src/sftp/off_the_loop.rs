//! Waiting for a disk, or for others, without holding up anybody else.

use tokio::runtime::{Handle as Runtime, RuntimeFlavor};

/// Waiting for a disk or a lock holds up one connection, not the others on the same thread.
pub(crate) fn off_the_loop<T>(wait: impl FnOnce() -> T) -> T {
    match Runtime::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(wait),
        _ => wait(),
    }
}
