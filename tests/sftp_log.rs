//! What the SFTP server tells, in the log and to its recorder: who did what, to what, and how much; a file's name only
//! if it follows the rule for deliveries. Alone in its program, because it listens to the whole log.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod common;

use std::fs;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use common::SftpSite;
use padan::sftp::{Limits, Recorder};
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

/// The line with the client's name but not its version.
fn without_version(line: &str) -> String {
    let Some((before, after)) = line.split_once("client=\"OpenSSH_") else {
        return line.to_owned();
    };
    let (_, after) = after.split_once('"').unwrap();
    format!("{before}client=OpenSSH{after}")
}

/// Of a file that holds `content`.
const DIGEST: &str = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";

#[test]
#[ignore = "needs sftp"]
fn events_tell_who_did_what_but_no_name_outside_the_rule() {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let hear = Arc::clone(&told);
    let mut site = SftpSite::start_recorded(
        Limits::default(),
        Recorder::new(move |event| {
            hear.lock().unwrap().push(format!("{event:?}"));
        }),
    );
    let named = "bkn_pns_full_2026-11-22_0001.csv.age";
    fs::write(site.dir().join(named), "content").unwrap();
    fs::write(site.dir().join("rahasia_1"), "content").unwrap();
    fs::write(site.root("bkn", "outbox/rahasia_2.csv"), "an answer").unwrap();
    site.sftp_ok(
        "bkn",
        &format!("mkdir inbox/rahasia_3\nput rahasia_1 inbox/rahasia_4\nrename inbox/rahasia_4 inbox/rahasia_3/rahasia_5\n\
         get outbox/rahasia_2.csv rahasia_6\nls -l inbox\nrm inbox/rahasia_3/rahasia_5\nrmdir inbox/rahasia_3\n\
         put {named} inbox/{named}.filepart\nrename inbox/{named}.filepart inbox/{named}\n\
         -get inbox/rahasia_7\n-put rahasia_1 outbox/rahasia_8\n-rename inbox/{named} outbox/rahasia_8\n"),
    );
    // A user name that is no account could be a password.
    fs::create_dir(site.dir().join("rahasia_9")).unwrap();
    fs::copy(site.key("bkn"), site.key("rahasia_9")).unwrap();
    assert!(!site.sftp("rahasia_9", "ls\n").status.success());
    site.stop();

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<String> = log
        .lines()
        .filter(|line| line.contains("padan::"))
        .map(without_version)
        .collect();
    let upload = format!(
        "upload account=bkn peer=127.0.0.1 client=OpenSSH file=\"inbox/{named}.filepart\" bytes=7 sha256={DIGEST} ms="
    );
    let renamed = format!(
        "renamed account=bkn peer=127.0.0.1 client=OpenSSH file=\"inbox/{named}.filepart\" to=\"inbox/{named}\""
    );
    for event in [
        "login account=bkn peer=127.0.0.1 client=OpenSSH key=SHA256:",
        "folder_made account=bkn peer=127.0.0.1 client=OpenSSH file=\"inbox/(masked 9)\"",
        "upload account=bkn peer=127.0.0.1 client=OpenSSH file=\"inbox/(masked 9)\" bytes=7 sha256=ed7002",
        &upload,
        "download account=bkn peer=127.0.0.1 client=OpenSSH file=\"outbox/(masked 9).csv\" bytes=9 ms=",
        &renamed,
        "removed account=bkn peer=127.0.0.1 client=OpenSSH file=\"inbox/(masked 9)/(masked 9)\"",
        "folder_removed account=bkn peer=127.0.0.1 client=OpenSSH file=\"inbox/(masked 9)\"",
        "denied account=bkn peer=127.0.0.1 client=OpenSSH action=\"open\" file=\"outbox/(masked 9)\" reason=\"",
        &format!(
            "denied account=bkn peer=127.0.0.1 client=OpenSSH action=\"rename\" file=\"inbox/{named}\" reason="
        ),
        "ended account=bkn peer=127.0.0.1 client=OpenSSH ms=",
        // A user name that is no account is not told at all.
        "login_refused peer=127.0.0.1 reason=\"unknown account\"",
    ] {
        assert!(
            ours.iter()
                .any(|line| line.contains(&format!("event={event}"))),
            "{event}: {ours:#?}"
        );
    }
    // Whoever keeps a record hears the same, once each.
    let told = told.lock().unwrap();
    let events = ours.iter().filter(|line| line.contains("event=")).count();
    assert_eq!(told.len(), events, "{told:#?}\n{ours:#?}");
    let leaks: Vec<&String> = told
        .iter()
        .filter(|told| told.contains("rahasia"))
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
    let names: Vec<&String> = ours
        .iter()
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
