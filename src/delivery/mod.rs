//! The exchange format (design §2): names, manifests and receipts, without any file or clock.

pub mod checksums;
pub mod digest;
pub mod manifest;
pub mod name;
pub mod receipt;

pub use digest::{DeliveryId, Sha256Digest};
pub use manifest::Manifest;
pub use name::{Compression, DataFileName, Mode};
