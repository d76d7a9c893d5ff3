//! What `ssh-audit` says of the algorithms, and who can still connect.

use std::process::Command;

use padan::sftp::Limits;
use serde_json::Value;

use crate::common::SftpSite;

/// What `ssh-audit` does not like, as `level: algorithm: why`.
fn audit(site: &SftpSite) -> Vec<String> {
    let port = site.address().port().to_string();
    // How fast one address may connect is for the limits to say, not for the algorithms.
    let output = Command::new("ssh-audit")
        .args(["--json", "--skip-rate-test", "-p", &port, "127.0.0.1"])
        .output()
        .unwrap();
    let audit: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found = Vec::new();
    for list in ["kex", "key", "enc", "mac"] {
        let algorithms = audit[list].as_array().unwrap();
        assert!(!algorithms.is_empty(), "{list}");
        for algorithm in algorithms {
            for level in ["fail", "warn"] {
                let notes = algorithm["notes"][level].as_array();
                for note in notes.into_iter().flatten() {
                    let name = algorithm["algorithm"].as_str().unwrap();
                    found.push(format!("{level}: {name}: {}", note.as_str().unwrap()));
                }
            }
        }
    }
    assert!(audit["cves"].as_array().unwrap().is_empty());
    let notes = audit["additional_notes"].as_array().unwrap();
    for note in notes.iter().map(|note| note.as_str().unwrap()) {
        // A client without strict key exchange would be at risk by itself; the server has it.
        if !note.contains("this target properly supports the strict key exchange") {
            found.push(note.to_owned());
        }
    }
    found
}

#[test]
#[ignore = "needs ssh-audit"]
fn ssh_audit_finds_nothing_but_what_older_clients_need() {
    let limits = |strict_algorithms| Limits {
        strict_algorithms,
        ..Limits::default()
    };
    let none: [&str; 0] = [];
    assert_eq!(audit(&SftpSite::start(limits(true))), none);
    assert_eq!(
        audit(&SftpSite::start(limits(false))),
        [
            "warn: curve25519-sha256: does not provide protection against post-quantum attacks",
            "warn: curve25519-sha256@libssh.org: does not provide protection against post-quantum attacks",
            "warn: hmac-sha2-256: using encrypt-and-MAC mode",
        ]
    );
}
