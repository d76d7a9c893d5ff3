//! A server that means harm: whatever it says, nothing appears outside, nothing without end is taken, and nothing is
//! believed that is not signed.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::laid::{Answer, tree};
use crate::site::{Ran, Site, names};

struct Server {
    child: Child,
    port: u16,
    out: BufReader<ChildStdout>,
}

impl Server {
    fn start(site: &Site, trick: &str, folder: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(root.join("target/tools/bin/python"))
            .arg(root.join("tests/fetch/hostile_server.py"))
            .arg(site.exchange("keys/service/ssh_host_ed25519_key"))
            .arg(trick)
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap();
        Self { child, port, out }
    }

    /// Ends it; what it was asked to remove.
    fn end(mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        rest
    }
}

#[test]
#[ignore = "needs paramiko"]
fn a_server_that_means_harm_achieves_nothing() {
    let site = Site::start();
    let sound = site.aside("sound").join("2026-11-22_pns_bkn_0001");
    Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", b"aksi\n")
        .lay_as(&sound);
    let home = site.home("bpjs");
    let before = outside(&home);
    let cases: [(&str, i32, &str); 9] = [
        ("names", 1, "it is no response"),
        ("link", 1, "it is no response"),
        ("linked file", 1, "is listed but missing"),
        ("huge file", 1, "no file of an answer is so large"),
        ("no room", 3, "make room and try again"),
        ("endless file", 1, "CHECKSUM_MISMATCH"),
        ("short file", 1, "ends after 10 bytes"),
        ("endless list", 1, "is too large"),
        ("endless listing", 3, "it has no end"),
    ];
    for (trick, code, expected) in cases {
        let server = Server::start(&site, trick, &sound);
        site.set_port("bpjs", server.port);
        let ran = site.fetch("bpjs", &["--open", "--remove"]);
        assert_eq!(server.end(), "", "{trick}: nothing is removed");
        assert_eq!(ran.code, code, "{trick}: {ran:?}");
        assert!(told(&ran).contains(expected), "{trick}: {ran:?}");
        assert!(!told(&ran).contains('\u{1b}'), "{trick}: {ran:?}");
        assert_eq!(
            outside(&home),
            before,
            "{trick}: something appeared outside"
        );
        assert!(
            names(&site.received("bpjs", "outbox")).is_empty(),
            "{trick}"
        );
        let size: usize = tree(&site.received("bpjs", ""))
            .iter()
            .map(|(_, b)| b.len())
            .sum();
        assert!(size < 100_000, "{trick}: {size} bytes were taken");
        fs::remove_dir_all(site.received("bpjs", "")).unwrap();
    }

    // The same server without a trick is one to fetch from.
    let server = Server::start(&site, "none", &sound);
    site.set_port("bpjs", server.port);
    let ran = site.fetch("bpjs", &["--open"]);
    assert_eq!((ran.code, ran.names("response").len()), (0, 1), "{ran:?}");
    server.end();
}

/// Everything that was said.
fn told(ran: &Ran) -> String {
    let events = ran.events.iter().map(ToString::to_string);
    events.collect::<String>() + &ran.errors
}

/// What lies around the folder of what was received.
fn outside(home: &Path) -> Vec<std::path::PathBuf> {
    let above = home.parent().unwrap();
    let files = tree(above).into_iter().map(|(path, _)| path);
    files
        .filter(|path| !path.starts_with(home.join("received")))
        .collect()
}
