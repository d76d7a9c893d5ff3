//! Who has a record at all, and under which number.

use jiff::ToSpan;

use crate::agreement::checks::CheckCode;

use super::Plan;
use super::acts::Act;
use super::facts::Facts;
use super::scene::{Draft, Scene};
use super::truth::{Difference, Outcome, Putusan};

/// Spouses who are employees have numbers of their own, above everyone's; one in a thousand people has one.
const COMPANIONS: u64 = 10_000_000;

/// Settles the draft; acts about presence take rows away or add some.
pub(super) fn arrange(act: Act, draft: Draft) -> Scene {
    let (plan, facts) = (draft.plan, draft.facts);
    let mut scene = draft.settle();
    match act {
        Act::HanyaBkn => {
            scene.peserta.clear();
            scene.banding.clear();
            scene.kepesertaan = Outcome::apart(vec![Difference::HanyaBkn]);
            scene.pembanding = Outcome::apart(vec![Difference::HanyaBkn]);
        }
        Act::HanyaBpjs => {
            scene.pns.clear();
            scene.kepesertaan = Outcome::apart(vec![Difference::HanyaBpjs]);
            scene.pembanding = Outcome::apart(vec![Difference::HanyaBpjs]);
        }
        Act::BarisGanda => {
            let mut copy = scene.pns.clone();
            copy.iter_mut().for_each(|line| line.late = true);
            scene.pns.append(&mut copy);
        }
        Act::NipBeda => {
            renumber(&mut scene, &facts, 1);
            // Without a NIK, participants cannot meet any other way.
            scene.kepesertaan = Outcome::apart(vec![Difference::HanyaBkn, Difference::HanyaBpjs]);
            scene.pembanding = Outcome::met(vec![Difference::Nilai("nip", Putusan::Beda)]);
            scene.pembanding.matched_by_nik = 1;
        }
        Act::NikGandaBpjs => {
            let mut second = scene.clone();
            renumber(&mut scene, &facts, 1);
            renumber(&mut second, &facts, 2);
            for participant in &mut second.peserta {
                participant.values.nomor_kartu = facts.card(1);
            }
            scene.peserta.append(&mut second.peserta);
            scene.banding.append(&mut second.banding);
            for line in &mut scene.banding {
                line.findings.push(CheckCode::NikGanda);
            }
            scene.kepesertaan = Outcome::apart(vec![
                Difference::HanyaBkn,
                Difference::HanyaBpjs,
                Difference::HanyaBpjs,
            ]);
            scene.pembanding = Outcome::apart(vec![Difference::Ganda; 3]);
        }
        Act::NikPasangan => {
            let spouse = spouse(&plan, &facts);
            let nik = spouse.nik(&plan, 0, spouse.birth, spouse.sex);
            let mut other = Scene::plain(&plan, spouse);
            for line in &mut scene.pns {
                line.values.nik.clone_from(&nik);
                line.findings.extend([
                    CheckCode::NikGanda,
                    CheckCode::NikTanggalLahir,
                    CheckCode::JenisKelaminBeda,
                ]);
            }
            for line in &mut other.pns {
                line.findings.push(CheckCode::NikGanda);
            }
            scene.pns.append(&mut other.pns);
            scene.peserta.append(&mut other.peserta);
            scene.banding.append(&mut other.banding);
            scene.kepesertaan.matched += 1;
            scene.kepesertaan.agreeing += 1;
            // The employee's own NIK differs; the spouse's record agrees.
            scene.pembanding = Outcome::met(vec![Difference::Nilai("nik", Putusan::Beda)]);
            scene.pembanding.matched += 1;
            scene.pembanding.agreeing += 1;
        }
        _ => {}
    }
    scene
}

/// BPJS has another NIP: service from some months earlier.
fn renumber(scene: &mut Scene, facts: &Facts, months: i64) {
    let nip = facts.nip_from(facts.start.saturating_sub(months.months()));
    for line in &mut scene.peserta {
        line.values.nip.clone_from(&nip);
    }
    for line in &mut scene.banding {
        line.values.nip.clone_from(&nip);
    }
}

/// A spouse of the other sex, born on another day, who is an employee as well.
fn spouse(plan: &Plan, facts: &Facts) -> Facts {
    let number = COMPANIONS + facts.index / 1_000 * 2;
    let mut spouse = Facts::of(plan, number);
    if spouse.birth == facts.birth {
        spouse = Facts::of(plan, number + 1);
    }
    spouse.sex = facts.sex.other();
    spouse
}
