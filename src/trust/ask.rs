//! What only a person can give: a passphrase, a touch.

use std::env;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::fault::Fault;

/// The person in front of a tool, or the file that stands in for them.
pub trait Ask {
    /// The passphrase of the key at `path`; `again` if the last one was wrong. `None` gives up.
    ///
    /// # Errors
    /// [`Fault::Key`] if nobody is there to be asked.
    fn passphrase(&self, path: &Path, again: bool) -> Result<Option<Zeroizing<String>>, Fault>;

    /// Says what the person must do now.
    fn tell(&self, what: &str);

    /// The socket of ssh-agent: where ssh looks for it, unless it is known to be elsewhere.
    fn agent(&self) -> Option<PathBuf> {
        env::var_os("SSH_AUTH_SOCK")
            .filter(|socket| !socket.is_empty())
            .map(PathBuf::from)
    }
}
