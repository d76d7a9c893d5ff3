//! An exchange as `padan init DIR --trial` lays it out, served on a free port.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

/// A service that ends when this is dropped.
pub struct Trial {
    home: TempDir,
    service: Child,
}

impl Trial {
    /// Makes a home folder with `padan-trial` in it and serves that.
    pub fn start() -> Self {
        let home = TempDir::new().unwrap();
        let dir = home.path().join("padan-trial");
        let init = padan(home.path())
            .arg("init")
            .arg(&dir)
            .arg("--trial")
            .output();
        assert!(init.unwrap().status.success());
        let mut service = padan(home.path())
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(dir.join("padan.yaml"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(service.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("listening sftp=") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the service ended");
        }
        let (_, port) = line.trim().rsplit_once(':').unwrap();
        for party in ["bkn", "bpjs"] {
            for (file, key) in [("ssh_config", "Port "), ("padan-party.yaml", "port: ")] {
                let config = dir.join("trial").join(party).join(file);
                let text = fs::read_to_string(&config).unwrap();
                let usual = format!("{key}2222");
                assert!(text.contains(&usual), "{text}");
                let here = text.replace(&usual, &format!("{key}{port}"));
                fs::write(&config, here).unwrap();
            }
        }
        // A full pipe would stop the service.
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Self { home, service }
    }

    /// Ends the service.
    pub fn stop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs a script in the home folder, with this program on the path. Returns what it prints; it must succeed.
    #[track_caller]
    pub fn script(&self, script: &str) -> String {
        let bin = Path::new(env!("CARGO_BIN_EXE_padan")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let out = Command::new("bash")
            .args(["-euc", script])
            .current_dir(self.home())
            .env("HOME", self.home())
            .env("PATH", path)
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&out.stdout).into_owned();
        let errors = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{printed}\n{errors}");
        printed
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.stop();
    }
}

fn padan(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_padan"));
    command.current_dir(home).stdout(Stdio::null());
    command
}
