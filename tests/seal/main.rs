//! `padan seal` as staff use it: a spreadsheet, their profile, and the real service at the other end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop at the first surprise"
)]

mod differential;
mod line;
mod local;
mod python;
mod refusals;
mod sending;
mod servers;
mod trial;
mod workbooks;
