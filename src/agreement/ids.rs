//! Names of parties, datasets and reconciliations, parsed once at the edge.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A party: SFTP account, signer's principal and prefix of its file names. No `_` inside.
pub type PartyId = Id<OfParty>;

/// A dataset, as `peserta_pns`.
pub type DatasetId = Id<OfDataset>;

/// A reconciliation, as in `perbedaan_<name>.csv.age`.
pub type ReconciliationId = Id<OfReconciliation>;

/// Lower-case letters, digits and (except for a party) `_`, beginning with a letter, 40 characters at most.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id<K: Kind>(String, PhantomData<K>);

/// What an [`Id`] names.
pub trait Kind: Clone {
    /// Whether `_` may stand in it.
    const UNDERSCORE: bool;
}

/// Marks a [`PartyId`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfParty {}

/// Marks a [`DatasetId`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfDataset {}

/// Marks a [`ReconciliationId`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfReconciliation {}

impl Kind for OfParty {
    /// `_` separates the parts of a file name, and the party is the first.
    const UNDERSCORE: bool = false;
}

impl Kind for OfDataset {
    const UNDERSCORE: bool = true;
}

impl Kind for OfReconciliation {
    const UNDERSCORE: bool = true;
}

/// Why a text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write 1 to 40 of a-z, 0-9{}, beginning with a letter", if *underscore { " and _" } else { "" })]
pub struct BadId {
    underscore: bool,
}

impl<K: Kind> Id<K> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In upper case, as in `HANYA_BKN`.
    pub fn upper(&self) -> String {
        self.0.to_ascii_uppercase()
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let allowed =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || (K::UNDERSCORE && b == b'_');
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if begins && text.len() <= 40 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned(), PhantomData))
        } else {
            Err(BadId {
                underscore: K::UNDERSCORE,
            })
        }
    }
}

impl<K: Kind> TryFrom<String> for Id<K> {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl<K: Kind> From<Id<K>> for String {
    fn from(id: Id<K>) -> Self {
        id.0
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
