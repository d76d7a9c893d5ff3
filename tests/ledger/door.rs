//! What happened at the door: looked up by party and time, never changed, and gone only at the end of its time.

use padan::ledger::{DoorEvent, Ledger};

use crate::place::{Place, at, bkn};

fn upload(seconds: i64) -> DoorEvent {
    DoorEvent {
        at: at(seconds),
        event: "upload".to_owned(),
        party: Some(bkn()),
        peer: Some("2001:db8::7".parse().unwrap()),
        client: Some("WinSCP_release_6.5".to_owned()),
        key: Some("SHA256:abc".to_owned()),
        action: Some("open".to_owned()),
        file: Some("inbox/a".to_owned()),
        to: Some("inbox/b".to_owned()),
        bytes: Some(1 << 40),
        sha256: Some(padan::delivery::Sha256Digest::of(b"a")),
        ms: Some(12),
        reason: Some("none".to_owned()),
    }
}

/// Somebody who is no party.
fn refused(seconds: i64) -> DoorEvent {
    DoorEvent {
        event: "login_refused".to_owned(),
        party: None,
        peer: None,
        client: None,
        key: None,
        action: None,
        file: None,
        to: None,
        bytes: None,
        sha256: None,
        ms: None,
        reason: None,
        ..upload(seconds)
    }
}

#[test]
fn events_are_read_as_they_were_told() {
    let place = Place::new();
    place.ledger.at_door(&[upload(1), refused(2)]).unwrap();
    place.ledger.at_door(&[upload(3)]).unwrap();
    place.ledger.at_door(&[]).unwrap();
    // The process ends without a farewell; the next one reads the same.
    let ledger = place.again();
    let newest = |party: Option<&str>, since, most| {
        let party = party.map(|id| id.parse().unwrap());
        ledger.door_events(party.as_ref(), at(since), most).unwrap()
    };
    assert_eq!(newest(None, 0, 9), [upload(3), refused(2), upload(1)]);
    assert_eq!(newest(Some("bkn"), 0, 9), [upload(3), upload(1)]);
    assert_eq!(newest(None, 2, 9), [upload(3), refused(2)]);
    assert_eq!(newest(None, 0, 1), [upload(3)]);
    assert_eq!(newest(Some("bpjs"), 0, 9), []);
}

#[test]
fn events_go_at_the_end_of_their_time_and_the_oldest_first() {
    let place = Place::new();
    let ledger = &place.ledger;
    // The third was recorded after a younger one.
    ledger
        .at_door(&[upload(1), upload(5), upload(2), upload(9)])
        .unwrap();
    let left = || -> Vec<_> {
        let events = ledger.door_events(None, at(0), 9).unwrap();
        events.into_iter().map(|event| event.at).collect()
    };
    ledger.trim_door(at(1)).unwrap();
    assert_eq!(left().len(), 4);
    ledger.trim_door(at(4)).unwrap();
    assert_eq!(left(), [at(9), at(2), at(5)]);
    ledger.trim_door(at(6)).unwrap();
    assert_eq!(left(), [at(9)]);
    ledger.trim_door(at(10)).unwrap();
    assert_eq!(left(), []);
    ledger.at_door(&[upload(11)]).unwrap();
    assert_eq!(left(), [at(11)]);
}

#[test]
fn nobody_changes_an_event_or_takes_one_from_the_middle() {
    let place = Place::new();
    place
        .ledger
        .at_door(&[upload(1), upload(2), upload(3)])
        .unwrap();
    for statement in [
        "UPDATE door_events SET peer = NULL",
        "DELETE FROM door_events WHERE number = 2",
        "DELETE FROM door_events WHERE number = 3",
    ] {
        assert!(place.sql(statement).is_err(), "{statement}");
    }
    assert_eq!(place.ledger.door_events(None, at(0), 9).unwrap().len(), 3);
}
