//! The pages that directors read and parties sign, as an exchange hands them out: what stands in them, what must not, and
//! whether browsers, printers and validators take them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first surprise, in its helpers too"
)]

mod content;
mod exchange;
mod paper;
mod validity;
