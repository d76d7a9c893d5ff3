//! A party's own side: what staff of an agency do with their own keys on their own machine.
//!
//! - [`profile`]: who the party is and where its keys lie;
//! - [`sheet`]: the workbooks that staff have, read so that what is sent is what is seen;
//! - [`check`]: the service's own judgement of rows, before anything leaves; [`faults`] writes it down;
//! - [`sent`]: what was sealed, and the next sequence;
//! - [`server`]: the way to the service, and whether it is the service; [`sending`] and [`receipt`]: there and back;
//! - [`fetch`]: what is new for the party, verified first; [`open`]: verified, then decrypted;
//! - [`new_keys`]: the keys that the service announces.
//!
//! Nothing here knows the service's ledger, its pipeline or its keys. What is written is a [`whole_file`]; what stops a
//! tool is a [`Trouble`].

pub mod check;
pub mod faults;
pub mod fetch;
pub mod new_keys;
pub mod open;
pub mod profile;
pub mod receipt;
pub mod sending;
pub mod sent;
pub mod server;
pub mod sheet;
mod trouble;
pub mod whole_file;

pub use trouble::Trouble;
