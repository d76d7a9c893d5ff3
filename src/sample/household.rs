//! Families: a spouse and children, mostly as they should be.

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::agreement::checks::CheckCode;

use super::Plan;
use super::cast::Part;
use super::facts::{Facts, Sex};
use super::scene::Line;
use super::staff::given;
use super::words::PLACES;

/// One dependant, in the columns of `keluarga` after the key of the employee.
#[derive(Debug, Clone, Default)]
pub(super) struct Member {
    pub(super) no_urut: String,
    pub(super) nik: String,
    pub(super) nama: String,
    pub(super) hubungan: String,
    pub(super) tempat_lahir: String,
    pub(super) tanggal_lahir: String,
    pub(super) jenis_kelamin: String,
    /// Place in the household, for cards.
    pub(super) place: u64,
}

/// The columns of `keluarga`.
pub(super) const COLUMNS: [&str; 8] = [
    "nip",
    "no_urut",
    "nik",
    "nama",
    "hubungan",
    "tempat_lahir",
    "tanggal_lahir",
    "jenis_kelamin",
];

impl Member {
    /// The values in the order of [`COLUMNS`] after `nip`.
    pub(super) fn values(&self) -> [&str; 7] {
        [
            &self.no_urut,
            &self.nik,
            &self.nama,
            &self.hubungan,
            &self.tempat_lahir,
            &self.tanggal_lahir,
            &self.jenis_kelamin,
        ]
    }
}

/// What is special about one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FamilyAct {
    /// A husband who is a woman or the reverse.
    HubunganTerbalik,
    /// Two wives or husbands.
    DuaPasangan,
    /// Five children.
    LimaAnak,
    /// A child of 22.
    AnakKuliah,
    /// A child of 27.
    AnakDewasa,
    /// A child born 00-00-0000.
    LahirNol,
    /// A nephew.
    Keponakan,
    /// A child without a name.
    TanpaNama,
    /// A child's NIK with an impossible day.
    NikBentuk,
    /// `satu` for a number.
    UrutKata,
    /// The same number twice.
    UrutGanda,
    /// Nothing.
    Biasa,
}

impl Part for FamilyAct {
    const NONE: Self = Self::Biasa;

    const ALL: &'static [Self] = &[
        Self::HubunganTerbalik,
        Self::DuaPasangan,
        Self::LimaAnak,
        Self::AnakKuliah,
        Self::AnakDewasa,
        Self::LahirNol,
        Self::Keponakan,
        Self::TanpaNama,
        Self::NikBentuk,
        Self::UrutKata,
        Self::UrutGanda,
    ];

    fn fits(self, facts: &Facts) -> bool {
        facts.age >= 46 || !matches!(self, Self::AnakKuliah | Self::AnakDewasa)
    }

    fn refused(self) -> u64 {
        match self {
            Self::UrutGanda => 2,
            Self::LahirNol
            | Self::Keponakan
            | Self::TanpaNama
            | Self::NikBentuk
            | Self::UrutKata => 1,
            _ => 0,
        }
    }
}

/// The dependants of one person.
pub(super) fn members(plan: &Plan, facts: &Facts, act: FamilyAct) -> Vec<Line<Member>> {
    let mut rng = plan.rng(facts.index, "household");
    let usual = if facts.pensioned { 0 } else { rng.usize(0..=3) };
    let (spouses, children) = match act {
        FamilyAct::HubunganTerbalik => (1, usual),
        FamilyAct::DuaPasangan => (2, usual),
        FamilyAct::LimaAnak => (1, 5),
        FamilyAct::Biasa => (usize::from(facts.age >= 24 && rng.u32(0..10) < 6), usual),
        // Everything else happens to the one child.
        _ => (1, 1),
    };
    let mut family: Vec<Line<Member>> = Vec::new();
    for _ in 0..spouses {
        let birth = facts.birth.saturating_sub(rng.i64(0..1_200).days());
        let sex = facts.sex.other();
        let relation = if sex == Sex::L { "SUAMI" } else { "ISTRI" };
        family.push(dependant(
            plan,
            facts,
            family.len(),
            relation,
            birth,
            sex,
            &mut rng,
        ));
    }
    for _ in 0..children {
        let sex = if rng.bool() { Sex::L } else { Sex::P };
        let years = match act {
            FamilyAct::AnakKuliah => 22,
            FamilyAct::AnakDewasa => 27,
            _ => rng.i64(1..18),
        };
        let birth = plan
            .as_of
            .saturating_sub(years.years())
            .saturating_sub(rng.i64(1..300).days());
        family.push(dependant(
            plan,
            facts,
            family.len(),
            "ANAK",
            birth,
            sex,
            &mut rng,
        ));
    }
    spoil(act, &mut family);
    family
}

