//! The service of a demo: this program again, as its own process.

use std::env::current_exe;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use crate::fault::Fault;

/// `padan serve` on a free port of this machine; ended when dropped.
pub struct Service {
    child: Child,
    address: SocketAddr,
}

impl Service {
    /// Starts the service of a laid-out exchange and waits until it listens. Its log goes to `serve.log` there.
    pub fn start(exchange: &Path) -> Result<Self, Fault> {
        let program = current_exe().map_err(Fault::io("find this program", exchange))?;
        let mut child = Command::new(&program)
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(exchange.join("padan.yaml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Fault::io("start the service", &program))?;
        let log_path = exchange.join("serve.log");
        let mut log = File::create(&log_path).map_err(Fault::io("create the log", &log_path))?;
        let mut lines = BufReader::new(child.stderr.take().ok_or(Fault::Bug)?).lines();
        let mut last = String::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                let _ = child.wait();
                return Err(failed(&last));
            };
            let address = line.strip_prefix("listening sftp=").map(str::parse);
            // The log is for looking at afterwards; a demo goes on without it.
            let _ = writeln!(log, "{line}");
            if let Some(Ok(address)) = address {
                break address;
            }
            last = line;
        };
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = writeln!(log, "{line}");
            }
        });
        Ok(Self { child, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it as an operator would, with SIGTERM, and waits for its clean end.
    pub fn stop(mut self) -> Result<(), Fault> {
        self.terminate();
        let status = self.child.wait().map_err(|e| failed(&e.to_string()))?;
        if status.success() {
            Ok(())
        } else {
            Err(failed(&format!("it ended with {status}")))
        }
    }

    fn terminate(&self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.terminate();
        let _ = self.child.wait();
    }
}

fn failed(problem: &str) -> Fault {
    Fault::Network {
        doing: "run the service",
        problem: problem.to_owned(),
    }
}
