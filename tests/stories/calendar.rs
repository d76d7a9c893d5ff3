//! "Expected, not received": the calendar of the agreement, whose days pass by Debian's `faketime`.
//!
//! The example expects `pns` and `keluarga` of each month by day 5 of the next one; the service's time zone is seven hours
//! ahead of UTC.

use std::fs;

use serde_json::Value;

use crate::answers::Receipt;
use crate::kills::scene::Scene;
use crate::padan::Padan;
use crate::party::{Party, names};
use crate::sheets;
use crate::tools::wait_for;

/// The service met its agreement in October; nothing of BKN's has come.
fn since_october() -> Padan {
    let padan = Padan::new();
    padan.at("2027-10-20 03:00:00");
    padan.poll();
    padan
}

/// Only `pns` is expected.
fn pns_alone(padan: &Padan) {
    edit(padan, |text| {
        let (head, rest) = text.split_once("    expect: monthly by day 5\n").unwrap();
        let others = rest
            .lines()
            .filter(|line| !line.starts_with("    expect: "))
            .collect::<Vec<_>>();
        format!(
            "{head}    expect: monthly by day 5\n{}\n",
            others.join("\n")
        )
    });
}

fn edit(padan: &Padan, change: impl FnOnce(&str) -> String) {
    let path = padan.path("agreement.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text);
    fs::write(path, changed).unwrap();
}

/// Names of the notices in a party's receipts, without their endings.
fn notices(party: &Party) -> Vec<String> {
    let all = names(&party.receipts());
    let pages = all.iter().filter_map(|name| name.strip_suffix(".txt"));
    let notices: Vec<_> = pages
        .filter(|name| name.starts_with("pemberitahuan_"))
        .map(str::to_owned)
        .collect();
    for name in &notices {
        for ending in [".json", ".json.sig"] {
            assert!(all.contains(&format!("{name}{ending}")), "{all:?}");
        }
    }
    notices
}

fn delivered(party: &Party, padan: &Padan, day: &str, dataset: &str, sequence: u32) -> Receipt {
    let sheet = match dataset {
        "pns" => sheets::pns(4),
        _ => sheets::keluarga(4),
    };
    let stem = party.prepare_of(day, dataset, "full", sequence, &sheet);
    party.drop_locally(&stem);
    padan.poll();
    Receipt::read(party, &stem)
}

/// The words of the service's own events about late data, oldest first.
fn events(padan: &Padan) -> Vec<String> {
    padan.ledger(
        "SELECT event, dataset, detail FROM service_events \
         WHERE event IN ('late', 'reminded', 'partly_received', 'received', 'expected_no_more') \
         ORDER BY number",
    )
}

fn expected(padan: &Padan) -> Vec<Value> {
    let output = padan.command("status").arg("--json").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    status["expected"].as_array().unwrap().clone()
}

fn status(padan: &Padan) -> String {
    let output = padan.command("status").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn what_does_not_come_by_its_day_is_told_once_and_taken_back_when_it_comes() {
    let padan = since_october();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    assert_eq!(expected(&padan)[0]["state"], "due");
    assert!(
        status(&padan).contains("due in 16 days, 2027-11-05"),
        "{}",
        status(&padan)
    );

    // A minute before midnight of the due day, and after it.
    padan.at("2027-11-05 16:59:00");
    assert_eq!(padan.poll(), "nothing complete in the inboxes\n");
    assert!(status(&padan).contains("due today"), "{}", status(&padan));
    assert!(notices(&bkn).is_empty());
    padan.at("2027-11-05 17:00:10");
    let told = padan.poll();
    assert!(
        told.contains("bkn  pns  2027-10-01 to 2027-10-31  late"),
        "{told}"
    );
    let both = [
        "pemberitahuan_2027-11-06_keluarga",
        "pemberitahuan_2027-11-06_pns",
    ];
    assert_eq!(notices(&bkn), both);
    assert!(
        names(&bpjs.receipts()).is_empty(),
        "nobody else learns of it"
    );

    let notice = Receipt::read(&bkn, both[1]);
    assert_eq!(notice.json["format"], "padan-notice-1");
    assert_eq!(notice.json["code"], "DELIVERY_LATE");
    assert_eq!(notice.json["party"], "bkn");
    assert_eq!(notice.json["issued"], "2027-11-06 00:00:10 +07:00");
    let details = &notice.json["details"];
    assert_eq!(details["dataset"], "pns");
    assert_eq!(details["missing"][0]["from"], "2027-10-01");
    assert_eq!(details["missing"][0]["due"], "2027-11-05");
    assert!(details["last_accepted"].is_null());
    for words in [
        "PEMBERITAHUAN: data pns belum diterima",
        "Periode: 2027-10-01 s.d. 2027-10-31, paling lambat 2027-11-05",
        "Yang harus dilakukan: Kirim dataset itu",
        "NOTICE: data of pns has not been received",
        "Period: 2027-10-01 to 2027-10-31, due 2027-11-05",
    ] {
        assert!(notice.text.contains(words), "{words}: {}", notice.text);
    }
    let page = status(&padan);
    assert!(
        page.contains(
            "LATE: 2027-10-01 to 2027-10-31, due 2027-11-05; party told 2027-11-06 00:00:1"
        ),
        "{page}"
    );
    assert_eq!(expected(&padan)[0]["state"], "late");
    let own = fs::read_to_string(bkn.root().join("STATUS.txt")).unwrap();
    assert!(
        own.contains("TERLAMBAT / late  2027-10-01 .. 2027-10-31"),
        "{own}"
    );
    let theirs = fs::read_to_string(bpjs.root().join("STATUS.txt")).unwrap();
    assert!(theirs.contains("paling lambat / by 2027-11-10"), "{theirs}");
    assert!(
        !theirs.contains("late") && !theirs.contains("keluarga "),
        "{theirs}"
    );
    assert_eq!(expected(&padan)[0]["missing"][0]["days_left"], -1);

    // Once, however often the service looks or starts.
    let before = events(&padan);
    assert_eq!(before.len(), 2, "{before:?}");
    padan.at("2027-11-07 03:00:00");
    padan.poll();
    padan.serve();
    padan.stop();
    assert_eq!(events(&padan), before);
    assert_eq!(notices(&bkn), both);
    assert_eq!(Receipt::read(&bkn, both[1]).json, notice.json);

    // One of the two comes.
    padan.at("2027-11-07 04:00:00");
    delivered(&bkn, &padan, "2027-11-07", "pns", 1).accepted();
    assert_eq!(notices(&bkn), both[..1]);
    assert_eq!(
        events(&padan).last().unwrap(),
        "received|pns|2027-10-01 to 2027-10-31"
    );
    assert!(
        status(&padan).contains("due in 28 days, 2027-12-05"),
        "{}",
        status(&padan)
    );
    let service = padan.command("events").arg("--service").output().unwrap();
    let service = String::from_utf8(service.stdout).unwrap();
    assert!(
        service.contains("notice withdrawn  pemberitahuan_2027-11-06_pns"),
        "{service}"
    );
    assert!(
        service.contains(
            "notice            DELIVERY_LATE  pemberitahuan_2027-11-06_keluarga  sha256 "
        ),
        "{service}"
    );
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn reminders_come_as_often_as_agreed_and_no_oftener() {
    let padan = Padan::new();
    pns_alone(&padan);
    edit(&padan, |text| text.replace("reminders: 3", "reminders: 2"));
    padan.at("2027-10-20 03:00:00");
    padan.poll();
    let bkn = padan.party("bkn");
    // Told on the 6th in the evening, so again on the 13th and the 20th, whenever the service looks on those days.
    for (instant, notice, reminder) in [
        ("2027-11-06 12:00:00", "pemberitahuan_2027-11-06_pns", 0),
        ("2027-11-12 16:59:00", "pemberitahuan_2027-11-06_pns", 0),
        ("2027-11-12 17:00:00", "pemberitahuan_2027-11-13_pns", 1),
        ("2027-11-19 16:59:00", "pemberitahuan_2027-11-13_pns", 1),
        ("2027-11-20 00:00:00", "pemberitahuan_2027-11-20_pns", 2),
        ("2027-12-05 16:59:00", "pemberitahuan_2027-11-20_pns", 2),
        // The next month is missing, too: that is news, and begins anew.
        ("2027-12-05 17:00:00", "pemberitahuan_2027-12-06_pns", 0),
        ("2027-12-13 00:00:00", "pemberitahuan_2027-12-13_pns", 1),
    ] {
        padan.at(instant);
        padan.poll();
        assert_eq!(notices(&bkn), [notice], "{instant}");
        let found = Receipt::read(&bkn, notice);
        assert_eq!(found.json["details"]["reminder"], reminder, "{instant}");
    }
    let last = Receipt::read(&bkn, "pemberitahuan_2027-12-13_pns");
    assert_eq!(last.json["details"]["missing"].as_array().unwrap().len(), 2);

    // Without the section, never.
    edit(&padan, |text| {
        text.replace("calendar:\n  remind_every: 7 days\n", "")
            .replace("  reminders: 2\n", "")
    });
    padan.at("2027-12-30 00:00:00");
    padan.poll();
    assert_eq!(notices(&bkn), ["pemberitahuan_2027-12-13_pns"]);
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn what_was_missed_while_no_service_ran_is_one_notice() {
    let padan = Padan::new();
    pns_alone(&padan);
    let bkn = padan.party("bkn");
    // Half a year before, a delivery; the service meets the calendar afterwards.
    padan.at("2027-10-20 03:00:00");
    padan.poll();
    padan.at("2028-02-10 03:00:00");
    // What lies in the inbox counts before anything is called late.
    let stem = bkn.prepare_of("2027-10-29", "pns", "full", 1, &sheets::pns(4));
    bkn.drop_locally(&stem);
    padan.poll();
    let one = ["pemberitahuan_2028-02-10_pns"];
    assert_eq!(notices(&bkn), one);
    let notice = Receipt::read(&bkn, one[0]);
    let missing = notice.json["details"]["missing"]
        .as_array()
        .unwrap()
        .clone();
    let firsts: Vec<_> = missing
        .iter()
        .map(|one| one["from"].as_str().unwrap())
        .collect();
    assert_eq!(firsts, ["2027-11-01", "2027-12-01", "2028-01-01"]);
    assert_eq!(
        notice.json["details"]["last_accepted"]["as_of"],
        "2027-10-29"
    );
    assert!(
        notice
            .text
            .contains("Terakhir diterima: tanggal data 2027-10-29, nomor urut 1"),
        "{}",
        notice.text
    );
    assert_eq!(events(&padan), ["late|pns|2027-11-01 to 2028-01-31"]);

    // Old data for a part of it: the notice says what is still missing.
    padan.at("2028-02-11 03:00:00");
    delivered(&bkn, &padan, "2027-12-31", "pns", 2).accepted();
    assert_eq!(notices(&bkn), ["pemberitahuan_2028-02-11_pns"]);
    let notice = Receipt::read(&bkn, "pemberitahuan_2028-02-11_pns");
    assert_eq!(notice.json["details"]["missing"][0]["from"], "2028-01-01");
    // And data of today, as a delta, for the rest.
    let delta = bkn.prepare_of(
        "2028-02-11",
        "pns",
        "delta",
        3,
        &sheets::pns(5).only([4]).with_first("aksi", &["TAMBAH"]),
    );
    bkn.drop_locally(&delta);
    padan.poll();
    Receipt::read(&bkn, &delta).accepted();
    assert!(notices(&bkn).is_empty());
    assert_eq!(
        events(&padan)[1..],
        [
            "partly_received|pns|2028-01-01 to 2028-01-31",
            "received|pns|2028-01-01 to 2028-01-31"
        ]
    );
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn only_what_was_accepted_counts_and_our_own_trouble_is_nobodys_delay() {
    let padan = Padan::new();
    pns_alone(&padan);
    padan.at("2027-10-20 03:00:00");
    padan.poll();
    let bkn = padan.party("bkn");
    padan.at("2027-11-04 03:00:00");
    let bad = sheets::pns(4).set(0, "nik", "salah");
    let refused = bkn.prepare_of("2027-10-31", "pns", "full", 1, &bad);
    bkn.drop_locally(&refused);
    padan.poll();
    assert_eq!(Receipt::read(&bkn, &refused).code(), "ROWS_REFUSED");

    // In time, but the service has trouble with it.
    let snapshots = padan.data().join("snapshots/bkn/pns");
    fs::create_dir_all(snapshots.parent().unwrap()).unwrap();
    fs::write(&snapshots, "in the way").unwrap();
    padan.at("2027-11-05 03:00:00");
    let stem = bkn.prepare_of("2027-10-31", "pns", "full", 2, &sheets::pns(4));
    bkn.drop_locally(&stem);
    let poll = || padan.command("poll").output().unwrap();
    assert_eq!(poll().status.code(), Some(3));
    padan.at("2027-11-08 03:00:00");
    assert_eq!(poll().status.code(), Some(3));
    assert!(notices(&bkn).is_empty(), "it came in time");
    fs::remove_file(&snapshots).unwrap();
    padan.at("2027-11-08 04:00:00");
    padan.poll();
    Receipt::read(&bkn, &stem).accepted();
    assert!(events(&padan).is_empty());

    // The next one is refused, and does not count.
    padan.at("2027-12-04 03:00:00");
    let refused = bkn.prepare_of("2027-11-30", "pns", "full", 3, &bad);
    bkn.drop_locally(&refused);
    padan.poll();
    padan.at("2027-12-06 03:00:00");
    padan.poll();
    let notice = Receipt::read(&bkn, "pemberitahuan_2027-12-06_pns");
    let told = format!("Kiriman terakhir ditolak: {refused}.csv.age (ROWS_REFUSED)");
    assert!(notice.text.contains(&told), "{}", notice.text);
}

#[test]
#[ignore = "needs faketime, ssh-keygen"]
fn the_calendar_goes_with_the_agreement() {
    let padan = since_october();
    let bkn = padan.party("bkn");
    padan.at("2027-11-06 03:00:00");
    padan.poll();
    assert_eq!(notices(&bkn).len(), 2);
    // The parties agree on another rhythm: it begins that day. And `keluarga` is expected no more.
    edit(&padan, |text| {
        let text = text.replacen("expect: monthly by day 5", "expect: weekly by friday", 1);
        text.replacen("    expect: monthly by day 5\n", "", 1)
    });
    padan.at("2027-11-07 03:00:00");
    padan.poll();
    assert!(notices(&bkn).is_empty());
    let lines = expected(&padan);
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["expect"], "weekly by friday");
    assert_eq!(lines[0]["next"]["from"], "2027-11-01");
    assert_eq!(lines[0]["next"]["due"], "2027-11-12");

    // The last period that is due within the term, and none after it.
    padan.at("2030-10-09 03:00:00");
    padan.poll();
    let notice = Receipt::read(&bkn, "pemberitahuan_2030-10-09_pns");
    let missing = notice.json["details"]["missing"].as_array().unwrap();
    assert_eq!(missing.len(), 152);
    assert_eq!(missing[151]["due"], "2030-10-04");
    assert!(
        notice.text.contains("… +140, Period: 2030-09-23"),
        "{}",
        notice.text
    );
    assert!(
        status(&padan).contains("LATE: 2027-11-01 to 2030-09-29"),
        "{}",
        status(&padan)
    );
}

#[test]
#[ignore = "needs faketime, ssh-keygen"]
fn the_service_wakes_when_the_day_is_over() {
    let padan = since_october();
    // No look before the due instant would find it, and none for an hour after.
    padan.configure(&[("rescan", "1h")]);
    padan.at("2027-11-05 16:59:57");
    padan.serve();
    let bkn = padan.party("bkn");
    wait_for(|| (notices(&bkn).len() == 2).then_some(()), || padan.log());
    let log = || padan.log();
    wait_for(
        || {
            let told = log();
            let late = told
                .lines()
                .filter(|line| line.contains("expected and not received"));
            (late.filter(|line| line.contains("WARN")).count() == 2).then_some(())
        },
        log,
    );
    padan.stop();
}

#[test]
#[ignore = "needs faketime, ssh-keygen, strace"]
fn a_death_at_any_step_tells_it_once() {
    for call in ["rename", "fsync", "pwrite64"] {
        let padan = Padan::new();
        pns_alone(&padan);
        padan.at("2027-10-20 03:00:00");
        padan.poll();
        padan.at("2027-11-06 03:00:00");
        let scene = Scene::new(padan, |padan| {
            assert_eq!(
                notices(&padan.party("bkn")),
                ["pemberitahuan_2027-11-06_pns"]
            );
            assert_eq!(events(padan), ["late|pns|2027-10-01 to 2027-10-31"]);
            padan.poll();
            assert_eq!(events(padan).len(), 1);
        });
        assert!(scene.play(&[(call, 1)]) > 0, "{call}");
    }
}
