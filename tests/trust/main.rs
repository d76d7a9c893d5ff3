//! Keys, signatures and encryption beside the real `ssh-keygen`, `age` and `sha256sum` (design §2, §6).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise, in its helpers too"
)]

mod certified;
mod envelope;
mod init;
mod keys_example;
mod openssh;
mod revoked;
mod seal_open;
mod signers;
mod sshsig;
mod tools;
mod verdict;
