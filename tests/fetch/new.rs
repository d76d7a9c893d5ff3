//! Only what is new, whatever a person does with what is here.

use std::fs;

use crate::laid::{Answer, receipt};
use crate::site::{Site, lossy, mode, names};

const ROWS: &[u8] = b"aksi,kelas,kolom_berubah,nip\nTAMBAH,FINANSIAL,,198501012010011001\n";

#[test]
fn an_answer_is_fetched_verified_opened_once() {
    let site = Site::start();
    let first = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", ROWS)
        .lay();
    let receipt = receipt(&site, "bpjs", 1, "DITERIMA");
    let on_server = names(&site.root("bpjs").join("outbox"));

    let ran = site.fetch("bpjs", &["--open"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.names("response"), [&first]);
    assert_eq!(ran.names("receipt"), [&receipt]);
    let plain = site.received("bpjs", &format!("outbox/{first}/perubahan.csv"));
    assert_eq!(fs::read(&plain).unwrap(), ROWS);
    for path in [
        plain,
        site.received("bpjs", &format!("outbox/{first}/perubahan.csv.age")),
        site.received("bpjs", &format!("receipts/{receipt}.rows.csv")),
        site.received("bpjs", &format!("receipts/{receipt}.txt")),
    ] {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert_eq!(mode(&site.received("bpjs", "")), 0o700);
    assert_eq!(
        names(&site.root("bpjs").join("outbox")),
        on_server,
        "nothing is removed unasked"
    );

    let ran = site.fetch("bpjs", &["--open"]);
    assert_eq!((ran.code, ran.events.len()), (0, 1), "{ran:?}");

    // Moved away, it is not fetched again; a new one is.
    fs::remove_dir_all(site.received("bpjs", &format!("outbox/{first}"))).unwrap();
    fs::remove_file(site.received("bpjs", &format!("receipts/{receipt}.json"))).unwrap();
    let second = Answer::new(&site, "bpjs", 2)
        .sealed("perubahan.csv", ROWS)
        .lay();
    let ran = site.fetch("bpjs", &[]);
    assert_eq!(
        (ran.names("response"), ran.names("receipt").len()),
        (vec![second.as_str()], 0)
    );
    assert!(
        !site
            .received("bpjs", &format!("outbox/{second}/perubahan.csv"))
            .exists()
    );

    // Unless it is asked for.
    let ran = site.fetch("bpjs", &["--all"]);
    assert_eq!(ran.names("response"), [&first], "{ran:?}");
}

#[test]
fn without_its_state_what_is_here_is_recognised_and_nothing_is_overwritten() {
    let site = Site::start();
    let name = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", ROWS)
        .lay();
    assert_eq!(site.fetch("bpjs", &[]).names("response"), [&name]);
    let state = site.received("bpjs", ".padan-fetch.json");
    fs::remove_file(&state).unwrap();
    let ran = site.fetch("bpjs", &[]);
    assert_eq!((ran.code, ran.events.len()), (0, 1), "{ran:?}");

    // A folder of that name that is not the answer stays as it is.
    let folder = site.received("bpjs", &format!("outbox/{name}"));
    fs::write(folder.join("ringkasan.txt"), "my notes").unwrap();
    fs::remove_file(&state).unwrap();
    let ran = site.fetch("bpjs", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        fs::read_to_string(folder.join("ringkasan.txt")).unwrap(),
        "my notes"
    );
    let second: Vec<_> = names(&site.received("bpjs", "outbox"))
        .into_iter()
        .collect();
    assert_eq!(second.len(), 2);
    assert!(second[1].starts_with(&format!("{name}.")), "{second:?}");

    fs::write(&state, "rubbish").unwrap();
    let ran = site.fetch("bpjs", &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.errors.contains("move it away"), "{ran:?}");
}

#[test]
fn what_is_safe_here_is_removed_there() {
    let site = Site::start();
    let name = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", ROWS)
        .lay();
    let outbox = site.root("bpjs").join("outbox");
    let accepted = receipt(&site, "bpjs", 1, "DITERIMA");
    let waiting = receipt(&site, "bpjs", 2, "MENUNGGU");
    // Fetched without --remove first: the next run with it removes without fetching.
    assert_eq!(site.fetch("bpjs", &[]).names("response"), [&name]);
    let ran = site.fetch("bpjs", &["--remove"]);
    let gone = [format!("outbox/{name}"), format!("receipts/{accepted}")];
    assert_eq!(
        (ran.code, ran.names("removed")),
        (0, gone.iter().map(String::as_str).collect())
    );
    assert!(ran.names("response").is_empty(), "{ran:?}");
    assert!(names(&outbox).is_empty());
    let left = names(&site.root("bpjs").join("receipts"));
    assert!(
        left.iter().all(|file| file.starts_with(&waiting)) && left.len() == 4,
        "{left:?}"
    );

    // A person is told of it, and not that nothing happened.
    let third = Answer::new(&site, "bpjs", 3)
        .sealed("perubahan.csv", ROWS)
        .lay();
    assert_eq!(site.fetch("bpjs", &[]).names("response"), [&third]);
    let out = site.padan("bpjs", &["fetch", "--remove"]);
    let told = lossy(&out.stderr);
    assert!(
        told.contains(&format!("removed on the server: outbox/{third}")),
        "{told}"
    );
    assert!(!told.contains("Nothing new"), "{told}");

    // A re-run of the operator's hands the same answer out again, encrypted anew.
    Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", ROWS)
        .lay();
    let ran = site.fetch("bpjs", &["--remove"]);
    assert!(ran.names("response").is_empty(), "{ran:?}");
    assert_eq!(ran.names("removed"), [&gone[0]]);
    assert!(names(&outbox).is_empty());
}

#[test]
fn a_removal_is_gone_on_with_wherever_it_broke_off() {
    let site = Site::start();
    let outbox = site.root("bpjs").join("outbox");
    let receipts = site.root("bpjs").join("receipts");
    let name = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", ROWS)
        .lay();
    let paper = receipt(&site, "bpjs", 1, "DITERIMA");
    assert_eq!(site.fetch("bpjs", &[]).code, 0);
    let folder = outbox.join(&name);
    let files = [
        "perubahan.csv.age",
        "ringkasan.json",
        "ringkasan.txt",
        "SHA256SUMS.sig",
        "SHA256SUMS",
    ];
    let parts = [".rows.csv.age", ".txt", ".json.sig"].map(|ending| format!("{paper}{ending}"));
    let (files, parts) = (
        files.map(|file| folder.join(file)),
        parts.map(|file| receipts.join(file)),
    );
    let kept: Vec<_> = files
        .iter()
        .chain(&parts)
        .map(|path| fs::read(path).unwrap())
        .collect();
    let json = fs::read(receipts.join(format!("{paper}.json"))).unwrap();
    for cut in 0..=files.len() {
        fs::create_dir_all(&folder).unwrap();
        fs::write(receipts.join(format!("{paper}.json")), &json).unwrap();
        for (index, path) in files.iter().enumerate() {
            let _ = fs::remove_file(path);
            if index >= cut {
                fs::write(path, &kept[index]).unwrap();
            }
        }
        for (index, path) in parts.iter().enumerate() {
            let _ = fs::remove_file(path);
            if index >= cut {
                fs::write(path, &kept[files.len() + index]).unwrap();
            }
        }
        let ran = site.fetch("bpjs", &["--remove"]);
        assert_eq!(
            (ran.code, ran.names("removed").len()),
            (0, 2),
            "{cut}: {ran:?}"
        );
        assert!(
            names(&outbox).is_empty() && names(&receipts).is_empty(),
            "{cut}"
        );
    }
    // A list that is not the known one proves nothing, so it stays.
    fs::create_dir_all(&folder).unwrap();
    fs::write(&files[4], "another").unwrap();
    let ran = site.fetch("bpjs", &["--remove"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(files[4].exists());
}

#[test]
fn a_receipt_that_replaces_another_keeps_it() {
    let site = Site::start();
    let name = receipt(&site, "bkn", 1, "MENUNGGU");
    let ran = site.fetch("bkn", &[]);
    assert_eq!((ran.code, ran.names("receipt")), (0, vec![name.as_str()]));
    // Its size is another, so a time of the same second hides nothing.
    assert_eq!(receipt(&site, "bkn", 1, "DITOLAK"), name);
    let ran = site.fetch("bkn", &[]);
    assert_eq!(ran.code, 1, "a refused delivery is for a person: {ran:?}");
    assert!(ran.errors.contains("DITOLAK"), "{ran:?}");
    assert_eq!(ran.end()["refused_deliveries"], 1);
    let page = fs::read_to_string(site.received("bkn", &format!("receipts/{name}.txt"))).unwrap();
    assert!(page.starts_with("DITOLAK"), "{page}");
    let earlier = names(&site.received("bkn", "receipts/earlier"));
    assert_eq!(earlier.len(), 4, "{earlier:?}");
    // It is told once.
    assert_eq!(site.fetch("bkn", &[]).code, 0);
}

#[test]
fn a_receipt_of_which_a_killed_run_left_a_part_is_completed() {
    let site = Site::start();
    let name = receipt(&site, "bkn", 1, "DITERIMA");
    assert_eq!(site.fetch("bkn", &[]).names("receipt").len(), 1);
    let folder = site.received("bkn", "receipts");
    let whole = names(&folder);
    for ending in [".json.sig", ".txt"] {
        fs::remove_file(folder.join(format!("{name}{ending}"))).unwrap();
    }
    fs::remove_file(site.received("bkn", ".padan-fetch.json")).unwrap();
    let ran = site.fetch("bkn", &[]);
    assert_eq!(
        (ran.code, ran.names("receipt")),
        (0, vec![name.as_str()]),
        "{ran:?}"
    );
    assert_eq!(names(&folder), whole);
}

#[test]
fn a_copy_of_a_receipt_under_the_name_of_a_second_manifest_is_known() {
    let site = Site::start();
    let name = receipt(&site, "bkn", 1, "DITERIMA");
    assert_eq!(site.fetch("bkn", &[]).names("receipt").len(), 1);
    let folder = site.root("bkn").join("receipts");
    let copy = "bkn_pns_full_2026-11-22_0001_lagi";
    for ending in [".json", ".json.sig", ".txt"] {
        fs::copy(
            folder.join(format!("{name}{ending}")),
            folder.join(format!("{copy}{ending}")),
        )
        .unwrap();
    }
    let ran = site.fetch("bkn", &["--remove"]);
    assert_eq!(
        (
            ran.code,
            ran.names("receipt").len(),
            ran.names("removed").len()
        ),
        (0, 0, 2),
        "{ran:?}"
    );
    assert!(names(&folder).is_empty());
}

#[test]
fn people_and_flags_without_a_profile() {
    let site = Site::start();
    let name = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", ROWS)
        .lay();
    let home = site.home("bpjs");
    fs::remove_file(home.join("padan-party.yaml")).unwrap();
    let known = fs::read_to_string(home.join("known_hosts")).unwrap();
    let port = site.port.to_string();
    fs::write(
        home.join("hosts"),
        known.replace("padan ", &format!("[127.0.0.1]:{port} ")),
    )
    .unwrap();
    let mut args = vec![
        "fetch",
        "--party",
        "bpjs",
        "--host",
        "127.0.0.1",
        "--port",
        &port,
        "--known-hosts",
        "hosts",
        "--key",
        "id_ed25519",
        "--signers",
        "padan_signers",
        "--out",
        "masuk",
        "--quiet",
    ];
    let out = site.padan("bpjs", &args);
    assert_eq!(
        lossy(&out.stdout),
        format!("masuk/outbox/{name}\n"),
        "{out:?}"
    );
    assert_eq!(
        (out.status.code(), lossy(&out.stderr)),
        (Some(0), String::new())
    );
    args.pop();
    let out = site.padan("bpjs", &args);
    assert_eq!(lossy(&out.stdout), "");
    assert!(lossy(&out.stderr).contains("Nothing new."), "{out:?}");

    fs::write(home.join("hosts"), "elsewhere ssh-ed25519 AAAA\n").unwrap();
    let out = site.padan("bpjs", &args);
    assert_eq!(out.status.code(), Some(2), "{out:?}");
    assert!(lossy(&out.stderr).contains("the operator"), "{out:?}");
    let out = site.padan("bpjs", &["fetch"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(lossy(&out.stderr).contains("padan-party.yaml"), "{out:?}");
}

#[test]
fn what_cannot_be_opened_is_kept_on_the_server_and_opened_later() {
    let site = Site::start();
    let name = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", ROWS)
        .lay();
    let identity = site.home("bpjs").join("age_identity.txt");
    let right = fs::read(&identity).unwrap();
    fs::copy(site.home("bkn").join("age_identity.txt"), &identity).unwrap();
    let ran = site.fetch("bpjs", &["--open", "--remove"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(
        (ran.names("not_opened"), ran.names("response")),
        (vec![name.as_str()], vec![name.as_str()])
    );
    assert!(ran.names("removed").is_empty());

    fs::write(&identity, right).unwrap();
    let ran = site.fetch("bpjs", &["--open", "--remove"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let plain = site.received("bpjs", &format!("outbox/{name}/perubahan.csv"));
    assert_eq!(fs::read(plain).unwrap(), ROWS);
    assert_eq!(
        site.fetch("bpjs", &["--open", "--remove"])
            .names("removed")
            .len(),
        1
    );
}

/// Everything by the parties' own tools and the real service.
const EXCHANGE: &str = r#"
send() {
    cd exchange/trial/$1
    padan seal --to padan_recipients.txt --key id_ed25519 --out sealed ../../../sample/babak-1/$1_$2_full_2025-12-31_0001.csv
    echo 'put sealed/* inbox/' | sftp -q -b - -F ssh_config padan
    cd ../../..
    until [ -e exchange/data/parties/$1/receipts/$1_$2_full_2025-12-31_0001.txt ]; do sleep 0.05; done
    rm -r exchange/trial/$1/sealed
}
padan sample --rows 200 --as-of 2025-12-31 --out sample
send bpjs peserta_pns
send bkn pns
"#;

#[test]
#[ignore = "needs sftp"]
fn both_parties_collect_what_the_service_answered() {
    let site = Site::start();
    site.script(EXCHANGE);
    for (party, responses, receipt) in [
        ("bpjs", 1, "bpjs_peserta_pns_full_2025-12-31_0001"),
        ("bkn", 2, "bkn_pns_full_2025-12-31_0001"),
    ] {
        let ran = site.fetch(party, &["--open", "--remove"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.names("response").len(), responses, "{ran:?}");
        assert_eq!(ran.names("receipt"), [receipt]);
        for folder in ["outbox", "receipts"] {
            assert!(
                names(&site.root(party).join(folder)).is_empty(),
                "{party} {folder}"
            );
        }
        let page = site.received(party, &format!("receipts/{receipt}.txt"));
        assert!(fs::read_to_string(page).unwrap().starts_with("DITERIMA"));
    }
    // The refused and warned rows of a receipt, by its signed digest.
    let rows = site.received("bkn", "receipts/bkn_pns_full_2025-12-31_0001.rows.csv");
    let rows = fs::read_to_string(rows).unwrap();
    assert!(rows.starts_with("dataset,baris,tingkat,kode,"), "{rows}");
}
