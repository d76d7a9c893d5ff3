//! Columns of a dataset in a snapshot, found by name: a snapshot may be older than the agreement.

use crate::agreement::{Dataset, Row};
use crate::fault::Fault;
use crate::snapshot::Reader;

/// Where each field of a dataset stands in the rows of one snapshot.
#[derive(PartialEq, Eq)]
pub(super) struct Columns {
    places: Vec<Option<usize>>,
}

impl Columns {
    pub(super) fn of(dataset: &Dataset, reader: &Reader) -> Self {
        let place = |name: &str| reader.columns().iter().position(|c| c == name);
        Self {
            places: dataset.fields.iter().map(|f| place(&f.name)).collect(),
        }
    }

    /// The value of the field at `position` of the dataset; empty where the snapshot has no such column.
    pub(super) fn get<'r>(&self, row: &'r Row, position: usize) -> &'r str {
        match self.places.get(position) {
            Some(Some(place)) => row.get(*place),
            _ => "",
        }
    }

    /// Where the field at `position` of the dataset stands.
    pub(super) fn place(&self, position: usize) -> Option<usize> {
        self.places.get(position).copied().flatten()
    }

    /// The places of columns without which nothing can be matched.
    pub(super) fn places(&self, positions: &[usize], reader: &Reader) -> Result<Vec<usize>, Fault> {
        positions
            .iter()
            .map(|position| self.places.get(*position).copied().flatten())
            .collect::<Option<_>>()
            .ok_or_else(|| reader.damaged("has no column that is now part of the key"))
    }
}
