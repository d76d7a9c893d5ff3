//! Padan exchanges and reconciles the data of two parties over SFTP.
//!
//! A party drops an encrypted, signed extract in its inbox. It is verified, decrypted in memory, checked row by row,
//! kept as an encrypted snapshot and compared with the counterpart's data by the rules of the agreement. Encrypted,
//! signed responses appear in the outbox of each party entitled to them, and the sender finds a receipt.
//!
//! # The way of one delivery
//!
//! ```text
//!   sftp put                                                         sftp get
//!      │                                                                ▲
//!   inbox/ ─▶ scan ─▶ claim ─▶ verify ─▶ open ─▶ ingest ─▶ reconcile ─▶ respond ─▶ outbox/ receipts/
//!      ▲              (staging)  SSHSIG   age    checks    changes,      one rename
//!    watch                       SHA-256         snapshot  differences   each
//! ```
//!
//! [`pipeline::advance`] is that line as code: six stages, each of which consumes the proof of the one before.
//!
//! # The modules, in reading order
//!
//! - what is said: [`rejection`] (the sender's mistakes), [`fault`] (our own trouble), [`mod@stop`] (one of them)
//! - what was agreed: [`agreement`] with its row checks, [`config`]
//! - what is exchanged: [`digest`], [`delivery`] (names, manifests, receipts)
//! - whom we believe: [`trust`] (SSHSIG, `allowed_signers`, age, key files)
//! - who works: [`workers`], all cores in turn
//! - what is kept: [`layout`] and [`files`] on disk, [`ledger`], [`snapshot`]; [`csv`] as it is written
//! - what is accepted: [`rows`] judges them, on either side
//! - what is compared: [`reconcile`], and what is told of it: [`report`]
//! - the way through it all: [`pipeline`], woken by [`watch`]
//! - the door: [`sftp`]
//! - a party's own side: [`party`] (its profile, its workbooks, sending and receiving)
//! - the whole: [`serve`], [`cli`]; [`sample`] makes synthetic data to try it with
//!
//! # What never happens
//!
//! - The SFTP server never decrypts, never reads a manifest and knows no pipeline; the pipeline never listens on a network.
//!   They meet at the folders alone, by advisory locks.
//! - Plaintext rows never reach a disk, a log or a metric.
//! - Nothing is decrypted before its signature is verified, and nothing is claimed while a writer is open.
//! - Nothing is published in part, and no verdict depends on a file's time stamp.
//! - A party never sees that another party's files exist, and no column leaves that its reader is not entitled to.
//! - A proof is never rebuilt from the ledger.

pub mod agreement;
pub mod cli;
pub mod config;
pub mod csv;
pub mod delivery;
pub mod digest;
pub mod fault;
pub mod files;
pub mod layout;
pub mod ledger;
pub mod party;
pub mod pipeline;
pub mod reconcile;
pub mod rejection;
pub mod report;
pub mod rows;
pub mod sample;
pub mod serve;
pub mod sftp;
pub mod snapshot;
pub mod stop;
pub mod trust;
pub mod watch;
pub mod workers;
