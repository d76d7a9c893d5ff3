//! Deliveries from their first sight to their end.

use padan::ledger::{Begun, Event, Ledger, NewDelivery, Outcome, Part, Stage, State};
use padan::rejection::Code;

use crate::place::{
    Place, at, bkn, delivery, done, event, golongan, ids, inputs, outcome, part, pns, published,
    refused, story,
};

#[test]
fn an_answered_delivery_is_remembered_whole() {
    let place = Place::new();
    let ledger = &place.ledger;
    let new = delivery("bkn", 7);
    let id = new.id;

    assert_eq!(ledger.begin(&new).unwrap(), Begun::Open);
    let begun = ledger.delivery(&id).unwrap().unwrap();
    assert_eq!(begun.state, State::Claiming);
    ledger.claimed(&id, at(8)).unwrap();
    let verified = event(&id, Stage::Verify, Outcome::Done);
    ledger.append(&verified).unwrap();
    ledger.set_parts(&id, &[part(7)]).unwrap();
    ledger.ingested(&id, &pns(), &outcome("seven")).unwrap();
    ledger.set_inputs(&id, &pns(), &inputs(None)).unwrap();
    let files = [published("perubahan.csv"), published("ringkasan.txt")];
    assert!(ledger.prepared(&id, &files, at(9)).unwrap());
    ledger.close(&id, &done(&id), &[golongan()]).unwrap();

    // The process ends without a farewell; the next one reads the same.
    let ledger = place.again();
    let found = ledger.delivery(&id).unwrap().unwrap();
    let whole = Part {
        outcome: Some(outcome("seven")),
        ..part(7)
    };
    assert_eq!(found.party, bkn());
    assert_eq!(found.stem, new.stem);
    assert_eq!(found.folder, "november");
    assert_eq!(found.files, new.files);
    assert_eq!(found.received, new.received);
    assert_eq!(found.state, State::Answered);
    assert_eq!((found.attempt, found.faults), (1, 0));
    assert_eq!((found.retry_at, found.code), (None, None));
    assert_eq!(found.parts, std::slice::from_ref(&whole));
    assert_eq!(ledger.published(&id).unwrap(), files);
    assert_eq!(ledger.inputs(&id, &pns()).unwrap(), Some(inputs(None)));
    assert_eq!(ledger.current(&bkn(), &pns()).unwrap(), Some((id, whole)));
    assert_eq!(ledger.state_of(&golongan()).unwrap(), Some(id));
    assert_eq!(ledger.begin(&new).unwrap(), Begun::Answered);
    let events = ledger.events(&id).unwrap();
    assert_eq!(events[2], verified);
    assert_eq!(
        story(&ledger, &id),
        [
            (Stage::Claim, Outcome::Begun),
            (Stage::Claim, Outcome::Done),
            (Stage::Verify, Outcome::Done),
            (Stage::Respond, Outcome::Done),
        ]
    );
}

#[test]
fn what_is_open_goes_on_as_it_was() {
    let place = Place::new();
    let first = delivery("bkn", 7);
    let later = NewDelivery {
        received: at(500),
        folder: "elsewhere".to_owned(),
        ..first.clone()
    };

    place.ledger.begin(&first).unwrap();
    assert_eq!(place.ledger.begin(&later).unwrap(), Begun::Open);
    place.ledger.claimed(&first.id, at(8)).unwrap();
    place.ledger.claimed(&first.id, at(9)).unwrap();
    assert_eq!(place.ledger.begin(&later).unwrap(), Begun::Open);

    let found = place.ledger.delivery(&first.id).unwrap().unwrap();
    assert_eq!((found.received, found.attempt), (first.received, 1));
    assert_eq!(found.folder, "november");
    assert_eq!(
        story(&place.ledger, &first.id),
        [
            (Stage::Claim, Outcome::Begun),
            (Stage::Claim, Outcome::Done)
        ]
    );
}

