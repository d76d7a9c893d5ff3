//! The exchange format (design §2): names, manifests and receipts, without any file or clock.

pub mod checksums;
pub mod id;
pub mod manifest;
pub mod name;
pub mod receipt;

pub use crate::digest::Sha256Digest;
pub use id::DeliveryId;
pub use manifest::Manifest;
pub use name::{Compression, DataFileName, Mode};
