//! What operators look up, and the events that nobody can rewrite.

use padan::delivery::{DeliveryId, Sha256Digest};
use padan::ledger::{Counts, Incomplete, Ledger, NewDelivery, Waiting};

use crate::place::{Place, at, bkn, delivery, done, ids, refused};

#[test]
fn incomplete_deliveries_wait_from_their_last_change() {
    let place = Place::new();
    let ledger = &place.ledger;
    let lonely = |bytes: &[u8]| Waiting {
        party: bkn(),
        place: "november/a.sha256".to_owned(),
        fingerprint: Sha256Digest::of(bytes),
    };
    assert_eq!(ledger.waiting(&[lonely(b"1")], at(0)).unwrap(), [at(0)]);
    assert_eq!(ledger.waiting(&[lonely(b"1")], at(5)).unwrap(), [at(0)]);
    assert!(ledger.waiting_told(&lonely(b"1")).unwrap());
    assert!(!ledger.waiting_told(&lonely(b"1")).unwrap());
    assert_eq!(ledger.waiting(&[lonely(b"2")], at(9)).unwrap(), [at(9)]);
    let seen = |told| Incomplete {
        party: bkn(),
        place: "november/a.sha256".to_owned(),
        since: at(9),
        told,
    };
    assert_eq!(ledger.incomplete().unwrap(), [seen(false)]);
    assert!(!ledger.waiting_told(&lonely(b"1")).unwrap(), "that is past");
    assert!(ledger.waiting_told(&lonely(b"2")).unwrap());
    assert_eq!(ledger.incomplete().unwrap(), [seen(true)]);

    let theirs = Waiting {
        party: "bpjs".parse().unwrap(),
        ..lonely(b"1")
    };
    let both = [lonely(b"2"), theirs.clone()];
    assert_eq!(ledger.waiting(&both, at(11)).unwrap(), [at(9), at(11)]);
    ledger
        .waiting_only(&bkn(), &["november/a.sha256".to_owned()])
        .unwrap();
    assert_eq!(ledger.incomplete().unwrap().len(), 2);
    ledger.waiting_only(&bkn(), &[]).unwrap();
    assert_eq!(ledger.incomplete().unwrap()[0].party, theirs.party);
    assert_eq!(ledger.waiting(&[lonely(b"2")], at(20)).unwrap(), [at(20)]);
}

#[test]
fn what_is_open_is_listed_in_its_order_and_what_is_closed_newest_first() {
    let place = Place::new();
    let ledger = &place.ledger;
    let first = place.opened(1);
    let second = place.answered(2);
    let third = place.rejected(3);
    let fourth = place.opened(4);
    let open = |most| ids(ledger.open_of(&bkn(), most).unwrap());
    let closed = |most| ids(ledger.closed_of(&bkn(), most).unwrap());
    assert_eq!(open(9), [first, fourth]);
    assert_eq!(open(1), [first]);
    assert_eq!(closed(9), [third, second]);
    assert_eq!(closed(1), [third]);
    let bpjs = "bpjs".parse().unwrap();
    assert!(ledger.open_of(&bpjs, 9).unwrap().is_empty());
    assert!(ledger.closed_of(&bpjs, 9).unwrap().is_empty());
}

#[test]
fn deliveries_are_found_by_what_people_know() {
    let place = Place::new();
    let old = place.rejected(7);
    let twin = NewDelivery {
        id: DeliveryId::of_manifest(b"twin"),
        ..delivery("bkn", 7)
    };
    place.ledger.begin(&twin).unwrap();
    let full = old.to_string();
    let first = |digits: usize| full.get(..digits).unwrap().to_owned();
    let found = |text: &str| ids(place.ledger.find(text).unwrap());
    for text in [
        "bkn_pns_full_2026-11-22_0007",
        "bkn_pns_full_2026-11-22_0007.sha256",
        "bkn_pns_full_2026-11-22_0007.csv.age",
    ] {
        assert_eq!(found(text), [twin.id, old], "{text}");
    }
    for text in [
        first(6),
        old.short(),
        full.clone(),
        first(20).to_uppercase(),
    ] {
        assert_eq!(found(&text), [old], "{text}");
    }
    for text in [
        first(5).as_str(),
        "",
        "%",
        "bkn_pns",
        "0007",
        "' OR '1' = '1",
    ] {
        assert!(found(text).is_empty(), "{text}");
    }
}

#[test]
fn lists_are_in_order_of_receipt_whatever_the_clock_says() {
    let place = Place::new();
    let ledger = &place.ledger;
    let [first, second, third] = [9, 8, 7].map(|sequence| place.opened(sequence));
    let theirs = delivery("bpjs", 1);
    ledger.begin(&theirs).unwrap();
    assert_eq!(
        ids(ledger.open().unwrap()),
        [first, second, third, theirs.id]
    );
    ledger.close(&second, &done(&second), &[]).unwrap();
    ledger.close(&third, &refused(&third), &[]).unwrap();
    assert_eq!(ids(ledger.open().unwrap()), [first, theirs.id]);
    assert_eq!(ids(ledger.recent(None, 2).unwrap()), [theirs.id, third]);
    assert_eq!(
        ids(ledger.recent(Some(&bkn()), 9).unwrap()),
        [third, second, first]
    );
    let counts = |open| Counts {
        open,
        faulted: 0,
        answered: 1,
        rejected: 1,
    };
    assert_eq!(ledger.counts(None).unwrap(), counts(2));
    assert_eq!(ledger.counts(Some(&bkn())).unwrap(), counts(1));
}

#[test]
fn events_are_never_changed_or_removed() {
    let place = Place::new();
    let id = place.answered(7);
    let before = place.ledger.events(&id).unwrap();
    for (statement, reason) in [
        (
            "UPDATE events SET detail = 'nothing happened'",
            "events are never changed",
        ),
        (
            "UPDATE events SET number = number + 10",
            "events are never changed",
        ),
        ("DELETE FROM events", "events are never removed"),
        (
            "DELETE FROM events WHERE number = 1",
            "events are never removed",
        ),
    ] {
        let refusal = place.sql(statement).unwrap_err().to_string();
        assert!(refusal.contains(reason), "{statement}: {refusal}");
    }
    assert_eq!(place.ledger.events(&id).unwrap(), before);
}
