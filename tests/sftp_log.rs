//! What the SFTP server writes into the log: who did what and how much, never a file name. Alone in its program,
//! because it listens to the whole log.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod common;

use std::fs;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use common::SftpSite;
use padan::sftp::Limits;
use tracing::level_filters::LevelFilter;

/// Lines of the log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
#[ignore = "needs sftp"]
fn the_log_tells_who_did_what_but_no_name_of_a_file() {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let mut site = SftpSite::start(Limits::default());
    fs::write(site.dir().join("rahasia_1"), "content").unwrap();
    fs::write(site.root("bkn", "outbox/rahasia_2"), "an answer").unwrap();
    site.sftp_ok(
        "bkn",
        "mkdir inbox/rahasia_3\nput rahasia_1 inbox/rahasia_4\nrename inbox/rahasia_4 inbox/rahasia_3/rahasia_5\n\
         get outbox/rahasia_2 rahasia_6\nls -l inbox\nrm inbox/rahasia_3/rahasia_5\nrmdir inbox/rahasia_3\n\
         -get inbox/rahasia_7\n-put rahasia_1 outbox/rahasia_8\n",
    );
    // A user name that is no account could be a password.
    fs::create_dir(site.dir().join("rahasia_9")).unwrap();
    fs::copy(site.key("bkn"), site.key("rahasia_9")).unwrap();
    assert!(!site.sftp("rahasia_9", "ls\n").status.success());
    site.stop();

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("padan::"))
        .collect();
    for (event, fields) in [
        ("login", "account=bkn peer=127.0.0.1 fingerprint=SHA256:"),
        (
            "upload closed",
            "account=bkn peer=127.0.0.1 bytes=7 complete=true",
        ),
        ("download closed", "account=bkn peer=127.0.0.1 bytes=9"),
        ("renamed", "account=bkn peer=127.0.0.1"),
        ("file removed", "account=bkn peer=127.0.0.1"),
        ("folder made", "account=bkn peer=127.0.0.1"),
        ("folder removed", "account=bkn peer=127.0.0.1"),
        ("connection ended", "account=bkn peer=127.0.0.1"),
        (
            "login refused",
            "account=(unknown) peer=127.0.0.1 reason=\"unknown account\"",
        ),
    ] {
        assert!(
            ours.iter()
                .any(|line| line.contains(event) && line.contains(fields)),
            "{event}: {ours:#?}"
        );
    }
    let names: Vec<&str> = ours
        .iter()
        .copied()
        .filter(|line| line.contains("rahasia"))
        .collect();
    assert!(names.is_empty(), "{names:#?}");
    // Libraries: at the levels that a service runs with.
    let leaks: Vec<&str> = log
        .lines()
        .filter(|line| {
            line.contains("rahasia")
                && !line.trim_start().contains("DEBUG")
                && !line.contains("TRACE")
        })
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}
