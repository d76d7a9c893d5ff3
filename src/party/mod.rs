//! A party's own side: what staff of an agency do with their own keys on their own machine.
//!
//! Nothing here knows the service's ledger, its pipeline or its keys. A party has its [`profile`]; it [`open`]s what it
//! received, and [`fetch`]es what is new. What it writes is a [`whole_file`]; what stops it is a [`Trouble`].

pub mod fetch;
pub mod new_keys;
pub mod open;
pub mod profile;
mod trouble;
pub mod whole_file;

pub use trouble::Trouble;
