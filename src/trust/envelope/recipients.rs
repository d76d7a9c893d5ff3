//! Public keys to which age files are encrypted.

use std::path::Path;

use age::ssh::ParseRecipientKeyError;
use age::{ssh, x25519};

use crate::fault::Fault;
use crate::trust::LineProblem;
use crate::trust::key_file::read_public;

use super::hybrid::HybridRecipient;

/// Keys to encrypt to; never empty. Each of them alone opens the file.
///
/// Either all of them are post-quantum hybrids or none is: a classical one beside them would be the way around them.
#[derive(Debug, Clone)]
pub struct Recipients(Vec<Recipient>);

#[derive(Debug, Clone)]
enum Recipient {
    Native(x25519::Recipient),
    Ssh(ssh::Recipient),
    Hybrid(Box<HybridRecipient>),
}

impl Recipients {
    /// Reads a recipients file as of `age -R`.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let text = read_public(path)?;
        Self::parse(&text).map_err(|problem| problem.in_file(path))
    }

    /// Reads one `age1…`, `age1pq1…`, `ssh-ed25519 …` or `ssh-rsa …` a line; `#` begins a comment.
    pub fn parse(text: &str) -> Result<Self, LineProblem> {
        let mut recipients: Vec<Recipient> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let told = |problem: &str| LineProblem {
                line: index + 1,
                problem: problem.to_owned(),
            };
            let recipient = read_line(line).map_err(told)?;
            if recipients
                .first()
                .is_some_and(|first| first.is_postquantum() != recipient.is_postquantum())
            {
                return Err(told(
                    "post-quantum and classical recipients in one file, which is then only as safe as the classical; \
                     keep the age1pq1… alone, or the others alone",
                ));
            }
            recipients.push(recipient);
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

    /// Whether only holders of post-quantum identities can open what is encrypted to them.
    pub fn is_postquantum(&self) -> bool {
        self.0.iter().all(Recipient::is_postquantum)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        self.0.iter().map(|recipient| match recipient {
            Recipient::Native(key) => {
                let key: &dyn age::Recipient = key;
                key
            }
            Recipient::Ssh(key) => key,
            Recipient::Hybrid(key) => key.as_ref(),
        })
    }
}

impl Recipient {
    fn is_postquantum(&self) -> bool {
        matches!(self, Self::Hybrid(_))
    }
}

fn read_line(line: &str) -> Result<Recipient, &'static str> {
    if line.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") || line.starts_with("-----BEGIN") {
        return Err(
            "this is a private key; replace it by its public half, and the key by a new one",
        );
    }
    if line.starts_with("age1pq1") {
        return line
            .parse()
            .map(|key| Recipient::Hybrid(Box::new(key)))
            .map_err(
                |_| "not a whole age1pq1… recipient (1960 characters in one line); copy it again",
            );
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
        _ => return Err("not a recipient; write age1…, age1pq1…, ssh-ed25519 … or ssh-rsa …"),
    };
    let recipient: ssh::Recipient = key.parse().map_err(|e| match e {
        ParseRecipientKeyError::RsaModulusTooSmall => "the RSA key is shorter than 2048 bits",
        ParseRecipientKeyError::RsaModulusTooLarge => "the RSA key is longer than 4096 bits",
        ParseRecipientKeyError::Unsupported(_) => {
            "age encrypts to ssh-ed25519 and ssh-rsa keys only"
        }
        ParseRecipientKeyError::Ignore | ParseRecipientKeyError::Invalid(_) => {
            "not a recipient; write age1…, age1pq1…, ssh-ed25519 … or ssh-rsa …"
        }
    })?;
    if recipient.to_string().trim_end_matches('=') != key.trim_end_matches('=') {
        return Err("the SSH key has strange characters in it; copy it again");
    }
    Ok(Recipient::Ssh(recipient))
}
