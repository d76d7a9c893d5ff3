//! A trial exchange in a temporary folder, and the service over it.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tempfile::TempDir;

use crate::party::Party;
use crate::tools::{run, succeed, wait_for};

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_padan");

/// `padan init DIR --trial`, with or without a running `padan serve`. All of it is gone at the end of the test.
pub struct Padan {
    dir: TempDir,
    server: Mutex<Option<Child>>,
    /// What makes the binary see another time.
    time: Mutex<Vec<(String, String)>>,
}

impl Padan {
    /// Laid out, but nothing runs.
    pub fn new() -> Self {
        let padan = Self {
            dir: TempDir::new().unwrap(),
            server: Mutex::new(None),
            time: Mutex::default(),
        };
        succeed(
            Path::new("/"),
            BINARY,
            ["init".as_ref(), padan.dir().as_os_str(), "--trial".as_ref()],
            b"",
        );
        fs::create_dir(padan.path("tmp")).unwrap();
        padan
    }

    /// Another exchange that is the same to the last file. Nothing may run over this one.
    pub fn copy(&self) -> Self {
        let dir = TempDir::new().unwrap();
        let from = self.path(".");
        let args = ["-a".as_ref(), from.as_os_str(), dir.path().as_os_str()];
        succeed("/", "cp", args, b"");
        Self {
            dir,
            server: Mutex::new(None),
            time: Mutex::new(self.environment()),
        }
    }

    /// Laid out and serving.
    pub fn start() -> Self {
        let padan = Self::new();
        padan.serve();
        padan
    }

    /// Serving, and quick to give up on what is incomplete.
    pub fn impatient() -> Self {
        let padan = Self::new();
        padan.configure(&[("rescan", "1s"), ("settle", "1s"), ("give_up", "4s")]);
        padan.serve();
        padan
    }

    /// Replaces values of `padan.yaml`, by the last word of their path.
    pub fn configure(&self, changes: &[(&str, &str)]) {
        let path = self.path("padan.yaml");
        let mut text = fs::read_to_string(&path).unwrap();
        for (key, value) in changes {
            let is_it = |line: &&str| line.trim_start().starts_with(&format!("{key}: "));
            let line = text.lines().find(is_it).unwrap().to_owned();
            let indent = &line[..line.len() - line.trim_start().len()];
            text = text.replace(&format!("{line}\n"), &format!("{indent}{key}: {value}\n"));
        }
        fs::write(path, text).unwrap();
    }

    /// From here on each process of the service starts at this instant (UTC), as `2027-11-05 17:00:10`, and its clock goes on
    /// from there: Debian's `faketime`.
    pub fn at(&self, instant: &str) {
        let asked = ["-f", &format!("@{instant}"), "env"];
        // It names a semaphore after its process, and fails where an earlier process of that number has left one.
        let ask = || {
            let output = run("/", "faketime", asked, b"");
            output.status.success().then_some(output.stdout)
        };
        let told = wait_for(ask, || "faketime".to_owned());
        let told = String::from_utf8(told).unwrap();
        let preload = told
            .lines()
            .find_map(|line| line.strip_prefix("LD_PRELOAD="));
        let environment = [
            ("LD_PRELOAD", preload.unwrap()),
            ("FAKETIME", &format!("@{instant}")),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
            ("TZ", "UTC"),
        ];
        *self.time.lock().unwrap() = environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
    }

