//! An exchange as `padan init --trial` lays it out, and a party at work in its folder.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use tempfile::TempDir;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_padan");

/// A laid-out exchange; its service, if one was started, ends with it.
pub struct Trial {
    home: TempDir,
    service: Option<Child>,
    /// Where the service listens.
    pub port: u16,
}

/// What a run said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Trial {
    /// Laid out, but nobody listens.
    pub fn quiet() -> Self {
        let home = TempDir::new().unwrap();
        let init = Command::new(BINARY)
            .args(["init", "--trial"])
            .arg(home.path().join("ex"))
            .output()
            .unwrap();
        assert!(init.status.success(), "{init:?}");
        Self {
            home,
            service: None,
            port: 0,
        }
    }

    /// Laid out and serving; both parties' profiles say where.
    pub fn start() -> Self {
        let mut trial = Self::quiet();
        let mut service = Command::new(BINARY)
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(trial.path("padan.yaml"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(service.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("listening sftp=") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the service ended");
        }
        trial.port = line.trim().rsplit_once(':').unwrap().1.parse().unwrap();
        // A full pipe would stop the service.
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        trial.service = Some(service);
        trial.point_at(trial.port);
        trial
    }

    /// Both profiles name this port.
    pub fn point_at(&self, port: u16) {
        for party in ["bkn", "bpjs"] {
            self.edit_profile(party, |line| {
                line.trim_start()
                    .starts_with("port: ")
                    .then(|| format!("  port: {port}"))
            });
        }
    }

    /// Replaces lines of a profile.
    pub fn edit_profile(&self, party: &str, change: impl Fn(&str) -> Option<String>) {
        let path = self.party(party).join("padan-party.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<String> = text
            .lines()
            .map(|line| change(line).unwrap_or_else(|| line.to_owned()))
            .collect();
        assert_ne!(text.trim_end(), lines.join("\n"), "nothing was changed");
        fs::write(path, lines.join("\n") + "\n").unwrap();
    }

    /// A path inside the exchange.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join("ex").join(name)
    }

    /// A party's own folder.
    pub fn party(&self, party: &str) -> PathBuf {
        self.path("trial").join(party)
    }

    /// A file outside every party's folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// `padan seal` in a party's folder.
    pub fn seal(&self, party: &str, args: &[&str]) -> Said {
        Said::of(self.command(party, args).output().unwrap())
    }

    /// The same, not yet started.
    pub fn command(&self, party: &str, args: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .arg("seal")
            .args(args)
            .current_dir(self.party(party))
            .stdin(Stdio::null());
        command
    }

    /// What lies in a party's folder on the server.
    pub fn on_server(&self, party: &str, folder: &str) -> Vec<String> {
        names(&self.path("data/parties").join(party).join(folder))
    }

    /// What lies in the folder of sealed deliveries.
    pub fn sent(&self, party: &str) -> Vec<String> {
        names(&self.party(party).join("sent"))
    }
}

impl Said {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It ended with this code, and said this.
    #[track_caller]
    pub fn ended(&self, code: i32, said: &[&str]) -> &Self {
        let all = format!("{}\n{}", self.out, self.err);
        assert_eq!(self.code, code, "{all}");
        for part in said {
            assert!(all.contains(part), "no `{part}` in:\n{all}");
        }
        self
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if let Some(mut service) = self.service.take() {
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}

/// Names in a folder, sorted; none where it is not there.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
