//! `padan status`, `padan show` and `padan events` beside a service that has the ledger open.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use insta::assert_snapshot;
use jiff::Timestamp;
use padan::delivery::{DeliveryId, Sha256Digest};
use padan::ledger::{
    DoorEvent, Event, Ledger, NewDelivery, Outcome, Published, ServiceEvent, Stage, Waiting,
};
use padan::rejection::Code;
use tempfile::TempDir;

use crate::place::{
    Folder, Place, at, bkn, delivery, done, event, golongan, inputs, outcome, pns, published,
};

/// The example configuration over a ledger.
struct Desk {
    folder: TempDir,
}

/// What a command said.
struct Said {
    out: String,
    err: String,
    code: i32,
}

impl Desk {
    fn over(place: &Folder) -> Self {
        let folder = TempDir::new().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let agreement = example.join("agreement.yaml");
        fs::copy(agreement, folder.path().join("agreement.yaml")).unwrap();
        let text = fs::read_to_string(example.join("padan.yaml")).unwrap();
        let data = place.file().parent().unwrap().display().to_string();
        let text = text.replace("data_dir: data", &format!("data_dir: {data}"));
        fs::write(folder.path().join("padan.yaml"), text).unwrap();
        Self { folder }
    }

    fn say(&self, command: &str, rest: &[&str]) -> Said {
        let done = Command::cargo_bin("padan")
            .unwrap()
            .args([command, "--config"])
            .arg(self.folder.path().join("padan.yaml"))
            .args(rest)
            .output()
            .unwrap();
        Said {
            out: String::from_utf8(done.stdout).unwrap(),
            err: String::from_utf8(done.stderr).unwrap(),
            code: done.status.code().unwrap(),
        }
    }

    /// What a command prints when all is well.
    fn read(&self, command: &str, rest: &[&str]) -> String {
        let said = self.say(command, rest);
        assert_eq!((said.code, said.err.as_str()), (0, ""));
        said.out
    }
}

/// One of every kind: answered (two), rejected, faulted, open, being claimed, and one incomplete.
fn busy_place() -> Place {
    let place = Place::new();
    let ledger = &place.ledger;
    place.answered(7);
    let id = place.opened(8);
    ledger.ingested(&id, &pns(), &outcome("eight")).unwrap();
    let previous = delivery("bkn", 7).id;
    ledger
        .set_inputs(&id, &pns(), &inputs(Some(previous)))
        .unwrap();
    let receipt = Published {
        reader: bkn(),
        folder: String::new(),
        file: "bkn_pns_full_2026-11-22_0008.txt".to_owned(),
        plaintext: Sha256Digest::of(b"receipt"),
    };
    let files = [published("perubahan.csv"), receipt];
    ledger.prepared(&id, &files, at(59)).unwrap();
    ledger.close(&id, &done(&id), &[golongan()]).unwrap();
    place.rejected(9);
    let id = place.opened(10);
    let trouble = Event {
        detail: Some("cannot sync the snapshot: No space left on device".to_owned()),
        ..event(&id, Stage::Ingest, Outcome::Fault)
    };
    ledger.fault(&trouble, at(90)).unwrap();
    ledger.fault(&trouble, at(120)).unwrap();
    place.opened(11);
    let strange = NewDelivery {
        folder: "a\u{1b}[2Jb".to_owned(),
        ..delivery("bkn", 12)
    };
    ledger.begin(&strange).unwrap();
    let lonely = Waiting {
        party: "bpjs".parse().unwrap(),
        place: "november/bpjs_peserta_pns_full_2026-11-22_0001.sha256".to_owned(),
        fingerprint: Sha256Digest::of(b"lonely"),
    };
    ledger
        .waiting(std::slice::from_ref(&lonely), at(30))
        .unwrap();
    ledger.waiting_told(&lonely).unwrap();
    place
}