    /// What the binary must have in its environment.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.time.lock().unwrap().clone()
    }

    /// Starts `padan serve` on a free port and tells both parties where it is.
    pub fn serve(&self) {
        let log = File::create(self.log_path()).unwrap();
        let child = self
            .command("serve")
            .args(["--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        *self.server.lock().unwrap() = Some(child);
        let port = wait_for(|| port_in(&self.log()), || self.log());
        for party in ["bkn", "bpjs"] {
            let path = self.path(&format!("trial/{party}/ssh_config"));
            let text = fs::read_to_string(&path).unwrap();
            let line = text.lines().find(|line| line.contains("Port ")).unwrap();
            fs::write(&path, text.replace(line, &format!("    Port {port}"))).unwrap();
        }
    }

    /// Ends the service as an operator does, and returns only when it has ended well.
    pub fn stop(&self) {
        let mut child = self.server.lock().unwrap().take().unwrap();
        succeed(self.dir(), "kill", ["-TERM", &child.id().to_string()], b"");
        assert!(child.wait().unwrap().success(), "{}", self.log());
    }

    /// Makes the running service read its keys again, and returns when it has.
    pub fn reload(&self) {
        let before = self.log().matches("keys read again").count();
        let id = self.server.lock().unwrap().as_ref().unwrap().id();
        succeed(self.dir(), "kill", ["-HUP", &id.to_string()], b"");
        let reloaded = || self.log().matches("keys read again").count() > before;
        wait_for(|| reloaded().then_some(()), || self.log());
    }

    /// Whether the service still runs.
    pub fn alive(&self) -> bool {
        let mut server = self.server.lock().unwrap();
        server.as_mut().unwrap().try_wait().unwrap().is_none()
    }

    /// `padan poll`, which must go well; returns what it printed.
    pub fn poll(&self) -> String {
        let output = self.command("poll").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// An operator's word that the clock is right: the service was off for long, or a wrong one was mended.
    pub fn accept_clock(&self) {
        let args = ["--accept", "--reason", "a test"];
        let output = self.command("clock").args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// `padan rerun`.
    pub fn rerun(&self, args: &[&str]) -> Output {
        self.command("rerun").args(args).output().unwrap()
    }

    /// `padan show`.
    pub fn show(&self, delivery: &str) -> String {
        let output = self.command("show").arg(delivery).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A subcommand over this configuration. Whatever it leaves behind, it leaves inside our folder.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args([name, "--config"])
            .arg(self.path("padan.yaml"))
            .env("TMPDIR", self.path("tmp"))
            .envs(self.environment());
        command
    }

    /// Plays one party.
    pub fn party(&self, id: &'static str) -> Party<'_> {
        Party::new(self, id)
    }

    /// Where the running service listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port_in(&self.log()).unwrap()))
    }

    /// What the service wrote to its log; nothing if it never ran.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// How many times a client was told at once of a refusal with this code.
    pub fn early_words(&self, code: &str) -> usize {
        let told = "\"event\":\"denied\"";
        let reason = format!("\"reason\":\"{code}\"");
        let log = self.log();
        let lines = log.lines();
        lines
            .filter(|line| line.contains(told) && line.contains(&reason))
            .count()
    }

    fn log_path(&self) -> PathBuf {
        self.path("serve.log")
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// The service's data folder.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Every file and folder below the data folder, as paths relative to it, sorted.
    pub fn tree(&self) -> Vec<String> {
        let mut paths = Vec::new();
        collect(&self.data(), "", &mut paths);
        paths.sort();
        paths
    }

    /// The rows of a query over the ledger, their values joined by `|`.
    pub fn ledger(&self, query: &'static str) -> Vec<String> {
        let options = SqliteConnectOptions::new()
            .filename(self.data().join("ledger.db"))
            .read_only(true);
        let read = async {
            let mut connection = options.connect().await.unwrap();
            let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            rows
        };
        let text = |row: &SqliteRow| {
            let value = |n| {
                row.get_unchecked::<Option<String>, _>(n)
                    .unwrap_or_default()
            };
            (0..row.len()).map(value).collect::<Vec<_>>().join("|")
        };
        alone().block_on(read).iter().map(text).collect()
    }

    /// Changes the ledger of a service that does not run: what a test cannot wait for.
    pub fn write_ledger(&self, statement: &str) {
        let options = SqliteConnectOptions::new().filename(self.data().join("ledger.db"));
        alone().block_on(async {
            let mut connection = options.connect().await.unwrap();
            let done = sqlx::query(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await;
            assert!(done.unwrap().rows_affected() > 0, "{statement}");
            connection.close().await.unwrap();
        });
    }

    /// No value of a row lies in plaintext in anything that the service wrote, and none is part of a file's name.
    pub fn assert_nowhere(&self, secrets: &[String]) {
        assert!(secrets.iter().all(|s| s.len() >= 8), "too short to tell");
        let patterns = secrets.join("\n");
        let ours = ["data", "tmp", "serve.log"].map(|name| self.path(name));
        let found = run(
            self.dir(),
            "grep",
            ["-rlaF", "-f", "-"]
                .map(AsRef::as_ref)
                .into_iter()
                .chain(ours.iter().map(|p| p.as_os_str())),
            patterns.as_bytes(),
        );
        let found = String::from_utf8_lossy(&found.stdout).into_owned();
        assert_eq!(found, "", "files that hold a row's value");
        for path in self.tree() {
            assert!(!secrets.iter().any(|s| path.contains(s.as_str())), "{path}");
        }
    }
}

impl Drop for Padan {
    fn drop(&mut self) {
        if let Some(mut child) = self.server.lock().unwrap().take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn collect(folder: &Path, above: &str, paths: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let path = format!("{above}{}", entry.file_name().into_string().unwrap());
        // What vanishes while we look was on its way.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&entry.path(), &format!("{path}/"), paths);
        }
        paths.push(path);
    }
}

/// A runtime for one question to the ledger.
fn alone() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

fn port_in(log: &str) -> Option<u16> {
    let (_, rest) = log.split_once("listening sftp=127.0.0.1:")?;
    let (port, _) = rest.split_once('\n')?;
    port.parse().ok()
}
