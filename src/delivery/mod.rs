//! The exchange format (design §2): names, manifests, receipts and notices, without any file or clock.

pub mod checksums;
pub mod id;
pub mod manifest;
pub mod name;
pub mod notice;
pub mod receipt;

pub use crate::digest::Sha256Digest;
pub use id::DeliveryId;
pub use manifest::Manifest;
pub use name::{Compression, DataFileName, Mode};
pub use notice::Notice;
