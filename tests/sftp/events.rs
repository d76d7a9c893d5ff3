//! What is told of uploads and names: the digest of what really lies there, and no name that could hold a person's
//! number.

use std::fs;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::civil::{Date, date};
use padan::delivery::DataFileName;
use padan::sftp::{Event, Limits, Names, Quota, Recorder, What};
use proptest::prelude::{Strategy, prop, proptest};
use proptest::{prop_assert, prop_assert_eq};

use crate::common::raw::{Raw, about, id, packet, text, write};
use crate::common::{SftpSite, noise};

/// A server, and everything that it told.
struct Told {
    site: SftpSite,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Told {
    fn start() -> Self {
        Self::start_with(Limits::default())
    }

    fn start_with(limits: Limits) -> Self {
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let hear = Arc::clone(&events);
        let recorder = Recorder::new(move |event| hear.lock().unwrap().push(event));
        Self {
            site: SftpSite::start_recorded(limits, recorder),
            events,
        }
    }

    /// All of it, in order.
    fn told(mut self) -> Vec<What> {
        self.site.stop();
        let events = self.events.lock().unwrap();
        events.iter().map(|event| event.what.clone()).collect()
    }

    /// Bytes and digest of each upload, in the order in which they ended.
    fn uploads(self) -> Vec<(u64, Option<String>)> {
        let uploads = self.told().into_iter().filter_map(|what| match what {
            What::Upload { bytes, sha256, .. } => Some((bytes, sha256)),
            _ => None,
        });
        uploads.collect()
    }
}

fn sha256(bytes: &[u8]) -> Option<String> {
    Some(hex::encode(digest(&SHA256, bytes)))
}

/// Read and write; make; empty; as the protocol has them.
const WRITE: u32 = 2;
const CREATE: u32 = 8;
const TRUNCATE: u32 = 16;

#[test]
#[ignore = "needs sftp"]
fn the_digest_of_an_upload_is_that_of_the_whole_file() {
    let told = Told::start();
    let site = &told.site;
    let whole = noise(600_000, 1);
    fs::write(site.dir().join("up"), &whole).unwrap();
    fs::write(site.dir().join("empty"), "").unwrap();
    fs::write(site.root("bkn", "inbox/part"), &whole[..200_001]).unwrap();
    site.sftp_ok(
        "bkn",
        "put up inbox/up\nput empty inbox/empty\nput up inbox/up\nreput up inbox/part\n",
    );
    let bytes = whole.len() as u64;
    assert_eq!(
        told.uploads(),
        [
            (bytes, sha256(&whole)),
            (0, sha256(b"")),
            (bytes, sha256(&whole)),
            (bytes - 200_001, sha256(&whole)),
        ]
    );
}

#[test]
fn the_digest_holds_whatever_the_order_of_writes() {
    let told = Told::start();
    let site = &told.site;
    fs::write(site.root("bkn", "inbox/old"), "an older and longer text").unwrap();
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(site, "bkn").await;
        let mut upload = async |name: &str, flags, writes: &[(u64, &[u8])], size: Option<u64>| {
            let handle = raw.open(name, flags).await;
            for (offset, data) in writes {
                raw.send(&write(2, &handle, *offset, data)).await;
                assert_eq!(raw.status().await.1, 0);
            }
            if let Some(size) = size {
                let size = size.to_be_bytes();
                let set = packet(10, &[&id(3), &text(&handle), &1u32.to_be_bytes(), &size]);
                raw.send(&set).await;
                assert_eq!(raw.status().await.1, 0);
            }
            raw.send(&packet(4, &[&id(4), &text(&handle)])).await;
            assert_eq!(raw.status().await.1, 0);
        };
        let new = WRITE | CREATE | TRUNCATE;
        upload("inbox/a", new, &[(4, b" and"), (0, b"half")], None).await;
        upload(
            "inbox/b",
            new,
            &[(0, b"HALF"), (0, b"half"), (4, b" and")],
            None,
        )
        .await;
        upload("inbox/c", new, &[(0, b"half and half")], Some(8)).await;
        upload("inbox/d", new, &[(8, b"!")], None).await;
        upload("inbox/old", WRITE, &[(0, b"AN")], None).await;
        // Nothing was uploaded: there is no digest of an upload.
        upload("inbox/old", WRITE, &[], None).await;
    });
    assert_eq!(
        told.uploads(),
        [
            (8, sha256(b"half and")),
            (12, sha256(b"half and")),
            (13, sha256(b"half and")),
            (1, sha256(b"\0\0\0\0\0\0\0\0!")),
            (2, sha256(b"AN older and longer text")),
            (0, None),
        ]
    );
}