#[test]
fn status_lists_what_became_of_each() {
    let place = busy_place();
    let desk = Desk::over(&place);
    assert_snapshot!(desk.read("status", &[]), @r"
    Deliveries, newest first (Asia/Jakarta)
      2026-11-22 13:00:12  306c7b4e6df0  bkn_pns_full_2026-11-22_0012  being claimed
      2026-11-22 13:00:11  a299c24e37f6  bkn_pns_full_2026-11-22_0011  on its way
      2026-11-22 13:00:10  d311e7e061e5  bkn_pns_full_2026-11-22_0010  2 faults, next try 2026-11-22 13:02:00
                           cannot sync the snapshot: No space left on device
      2026-11-22 13:00:09  d77a60d50bae  bkn_pns_full_2026-11-22_0009  rejected COLUMN_MISSING
      2026-11-22 13:00:08  9fdf420e5e1f  bkn_pns_full_2026-11-22_0008  answered
      2026-11-22 13:00:07  e500938cbb12  bkn_pns_full_2026-11-22_0007  answered

    Incomplete in the inboxes
      2026-11-22 13:00:30  bpjs november/bpjs_peserta_pns_full_2026-11-22_0001.sha256, sender told

    2 answered, 1 rejected, 3 on their way, 1 of these after a fault
    ");
}

#[test]
fn status_is_cut_to_what_was_asked() {
    let place = busy_place();
    let desk = Desk::over(&place);
    let two = desk.read("status", &["--limit", "2"]);
    assert_eq!(two.matches("bkn_pns_full").count(), 2);
    assert!(two.contains("_0012") && two.contains("_0011"), "{two}");
    assert_snapshot!(desk.read("status", &["--party", "bpjs"]), @r"
    Deliveries, newest first (Asia/Jakarta)
      none yet

    Incomplete in the inboxes
      2026-11-22 13:00:30  bpjs november/bpjs_peserta_pns_full_2026-11-22_0001.sha256, sender told

    0 answered, 0 rejected, 0 on their way, 0 of these after a fault
    ");
    let said = desk.say("status", &["--party", "dukcapil"]);
    assert_eq!(said.code, 2);
    assert_snapshot!(said.err, @r"
    padan: no party `dukcapil` in the agreement; write bpjs or bkn
    ");
}

#[test]
fn status_is_json_for_machines() {
    let place = busy_place();
    let desk = Desk::over(&place);
    let text = desk.read("status", &["--json"]);
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["counts"]["answered"], 2);
    assert_eq!(read["counts"]["faulted"], 1);
    assert_eq!(read["deliveries"][3]["state"], "rejected");
    assert_eq!(read["deliveries"][3]["code"], "COLUMN_MISSING");
    assert_eq!(
        read["deliveries"][2]["retry_at"],
        "2026-11-22T06:02:00.123456789Z"
    );
    assert_eq!(read["incomplete"][0]["told"], true);
    assert_eq!(read["clock"]["told_behind"], false);
    assert_eq!(
        read["expected"],
        serde_json::json!([]),
        "no pass has met the calendar"
    );
}

#[test]
fn the_services_own_events_are_listed() {
    let place = Place::new();
    let desk = Desk::over(&place);
    assert_snapshot!(desk.read("events", &["--service"]), @r"
    The service, newest first (Asia/Jakarta)
      nothing
    ");
    let late = ServiceEvent {
        party: Some(bkn()),
        dataset: Some(pns()),
        detail: Some("2026-10-01 to 2026-10-31".to_owned()),
        ..ServiceEvent::new(at(1), "late")
    };
    let notice = ServiceEvent {
        party: Some(bkn()),
        code: Some(Code::DeliveryLate),
        name: Some("pemberitahuan_2026-11-22_pns".to_owned()),
        ..ServiceEvent::new(at(2), "notice")
    };
    let accepted = ServiceEvent {
        detail: Some("mended\u{1b}[2J".to_owned()),
        ..ServiceEvent::new(at(3), "clock_accepted")
    };
    for event in [&late, &notice, &accepted] {
        place.ledger.note(event).unwrap();
    }
    assert_snapshot!(desk.read("events", &["--service"]), @r"
    The service, newest first (Asia/Jakarta)
      2026-11-22 13:00:03  -       clock accepted    mended\u{1b}[2J
      2026-11-22 13:00:02  bkn     notice            DELIVERY_LATE  pemberitahuan_2026-11-22_pns
      2026-11-22 13:00:01  bkn     late              pns  2026-10-01 to 2026-10-31
    ");
    let of_bpjs = desk.read("events", &["--service", "--party", "bpjs", "--json"]);
    let of_bpjs: serde_json::Value = serde_json::from_str(&of_bpjs).unwrap();
    assert_eq!(of_bpjs.as_array().unwrap().len(), 1, "what concerns all");
    assert_eq!(of_bpjs[0]["event"], "clock_accepted");
}

#[test]
fn show_tells_the_way_of_an_answered_delivery() {
    let place = busy_place();
    let desk = Desk::over(&place);
    assert_snapshot!(desk.read("show", &["bkn_pns_full_2026-11-22_0008.sha256"]), @r"
    Delivery bkn_pns_full_2026-11-22_0008
      id        9fdf420e5e1fb34205f4a922826b34440b602aa080c85d8105f17b4ad644aa58
      party     bkn
      place     inbox/november
      received  2026-11-22 13:00:08
      attempt   1
      state     answered

    Way (Asia/Jakarta)
      2026-11-22 13:00:08.123  claim     begun
      2026-11-22 13:00:09.123  claim     done
      2026-11-22 13:01:00.123  respond   done

    Data file bkn_pns_full_2026-11-22_0008.csv.age
      data      pns full as of 2026-11-22, sequence 8
      sha256    305531dcc50ebca31cf1d5b31e9fc76ed51f66b3b6dd5a030c6539ae6532f979
      plaintext c195d2d8756234367242ba7616c5c60369bc25ced2dcb5b92808d31b58ef217a
      rows      1000: 988 accepted, 12 refused
      findings  NIK_WILAYAH 3, NIP_BENTUK 12
      run date  2026-11-22
      agreement 46a81739c6ee7c1d5ed084e7de843a7ed79435cd445513e4dd5c4e5ac395fb4b
      changes   since bkn_pns_full_2026-11-22_0007 (e500938cbb12)
      compared  golongan: with 4c55a8552a2c
                differences before: none

    Handed out
      bpjs   2026-11-22_pns_bkn_0007/perubahan.csv
      bkn    receipts/bkn_pns_full_2026-11-22_0008.txt
    ");
}

#[test]
fn show_explains_a_rejection_in_both_languages() {
    let place = busy_place();
    let desk = Desk::over(&place);
    let page = desk.read("show", &["inbox/bkn_pns_full_2026-11-22_0009.csv.age"]);
    let text = Code::ColumnMissing.text();
    for line in [
        "  state     rejected COLUMN_MISSING\n".to_owned(),
        format!("            {} {}\n", text.en.what, text.en.remedy),
        format!("            {} {}\n", text.id.what, text.id.remedy),
        "  2026-11-22 13:01:00.123  ingest    rejected COLUMN_MISSING\n".to_owned(),
    ] {
        assert!(page.contains(&line), "{line}is not on\n{page}");
    }
}

#[test]
fn show_tells_when_a_faulted_delivery_is_tried_again() {
    let place = busy_place();
    let desk = Desk::over(&place);
    let id = delivery("bkn", 10).id;
    assert_snapshot!(desk.read("show", &[&id.short()]), @r"
    Delivery bkn_pns_full_2026-11-22_0010
      id        d311e7e061e5e89919b7306f50120c77c8a101a463277173146e81131d47ae2b
      party     bkn
      place     inbox/november
      received  2026-11-22 13:00:10
      attempt   1
      state     2 faults, next try 2026-11-22 13:02:00

    Way (Asia/Jakarta)
      2026-11-22 13:00:10.123  claim     begun
      2026-11-22 13:00:11.123  claim     done
      2026-11-22 13:01:00.123  ingest    fault: cannot sync the snapshot: No space left on device
      2026-11-22 13:01:00.123  ingest    fault: cannot sync the snapshot: No space left on device

    Data file bkn_pns_full_2026-11-22_0010.csv.age
      data      pns full as of 2026-11-22, sequence 10
      sha256    305531dcc50ebca31cf1d5b31e9fc76ed51f66b3b6dd5a030c6539ae6532f979
    ");
}

#[test]
fn show_escapes_what_a_terminal_would_obey() {
    let place = busy_place();
    let desk = Desk::over(&place);
    let page = desk.read("show", &["bkn_pns_full_2026-11-22_0012"]);
    assert!(page.contains("place     inbox/a\\u{1b}[2Jb\n"), "{page}");
}

#[test]
fn show_is_json_for_machines() {
    let place = busy_place();
    let desk = Desk::over(&place);
    let text = desk.read("show", &["bkn_pns_full_2026-11-22_0008", "--json"]);
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["delivery"]["parts"][0]["outcome"]["rows"], 1000);
    assert_eq!(read["events"][1]["stage"], "claim");
    assert_eq!(read["inputs"]["pns"]["run_date"], "2026-11-22");
    assert_eq!(read["published"][0]["file"], "perubahan.csv");
}

#[test]
fn show_says_what_to_type_next() {
    let place = busy_place();
    let twin = NewDelivery {
        id: DeliveryId::of_manifest(b"twin"),
        ..delivery("bkn", 9)
    };
    place.ledger.begin(&twin).unwrap();
    let desk = Desk::over(&place);

    let several = desk.say("show", &["bkn_pns_full_2026-11-22_0009"]);
    assert_eq!((several.code, several.out.as_str()), (1, ""));
    assert_snapshot!(several.err, @r"
    padan: several deliveries are called `bkn_pns_full_2026-11-22_0009`; write the id:
      72b33a1cb0bf  received 2026-11-22 13:00:09  being claimed
      d77a60d50bae  received 2026-11-22 13:00:09  rejected COLUMN_MISSING
    ");
    let none = desk.say("show", &["bkn_pns_full_2026-11-22_0099"]);
    assert_eq!((none.code, none.out.as_str()), (2, ""));
    assert_snapshot!(none.err, @r"
    padan: no delivery is called `bkn_pns_full_2026-11-22_0099`
    Write the name of its manifest or of a data file, or at least 6 digits of its id; `padan status` lists them.
    ");
}

#[test]
fn without_a_ledger_there_is_advice() {
    let folder = Folder::new();
    let said = Desk::over(&folder).say("status", &[]);
    assert_eq!(said.code, 3);
    assert!(
        said.err.contains("there is none yet; `padan serve`"),
        "{}",
        said.err
    );
}

#[test]
fn events_list_what_happened_at_the_door() {
    let place = Place::new();
    let told = |second, event: &str| DoorEvent {
        client: None,
        key: None,
        action: None,
        file: None,
        to: None,
        bytes: None,
        sha256: None,
        ms: None,
        reason: None,
        ..upload(second, event)
    };
    let stem = "bkn_pns_full_2026-11-22_0007";
    let login = DoorEvent {
        key: Some("SHA256:1wU07Oo7CL5PPMbinoR6dg7G8I2xhVKkqj6WMRKz0Y4".to_owned()),
        client: Some("OpenSSH_10.0".to_owned()),
        ..told(1, "login")
    };
    let renamed = DoorEvent {
        file: Some(format!("inbox/{stem}.csv.age.filepart")),
        to: Some(format!("inbox/{stem}.csv.age")),
        ..told(3, "renamed")
    };
    let denied = DoorEvent {
        action: Some("open".to_owned()),
        file: Some("outbox/(masked 9).csv".to_owned()),
        reason: Some("STATUS.txt is written by the service and read-only".to_owned()),
        ..told(4, "denied")
    };
    let stranger = DoorEvent {
        party: None,
        peer: Some("2001:db8::7".parse().unwrap()),
        reason: Some("unknown account".to_owned()),
        ..told(5, "login_refused")
    };
    let sent = upload(2, "upload");
    place
        .ledger
        .at_door(&[login, sent, renamed, denied, stranger])
        .unwrap();
    let desk = Desk::over(&place);
    assert_snapshot!(desk.read("events", &[]), @r"
    At the door, newest first (Asia/Jakarta)
      2026-11-22 13:00:05  -       2001:db8::7      login refused   unknown account
      2026-11-22 13:00:04  bkn     192.0.2.7        denied          open  outbox/(masked 9).csv  STATUS.txt is written by the service and read-only
      2026-11-22 13:00:03  bkn     192.0.2.7        renamed         inbox/bkn_pns_full_2026-11-22_0007.csv.age.filepart  -> inbox/bkn_pns_full_2026-11-22_0007.csv.age
      2026-11-22 13:00:02  bkn     192.0.2.7        upload          inbox/bkn_pns_full_2026-11-22_0007.csv.age.filepart  7 bytes  1.250 s  sha256 ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73  OpenSSH_10.0
      2026-11-22 13:00:01  bkn     192.0.2.7        login           SHA256:1wU07Oo7CL5PPMbinoR6dg7G8I2xhVKkqj6WMRKz0Y4  OpenSSH_10.0
    ");
    let newest = desk.read("events", &["--limit", "1", "--party", "bkn"]);
    assert!(
        newest.contains("denied") && !newest.contains("renamed"),
        "{newest}"
    );
    assert!(!newest.contains("unknown account"), "{newest}");
    let said = desk.say("events", &["--since", "soon"]);
    assert_eq!(said.code, 2, "{}", said.err);
    let said = desk.say("events", &["--party", "dukcapil"]);
    assert_eq!(said.code, 2, "{}", said.err);
    let text = desk.read("events", &["--json", "--limit", "4"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json[3]["event"], "upload");
    assert_eq!(json[3]["bytes"], 7);
    assert_eq!(json[3]["sha256"].as_str().unwrap().len(), 64);
    assert!(json[0].get("party").is_none(), "{text}");
}

#[test]
fn events_are_cut_to_the_last_hours() {
    let place = Place::new();
    let then = DoorEvent {
        at: Timestamp::UNIX_EPOCH,
        ..upload(0, "upload")
    };
    place.ledger.at_door(&[then]).unwrap();
    let desk = Desk::over(&place);
    assert!(desk.read("events", &[]).contains("1970"));
    assert!(desk.read("events", &["--since", "24h"]).contains("nothing"));
}

/// An event of an upload, from which others are made.
fn upload(second: i64, event: &str) -> DoorEvent {
    DoorEvent {
        at: at(second),
        event: event.to_owned(),
        party: Some(bkn()),
        peer: Some("192.0.2.7".parse().unwrap()),
        client: Some("OpenSSH_10.0".to_owned()),
        key: None,
        action: None,
        file: Some("inbox/bkn_pns_full_2026-11-22_0007.csv.age.filepart".to_owned()),
        to: None,
        bytes: Some(7),
        sha256: Some(Sha256Digest::of(b"content")),
        ms: Some(1_250),
        reason: None,
    }
}
