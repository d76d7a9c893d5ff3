//! A server with one party's login for the clients.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use padan::sftp::Limits;
use tempfile::TempDir;

use crate::common::SftpSite;

/// The party that every test plays.
const PARTY: &str = "bkn";
/// No event may take longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a client has to know, and a folder to work in.
#[derive(Clone)]
pub struct Login {
    /// Where the server listens, always on 127.0.0.1.
    pub port: u16,
    /// The account.
    pub user: &'static str,
    /// The private key in OpenSSH's format.
    pub key: PathBuf,
    /// The server's public key: algorithm and base64.
    pub host_key: String,
    /// The same for 127.0.0.1 and the port, as `.ssh/known_hosts` of the client's home.
    pub known_hosts: PathBuf,
    /// An `ssh_config` with all of it for the host `padan`.
    pub ssh_config: PathBuf,
    /// Where the client runs, and its home.
    pub work: PathBuf,
}

impl Login {
    fn new(dir: &Path, address: SocketAddr, key: &Path, host_key: &str, more: &str) -> Self {
        let login = Self {
            port: address.port(),
            user: PARTY,
            key: key.to_owned(),
            host_key: host_key.trim().to_owned(),
            known_hosts: dir.join("work/.ssh/known_hosts"),
            ssh_config: dir.join("ssh_config"),
            work: dir.join("work"),
        };
        fs::create_dir_all(login.work.join(".ssh")).unwrap();
        let known = format!("[127.0.0.1]:{} {}\n", login.port, login.host_key);
        fs::write(&login.known_hosts, known).unwrap();
        login.write_config(&login.ssh_config, more);
        login
    }

    /// Nobody's: to ask a client what it would do.
    pub fn nobody() -> Self {
        let nowhere = PathBuf::from("/nowhere");
        Self {
            port: 1,
            user: PARTY,
            key: nowhere.clone(),
            host_key: "ssh-ed25519 AAAA".to_owned(),
            known_hosts: nowhere.clone(),
            ssh_config: nowhere.clone(),
            work: nowhere,
        }
    }

    /// The same with a key that the server does not know.
    pub fn with_key(&self, key: &Path) -> Self {
        let login = Self {
            key: key.to_owned(),
            ssh_config: self.work.join("other_ssh_config"),
            ..self.clone()
        };
        login.write_config(&login.ssh_config, "");
        login
    }

    fn write_config(&self, path: &Path, more: &str) {
        let Self { port, user, .. } = self;
        let (key, known) = (self.key.display(), self.known_hosts.display());
        let text = format!(
            "Host padan\n  HostName 127.0.0.1\n  Port {port}\n  User {user}\n  IdentityFile {key}\n  \
             IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {known}\n  \
             GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  BatchMode yes\n{more}"
        );
        fs::write(path, text).unwrap();
    }
}

/// A running server and the login of a party. All of it is gone at the end of the test.
pub struct Site {
    /// What the client has to know.
    pub login: Login,
    root: PathBuf,
    service: Service,
    _dir: TempDir,
}

enum Service {
    /// `padan serve`.
    Process(Child),
    /// A server in this process, which ends when this is dropped.
    Here { _site: SftpSite },
}

impl Site {
    /// `padan serve` over an exchange that `padan init --trial` has laid out.
    pub fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let trial = dir.path().join("trial");
        let padan = || Command::new(env!("CARGO_BIN_EXE_padan"));
        let init = padan().arg("init").arg(&trial).arg("--trial").output();
        assert!(init.unwrap().status.success());
        let mut service = padan()
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(trial.join("padan.yaml"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(service.stderr.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the service ended");
            if let Some(address) = line.trim().strip_prefix("listening sftp=") {
                break address.parse().unwrap();
            }
        };
        // A full pipe would stop the service.
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        let party = trial.join("trial").join(PARTY);
        let known = fs::read_to_string(party.join("known_hosts")).unwrap();
        let host_key = known.split_once(' ').unwrap().1;
        Self {
            login: Login::new(dir.path(), address, &party.join("id_ed25519"), host_key, ""),
            root: trial.join("data/parties").join(PARTY),
            service: Service::Process(service),
            _dir: dir,
        }
    }

    /// A server that exchanges the session keys anew after so many bytes, and OpenSSH's client does too.
    pub fn rekeying(bytes: usize) -> Self {
        let dir = TempDir::new().unwrap();
        let site = SftpSite::start(Limits {
            rekey_bytes: bytes,
            ..Limits::default()
        });
        let more = format!("  RekeyLimit {bytes}\n");
        let (address, key) = (site.address(), site.key(PARTY));
        Self {
            login: Login::new(dir.path(), address, &key, &site.host_key(), &more),
            root: site.root(PARTY, ""),
            service: Service::Here { _site: site },
            _dir: dir,
        }
    }

    /// Where a remote path lies on the server's disk.
    pub fn disk(&self, remote: &str) -> PathBuf {
        self.root.join(remote.trim_start_matches('/'))
    }

    /// A path in the client's work folder.
    pub fn local(&self, name: &str) -> PathBuf {
        self.login.work.join(name)
    }

    /// Whether the server still runs.
    pub fn alive(&mut self) -> bool {
        match &mut self.service {
            Service::Process(child) => child.try_wait().unwrap().is_none(),
            Service::Here { .. } => true,
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Service::Process(child) = &mut self.service {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Looks every millisecond until `look` finds something; `what` was missing when it never does.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "never came: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
