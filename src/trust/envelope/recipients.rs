//! Public keys to which age files are encrypted.

use std::path::Path;

use age::ssh::ParseRecipientKeyError;
use age::{ssh, x25519};

use crate::fault::Fault;
use crate::trust::LineProblem;
use crate::trust::key_file::read_public;

/// Keys to encrypt to; never empty. Each of them alone opens the file.
#[derive(Debug, Clone)]
pub struct Recipients(Vec<Recipient>);

#[derive(Debug, Clone)]
enum Recipient {
    Native(x25519::Recipient),
    Ssh(ssh::Recipient),
}

impl Recipients {
    /// Reads a recipients file as of `age -R`.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let text = read_public(path)?;
        Self::parse(&text).map_err(|problem| problem.in_file(path))
    }

    /// Reads one `age1…`, `ssh-ed25519 …` or `ssh-rsa …` a line; `#` begins a comment.
    pub fn parse(text: &str) -> Result<Self, LineProblem> {
        let mut recipients = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            recipients.push(read_line(line).map_err(|problem| LineProblem {
                line: index + 1,
                problem: problem.to_owned(),
            })?);
        }
        if recipients.is_empty() {
            return Err(LineProblem {
                line: 1,
                problem: "no recipient in the file; add the line that `age-keygen -y` prints"
                    .to_owned(),
            });
        }
        Ok(Self(recipients))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        self.0.iter().map(|recipient| match recipient {
            Recipient::Native(key) => {
                let key: &dyn age::Recipient = key;
                key
            }
            Recipient::Ssh(key) => key,
        })
    }
}

fn read_line(line: &str) -> Result<Recipient, &'static str> {
    if line.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") || line.starts_with("-----BEGIN") {
        return Err(
            "this is a private key; replace it by its public half, and the key by a new one",
        );
    }
    if line.starts_with("age1pq1") {
        return Err("post-quantum recipients are not supported yet; use an age1… of `age-keygen`");
    }
    if line.starts_with("age1") {
        return line
            .parse()
            .map(Recipient::Native)
            .map_err(|_| "not a whole age1… recipient; copy it again, or it belongs to a plugin");
    }
    // age's parser stops at the first strange character, so the words it gets are exact.
    let mut words = line.split_ascii_whitespace();
    let key = match (words.next(), words.next()) {
        (Some(kind), Some(blob)) => format!("{kind} {blob}"),
        _ => return Err("not a recipient; write age1…, ssh-ed25519 … or ssh-rsa …"),
    };
    let recipient: ssh::Recipient = key.parse().map_err(|e| match e {
        ParseRecipientKeyError::RsaModulusTooSmall => "the RSA key is shorter than 2048 bits",
        ParseRecipientKeyError::RsaModulusTooLarge => "the RSA key is longer than 4096 bits",
        ParseRecipientKeyError::Unsupported(_) => {
            "age encrypts to ssh-ed25519 and ssh-rsa keys only"
        }
        ParseRecipientKeyError::Ignore | ParseRecipientKeyError::Invalid(_) => {
            "not a recipient; write age1…, ssh-ed25519 … or ssh-rsa …"
        }
    })?;
    if recipient.to_string().trim_end_matches('=') != key.trim_end_matches('=') {
        return Err("the SSH key has strange characters in it; copy it again");
    }
    Ok(Recipient::Ssh(recipient))
}