#[test]
fn the_digest_is_right_although_others_change_the_file_meanwhile() {
    let told = Told::start();
    let site = &told.site;
    site.runtime.block_on(async {
        let (mut raw, mut other) = (
            Raw::greeted(site, "bkn").await,
            Raw::greeted(site, "bkn").await,
        );
        let new = WRITE | CREATE | TRUNCATE;
        let resize = |name: &[u8], size: u64| {
            let size = size.to_be_bytes();
            packet(9, &[&id(1), &text(name), &id(1), &size])
        };
        // Cut and made as long again through its path.
        let a = raw.open("inbox/a", new).await;
        raw.done(&write(1, &a, 0, b"half and half")).await;
        other.done(&resize(b"inbox/a", 4)).await;
        other.done(&resize(b"inbox/a", 13)).await;
        raw.done(&about(4, 1, &a)).await;
        // Overwritten by another session, which sees the end of it.
        let b = raw.open("inbox/b", new).await;
        raw.done(&write(1, &b, 0, b"half")).await;
        let c = other.open("inbox/b", WRITE).await;
        other.done(&write(1, &c, 0, b"HALF")).await;
        raw.done(&about(4, 1, &b)).await;
        other.done(&about(4, 1, &c)).await;
        // Emptied and written anew by another session, which is done before.
        let d = raw.open("inbox/d", new).await;
        raw.done(&write(1, &d, 0, b"half")).await;
        let e = other.open("inbox/d", new).await;
        other.done(&write(1, &e, 0, b"HALF")).await;
        other.done(&about(4, 1, &e)).await;
        raw.done(&about(4, 1, &d)).await;
    });
    assert_eq!(
        told.uploads(),
        [
            (13, sha256(b"half\0\0\0\0\0\0\0\0\0")),
            (4, sha256(b"HALF")),
            (4, sha256(b"HALF")),
            (4, sha256(b"HALF")),
            (4, sha256(b"HALF")),
        ]
    );
}

#[test]
fn a_size_set_without_an_upload_and_the_bound_that_refused_are_told() {
    let told = Told::start_with(Limits {
        quota: Quota {
            bytes: 100,
            files: 9,
        },
        depth: 1,
        name_bytes: 9,
        ..Limits::default()
    });
    let site = &told.site;
    fs::write(site.root("bkn", "inbox/a"), "half and half").unwrap();
    let resize = |size: u64| {
        let size = size.to_be_bytes();
        packet(9, &[&id(1), &text(b"inbox/a"), &id(1), &size])
    };
    let make = |path: &[u8]| packet(14, &[&id(1), &text(path), &id(0)]);
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(site, "bkn").await;
        raw.done(&resize(4)).await;
        raw.refused(&resize(101)).await;
        raw.done(&make(b"inbox/f")).await;
        raw.refused(&make(b"inbox/f/g")).await;
        raw.refused(&make(b"inbox/0123456789")).await;
        raw.refused(&make(b"outbox/f")).await;
    });
    let told = told.told();
    let sizes = told.iter().filter_map(|what| match what {
        What::Resized { bytes, .. } => Some(*bytes),
        _ => None,
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [4]);
    let reasons = told.iter().filter_map(|what| match what {
        What::Denied { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(
        reasons.collect::<Vec<_>>(),
        [
            "the inbox is full",
            "too many folders one in the other",
            "the name is too long",
            "outbox/ is read-only: put deliveries into inbox/",
        ]
    );
}

#[test]
fn an_operator_may_do_without_digests() {
    let told = Told::start_with(Limits {
        hash_uploads: false,
        ..Limits::default()
    });
    let site = &told.site;
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(site, "bkn").await;
        let handle = raw.open("inbox/a", WRITE | CREATE | TRUNCATE).await;
        raw.send(&write(2, &handle, 0, b"half")).await;
        assert_eq!(raw.status().await.1, 0);
        raw.send(&packet(4, &[&id(4), &text(&handle)])).await;
        assert_eq!(raw.status().await.1, 0);
    });
    assert_eq!(told.uploads(), [(4, None)]);
}

#[test]
fn a_client_that_leaves_before_its_file_is_read_again_has_no_digest() {
    let told = Told::start();
    told.site.runtime.block_on(async {
        let mut raw = Raw::greeted(&told.site, "bkn").await;
        let handle = raw.open("inbox/f", WRITE | CREATE).await;
        // 100 GiB of nothing, which take much longer to read than it takes to leave.
        let size = [&id(1)[..], &(100u64 << 30).to_be_bytes()].concat();
        raw.done(&packet(10, &[&id(1), &text(&handle), &size]))
            .await;
        raw.send(&about(4, 2, &handle)).await;
        // Its lock ends with it.
        drop(raw);
        let file = fs::File::open(told.site.root("bkn", "inbox/f")).unwrap();
        tokio::task::spawn_blocking(move || file.lock().unwrap())
            .await
            .unwrap();
    });
    assert_eq!(told.uploads(), [(0, None)]);
}

#[test]
fn an_upload_whose_client_disappears_has_no_digest() {
    let told = Told::start();
    let site = &told.site;
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(site, "bkn").await;
        let handle = raw.open("inbox/f", WRITE | CREATE).await;
        raw.send(&write(2, &handle, 0, b"part")).await;
        assert_eq!(raw.status().await.1, 0);
    });
    assert_eq!(told.uploads(), [(4, None)]);
}

