//! The passphrase of a person's private key: typed on the terminal, or in a file for a scheduler.

use std::path::Path;

use zeroize::Zeroize;

use crate::fault::Fault;
use crate::trust::envelope::SecretString;
use crate::trust::key_file::read_private;

/// Asks for the passphrase of the key file it is given: reads `file`, or without one asks on the terminal.
///
/// The file must be readable by its owner alone; the end of its line does not belong to the passphrase.
pub(super) fn from(file: Option<&Path>) -> impl FnOnce(&Path) -> Result<SecretString, Fault> {
    move |key| match file {
        Some(file) => read(file),
        None => ask(key),
    }
}

fn read(file: &Path) -> Result<SecretString, Fault> {
    let bytes = read_private(file)?;
    let wrong = |problem: &str| Fault::Key {
        path: file.to_path_buf(),
        problem: problem.to_owned(),
    };
    let text = str::from_utf8(&bytes).map_err(|_| wrong("it is not text"))?;
    let mut lines = text.lines();
    match (lines.next(), lines.next()) {
        (Some(line), None) if !line.is_empty() => Ok(SecretString::from(line)),
        _ => Err(wrong("write the passphrase into it, as its only line")),
    }
}

fn ask(key: &Path) -> Result<SecretString, Fault> {
    let prompt = format!("Passphrase of {}: ", key.display());
    let mut typed = rpassword::prompt_password(prompt).map_err(|_| Fault::Key {
        path: key.to_path_buf(),
        problem: "it has a passphrase, and there is no terminal to ask for it; name a file with --passphrase-file"
            .to_owned(),
    })?;
    let passphrase = SecretString::from(typed.as_str());
    typed.zeroize();
    Ok(passphrase)
}
