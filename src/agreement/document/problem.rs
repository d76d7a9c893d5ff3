//! What is wrong in a configuration file, for the person who edits it.

use std::fmt;
use std::path::PathBuf;

use super::place::Trail;

/// One mistake: where it is, what is wrong and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// Line and column, both from 1, where the parser knows them.
    pub place: Option<(usize, usize)>,
    /// The path inside the file, as `datasets.pns.fields.nip`; empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
}

/// All mistakes that were found; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// At least one mistake.
    pub fn new(list: Vec<Problem>) -> Self {
        debug_assert!(!list.is_empty(), "a failure without a problem");
        Self(list)
    }

    /// A single mistake.
    pub fn one(problem: Problem) -> Self {
        Self(vec![problem])
    }

    /// The mistakes in the order of the files.
    pub fn list(&self) -> &[Problem] {
        &self.0
    }

    /// The same, by value.
    pub fn into_list(self) -> Vec<Problem> {
        self.0
    }
}

impl std::error::Error for Problems {}

/// One line each.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

/// `agreement.yaml:41:7 datasets.pns.fields.nip: what → remedy`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        if !self.path.is_empty() {
            write!(f, " {}", self.path)?;
        }
        write!(f, ": {} → {}", self.what, self.remedy)
    }
}

/// Mistakes as they are found, not yet with line and column.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

/// One of them.
#[derive(Debug)]
pub struct Finding {
    /// The node.
    pub target: Target,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
    /// Whether the file can be used nevertheless.
    pub severity: Severity,
}

/// Which end of an entry a finding points at.
#[derive(Debug, Clone)]
pub enum Target {
    /// The key: it is unknown, doubled, or something under it is missing.
    Key(Trail),
    /// The value.
    Value(Trail),
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The file is not used.
    Problem,
    /// Told, and the file is used.
    Warning,
}

impl Target {
    /// The node's path.
    pub fn trail(&self) -> &Trail {
        match self {
            Self::Key(trail) | Self::Value(trail) => trail,
        }
    }
}

impl Findings {
    /// Notes a problem.
    pub fn problem(&mut self, target: Target, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(Severity::Problem, target, what.into(), remedy.into());
    }

    /// Notes a warning.
    pub fn warning(&mut self, target: Target, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(Severity::Warning, target, what.into(), remedy.into());
    }

    /// In the order of the file.
    pub fn into_sorted(mut self) -> Vec<Finding> {
        self.0
            .sort_by(|a, b| a.target.trail().cmp(b.target.trail()));
        self.0
    }

    fn note(&mut self, severity: Severity, target: Target, what: String, remedy: String) {
        self.0.push(Finding {
            target,
            what,
            remedy,
            severity,
        });
    }
}
