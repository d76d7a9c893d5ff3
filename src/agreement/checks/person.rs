//! Does a person's row agree with itself: birth date and sex by NIP, NIK and column.

use super::Finding;
use super::code::CheckCode;
use super::rules::Seen;
use super::sex::Sex;

/// The birth date inside the NIP.
pub(super) fn nip_birth(seen: Seen<'_>) -> Option<Finding> {
    let differs = seen.nip()?.birth != seen.date("tanggal_lahir")?;
    differs.then(|| seen.at("tanggal_lahir", CheckCode::NipTanggalLahir))
}

/// The birth date inside the NIK. A NIK is not reissued after a correction, so this is no error.
pub(super) fn nik_birth(seen: Seen<'_>) -> Option<Finding> {
    let differs = !seen.nik()?.is_born(seen.date("tanggal_lahir")?);
    differs.then(|| seen.at("tanggal_lahir", CheckCode::NikTanggalLahir))
}

/// Sex by NIP, NIK and column. The finding names the one that stands against two; where only two can be read and
/// disagree, it names none.
pub(super) fn sex(seen: Seen<'_>) -> Option<Finding> {
    let by_nip = seen.nip().map(|nip| nip.sex);
    let by_nik = seen.nik().map(|nik| nik.sex);
    let by_column = seen.sex();
    let culprit = match (by_nip, by_nik, by_column) {
        (Some(nip), Some(nik), Some(column)) if nip == nik && nik == column => return None,
        (Some(_), Some(nik), Some(column)) if nik == column => Some("nip"),
        (Some(nip), Some(_), Some(column)) if nip == column => Some("nik"),
        (Some(_), Some(_), Some(_)) => Some("jenis_kelamin"),
        (Some(a), Some(b), None) | (Some(a), None, Some(b)) | (None, Some(a), Some(b))
            if a != b =>
        {
            None
        }
        _ => return None,
    };
    let column = culprit.and_then(|role| seen.column(role));
    Some(Finding::new(CheckCode::JenisKelaminBeda, column))
}

/// Sex by NIK and column: two sources, so no culprit.
pub(super) fn nik_sex(seen: Seen<'_>) -> Option<Finding> {
    let by_nik: Sex = seen.nik()?.sex;
    let differs = by_nik != seen.sex()?;
    differs.then(|| Finding::new(CheckCode::JenisKelaminBeda, None))
}
