//! `padan serve`: the service itself.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::progress::Silent;
use super::{Failure, logging};

/// Serve SFTP and answer deliveries until SIGTERM. SIGHUP reads the keys again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  padan serve --config /etc/padan/padan.yaml")]
pub struct Args {
    /// The service's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Listen here instead of where the configuration says; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let _log = logging::start_serving();
    crate::serve::serve(&args.config, args.listen, Silent, |address| {
        eprintln!("listening sftp={address}");
    })?;
    Ok(())
}
