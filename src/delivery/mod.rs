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

/// How receipts and notices write an instant, in the service's time zone: `2026-11-22 21:04:50 +07:00`.
pub const INSTANT: &str = "%Y-%m-%d %H:%M:%S %:z";
