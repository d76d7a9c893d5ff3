//! The life of the service's own keys: a new one beside the old, announced, in force without a restart, the old retired.
//! Days pass by Debian's `faketime`.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;

use crate::answers::Receipt;
use crate::padan::{BINARY, Padan};
use crate::party::{Party, names};
use crate::sheets;
use crate::tools::{run, succeed, wait_for};

/// `padan keys WORDS --config …`, as the operator runs it.
fn keys(padan: &Padan, words: &[&str]) -> Output {
    let config = padan.path("padan.yaml");
    Command::new(BINARY)
        .arg("keys")
        .args(words)
        .arg("--config")
        .arg(config)
        .envs(padan.environment())
        .output()
        .unwrap()
}

#[track_caller]
fn told(padan: &Padan, words: &[&str]) -> String {
    let output = keys(padan, words);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A service that looks every second.
fn quick() -> Padan {
    let padan = Padan::new();
    padan.configure(&[("rescan", "1s")]);
    padan
}

/// Waits for the notice about a topic; returns its path in the party's receipts without its ending.
fn notice(padan: &Padan, party: &Party, topic: &str) -> PathBuf {
    let ending = format!("_{topic}.txt");
    let find = || {
        let all = names(&party.receipts());
        all.into_iter().find_map(|name| {
            let name = name.strip_suffix(&ending)?;
            Some(party.receipts().join(format!("{name}_{topic}")))
        })
    };
    wait_for(find, || padan.log())
}

/// The party takes the notice home over SFTP and accepts it.
fn accept(padan: &Padan, party: &Party, topic: &str) {
    let name = notice(padan, party, topic);
    let name = name.file_name().unwrap().to_str().unwrap();
    party.sftp(&format!("get receipts/{name}.json* ../out/"));
    let output = Command::new(BINARY)
        .args(["keys", "accept", "--yes", "--profile", "padan-party.yaml"])
        .arg(format!("out/{name}.json"))
        .current_dir(party.path("."))
        .envs(padan.environment())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// `ssh-keygen -Y verify` of a receipt's JSON by a party's signers, as if it were this time.
fn verifies(party: &Party, stem: &str, at: Option<Timestamp>) -> bool {
    let here = party.receipts();
    let json = fs::read(here.join(format!("{stem}.json"))).unwrap();
    let signers = party.path("padan_signers");
    let signature = here.join(format!("{stem}.json.sig"));
    let time = at.map(|at| format!("-Overify-time={}", at.strftime("%Y%m%d%H%M%SZ")));
    let mut args: Vec<&OsStr> = ["-Y", "verify", "-I", "padan", "-n", "padan", "-f"]
        .map(OsStr::new)
        .to_vec();
    args.extend([signers.as_os_str(), "-s".as_ref(), signature.as_os_str()]);
    args.extend(time.as_ref().map(OsStr::new));
    run(&here, "ssh-keygen", args, &json).status.success()
}

/// In so many seconds, as `--from` takes it.
fn seconds(seconds: i64) -> String {
    (Timestamp::now() + seconds.seconds()).to_string()
}

fn in_days(days: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(24 * days)
}

fn clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Waits until the service has read its keys so often.
fn read_again(padan: &Padan, times: usize) {
    let enough = || padan.log().matches("keys read again").count() >= times;
    wait_for(|| enough().then_some(()), || padan.log());
}

#[test]
#[ignore = "needs age, sftp, ssh-keygen, sha256sum"]
fn a_new_signing_key_begins_at_its_time_without_a_restart() {
    let padan = quick();
    padan.serve();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let before = bkn.send("pns", 1, &sheets::pns(4));
    bkn.receipt(&before).accepted();

    told(&padan, &["rotate", "signing", "--from", &seconds(4)]);
    read_again(&padan, 1);
    // The notice is signed with the key that everybody knows, also when the new one is in force already.
    let name = notice(&padan, &bpjs, "kunci-signing");
    let name = name.file_name().unwrap().to_str().unwrap();
    assert!(verifies(&bpjs, name, None));
    let page = fs::read_to_string(bpjs.receipts().join(format!("{name}.txt"))).unwrap();
    assert!(page.contains("KEY_ROTATION"), "{page}");
    accept(&padan, &bkn, "kunci-signing");
    read_again(&padan, 2);

    let after = bkn.send("pns", 2, &sheets::pns(5));
    // Reading it verifies it by the files that were brought up to date.
    bkn.receipt(&after).accepted();
    assert!(verifies(&bkn, &before, None), "what was signed before");
    fs::copy(bpjs.path("padan_signers"), bkn.path("padan_signers")).unwrap();
    assert!(
        !verifies(&bkn, &after, None),
        "the old file knows the old key alone"
    );

    // Late, but not too late.
    accept(&padan, &bpjs, "kunci-signing");
    bpjs.deliver("peserta_pns", 1, &sheets::peserta_pns(4));
    bpjs.response("pns", "bkn", 1);
    bpjs.response("pns", "bkn", 2);

    // The notice goes with the old key.
    told(&padan, &["retire", "signing"]);
    let gone = || {
        names(&bkn.receipts())
            .iter()
            .all(|name| !name.contains("kunci-signing"))
    };
    wait_for(|| gone().then_some(()), || padan.log());
    bpjs.deliver("peserta_pns", 2, &sheets::peserta_pns(5));
    padan.stop();
    padan.serve();
    bpjs.deliver("peserta_pns", 3, &sheets::peserta_pns(6));
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn old_and_new_files_verify_in_the_overlap_and_the_new_ones_after_it() {
    let padan = Padan::new();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    padan.poll();
    let made = told(&padan, &["rotate", "signing", "--until", "2031-12-31"]);
    assert!(made.contains("padan keys retire signing"), "{made}");
    // Once more changes nothing.
    let again = told(&padan, &["rotate", "signing"]);
    assert!(again.contains("nothing to do"), "{again}");
    padan.poll();
    padan.poll();
    let events =
        padan.ledger("SELECT party FROM service_events WHERE code = 'KEY_ROTATION' ORDER BY party");
    assert_eq!(events, ["bkn", "bpjs"], "each is told once");
    let name = notice(&padan, &bkn, "kunci-signing");
    let accept = Command::new(BINARY)
        .args(["keys", "accept", "--yes"])
        .arg(name.with_extension("json"))
        .current_dir(bkn.path("."))
        .output()
        .unwrap();
    assert!(accept.status.success(), "{accept:?}");

    let mut stems = vec![];
    for (sequence, days) in [(1, 1), (2, 29), (3, 31)] {
        padan.at(&clock(in_days(days)));
        let stem = bkn.prepare("pns", "full", sequence, &sheets::pns(4));
        bkn.drop_locally(&stem);
        padan.poll();
        stems.push(stem);
    }
    let old = |stem: &str, days| {
        fs::copy(bkn.path("padan_signers"), bkn.path("new")).unwrap();
        fs::copy(bpjs.path("padan_signers"), bkn.path("padan_signers")).unwrap();
        let verified = verifies(&bkn, stem, Some(in_days(days)));
        fs::rename(bkn.path("new"), bkn.path("padan_signers")).unwrap();
        verified
    };
    let new = |stem: &str, days| verifies(&bkn, stem, Some(in_days(days)));
    for (stem, days, by_old, by_new) in [
        (&stems[0], 1, true, true),
        (&stems[1], 29, true, true),
        // Fetched late.
        (&stems[1], 31, true, true),
        (&stems[2], 31, false, true),
        // After the grace a time must be named.
        (&stems[1], 70, true, false),
        (&stems[1], 29, true, true),
    ] {
        assert_eq!(old(stem, days), by_old, "{stem} {days}");
        assert_eq!(new(stem, days), by_new, "{stem} {days}");
    }
    let listed = keys(&padan, &[]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.contains("ended") && listed.contains("2032-01-01"),
        "{listed}"
    );
    told(&padan, &["retire", "signing"]);
    padan.poll();
    assert!(
        names(&bkn.receipts())
            .iter()
            .all(|name| !name.contains("kunci"))
    );
    let public = fs::read_to_string(padan.path("keys/service/signing_key.pub")).unwrap();
    let signers = fs::read_to_string(bkn.path("padan_signers")).unwrap();
    let key = public.split_whitespace().nth(1).unwrap();
    assert!(signers.lines().any(|line| line.ends_with(key)), "{signers}");
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen"]
fn a_service_that_slept_through_the_overlap_still_announces_with_the_known_key() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    padan.poll();
    told(&padan, &["rotate", "signing"]);
    padan.at(&clock(in_days(31)));
    padan.poll();
    let name = notice(&padan, &bkn, "kunci-signing");
    // Reading verifies it by the file that the party has.
    let told = Receipt::read(&bkn, name.file_name().unwrap().to_str().unwrap());
    assert_eq!(told.json["details"]["role"], "signing");
}

#[test]
#[ignore = "needs age, faketime, sftp, ssh-keygen, sha256sum"]
fn an_old_age_identity_opens_in_the_overlap_and_then_the_archive_alone() {
    let padan = quick();
    padan.serve();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let first = bkn.send("pns", 1, &sheets::pns(4));
    bkn.receipt(&first).accepted();
    told(&padan, &["rotate", "age"]);
    accept(&padan, &bkn, "kunci-age");
    // One encrypts to the new key, the other to the old one.
    bkn.deliver("pns", 2, &sheets::pns(5));
    bpjs.deliver("peserta_pns", 1, &sheets::peserta_pns(4));
    let old = fs::read(bpjs.path("padan_recipients.txt")).unwrap();
    assert_ne!(old, fs::read(bkn.path("padan_recipients.txt")).unwrap());

    let early = keys(&padan, &["retire", "age"]);
    assert_eq!(early.status.code(), Some(1), "{early:?}");
    let retired = told(&padan, &["retire", "age", "--now"]);
    assert!(
        retired.contains("3 deliveries that came before"),
        "{retired}"
    );
    read_again(&padan, 2);
    // What came in the second that ran then was before.
    let over = Timestamp::now() + 1.second();
    wait_for(|| (Timestamp::now() > over).then_some(()), || padan.log());
    let late = bpjs.send("peserta_pns", 2, &sheets::peserta_pns(5));
    assert_eq!(bpjs.receipt(&late).code(), "DECRYPT_NO_KEY");
    bkn.deliver("pns", 3, &sheets::pns(6));
    // The public half for those who come later, as `padan init` lays it out.
    let public = fs::read_to_string(padan.path("keys/service/age_identity.pub")).unwrap();
    let recipients = fs::read_to_string(bkn.path("padan_recipients.txt")).unwrap();
    assert!(recipients.ends_with(&public), "{recipients}");
    // What came before can be run again.
    let again = padan.rerun(&[&first, "--reason", "a test"]);
    let words = String::from_utf8_lossy(&again.stdout);
    assert!(words.contains("come out the same"), "{again:?}");
    padan.stop();

    // At the end of the retention nothing needs the old identity. The newest delivery of the party that never changed
    // its file was encrypted to it, and stays.
    padan.at(&clock(in_days(200)));
    padan.accept_clock();
    padan.poll();
    let kept = told(&padan, &["retire", "age"]);
    assert!(kept.contains("1 deliveries"), "{kept}");
    fs::copy(
        bkn.path("padan_recipients.txt"),
        bpjs.path("padan_recipients.txt"),
    )
    .unwrap();
    let stem = bpjs.prepare("peserta_pns", "full", 3, &sheets::peserta_pns(5));
    bpjs.drop_locally(&stem);
    padan.poll();
    Receipt::read(&bpjs, &stem).accepted();
    padan.at(&clock(in_days(400)));
    padan.accept_clock();
    padan.poll();
    let destroyed = told(&padan, &["retire", "age"]);
    assert!(destroyed.contains("destroyed"), "{destroyed}");
    let left = names(&padan.path("keys/service"));
    assert!(
        left.iter().all(|name| !name.contains(".until.")),
        "{left:?}"
    );
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn a_new_host_key_is_known_before_it_is_shown() {
    let padan = quick();
    padan.serve();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    told(&padan, &["rotate", "host", "--from", &seconds(4)]);
    accept(&padan, &bkn, "kunci-host");
    bkn.sftp("pwd\n");
    read_again(&padan, 2);
    bkn.sftp("pwd\n");
    // Whoever has only the old key is warned by its client.
    let aloud = &crate::party::SFTP[1..];
    let refused = run(bpjs.out(), "sftp", aloud, b"pwd\n");
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{words}");
    assert!(words.contains("HOST IDENTIFICATION HAS CHANGED"), "{words}");
    let name = notice(&padan, &bpjs, "kunci-host");
    let details: Value =
        serde_json::from_slice(&fs::read(name.with_extension("json")).unwrap()).unwrap();
    let line = details["details"]["host_keys"][0]
        .as_str()
        .unwrap()
        .to_owned();
    fs::write(bpjs.path("known_hosts"), format!("padan {line}\n")).unwrap();
    bpjs.sftp("pwd\n");
    told(&padan, &["retire", "host"]);
    read_again(&padan, 3);
    bpjs.sftp("pwd\n");
    padan.stop();
    padan.serve();
    bkn.sftp("pwd\n");
}

#[test]
#[ignore = "needs age, faketime, sftp, ssh-keygen, sha256sum"]
fn a_new_store_key_lines_up_with_what_the_old_one_wrote() {
    let padan = quick();
    padan.serve();
    let bkn = padan.party("bkn");
    bkn.deliver("pns", 1, &sheets::pns(40));
    told(&padan, &["rotate", "store"]);
    read_again(&padan, 1);
    // One row more: compared across both keys that is the only change.
    bkn.deliver("pns", 2, &sheets::pns(41));
    let response = padan.party("bpjs").response("pns", "bkn", 2);
    assert_eq!(response.changes().pick("aksi"), ["TAMBAH"]);
    let early = keys(&padan, &["retire", "store", "--now"]);
    assert_eq!(early.status.code(), Some(1), "{early:?}");
    let words = String::from_utf8_lossy(&early.stderr).into_owned();
    assert!(
        words.contains("still protected by the old identity"),
        "{words}"
    );
    padan.stop();
    padan.at(&clock(in_days(200)));
    padan.accept_clock();
    padan.poll();
    let retired = told(&padan, &["retire", "store"]);
    assert!(retired.contains("new identity alone"), "{retired}");
    let stem = bkn.prepare("pns", "full", 3, &sheets::pns(42));
    bkn.drop_locally(&stem);
    padan.poll();
    Receipt::read(&bkn, &stem).accepted();
    assert_eq!(padan.party("bpjs").outbox().len(), 3);
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen"]
fn a_party_is_told_of_its_key_that_ends_until_it_has_another() {
    let padan = Padan::new();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let path = padan.path("keys/parties/bkn/allowed_signers");
    let text = fs::read_to_string(&path).unwrap();
    let end = in_days(40).strftime("%Y%m%dZ").to_string();
    let limited = text.replace(
        "namespaces=\"padan\"",
        &format!("namespaces=\"padan\",valid-before=\"{end}\""),
    );
    fs::write(&path, &limited).unwrap();
    let count = || {
        let query = "SELECT party, name FROM service_events WHERE code = 'KEY_ENDS_SOON'";
        padan.ledger(query).len()
    };
    for (days, expected) in [
        (0, 0),
        (9, 0),
        (11, 1),
        (12, 1),
        (34, 2),
        (35, 2),
        (39, 3),
        (42, 3),
    ] {
        padan.at(&clock(in_days(days)));
        padan.poll();
        padan.poll();
        assert_eq!(count(), expected, "day {days}");
        let there = names(&bkn.receipts())
            .iter()
            .any(|name| name.contains("kunci-berakhir"));
        assert_eq!(there, (11..=39).contains(&days), "day {days}");
        let listed = keys(&padan, &[]);
        let page = String::from_utf8_lossy(&listed.stdout).into_owned();
        assert_eq!(page.contains("Warnings"), days > 9, "{page}");
        assert_eq!(listed.status.code(), Some(i32::from(days > 9)), "{page}");
    }
    let others = names(&bpjs.receipts());
    assert!(
        others.iter().all(|name| !name.contains("kunci")),
        "nobody else learns of it: {others:?}"
    );
    // Another end is another matter; and one that is moved away is taken back.
    let later = in_days(50).strftime("%Y%m%dZ").to_string();
    fs::write(&path, limited.replace(&end, &later)).unwrap();
    padan.at(&clock(in_days(43)));
    padan.poll();
    let name = notice(&padan, &bkn, "kunci-berakhir");
    let told = Receipt::read(&bkn, name.file_name().unwrap().to_str().unwrap());
    assert_eq!(told.json["code"], "KEY_ENDS_SOON");
    assert_eq!(
        told.json["details"]["keys"][0]["purpose"],
        "sign_deliveries"
    );
    let check = padan.command("check").output().unwrap();
    let warned = String::from_utf8_lossy(&check.stderr).into_owned();
    assert!(
        warned.contains("sign deliveries key") && warned.contains("ends"),
        "{warned}"
    );
    fs::write(&path, text).unwrap();
    padan.poll();
    assert!(
        names(&bkn.receipts())
            .iter()
            .all(|name| !name.contains("kunci"))
    );
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn a_notice_that_is_not_the_services_changes_nothing() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    padan.poll();
    told(&padan, &["rotate", "age"]);
    padan.poll();
    let name = notice(&padan, &bkn, "kunci-age").with_extension("json");
    let good = fs::read_to_string(&name).unwrap();
    let before = fs::read(bkn.path("padan_recipients.txt")).unwrap();
    let attempt = |folder: &str| {
        let output = Command::new(BINARY)
            .args(["keys", "accept", "--yes"])
            .arg(&name)
            .current_dir(padan.path(&format!("trial/{folder}")))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let own = fs::read_to_string(bkn.path("padan_recipients.txt")).unwrap();
    let own = own.lines().last().unwrap();
    let details: Value = serde_json::from_str(&good).unwrap();
    let new = details["details"]["padan_recipients"][0].as_str().unwrap();
    fs::write(&name, good.replace(new, own)).unwrap();
    assert!(attempt("bkn").contains("SIGNATURE_BAD"));
    // The party signs it itself.
    let key = bkn.path("id_ed25519");
    let _ = fs::remove_file(name.with_extension("json.sig"));
    let args = ["-Y", "sign", "-q", "-n", "padan", "-f"].map(OsStr::new);
    let args = args.into_iter().chain([key.as_os_str(), name.as_os_str()]);
    succeed("/", "ssh-keygen", args, b"");
    assert!(attempt("bkn").contains("SIGNER_UNKNOWN"));
    assert_eq!(fs::read(bkn.path("padan_recipients.txt")).unwrap(), before);
    // Somebody else's.
    let bpjs = padan.party("bpjs");
    let theirs = notice(&padan, &bpjs, "kunci-age").with_extension("json");
    fs::copy(&theirs, &name).unwrap();
    fs::copy(
        theirs.with_extension("json.sig"),
        name.with_extension("json.sig"),
    )
    .unwrap();
    assert!(attempt("bkn").contains("the notice is for bpjs"));
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn a_notice_of_a_key_that_was_replaced_since_is_not_taken_again() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    padan.poll();
    let attempt = |notice: &PathBuf| {
        let output = Command::new(BINARY)
            .args(["keys", "accept", "--yes"])
            .arg(notice)
            .current_dir(bkn.path("."))
            .output()
            .unwrap();
        let told = [output.stdout.as_slice(), &output.stderr].concat();
        (output.status.code(), String::from_utf8(told).unwrap())
    };
    for (role, file) in [
        ("age", "padan_recipients.txt"),
        ("signing", "padan_signers"),
    ] {
        let topic = format!("kunci-{role}");
        // Two rotations, each announced and taken; the notices are kept as a party would.
        let [first, second] = ["1", "2"].map(|turn| {
            told(&padan, &["rotate", role, "--from", &seconds(1)]);
            padan.poll();
            let there = notice(&padan, &bkn, &topic).with_extension("json");
            let kept = bkn.path(&format!("{topic}-{turn}.json"));
            fs::copy(&there, &kept).unwrap();
            let signature = kept.with_extension("json.sig");
            fs::copy(there.with_extension("json.sig"), signature).unwrap();
            let (code, told_) = attempt(&kept);
            assert_eq!(code, Some(0), "{told_}");
            told(&padan, &["retire", role, "--now"]);
            padan.poll();
            // Notices tell the second in which they were issued.
            let over = Timestamp::now() + 1.second();
            wait_for(|| (Timestamp::now() > over).then_some(()), || padan.log());
            kept
        });
        let now = fs::read_to_string(bkn.path(file)).unwrap();
        let (code, words) = attempt(&first);
        assert_eq!(code, Some(1), "{words}");
        assert!(
            words.contains("older than what") && words.contains(file),
            "{words}"
        );
        let (code, words) = attempt(&second);
        assert_eq!(code, Some(0), "{words}");
        assert!(words.contains("taken already"), "{words}");
        assert_eq!(fs::read_to_string(bkn.path(file)).unwrap(), now);
    }
}
