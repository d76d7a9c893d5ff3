//! What is told of logins that fail, and of those that only begin with a key too many.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use padan::sftp::{Event, Limits, Recorder, What};

use crate::common::SftpSite;
use crate::keys::{certify, line, logs_in, make};

/// A server where authorities and lists may be, and what it told of logins, oldest first.
struct Told {
    site: SftpSite,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Told {
    fn start(prepare: impl FnOnce(&Path)) -> Self {
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let hear = Arc::clone(&events);
        let site = SftpSite::start_with(Limits::default(), |settings, dir| {
            prepare(dir);
            fs::write(dir.join("revoked"), "").unwrap();
            settings.revoked_keys = Some(dir.join("revoked"));
            settings.recorder = Recorder::new(move |event| hear.lock().unwrap().push(event));
        });
        Self { site, events }
    }

    fn logins(mut self) -> Vec<(Option<String>, &'static str)> {
        self.site.stop();
        let events = self.events.lock().unwrap();
        let logins = events.iter().filter_map(|event| match event.what {
            What::Login { .. } => Some((event.account.clone(), "login")),
            What::LoginRefused { reason } => Some((event.account.clone(), reason)),
            _ => None,
        });
        logins.collect()
    }
}

fn of(account: &str) -> Option<String> {
    Some(account.to_owned())
}

#[test]
#[ignore = "needs sftp, ssh-keygen"]
fn a_login_that_fails_is_told_once_and_a_good_one_is_no_refusal() {
    let told = Told::start(|dir| {
        make(dir, "ed25519", "authority");
        let lines = format!("cert-authority {}", line(dir, "authority"));
        fs::write(dir.join("bpjs/authorized_keys"), lines).unwrap();
    });
    let site = &told.site;
    let good = ["-I", "budi", "-n", "bpjs", "-z", "5"];
    let key = certify(site, "bkn", "budi", "authority", &good);
    // The bare key comes before the certificate.
    assert!(logs_in(site, "bpjs", &key).0);
    assert!(!logs_in(site, "bpjs", &site.key("bpjs")).0);
    assert!(!logs_in(site, "nobody", &site.key("bpjs")).0);
    let without_keys = ["-oPubkeyAuthentication=no"];
    assert!(
        !site
            .sftp_with("bkn", "ls\n", &without_keys)
            .status
            .success()
    );
    fs::write(site.dir().join("revoked"), line(site.dir(), "authority")).unwrap();
    assert!(!logs_in(site, "bpjs", &key).0);
    assert_eq!(
        told.logins(),
        [
            (of("bpjs"), "login"),
            (of("bpjs"), "unknown key"),
            (None, "unknown account"),
            (of("bkn"), "no key"),
            (of("bpjs"), "revoked"),
        ]
    );
}
