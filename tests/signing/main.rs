//! A person signs, and logs in, by whatever holds their key: files with passphrases, the real ssh-agent, and security
//! keys by OpenSSH's own helper and a middleware made of software.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise, in its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;

mod agent;
mod command;
mod desk;
mod files;
mod login;
mod token;
