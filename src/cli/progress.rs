//! Long work shows itself: a moving line on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, stderr};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::ledger::Stage;
use crate::pipeline::{Job, Progress};

/// Shows deliveries on stderr as they go.
pub struct Shown {
    bar: Option<ProgressBar>,
    plain: Mutex<String>,
}

/// A bar over `bytes` on a terminal, a plain line elsewhere.
pub fn bar(what: &str, bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    if bar.is_hidden() {
        eprintln!("{what}");
    }
    let style =
        ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_message(what.to_owned())
}

/// How many rows so far, on a terminal; a plain line elsewhere.
pub fn counting(what: String) -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if spinner.is_hidden() {
        eprintln!("{what}");
    }
    let style = ProgressStyle::with_template("{msg} {human_pos} baris/rows")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    spinner.with_style(style).with_message(what)
}

/// Shows nothing: the log of a service tells enough.
pub struct Silent;

impl Shown {
    /// A bar if a person is watching, lines if not.
    pub fn on_stderr() -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {prefix} {msg} {human_pos} rows  {per_sec}")
            {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self {
            bar,
            plain: Mutex::new(String::new()),
        }
    }

    /// Removes the moving line, so that what follows stands alone.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Shown {
    fn wait(&self) {
        let text = "another padan is moving deliveries here; waiting for it";
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None => eprintln!("{text}"),
        }
    }

    fn enter(&self, job: &Job, stage: Stage) {
        let label = format!("{} {}", job.party(), job.short());
        if let Some(bar) = &self.bar {
            bar.set_prefix(label);
            bar.set_message(stage.as_str());
            return;
        }
        let mut last = self
            .plain
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let line = format!("{label} {}", stage.as_str());
        if *last != line {
            eprintln!("{line}");
            *last = line;
        }
    }

    fn rows(&self, more: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(more);
        }
    }
}

impl Progress for Silent {
    fn wait(&self) {}

    fn enter(&self, _job: &Job, _stage: Stage) {}

    fn rows(&self, _more: u64) {}
}