/// One dependant at the next place of the household.
fn dependant(
    plan: &Plan,
    facts: &Facts,
    before: usize,
    relation: &str,
    birth: Date,
    sex: Sex,
    rng: &mut Rng,
) -> Line<Member> {
    let place = 1 + before as u64;
    let missing = relation == "ANAK" && rng.u32(0..10) < 3;
    let values = Member {
        no_urut: place.to_string(),
        nik: if missing {
            String::new()
        } else {
            facts.nik(plan, place, birth, sex)
        },
        nama: given(plan, facts.index, place, sex),
        hubungan: relation.to_owned(),
        tempat_lahir: rng.choice(&PLACES).map_or("", |(name, _)| name).to_owned(),
        tanggal_lahir: birth.to_string(),
        jenis_kelamin: sex.as_str().to_owned(),
        place,
    };
    Line {
        values,
        ..Line::default()
    }
}

/// Plants the family's act and what is found by it.
fn spoil(act: FamilyAct, family: &mut Vec<Line<Member>>) {
    let found = |family: &mut Vec<Line<Member>>, from: usize, code| {
        for line in family.iter_mut().skip(from) {
            line.findings.push(code);
        }
    };
    match act {
        FamilyAct::HubunganTerbalik => {
            if let Some(spouse) = family.first_mut() {
                let reverse = if spouse.values.hubungan == "ISTRI" {
                    "SUAMI"
                } else {
                    "ISTRI"
                };
                reverse.clone_into(&mut spouse.values.hubungan);
                spouse.findings.push(CheckCode::PasanganJenisKelamin);
            }
        }
        FamilyAct::DuaPasangan => {
            for spouse in family.iter_mut().take(2) {
                spouse.findings.push(CheckCode::PasanganLebihDariSatu);
            }
        }
        // One spouse, three children, then the surplus.
        FamilyAct::LimaAnak => found(family, 4, CheckCode::AnakTerlaluBanyak),
        FamilyAct::AnakKuliah => found(family, 1, CheckCode::AnakBuktiSekolah),
        FamilyAct::AnakDewasa => found(family, 1, CheckCode::AnakLewatUsia),
        FamilyAct::UrutGanda => {
            found(family, 1, CheckCode::KunciGanda);
            let copy = family.last().cloned();
            family.extend(copy.map(|line| Line { late: true, ..line }));
        }
        _ => {
            if let Some(child) = family.last_mut() {
                child.findings.extend(spoil_child(act, &mut child.values));
            }
        }
    }
}

/// Makes one row unacceptable.
fn spoil_child(act: FamilyAct, child: &mut Member) -> Option<CheckCode> {
    let code = match act {
        FamilyAct::LahirNol => {
            "00-00-0000".clone_into(&mut child.tanggal_lahir);
            CheckCode::TanggalPengganti
        }
        FamilyAct::Keponakan => {
            "KEPONAKAN".clone_into(&mut child.hubungan);
            CheckCode::PilihanTidakDikenal
        }
        FamilyAct::TanpaNama => {
            child.nama.clear();
            CheckCode::KosongWajib
        }
        FamilyAct::NikBentuk => {
            "3174013510100001".clone_into(&mut child.nik);
            CheckCode::NikBentuk
        }
        FamilyAct::UrutKata => {
            "satu".clone_into(&mut child.no_urut);
            CheckCode::AngkaBentuk
        }
        _ => return None,
    };
    Some(code)
}
