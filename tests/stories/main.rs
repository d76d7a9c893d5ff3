//! The whole product as its parties meet it: the real `age`, `sha256sum`, `ssh-keygen` and `sftp` against a running
//! `padan serve` (issue: "Bad input", "Done when" 3). Each file is one topic; [`padan`] and [`party`] are the builder.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first surprise, in its helpers too"
)]

mod answers;
mod behind_sshd;
mod beside;
mod calendar;
mod candidates;
mod carried;
mod checks;
mod clock;
mod deltas;
mod door;
mod early;
mod formats;
mod full_disk;
mod hidden;
mod keys;
mod kills;
mod leftovers;
mod normal;
mod notes;
mod padan;
mod party;
mod postquantum;
mod receipts;
mod refusals;
mod reruns;
mod retention;
mod sequences;
mod sheets;
mod signers;
mod states;
mod stuck;
mod swaps;
mod tools;
mod uploads;
mod writer;
