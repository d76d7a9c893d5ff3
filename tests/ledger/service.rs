//! What concerns neither a delivery nor a login: the record, the calendar, the clock.

use jiff::civil::date;
use padan::delivery::Sha256Digest;
use padan::ledger::{
    Clock, Event, Expected, Ledger, Missing, Outcome, ServiceEvent, Stage, Waiting,
};
use padan::rejection::Code;

use crate::place::{Place, at, bkn, event, pns};

fn full(second: i64) -> ServiceEvent {
    ServiceEvent {
        party: Some(bkn()),
        dataset: Some(pns()),
        code: Some(Code::DeliveryLate),
        name: Some("pemberitahuan_2026-11-22_pns".to_owned()),
        sha256: Some(Sha256Digest::of(b"notice")),
        detail: Some("2026-10-01 to 2026-10-31".to_owned()),
        ..ServiceEvent::new(at(second), "notice")
    }
}

#[test]
fn the_record_is_kept_as_it_was_written() {
    let place = Place::new();
    let events = [full(1), ServiceEvent::new(at(0), "clock_behind"), full(3)];
    for event in &events {
        place.ledger.note(event).unwrap();
    }
    let reader = place.reader();
    let newest = reader.service_events(None, 2).unwrap();
    assert_eq!(newest, [events[2].clone(), events[1].clone()]);
    let bpjs = "bpjs".parse().unwrap();
    assert_eq!(reader.service_events(Some(&bpjs), 9).unwrap(), events[1..2]);
    for statement in [
        "UPDATE service_events SET event = 'received'",
        "DELETE FROM service_events",
    ] {
        let refusal = place.sql(statement).unwrap_err().to_string();
        assert!(refusal.contains("never"), "{refusal}");
    }
}

#[test]
fn what_is_expected_is_known_to_the_next_process() {
    let place = Place::new();
    assert!(place.ledger.calendar().unwrap().is_empty());
    let mut expected = Expected {
        dataset: pns(),
        party: bkn(),
        rule: "monthly by day 5".to_owned(),
        since: date(2026, 11, 22),
        told: None,
    };
    place.ledger.set_expected(&expected, &full(1)).unwrap();
    assert_eq!(place.again().calendar().unwrap(), [expected.clone()]);
    expected.told = Some(Missing {
        first: date(2026, 11, 1),
        last: date(2026, 12, 31),
        told_at: at(5),
        reminders: 2,
    });
    place.ledger.set_expected(&expected, &full(5)).unwrap();
    assert_eq!(place.again().calendar().unwrap(), [expected]);
    place.ledger.expected_no_more(&pns(), &full(6)).unwrap();
    assert!(place.again().calendar().unwrap().is_empty());
    assert_eq!(place.ledger.service_events(None, 9).unwrap().len(), 3);
}

#[test]
fn accepted_data_is_told_by_its_days_in_the_order_of_its_sequence() {
    let place = Place::new();
    place.answered(8);
    place.answered(7);
    place.rejected(9);
    place.opened(10);
    let days = place.ledger.answered_days(&bkn(), &pns()).unwrap();
    assert_eq!(days, [date(2026, 11, 22); 2]);
    let bpjs = "bpjs".parse().unwrap();
    assert!(
        place
            .ledger
            .answered_days(&bpjs, &pns())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn the_newest_instant_goes_on_and_never_back() {
    let place = Place::new();
    let newest = || place.again().clock().unwrap().newest;
    assert_eq!(newest(), None);
    let id = place.opened(7);
    assert_eq!(newest(), Some(at(8)));
    for (instant, mark) in [(at(60), at(60)), (at(30), at(60))] {
        let event = Event {
            at: instant,
            ..event(&id, Stage::Verify, Outcome::Done)
        };
        place.ledger.append(&event).unwrap();
        assert_eq!(newest(), Some(mark));
    }
    place.ledger.note(&full(90)).unwrap();
    assert_eq!(newest(), Some(at(90)));
    let behind = ServiceEvent::new(at(20), "clock_behind");
    place.ledger.clock_told(true, &behind).unwrap();
    let told = Clock {
        newest: Some(at(90)),
        told_behind: true,
        leapt: None,
    };
    assert_eq!(place.again().clock().unwrap(), told);
}

#[test]
fn a_leap_ahead_is_noted_until_an_operator_accepts_the_clock() {
    let place = Place::new();
    let clock = || place.again().clock().unwrap();
    let day = 24 * 3_600;
    place.ledger.goes_on(at(0)).unwrap();
    place.ledger.goes_on(at(8 * day)).unwrap();
    assert_eq!((clock().newest, clock().leapt), (Some(at(8 * day)), None));
    assert!(!clock().is_doubtful(at(16 * day)));
    assert!(clock().is_doubtful(at(16 * day + 1)));
    // Whatever makes time go on; and it stays in doubt when it goes on from there.
    place.ledger.note(&full(17 * day)).unwrap();
    place.ledger.note(&full(18 * day)).unwrap();
    place.ledger.goes_on(at(30 * day)).unwrap();
    assert_eq!(clock().leapt, Some(at(8 * day)));
    assert!(clock().is_doubtful(at(30 * day)));
    let told = place.ledger.service_events(None, 9).unwrap();
    let leaps = told.iter().filter(|event| event.event == "clock_leapt");
    assert_eq!(leaps.count(), 1);
    let accepted = ServiceEvent::new(at(31 * day), "clock_accepted");
    place.ledger.set_clock_back(&accepted).unwrap();
    assert_eq!((clock().newest, clock().leapt), (Some(at(31 * day)), None));
}

#[test]
fn nothing_waits_for_an_instant_of_a_wrong_clock() {
    let place = Place::new();
    let id = place.opened(7);
    let trouble = event(&id, Stage::Ingest, Outcome::Fault);
    place.ledger.fault(&trouble, at(9_000)).unwrap();
    let lonely = Waiting {
        party: bkn(),
        place: "bkn_pns_full_2026-11-22_0007.csv.age".to_owned(),
        fingerprint: Sha256Digest::of(b"lonely"),
    };
    let lonely = std::slice::from_ref(&lonely);
    place.ledger.waiting(lonely, at(8_000)).unwrap();
    let expected = Expected {
        dataset: pns(),
        party: bkn(),
        rule: "monthly by day 5".to_owned(),
        since: date(2028, 1, 1),
        told: Some(Missing {
            first: date(2028, 1, 1),
            last: date(2028, 1, 31),
            told_at: at(7_000),
            reminders: 0,
        }),
    };
    place.ledger.set_expected(&expected, &full(7_000)).unwrap();
    place.ledger.clock_told(true, &full(7_001)).unwrap();

    let accepted = ServiceEvent::new(at(100), "clock_accepted");
    place.ledger.set_clock_back(&accepted).unwrap();
    let clock = Clock {
        newest: Some(at(100)),
        told_behind: false,
        leapt: None,
    };
    let ledger = place.again();
    assert_eq!(ledger.clock().unwrap(), clock);
    let retry = ledger.delivery(&id).unwrap().unwrap().retry_at;
    assert_eq!(retry, Some(at(100)));
    assert_eq!(ledger.waiting(lonely, at(200)).unwrap(), [at(100)]);
    let row = ledger.calendar().unwrap().remove(0);
    assert_eq!(row.since, date(2026, 11, 22));
    assert_eq!(row.told.unwrap().told_at, at(100));
}
