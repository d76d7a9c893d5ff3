//! A clock that is set back, or was far ahead: nothing is judged twice at different times, and the operator decides.

use std::fs;

use crate::answers::Receipt;
use crate::padan::Padan;
use crate::party::{Party, names};
use crate::sheets;

/// BKN's key signs until the end of 2027-12-09 (UTC).
fn with_a_key_that_ends(padan: &Padan) {
    let path = padan.path("keys/parties/bkn/allowed_signers");
    let text = fs::read_to_string(&path).unwrap();
    let ends = text.replace(
        "bkn namespaces",
        "bkn valid-before=\"20271210Z\",namespaces",
    );
    assert_ne!(ends, text);
    fs::write(path, ends).unwrap();
}

fn dropped(party: &Party, sequence: u32) -> String {
    let stem = party.prepare_of("2027-11-30", "pns", "full", sequence, &sheets::pns(4));
    party.drop_locally(&stem);
    stem
}

/// What the service told about its clock, oldest first.
fn told(padan: &Padan) -> Vec<String> {
    padan.ledger("SELECT event FROM service_events WHERE event LIKE 'clock%' ORDER BY number")
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn a_clock_set_far_back_holds_everything_until_it_is_right() {
    let padan = Padan::new();
    with_a_key_that_ends(&padan);
    let bkn = padan.party("bkn");
    padan.at("2027-12-10 03:00:00");
    let stem = dropped(&bkn, 1);
    padan.poll();
    assert_eq!(Receipt::read(&bkn, &stem).code(), "SIGNER_EXPIRED");

    // With the clock nine days back the key would be valid.
    padan.at("2027-12-01 03:00:00");
    bkn.drop_locally(&stem);
    let deliveries = || padan.ledger("SELECT stem, state, attempt FROM deliveries");
    let before = deliveries();
    for _ in 0..2 {
        let output = padan.command("poll").output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("the clock says 2027-12-01T03:00:0"), "{said}");
        assert!(
            said.contains("padan clock --accept --reason TEXT"),
            "{said}"
        );
    }
    let again = padan.rerun(&[&stem, "--reason", "to see"]);
    assert_eq!(again.status.code(), Some(3), "{again:?}");
    assert_eq!(deliveries(), before);
    assert_eq!(names(&bkn.inbox()).len(), 3, "nothing is lost");
    assert_eq!(told(&padan), ["clock_behind"], "told once");
    let status = padan.command("status").output().unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(
        status.contains("The clock stands behind the newest event, 2027-12-10 10:00:0"),
        "{status}"
    );
    let clock = padan.command("clock").output().unwrap();
    assert_eq!(clock.status.code(), Some(1), "{clock:?}");

    // Mended: as before.
    padan.at("2027-12-10 04:00:00");
    padan.poll();
    assert_eq!(Receipt::read(&bkn, &stem).code(), "SIGNER_EXPIRED");
    assert_eq!(deliveries(), [format!("{stem}|rejected|2")]);
    assert_eq!(told(&padan), ["clock_behind", "clock_caught_up"]);
    assert!(padan.command("clock").output().unwrap().status.success());
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn a_small_step_back_stops_no_delivery_and_undoes_nothing() {
    let padan = Padan::new();
    with_a_key_that_ends(&padan);
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    padan.at("2027-11-20 03:00:00");
    padan.poll();
    padan.at("2027-12-10 00:10:00");
    let stem = dropped(&bkn, 1);
    padan.poll();
    assert_eq!(Receipt::read(&bkn, &stem).code(), "SIGNER_EXPIRED");
    let notice = "pemberitahuan_2027-12-10_pns.txt".to_owned();
    assert!(names(&bkn.receipts()).contains(&notice));

    // Twenty minutes back: the key would be valid again. Time stands still until the clock has caught up.
    padan.at("2027-12-09 23:50:00");
    bkn.drop_locally(&stem);
    let theirs = bpjs.prepare_of(
        "2027-11-30",
        "peserta_pns",
        "full",
        1,
        &sheets::peserta_pns(4),
    );
    bpjs.drop_locally(&theirs);
    padan.poll();
    assert_eq!(Receipt::read(&bkn, &stem).code(), "SIGNER_EXPIRED");
    Receipt::read(&bpjs, &theirs).accepted();
    assert!(names(&bkn.receipts()).contains(&notice), "still late");
    padan.poll();
    // The first step was that of a service that was off for twenty days.
    assert_eq!(told(&padan), ["clock_leapt", "clock_behind"]);
    let received = padan.ledger("SELECT received FROM deliveries ORDER BY ordinal");
    assert!(received.is_sorted(), "{received:?}");
    assert!(
        received[0].starts_with("2027-12-10T00:10:0"),
        "{received:?}"
    );
    let events = padan.ledger("SELECT at FROM events ORDER BY rowid");
    assert!(events.is_sorted(), "{events:?}");
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn after_a_clock_that_was_far_ahead_the_operator_says_when_to_go_on() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    padan.at("2027-11-20 03:00:00");
    padan.poll();
    // Two years ahead for a while: all is late, and a delivery has trouble and waits.
    padan.at("2029-11-20 03:00:00");
    let snapshots = padan.data().join("snapshots/bkn/pns");
    fs::create_dir_all(snapshots.parent().unwrap()).unwrap();
    fs::write(&snapshots, "in the way").unwrap();
    let stem = dropped(&bkn, 1);
    assert_eq!(
        padan.command("poll").output().unwrap().status.code(),
        Some(3)
    );
    assert!(!names(&bkn.receipts()).is_empty(), "called late, wrongly");
    fs::remove_file(&snapshots).unwrap();

    padan.at("2027-11-20 04:00:00");
    let held = padan.command("poll").output().unwrap();
    assert_eq!(held.status.code(), Some(3), "{held:?}");
    let accept = |args: &[&str]| padan.command("clock").args(args).output().unwrap();
    assert_eq!(
        accept(&["--accept"]).status.code(),
        Some(2),
        "a reason is needed"
    );
    assert_eq!(
        accept(&["--accept", "--reason", " "]).status.code(),
        Some(2)
    );
    assert!(!bkn.receipts().join(format!("{stem}.json")).exists());
    let done = accept(&[
        "--accept",
        "--reason",
        "the clock of the host was two years ahead",
    ]);
    assert!(done.status.success(), "{done:?}");

    // The delivery does not wait for two years, and what was called late is not.
    padan.at("2027-11-20 05:00:00");
    let said = padan.poll();
    let line = "bkn  keluarga  2027-11-01 to 2029-10-31  not_late\n";
    assert!(said.contains(line), "{said}");
    let came = padan.ledger("SELECT * FROM service_events WHERE event LIKE '%received'");
    assert_eq!(came, [""; 0], "nothing came");
    Receipt::read(&bkn, &stem).accepted();
    let left = names(&bkn.receipts());
    assert!(left.iter().all(|name| name.starts_with(&stem)), "{left:?}");
    let reasons = padan.ledger("SELECT detail FROM service_events WHERE event = 'clock_accepted'");
    assert_eq!(reasons, ["the clock of the host was two years ahead"]);
}

#[test]
#[ignore = "needs faketime"]
fn what_was_called_late_too_early_is_taken_back_and_the_rest_stays() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    padan.at("2027-10-20 03:00:00");
    padan.poll();
    padan.at("2027-11-07 03:00:00");
    assert!(
        padan
            .poll()
            .contains("bkn  keluarga  2027-10-01 to 2027-10-31  late\n")
    );
    // Two months ahead for a while.
    padan.at("2028-01-20 03:00:00");
    assert!(
        padan
            .poll()
            .contains("bkn  keluarga  2027-10-01 to 2027-12-31  late\n")
    );
    padan.at("2027-11-08 03:00:00");
    padan.accept_clock();
    let said = padan.poll();
    assert!(
        said.contains("bkn  keluarga  2027-11-01 to 2027-12-31  not_late\n"),
        "{said}"
    );
    let notice = Receipt::read(&bkn, "pemberitahuan_2027-11-08_keluarga");
    let missing = notice.json["details"]["missing"].as_array().unwrap();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(missing[0]["from"], "2027-10-01");
    assert_eq!(padan.poll(), "nothing complete in the inboxes\n");
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn a_clock_that_leaps_ahead_destroys_nothing_until_the_operator_says_that_it_is_right() {
    let padan = Padan::new();
    padan.configure(&[("archive", "30d")]);
    let bkn = padan.party("bkn");
    padan.at("2027-12-01 03:00:00");
    let stems = [1, 2].map(|sequence| {
        let stem = dropped(&bkn, sequence);
        padan.poll();
        stem
    });
    let kept = || names(&padan.data().join("snapshots/bkn/pns")).len();
    assert_eq!(kept(), 2);
    // A service that is looked after each week: time is not in doubt.
    padan.at("2027-12-09 02:00:00");
    assert!(padan.command("poll").output().unwrap().stderr.is_empty());
    assert_eq!(told(&padan), [""; 0]);

    // Three years ahead. Deliveries are judged; a delivery at that time does not make the time right.
    padan.at("2030-01-01 03:00:00");
    let output = padan.command("poll").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("nothing that is kept is destroyed"), "{said}");
    let third = dropped(&bkn, 3);
    padan.poll();
    Receipt::read(&bkn, &third).accepted();
    padan.at("2030-01-02 03:00:00");
    padan.poll();
    assert_eq!(kept(), 3, "nothing was destroyed");
    assert_eq!(told(&padan), ["clock_leapt"], "told once");
    let status = padan.command("status").output().unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(
        status.contains("More than a week went by at once after 2027-12-09 09:00:0"),
        "{status}"
    );
    let clock = padan.command("clock").output().unwrap();
    assert_eq!(clock.status.code(), Some(1), "{clock:?}");

    // It was right: the service had been off.
    padan.accept_clock();
    padan.poll();
    assert_eq!(kept(), 2, "the second is what the third was compared with");
    assert!(padan.show(&stems[0]).contains("destroyed"));
    assert!(padan.command("clock").output().unwrap().status.success());
}
