//! The server of OpenSSH.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// It, until this is dropped.
pub struct Sshd {
    process: Child,
    pub port: u16,
}

impl Sshd {
    /// Starts it for whoever runs the test, with the host key and BKN's `authorized_keys` of a site's folder.
    pub fn start(dir: &Path) -> Self {
        // The folder that it wants when it runs as root.
        let _ = fs::create_dir_all("/run/sshd");
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let path = |name: &str| dir.join(name).display().to_string();
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
             UsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n",
            path("host_key"),
            path("bkn/authorized_keys"),
        );
        fs::write(dir.join("sshd_config"), config).unwrap();
        let mut process = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &path("sshd_config")])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let listening = |line: &String| line.contains("Server listening");
        assert!(
            log.by_ref()
                .map(Result::unwrap)
                .any(|line| listening(&line))
        );
        // It goes on to write, so somebody goes on to read.
        std::thread::spawn(move || log.count());
        Self { process, port }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
