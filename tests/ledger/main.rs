//! The ledger on a real file: every method, what it refuses, and what operators read of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise, in its helpers too"
)]

mod answers;
mod door;
mod figures;
mod file;
mod life;
mod lists;
mod pages;
mod place;
mod processes;
mod service;
