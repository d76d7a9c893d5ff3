//! What a summary tells of the likely pairs: how many there are, and by which weights they were found.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::agreement::{PartyId, ReconciliationId};
use crate::reconcile::{Candidates, Estimate};

/// `calon_padanan_<name>.csv.age`, counted, with the estimates behind it.
#[derive(Debug, Serialize)]
pub struct Found {
    jumlah: u64,
    tanda: BTreeMap<&'static str, u64>,
    /// Records of each party that met nobody.
    sisa: BTreeMap<PartyId, u64>,
    /// Pairs that were looked at, and what was left out because too many records have a key in common.
    dibandingkan: u64,
    dilewati: Skipped,
    /// The share of all possible pairs that are one person.
    bagian_cocok: f64,
    bobot: Vec<Weight>,
}

#[derive(Debug, Serialize)]
struct Skipped {
    blok: u64,
    pasangan: u64,
}

#[derive(Debug, Serialize)]
struct Weight {
    kolom: String,
    tingkat: &'static str,
    m: f64,
    u: f64,
    bobot: f64,
}

impl Found {
    /// What was found.
    pub fn of(found: &Candidates) -> Self {
        let (counts, estimates) = (found.counts(), &found.estimates);
        Self {
            jumlah: counts.pairs,
            tanda: BTreeMap::from([
                ("JELAS", counts.pairs - counts.ambiguous),
                ("RAGU", counts.ambiguous),
            ]),
            sisa: estimates.left_over.iter().cloned().collect(),
            dibandingkan: estimates.compared,
            dilewati: Skipped {
                blok: estimates.skipped_blocks,
                pasangan: estimates.skipped_pairs,
            },
            bagian_cocok: estimates.share,
            bobot: estimates.levels.iter().map(Weight::of).collect(),
        }
    }
}

impl Weight {
    fn of(estimate: &Estimate) -> Self {
        Self {
            kolom: estimate.name.clone(),
            tingkat: estimate.level,
            m: estimate.m,
            u: estimate.u,
            bobot: estimate.weight,
        }
    }
}

/// The lines for a person, behind those of the reconciliation.
pub fn text(page: &mut String, id: &ReconciliationId, found: &Found) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "\nCalon padanan {id} / likely pairs      calon_padanan_{id}.csv.age\n\
         Untuk diputuskan petugas, tidak diadopsi otomatis / for a person to decide, never adopted\n  \
         calon / pairs          {}",
        found.jumlah
    );
    for (word, count) in &found.tanda {
        let _ = writeln!(page, "  tanda     {word:<28} {count}");
    }
    for (party, count) in &found.sisa {
        let _ = writeln!(page, "  sisa      {party:<28} {count}");
    }
    let _ = writeln!(
        page,
        "  pasangan dibandingkan / compared     {}",
        found.dibandingkan
    );
    if found.dilewati.blok > 0 {
        let _ = writeln!(
            page,
            "  dilewati / left out                  {} pasangan dalam {} blok / pairs in blocks",
            found.dilewati.pasangan, found.dilewati.blok
        );
    }
    if !found.bobot.is_empty() {
        let _ = writeln!(
            page,
            "  bobot / weights (m: orang sama, u: orang lain / same and other person)"
        );
    }
    for Weight {
        kolom,
        tingkat,
        m,
        u,
        bobot,
    } in &found.bobot
    {
        let _ = writeln!(
            page,
            "  {kolom:<20} {tingkat:<12} m {m:<9} u {u:<9} {bobot:+.1}"
        );
    }
}
