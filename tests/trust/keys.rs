//! `padan keys`: no key is left out, none is shown that is private, and private files that others can use are refused.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::tools::{Place, public, run, succeed};

const PADAN: &str = env!("CARGO_BIN_EXE_padan");

fn trial(place: &Place) -> std::path::PathBuf {
    let dir = place.path("trial");
    let made = run(PADAN, ["init", dir.to_str().unwrap(), "--trial"], b"");
    assert!(made.status.success(), "{made:?}");
    dir
}

fn keys(dir: &Path, words: &[&str]) -> Output {
    let config = dir.join("padan.yaml");
    let args = [&["keys"], words, &["--config", config.to_str().unwrap()]].concat();
    run(PADAN, args, b"")
}

fn add(path: &Path, line: &str) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, format!("{text}{line}\n")).unwrap();
}

fn fingerprint(key: &Path) -> String {
    let told = succeed("ssh-keygen", ["-lf", key.to_str().unwrap()], b"");
    let told = String::from_utf8(told).unwrap();
    told.split(' ').nth(1).unwrap().to_owned()
}

/// As docs/operator.md tells people to do it.
fn age_fingerprint(place: &Place, recipient: &str) -> String {
    let text = place.write("recipient", recipient);
    let sum = succeed("sha256sum", [text.to_str().unwrap()], b"");
    let digest: Vec<u8> = (0..32)
        .map(|n| {
            u8::from_str_radix(std::str::from_utf8(&sum[2 * n..2 * n + 2]).unwrap(), 16).unwrap()
        })
        .collect();
    let base64 = String::from_utf8(succeed("base64", ["-w0"], &digest)).unwrap();
    format!("SHA256:{}", base64.trim_end_matches('='))
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, base64"]
fn every_kind_of_key_is_listed_as_the_tools_tell_it() {
    let place = Place::new();
    let dir = trial(&place);
    let service = dir.join("keys/service");
    let bkn = dir.join("keys/parties/bkn");
    let path = |name: &str| dir.join(name);

    // Further keys of every kind, beside those of the trial.
    for (name, kind, bits) in [
        ("rsa", "rsa", "3072"),
        ("ecdsa", "ecdsa", "384"),
        ("ca", "ed25519", ""),
        ("revoked", "ed25519", ""),
        ("ended", "ed25519", ""),
        ("later", "ed25519", ""),
        ("soon", "ed25519", ""),
    ] {
        place.ssh_key(name, kind, bits);
    }
    let line = |name: &str| public(&place.path(name));
    let (_, recipient) = place.age_key("party_age");
    let logins = bkn.join("authorized_keys");
    add(&logins, &line("rsa"));
    add(
        &logins,
        &format!("expiry-time=\"20200101Z\" {}", line("ended")),
    );
    add(&logins, &format!("cert-authority {}", line("ca")));
    add(&logins, &line("revoked"));
    let signers = bkn.join("allowed_signers");
    add(
        &signers,
        &format!("bkn namespaces=\"padan\" {}", line("ecdsa")),
    );
    add(
        &signers,
        &format!("bkn cert-authority,namespaces=\"padan\" {}", line("ca")),
    );
    add(
        &signers,
        &format!(
            "bkn namespaces=\"padan\",valid-after=\"20990101Z\" {}",
            line("later")
        ),
    );
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 20 + 1);
    let soon = soon.strftime("%Y%m%d%H%M%SZ").to_string();
    add(
        &signers,
        &format!(
            "bkn namespaces=\"padan\",valid-before=\"{soon}\" {}",
            line("soon")
        ),
    );
    add(&bkn.join("recipients.txt"), &recipient);
    add(&bkn.join("recipients.txt"), &line("rsa"));
    fs::write(path("keys/revoked_keys"), line("revoked")).unwrap();
    let config = fs::read_to_string(path("padan.yaml")).unwrap();
    let config = config
        .replace("  # revoked_keys:", "  revoked_keys:")
        .replace("  # ssh_host_certificate:", "  ssh_host_certificate:");
    fs::write(path("padan.yaml"), config).unwrap();
    let host = service.join("ssh_host_ed25519_key");
    let ca = place.path("ca");
    let args = [
        "-q",
        "-s",
        ca.to_str().unwrap(),
        "-h",
        "-I",
        "padan",
        "-n",
        "padan",
        "-V",
        "-1d:+400d",
    ];
    let host_public = format!("{}.pub", host.display());
    succeed(
        "ssh-keygen",
        args.into_iter().chain([host_public.as_str()]),
        b"",
    );
    for role in ["signing", "host", "age", "store"] {
        let made = keys(&dir, &["rotate", role]);
        assert!(made.status.success(), "{made:?}");
    }

    let output = keys(&dir, &["--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let listed: Value = serde_json::from_str(&text).unwrap();
    let found: Vec<[String; 5]> = listed["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| {
            ["owner", "purpose", "kind", "fingerprint", "state"]
                .map(|field| key[field].as_str().unwrap_or("padan").to_owned())
        })
        .collect();
    let has = |wanted: [&str; 5]| {
        let found = found
            .iter()
            .filter(|key| **key == wanted.map(str::to_owned));
        assert_eq!(
            found.count(),
            1,
            "{wanted:?} in\n{found:#?}",
            found = listed
        );
    };
    let ssh = |name: &str| fingerprint(&place.path(&format!("{name}.pub")));
    let own = |name: &str| fingerprint(&service.join(name));
    has([
        "padan",
        "host",
        "ed25519",
        &own("ssh_host_ed25519_key.pub"),
        "ends",
    ]);
    has([
        "padan",
        "host_certificate",
        "ed25519",
        &own("ssh_host_ed25519_key.pub"),
        "valid",
    ]);
    has([
        "padan",
        "sign_answers",
        "ed25519",
        &own("signing_key.pub"),
        "ends",
    ]);
    for (file, kind) in [
        ("age_identity.pub", "x25519"),
        ("age_identity_pq.pub", "mlkem768x25519"),
    ] {
        let recipient = fs::read_to_string(service.join(file)).unwrap();
        let print = age_fingerprint(&place, recipient.trim());
        has(["padan", "open_deliveries", kind, &print, "ends"]);
    }
    let login = path("trial/bkn/id_ed25519.pub");
    has(["bkn", "log_in", "ed25519", &fingerprint(&login), "valid"]);
    has(["bkn", "log_in", "rsa 3072", &ssh("rsa"), "valid"]);
    has(["bkn", "log_in", "ed25519", &ssh("ended"), "ended"]);
    has(["bkn", "log_in", "ed25519", &ssh("revoked"), "revoked"]);
    has(["bkn", "certify_logins", "ed25519", &ssh("ca"), "valid"]);
    has([
        "bkn",
        "sign_deliveries",
        "ed25519",
        &fingerprint(&login),
        "valid",
    ]);
    has([
        "bkn",
        "sign_deliveries",
        "ecdsa p384",
        &ssh("ecdsa"),
        "valid",
    ]);
    has([
        "bkn",
        "sign_deliveries",
        "ed25519",
        &ssh("later"),
        "not_yet",
    ]);
    has(["bkn", "sign_deliveries", "ed25519", &ssh("soon"), "ends"]);
    has(["bkn", "certify_signers", "ed25519", &ssh("ca"), "valid"]);
    has([
        "bkn",
        "open_answers",
        "x25519",
        &age_fingerprint(&place, &recipient),
        "valid",
    ]);
    has(["bkn", "open_answers", "rsa 3072", &ssh("rsa"), "valid"]);
    let count = |purpose: &str| found.iter().filter(|key| key[1] == purpose).count();
    // The old ones and those that follow.
    for (purpose, expected) in [
        ("host", 2),
        ("sign_answers", 2),
        ("open_deliveries", 4),
        ("store", 2),
    ] {
        assert_eq!(count(purpose), expected, "{purpose}");
    }
    // 11 of the service, 5 logins, 5 signers and 3 recipients of bkn, one each of bpjs.
    assert_eq!(found.len(), 11 + 13 + 3, "{found:#?}");

    let page = keys(&dir, &[]);
    assert_eq!(page.status.code(), Some(1), "a key ends soon");
    let page = String::from_utf8(page.stdout).unwrap();
    for line in page.lines().take_while(|line| *line != "Warnings") {
        assert!(line.chars().count() <= 120, "{line}");
    }
    let (_, warnings) = page.split_once("\nWarnings\n").unwrap();
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
    assert!(
        warnings.contains(&ssh("soon")) && warnings.contains("in 20 days"),
        "{warnings}"
    );
    assert_eq!(keys(&dir, &["--warn-days", "19"]).status.code(), Some(0));
    for secret in ["AGE-SECRET", "PRIVATE", "names"] {
        assert!(!page.contains(secret) && !text.contains(secret), "{secret}");
    }
}

/// Each private file with each way in which others could use it.
#[test]
fn private_files_that_others_can_use_are_refused_everywhere() {
    let place = Place::new();
    let dir = trial(&place);
    let config = dir.join("padan.yaml");
    let config = config.to_str().unwrap();
    let bkn = dir.join("trial/bkn");
    let file = place.write("bkn_pns_full_2026-11-22_0001.csv", "nip\n");
    let path = |name: &str| bkn.join(name).to_str().unwrap().to_owned();
    let (recipients, signers) = (path("padan_recipients.txt"), path("padan_signers"));
    let (key, identity) = (path("id_ed25519"), path("age_identity.txt"));
    let out = place.path("out");
    let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
    let seal = [
        "seal",
        "--to",
        &recipients,
        "--key",
        &key,
        "--out",
        out,
        file,
    ];
    let open = ["open", "--identity", &identity, "--signers", &signers, out];
    let check = ["check", "--config", config];
    let list = ["keys", "--config", config];
    let poll = ["poll", "--config", config];
    let cases: [(&str, &[&[&str]]); 6] = [
        ("keys/service/ssh_host_ed25519_key", &[&check, &list]),
        ("keys/service/signing_key", &[&check, &list, &poll]),
        ("keys/service/age_identity.txt", &[&check, &list, &poll]),
        ("keys/service/store_identity.txt", &[&check, &list, &poll]),
        ("trial/bkn/id_ed25519", &[&seal]),
        ("trial/bkn/age_identity.txt", &[&open]),
    ];
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let refused = |name: &str, command: &[&str], what: &str| {
        let output = run(PADAN, command, b"");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{name} {what} {command:?}");
        assert!(
            told.contains(name) && told.contains("chmod"),
            "{name} {what}: {told}"
        );
        assert!(
            !told.contains("AGE-SECRET") && !told.contains("PRIVATE"),
            "{told}"
        );
    };
    for (name, commands) in cases {
        let file = dir.join(name);
        let link = file.with_extension("link");
        for mode in [
            0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o660, 0o666, 0o444,
        ] {
            set(&file, mode);
            for command in commands {
                refused(name, command, &format!("{mode:o}"));
            }
        }
        // A link is judged by what it leads to.
        fs::rename(&file, &link).unwrap();
        symlink(&link, &file).unwrap();
        for command in commands {
            refused(name, command, "link");
        }
        fs::remove_file(&file).unwrap();
        fs::rename(&link, &file).unwrap();
        set(&file, 0o600);
        let folder = file.parent().unwrap();
        set(folder, 0o757);
        for command in commands {
            refused(name, command, "folder");
        }
        set(folder, 0o700);
    }
    for mode in [0o600, 0o400] {
        for (name, _) in cases {
            set(&dir.join(name), mode);
        }
        assert!(run(PADAN, list, b"").status.success(), "{mode:o}");
    }
}
