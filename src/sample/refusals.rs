//! Rows that are refused, each for one reason.

use jiff::ToSpan;

use crate::agreement::checks::CheckCode;

use super::acts::Act;
use super::facts::month_at_age;
use super::oddities::active;
use super::scene::Draft;

/// Spoils one row.
pub(super) fn plant(draft: &mut Draft, act: Act) {
    if let Some(code) = spoil_pns(draft, act) {
        draft.pns.findings.push(code);
    }
    if let Some(code) = spoil_copy(draft, act) {
        draft.banding.findings.push(code);
    }
    if let Some(code) = spoil_participant(draft, act) {
        draft.peserta.findings.push(code);
    }
}

/// BKN's row.
fn spoil_pns(draft: &mut Draft, act: Act) -> Option<CheckCode> {
    let facts = draft.facts;
    let staff = &mut draft.pns.values;
    let code = match act {
        Act::NipSpasi => {
            for at in [15, 14, 8] {
                staff.nip.insert(at, ' ');
            }
            CheckCode::NipBentuk
        }
        Act::NipLama => {
            staff.nip = format!("13{:07}", facts.index % 10_000_000);
            CheckCode::NipLama
        }
        Act::NipIlmiah => {
            staff.nip = format!("1.{:02}E+17", facts.birth.year().rem_euclid(100));
            CheckCode::RusakSpreadsheet
        }
        Act::NipBulat => {
            staff.nip.replace_range(15.., "000");
            CheckCode::RusakSpreadsheet
        }
        Act::NipPppk => {
            staff.nip.replace_range(12..14, "21");
            CheckCode::NiPppk
        }
        Act::NikKosong => {
            staff.nik.clear();
            CheckCode::KosongWajib
        }
        Act::NikBentuk => {
            staff.nik.replace_range(6..8, "35");
            CheckCode::NikBentuk
        }
        Act::GolonganPangkat => {
            "Penata Muda Tingkat I".clone_into(&mut staff.golongan);
            CheckCode::GolonganBentuk
        }
        Act::TanggalPengisi => {
            "1900-01-01".clone_into(&mut staff.tanggal_lahir);
            CheckCode::TanggalPengganti
        }
        Act::TmtSebelumCpns => {
            staff.tmt_golongan = facts.start.saturating_sub(1.month()).to_string();
            CheckCode::TmtSebelumCpns
        }
        Act::BulanEmpatBelas => {
            "14".clone_into(&mut staff.masa_kerja_golongan_bulan);
            CheckCode::AngkaDiLuarBatas
        }
        Act::CpnsAnak => {
            staff.nip = facts.nip_from(month_at_age(facts.birth, 13));
            CheckCode::UsiaCpnsMustahil
        }
        Act::AktifMustahil => {
            active(staff);
            CheckCode::UsiaPensiunMustahil
        }
        Act::StatusKosong => {
            staff.status_pegawai.clear();
            CheckCode::KosongWajib
        }
        Act::BarisGanda => CheckCode::KunciGanda,
        _ => return None,
    };
    Some(code)
}

/// BPJS's copy.
fn spoil_copy(draft: &mut Draft, act: Act) -> Option<CheckCode> {
    let birth = draft.facts.birth;
    let copy = &mut draft.banding.values;
    let code = match act {
        Act::Kendali => {
            "Jl. Melati\u{1b}[2J No. 1".clone_into(&mut copy.alamat_domisili);
            CheckCode::KarakterKendali
        }
        Act::BulanDulu => {
            copy.tanggal_lahir = birth.strftime("%m/%d/%Y").to_string();
            CheckCode::TanggalBentuk
        }
        Act::KelaminAsing => {
            "X".clone_into(&mut copy.jenis_kelamin);
            CheckCode::JenisKelaminBentuk
        }
        Act::AlamatPanjang => {
            copy.alamat_domisili = "Jl. Melati ".repeat(30);
            CheckCode::KolomTerlaluPanjang
        }
        Act::StatusAsing => {
            "HONORER".clone_into(&mut copy.status_pegawai);
            CheckCode::PilihanTidakDikenal
        }
        Act::BulanKata => {
            "dua".clone_into(&mut copy.masa_kerja_golongan_bulan);
            CheckCode::AngkaBentuk
        }
        _ => return None,
    };
    Some(code)
}

/// BPJS's participant.
fn spoil_participant(draft: &mut Draft, act: Act) -> Option<CheckCode> {
    let card = &mut draft.peserta.values.nomor_kartu;
    let code = match act {
        Act::KartuPendek => {
            card.remove(0);
            CheckCode::RusakSpreadsheet
        }
        Act::KartuIlmiah => {
            "1.00E+09".clone_into(card);
            CheckCode::RusakSpreadsheet
        }
        Act::KartuHuruf => {
            card.replace_range(12.., "O");
            CheckCode::KartuBentuk
        }
        _ => return None,
    };
    Some(code)
}
