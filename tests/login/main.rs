//! Who gets in: certificates, revoked keys and changed files with the real OpenSSH, and beside its server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first surprise, in its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;

mod algorithms;
mod beside_sshd;

mod certificates;
mod changes;
mod host;
mod keys;
mod revocation;
mod silence;
mod told;
