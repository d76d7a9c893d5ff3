//! What OpenSSH's own suite asks of an SFTP server, asked of ours in the same way: `sftp -D` starts it.
//! (Topics of openssh-portable `regress/sftp*.sh`: commands, bad commands, batches, buffer sizes, globs, modes, resume.)

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_padan");

/// A folder `remote` that is served, and `here`, where `sftp` works.
struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        for folder in ["remote", "here"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        Self { dir }
    }

    fn remote(&self, name: &str) -> PathBuf {
        self.dir.path().join("remote").join(name)
    }

    fn here(&self, name: &str) -> PathBuf {
        self.dir.path().join("here").join(name)
    }

    fn run(&self, batch: &str, options: &[&str]) -> Output {
        let root = self.dir.path().join("remote");
        let server = format!("{BINARY} sftp --root {} --unrestricted", root.display());
        let mut child = Command::new("sftp")
            .args(["-b", "-", "-D", &server])
            .args(options)
            .current_dir(self.dir.path().join("here"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(batch.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    }

    fn ok(&self, batch: &str) -> String {
        let output = self.run(batch, &[]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{batch}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, batch: &str) -> String {
        let output = self.run(batch, &[]);
        assert!(!output.status.success(), "{batch}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
#[ignore = "needs sftp"]
fn every_command_does_what_it_says() {
    let bench = Bench::new();
    let content = vec![b'c'; 100_001];
    fs::write(bench.remote("data"), &content).unwrap();
    for name in [
        "it's",
        "a \"b\"",
        "two words",
        "star*",
        "[x]",
        "back\\slash",
        "ünï",
        "-dash",
    ] {
        fs::write(bench.remote(name), name).unwrap();
    }
    let listing =
        bench.ok("ls\nls -l\nls -1a\nls -lh data\npwd\nlpwd\n!true\nversion\nhelp\nquit\n");
    for part in [
        "data",
        "two words",
        "ünï",
        "100001",
        "working directory: /",
        "SFTP protocol version 3",
    ] {
        assert!(listing.contains(part), "{part}: {listing}");
    }
    fs::create_dir(bench.here("to")).unwrap();
    bench.ok("get data\nget data to\nget data copy\nget * to/\nget \"two words\"\nget \"it's\" quoted\nget star\\* star\n");
    for copy in ["data", "to/data", "copy"] {
        assert_eq!(fs::read(bench.here(copy)).unwrap(), content, "{copy}");
    }
    for name in [
        "it's",
        "a \"b\"",
        "two words",
        "star*",
        "[x]",
        "back\\slash",
        "ünï",
        "-dash",
    ] {
        let copy = fs::read_to_string(bench.here("to").join(name)).unwrap();
        assert_eq!(copy, name);
    }
    bench.ok(
        "mkdir up\nput data up\nput data up/other\nput to/* up/\ncd up\npwd\ncp other copied\nrm copied\nrename other more\nchmod 600 more\nrm more\n\
         mkdir sub\nmkdir sub/sub\nrename sub gone\ncd gone\nlcd to\nput data\nrm data\ncd ..\nrmdir gone/sub\nrmdir gone\n\
         lmkdir made\ndf\ndf -i\n",
    );
    assert!(bench.here("to/made").is_dir());
    let mut names: Vec<_> = fs::read_dir(bench.remote("up"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "-dash",
            "[x]",
            "a \"b\"",
            "back\\slash",
            "data",
            "it's",
            "star*",
            "two words",
            "ünï"
        ]
    );
    // Whole trees, both ways.
    bench.ok("put -r to tree\nget -r tree back\n");
    assert_eq!(fs::read(bench.here("back/data")).unwrap(), content);
}

#[test]
#[ignore = "needs sftp"]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let bench = Bench::new();
    fs::write(bench.remote("file"), "file").unwrap();
    fs::create_dir_all(bench.remote("folder/full")).unwrap();
    fs::write(bench.here("mine"), "mine").unwrap();
    for batch in [
        "get none\n",
        "get none* .\n",
        "put none\n",
        "put mine none/mine\n",
        "rename none other\n",
        "rename file folder\n",
        "rename folder file\n",
        "rename folder folder/full/deeper\n",
        "mkdir file\n",
        "mkdir folder\n",
        "mkdir none/folder\n",
        "rmdir file\n",
        "rmdir folder\n",
        "rmdir none\n",
        "rm folder\n",
        "rm none\n",
        "cd none\n",
        "cd file\n",
        "ls none\n",
        "ln file hard\n",
        "ln -s file soft\n",
        "get folder\n",
        "rmdir /\n",
        "rm ../../etc/passwd\n",
    ] {
        bench.refused(batch);
        assert_eq!(
            fs::read_to_string(bench.remote("file")).unwrap(),
            "file",
            "{batch}"
        );
        assert!(bench.remote("folder/full").is_dir(), "{batch}");
        assert_eq!(
            fs::read_dir(bench.remote("")).unwrap().count(),
            2,
            "{batch}"
        );
    }
    // A link on the disk is no way out, whatever it is called.
    std::os::unix::fs::symlink("/etc", bench.remote("etc")).unwrap();
    std::os::unix::fs::symlink("file", bench.remote("near")).unwrap();
    for batch in [
        "get etc/passwd\n",
        "cd etc\n",
        "get near\n",
        "put mine near\n",
        "put mine etc/mine\n",
    ] {
        bench.refused(batch);
    }
    assert!(!bench.ok("ls -l\n").contains("etc"));
}

#[test]
#[ignore = "needs sftp"]
fn a_batch_ends_at_the_first_failure_unless_told_otherwise() {
    let bench = Bench::new();
    bench.refused("mkdir a\nrm none\nmkdir b\n");
    assert!(bench.remote("a").is_dir() && !bench.remote("b").exists());
    bench.ok("-rm none\nmkdir b\n-rmdir none\n");
    assert!(bench.remote("b").is_dir());
}

#[test]
#[ignore = "needs sftp"]
fn every_size_of_request_moves_the_same_bytes() {
    let bench = Bench::new();
    let content: Vec<u8> = (0..300_007u32).map(|n| (n % 251) as u8).collect();
    fs::write(bench.here("data"), &content).unwrap();
    for (size, several) in [
        ("5", &["64"][..]),
        ("1000", &["1", "2", "1000"]),
        ("32000", &["1", "2", "64", "1000"]),
        ("64000", &["1", "64"]),
        ("261120", &["1", "2", "64"]),
    ] {
        for requests in several {
            let output = bench.run(
                "put data\nget data back\nrm data\n",
                &["-B", size, "-R", requests],
            );
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "-B {size} -R {requests}: {told}");
            assert!(
                fs::read(bench.here("back")).unwrap() == content,
                "-B {size} -R {requests}"
            );
            fs::remove_file(bench.here("back")).unwrap();
        }
    }
}

#[test]
#[ignore = "needs sftp"]
fn transfers_resume_keep_times_and_replace() {
    let bench = Bench::new();
    let content: Vec<u8> = (0..2_000_003u32).map(|n| (n % 253) as u8).collect();
    fs::write(bench.here("data"), &content).unwrap();
    fs::write(bench.remote("data"), &content[..700_001]).unwrap();
    fs::write(bench.here("back"), &content[..1_300_001]).unwrap();
    bench.ok("reput data\nreget data back\n");
    assert!(fs::read(bench.remote("data")).unwrap() == content);
    assert!(fs::read(bench.here("back")).unwrap() == content);
    let then = fs::FileTimes::new()
        .set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_007));
    fs::File::options()
        .write(true)
        .open(bench.here("data"))
        .unwrap()
        .set_times(then)
        .unwrap();
    fs::write(bench.remote("old"), "old").unwrap();
    bench.ok("put -p data kept\nget -p kept again\nput -f data synced\nrename synced old\n");
    for kept in [bench.remote("kept"), bench.here("again")] {
        assert_eq!(fs::metadata(kept).unwrap().mtime(), 1_000_000_007);
    }
    assert_eq!(
        fs::metadata(bench.remote("old")).unwrap().len(),
        content.len() as u64,
        "replaced"
    );
    assert_eq!(
        fs::metadata(bench.remote("kept")).unwrap().mode() & 0o777,
        0o600,
        "modes are ours"
    );
}
