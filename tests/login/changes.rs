//! Files that change while the service runs: no signal, no restart, no session lost.

use std::fs;

use padan::sftp::Limits;
use padan::sftp::client::Client;

use crate::common::{SftpSite, keygen};

fn enters(site: &SftpSite, user: &str, key: &str) -> bool {
    let (key, host_key) = (site.dir().join(key), site.host_key());
    let login = Client::connect(site.address(), user, &key, &host_key);
    site.runtime.block_on(login).is_ok()
}

#[test]
fn a_changed_file_counts_from_the_next_login() {
    let site = SftpSite::start(Limits::default());
    let dir = site.dir();
    keygen(&dir.join("new"));
    let listed = dir.join("bkn/authorized_keys");
    let old_line = fs::read_to_string(&listed).unwrap();
    let new_line = fs::read_to_string(dir.join("new.pub")).unwrap();
    let session = site.client("bkn");

    // Written in place, put in place, emptied, put back; the lengths are the same.
    fs::write(&listed, &new_line).unwrap();
    assert!(enters(&site, "bkn", "new") && !enters(&site, "bkn", "bkn/id"));
    fs::write(dir.join("next"), &old_line).unwrap();
    fs::rename(dir.join("next"), &listed).unwrap();
    assert!(enters(&site, "bkn", "bkn/id") && !enters(&site, "bkn", "new"));
    fs::write(&listed, "# nobody for now\n").unwrap();
    assert!(!enters(&site, "bkn", "bkn/id"));
    assert!(enters(&site, "bpjs", "bpjs/id"));
    fs::write(&listed, &old_line).unwrap();
    assert!(enters(&site, "bkn", "bkn/id"));

    // What cannot be used changes nothing, for nobody.
    for broken in ["not a key\n", "from=\"host.example.id\" x\n"] {
        fs::write(&listed, format!("{new_line}{broken}")).unwrap();
        assert!(enters(&site, "bkn", "bkn/id") && !enters(&site, "bkn", "new"));
        assert!(enters(&site, "bpjs", "bpjs/id"));
    }
    fs::remove_file(&listed).unwrap();
    assert!(enters(&site, "bkn", "bkn/id") && !enters(&site, "bkn", "new"));
    fs::write(&listed, &new_line).unwrap();
    assert!(enters(&site, "bkn", "new") && !enters(&site, "bkn", "bkn/id"));

    // Whoever was inside still is.
    site.runtime.block_on(session.list("inbox")).unwrap();
}
