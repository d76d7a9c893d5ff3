//! What a client is asked to do, and how it says how.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::site::Login;

/// A real SFTP client. To add one, say what each task is in its words.
pub trait Client: Sync {
    /// Its name, as in `docs/clients.md`.
    fn name(&self) -> &'static str;

    /// What does the task; `None` when the client has no such thing.
    fn job(&self, login: &Login, task: &Task) -> Option<Job>;

    /// The names in what [`Task::List`] printed.
    fn names(&self, printed: &str) -> Vec<String> {
        printed.lines().map(str::to_owned).collect()
    }

    /// Whether a cut transfer leaves a beginning of the file, so that it may be resumed.
    fn in_order(&self) -> bool {
        true
    }

    /// What a person sees.
    fn words(&self) -> Words;
}

/// What a person sees of a mistake: a part of what the client prints.
pub struct Words {
    /// After a file was put into `outbox/`.
    pub denied: &'static str,
    /// After a file was put over one that is being taken in.
    pub taken: &'static str,
    /// After a login with a key that is not listed.
    pub wrong_key: &'static str,
    /// After the last file of a delivery that will be refused was put; `None` where the client does not notice.
    pub early_put: Option<&'static str>,
    /// The same after that file was given its name.
    pub early_rename: Option<&'static str>,
}

/// One thing to do. Remote paths begin with `/`.
pub enum Task<'a> {
    /// Upload, from the beginning.
    Put { local: &'a Path, remote: &'a str },
    /// Download, from the beginning.
    Get { remote: &'a str, local: &'a Path },
    /// Upload what is missing at the end of the remote file.
    ResumePut { local: &'a Path, remote: &'a str },
    /// Download what is missing at the end of the local file.
    ResumeGet { remote: &'a str, local: &'a Path },
    /// Upload and keep the time of the last change.
    PutWithTime { local: &'a Path, remote: &'a str },
    /// Download and keep the time of the last change.
    GetWithTime { remote: &'a str, local: &'a Path },
    /// Print the names in a folder, without a path before them.
    List { folder: &'a str },
    /// Give a file another name.
    Rename { from: &'a str, to: &'a str },
    /// Remove a file.
    Remove { file: &'a str },
    /// Upload a folder with all below it. Both have the same last name; the remote one is not there yet.
    PutTree { local: &'a Path, remote: &'a str },
    /// Download a folder with all below it. Both have the same last name; the local one is not there yet.
    GetTree { remote: &'a str, local: &'a Path },
}

impl Task<'_> {
    /// One of each kind, with the head of its column in `docs/clients.md`.
    pub fn kinds() -> [(&'static str, Self); 11] {
        let (local, remote) = (Path::new("/l/x"), "/inbox/x");
        let (from, to) = (remote, remote);
        [
            ("put", Self::Put { local, remote }),
            ("get", Self::Get { remote, local }),
            ("resume put", Self::ResumePut { local, remote }),
            ("resume get", Self::ResumeGet { remote, local }),
            ("put, keep time", Self::PutWithTime { local, remote }),
            ("get, keep time", Self::GetWithTime { remote, local }),
            ("list", Self::List { folder: remote }),
            ("rename", Self::Rename { from, to }),
            ("remove", Self::Remove { file: remote }),
            ("put folder", Self::PutTree { local, remote }),
            ("get folder", Self::GetTree { remote, local }),
        ]
    }
}

/// A command with what it reads from its standard input.
pub struct Job {
    command: Command,
    input: String,
}

impl Job {
    /// Runs in the login's work folder, knows no settings of whoever runs the tests, and speaks UTF-8.
    pub fn new(login: &Login, program: impl AsRef<Path>) -> Self {
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(&login.work)
            .env("HOME", &login.work)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        Self {
            command,
            input: String::new(),
        }
    }

    /// A script for `sh`; its parameters follow with [`Job::arg`].
    pub fn script(login: &Login, script: &str) -> Self {
        Self::new(login, "sh").args(["-euc", script, "sh"])
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl AsRef<Path>) -> Self {
        self.command.arg(arg.as_ref());
        self
    }

    /// More arguments.
    pub fn args<const N: usize>(mut self, args: [&str; N]) -> Self {
        self.command.args(args);
        self
    }

    /// A variable of its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.command.env(name, value.as_ref());
        self
    }

    /// What it reads from its standard input.
    pub fn input(mut self, input: impl Into<String>) -> Self {
        self.input = input.into();
        self
    }

    /// Starts it as the leader of a process group.
    pub fn spawn(mut self) -> Child {
        let mut child = self
            .command
            .spawn()
            .unwrap_or_else(|e| panic!("{:?}: {e}", self.command));
        let mut stdin = child.stdin.take().unwrap();
        // One that ends early closes the pipe.
        let _ = stdin.write_all(self.input.as_bytes());
        child
    }

    /// Runs it to its end.
    pub fn output(self) -> Output {
        self.spawn().wait_with_output().unwrap()
    }

    /// Runs it to its end, which must be good. Returns what it printed on its standard output.
    #[track_caller]
    pub fn succeed(self) -> String {
        let output = self.output();
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it to its end, which must be a failure. Returns everything that it printed.
    #[track_caller]
    pub fn fail(self) -> String {
        let output = self.output();
        assert!(!output.status.success(), "succeeded: {}", said(&output));
        said(&output)
    }
}

/// Everything that was printed.
fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes))
        .concat()
}

/// A path as text.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A name for a command of `sftp`, `psftp` or `lftp`. No name of a test has a quote in it.
pub fn quoted<P: AsRef<Path>>(name: P) -> String {
    format!("\"{}\"", name.as_ref().display())
}

/// The folder that holds a remote path.
pub fn above(remote: &str) -> &str {
    remote.rsplit_once('/').unwrap().0
}

/// A tool that `tests/run` installed, by its path below `target/tools`.
pub fn tool(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/tools")
        .join(path)
}

/// A file beside this one.
pub fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(name)
}
