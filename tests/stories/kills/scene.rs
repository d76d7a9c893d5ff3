//! Kills a command at its n-th call of a kind, runs it again, and compares with an undisturbed run.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use crate::padan::{BINARY, Padan};
use crate::tools::wait_for;

/// An exchange with something in an inbox, and what must come of it.
pub struct Scene {
    padan: Padan,
    /// Every path below the data folder after an undisturbed run.
    tree: Vec<String>,
    judge: fn(&Padan),
    /// The command that is killed and run again.
    command: Vec<String>,
    /// Whether what was half done in the inbox counts as done only when nothing has changed for `settle`.
    settles: bool,
}

impl Scene {
    /// The scene of a poll.
    pub fn new(padan: Padan, judge: fn(&Padan)) -> Self {
        Self::of(padan, &["poll"], judge)
    }

    /// The scene of any command that moves deliveries.
    pub fn of(padan: Padan, command: &[&str], judge: fn(&Padan)) -> Self {
        let undisturbed = padan.copy();
        run_again(&undisturbed, command);
        judge(&undisturbed);
        Self {
            tree: quiet_tree(&undisturbed),
            padan,
            judge,
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            settles: false,
        }
    }

    /// What was half done in the inbox counts as done only when nothing has changed for `settle`.
    pub fn settling(self) -> Self {
        self.padan.configure(&[("settle", "1s")]);
        Self {
            settles: true,
            ..self
        }
    }

    /// Kills and restarts at all chosen calls; returns how many times.
    pub fn play(&self, calls: &[(&str, usize)]) -> usize {
        calls
            .iter()
            .map(|(call, step)| self.play_one(call, *step))
            .sum()
    }

    fn play_one(&self, call: &str, step: usize) -> usize {
        for kills in 0.. {
            let padan = self.padan.copy();
            let n = 1 + kills * step;
            if !killed_at(&padan, &self.command, call, n) {
                return kills;
            }
            let place = format!("killed at {call} number {n}");
            run_again(&padan, &self.command);
            if self.settles {
                let settled = || {
                    padan.poll();
                    self.differs(&padan).is_empty().then_some(())
                };
                wait_for(settled, || format!("{place}: {:#?}", self.differs(&padan)));
            }
            assert_eq!(self.differs(&padan), Vec::<String>::new(), "{place}");
            let outcome = std::panic::catch_unwind(|| (self.judge)(&padan));
            assert!(outcome.is_ok(), "{place}");
        }
        unreachable!()
    }
}

impl Scene {
    /// Paths that are missing or too many, compared with an undisturbed run.
    fn differs(&self, padan: &Padan) -> Vec<String> {
        let tree = quiet_tree(padan);
        let only = |sign: &str, these: &[String], those: &[String]| -> Vec<String> {
            let these = these.iter().filter(|path| !those.contains(path));
            these.map(|path| format!("{sign} {path}")).collect()
        };
        [only("-", &self.tree, &tree), only("+", &tree, &self.tree)].concat()
    }
}

/// Runs the command, which must go well.
fn run_again(padan: &Padan, command: &[impl AsRef<str>]) {
    let output = command_line(padan, Command::new(BINARY), command)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// `padan <command> --config …`, or the same under another program.
fn command_line(padan: &Padan, mut program: Command, command: &[impl AsRef<str>]) -> Command {
    let mut words = command.iter().map(AsRef::as_ref);
    program
        .arg(words.next().unwrap())
        .arg("--config")
        .arg(padan.path("padan.yaml"))
        .args(words)
        .env("TMPDIR", padan.path("tmp"))
        .envs(padan.environment());
    program
}

/// Runs the command until its `n`-th call of this kind in one thread; false if it got through.
pub fn killed_at(padan: &Padan, command: &[String], call: &str, n: usize) -> bool {
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("trace={call}"))
        .arg("-e")
        .arg(format!("inject={call}:signal=SIGKILL:when={n}"))
        .arg(BINARY);
    let output = command_line(padan, strace, command).output().unwrap();
    let killed = output.status.signal() == Some(9);
    assert!(killed || output.status.success(), "{output:?}");
    killed
}

/// What lies below the data folder, without the side files of SQLite.
fn quiet_tree(padan: &Padan) -> Vec<String> {
    let mut tree = padan.tree();
    tree.retain(|path| !path.starts_with("ledger.db-"));
    tree
}
