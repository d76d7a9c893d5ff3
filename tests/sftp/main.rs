//! The SFTP server as its clients meet it: the real OpenSSH client, our own where the moment matters, and packets as
//! bytes where no decent client sends them. Each file is one topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop at the first surprise"
)]

mod attended;
mod claims;
#[path = "../common/mod.rs"]
mod common;
mod events;
mod extensions;
mod files;
mod listings;
mod login;
mod packets;
mod quota;
mod rules;
mod sessions;
mod transfers;
