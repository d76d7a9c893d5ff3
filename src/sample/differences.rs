//! Differences between two accepted copies.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::agreement::checks::CheckCode;

use super::acts::Act;
use super::scene::Draft;
use super::staff::grade;
use super::truth::{Difference, Putusan};
use super::words::{AGENCIES, OTHER, PLACES, Place, SAME, SIMILAR, Spelling, VILLAGES};

/// Changes one party's copy and notes what differs by that.
pub(super) fn plant(draft: &mut Draft, act: Act) {
    let facts = draft.facts;
    match act {
        Act::NamaNormal => spell(draft, &SAME, None, None),
        Act::NamaMirip => spell(draft, &SIMILAR, Some(Putusan::Mirip), Some(Putusan::Mirip)),
        Act::NamaBeda => spell(draft, &OTHER, Some(Putusan::Beda), Some(Putusan::Beda)),
        Act::NamaMiripLahirBeda => {
            // `kepesertaan` knows no birth date, so there the name is only similar.
            spell(draft, &SIMILAR, Some(Putusan::Mirip), Some(Putusan::Beda));
            birth(draft, facts.birth.saturating_add(3.days()));
        }
        Act::TanggalTertukar => {
            let (year, month, day) = (facts.birth.year(), facts.birth.month(), facts.birth.day());
            birth(draft, Date::new(year, day, month).unwrap_or(facts.birth));
        }
        Act::GolonganLama => {
            let copy = &mut draft.banding.values;
            copy.golongan = grade(facts.grade.saturating_sub(1));
            copy.tmt_golongan = facts.start.to_string();
            draft.differs("golongan");
            draft.differs("tmt_golongan");
        }
        Act::TempatLahir => {
            choose(&VILLAGES, facts.index).clone_into(&mut draft.pns.values.tempat_lahir);
            draft.differs("tempat_lahir");
        }
        Act::InstansiKerja => {
            let staff = &mut draft.pns.values;
            let (name, code) = another(&AGENCIES, &staff.instansi_kerja_kode);
            name.clone_into(&mut staff.instansi_kerja);
            code.clone_into(&mut staff.instansi_kerja_kode);
            draft.differs("instansi_kerja");
            draft.differs("instansi_kerja_kode");
        }
        Act::InstansiInduk => {
            let staff = &mut draft.pns.values;
            let (name, code) = another(&AGENCIES, &staff.instansi_induk_kode);
            name.clone_into(&mut staff.instansi_induk);
            code.clone_into(&mut staff.instansi_induk_kode);
            draft.differs("instansi_induk");
            draft.differs("instansi_induk_kode");
        }
        Act::LokasiKerja => {
            let copy = &mut draft.banding.values;
            let (name, code) = another(&PLACES, &copy.lokasi_kerja_kode);
            name.clone_into(&mut copy.lokasi_kerja);
            code.clone_into(&mut copy.lokasi_kerja_kode);
            draft.differs("lokasi_kerja");
            draft.differs("lokasi_kerja_kode");
        }
        Act::NikBulat => {
            let nik = &mut draft.banding.values.nik;
            nik.pop();
            // 0000 would be refused; 0010 belongs to nobody either.
            if nik.ends_with("000") {
                nik.truncate(14);
                nik.push('1');
            }
            nik.push('0');
            draft.differs("nik");
        }
        Act::StatusLama => {
            "CPNS".clone_into(&mut draft.banding.values.status_pegawai);
            draft.banding.findings.push(CheckCode::CpnsTerlaluLama);
            draft.differs("status_pegawai");
        }
        Act::PensiunLama => {
            let copy = &mut draft.banding.values;
            "PNS".clone_into(&mut copy.status_pegawai);
            "PNS".clone_into(&mut copy.jenis_data);
            draft.banding.findings.push(CheckCode::UsiaPensiun);
            draft.differs("status_pegawai");
            draft.differs("jenis_data");
        }
        Act::AlamatKosong | Act::AlamatBeda => {
            "Jl. Melati No. 1".clone_into(&mut draft.pns.values.alamat_domisili);
            let other = if act == Act::AlamatBeda {
                "Jl. Mawar No. 2"
            } else {
                ""
            };
            other.clone_into(&mut draft.banding.values.alamat_domisili);
            draft.differs("alamat_domisili");
        }
        Act::MasaKerjaBulan => {
            let months = (facts.months + 1) % 12;
            draft.banding.values.masa_kerja_golongan_bulan = months.to_string();
            draft.differs("masa_kerja_golongan_bulan");
        }
        Act::KelaminBpjs => {
            let other = facts.sex.other().as_str();
            other.clone_into(&mut draft.banding.values.jenis_kelamin);
            draft.banding.findings.push(CheckCode::JenisKelaminBeda);
            draft.differs("jenis_kelamin");
        }
        Act::KodeKosong => {
            draft.banding.values.lokasi_kerja_kode.clear();
            draft.differs("lokasi_kerja_kode");
        }
        _ => {}
    }
}

/// Gives the person a name that the parties spell differently, and the verdicts without and with a birth date.
fn spell(draft: &mut Draft, names: &[Spelling], plain: Option<Putusan>, dated: Option<Putusan>) {
    let own: Vec<_> = names.iter().filter(|n| n.sex == draft.facts.sex).collect();
    let Some(name) = own.get(position(own.len(), draft.facts.index)) else {
        return;
    };
    name.bkn.clone_into(&mut draft.pns.values.nama);
    name.bpjs.clone_into(&mut draft.banding.values.nama);
    name.bpjs.clone_into(&mut draft.peserta.values.nama);
    draft.nama = plain;
    draft
        .values
        .extend(dated.map(|putusan| Difference::Nilai("nama", putusan)));
}

/// Gives BPJS's copy another birth date, which then agrees with neither NIP nor NIK.
fn birth(draft: &mut Draft, date: Date) {
    draft.banding.values.tanggal_lahir = date.to_string();
    draft
        .banding
        .findings
        .extend([CheckCode::NipTanggalLahir, CheckCode::NikTanggalLahir]);
    draft.differs("tanggal_lahir");
}

/// The first of a list with another code.
pub(super) fn another(places: &'static [Place], code: &str) -> Place {
    places
        .iter()
        .find(|(_, other)| *other != code)
        .copied()
        .unwrap_or_default()
}

/// One of a list by a number.
fn choose(list: &[&'static str], index: u64) -> &'static str {
    list.get(position(list.len(), index))
        .copied()
        .unwrap_or_default()
}

/// A position in a list by a number.
fn position(length: usize, index: u64) -> usize {
    usize::try_from(index).unwrap_or(0) % length.max(1)
}
