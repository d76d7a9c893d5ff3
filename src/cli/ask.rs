//! Asks the person at the terminal, or the file that stands in for them where a scheduler runs the command.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::trust::ask::Ask;
use crate::trust::key_file::read_private;

/// How often a passphrase may be typed, as in ssh.
const TRIES: u32 = 3;

/// Whoever runs the command.
pub struct Person {
    passphrase_file: Option<PathBuf>,
    asked: Cell<u32>,
}

impl Person {
    /// Asks on the terminal; or never, where a file holds the passphrase as its only line (0600, as a key). There is no
    /// environment variable for it: those are inherited by every program that is started, and some print them.
    pub fn new(passphrase_file: Option<&Path>) -> Self {
        Self {
            passphrase_file: passphrase_file.map(Path::to_path_buf),
            asked: Cell::new(0),
        }
    }
}

impl Ask for Person {
    fn passphrase(&self, path: &Path, again: bool) -> Result<Option<Zeroizing<String>>, Fault> {
        if let Some(file) = &self.passphrase_file {
            return match again {
                true => Ok(None),
                false => only_line(file).map(Some),
            };
        }
        if !again {
            self.asked.set(0);
        }
        if self.asked.replace(self.asked.get() + 1) >= TRIES {
            return Ok(None);
        }
        let prompt = format!("Passphrase of {}: ", path.display());
        rpassword::prompt_password(prompt)
            .map(|typed| Some(Zeroizing::new(typed)))
            .map_err(|_| Fault::Key {
                path: path.to_path_buf(),
                problem: "it has a passphrase, and there is no terminal to ask for it; \
                          give --passphrase-file, or add an SSH key to ssh-agent with `ssh-add`"
                    .to_owned(),
            })
    }

    fn tell(&self, what: &str) {
        eprintln!("{what}");
    }
}

/// A second line would be a sign of another kind of file.
fn only_line(file: &Path) -> Result<Zeroizing<String>, Fault> {
    let bytes = read_private(file)?;
    let wrong = |problem: &str| Fault::Key {
        path: file.to_path_buf(),
        problem: problem.to_owned(),
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("it is not text"))?;
    let mut lines = text.lines();
    match (lines.next(), lines.next()) {
        (Some(line), None) if !line.is_empty() => Ok(Zeroizing::new(line.to_owned())),
        _ => Err(wrong("write the passphrase into it, as its only line")),
    }
}
