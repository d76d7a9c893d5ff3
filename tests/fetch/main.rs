//! `padan fetch` and `padan open` on a party's machine: against `padan serve`, connections that break, answers that were
//! tampered with, and servers that mean harm.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise, in its helpers too"
)]

mod breaks;
mod hostile;
mod laid;
mod new;
mod proxy;
mod site;
mod spoiled;
mod verify;
mod waited;
mod workbook;
