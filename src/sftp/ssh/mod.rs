//! The network half: accepting and watching connections, SSH itself, the bounds of a channel.

pub(super) mod admission;
pub(super) mod allowance;
pub(super) mod bans;
pub(super) mod channel;
pub(super) mod listener;
pub(super) mod pace;
pub(super) mod pulse;
pub(super) mod session;
pub(super) mod stash;
pub(super) mod stream;
pub(super) mod transport;
pub(super) mod turned_away;
pub(super) mod visit;
