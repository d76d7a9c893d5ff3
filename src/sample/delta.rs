//! The second round: one small delta of BKN that opens some differences and resolves others.

use std::path::Path;

use crate::agreement::checks::CheckCode;
use crate::fault::Fault;

use super::acts::Act;
use super::facts::Facts;
use super::scene::Scene;
use super::sheet::{Sheet, Style};
use super::staff::{COLUMNS, Staff, grade};
use super::truth::{Difference, Outcome, Putusan, ReconciliationTruth, Round, Sense, Status};
use super::words::PLACES;
use super::{KEPESERTAAN, PEMBANDING, Plan, differences};

/// Newcomers have numbers of their own, above everyone's.
const NEWCOMERS: u64 = 11_000_000;

/// What happens to one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutation {
    /// A promotion that BPJS does not know of yet.
    Promosi,
    /// Another place of work.
    Pindah,
    /// A new employee.
    Baru,
    /// An employee whom BPJS still has.
    Hapus,
    /// A row that says nothing new.
    Tetap,
    /// BKN corrects a name to what BPJS has.
    NamaKoreksi,
    /// BKN corrects a birth place.
    TempatKoreksi,
    /// BKN corrects sex.
    KelaminKoreksi,
    /// BKN corrects a NIP: the old one goes, the new one comes.
    NipKoreksi,
    /// BKN finds the employee whom only BPJS had.
    Temu,
    /// A row that was refused comes corrected.
    Perbaikan,
    /// An employee whom only BKN had leaves.
    Keluar,
    /// TAMBAH of a key that exists.
    Ada,
}

