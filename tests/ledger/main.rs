//! The ledger on a real file: every method, what it refuses, and what operators read of it.

mod answers;
mod file;
mod life;
mod lists;
mod pages;
mod place;
mod processes;
