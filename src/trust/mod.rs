//! Who signed, who may read: keys and files in the formats of `ssh-keygen` and `age` (design §6).
//!
//! - [`key_file`]: reads private keys, and refuses one that others can read; which of several is in force;
//! - [`allowed_signers`]: ssh-keygen's list of signers, checked line by line;
//! - [`strength`], [`certificate`]: which keys, signatures and certificates are good enough;
//! - [`sshsig`]: verifies `ssh-keygen -Y` signatures, and makes the service's;
//! - [`signing`]: makes a person's, by file, ssh-agent or security key; [`ask`] is how it reaches the person;
//! - [`envelope`]: seals and opens age files as streams;
//! - [`revoked`]: the keys that are no longer good, as sshd's `RevokedKeys`;
//! - [`known_hosts`]: the keys of servers, as ssh knows them;
//! - [`keyring`]: all keys of the service and of its parties, loaded together;
//! - [`life`]: whose a key is, what for, from when until when;
//! - [`inventory`]: every key there is, for a person;
//! - [`rotation`]: what parties have to know of a new key of ours;
//! - [`renew`]: makes a new key of ours, and retires the old one;
//! - [`generate`]: new keys, written as `ssh-keygen` and `age-keygen` would.
//!
//! Nothing here knows a delivery, a clock or a network. A private key is never printed: `Debug` is redacted and
//! no error repeats a line of a private file.

pub mod allowed_signers;
pub mod ask;
pub mod certificate;
pub mod envelope;
pub mod generate;
pub mod inventory;
pub mod key_file;
pub mod keyring;
pub mod known_hosts;
pub mod life;
pub mod renew;
pub mod revoked;
pub mod rotation;
pub mod signing;
pub mod sshsig;
pub mod strength;

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
