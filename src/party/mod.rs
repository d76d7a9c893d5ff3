//! A party's own side: what staff of an agency do with their own keys on their own machine.
//!
//! - [`profile`]: who the party is and where its keys lie;
//! - [`sheet`]: the workbooks that staff have, read so that what is sent is what is seen;
//! - [`check`]: the service's own judgement of rows, before anything leaves; [`faults`] writes it down;
//! - [`sent`]: what was sealed, and the next sequence;
//! - [`server`]: the way to the service, and whether it is the service; [`sending`] and [`receipt`]: there and back.
//!
//! Nothing here knows the service's ledger, its pipeline or its keys.

pub mod check;
pub mod faults;
pub mod profile;
pub mod receipt;
pub mod sending;
pub mod sent;
pub mod server;
pub mod sheet;
