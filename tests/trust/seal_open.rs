//! `padan seal` and `padan open` beside the tools that they stand for.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;

use super::tools::{Place, public, run, sign, succeed};

const DATA: &str = "nip,nik\n198501012010011001,3171010101850001\n";
const NAME: &str = "bkn_pns_full_2026-11-22_0007.csv";
const STEM: &str = "bkn_pns_full_2026-11-22_0007";

/// A party with its keys, and the service's.
struct Parties {
    place: Place,
    identity: PathBuf,
    recipient: String,
    key: PathBuf,
}

impl Parties {
    fn new() -> Self {
        let place = Place::new();
        let (identity, recipient) = place.age_key("identity.txt");
        let key = place.ssh_key("id_ed25519", "ed25519", "");
        place.write("to.txt", format!("{recipient}\n"));
        let line = |principal| format!("{principal} namespaces=\"padan\" {}\n", public(&key));
        place.write("signers", line("bkn") + &line("padan"));
        place.write(NAME, DATA);
        Self {
            place,
            identity,
            recipient,
            key,
        }
    }

    fn seal(&self, more: &[&str]) -> Output {
        let (to, key) = (self.text("to.txt"), self.text("id_ed25519"));
        padan(&[&["seal", "--to", &to, "--key", &key], more].concat())
    }

    fn open(&self, more: &[&str]) -> Output {
        let (identity, signers) = (self.text("identity.txt"), self.text("signers"));
        padan(
            &[
                &["open", "--identity", &identity, "--signers", &signers],
                more,
            ]
            .concat(),
        )
    }

    fn text(&self, name: &str) -> String {
        self.place.path(name).to_str().unwrap().to_owned()
    }

    /// A response folder as the tools make it, with two encrypted files and a plain one.
    fn response(&self, name: &str) -> PathBuf {
        let folder = self.place.path(name);
        let files = [
            "perubahan.csv.age",
            "perbedaan_pns_kartu.csv.age",
            "ringkasan.txt",
        ];
        for file in files {
            let bytes = match file.strip_suffix(".age") {
                Some(plain) => succeed("age", ["-r", &self.recipient], plain.as_bytes()),
                None => b"ringkasan".to_vec(),
            };
            self.place.write(&format!("{name}/{file}"), bytes);
        }
        self.sum_and_sign(&folder, &files);
        folder
    }

