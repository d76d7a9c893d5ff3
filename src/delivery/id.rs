//! The identity of a delivery.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digest::{BadDigest, Sha256Digest};

/// Identity of a delivery: the SHA-256 of its manifest's raw bytes, so the same delivery is the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(Sha256Digest);

impl DeliveryId {
    /// The id of the delivery with this manifest.
    pub fn of_manifest(raw: &[u8]) -> Self {
        Self(Sha256Digest::of(raw))
    }

    /// The first 12 digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl FromStr for DeliveryId {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        text.parse().map(Self)
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
