//! Clients that mean harm, against the real `padan serve` and `padan sftp`: whatever they send, the service lives, its
//! memory stays bounded, another client's transfers go on byte by byte, and nothing outside a party's root is touched.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "../common/mod.rs"]
mod common;

mod bystander;
mod packets;
mod peer;
mod races;
mod service;
