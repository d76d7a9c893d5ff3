//! Builds the configuration from `padan.yaml` and its agreement; all checks that need both, or two places of one.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use jiff::civil::Date;

use crate::agreement::build::{self, Checked};
use crate::agreement::document::problem::{Findings, Problems};
use crate::agreement::document::reader::{Located, Word, instead, nearest, quoted};
use crate::agreement::document::{Document, read_text};
use crate::agreement::{Agreement, PartyId};

use super::raw::{self, RawConfig, RawParty};
use super::{Config, PartyFiles, Retention};

/// Longer than this between two scans, a lost event would go unnoticed for half a morning.
const LONGEST_RESCAN: Duration = Duration::from_secs(3_600);

impl Config {
    /// Reads `padan.yaml` at `path` and the agreement it names, which must be in force on `today`.
    ///
    /// Either everything is well, or all problems of both files are returned, first the service's own. Key files
    /// are only named here; their content is the trust room's matter.
    pub fn load(path: &Path, today: Date) -> Result<Self, Problems> {
        let text = read_text(path)?;
        let document = Document::parse(&text, path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut found = Findings::default();
        let raw = raw::read(&document.root(), folder, &mut found);
        let checked = raw
            .as_ref()
            .and_then(|raw| raw.agreement.as_ref())
            .and_then(|file| check_agreement(file, folder, today, &mut found));
        let Checked {
            agreement,
            problems: agreement_problems,
            warnings: agreement_warnings,
            parties,
        } = checked.unwrap_or_default();
        let config =
            raw.and_then(|raw| build(&raw, folder, agreement, parties.as_deref(), &mut found));
        let outcome = document.settle(found);
        let mut problems = outcome.problems;
        problems.extend(agreement_problems);
        match config {
            Some(mut config) if problems.is_empty() => {
                config.warnings = outcome.warnings;
                config.warnings.extend(agreement_warnings);
                Ok(config)
            }
            _ => Err(Problems::new(problems)),
        }
    }
}

/// Reads the agreement; a file that cannot be read is a problem of the line that names it.
fn check_agreement(
    file: &Word<'_>,
    folder: &Path,
    today: Date,
    found: &mut Findings,
) -> Option<Checked> {
    let path = folder.join(file.value);
    match read_text(&path) {
        Ok(text) => Some(build::check(&text, &path, today)),
        Err(problems) => {
            for problem in problems.into_list() {
                let what = format!("{} {}", path.display(), problem.what);
                file.spot.problem(found, what, problem.remedy);
            }
            None
        }
    }
}

fn build(
    raw: &RawConfig<'_>,
    folder: &Path,
    agreement: Option<Agreement>,
    known: Option<&[PartyId]>,
    found: &mut Findings,
) -> Option<Config> {
    let data_dir = raw.data_dir.as_ref().map(|word| folder.join(word.value));
    check_files(&raw.files, folder, data_dir.as_deref(), found);
    check_times(raw, found);
    let parties = raw
        .parties
        .as_ref()
        .map(|section| build_parties(section, known, found));
    let archive = raw.archive.as_ref()?.value.0;
    Some(Config {
        agreement: agreement?,
        data_dir: data_dir?,
        listen: raw.listen?,
        time_zone: raw.time_zone.clone()?,
        namespace: raw.namespace.clone()?,
        keys: raw.keys.clone()?,
        parties: parties?,
        limits: raw.limits?,
        rescan: raw.rescan.as_ref()?.value.0,
        settle: raw.settle.as_ref()?.value.0,
        give_up: raw.give_up.as_ref()?.value.0,
        sftp: raw.sftp.clone(),
        retention: Retention { archive },
        warnings: Vec::new(),
    })
}

/// A file that serves two purposes or two parties undoes their separation, and a key in the data folder would lie
/// beside the parties' own files.
fn check_files(files: &[Word<'_>], folder: &Path, data_dir: Option<&Path>, found: &mut Findings) {
    let data_dir = data_dir.map(normal);
    let mut seen: BTreeMap<PathBuf, String> = BTreeMap::new();
    for file in files {
        let path = normal(&folder.join(file.value));
        if data_dir.as_ref().is_some_and(|data| path.starts_with(data)) {
            file.spot.problem(
                found,
                "a key file may not lie in data_dir",
                "move it to another folder, as keys/",
            );
        }
        if let Some(other) = seen.get(&path) {
            file.spot.problem(
                found,
                format!("{} is the file of {other} already", quoted(file.value)),
                "give each its own file",
            );
        } else {
            seen.insert(path, file.spot.path());
        }
    }
}

/// Without `.` and `..`, by the text alone: the files need not exist yet.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

fn check_times(raw: &RawConfig<'_>, found: &mut Findings) {
    if let Some(rescan) = &raw.rescan
        && rescan.value.0 > LONGEST_RESCAN
    {
        rescan.spot.problem(
            found,
            "a lost event would go unnoticed for more than an hour",
            "write 1h or less, as 10s",
        );
    }
    if let (Some(settle), Some(give_up)) = (&raw.settle, &raw.give_up)
        && settle.value.0 >= give_up.value.0
    {
        give_up.spot.problem(
            found,
            "a delivery would be refused before its sender is told what is missing",
            "write more than `settle` says, as 24h",
        );
    }
}

fn build_parties(
    section: &Located<'_, Vec<RawParty<'_>>>,
    known: Option<&[PartyId]>,
    found: &mut Findings,
) -> BTreeMap<PartyId, PartyFiles> {
    let entries = &section.value;
    if let Some(known) = known {
        let names: Vec<&str> = known.iter().map(PartyId::as_str).collect();
        let mut meant = Vec::new();
        for id in entries.iter().map(|party| &party.id) {
            if !names.contains(&id.value) {
                meant.extend(nearest(id.value, &names));
                let what = format!("{} is no party of the agreement", quoted(id.value));
                id.spot.key_problem(found, what, instead(id.value, &names));
            }
        }
        for name in &names {
            if !entries.iter().any(|p| p.id.value == *name) && !meant.contains(name) {
                section.spot.key_problem(
                    found,
                    format!("the party {name} of the agreement is missing"),
                    format!("add `{name}:` with its key files"),
                );
            }
        }
    }
    let built = entries.iter().filter_map(|party| {
        let id = party.id.value.parse().ok()?;
        Some((id, party.files.clone()?))
    });
    built.collect()
}
