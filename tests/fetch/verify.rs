//! `padan verify` of a whole folder: what is wrong with one receipt keeps no other one from being judged.

use std::fs;

use rustix::fs::{CWD, Mode, mkfifoat};
use serde_json::Value;

use crate::laid::{receipt, sign};
use crate::site::{Site, lossy};

#[test]
fn one_bad_receipt_keeps_no_other_from_being_judged() {
    let site = Site::start();
    let bare = receipt(&site, "bkn", 1, "DITERIMA");
    let folder = site.root("bkn").join("receipts");
    for good in ["awal", "zakhir"] {
        let path = folder.join(format!("{good}.json"));
        fs::write(&path, r#"{"format": "padan-notice-1"}"#).unwrap();
        sign(&site, &path);
    }
    fs::remove_file(folder.join(format!("{bare}.json.sig"))).unwrap();
    // A reader of a named pipe waits for a writer that never comes.
    mkfifoat(CWD, folder.join("aneh.json"), Mode::RUSR | Mode::WUSR).unwrap();
    fs::create_dir(folder.join("folder.json")).unwrap();
    let named = folder.to_str().unwrap();

    let out = site.padan("bkn", &["verify", "--json", named]);
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    assert!(
        lossy(&out.stderr).contains("3 of 5 did not verify"),
        "{out:?}"
    );
    let judged: Vec<Value> = serde_json::from_slice(&out.stdout).unwrap();
    let of = |name: &str| {
        let ending = format!("/{name}.json");
        let mut all = judged.iter();
        all.find(|one| one["file"].as_str().unwrap().ends_with(&ending))
            .unwrap()
    };
    for name in ["awal", "zakhir"] {
        assert_eq!(of(name)["proven"], true, "{judged:?}");
    }
    assert_eq!(of(&bare)["problem"]["kind"], "no_signature");
    for name in ["aneh", "folder"] {
        let why = of(name)["problem"]["why"].as_str().unwrap();
        assert!(why.contains("is not a file"), "{why}");
    }

    let out = site.padan("bkn", &["verify", named]);
    let told = lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    for part in [
        "there is no signature beside it",
        "tidak ada tanda tangan",
        "is not a file",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