#[test]
fn what_was_rejected_is_opened_anew() {
    let place = Place::new();
    let ledger = &place.ledger;
    let id = place.opened(7);
    place.opened(8);
    let trouble = event(&id, Stage::Open, Outcome::Fault);
    ledger.fault(&trouble, at(90)).unwrap();
    ledger.set_inputs(&id, &pns(), &inputs(None)).unwrap();
    ledger.prepared(&id, &[published("a")], at(9)).unwrap();
    ledger.close(&id, &refused(&id), &[]).unwrap();
    let found = ledger.delivery(&id).unwrap().unwrap();
    assert_eq!(found.state, State::Rejected);
    assert_eq!(found.code, Some(Code::ColumnMissing));
    assert_eq!((found.attempt, found.faults, found.retry_at), (1, 1, None));

    let mended = NewDelivery {
        received: at(1000),
        files: vec!["only.sha256".to_owned()],
        ..delivery("bkn", 7)
    };
    assert_eq!(ledger.begin(&mended).unwrap(), Begun::Open);
    let found = ledger.delivery(&id).unwrap().unwrap();
    assert_eq!(found.state, State::Claiming);
    assert_eq!((found.attempt, found.faults, found.code), (2, 0, None));
    assert_eq!(found.received, at(1000));
    assert_eq!(found.files, ["only.sha256"]);
    assert!(found.parts.is_empty());
    assert!(ledger.published(&id).unwrap().is_empty());
    let other = inputs(Some(id));
    ledger.set_inputs(&id, &pns(), &other).unwrap();
    assert!(ledger.prepared(&id, &[published("b")], at(1001)).unwrap());
    // Received anew, so it stands behind what came in between.
    assert_eq!(ids(ledger.open().unwrap())[1], id);
    let again = ledger.events(&id).unwrap();
    assert_eq!(again.last().unwrap().detail.as_deref(), Some("attempt 2"));
    assert_eq!(again.len(), 5);
}

#[test]
fn another_partys_delivery_stays_theirs() {
    let place = Place::new();
    let copied = delivery("bpjs", 7);
    let id = place.opened(7);
    assert_eq!(place.ledger.begin(&copied).unwrap(), Begun::OfAnother);
    place.ledger.close(&id, &done(&id), &[]).unwrap();
    assert_eq!(place.ledger.begin(&copied).unwrap(), Begun::OfAnother);
    assert_eq!(place.ledger.delivery(&id).unwrap().unwrap().party, bkn());
    assert_eq!(place.ledger.events(&id).unwrap().len(), 3);

    // What a stranger dropped first and was refused for does not stand in the owner's way.
    let stolen = delivery("bpjs", 8);
    place.ledger.begin(&stolen).unwrap();
    place
        .ledger
        .close(&stolen.id, &refused(&stolen.id), &[])
        .unwrap();
    assert_eq!(
        place.ledger.begin(&delivery("bkn", 8)).unwrap(),
        Begun::Open
    );
    let mine = place.ledger.delivery(&stolen.id).unwrap().unwrap();
    assert_eq!(mine.party, bkn());
}

#[test]
fn a_withdrawn_delivery_leaves_only_its_events() {
    let place = Place::new();
    let new = delivery("bkn", 7);
    place.ledger.begin(&new).unwrap();
    place.ledger.withdraw(&new.id, at(8)).unwrap();

    assert_eq!(place.ledger.delivery(&new.id).unwrap(), None);
    assert!(
        place
            .ledger
            .find("bkn_pns_full_2026-11-22_0007")
            .unwrap()
            .is_empty()
    );
    let told = [
        (Stage::Claim, Outcome::Begun),
        (Stage::Claim, Outcome::Withdrawn),
    ];
    assert_eq!(story(&place.ledger, &new.id), told);
    place.ledger.begin(&new).unwrap();
    assert_eq!(place.ledger.delivery(&new.id).unwrap().unwrap().attempt, 1);
    assert_eq!(place.ledger.events(&new.id).unwrap().len(), 3);
    place.ledger.claimed(&new.id, at(9)).unwrap();
    place.ledger.withdraw(&new.id, at(10)).unwrap_err();
}

#[test]
fn a_withdrawn_second_attempt_is_rejected_as_before() {
    let place = Place::new();
    let id = place.rejected(7);
    place.ledger.begin(&delivery("bkn", 7)).unwrap();
    place.ledger.withdraw(&id, at(70)).unwrap();
    let found = place.ledger.delivery(&id).unwrap().unwrap();
    assert_eq!(found.state, State::Rejected);
    assert_eq!(found.code, Some(Code::ColumnMissing));
}

#[test]
fn faults_are_counted_until_it_is_closed() {
    let place = Place::new();
    let id = place.opened(7);
    let trouble = Event {
        detail: Some("cannot sync the snapshot: no space left".to_owned()),
        ..event(&id, Stage::Ingest, Outcome::Fault)
    };
    place.ledger.fault(&trouble, at(90)).unwrap();
    place.ledger.fault(&trouble, at(120)).unwrap();
    let found = place.ledger.delivery(&id).unwrap().unwrap();
    assert_eq!((found.faults, found.retry_at), (2, Some(at(120))));
    assert_eq!(place.ledger.counts(None).unwrap().faulted, 1);
    assert_eq!(place.ledger.events(&id).unwrap()[3], trouble);

    place.ledger.close(&id, &done(&id), &[]).unwrap();
    let found = place.ledger.delivery(&id).unwrap().unwrap();
    assert_eq!((found.faults, found.retry_at), (2, None));
    place.ledger.fault(&trouble, at(150)).unwrap_err();
}
