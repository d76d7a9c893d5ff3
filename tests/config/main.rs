//! The configuration from the outside: what the example files say, every mistake with its message, and
//! `padan check`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod cases;
mod command;
mod example;
mod place;
mod traps;
