//! State officials and their families, from BPJS: nothing to compare them with, a few faults.

use std::path::Path;

use crate::agreement::checks::CheckCode;
use crate::fault::Fault;

use super::Plan;
use super::facts::Facts;
use super::household::{FamilyAct, members};
use super::sheet::{Sheet, Style};
use super::staff::Staff;
use super::truth::Round;

/// Officials have numbers of their own, above everyone's.
const OFFICIALS: u64 = 12_000_000;

const COLUMNS: [&str; 12] = [
    "nip",
    "nik",
    "nama",
    "id",
    "nomor_kartu",
    "tempat_lahir",
    "tanggal_lahir",
    "jenis_kelamin",
    "alamat_domisili",
    "instansi_kerja",
    "instansi_induk",
    "jenis_data",
];

const FAMILY_COLUMNS: [&str; 9] = [
    "nik_peserta",
    "no_urut",
    "nik",
    "nama",
    "hubungan",
    "tempat_lahir",
    "tanggal_lahir",
    "jenis_kelamin",
    "nomor_kartu",
];

/// Writes `pejabat_negara` and `keluarga_pejabat`, one official for ten employees.
pub(super) fn write(plan: &Plan, dir: &Path, round: &mut Round) -> Result<(), Fault> {
    let officials = plan.file("bpjs", "pejabat_negara", "full", 1);
    let families = plan.file("bpjs", "keluarga_pejabat", "full", 1);
    let quoted = Style {
        quoted: true,
        ..Style::default()
    };
    let piped = Style {
        separator: '|',
        ..Style::default()
    };
    let mut sheet = Sheet::create(dir, &officials, quoted, &COLUMNS)?;
    let mut family_sheet = Sheet::create(dir, &families, piped, &FAMILY_COLUMNS)?;
    let count = plan.officials();
    for number in 0..count {
        // In a smaller sample one fault would be too large a share.
        let part = (count >= 50).then_some(number % 100);
        official(plan, number, part, &mut sheet)?;
        family(plan, number, part, &mut family_sheet)?;
    }
    round.files.insert(officials, sheet.finish()?);
    round.files.insert(families, family_sheet.finish()?);
    Ok(())
}

/// One official; number 17 of a hundred has a damaged NIK, number 33 one from nowhere.
fn official(plan: &Plan, number: u64, part: Option<u64>, sheet: &mut Sheet) -> Result<(), Fault> {
    let facts = Facts::of(plan, OFFICIALS + number);
    let mut staff = Staff::of(plan, &facts);
    let mut findings = Vec::new();
    match part {
        Some(17) => {
            "3.17401E+15".clone_into(&mut staff.nik);
            findings.push(CheckCode::RusakSpreadsheet);
        }
        Some(33) => {
            staff.nik.replace_range(..2, "99");
            findings.push(CheckCode::NikWilayah);
        }
        _ => {}
    }
    // Most never were employees.
    let nip = if number.is_multiple_of(3) {
        staff.nip.as_str()
    } else {
        ""
    };
    let id = format!("PJ-{number:08}");
    let card = facts.card(0);
    let data = if facts.pensioned {
        "PENSIUN_PEJABAT"
    } else {
        "PEJABAT"
    };
    let values = [
        nip,
        &staff.nik,
        &staff.nama,
        &id,
        &card,
        &staff.tempat_lahir,
        &staff.tanggal_lahir,
        &staff.jenis_kelamin,
        &staff.alamat_domisili,
        &staff.instansi_kerja,
        &staff.instansi_induk,
        data,
    ];
    sheet.row(values, &findings, false)
}

/// Their dependants; in family 5 of a hundred the first card lost a zero.
fn family(plan: &Plan, number: u64, part: Option<u64>, sheet: &mut Sheet) -> Result<(), Fault> {
    let facts = Facts::of(plan, OFFICIALS + number);
    let nik = facts.nik(plan, 0, facts.birth, facts.sex);
    let act = match part {
        // A family that surely has a spouse and children.
        Some(5) => FamilyAct::LimaAnak,
        _ => FamilyAct::Biasa,
    };
    for (place, line) in members(plan, &facts, act).into_iter().enumerate() {
        let mut card = facts.card(line.values.place);
        let mut findings = line.findings;
        if part == Some(5) && place == 0 {
            card.remove(0);
            findings.push(CheckCode::RusakSpreadsheet);
        }
        let member = &line.values;
        let values = [
            nik.as_str(),
            &member.no_urut,
            &member.nik,
            &member.nama,
            &member.hubungan,
            &member.tempat_lahir,
            &member.tanggal_lahir,
            &member.jenis_kelamin,
            &card,
        ];
        sheet.row(values, &findings, line.late)?;
    }
    Ok(())
}
