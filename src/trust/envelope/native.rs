//! age's own identities, classical or hybrid, as they stand in an identity file.

use std::fmt;
use std::str::FromStr;

use age::secrecy::SecretString;
use age::x25519;

use crate::fault::Fault;

use super::hybrid::HybridIdentity;

/// `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`. Never prints.
#[derive(Clone)]
pub enum NativeIdentity {
    /// X25519.
    Classical(x25519::Identity),
    /// X25519 with ML-KEM-768.
    Hybrid(HybridIdentity),
}

/// Not a native identity; says what it is instead, and never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotNative(&'static str);

impl NativeIdentity {
    /// A new X25519 identity, which every age opens files with.
    pub fn classical() -> Self {
        Self::Classical(x25519::Identity::generate())
    }

    /// A new hybrid identity.
    pub fn hybrid() -> Self {
        Self::Hybrid(HybridIdentity::generate())
    }

    /// As it stands in an identity file.
    pub fn encoded(&self) -> Result<SecretString, Fault> {
        match self {
            Self::Classical(identity) => Ok(identity.to_string()),
            Self::Hybrid(identity) => identity.encoded().ok_or_else(|| Fault::Crypto {
                doing: "write an age identity",
                problem: "bech32 refused its length".to_owned(),
            }),
        }
    }

    /// Its public half, `age1…` or `age1pq1…`.
    pub fn recipient(&self) -> String {
        match self {
            Self::Classical(identity) => identity.to_public().to_string(),
            Self::Hybrid(identity) => identity.recipient().to_string(),
        }
    }
}

impl FromStr for NativeIdentity {
    type Err = NotNative;

    fn from_str(line: &str) -> Result<Self, NotNative> {
        let upper = line.get(..20).unwrap_or(line).to_ascii_uppercase();
        if upper.starts_with("AGE-SECRET-KEY-PQ-1") {
            line.parse()
                .map(Self::Hybrid)
                .map_err(|_| NotNative("not a whole post-quantum identity; copy it again"))
        } else if upper.starts_with("AGE-SECRET-KEY-1") {
            line.parse()
                .map(Self::Classical)
                .map_err(|_| NotNative("not a whole age identity; copy it again"))
        } else if upper.starts_with("AGE-PLUGIN-") {
            Err(NotNative(
                "identities of plugins are not supported; make one with `age-keygen`",
            ))
        } else if upper.starts_with("AGE1") {
            Err(NotNative(
                "this is the public half; the identity begins with AGE-SECRET-KEY-",
            ))
        } else {
            Err(NotNative(
                "not an age identity, which begins with AGE-SECRET-KEY-1 or AGE-SECRET-KEY-PQ-1",
            ))
        }
    }
}

impl fmt::Debug for NativeIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classical(_) => "Classical(..)",
            Self::Hybrid(_) => "Hybrid(..)",
        })
    }
}