/// What one mutation sends and leads to.
struct Step {
    lines: Vec<(&'static str, Staff, Option<CheckCode>)>,
    /// `aksi` and `kelas` of each change.
    changes: Vec<(&'static str, &'static str)>,
    kepesertaan: Outcome,
    pembanding: Outcome,
}

/// Writes the delta and tells the state after it.
pub(super) fn write(plan: &Plan, dir: &Path, first: &Round) -> Result<Round, Fault> {
    let mut header = vec!["aksi"];
    header.extend(COLUMNS);
    let name = plan.file("bkn", "pns", "delta", 2);
    let mut round = Round {
        reconciliations: first.reconciliations.clone(),
        ..Round::default()
    };
    for truth in round.reconciliations.values_mut() {
        truth.status = Status {
            baru: 0,
            masih: truth.differences(),
            selesai: 0,
        };
    }
    let mut sheet = Sheet::create(dir, &name, Style::default(), &header)?;
    let mut quota = Quota::new(plan);
    for (index, act) in plan.roll() {
        let Some(mutation) = quota.take(plan, index, act) else {
            continue;
        };
        let before = Scene::of(plan, Facts::of(plan, index), act);
        let after = step(plan, mutation, &before);
        play(&mut sheet, &mut round, &before, after)?;
    }
    for number in 0..quota.newcomers {
        let facts = Facts::of(plan, NEWCOMERS + number);
        let mut before = Scene::plain(plan, facts);
        before.kepesertaan = Outcome::default();
        before.pembanding = Outcome::default();
        let after = step(plan, Mutation::Baru, &before);
        play(&mut sheet, &mut round, &before, after)?;
    }
    let strangers = [
        ("UBAH", CheckCode::DeltaTiada),
        ("GANTI", CheckCode::AksiTidakDikenal),
    ];
    for (number, (aksi, code)) in (quota.newcomers..).zip(strangers).take(quota.strangers) {
        let staff = Staff::of(plan, &Facts::of(plan, NEWCOMERS + number));
        sheet.row(std::iter::once(aksi).chain(staff.values()), &[code], false)?;
    }
    for truth in round.reconciliations.values_mut() {
        truth.tidy();
    }
    round.files.insert(name, sheet.finish()?);
    Ok(round)
}

/// Writes a step's rows and moves the counts.
fn play(sheet: &mut Sheet, round: &mut Round, before: &Scene, after: Step) -> Result<(), Fault> {
    for (aksi, staff, refused) in &after.lines {
        let findings = refused.as_slice();
        sheet.row(
            std::iter::once(*aksi).chain(staff.values()),
            findings,
            false,
        )?;
    }
    for (aksi, kelas) in after.changes {
        let by_class = round.changes.entry(aksi.to_owned()).or_default();
        *by_class.entry(kelas.to_owned()).or_default() += 1;
    }
    for (name, old, new) in [
        (KEPESERTAAN, &before.kepesertaan, &after.kepesertaan),
        (PEMBANDING, &before.pembanding, &after.pembanding),
    ] {
        let truth = round.reconciliations.entry(name.to_owned()).or_default();
        replace(truth, old, new);
    }
    Ok(())
}

/// Takes a person's old outcome out and puts the new one in.
fn replace(truth: &mut ReconciliationTruth, old: &Outcome, new: &Outcome) {
    let missing = |from: &Outcome, other: &Outcome| {
        let gone = from
            .differences
            .iter()
            .filter(|d| !other.differences.contains(d));
        gone.count() as u64
    };
    let resolved = missing(old, new);
    truth.status.selesai += resolved;
    truth.status.masih -= resolved;
    truth.status.baru += missing(new, old);
    truth.count(old, Sense::Take);
    truth.count(new, Sense::Add);
}

/// How many of each mutation are still to come.
struct Quota {
    left: Vec<(Mutation, u64)>,
    newcomers: u64,
    strangers: usize,
}

impl Quota {
    /// A delta of about a twentieth of the rows, of a hundred where there are enough.
    fn new(plan: &Plan) -> Self {
        let rows = (plan.rows / 20).max(100.min(plan.rows / 5));
        let share = |percent: u64| (rows * percent / 100).max(1);
        let refused = rows / 33;
        let left = vec![
            (Mutation::Ada, refused.min(1)),
            (Mutation::Promosi, share(45)),
            (Mutation::Pindah, share(25)),
            (Mutation::Hapus, share(6)),
            (Mutation::Tetap, rows * 3 / 100),
            (Mutation::NamaKoreksi, share(4)),
            (Mutation::TempatKoreksi, share(2)),
            (Mutation::KelaminKoreksi, share(2)),
            (Mutation::NipKoreksi, share(2)),
            (Mutation::Temu, share(2)),
            (Mutation::Perbaikan, share(2)),
            (Mutation::Keluar, share(2)),
        ];
        Self {
            left,
            newcomers: share(12),
            strangers: usize::try_from(refused.saturating_sub(1).min(2)).unwrap_or(0),
        }
    }

