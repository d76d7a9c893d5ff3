//! Files that change while the service runs: no signal, no restart, no session lost.

use std::fs;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use padan::sftp::Limits;
use padan::sftp::client::{Client, Login};

use crate::common::{SftpSite, keygen};

fn enters(site: &SftpSite, user: &str, key: &str) -> bool {
    let login = Login::key_file(&site.dir().join(key)).unwrap();
    let host_key = site.host_key();
    let client = Client::connect(site.address(), user, &login, &host_key);
    site.runtime.block_on(client).is_ok()
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

    // What cannot be used admits nobody of that account: what stood there before may just have been withdrawn.
    for broken in ["not a key\n", "from=\"host.example.id\" x\n"] {
        fs::write(&listed, format!("{old_line}{new_line}{broken}")).unwrap();
        assert!(!enters(&site, "bkn", "bkn/id") && !enters(&site, "bkn", "new"));
        assert!(enters(&site, "bpjs", "bpjs/id"));
        assert!(site.server.reload().is_err());
        assert!(!enters(&site, "bkn", "bkn/id") && !enters(&site, "bkn", "new"));
    }
    fs::write(&listed, &new_line).unwrap();
    assert!(enters(&site, "bkn", "new"));
    fs::remove_file(&listed).unwrap();
    assert!(!enters(&site, "bkn", "new") && !enters(&site, "bkn", "bkn/id"));
    assert!(site.server.reload().is_err());
    assert!(!enters(&site, "bkn", "new") && enters(&site, "bpjs", "bpjs/id"));
    fs::create_dir(&listed).unwrap();
    assert!(!enters(&site, "bkn", "new"));
    fs::remove_dir(&listed).unwrap();
    fs::write(&listed, &new_line).unwrap();
    fs::set_permissions(&listed, Permissions::from_mode(0o666)).unwrap();
    assert!(!enters(&site, "bkn", "new"));
    fs::set_permissions(&listed, Permissions::from_mode(0o644)).unwrap();
    assert!(enters(&site, "bkn", "new") && !enters(&site, "bkn", "bkn/id"));

    // Whoever was inside still is.
    site.runtime.block_on(session.list("inbox")).unwrap();
}

#[test]
fn without_a_list_of_revoked_keys_that_can_be_read_nobody_logs_in() {
    let site = SftpSite::start_with(Limits::default(), |settings, dir| {
        fs::write(dir.join("revoked"), "").unwrap();
        settings.revoked_keys = Some(dir.join("revoked"));
    });
    let list = site.dir().join("revoked");
    let session = site.client("bkn");
    assert!(enters(&site, "bkn", "bkn/id"));
    let withdrawn = fs::read_to_string(site.dir().join("bkn/id.pub")).unwrap();
    for broken in [Some(format!("{withdrawn}no key\n")), None] {
        match broken {
            Some(lines) => fs::write(&list, lines).unwrap(),
            None => fs::remove_file(&list).unwrap(),
        }
        for account in ["bkn", "bpjs"] {
            assert!(!enters(&site, account, &format!("{account}/id")));
        }
        assert!(site.server.reload().is_err());
        assert!(!enters(&site, "bpjs", "bpjs/id"));
    }
    fs::write(&list, withdrawn).unwrap();
    assert!(enters(&site, "bpjs", "bpjs/id") && !enters(&site, "bkn", "bkn/id"));
    site.runtime.block_on(session.list("inbox")).unwrap();
}