    fn sum_and_sign(&self, folder: &Path, files: &[&str]) {
        let sums = in_folder(folder, &format!("sha256sum -- {}", files.join(" ")));
        fs::write(folder.join("SHA256SUMS"), &sums).unwrap();
        fs::write(
            folder.join("SHA256SUMS.sig"),
            sign(&self.key, "padan", "sha512", &sums),
        )
        .unwrap();
    }
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn open_refuses_a_revoked_signer() {
    let parties = Parties::new();
    let folder = parties.response("answer");
    let folder = folder.to_str().unwrap();
    let list = parties.text("revoked");
    let out = parties.text("out");
    let args = ["--revoked", &list, "--out", &out, folder];
    let said = stderr(&parties.open(&args), 2);
    assert!(said.contains("revoked"), "no list: {said}");
    fs::write(&list, format!("{}\n", public(&parties.key))).unwrap();
    let said = stderr(&parties.open(&args), 1);
    assert!(said.contains("SIGNER_REVOKED"), "{said}");
    fs::write(&list, "no key\n").unwrap();
    let said = stderr(&parties.open(&args), 2);
    assert!(said.contains("line 1"), "{said}");
    assert!(!Path::new(&out).exists(), "something was opened");
    fs::write(&list, "").unwrap();
    stdout(&parties.open(&args), 0);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn the_tools_take_what_seal_makes() {
    let parties = Parties::new();
    let gz = succeed("gzip", ["-c"], b"keluarga");
    let second = parties
        .place
        .write("elsewhere/bkn_keluarga_delta_2026-11-22_0003.csv.gz", &gz);
    let out = parties.place.path("out folder");
    let output = parties.seal(&[
        "--out",
        out.to_str().unwrap(),
        &parties.text(NAME),
        second.to_str().unwrap(),
    ]);
    let told = stdout(&output, 0);
    assert_eq!(
        names(&out),
        [
            "bkn_keluarga_delta_2026-11-22_0003.csv.gz.age",
            &format!("{STEM}.csv.age"),
            &format!("{STEM}.sha256"),
            &format!("{STEM}.sha256.sig"),
        ]
    );
    for name in names(&out) {
        let line = format!("  put \"{}\" inbox/\n", out.join(&name).display());
        assert!(told.contains(&line), "{told}");
    }

    in_folder(&out, &format!("sha256sum --check --strict {STEM}.sha256"));
    let manifest = fs::read(out.join(format!("{STEM}.sha256"))).unwrap();
    let theirs = in_folder(&out, &format!("sha256sum {STEM}.csv.age *.gz.age"));
    assert_eq!(manifest, theirs, "byte by byte what sha256sum writes");
    let signature = out.join(format!("{STEM}.sha256.sig"));
    let (signers, signature) = (parties.text("signers"), signature.to_str().unwrap());
    let verify = [
        "-Y", "verify", "-f", &signers, "-I", "bkn", "-n", "padan", "-s", signature,
    ];
    succeed("ssh-keygen", verify, &manifest);
    for (name, plain) in [
        (format!("{STEM}.csv.age"), DATA.as_bytes()),
        (names(&out)[0].clone(), &gz),
    ] {
        let path = out.join(name);
        let args = [
            "-d",
            "-i",
            parties.identity.to_str().unwrap(),
            path.to_str().unwrap(),
        ];
        assert_eq!(succeed("age", args, b""), plain);
    }

    let opened = parties.place.path("opened");
    let manifest = out.join(format!("{STEM}.sha256"));
    let output = parties.open(&[
        "--out",
        opened.to_str().unwrap(),
        manifest.to_str().unwrap(),
    ]);
    assert!(stdout(&output, 0).contains("signed by bkn"));
    assert_eq!(fs::read_to_string(opened.join(NAME)).unwrap(), DATA);
    assert_eq!(
        fs::metadata(opened.join(NAME))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn seal_takes_the_namespace_and_the_folder_of_the_file() {
    let parties = Parties::new();
    let output = parties.seal(&["--namespace", "padan-test", &parties.text(NAME)]);
    stdout(&output, 0);
    let manifest = parties.place.path(&format!("{STEM}.sha256"));
    let output = parties.open(&[manifest.to_str().unwrap(), "--namespace", "padan-test"]);
    assert!(
        stderr(&output, 1).contains("NAMESPACE_WRONG"),
        "the list allows padan only"
    );
    let output = parties.open(&[manifest.to_str().unwrap()]);
    assert!(stderr(&output, 1).contains("NAMESPACE_WRONG"));
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn seal_refuses_what_the_service_would() {
    let parties = Parties::new();
    let before = names(parties.place.root());
    for (name, expected) in [
        ("pns.csv", "bkn_pns_full_2026-11-22_0007.csv"),
        ("bkn_pns_full_2026-11-22_0007.xlsx", "rename it"),
        ("bkn_pns_full_2026-13-22_0007.csv", "rename it"),
        ("bkn_pns_full_2026-11-22_0007.csv.age", "rename it"),
        (
            "bpjs_peserta_pns_full_2026-11-22_0001.csv",
            "different parties",
        ),
        ("bkn_pns_full_2026-11-23_0008.csv", "stands twice"),
    ] {
        let output = parties.seal(&[&parties.text(NAME), &parties.text(name)]);
        assert!(stderr(&output, 2).contains(expected), "{name}");
    }
    let missing = parties.text("bkn_keluarga_full_2026-11-22_0001.csv");
    stderr(&parties.seal(&[&parties.text(NAME), &missing]), 2);
    assert_eq!(
        names(parties.place.root()),
        before,
        "nothing is left behind"
    );

    stderr(&parties.seal(&[]), 2);
    let open_key = parties.place.ssh_key("open", "ed25519", "");
    fs::set_permissions(&open_key, fs::Permissions::from_mode(0o644)).unwrap();
    let (to, key, name) = (
        parties.text("to.txt"),
        parties.text("open"),
        parties.text(NAME),
    );
    let output = padan(&["seal", "--to", &to, "--key", &key, &name]);
    assert!(stderr(&output, 2).contains("chmod 600"));
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn seal_overwrites_nothing() {
    let parties = Parties::new();
    for there in [
        format!("{STEM}.csv.age"),
        format!("{STEM}.sha256"),
        format!("{STEM}.sha256.sig"),
    ] {
        let path = parties.place.write(&there, "mine");
        let output = parties.seal(&[&parties.text(NAME)]);
        assert!(stderr(&output, 2).contains(&there));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        fs::remove_file(path).unwrap();
    }
    stdout(&parties.seal(&[&parties.text(NAME)]), 0);
    stderr(&parties.seal(&[&parties.text(NAME)]), 2);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn open_takes_what_the_tools_make() {
    let parties = Parties::new();
    let folder = parties.response("2026-11-22_pns_bkn_0007");
    let output = parties.open(&[folder.to_str().unwrap()]);
    assert!(stdout(&output, 0).contains("signed by padan"));
    for plain in ["perubahan.csv", "perbedaan_pns_kartu.csv"] {
        assert_eq!(fs::read_to_string(folder.join(plain)).unwrap(), plain);
    }
    let output = parties.open(&[folder.to_str().unwrap()]);
    assert!(
        stderr(&output, 2).contains("already there"),
        "a second time"
    );
    let elsewhere = parties.place.path("elsewhere");
    let list = folder.join("SHA256SUMS");
    let output = parties.open(&["--out", elsewhere.to_str().unwrap(), list.to_str().unwrap()]);
    stdout(&output, 0);
    assert_eq!(
        names(&elsewhere),
        ["perbedaan_pns_kartu.csv", "perubahan.csv"]
    );

    parties.place.write("delivery/x", "");
    let delivery = parties.place.path("delivery");
    let sealed = succeed("age", ["-a", "-r", &parties.recipient], DATA.as_bytes());
    fs::write(delivery.join(format!("{NAME}.age")), sealed).unwrap();
    let sums = in_folder(&delivery, &format!("sha256sum -b {NAME}.age"));
    let manifest = delivery.join(format!("{STEM}.sha256"));
    fs::write(&manifest, &sums).unwrap();
    succeed(
        "ssh-keygen",
        [
            "-q",
            "-Y",
            "sign",
            "-n",
            "padan",
            "-f",
            parties.key.to_str().unwrap(),
            manifest.to_str().unwrap(),
        ],
        b"",
    );
    let output = parties.open(&[manifest.to_str().unwrap()]);
    assert!(stdout(&output, 0).contains("signed by bkn"));
    assert_eq!(fs::read_to_string(delivery.join(NAME)).unwrap(), DATA);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn open_refuses_before_it_writes() {
    let parties = Parties::new();
    let stranger = parties.place.ssh_key("stranger", "ed25519", "");
    type Damage<'a> = &'a dyn Fn(&Path);
    let cases: [(&str, &str, Damage<'_>); 14] = [
        ("altered", "CHECKSUM_MISMATCH", &|f| {
            append(&f.join("perubahan.csv.age"), b"x")
        }),
        ("plain altered", "CHECKSUM_MISMATCH", &|f| {
            append(&f.join("ringkasan.txt"), b"x")
        }),
        ("missing", "listed but missing", &|f| {
            fs::remove_file(f.join("ringkasan.txt")).unwrap()
        }),
        ("unlisted", "is not in SHA256SUMS", &|f| {
            fs::write(f.join("more.csv.age"), b"").unwrap()
        }),
        ("linked", "listed but missing", &|f| {
            fs::rename(f.join("ringkasan.txt"), f.parent().unwrap().join("r")).unwrap();
            symlink("../r", f.join("ringkasan.txt")).unwrap();
        }),
        ("list altered", "SIGNATURE_BAD", &|f| {
            let sums = fs::read_to_string(f.join("SHA256SUMS")).unwrap();
            fs::write(f.join("SHA256SUMS"), sums.replace("  ", " *")).unwrap();
        }),
        ("list broken", "MANIFEST_FORMAT", &|f| {
            append(&f.join("SHA256SUMS"), b"\n")
        }),
        ("list shortened", "SIGNATURE_BAD", &|f| {
            let sums = fs::read_to_string(f.join("SHA256SUMS")).unwrap();
            fs::write(f.join("SHA256SUMS"), sums.lines().next().unwrap()).unwrap();
        }),
        ("no signature", "No such file", &|f| {
            fs::remove_file(f.join("SHA256SUMS.sig")).unwrap()
        }),
        ("by a stranger", "SIGNER_UNKNOWN", &|f| {
            let sums = fs::read(f.join("SHA256SUMS")).unwrap();
            fs::write(
                f.join("SHA256SUMS.sig"),
                sign(&stranger, "padan", "sha512", &sums),
            )
            .unwrap();
        }),
        ("path in the list", "MANIFEST_FORMAT", &|f| {
            parties.sum_and_sign(f, &["../to.txt", "perubahan.csv.age"]);
        }),
        ("hidden name", "NAME_FORMAT", &|f| {
            fs::write(f.join(".profile"), b"").unwrap();
            parties.sum_and_sign(f, &[".profile"]);
        }),
        ("for another", "DECRYPT_NO_KEY", &|f| {
            let (_, other) = parties.place.age_key("other.txt");
            let sealed = succeed("age", ["-r", &other], b"rows");
            fs::write(f.join("perubahan.csv.age"), sealed).unwrap();
            parties.sum_and_sign(
                f,
                &[
                    "perbedaan_pns_kartu.csv.age",
                    "perubahan.csv.age",
                    "ringkasan.txt",
                ],
            );
        }),
        ("truncated", "DECRYPT_DAMAGED", &|f| {
            let path = f.join("perubahan.csv.age");
            let sealed = succeed("age", ["-r", &parties.recipient], &vec![b'x'; 200_000]);
            fs::write(path, &sealed[..sealed.len() - 1]).unwrap();
            parties.sum_and_sign(
                f,
                &[
                    "perbedaan_pns_kartu.csv.age",
                    "perubahan.csv.age",
                    "ringkasan.txt",
                ],
            );
        }),
    ];
    for (name, expected, damage) in cases {
        let folder = parties.response(name);
        damage(&folder);
        let before = names(&folder);
        let output = parties.open(&[folder.to_str().unwrap()]);
        let code = if name == "no signature" { 2 } else { 1 };
        let told = stderr(&output, code);
        assert!(told.contains(expected), "{name}: {told}");
        assert!(output.stdout.is_empty(), "{name}");
        assert_eq!(names(&folder), before, "{name}: nothing is written");
    }
    let output = parties.open(&[&parties.text("to.txt")]);
    assert!(stderr(&output, 2).contains("name a response folder"));
}

#[test]
fn help_shows_an_example_of_each() {
    for command in ["seal", "open", "init"] {
        let help = stdout(&padan(&[command, "--help"]), 0);
        assert!(
            help.contains("Example:") && help.contains(&format!("padan {command}")),
            "{help}"
        );
    }
}

fn padan(args: &[&str]) -> Output {
    run(env!("CARGO_BIN_EXE_padan"), args, b"")
}

fn stdout(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn in_folder(folder: &Path, command: &str) -> Vec<u8> {
    let script = format!("cd \"$0\" && {command}");
    succeed("sh", ["-c", &script, folder.to_str().unwrap()], b"")
}

fn append(path: &Path, bytes: &[u8]) {
    let whole = [&fs::read(path).unwrap()[..], bytes].concat();
    fs::write(path, whole).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
