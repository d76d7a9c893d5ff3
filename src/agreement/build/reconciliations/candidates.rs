//! How likely pairs are found: columns that both sides have, in one format each.

use super::{common_format, kind_at, on_both};
use crate::agreement::document::problem::Findings;
use crate::agreement::raw::dataset::RawDataset;
use crate::agreement::raw::exchange::RawCandidates;
use crate::agreement::{CandidateField, Candidates, FieldKind};

/// From even odds on a pair is worth a person's look.
const LEAST_PERCENT: u8 = 50;
/// A rival a hundred times less likely is none.
const AMBIGUOUS_RATIO: u32 = 100;
/// Most columns: a pair's outcome is kept in 64 bits, four for each value that is compared, and a NIP holds three.
const MOST_FIELDS: usize = 12;

/// Builds what can be built.
pub(super) fn build(
    raw: &RawCandidates<'_>,
    sides: [&RawDataset<'_>; 2],
    found: &mut Findings,
) -> Candidates {
    let mut fields = Vec::new();
    let mut tells_people_apart = false;
    let mut unclear = false;
    for word in &raw.fields.value {
        let positions = on_both(Some(word), sides, found)
            .filter(|positions| common_format(word, *positions, sides, found).is_some());
        let Some(positions) = positions else {
            unclear = true;
            continue;
        };
        let ([left, _], [position, _]) = (sides, positions);
        tells_people_apart |= kind_at(left, position).is_none_or(is_of_one_person);
        fields.push(CandidateField {
            name: word.value.to_owned(),
            positions,
        });
    }
    if !tells_people_apart && !unclear {
        raw.fields.spot.problem(
            found,
            "no column here tells one person from another",
            "add a name, a date or a number of a person (`kind: name`, `date`, `nip`, `nik` or `nomor_kartu`)",
        );
    }
    if fields.len() > MOST_FIELDS {
        raw.fields.spot.problem(
            found,
            format!("{} columns are too many", fields.len()),
            format!("name at most {MOST_FIELDS}, those that say who a person is"),
        );
    }
    Candidates {
        fields,
        least_percent: raw.least_percent.unwrap_or(LEAST_PERCENT),
        ambiguous_ratio: raw.ambiguous_ratio.unwrap_or(AMBIGUOUS_RATIO),
    }
}

/// Without one of these every record would have to be held against every other.
fn is_of_one_person(kind: &FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Name { .. }
            | FieldKind::Date
            | FieldKind::Nip
            | FieldKind::Nik
            | FieldKind::NomorKartu
    )
}