    /// The mutation of this person, if any is left that fits.
    fn take(&mut self, plan: &Plan, index: u64, act: Act) -> Option<Mutation> {
        let entry = self
            .left
            .iter_mut()
            .find(|(mutation, left)| *left > 0 && fits(*mutation, plan, index, act))?;
        entry.1 -= 1;
        Some(entry.0)
    }
}

/// Whether it can happen to this person.
fn fits(mutation: Mutation, plan: &Plan, index: u64, act: Act) -> bool {
    // Every other plain person stays as it is.
    let plain = act == Act::Biasa && index.is_multiple_of(2);
    match mutation {
        Mutation::Promosi => {
            let facts = Facts::of(plan, index);
            plain && !facts.pensioned && facts.graded < plan.as_of.first_of_month()
        }
        Mutation::Pindah | Mutation::Hapus | Mutation::Tetap | Mutation::Ada => plain,
        Mutation::NamaKoreksi => matches!(act, Act::NamaMirip | Act::NamaBeda),
        Mutation::TempatKoreksi => act == Act::TempatLahir,
        Mutation::KelaminKoreksi => act == Act::KelaminBkn,
        Mutation::NipKoreksi => act == Act::NipBeda,
        Mutation::Temu => act == Act::HanyaBpjs,
        Mutation::Perbaikan => act == Act::NikKosong,
        Mutation::Keluar => act == Act::HanyaBkn,
        Mutation::Baru => false,
    }
}

/// What BKN sends for a mutation and what follows.
fn step(plan: &Plan, mutation: Mutation, before: &Scene) -> Step {
    let facts = &before.facts;
    let old = before
        .pns
        .first()
        .map(|line| line.values.clone())
        .unwrap_or_default();
    let truth = Staff::of(plan, facts);
    match mutation {
        Mutation::Promosi => {
            let mut staff = old;
            staff.golongan = grade(facts.grade + 1);
            staff.tmt_golongan = plan.as_of.first_of_month().to_string();
            opened(staff, "FINANSIAL", &["golongan", "tmt_golongan"])
        }
        Mutation::Pindah => {
            let mut staff = old;
            let (name, code) = differences::another(&PLACES, &staff.lokasi_kerja_kode);
            name.clone_into(&mut staff.lokasi_kerja);
            code.clone_into(&mut staff.lokasi_kerja_kode);
            opened(
                staff,
                "NONFINANSIAL",
                &["lokasi_kerja", "lokasi_kerja_kode"],
            )
        }
        Mutation::Tetap => Step {
            changes: Vec::new(),
            ..opened(old, "", &[])
        },
        Mutation::Ada => Step {
            lines: vec![("TAMBAH", old, Some(CheckCode::DeltaAda))],
            changes: Vec::new(),
            kepesertaan: before.kepesertaan.clone(),
            pembanding: before.pembanding.clone(),
        },
        Mutation::NamaKoreksi => {
            let mut staff = old;
            if let Some(copy) = before.banding.first() {
                staff.nama.clone_from(&copy.values.nama);
            }
            opened(staff, "NONFINANSIAL", &[])
        }
        Mutation::TempatKoreksi => opened(truth, "NONFINANSIAL", &[]),
        Mutation::KelaminKoreksi => opened(truth, "IDENTITAS", &[]),
        Mutation::NipKoreksi => {
            let mut staff = old.clone();
            if let Some(copy) = before.banding.first() {
                staff.nip.clone_from(&copy.values.nip);
            }
            let mut step = appeared(staff, Outcome::met(Vec::new()));
            step.lines.insert(0, removal(&old));
            step.changes.push(("HAPUS", "FINANSIAL"));
            step
        }
        Mutation::Temu | Mutation::Perbaikan => appeared(truth, Outcome::met(Vec::new())),
        Mutation::Baru => appeared(truth, Outcome::apart(vec![Difference::HanyaBkn])),
        Mutation::Keluar => vanished(&old, Outcome::default()),
        Mutation::Hapus => vanished(&old, Outcome::apart(vec![Difference::HanyaBpjs])),
    }
}

/// UBAH: the name agrees; these columns now differ from BPJS's copy.
fn opened(staff: Staff, kelas: &'static str, columns: &[&'static str]) -> Step {
    let differences = columns
        .iter()
        .map(|column| Difference::Nilai(column, Putusan::Beda));
    Step {
        lines: vec![("UBAH", staff, None)],
        changes: vec![("UBAH", kelas)],
        kepesertaan: Outcome::met(Vec::new()),
        pembanding: Outcome::met(differences.collect()),
    }
}

/// TAMBAH, with the same outcome in both reconciliations.
fn appeared(staff: Staff, outcome: Outcome) -> Step {
    Step {
        lines: vec![("TAMBAH", staff, None)],
        changes: vec![("TAMBAH", "FINANSIAL")],
        kepesertaan: outcome.clone(),
        pembanding: outcome,
    }
}

/// HAPUS, with the same outcome in both reconciliations.
fn vanished(staff: &Staff, outcome: Outcome) -> Step {
    Step {
        lines: vec![removal(staff)],
        changes: vec![("HAPUS", "FINANSIAL")],
        kepesertaan: outcome.clone(),
        pembanding: outcome,
    }
}

/// A removal sends the key alone.
fn removal(staff: &Staff) -> (&'static str, Staff, Option<CheckCode>) {
    let key = Staff {
        nip: staff.nip.clone(),
        ..Staff::default()
    };
    ("HAPUS", key, None)
}
