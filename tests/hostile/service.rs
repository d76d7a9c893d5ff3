//! The real service over a trial exchange, in a process of its own, so that its memory can be told from ours.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_padan");

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// `padan serve`, ended with this.
pub struct Service {
    dir: TempDir,
    child: Child,
    pub address: SocketAddr,
}

impl Service {
    pub fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let made = Command::new(BINARY)
            .args(["init", "--trial"])
            .arg(dir.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let log = dir.path().join("serve.log");
        let child = Command::new(BINARY)
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(dir.path().join("padan.yaml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let address = loop {
            let told = fs::read_to_string(&log).unwrap();
            let line = told.lines().find_map(|l| l.strip_prefix("listening sftp="));
            if let Some(address) = line.and_then(|line| line.parse().ok()) {
                break address;
            }
            assert!(begun.elapsed() < PATIENCE, "{told}");
            thread::sleep(Duration::from_millis(5));
        };
        Self {
            dir,
            child,
            address,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A party's root on the disk.
    pub fn root(&self, party: &str) -> PathBuf {
        self.path("data/parties").join(party)
    }

    /// A party's private key.
    pub fn key(&self, party: &str) -> PathBuf {
        self.path("trial").join(party).join("id_ed25519")
    }

    /// `padan sftp` of a party over the same folders.
    pub fn subsystem(&self, party: &str) -> Child {
        Command::new(BINARY)
            .args(["sftp", "--party", party, "--config"])
            .arg(self.path("padan.yaml"))
            .env_remove("SSH_CONNECTION")
            .env_remove("SSH_ORIGINAL_COMMAND")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The most memory that `padan serve` ever had, in bytes.
    pub fn most_memory(&self) -> usize {
        most_memory(self.child.id())
    }

    /// That it still runs.
    pub fn assert_alive(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}: {}", self.log());
    }

    /// What it wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("serve.log")).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The most memory that a process ever had, in bytes.
pub fn most_memory(process: u32) -> usize {
    let status = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"));
    let status = status.unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<usize>().unwrap() * 1024
}
