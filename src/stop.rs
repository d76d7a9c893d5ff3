//! Why something does not go on: the sender's mistake or our own trouble, and never both.

use crate::fault::Fault;
use crate::rejection::{Code, Rejection};

/// Why a delivery does not go on.
#[derive(Debug)]
pub enum Stop {
    /// The sender's mistake: final, answered with a receipt.
    Rejected(Rejection),
    /// Our trouble: tried again later, never told to the sender as its error.
    Fault(Fault),
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Code> for Stop {
    fn from(code: Code) -> Self {
        Self::Rejected(code.into())
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
