//! The ledger on a real file: every method, and what it refuses.

mod answers;
mod file;
mod life;
mod lists;
mod place;
mod processes;
