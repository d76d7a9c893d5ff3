//! Padan exchanges and reconciles the data of two parties over SFTP.

pub mod agreement;
pub mod cli;
pub mod config;
pub mod delivery;
pub mod fault;
pub mod rejection;
pub mod sample;
