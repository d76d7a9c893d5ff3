//! Keys, signatures and encryption beside the real `ssh-keygen`, `age`, `sha256sum` and npm's `age-encryption` (design §2, §6).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first surprise, in its helpers too"
)]

mod certified;
mod envelope;
mod hybrid;
mod init;
mod keys;
mod keys_example;
mod openssh;
mod passphrases;
mod revoked;
mod seal_open;
mod signers;
mod sshsig;
mod testkit;
mod tools;
mod verdict;
