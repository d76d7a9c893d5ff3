//! The polling service's script, against a real service.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::page::{blocks, text};
use crate::trial::Trial;

const FETCH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fetch-responses.sh");

/// Both parties send; then three responses wait for BPJS.
const SEND: &str = r#"
send() {
    cd ~/padan-trial/trial/$1
    padan seal --to padan_recipients.txt --key id_ed25519 --out seal ~/sample/babak-1/$1_$2_full_2025-12-31_0001.csv
    echo 'put seal/* inbox/' | sftp -q -b - -F ssh_config padan
    until [ -e ~/padan-trial/data/parties/$1/receipts/$1_$2_full_2025-12-31_0001.txt ]; do sleep 0.05; done
    rm -r seal
}
padan sample --rows 200 --as-of 2025-12-31 --out ~/sample
send bpjs peserta_pns
send bkn pns
send bkn keluarga
"#;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_script_fetches_each_response_once() {
    let mut trial = Trial::start();
    trial.script(SEND);
    let outbox = trial.home().join("padan-trial/data/parties/bpjs/outbox");
    let waiting = names(&outbox);
    assert_eq!(waiting.len(), 2, "{waiting:?}");

    // Killed after it had stored a response, it would find it on the server again.
    trial.script("cp -r padan-trial/data/parties/bpjs/outbox kept");
    let (code, printed, errors) = fetch(&trial);
    assert_eq!(code, 0, "{errors}");
    let fetched: BTreeSet<_> = printed.lines().map(str::to_owned).collect();
    assert_eq!(fetched, waiting);
    assert!(names(&outbox).is_empty());
    let store = trial.home().join("store");
    for name in &waiting {
        let changes = fs::read_to_string(store.join(name).join("perubahan.csv")).unwrap();
        assert!(changes.starts_with("aksi,kelas,kolom_berubah,"), "{name}");
    }
    trial.script("cp -r kept/* padan-trial/data/parties/bpjs/outbox/");
    assert_eq!(fetch(&trial), (0, String::new(), String::new()));
    assert!(names(&outbox).is_empty());

    trial.stop();
    assert_eq!(fetch(&trial).0, 3);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_script_keeps_its_hands_off_what_does_not_verify() {
    let trial = Trial::start();
    trial.script(SEND);
    let outbox = trial.home().join("padan-trial/data/parties/bpjs/outbox");
    let spoil = [
        ("_pns_", "echo x >> perubahan.csv.age"),
        ("_keluarga_", "cp ringkasan.txt petunjuk.txt"),
    ];
    for (part, command) in spoil {
        trial.script(&format!("cd {}/*{part}*/ && {command}", outbox.display()));
    }
    let (code, printed, errors) = fetch(&trial);
    assert_eq!((code, printed.as_str()), (1, ""), "{errors}");
    assert_eq!(errors.matches("does not verify").count(), 2, "{errors}");
    assert_eq!(names(&outbox).len(), 2);
    assert!(names(&trial.home().join("store")).is_empty());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_pages_commands_open_a_response() {
    let trial = Trial::start();
    trial.script(SEND);
    let blocks = blocks(&text("docs/polling.md"), "sh").concat();
    let printed = trial.script(&format!("cd ~/padan-trial/trial/bpjs\n{blocks}"));
    for expected in [
        "Good \"padan\" signature",
        "perubahan.csv.age: OK",
        "received/receipts/bpjs_peserta_pns_full_2025-12-31_0001.txt  DITERIMA",
        "_pns_bkn_0001.xlsx",
        "exit 0",
    ] {
        assert!(printed.contains(expected), "no `{expected}` in:\n{printed}");
    }
}

/// Exit code, stdout and stderr of a run as BPJS.
fn fetch(trial: &Trial) -> (i32, String, String) {
    let out = Command::new(FETCH)
        .args(["padan-trial/trial/bpjs", "store"])
        .current_dir(trial.home())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        out.status.code().unwrap(),
        text(out.stdout),
        text(out.stderr),
    )
}

/// Names in a folder, without hidden ones.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|n| !n.starts_with('.')).collect()
}
