//! A folder with the two example files, to be edited.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use jiff::civil::{Date, date};
use padan::agreement::document::problem::Problem;
use padan::config::Config;
use tempfile::TempDir;

/// A day in the term of the example agreement.
pub const TODAY: Date = date(2026, 11, 22);

/// Copies of `config/`; removed on drop.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for file in ["padan.yaml", "agreement.yaml"] {
            place.write(file, example(file));
        }
        place
    }

    /// A whole exchange as `padan init --trial` lays it out, with keys.
    pub fn laid_out() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        Command::new(env!("CARGO_BIN_EXE_padan"))
            .args(["init", "--trial"])
            .arg(place.folder.path())
            .assert()
            .success();
        place
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    pub fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(file), content).unwrap();
    }

    /// Replaces the first place that reads `from`.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no {from:?}");
        self.write(file, text.replacen(from, to, 1));
    }

    pub fn load(&self) -> Result<Config, Vec<Problem>> {
        Config::load(&self.path("padan.yaml"), TODAY).map_err(|problems| problems.into_list())
    }

    /// The problems as a person reads them, without the folder.
    pub fn problems(&self) -> Vec<String> {
        let problems = self.load().expect_err("there is no problem");
        problems.iter().map(|p| self.shown(p)).collect()
    }

    pub fn shown(&self, problem: &Problem) -> String {
        let folder = format!("{}/", self.folder.path().display());
        problem.to_string().replace(&folder, "")
    }
}

/// The text of a file in `config/`.
pub fn example(file: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/");
    fs::read_to_string(format!("{folder}{file}")).unwrap()
}
