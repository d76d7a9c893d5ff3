//! What answers are built upon, and how deliveries are closed.

use padan::agreement::{DatasetId, PartyId, ReconciliationId};
use padan::delivery::{DeliveryId, Sha256Digest};
use padan::ledger::{Event, Ledger, NewDelivery, Outcome, Published, Stage};

use crate::place::{
    Place, at, bkn, delivery, done, event, golongan, inputs, outcome, part, pns, published,
    refused, story,
};

#[test]
fn only_answered_deliveries_are_built_upon() {
    let place = Place::new();
    let ledger = &place.ledger;
    let open = place.opened(9);
    ledger.ingested(&open, &pns(), &outcome("nine")).unwrap();
    let refused = place.rejected(8);
    assert_eq!(ledger.current(&bkn(), &pns()).unwrap(), None);
    let plaintext = Sha256Digest::of(b"nine");
    let copy_of = |except| {
        ledger
            .same_plaintext(&bkn(), &pns(), &plaintext, except)
            .unwrap()
    };
    assert_eq!(copy_of(&refused), None);
    assert_eq!(ledger.answered_sequence(&bkn(), &pns(), 8).unwrap(), None);
    assert_eq!(ledger.answered_sequence(&bkn(), &pns(), 9).unwrap(), None);

    let sixth = place.answered(6);
    ledger.close(&open, &done(&open), &[]).unwrap();
    let fifth = place.answered(5);
    let current = ledger.current(&bkn(), &pns()).unwrap().unwrap();
    assert_eq!((current.0, current.1.sequence), (open, 9));
    let by = |sequence| ledger.answered_sequence(&bkn(), &pns(), sequence).unwrap();
    assert_eq!(
        [by(5), by(6), by(9)],
        [Some(fifth), Some(sixth), Some(open)]
    );
    assert_eq!(copy_of(&fifth).map(|(id, _)| id), Some(open));
    assert_eq!(copy_of(&open), None, "no copy of itself");
    let other: PartyId = "bpjs".parse().unwrap();
    let family: DatasetId = "keluarga".parse().unwrap();
    assert_eq!(ledger.current(&other, &pns()).unwrap(), None);
    assert_eq!(ledger.current(&bkn(), &family).unwrap(), None);
}

#[test]
fn a_receipt_that_an_accepted_delivery_has_or_will_have_is_kept() {
    let place = Place::new();
    let ledger = &place.ledger;
    let keeps = |party: &PartyId, file: &str, except: Option<&DeliveryId>| {
        place.reader().keeps_receipt(party, file, except).unwrap()
    };
    let receipt = |file: &str| Published {
        reader: bkn(),
        folder: String::new(),
        ..published(file)
    };
    let id = place.opened(7);
    let reader = bkn();
    let files = [receipt("november.json"), published("perubahan.csv")];
    assert!(!keeps(&reader, "november.json", None));
    ledger.prepared(&id, &files, at(5)).unwrap();
    let other = place.opened(8);
    for closed in [false, true] {
        if closed {
            ledger.close(&id, &done(&id), &[]).unwrap();
        }
        assert!(keeps(&reader, "november.json", None));
        assert!(keeps(&reader, "november.json", Some(&other)));
        assert!(!keeps(&reader, "november.json", Some(&id)), "its own");
        assert!(!keeps(&reader, "perubahan.csv", None), "no receipt");
        assert!(!keeps(&"bpjs".parse().unwrap(), "november.json", None));
    }
    let files = [receipt("desember.json")];
    ledger.prepared(&other, &files, at(6)).unwrap();
    ledger.close(&other, &refused(&other), &[]).unwrap();
    assert!(!keeps(&reader, "desember.json", None), "refused");
}

#[test]
fn the_newest_difference_state_counts() {
    let place = Place::new();
    assert_eq!(place.ledger.state_of(&golongan()).unwrap(), None);
    for sequence in [7, 8] {
        let id = place.opened(sequence);
        place.ledger.close(&id, &done(&id), &[golongan()]).unwrap();
        assert_eq!(place.ledger.state_of(&golongan()).unwrap(), Some(id));
    }
    let id = place.opened(9);
    place
        .ledger
        .close(&id, &refused(&id), &[golongan()])
        .unwrap_err();
    let other: ReconciliationId = "kartu".parse().unwrap();
    assert_eq!(place.ledger.state_of(&other).unwrap(), None);
}

