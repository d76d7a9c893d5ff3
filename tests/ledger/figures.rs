//! What each run of a reconciliation came to, for the summaries of later runs.

use padan::agreement::PartyId;
use padan::delivery::DeliveryId;
use padan::ledger::{Ledger, RunFigures};

use crate::place::{Place, bkn, delivery, done, golongan, pns, refused};

/// The figures of a run that found so many differences.
fn figures(open: u64) -> RunFigures {
    RunFigures {
        run_date: "2026-11-22".parse().unwrap(),
        dataset: pns(),
        sequence: 7,
        matched: Some(100),
        agreeing: None,
        open,
        new: 1,
        resolved: 2,
    }
}

/// An answered run.
fn run(place: &Place, sequence: u32) -> DeliveryId {
    let id = place.opened(sequence);
    let figures = figures(u64::from(sequence));
    let set = |reader: &PartyId, figures: &RunFigures| {
        let outcome = place
            .ledger
            .set_run_figures(&id, &golongan(), reader, figures);
        outcome.unwrap();
    };
    // Interrupted once: what was noted last counts.
    set(&bkn(), &self::figures(999));
    set(&bkn(), &figures);
    set(&"bpjs".parse().unwrap(), &self::figures(0));
    place.ledger.close(&id, &done(&id), &[golongan()]).unwrap();
    id
}

#[test]
fn a_run_shows_the_runs_before_it_and_none_after() {
    let place = Place::new();
    let runs: Vec<_> = [7, 8, 9].map(|sequence| run(&place, sequence)).into();
    let open = |reader: &PartyId, last, most| -> Vec<u64> {
        let known = place.again().run_figures(&golongan(), reader, last, most);
        known.unwrap().iter().map(|run| run.open).collect()
    };
    assert_eq!(open(&bkn(), &runs[2], 10), [7, 8, 9]);
    assert_eq!(
        open(&bkn(), &runs[1], 10),
        [7, 8],
        "later runs do not leak into it"
    );
    assert_eq!(open(&bkn(), &runs[2], 2), [8, 9], "the newest of them");
    assert_eq!(
        open(&"bpjs".parse().unwrap(), &runs[2], 10),
        [0, 0, 0],
        "its own figures"
    );
    assert!(open(&bkn(), &DeliveryId::of_manifest(b"never seen"), 10).is_empty());
    let all = place
        .ledger
        .run_figures(&golongan(), &bkn(), &runs[0], 10)
        .unwrap();
    assert_eq!(all, [figures(7)], "as it was noted");
}

#[test]
fn only_answered_runs_are_shown() {
    let place = Place::new();
    let first = run(&place, 7);
    let id = place.opened(8);
    let noted = |id| {
        place
            .ledger
            .set_run_figures(id, &golongan(), &bkn(), &figures(8))
    };
    noted(&id).unwrap();
    let known = || {
        place
            .ledger
            .run_figures(&golongan(), &bkn(), &first, 10)
            .unwrap()
            .len()
    };
    assert_eq!(known(), 1, "the second one is under way");
    place.ledger.close(&id, &refused(&id), &[]).unwrap();
    noted(&id).unwrap_err();
    // What a rejected attempt came to is forgotten with it.
    place.ledger.begin(&delivery("bkn", 8)).unwrap();
    place.ledger.close(&id, &done(&id), &[golongan()]).unwrap();
    let all = place
        .ledger
        .run_figures(&golongan(), &bkn(), &id, 10)
        .unwrap();
    assert_eq!(all, [figures(7)]);
}
