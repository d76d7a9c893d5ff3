//! `padan serve` in its own process, so that what a flood costs can be measured.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::common::raw::{Raw, session_from};

/// A service that ends when this is dropped.
pub struct Service {
    dir: TempDir,
    process: Child,
    /// What nobody reads of its log.
    unread: Option<BufReader<ChildStderr>>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Service {
    /// Lays out an exchange, changes its configuration, and serves it.
    pub fn start(changes: &[(&str, &str)]) -> Self {
        Self::start_under(changes, |_| Vec::new())
    }

    /// The same under a program, whose command line depends on the folder of the exchange.
    pub fn start_under(
        changes: &[(&str, &str)],
        wrapper: impl FnOnce(&Path) -> Vec<String>,
    ) -> Self {
        let mut service = Self::start_unread_under(changes, wrapper);
        let mut log = service.unread.take().unwrap();
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        service
    }

    /// A service whose log goes into a pipe that nobody reads after the line that says where it listens.
    pub fn start_unread() -> Self {
        Self::start_unread_under(&[], |_| Vec::new())
    }

    fn start_unread_under(
        changes: &[(&str, &str)],
        wrapper: impl FnOnce(&Path) -> Vec<String>,
    ) -> Self {
        let dir = TempDir::new().unwrap();
        let binary = env!("CARGO_BIN_EXE_padan");
        let init = Command::new(binary)
            .args(["init", "--trial"])
            .arg(dir.path())
            .output();
        assert!(init.unwrap().status.success());
        let config = dir.path().join("padan.yaml");
        let mut text = fs::read_to_string(&config).unwrap();
        for (from, to) in changes {
            assert!(text.contains(from), "no {from:?}");
            text = text.replace(from, to);
        }
        fs::write(&config, text).unwrap();
        let mut words = wrapper(dir.path());
        words.push(binary.to_owned());
        let mut words = words.into_iter();
        let mut process = Command::new(words.next().unwrap())
            .args(words)
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the service ended");
            if let Some(address) = line.trim().strip_prefix("listening sftp=") {
                break address.parse().unwrap();
            }
        };
        Self {
            dir,
            process,
            unread: Some(log),
            address,
        }
    }

    /// Ends it as an operator does, and waits until it has ended.
    pub fn end(mut self) -> ExitStatus {
        let process = Pid::from_raw(self.process.id().cast_signed()).unwrap();
        kill_process(process, Signal::TERM).unwrap();
        self.process.wait().unwrap()
    }

    /// A party's private key.
    pub fn key(&self, party: &str) -> PathBuf {
        self.dir.path().join("trial").join(party).join("id_ed25519")
    }

    /// A path in a party's root.
    pub fn root(&self, party: &str, path: &str) -> PathBuf {
        self.dir.path().join("data/parties").join(party).join(path)
    }

    /// A session from an address of this machine, logged in and greeted.
    pub async fn greeted(&self, party: &str, from: [u8; 4]) -> Raw {
        let session = session_from(self.address, from).await.unwrap();
        let mut raw = Raw::of(session, party, &self.key(party)).await;
        raw.greet().await;
        raw
    }

    /// The most memory that the service has had until now, in bytes.
    pub fn most_memory(&self) -> usize {
        self.memory("status", "VmHWM:")
    }

    /// The memory that the service has to itself and its share of what it has in common with others, in bytes.
    pub fn share_of_memory(&self) -> usize {
        self.memory("smaps_rollup", "Pss:")
    }

    fn memory(&self, file: &str, name: &str) -> usize {
        let path = format!("/proc/{}/{file}", self.process.id());
        let text = fs::read_to_string(path).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let kib: usize = line
            .unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap();
        kib * 1024
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The whole group: under a wrapper the service is its child.
        if let Some(group) = Pid::from_raw(self.process.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.process.wait();
    }
}

/// A runtime for clients, apart from any server's.
pub fn clients() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}
