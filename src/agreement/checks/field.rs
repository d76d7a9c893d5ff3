//! From a value as it came to the normal form of its kind.

use crate::agreement::{FieldKind, Thresholds};

use super::code::CheckCode;
use super::{card, dates, golongan, nik, nip, number, sex, text};

/// The normal form of a value that is not empty, with a remark that does not refuse it.
///
/// Normal forms are fixed points: reading one gives it back, without a remark.
pub(super) fn normal<'a>(
    kind: &'a FieldKind,
    value: &'a str,
    buffer: &'a mut [u8; 10],
) -> Result<(&'a str, Option<CheckCode>), CheckCode> {
    let plain = |normal| (normal, None);
    match kind {
        FieldKind::Nip => nip::read(value).map(|_| plain(value)),
        FieldKind::Nik => nik::read(value).map(|_| plain(value)),
        FieldKind::NomorKartu => card::check(value).map(|()| plain(value)),
        FieldKind::Name { max } | FieldKind::Text { max } | FieldKind::Opaque { max } => {
            text::check(value, *max).map(|()| plain(value))
        }
        FieldKind::Date => dates::read(value).map(|date| plain(dates::write(date, buffer))),
        FieldKind::Sex => sex::read(value).map(|sex| plain(sex.as_str())),
        FieldKind::Golongan => golongan::read(value),
        FieldKind::Integer { min, max } => number::read(value, *min, *max).map(plain),
        FieldKind::Choice(words) => text::choose(value, words).map(plain),
    }
}

/// Whether a NIK in normal form begins with a province that is not known.
pub(super) fn strange_province(kind: &FieldKind, normal: &str, thresholds: &Thresholds) -> bool {
    *kind == FieldKind::Nik
        && nik::read(normal).is_ok_and(|nik| !thresholds.nik_provinces.contains(&nik.province))
}
