//! What the pages say is true: their commands are run as they stand, their tables are held against the program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod codes;
mod page;
mod polling;
mod readme;
mod staff;
mod trial;
