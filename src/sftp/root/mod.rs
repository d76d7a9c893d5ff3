//! A party's root: canonical paths, what is allowed where, the jail that keeps every path inside, and
//! how much a party may keep there.

pub(super) mod folder;
pub(super) mod in_use;
pub(super) mod jail;
pub(super) mod listing;
pub(super) mod locking;
pub(super) mod path;
pub(super) mod policy;
pub(super) mod usage;