#[test]
fn the_newest_inputs_before_the_answer_stand() {
    let place = Place::new();
    let ledger = &place.ledger;
    let id = place.opened(7);
    let first = inputs(None);
    let second = inputs(Some(id));
    assert_eq!(ledger.inputs(&id, &pns()).unwrap(), None);
    ledger.set_inputs(&id, &pns(), &first).unwrap();
    // Interrupted and verified again: what is newest then counts.
    ledger.set_parts(&id, &[part(7)]).unwrap();
    assert_eq!(ledger.inputs(&id, &pns()).unwrap(), Some(first));
    ledger.set_inputs(&id, &pns(), &second).unwrap();
    // After the answer they stand.
    ledger.close(&id, &done(&id), &[]).unwrap();
    ledger.set_inputs(&id, &pns(), &inputs(None)).unwrap_err();
    assert_eq!(place.again().inputs(&id, &pns()).unwrap(), Some(second));
    assert!(ledger.needed_since(at(0)).unwrap().contains(&id));
    assert!(ledger.needed_since(at(1_000_000)).unwrap().is_empty());
}

#[test]
fn what_is_prepared_stays_prepared() {
    let place = Place::new();
    let id = place.opened(7);
    assert!(place.ledger.published(&id).unwrap().is_empty());
    place.ledger.prepared(&id, &[], at(9)).unwrap_err();
    let first = [published("a"), published("b")];
    assert!(place.ledger.prepared(&id, &first, at(9)).unwrap());
    assert!(
        !place
            .ledger
            .prepared(&id, &[published("c")], at(9))
            .unwrap()
    );
    assert_eq!(place.again().published(&id).unwrap(), first);
}

#[test]
fn a_delivery_is_closed_once_and_clearly() {
    let place = Place::new();
    let ledger = &place.ledger;
    let id = place.opened(7);
    let other = place.opened(8);
    let contradictions = [
        done(&other),
        event(&id, Stage::Ingest, Outcome::Rejected),
        event(&id, Stage::Ingest, Outcome::Fault),
        Event {
            outcome: Outcome::Done,
            ..refused(&id)
        },
    ];
    for event in contradictions {
        ledger.close(&id, &event, &[]).unwrap_err();
    }
    assert_eq!(story(ledger, &id).len(), 2, "nothing of them was kept");
    ledger.close(&id, &done(&id), &[]).unwrap();
    let late = [
        ledger.close(&id, &refused(&id), &[]),
        ledger.set_parts(&id, &[]),
        ledger.ingested(&id, &pns(), &outcome("late")),
        ledger
            .prepared(&id, &[published("late")], at(9))
            .map(|_| ()),
        ledger.claimed(&id, at(9)),
    ];
    for refusal in late {
        let problem = refusal.unwrap_err().to_string();
        assert_eq!(
            problem,
            format!("ledger: delivery {} is closed", id.short())
        );
    }
    ledger
        .append(&event(&id, Stage::Claim, Outcome::Repeated))
        .unwrap();
    let stranger = DeliveryId::of_manifest(b"never seen");
    let unknown = ledger.append(&done(&stranger)).unwrap_err().to_string();
    assert_eq!(unknown, format!("ledger: no delivery {}", stranger.short()));
}

#[test]
fn a_sequence_is_answered_once() {
    let place = Place::new();
    place.answered(7);
    let twin = NewDelivery {
        id: DeliveryId::of_manifest(b"twin"),
        ..delivery("bkn", 7)
    };
    place.ledger.begin(&twin).unwrap();
    place.ledger.set_parts(&twin.id, &[part(7)]).unwrap();
    place
        .ledger
        .close(&twin.id, &done(&twin.id), &[])
        .unwrap_err();
    place
        .ledger
        .close(&twin.id, &refused(&twin.id), &[])
        .unwrap();
}

#[test]
fn a_delivery_has_one_part_per_dataset() {
    let place = Place::new();
    let id = place.opened(7);
    place
        .ledger
        .set_parts(&id, &[part(7), part(8)])
        .unwrap_err();
    let kept = place.ledger.delivery(&id).unwrap().unwrap();
    assert_eq!(kept.parts, [part(7)]);
    let family: DatasetId = "keluarga".parse().unwrap();
    place
        .ledger
        .ingested(&id, &family, &outcome("x"))
        .unwrap_err();
}
