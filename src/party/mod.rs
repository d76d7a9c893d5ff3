//! A party's own side: what staff of an agency do with their own keys on their own machine.
//!
//! Nothing here knows the service's ledger, its pipeline or its keys. A party has its [`profile`], and that is all.

pub mod profile;
pub mod sheet;
