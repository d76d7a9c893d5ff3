//! The log goes to stderr: lines for people on a terminal, JSON elsewhere; `RUST_LOG` chooses what. A command that a
//! party's client listens to logs into a file or not at all.
//!
//! Whoever serves others must not wait for a log that nobody reads, a full pipe for example: its lines go into a queue
//! with an end, and a thread writes them. Lines beyond that are lost, and the log says how many once there is room.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write, stderr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::fault::Fault;

/// Lines that may wait to be written: five megabytes or so.
const QUEUE: usize = 16_384;
/// How long the end of the process may wait for a log that nobody reads.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Starts the log of a command that does one thing. It loses no line, and waits for whoever reads them.
pub fn start() {
    name_panics_by_their_place();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter())
        .with_writer(stderr);
    // A second start in one process, as in tests, keeps the first.
    let _ = if stderr().is_terminal() {
        log.with_target(false).try_init()
    } else {
        log.json().try_init()
    };
}

/// Starts the log of the service, which waits for nobody. It ends when the [`Queue`] is dropped.
pub fn start_serving() -> Queue {
    name_panics_by_their_place();
    let json = !stderr().is_terminal();
    let (writer, queue) = Queue::before(stderr(), json);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter())
        .with_writer(writer);
    let _ = if json {
        log.json().try_init()
    } else {
        log.with_target(false).try_init()
    };
    queue
}

/// Starts the log of a process whose stderr others read: JSON at the end of a file, or nothing. It, too, waits for nobody.
pub fn start_aside(file: Option<&Path>) -> Result<Option<Queue>, Fault> {
    name_panics_by_their_place();
    let Some(path) = file else {
        return Ok(None);
    };
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(Fault::io("write the log", path))?;
    let (writer, queue) = Queue::before(file, true);
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter())
        .with_writer(writer)
        .json()
        .try_init();
    Ok(Some(queue))
}

/// Lines that wait to be written, and the thread that does it. When this is dropped they are written, unless whoever
/// should read them does not.
pub struct Queue(Option<WorkerGuard>);

impl Queue {
    fn before(out: impl Write + Send + 'static, json: bool) -> (NonBlocking, Self) {
        let lost = Arc::new(OnceLock::new());
        let out = Out {
            out,
            json,
            lost: Arc::clone(&lost),
            told: 0,
        };
        let (writer, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(QUEUE)
            .thread_name("log")
            .finish(out);
        // It was empty.
        let _ = lost.set(writer.error_counter());
        (writer, Self(Some(guard)))
    }
}

impl Drop for Queue {
    /// The guard itself gives up after a second, but then says so on a stream that may be stuck, too.
    fn drop(&mut self) {
        let guard = self.0.take();
        let (written, end) = channel();
        let last = thread::Builder::new().spawn(move || {
            drop(guard);
            let _ = written.send(());
        });
        if last.is_ok() {
            let _ = end.recv_timeout(LAST_LINES);
        }
    }
}

/// Where the lines go, with a word about those that were lost. Used by one thread alone.
struct Out<W> {
    out: W,
    json: bool,
    /// How many lines found no room; set as soon as there is a queue.
    lost: Arc<OnceLock<ErrorCounter>>,
    told: usize,
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.out.write(line)
    }

    /// Called when no line waits.
    fn flush(&mut self) -> io::Result<()> {
        let lost = self.lost.get().map_or(0, ErrorCounter::dropped_lines);
        if lost > self.told {
            self.out
                .write_all(loss(lost - self.told, self.json).as_bytes())?;
            self.told = lost;
        }
        self.out.flush()
    }
}

/// The line that says how many are missing before it.
fn loss(lines: usize, json: bool) -> String {
    let (now, message) = (
        Timestamp::now(),
        "lines of the log were lost: nobody read them",
    );
    if json {
        let fields = serde_json::json!({ "message": message, "lost": lines });
        let line = serde_json::json!({
            "timestamp": now, "level": "WARN", "fields": fields, "target": module_path!()
        });
        format!("{line}\n")
    } else {
        format!("{now}  WARN {message} lost={lines}\n")
    }
}

fn filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,padan=info"))
}

/// A panic's own words could hold a value of a row; its place cannot.
fn name_panics_by_their_place() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a mistake in padan itself");
    }));
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write, pipe};

    use super::{QUEUE, Queue};

    #[test]
    fn lines_that_nobody_reads_are_lost_and_counted() {
        let (reader, writer) = pipe().unwrap();
        let (mut log, queue) = Queue::before(writer, true);
        // The pipe holds 64 KiB: more than half of these find no room.
        let sent = QUEUE * 3;
        for number in 0..sent {
            log.write_all(format!("line {number}\n").as_bytes())
                .unwrap();
        }
        let mut lines = BufReader::new(reader).lines().map(Result::unwrap);
        let (mut came, mut lost) = (0, 0);
        while came + lost < sent {
            let line = lines.next().unwrap();
            if line.starts_with("line ") {
                came += 1;
            } else {
                let line: serde_json::Value = serde_json::from_str(&line).unwrap();
                lost += usize::try_from(line["fields"]["lost"].as_u64().unwrap()).unwrap();
            }
        }
        assert_eq!(came + lost, sent);
        assert!(lost > 0);

        // And what comes afterwards is written before the end.
        log.write_all(b"last\n").unwrap();
        drop((queue, log));
        assert_eq!(lines.collect::<Vec<_>>(), ["last"]);
    }

    #[test]
    fn the_end_waits_for_a_reader_that_does_not_read_but_not_for_ever() {
        let (_reader, writer) = pipe().unwrap();
        let (mut log, queue) = Queue::before(writer, true);
        for _ in 0..QUEUE * 2 {
            log.write_all(b"a line of the log\n").unwrap();
        }
        drop(queue);
    }
}
