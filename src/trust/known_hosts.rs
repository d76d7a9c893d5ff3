//! The keys by which a client knows servers: OpenSSH's `known_hosts` (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").

use std::io::ErrorKind;
use std::path::Path;

use aws_lc_rs::hmac;
use russh::keys::ssh_key::known_hosts::{Entry, HostPatterns, Marker};
use russh::keys::ssh_key::public::KeyData;

use crate::fault::Fault;

use super::allowed_signers::pattern::PatternList;
use super::key_file::{problem, read_public};
use super::sshsig::public_line;

/// Port at which a server's name stands in the list by itself.
const USUAL_PORT: u16 = 22;

/// The keys of which the server must have one, each a line as in its `.pub` file; none for an unknown server.
///
/// It is looked up as ssh does: by `alias` alone where there is one, else as `[host]:port`, and under the plain name
/// where that is not listed. Keys marked `@revoked` are left out; authorities (`@cert-authority`) are not followed. A
/// file that is not there knows nobody; one that cannot be read, or a line that cannot be understood, is a
/// [`Fault::Key`].
pub fn keys_of(
    path: &Path,
    host: &str,
    port: u16,
    alias: Option<&str>,
) -> Result<Vec<String>, Fault> {
    let text = match read_public(path) {
        Err(Fault::Io { source, .. }) if source.kind() == ErrorKind::NotFound => return Ok(vec![]),
        read => read?,
    };
    let entries = entries(&text).map_err(|line| {
        problem(
            path,
            format!("line {line} is no line of known_hosts; write `HOST ssh-ed25519 AAAA…` as the operator gave it"),
        )
    })?;
    let names = match (alias, port) {
        (Some(alias), _) => vec![alias.to_ascii_lowercase()],
        (None, USUAL_PORT) => vec![host.to_ascii_lowercase()],
        (None, port) => {
            let host = host.to_ascii_lowercase();
            vec![format!("[{host}]:{port}"), host]
        }
    };
    for name in names {
        let found: Vec<&Entry> = entries
            .iter()
            .filter(|entry| is_about(entry, &name))
            .collect();
        if found.is_empty() {
            continue;
        }
        let key = |entry: &Entry| -> KeyData { entry.public_key().key_data().clone() };
        let revoked: Vec<_> = found
            .iter()
            .filter(|entry| entry.marker() == Some(&Marker::Revoked))
            .map(|entry| key(entry))
            .collect();
        return Ok(found
            .iter()
            .filter(|entry| entry.marker().is_none() && !revoked.contains(&key(entry)))
            .map(|entry| public_line(entry.public_key()))
            .collect());
    }
    Ok(vec![])
}

/// All lines but comments; else the number of the first that is none.
fn entries(text: &str) -> Result<Vec<Entry>, usize> {
    let lines = text.lines().map(|line| line.trim().replace('\t', " "));
    lines
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(index, line)| line.parse().map_err(|_| index + 1))
        .collect()
}

fn is_about(entry: &Entry, name: &str) -> bool {
    match entry.host_patterns() {
        HostPatterns::Patterns(patterns) => {
            PatternList::parse(&patterns.join(",").to_ascii_lowercase(), "host")
                .is_ok_and(|list| list.matches(name))
        }
        HostPatterns::HashedName { salt, hash } => {
            // ssh's own choice for names in this file; nothing depends on its strength.
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, salt);
            hmac::verify(&key, name.as_bytes(), hash).is_ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::keys_of;
    use crate::trust::generate::ssh_key_pair;

    #[test]
    fn servers_are_found_as_ssh_finds_them() {
        let dir = TempDir::new().unwrap();
        let [a, b, c] =
            ["a", "b", "c"].map(|name| ssh_key_pair(&dir.path().join(name), name).unwrap());
        let path = dir.path().join("known_hosts");
        // `ssh-keygen -H` over `[hashed.example]:2222`.
        let hashed = "|1|kWuGiOb0/xZp4PLTcQFfit1EHBo=|7FCG47tf7S4c8CQJangj7dlk2Z4=";
        fs::write(
            &path,
            format!(
                "# from the operator\n\npadan {a}\n[one.example]:2222,10.0.0.1 {a} comment\n*.agency.example,!bad.agency.example {b}\n\
                 two.example\t{a}\ntwo.example {b}\n@revoked two.example {b}\n@cert-authority ca.example {c}\n{hashed} {c}\n"
            ),
        )
        .unwrap();
        for (host, port, alias, expected) in [
            ("anything", 2222, Some("padan"), vec![&a]),
            ("one.example", 2222, None, vec![&a]),
            ("ONE.example", 2222, None, vec![&a]),
            ("one.example", 22, None, vec![]),
            ("10.0.0.1", 2222, None, vec![&a]),
            ("x.agency.example", 2222, None, vec![&b]),
            ("bad.agency.example", 2222, None, vec![]),
            ("two.example", 22, None, vec![&a]),
            ("ca.example", 22, None, vec![]),
            ("hashed.example", 2222, None, vec![&c]),
            ("nobody", 22, None, vec![]),
        ] {
            let found = keys_of(&path, host, port, alias).unwrap();
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{host}:{port}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_told_and_a_missing_file_knows_nobody() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("known_hosts");
        assert!(keys_of(&path, "padan", 22, None).unwrap().is_empty());
        fs::write(&path, "# ok\npadan AAAA\n").unwrap();
        let told = keys_of(&path, "padan", 22, None).unwrap_err().to_string();
        assert!(told.contains("line 2 is no line of known_hosts"), "{told}");
    }
}
