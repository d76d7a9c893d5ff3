//! Who may log in, with which key or certificate, from where, until when.

pub(super) mod addresses;
pub(super) mod auth;
pub(super) mod authorized_keys;
pub(super) mod certificate;
pub(super) mod fresh;
pub(super) mod host_key;
pub(super) mod reason;
pub(super) mod strength;
