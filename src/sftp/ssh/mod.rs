//! The network half: accepting and watching connections, SSH itself, the bounds of a channel.

pub(super) mod channel;
pub(super) mod listener;
pub(super) mod session;
pub(super) mod stash;
pub(super) mod stream;
pub(super) mod transport;
