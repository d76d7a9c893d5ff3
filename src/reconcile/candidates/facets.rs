//! What of two records is compared: the columns of the agreement by their kind, each in the form in which it compares.
//!
//! A NIP or NIK tells more than one thing. Where the columns hold no birth date or no sex, the number's own stand for
//! them; what is left of the number (months, regions, serials) is compared by itself, so that nothing counts twice.

use zeroize::Zeroizing;

use crate::agreement::{CandidateField, Dataset, FieldKind, NameRules, PartyId, Reconciliation};

use super::super::names::{fold, modern, normalise};
use super::levels::Likeness;

/// One thing that is compared.
pub(super) struct Facet {
    /// As `alasan` names it: the column, or `nip.lahir`, `nip.kelamin` for what stands inside a number.
    pub(super) name: String,
    pub(super) likeness: Likeness,
    /// Position of its column in each side's dataset.
    pub(super) positions: [usize; 2],
    part: Part,
}

/// What part of a column it is.
#[derive(Clone, Copy)]
enum Part {
    Whole,
    Of(Number, Inside),
}

#[derive(Clone, Copy)]
enum Number {
    Nip,
    Nik,
}

#[derive(Clone, Copy)]
enum Inside {
    Birth,
    Sex,
    Rest,
}

/// The columns by which candidates are found for `reader`: those whose value on the other side it may see. Empty where
/// it may not know which records the other side has.
pub(super) fn visible(
    recon: &Reconciliation,
    fields: &[CandidateField],
    datasets: [&Dataset; 2],
    reader: &PartyId,
) -> Vec<CandidateField> {
    let sees = |name: &str| {
        datasets.iter().all(|dataset| {
            let position = dataset.position(name);
            position.is_some_and(|position| dataset.entitled(reader, position))
        })
    };
    if !recon.key.iter().all(|key| sees(key)) {
        return Vec::new();
    }
    let seen = fields.iter().filter(|field| sees(&field.name));
    seen.cloned().collect()
}

/// What is compared in these columns.
pub(super) fn of(fields: &[CandidateField], datasets: [&Dataset; 2]) -> Vec<Facet> {
    let [left, _] = datasets;
    let kind = |field: &CandidateField| {
        let [position, _] = field.positions;
        left.fields.get(position).map(|field| &field.kind)
    };
    let has = |wanted: &FieldKind| fields.iter().any(|field| kind(field) == Some(wanted));
    let (mut birth, mut sex) = (has(&FieldKind::Date), has(&FieldKind::Sex));
    let mut facets = Vec::new();
    for field in fields {
        let mut add = |name: String, likeness, part| {
            facets.push(Facet {
                name,
                likeness,
                positions: field.positions,
                part,
            });
        };
        let number = match kind(field) {
            Some(FieldKind::Nip) => Number::Nip,
            Some(FieldKind::Nik) => Number::Nik,
            other => {
                add(field.name.clone(), likeness(other), Part::Whole);
                continue;
            }
        };
        if !birth {
            let part = Part::Of(number, Inside::Birth);
            add(format!("{}.lahir", field.name), Likeness::Date, part);
        }
        if !sex {
            let part = Part::Of(number, Inside::Sex);
            add(format!("{}.kelamin", field.name), Likeness::Same, part);
        }
        (birth, sex) = (true, true);
        let part = Part::Of(number, Inside::Rest);
        add(field.name.clone(), Likeness::Number, part);
    }
    facets
}

fn likeness(kind: Option<&FieldKind>) -> Likeness {
    match kind {
        Some(FieldKind::Name { .. }) => Likeness::Name,
        Some(FieldKind::Text { .. }) => Likeness::Text,
        Some(FieldKind::Date) => Likeness::Date,
        Some(FieldKind::Nip | FieldKind::Nik | FieldKind::NomorKartu) => Likeness::Number,
        Some(
            FieldKind::Sex
            | FieldKind::Golongan
            | FieldKind::Integer { .. }
            | FieldKind::Choice(_)
            | FieldKind::Opaque { .. },
        )
        | None => Likeness::Same,
    }
}

impl Facet {
    /// The form in which a column's value compares; empty where there is nothing to compare.
    pub(super) fn form(&self, rules: &NameRules, value: &str) -> Zeroizing<String> {
        match (self.part, self.likeness) {
            (Part::Whole, Likeness::Name) => modern(&normalise(rules, value)),
            (Part::Whole, Likeness::Text) => fold(value),
            (Part::Whole, Likeness::Date) => only(value, |c| c.is_ascii_digit()),
            (Part::Whole, Likeness::Number | Likeness::Same) => only(value, |_| true),
            (Part::Of(number, inside), _) => inside_of(number, inside, value),
        }
    }

    /// Whether records can be brought together by it without holding each against every other.
    pub(super) fn tells_people_apart(&self) -> bool {
        matches!(
            self.likeness,
            Likeness::Name | Likeness::Date | Likeness::Number
        )
    }
}

/// NIP: birth date, first month, sex, serial. NIK: region, birth date, serial; women have 40 added to the day.
fn inside_of(number: Number, inside: Inside, value: &str) -> Zeroizing<String> {
    let length = match number {
        Number::Nip => 18,
        Number::Nik => 16,
    };
    let part = |range: std::ops::Range<usize>| value.get(range).unwrap_or_default();
    if value.len() != length || !value.bytes().all(|b| b.is_ascii_digit()) {
        return match inside {
            Inside::Rest => only(value, |_| true),
            Inside::Birth | Inside::Sex => Zeroizing::default(),
        };
    }
    let mut form = Zeroizing::new(String::with_capacity(value.len()));
    match (number, inside) {
        (Number::Nip, Inside::Birth) => form.push_str(part(0..8)),
        (Number::Nip, Inside::Sex) => form.push_str(part(14..15)),
        (Number::Nip, Inside::Rest) => [part(8..14), part(15..18)]
            .into_iter()
            .for_each(|piece| form.push_str(piece)),
        (Number::Nik, Inside::Birth) => {
            form.push_str(part(10..12));
            form.push_str(part(8..10));
            let day: u8 = part(6..8).parse().unwrap_or_default();
            let day = day.checked_sub(40).unwrap_or(day);
            [day / 10, day % 10]
                .into_iter()
                .for_each(|digit| form.push(char::from(b'0' + digit)));
        }
        (Number::Nik, Inside::Sex) => form.push_str(match part(6..7) {
            "0" | "1" | "2" | "3" => "L",
            _ => "P",
        }),
        (Number::Nik, Inside::Rest) => [part(0..6), part(12..16)]
            .into_iter()
            .for_each(|piece| form.push_str(piece)),
    }
    form
}

fn only(value: &str, keep: impl Fn(char) -> bool) -> Zeroizing<String> {
    let mut form = Zeroizing::new(String::with_capacity(value.len()));
    value
        .chars()
        .filter(|c| keep(*c))
        .for_each(|c| form.push(c));
    form
}
