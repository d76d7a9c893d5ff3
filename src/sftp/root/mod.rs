//! A party's root: canonical paths, what is allowed where, and the jail that keeps every path inside.

pub(super) mod folder;
pub(super) mod jail;
pub(super) mod listing;
pub(super) mod path;
pub(super) mod policy;
