//! A running SFTP server with two parties in a temporary folder, and the real OpenSSH client against it.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

pub mod raw;
pub mod sshd;

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use padan::sftp::client::{Client, Login};
use padan::sftp::{Account, Attendant, Limits, Names, Recorder, Server, Settings};
use padan::trust::generate::ssh_key_pair;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The parties of every test.
pub const PARTIES: [&str; 2] = ["bkn", "bpjs"];

/// A server that stops when this is dropped.
pub struct SftpSite {
    dir: TempDir,
    pub server: Server,
    pub runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl SftpSite {
    /// Makes keys and folders and starts the server on a free port.
    pub fn start(limits: Limits) -> Self {
        Self::start_with(limits, |_, _| {})
    }

    /// The same with somebody who hears of what happens.
    pub fn start_recorded(limits: Limits, recorder: Recorder) -> Self {
        Self::start_with(limits, |settings, _| settings.recorder = recorder)
    }

    /// The same after `change` has had its way with the settings and the temporary folder.
    pub fn start_with(limits: Limits, change: impl FnOnce(&mut Settings, &Path)) -> Self {
        let dir = TempDir::new().unwrap();
        keygen(&dir.path().join("host_key"));
        let accounts = PARTIES.map(|party| {
            let home = dir.path().join(party);
            for folder in ["inbox", "outbox", "receipts"] {
                fs::create_dir_all(home.join("root").join(folder)).unwrap();
            }
            fs::write(home.join("root/STATUS.txt"), "no deliveries yet\n").unwrap();
            keygen(&home.join("id"));
            fs::copy(home.join("id.pub"), home.join("authorized_keys")).unwrap();
            Account {
                name: party.to_owned(),
                root: home.join("root"),
                authorized_keys: home.join("authorized_keys"),
            }
        });
        let mut settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            host_key: dir.path().join("host_key"),
            host_certificate: None,
            revoked_keys: None,
            accounts: accounts.to_vec(),
            limits,
            recorder: Recorder::default(),
            attendant: Attendant::default(),
        };
        change(&mut settings, dir.path());
        settings.recorder = settings.recorder.showing(known_names());
        let server = Server::bind(settings).unwrap();
        let host = fs::read_to_string(dir.path().join("host_key.pub")).unwrap();
        let address = server.local_addr();
        let known = format!("[{}]:{} {host}", address.ip(), address.port());
        fs::write(dir.path().join("known_hosts"), known).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = runtime.spawn({
            let server = server.clone();
            async move {
                let shutdown = async {
                    let _ = stopped.await;
                };
                server.serve(shutdown).await.unwrap();
            }
        });
        Self {
            dir,
            server,
            runtime,
            stop: Some(stop),
            serving: Some(serving),
        }
    }

    /// The temporary folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A path in a party's root, on the server's disk.
    pub fn root(&self, party: &str, path: &str) -> PathBuf {
        self.dir.path().join(party).join("root").join(path)
    }

    /// A party's private key.
    pub fn key(&self, party: &str) -> PathBuf {
        self.dir.path().join(party).join("id")
    }

    /// The line of the server's public key.
    pub fn host_key(&self) -> String {
        fs::read_to_string(self.dir.path().join("host_key.pub")).unwrap()
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Connects our own client.
    pub fn client(&self, party: &str) -> Client {
        let login = Login::key_file(&self.key(party)).unwrap();
        self.runtime
            .block_on(Client::connect(
                self.address(),
                party,
                &login,
                &self.host_key(),
            ))
            .unwrap()
    }

    /// Stops the server and waits until it has.
    pub fn stop(&mut self) {
        self.stop.take();
        if let Some(serving) = self.serving.take() {
            self.runtime.block_on(serving).unwrap();
        }
    }

    /// Options for `ssh`, `sftp` and `scp` that use only what is in the temporary folder.
    pub fn ssh_options(&self, key: &Path) -> Vec<String> {
        [
            "-F",
            "/dev/null",
            "-i",
            key.to_str().unwrap(),
            "-oIdentitiesOnly=yes",
            "-oIdentityAgent=none",
            "-oBatchMode=yes",
            "-oStrictHostKeyChecking=yes",
            "-oGlobalKnownHostsFile=/dev/null",
            &format!(
                "-oUserKnownHostsFile={}",
                self.dir.path().join("known_hosts").display()
            ),
            &format!("-oPort={}", self.address().port()),
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// Runs `sftp -b` with a batch as a party, in the temporary folder.
    pub fn sftp(&self, party: &str, batch: &str) -> Output {
        self.sftp_with(party, batch, &[])
    }

    /// The same with more options.
    pub fn sftp_with(&self, party: &str, batch: &str, options: &[&str]) -> Output {
        let mut child = Command::new("sftp")
            .args(["-b", "-"])
            .args(self.ssh_options(&self.key(party)))
            .args(options)
            .arg(format!("{party}@{}", self.address().ip()))
            .current_dir(self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(batch.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs a batch that must succeed; returns what it printed.
    pub fn sftp_ok(&self, party: &str, batch: &str) -> String {
        let output = self.sftp(party, batch);
        assert!(output.status.success(), "{batch}: {}", said(&output));
        said(&output)
    }

    /// Runs a batch whose last operation the server must refuse; returns what it printed.
    pub fn sftp_refused(&self, party: &str, batch: &str) -> String {
        let output = self.sftp(party, batch);
        let text = said(&output);
        assert!(!output.status.success(), "{batch}: {text}");
        assert!(!text.contains("Connection"), "{batch}: {text}");
        text
    }
}

impl Drop for SftpSite {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Standard output and error as text.
pub fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Makes an ed25519 key pair, without a tool, so that most tests need none.
pub fn keygen(path: &Path) {
    ssh_key_pair(path, "test").unwrap();
}

/// Bytes that do not repeat within any block that a client sends.
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut bytes = vec![0; len];
    random.fill(&mut bytes);
    bytes
}

/// The words of the names of files that the tests exchange.
fn known_names() -> Names {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    Names {
        parties: words("bkn bpjs"),
        datasets: words("pns peserta_pns"),
        reconciliations: words("kepesertaan"),
    }
}
