//! A YAML document read so that every mistake in it is found in one pass and told with its place.
//!
//! serde_yaml parses the text once into a [`tree`]; [`reader`] takes values out of it and notes what is wrong
//! instead of stopping; [`place`] asks serde_yaml again for the line and column of each mistake; [`problem`]
//! is what a person reads.

pub mod place;
pub mod problem;
pub mod reader;
pub mod tree;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str;

use place::Trail;
use problem::{Finding, Findings, Problem, Problems, Severity, Target};
use reader::Spot;
use tree::Node;

/// Largest configuration file, in bytes: some fifty times the example.
pub const LARGEST: u64 = 1 << 20;

/// Problems beyond this many are told with their path alone, since each place costs one more parse.
const MOST_LOCATED: usize = 200;

/// A parsed file, its text and its name for messages.
#[derive(Debug)]
pub struct Document {
    file: PathBuf,
    text: String,
    root: Node,
}

/// What reading a file gave: its problems and warnings, both in the order of the file.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Each one forbids using the file.
    pub problems: Vec<Problem>,
    /// Worth an operator's look.
    pub warnings: Vec<Problem>,
}

impl Document {
    /// Parses YAML; only a text that is no YAML at all, or no single document, is a problem here.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Problems> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match tree::parse(text) {
            Ok(root) => Ok(Self {
                file: file.to_owned(),
                text: text.to_owned(),
                root,
            }),
            Err(error) => Err(Problems::one(not_yaml(text, file, &error))),
        }
    }

    /// The whole document.
    pub fn root(&self) -> Spot<'_> {
        Spot::new(&self.root, Trail::default())
    }

    /// Gives each finding its line and column and sorts them as they stand in the file.
    pub fn settle(&self, findings: Findings) -> Outcome {
        let mut outcome = Outcome::default();
        for (index, finding) in findings.into_sorted().into_iter().enumerate() {
            let problem = self.located(&finding, index < MOST_LOCATED);
            match finding.severity {
                Severity::Problem => outcome.problems.push(problem),
                Severity::Warning => outcome.warnings.push(problem),
            }
        }
        outcome
    }

    fn located(&self, finding: &Finding, locate: bool) -> Problem {
        let place = match &finding.target {
            _ if !locate => None,
            Target::Key(trail) => place::of_key(&self.text, trail),
            Target::Value(trail) => place::of_value(&self.text, trail),
        };
        Problem {
            file: self.file.clone(),
            place,
            path: finding.target.trail().to_string(),
            what: finding.what.clone(),
            remedy: finding.remedy.clone(),
        }
    }
}

/// Reads a text file of at most [`LARGEST`] bytes, so that a wrong path cannot fill the memory.
pub fn read_text(file: &Path) -> Result<String, Problems> {
    let problem = |what: String, remedy: &str| {
        Problems::one(Problem {
            file: file.to_owned(),
            place: None,
            path: String::new(),
            what,
            remedy: remedy.to_owned(),
        })
    };
    let bytes = read_capped(file).map_err(|error| {
        let remedy = match error.kind() {
            io::ErrorKind::NotFound => "name a file that exists",
            io::ErrorKind::PermissionDenied => "give this user the right to read it",
            _ => "name a readable text file",
        };
        problem(format!("cannot be read: {error}"), remedy)
    })?;
    if bytes.len() as u64 > LARGEST {
        return Err(problem(
            format!("is larger than {} KiB", LARGEST >> 10),
            "name the configuration file, not a data file",
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let valid = error.as_bytes().get(..good).unwrap_or_default();
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        problem(
            format!("is not UTF-8 text (line {line})"),
            "save the file as UTF-8",
        )
    })
}

fn read_capped(file: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(file)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The parser stopped: what it says, where, and the usual cause.
fn not_yaml(text: &str, file: &Path, error: &serde_yaml::Error) -> Problem {
    let place = error.location().map(|at| (at.line(), at.column()));
    let line = place.and_then(|(line, _)| text.lines().nth(line.saturating_sub(1)));
    let remedy = if line.is_some_and(|line| line.contains('\t')) {
        "indent with spaces: YAML knows no tabs there"
    } else {
        "mend this first: the parser cannot read past it"
    };
    let said = error.to_string();
    // The place stands in front already.
    let what = match said.split_once(" at line ") {
        Some((what, _)) => what.to_owned(),
        None => said,
    };
    Problem {
        file: file.to_owned(),
        place,
        path: String::new(),
        what: format!("is no readable YAML: {what}"),
        remedy: remedy.to_owned(),
    }
}
