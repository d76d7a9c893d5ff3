//! `padan sftp`: SFTP on two descriptors. Behind a real sshd it is tried in `tests/stories/behind_sshd.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod arguments;
mod descriptors;
mod suite;
