//! Why a party's tool stops.

use crate::fault::Fault;

/// What went wrong on a party's machine, in words for the person in front of it.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// What was received is not what it should be: not verified, not for us, damaged.
    #[error("{0}")]
    Refused(String),
    /// The person can mend it: a path, a key file, a setting.
    #[error("{0}")]
    Usage(String),
    /// The machine, the network or the server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Trouble {
    /// A file that a person named is theirs to mend.
    pub fn usage(fault: Fault) -> Self {
        Self::Usage(fault.to_string())
    }
}
