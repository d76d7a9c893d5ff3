//! Uploads beside whoever claims the files.

use std::fs::{self, File};

use padan::sftp::Limits;

use crate::common::SftpSite;

#[test]
fn an_open_upload_keeps_its_file_from_being_claimed() {
    let site = SftpSite::start(Limits::default());
    let client = site.client("bkn");
    let path = site.root("bkn", "inbox/f");
    let claim = || File::open(&path).unwrap().try_lock();
    let mut upload = site.runtime.block_on(client.create("inbox/f")).unwrap();
    site.runtime.block_on(upload.write(b"part")).unwrap();
    assert!(claim().is_err(), "while the upload is open");
    site.runtime.block_on(upload.close()).unwrap();
    claim().expect("after it was closed");

    let upload = site.runtime.block_on(client.append("inbox/f")).unwrap();
    assert!(claim().is_err());
    site.runtime.block_on(client.disconnect()).unwrap();
    drop(upload);
    // The lock ends with the session; waiting for it blocks until then.
    File::open(&path).unwrap().lock().unwrap();
}

#[test]
#[ignore = "needs sftp"]
fn a_file_being_claimed_is_left_alone() {
    let site = SftpSite::start(Limits::default());
    let client = site.client("bkn");
    let path = site.root("bkn", "inbox/f");
    fs::write(&path, "claimed content").unwrap();
    fs::write(site.dir().join("f"), "new").unwrap();
    let claim = File::open(&path).unwrap();
    claim.lock().unwrap();
    for opened in [
        site.runtime.block_on(client.create("inbox/f")),
        site.runtime.block_on(client.append("inbox/f")),
    ] {
        let fault = opened.err().unwrap().to_string();
        assert!(
            fault.contains("this delivery is being taken in and cannot be changed any more: read the result in receipts/"),
            "{fault}"
        );
    }
    site.sftp_refused("bkn", "put f inbox/f\n");
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "claimed content",
        "not truncated"
    );
    fs::rename(&path, site.dir().join("staged")).unwrap();
    assert_eq!(
        site.sftp_ok("bkn", "ls inbox\n").matches("inbox/f").count(),
        0
    );
    site.sftp_ok("bkn", "put f inbox/f\n");
    assert_eq!(
        fs::read_to_string(site.dir().join("staged")).unwrap(),
        "claimed content"
    );
}

#[test]
fn a_file_renamed_away_under_an_open_upload_does_no_harm() {
    let site = SftpSite::start(Limits::default());
    let client = site.client("bkn");
    let mut upload = site.runtime.block_on(client.create("inbox/f")).unwrap();
    site.runtime.block_on(upload.write(b"one")).unwrap();
    fs::rename(site.root("bkn", "inbox/f"), site.dir().join("gone")).unwrap();
    site.runtime.block_on(upload.write(b"two")).unwrap();
    site.runtime.block_on(upload.close()).unwrap();
    assert!(
        site.runtime
            .block_on(client.list("inbox"))
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        fs::read_to_string(site.dir().join("gone")).unwrap(),
        "onetwo"
    );
}
