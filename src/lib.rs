//! Padan exchanges and reconciles the data of two parties over SFTP.

pub mod agreement;
pub mod cli;
pub mod config;
pub mod delivery;
pub mod fault;
pub mod files;
pub mod layout;
pub mod ledger;
pub mod pipeline;
pub mod reconcile;
pub mod rejection;
pub mod snapshot;
pub mod serve;
pub mod sftp;
pub mod trust;
pub mod watch;
