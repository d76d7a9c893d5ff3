//! Signs of life of one connection: what its session tells whoever watches it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::sftp::Limits;

/// Shared by a session and its visit.
pub(crate) struct Pulse {
    since: Instant,
    last_beat: AtomicU64,
    asked: AtomicBool,
    account: OnceLock<String>,
    login: Notify,
}

impl Pulse {
    /// A client has just connected.
    pub(crate) fn new() -> Self {
        Self {
            since: Instant::now(),
            last_beat: AtomicU64::new(0),
            asked: AtomicBool::new(false),
            account: OnceLock::new(),
            login: Notify::new(),
        }
    }

    /// The client has asked for something.
    pub(crate) fn beat(&self) {
        let millis = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_beat.store(millis, Ordering::Relaxed);
    }

    /// The client wants to log in.
    pub(crate) fn asked_for_login(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// The client has logged in.
    pub(crate) fn logged_in(&self, account: &str) {
        self.beat();
        // It can log in once only.
        let _ = self.account.set(account.to_owned());
        self.login.notify_one();
    }

    /// Ready when the client has logged in.
    pub(crate) async fn login(&self) {
        self.login.notified().await;
    }

    /// As whom the client has logged in.
    pub(crate) fn account(&self) -> Option<&str> {
        self.account.get().map(String::as_str)
    }

    /// Whether the client wanted to log in and has not.
    pub(crate) fn failed(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && self.account.get().is_none()
    }

    /// When the connection must be ended unless something happens before.
    pub(crate) fn deadline(&self, limits: &Limits) -> Instant {
        if self.account.get().is_some() {
            let last = Duration::from_millis(self.last_beat.load(Ordering::Relaxed));
            self.since + last + limits.idle
        } else {
            self.since + limits.login_grace
        }
    }
}
