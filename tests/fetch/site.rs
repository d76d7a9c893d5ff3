//! An exchange as `padan init DIR --trial` lays it out, served on a free port, and its parties' own folders.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

/// A service that ends when this is dropped.
pub struct Site {
    dir: TempDir,
    service: Child,
    pub port: u16,
}

/// What a run of `padan fetch --json` came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub events: Vec<Value>,
    pub errors: String,
}

impl Site {
    pub fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let exchange = dir.path().join("exchange");
        let init = padan().arg("init").arg(&exchange).arg("--trial").output();
        assert!(init.unwrap().status.success());
        let mut service = padan()
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(exchange.join("padan.yaml"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(service.stderr.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the service ended");
            if let Some(address) = line.trim().strip_prefix("listening sftp=") {
                break address.rsplit_once(':').unwrap().1.parse().unwrap();
            }
        };
        // A full pipe would stop the service.
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        let site = Self { dir, service, port };
        for party in ["bkn", "bpjs"] {
            site.set_port(party, port);
            let config = site.home(party).join("ssh_config");
            let text = fs::read_to_string(&config).unwrap();
            let text = text.replace("Port 2222", &format!("Port {port}"));
            fs::write(config, text).unwrap();
        }
        site
    }

    /// Tells a party's profile of another port.
    pub fn set_port(&self, party: &str, port: u16) {
        let path = self.home(party).join("padan-party.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(|line| match line.trim_start() {
            rest if rest.starts_with("port:") => format!("  port: {port}\n"),
            _ => format!("{line}\n"),
        });
        fs::write(&path, lines.collect::<String>()).unwrap();
    }

    /// A party's folder with its keys.
    pub fn home(&self, party: &str) -> PathBuf {
        self.dir.path().join("exchange/trial").join(party)
    }

    /// A party's root on the server.
    pub fn root(&self, party: &str) -> PathBuf {
        self.dir.path().join("exchange/data/parties").join(party)
    }

    /// A file of the exchange.
    pub fn exchange(&self, path: &str) -> PathBuf {
        self.dir.path().join("exchange").join(path)
    }

    /// A new folder for a test's own use, on the same disk.
    pub fn aside(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// `padan fetch --json` in the party's folder.
    pub fn fetch(&self, party: &str, more: &[&str]) -> Ran {
        self.start_fetch(party, more).end()
    }

    /// The same, still running.
    pub fn start_fetch(&self, party: &str, more: &[&str]) -> Running {
        let child = padan()
            .args(["fetch", "--json"])
            .args(more)
            .current_dir(self.home(party))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running(child)
    }

    /// A command of padan in the party's folder.
    pub fn padan(&self, party: &str, args: &[&str]) -> Output {
        padan()
            .args(args)
            .current_dir(self.home(party))
            .output()
            .unwrap()
    }

    /// A file in what the party received.
    pub fn received(&self, party: &str, path: &str) -> PathBuf {
        self.home(party).join("received").join(path)
    }

    /// Runs a script with bash in the exchange's folder, with this program on the path; it must succeed.
    #[track_caller]
    pub fn script(&self, script: &str) -> String {
        let bin = Path::new(env!("CARGO_BIN_EXE_padan")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let out = Command::new("bash")
            .args(["-euc", script])
            .current_dir(self.dir.path())
            .env("PATH", path)
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{printed}\n{}", lossy(&out.stderr));
        printed
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// A run that has not ended.
pub struct Running(Child);

impl Running {
    pub fn end(self) -> Ran {
        let out = self.0.wait_with_output().unwrap();
        let events = lossy(&out.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        Ran {
            code: out.status.code().unwrap(),
            events,
            errors: lossy(&out.stderr),
        }
    }
}

impl Ran {
    /// Names of events of one kind, in order.
    pub fn names(&self, event: &str) -> Vec<&str> {
        let of_kind = self.events.iter().filter(|e| e["event"] == event);
        of_kind.map(|e| e["name"].as_str().unwrap()).collect()
    }

    /// The last line.
    pub fn end(&self) -> &Value {
        let last = self.events.last().unwrap();
        assert_eq!(last["event"], "end", "{self:?}");
        last
    }

    /// Why the one thing was not verified.
    #[track_caller]
    pub fn why(&self) -> &str {
        let refused: Vec<_> = self
            .events
            .iter()
            .filter(|e| e["event"] == "not_verified")
            .collect();
        assert_eq!(refused.len(), 1, "{self:?}");
        refused[0]["why"].as_str().unwrap()
    }
}

/// Names in a folder, without hidden ones; none if it is not there.
pub fn names(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|n| !n.starts_with('.')).collect()
}

/// Permission bits.
pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

pub fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn padan() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_padan"));
    command.stdin(Stdio::null()).env_remove("SSH_AUTH_SOCK");
    command
}
