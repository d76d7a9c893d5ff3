//! What does not verify: set aside, told, left on the server, and never shown as fetched.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use padan::trust::generate::ssh_key_pair;

use crate::laid::{Answer, receipt, sign, sign_with, tree};
use crate::site::{Site, names};

#[test]
fn an_answer_that_was_tampered_with_is_set_aside() {
    let site = Site::start();
    let stranger = site.aside("keys").join("stranger");
    ssh_key_pair(&stranger, "stranger").unwrap();
    type Spoil<'a> = &'a dyn Fn(&Path);
    let cases: [(&str, Spoil<'_>); 9] = [
        ("CHECKSUM_MISMATCH", &|f| {
            append(&f.join("perubahan.csv.age"), b"x")
        }),
        ("CHECKSUM_MISMATCH", &|f| {
            let path = f.join("perubahan.csv.age");
            let mut bytes = fs::read(&path).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(path, bytes).unwrap();
        }),
        ("petunjuk.txt is not in SHA256SUMS", &|f| {
            fs::write(f.join("petunjuk.txt"), "buka saya").unwrap()
        }),
        ("ringkasan.txt is listed but missing", &|f| {
            fs::remove_file(f.join("ringkasan.txt")).unwrap()
        }),
        ("SIGNER_UNKNOWN", &|f| {
            sign_with(&stranger, &f.join("SHA256SUMS"))
        }),
        ("SIGNATURE_BAD", &|f| {
            append(
                &f.join("SHA256SUMS"),
                format!("{}  x\n", "0".repeat(64)).as_bytes(),
            )
        }),
        ("MANIFEST_FORMAT", &|f| {
            fs::write(
                f.join("SHA256SUMS"),
                format!("{}  ../../x\n", "0".repeat(64)),
            )
            .unwrap();
            sign(&site, &f.join("SHA256SUMS"));
        }),
        ("SHA256SUMS is too large", &|f| {
            append(&f.join("SHA256SUMS"), &[b'a'; 9000])
        }),
        ("ringkasan.json is not in its list", &|f| {
            let sums = fs::read_to_string(f.join("SHA256SUMS")).unwrap();
            let rest = sums
                .lines()
                .filter(|line| !line.ends_with("ringkasan.json"));
            fs::write(
                f.join("SHA256SUMS"),
                rest.map(|l| format!("{l}\n")).collect::<String>(),
            )
            .unwrap();
            sign(&site, &f.join("SHA256SUMS"));
        }),
    ];
    let outbox = site.root("bpjs").join("outbox");
    for (sequence, (expected, spoil)) in (1..).zip(cases) {
        let name = Answer::new(&site, "bpjs", sequence)
            .sealed("perubahan.csv", b"aksi\nTAMBAH\n")
            .lay();
        spoil(&outbox.join(&name));
        let before = tree(&outbox);
        for run in ["first", "second"] {
            let ran = site.fetch("bpjs", &["--open", "--remove"]);
            assert_eq!(ran.code, 1, "{expected}: {ran:?}");
            let why = ran.why();
            assert!(
                why.contains(expected) || run == "second",
                "{expected}: {why}"
            );
            assert_eq!(ran.names("not_verified"), [format!("outbox/{name}")]);
            assert!(ran.names("response").is_empty() && ran.names("removed").is_empty());
        }
        assert_eq!(
            tree(&outbox),
            before,
            "{expected}: the server's copy is untouched"
        );
        assert!(
            names(&site.received("bpjs", "outbox")).is_empty(),
            "{expected}"
        );
        let aside = names(&site.received("bpjs", "quarantine/outbox"));
        assert_eq!(
            aside.into_iter().collect::<Vec<_>>(),
            [name.clone()],
            "{expected}"
        );
        let inside = tree(&site.received("bpjs", "quarantine/outbox"));
        assert!(
            inside
                .iter()
                .all(|(path, _)| !path.ends_with("perubahan.csv")),
            "nothing is decrypted"
        );
        fs::remove_dir_all(site.received("bpjs", "quarantine")).unwrap();
        fs::remove_dir_all(outbox.join(&name)).unwrap();
    }
}

#[test]
fn a_signed_answer_in_the_wrong_place_is_refused() {
    let site = Site::start();
    let outbox = site.root("bpjs").join("outbox");
    Answer::new(&site, "bkn", 1).lay_as(&outbox.join("2026-11-22_pns_bkn_0001"));
    let ran = site.fetch("bpjs", &[]);
    assert!(ran.why().contains("another party"), "{ran:?}");
    fs::remove_dir_all(outbox.join("2026-11-22_pns_bkn_0001")).unwrap();

    // An old answer under the name of a new one.
    Answer::new(&site, "bpjs", 1).lay_as(&outbox.join("2026-11-22_pns_bkn_0002"));
    let ran = site.fetch("bpjs", &[]);
    assert!(ran.why().contains("a wrong name"), "{ran:?}");
    assert_eq!(names(&site.received("bpjs", "quarantine/outbox")).len(), 2);
}

#[test]
fn the_others_are_fetched_and_a_good_one_under_the_same_name_later() {
    let site = Site::start();
    let outbox = site.root("bpjs").join("outbox");
    let bad = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", b"a\n")
        .lay();
    append(&outbox.join(&bad).join("perubahan.csv.age"), b"x");
    let good = Answer::new(&site, "bpjs", 2).lay();
    let ran = site.fetch("bpjs", &[]);
    assert_eq!((ran.code, ran.names("response")), (1, vec![good.as_str()]));

    // The operator hands it out again.
    fs::remove_dir_all(outbox.join(&bad)).unwrap();
    Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", b"a\n")
        .lay();
    let ran = site.fetch("bpjs", &[]);
    assert_eq!(
        (ran.code, ran.names("response")),
        (0, vec![bad.as_str()]),
        "{ran:?}"
    );
}

#[test]
fn a_receipt_that_was_tampered_with_is_set_aside() {
    let site = Site::start();
    type Spoil<'a> = &'a dyn Fn(&Path, &str);
    let cases: [(&str, Spoil<'_>); 6] = [
        ("SIGNATURE_BAD", &|folder, name| {
            let path = folder.join(format!("{name}.json"));
            let json = fs::read_to_string(&path).unwrap();
            fs::write(path, json.replace("DITOLAK", "DITERIMA")).unwrap();
        }),
        (".txt is not what was signed", &|folder, name| {
            fs::write(folder.join(format!("{name}.txt")), "DITERIMA\n").unwrap();
        }),
        (".rows.csv.age is not what was signed", &|folder, name| {
            append(&folder.join(format!("{name}.rows.csv.age")), b"x");
        }),
        (
            ".rows.csv.age is named in it but missing",
            &|folder, name| {
                fs::remove_file(folder.join(format!("{name}.rows.csv.age"))).unwrap();
            },
        ),
        ("another party", &|folder, name| {
            let path = folder.join(format!("{name}.json"));
            let json = fs::read_to_string(&path).unwrap();
            fs::write(&path, json.replace("\"bkn\"", "\"bpjs\"")).unwrap();
            sign(&site, &path);
        }),
        ("a wrong name", &|folder, name| {
            let path = folder.join(format!("{name}.json"));
            let json = fs::read_to_string(&path).unwrap();
            fs::write(&path, json.replace(name, "bkn_pns_full_2026-11-22_9999")).unwrap();
            sign(&site, &path);
        }),
    ];
    let folder = site.root("bkn").join("receipts");
    for (sequence, (expected, spoil)) in (1..).zip(cases) {
        let name = receipt(&site, "bkn", sequence, "DITOLAK");
        spoil(&folder, &name);
        let before = tree(&folder);
        let ran = site.fetch("bkn", &["--open", "--remove"]);
        assert_eq!(ran.code, 1, "{expected}: {ran:?}");
        assert!(ran.why().contains(expected), "{expected}: {ran:?}");
        assert_eq!(tree(&folder), before, "{expected}");
        assert!(
            names(&site.received("bkn", "receipts")).is_empty(),
            "{expected}"
        );
        assert!(names(&site.received("bkn", "quarantine/receipts")).contains(&name));
        for (path, _) in before {
            fs::remove_file(path).unwrap();
        }
    }
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}
