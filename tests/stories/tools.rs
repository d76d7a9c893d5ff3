//! Runs the real tools, and waits for events.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// No event may take longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks every few milliseconds until `look` finds something; `describe` says what was missing when it never does.
pub fn wait_for<T>(mut look: impl FnMut() -> Option<T>, describe: impl FnOnce() -> String) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "never came: {}", describe());
        thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a tool in a folder with `input` on its standard input.
pub fn run<S: AsRef<OsStr>>(
    here: impl AsRef<Path>,
    tool: impl AsRef<OsStr>,
    args: impl IntoIterator<Item = S>,
    input: &[u8],
) -> Output {
    let tool = tool.as_ref();
    let mut child = Command::new(tool)
        .args(args)
        .current_dir(here)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{}: {e}", tool.display()));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = thread::spawn(move || {
        // A tool that refuses early closes the pipe.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

/// Runs a tool that must succeed; returns its standard output.
pub fn succeed<S: AsRef<OsStr>>(
    here: impl AsRef<Path>,
    tool: impl AsRef<OsStr>,
    args: impl IntoIterator<Item = S>,
    input: &[u8],
) -> Vec<u8> {
    let tool = tool.as_ref();
    let output = run(&here, tool, args, input);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {errors}{}",
        tool.display(),
        String::from_utf8_lossy(&output.stdout)
    );
    output.stdout
}
