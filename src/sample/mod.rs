//! Synthetic extracts of all datasets with known faults and differences, and the truth about them.
//!
//! Everything follows from the number of rows, the seed and the day: the same three give the same bytes. People are
//! computed from their number (`facts`), most are plain, and a few play a part (`acts`, `cast`): a fault, an
//! oddity or a difference each. The truth is kept while the parts are planted; no check and no comparison of the
//! program is asked, so that it can be held against them.
//!
//! ```text
//! DIR/babak-1/   full deliveries of both parties, before sealing
//! DIR/babak-2/   one small delta of BKN, for after the answers
//! DIR/truth.json what an honest run finds
//! ```
//!
//! CSV varies as it does between systems: `;` in `keluarga`, `|` in `keluarga_pejabat`, a byte order mark in
//! `peserta_pns`, every value quoted in `pejabat_negara`, CRLF and another order of columns in `peserta_banding`.

mod acts;
mod cast;
mod delta;
mod differences;
mod facts;
mod household;
mod misspelled;
mod oddities;
mod officials;
mod presence;
mod refusals;
mod scene;
mod sheet;
mod staff;
mod truth;
mod unmatched;
mod words;

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use fastrand::Rng;
use jiff::civil::Date;

pub use truth::{FileTruth, Putusan, ReconciliationTruth, Round, Status, Truth};

use crate::fault::Fault;

use acts::Act;
use cast::Cast;
use facts::Facts;
use household::{FamilyAct, members};
use scene::Scene;
use sheet::{Sheet, Style};
use truth::Sense;

/// Fewest rows of a sample: below, not even the commonest differences find a place.
pub const FEWEST: u64 = 20;
/// Most rows of a sample: above, numbers of people would meet.
pub const MOST: u64 = 10_000_000;
/// Most people of each side whom no number brings together.
pub const MOST_UNMATCHED: u64 = 100_000;
/// Years in which a sample can lie: its people are up to 80, and dates of this exchange begin in 1900.
pub const YEARS: RangeInclusive<i16> = 1990..=2090;

/// Reconciliation of `pns` and `peserta_pns` by name.
const KEPESERTAAN: &str = "kepesertaan";
/// Reconciliation of `pns` and `peserta_banding` by every column.
const PEMBANDING: &str = "pembanding";

/// What a sample follows from.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rows of `pns`, from [`FEWEST`] to [`MOST`]; the other datasets are in proportion.
    pub rows: u64,
    /// Another seed gives other people.
    pub seed: u64,
    /// The day on which the data is true, in one of [`YEARS`]: ages and the file names follow it.
    pub as_of: Date,
    /// Records of each party that neither NIP nor NIK brings together, up to [`MOST_UNMATCHED`]: of four in five the
    /// other party has the person, too.
    pub unmatched: u64,
}

/// Writes a sample into `dir`, which must not hold one yet. `progress` is told the rows of `pns` as they come.
///
/// Memory does not grow with the rows. A [`Fault`] is the file system's.
pub fn generate(plan: &Plan, dir: &Path, mut progress: impl FnMut(u64)) -> Result<Truth, Fault> {
    let (first, second) = (dir.join("babak-1"), dir.join("babak-2"));
    for folder in [&first, &second] {
        fs::create_dir_all(folder).map_err(Fault::io("create the sample folder", folder))?;
    }
    let (mut babak_1, unmatched) = employees(plan, &first, &mut progress)?;
    officials::write(plan, &first, &mut babak_1)?;
    let babak_2 = delta::write(plan, &second, &babak_1)?;
    let truth = Truth {
        rows: plan.rows,
        seed: plan.seed,
        as_of: plan.as_of.to_string(),
        babak_1,
        babak_2,
        unmatched,
    };
    let path = dir.join("truth.json");
    let text = serde_json::to_string_pretty(&truth)
        .map_err(|e| Fault::io("write the truth", &path)(e.into()))?;
    fs::write(&path, text + "\n").map_err(Fault::io("write the truth", &path))?;
    Ok(truth)
}

