//! The clients that parties use, against a real server: each does all that it can, byte for byte.
//!
//! `cases` is what every client must do, once for all of them; a client is a file that says what each task is in its
//! words. `cargo test --test clients -- --ignored lftp` runs one client.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop at the first surprise"
)]

mod cases;
mod client;
#[path = "../common/mod.rs"]
mod common;
mod curl;
mod early;
mod lftp;
mod openssh;
mod page;
mod paramiko;
mod psftp;
mod rclone;
mod scp;
mod site;
mod ssh2;
mod sshfs;
