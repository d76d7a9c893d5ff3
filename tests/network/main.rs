//! What a hostile network can do to the SFTP server, and what it cannot: who gets a place, who is shut out, and that
//! nobody's flood, panic or standstill is another's trouble.
//!
//! Linux gives this machine all of 127.0.0.0/8, so each address there is another client.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

#[path = "../common/mod.rs"]
mod common;

mod bans;
mod floods;
mod heard;
mod panics;
mod places;
mod service;
mod sessions;
mod stalled;
mod unread;
