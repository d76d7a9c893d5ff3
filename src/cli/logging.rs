//! The log goes to stderr: lines for people on a terminal, JSON elsewhere; `RUST_LOG` chooses what. A command that a
//! party's client listens to logs into a file or not at all.

use std::fs::OpenOptions;
use std::io::{IsTerminal, stderr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use crate::fault::Fault;

/// Starts the log of this process.
pub fn start() {
    name_panics_by_their_place();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter())
        .with_writer(stderr);
    // A second start in one process, as in tests, keeps the first.
    let _ = if stderr().is_terminal() {
        log.with_target(false).try_init()
    } else {
        log.json().try_init()
    };
}

/// Starts the log of a process whose stderr others read: JSON at the end of a file, or nothing.
pub fn start_aside(file: Option<&Path>) -> Result<(), Fault> {
    name_panics_by_their_place();
    let Some(path) = file else {
        return Ok(());
    };
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(Fault::io("write the log", path))?;
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter())
        .with_writer(Arc::new(file))
        .json()
        .try_init();
    Ok(())
}

fn filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,padan=info"))
}

/// A panic's own words could hold a value of a row; its place cannot.
fn name_panics_by_their_place() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a mistake in padan itself");
    }));
}
