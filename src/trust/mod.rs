//! Who signed, who may read: keys and files in the formats of `ssh-keygen` and `age` (design §6).
//!
//! - [`key_file`]: reads private keys, and refuses one that others can read;
//! - [`allowed_signers`]: ssh-keygen's list of signers, checked line by line;
//! - [`sshsig`]: makes and verifies `ssh-keygen -Y` signatures;
//! - [`envelope`]: seals and opens age files as streams;
//! - [`revoked`]: the keys that are no longer good, as sshd's `RevokedKeys`;
//! - [`known_hosts`]: the keys of servers, as ssh knows them;
//! - [`keyring`]: all keys of the service and of its parties, loaded together;
//! - [`generate`]: new keys, written as `ssh-keygen` and `age-keygen` would.
//!
//! Nothing here knows a delivery, a clock or a network. A private key is never printed: `Debug` is redacted and
//! no error repeats a line of a private file.

pub mod allowed_signers;
pub mod envelope;
pub mod generate;
pub mod key_file;
pub mod keyring;
pub mod known_hosts;
pub mod revoked;
pub mod sshsig;

use std::path::Path;

use crate::fault::Fault;

/// What is wrong with a line of a key list, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineProblem {
    /// The line, from 1.
    pub line: usize,
    /// A sentence with the remedy; repeats no secret.
    pub problem: String,
}

impl LineProblem {
    /// As the fault of the file at `path`.
    fn in_file(self, path: &Path) -> Fault {
        Fault::Key {
            path: path.to_path_buf(),
            problem: self.to_string(),
        }
    }
}
