//! Rows that are accepted with a warning or a remark.

use jiff::ToSpan;

use crate::agreement::checks::CheckCode;

use super::Plan;
use super::acts::Act;
use super::facts::{Facts, month_at_age};
use super::scene::Draft;
use super::staff::Staff;

/// Oddities that both parties have alike, so nothing differs by them. Returns what the checks find in each copy.
pub(super) fn both(plan: &Plan, facts: &Facts, act: Act, staff: &mut Staff) -> Option<CheckCode> {
    let shifted = facts.birth.saturating_add(2.days());
    match act {
        Act::NikWilayah => {
            staff.nik.replace_range(..2, "99");
            Some(CheckCode::NikWilayah)
        }
        Act::NipTanggal => {
            staff.tanggal_lahir = shifted.to_string();
            staff.nik = facts.nik(plan, 0, shifted, facts.sex);
            Some(CheckCode::NipTanggalLahir)
        }
        Act::NikTanggal => {
            staff.nik = facts.nik(plan, 0, shifted, facts.sex);
            Some(CheckCode::NikTanggalLahir)
        }
        Act::TmtTengahBulan => {
            let month = facts.graded.saturating_sub(1.month());
            staff.tmt_golongan = month.saturating_add(14.days()).to_string();
            Some(CheckCode::TmtBukanAwalBulan)
        }
        Act::TmtMasaDepan => {
            let next = plan.as_of.first_of_month().saturating_add(1.month());
            staff.tmt_golongan = next.to_string();
            Some(CheckCode::TmtMasaDepan)
        }
        Act::MasaKerjaTotal => {
            "45".clone_into(&mut staff.masa_kerja_golongan_tahun);
            Some(CheckCode::MasaKerjaTidakWajar)
        }
        Act::CpnsMuda => {
            staff.nip = facts.nip_from(month_at_age(facts.birth, 16));
            Some(CheckCode::UsiaCpnsTidakLazim)
        }
        Act::CpnsLama => {
            "CPNS".clone_into(&mut staff.status_pegawai);
            Some(CheckCode::CpnsTerlaluLama)
        }
        Act::AktifTua | Act::AktifSangatTua => {
            active(staff);
            Some(if act == Act::AktifTua {
                CheckCode::UsiaPensiun
            } else {
                CheckCode::UsiaPensiunLewat
            })
        }
        _ => None,
    }
}

/// Oddities of one copy, or written differently in each.
pub(super) fn plant(draft: &mut Draft, act: Act) {
    match act {
        Act::KelaminBkn => {
            let other = draft.facts.sex.other().as_str();
            other.clone_into(&mut draft.pns.values.jenis_kelamin);
            draft.pns.findings.push(CheckCode::JenisKelaminBeda);
            draft.differs("jenis_kelamin");
        }
        Act::GolonganGaya => {
            // `III/a` as `IIIa` and as `3/a`: the same grade.
            let (grade, step) = draft
                .pns
                .values
                .golongan
                .split_once('/')
                .unwrap_or_default();
            let number = ["I", "II", "III", "IV"]
                .iter()
                .position(|roman| *roman == grade);
            let arabic = format!("{}/{step}", number.unwrap_or(0) + 1);
            draft.pns.values.golongan = format!("{grade}{step}");
            draft.banding.values.golongan = arabic;
            draft.pns.findings.push(CheckCode::GolonganDinormalkan);
            draft.banding.findings.push(CheckCode::GolonganDinormalkan);
        }
        _ => {}
    }
}

/// Turns a pensioner into an active employee.
pub(super) fn active(staff: &mut Staff) {
    "PNS".clone_into(&mut staff.status_pegawai);
    "PNS".clone_into(&mut staff.jenis_data);
}