/// Writes `pns`, `keluarga`, `peserta_pns` and `peserta_banding`. Also returns the pairs of those whom no number brings
/// together.
fn employees(
    plan: &Plan,
    dir: &Path,
    progress: &mut impl FnMut(u64),
) -> Result<(Round, Vec<[String; 2]>), Fault> {
    let file = |party, dataset| plan.file(party, dataset, "full", 1);
    let create = |name: &str, style, header: &[&str]| Sheet::create(dir, name, style, header);
    let plain = Style::default();
    let names = [
        file("bkn", "pns"),
        file("bkn", "keluarga"),
        file("bpjs", "peserta_pns"),
        file("bpjs", "peserta_banding"),
    ];
    let [pns_name, keluarga_name, peserta_name, banding_name] = &names;
    let mut pns = create(pns_name, plain, &staff::COLUMNS)?;
    let mut keluarga = create(
        keluarga_name,
        Style {
            separator: ';',
            ..plain
        },
        &household::COLUMNS,
    )?;
    let mut peserta = create(
        peserta_name,
        Style {
            mark: true,
            ..plain
        },
        &scene::COLUMNS,
    )?;
    let mut reversed = staff::COLUMNS;
    reversed.reverse();
    let mut banding = create(
        banding_name,
        Style {
            crlf: true,
            ..plain
        },
        &reversed,
    )?;

    let mut kepesertaan = ReconciliationTruth::default();
    let mut pembanding = ReconciliationTruth::default();
    let mut families = Cast::<FamilyAct>::new(plan, "families");
    for (index, act) in plan.roll() {
        let scene = Scene::of(plan, Facts::of(plan, index), act);
        for line in &scene.pns {
            pns.row(line.values.values(), &line.findings, line.late)?;
        }
        for line in &scene.peserta {
            peserta.row(line.values.values(), &line.findings, line.late)?;
        }
        for line in &scene.banding {
            banding.row(
                line.values.values().into_iter().rev(),
                &line.findings,
                line.late,
            )?;
        }
        let nip = scene.facts.nip();
        for line in members(plan, &scene.facts, families.part(index)) {
            let values = std::iter::once(nip.as_str()).chain(line.values.values());
            keluarga.row(values, &line.findings, line.late)?;
        }
        kepesertaan.count(&scene.kepesertaan, Sense::Add);
        pembanding.count(&scene.pembanding, Sense::Add);
        progress(act.pns_rows());
    }

    let mut pairs = Vec::new();
    for person in unmatched::people(plan) {
        pairs.extend(person.pair());
        if let Some(line) = &person.pns {
            pns.row(line.values.values(), &line.findings, line.late)?;
        }
        if let Some(line) = &person.peserta {
            peserta.row(line.values.values(), &line.findings, line.late)?;
        }
        if let Some(line) = &person.banding {
            let values = line.values.values().into_iter().rev();
            banding.row(values, &line.findings, line.late)?;
        }
        kepesertaan.count(&person.outcome, Sense::Add);
        pembanding.count(&person.outcome, Sense::Add);
    }

    let mut round = Round::default();
    for (name, sheet) in names.into_iter().zip([pns, keluarga, peserta, banding]) {
        round.files.insert(name, sheet.finish()?);
    }
    for (name, mut truth) in [(KEPESERTAAN, kepesertaan), (PEMBANDING, pembanding)] {
        truth.status.baru = truth.differences();
        round.reconciliations.insert(name.to_owned(), truth);
    }
    Ok((round, pairs))
}

impl Plan {
    /// Random numbers for one purpose of one person.
    fn rng(&self, index: u64, purpose: &str) -> Rng {
        let mut seed = self.seed;
        for word in [index].into_iter().chain(purpose.bytes().map(u64::from)) {
            // FNV-1a over words, with splitmix's finish: neighbours get unlike seeds.
            seed = (seed ^ word).wrapping_mul(0x0000_0100_0000_01b3);
            seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            seed ^= seed >> 27;
        }
        Rng::with_seed(seed)
    }

    /// A data file's name before it is sealed.
    fn file(&self, party: &str, dataset: &str, mode: &str, sequence: u32) -> String {
        format!("{party}_{dataset}_{mode}_{}_{sequence:04}.csv", self.as_of)
    }

    /// One official for ten employees.
    fn officials(&self) -> u64 {
        (self.rows / 10).max(2)
    }

    /// Everyone with a part, until `pns` has its rows.
    fn roll(&self) -> impl Iterator<Item = (u64, Act)> {
        let mut cast = Cast::<Act>::new(self, "employees");
        let mut left = self.rows;
        (0..).map_while(move |index| {
            let act = match cast.part(index) {
                _ if left == 0 => return None,
                act if act.pns_rows() > left => Act::Biasa,
                act => act,
            };
            left -= act.pns_rows();
            Some((index, act))
        })
    }
}
