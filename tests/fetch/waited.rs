//! `padan fetch --wait-for`: a script that uploads with another program learns what became of it.

use std::fs;
use std::path::PathBuf;

use crate::laid::receipt;
use crate::site::{Site, lossy};

/// A delivery of what the parties' files are not, sealed by the party's own key: refused, and answered all the same.
fn sealed(site: &Site, text: &str) -> PathBuf {
    let home = site.home("bkn");
    let name = "bkn_pns_full_2025-12-31_0001.csv";
    fs::write(home.join(name), text).unwrap();
    let args = [
        "seal",
        "--to",
        "padan_recipients.txt",
        "--key",
        "id_ed25519",
        "--out",
        "send",
        name,
    ];
    let out = site.padan("bkn", &args);
    assert!(out.status.success(), "{out:?}");
    fs::remove_file(home.join(name)).unwrap();
    home.join("send")
}

#[test]
fn a_script_waits_for_the_receipt_of_what_it_has_put() {
    let site = Site::start();
    let folder = sealed(&site, "bukan,kolom\n1,2\n");
    let manifest = "send/bkn_pns_full_2025-12-31_0001.sha256";
    // As if it were an earlier delivery of that name; by the manifest it is not the one.
    receipt(&site, "bkn", 9, "DITERIMA");
    let waiting = site.start_fetch("bkn", &["--wait-for", manifest, "--timeout", "60"]);
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        fs::copy(
            entry.path(),
            site.root("bkn").join("inbox").join(entry.file_name()),
        )
        .unwrap();
    }
    let ran = waiting.end();
    assert_eq!(ran.code, 1, "{ran:?}");
    let name = "bkn_pns_full_2025-12-31_0001";
    assert!(ran.names("receipt").contains(&name), "{ran:?}");
    assert_eq!(ran.end()["refused_deliveries"], 1);
    // Fetched before, the verdict is the same; a name does as well.
    for named in [name, "bkn_pns_full_2025-12-31_0001.sha256.sig"] {
        let again = site.fetch("bkn", &["--wait-for", named]);
        assert_eq!(
            (again.code, again.names("receipt").len()),
            (1, 0),
            "{again:?}"
        );
    }
}

#[test]
fn whoever_waits_for_another_waits_in_vain() {
    let site = Site::start();
    let name = receipt(&site, "bkn", 1, "DITERIMA");
    receipt(&site, "bkn", 2, "MENUNGGU");
    // Nothing says yet that it is of this manifest.
    fs::write(site.home("bkn").join(format!("{name}.sha256")), "another").unwrap();
    let manifest = format!("{name}.sha256");
    for named in [
        manifest.as_str(),
        "bkn_pns_full_2026-11-22_0002",
        "bkn_pns_full_2026-11-22_0003",
    ] {
        let out = site.padan("bkn", &["fetch", "--wait-for", named, "--timeout", "1"]);
        assert_eq!(out.status.code(), Some(3), "{out:?}");
        assert!(
            lossy(&out.stderr).contains("there is no receipt of"),
            "{out:?}"
        );
    }
    let ran = site.fetch("bkn", &["--wait-for", &name]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let out = site.padan("bkn", &["fetch", "--timeout", "5"]);
    assert_eq!(out.status.code(), Some(2), "{out:?}");
}