fn known(party: &str, dataset: &str) -> Names {
    Names {
        parties: vec![party.to_owned()],
        datasets: vec![dataset.to_owned()],
        reconciliations: vec!["kepesertaan".to_owned()],
    }
}

/// Names as the rule for deliveries has them, of parties and datasets with few digits.
fn names() -> impl Strategy<Value = (Names, String)> {
    let day = (2000..2100i16, 1..=12i8, 1..=28i8)
        .prop_map(|(y, m, d): (i16, i8, i8)| -> Date { date(y, m, d) });
    (
        "[a-z][a-z]{0,30}[0-9]{0,2}",
        "[a-z][a-z_]{0,30}[0-9]{0,2}",
        prop::sample::select(vec!["full", "delta"]),
        day,
        1..=999_999u32,
        prop::sample::select(vec![".csv.age", ".csv.gz.age", ".csv.zst.age"]),
    )
        .prop_map(|(party, dataset, mode, day, sequence, ending)| {
            let name = format!("{party}_{dataset}_{mode}_{day}_{sequence:04}{ending}");
            (known(&party, &dataset), name)
        })
}

proptest! {
    #[test]
    fn every_name_of_a_delivery_is_shown((names, name) in names()) {
        prop_assert!(name.parse::<DataFileName>().is_ok(), "{name}");
        let stem = name.split_once('.').unwrap().0;
        for name in [
            name.clone(),
            format!("{name}.filepart"),
            format!(".{name}.part"),
            format!("{stem}.sha256"),
            format!("{stem}.sha256.sig"),
            format!("{stem}.json.sig"),
            format!("{stem}.rows.csv.age"),
            format!("{name}.berkas.txt"),
            format!("{name}.filepart.sisa.json"),
        ] {
            prop_assert_eq!(names.shown(&name, false), name);
        }
    }

    /// Wherever the rule would let it stand.
    #[test]
    fn a_number_of_a_person_is_never_shown(number in "[0-9]{16}|[0-9]{18}") {
        let (date, rest) = number.split_at(8);
        for name in [
            format!("{number}.csv"),
            format!("bkn_pns_full_2026-11-22_{number}.csv.age"),
            format!("b{number}_pns_full_2026-11-22_0001.csv.age"),
            format!("bkn_pns{number}_full_2026-11-22_0001.csv.age"),
            format!("bkn_pns_{date}_{rest}_full_2026-11-22_0001.csv.age"),
            format!("bkn_pns_full_{}-{}-{}_{rest}.csv.age", &date[..4], &date[4..6], &date[6..]),
            format!("2026-11-22_pns_bkn_{number}"),
            format!("perbedaan_{number}.csv.age"),
            format!("kiriman-{number}.txt"),
            format!("bkn_pns_full_2026-11-22_0001.{number}.csv.age"),
        ] {
            let shown = known("bkn", "pns").shown(&name, true);
            prop_assert!(shown.starts_with("(masked "), "{}: {}", name, shown);
            let digits = shown.chars().filter(char::is_ascii_digit).count();
            prop_assert!(digits <= 2, "{}: {}", name, shown);
        }
    }
}

#[test]
fn each_of_many_denials_is_told_or_counted_before_the_end() {
    let mut told = Told::start();
    let site = &told.site;
    let sent = 1_500;
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(site, "bkn").await;
        for _ in 0..sent {
            raw.send(&packet(14, &[&id(1), &text(b"outbox/a"), &id(0)]))
                .await;
            assert_eq!(raw.status().await.1, 3);
        }
    });
    told.site.stop();
    let events = told.events.lock().unwrap();
    let (mut each, mut more) = (0, 0);
    for event in events.iter() {
        match event.what {
            What::Denied { .. } => each += 1,
            What::DeniedMore { untold } => more += untold,
            _ => {}
        }
    }
    assert_eq!(each + more, sent);
    assert!(each < sent);
    assert!(matches!(events.last().unwrap().what, What::Ended { .. }));
}
