//! What holds of judging and comparing rows as a whole, through the library alone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod determinism;
mod entitlement;
mod exchange;
