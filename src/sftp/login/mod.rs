//! Who may log in, with which key, from where, until when.

pub(super) mod addresses;
pub(super) mod auth;
pub(super) mod authorized_keys;
