//! An agency that keeps its own OpenSSH: the real `sshd` lets the party in and forces `padan sftp` on it.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::padan::{BINARY, Padan};
use crate::party::{EARLY_WORD, Party, names};
use crate::sheets;
use crate::tools::{run, succeed, wait_for};

/// Where Debian and most others keep it; sshd asks to be called by its full path.
const SSHD: &str = "/usr/sbin/sshd";

/// sshd as inetd would run it, once for each connection, so that any free port will do.
struct Sshd {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Sshd {
    /// Lets one party in, as the user that the tests run as, and tells its `ssh_config` so.
    fn before(padan: &Padan, party: &Party) -> Self {
        let user = succeed("/", "id", ["-un"], b"");
        let user = String::from_utf8(user).unwrap().trim().to_owned();
        if user == "root" {
            // Where it confines the part of it that strangers talk to.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let (dir, id) = (padan.dir().display(), party.id);
        let config = padan.path("sshd_config");
        let text = format!(
            "HostKey {dir}/keys/service/ssh_host_ed25519_key\n\
             AuthorizedKeysFile {dir}/keys/parties/{id}/authorized_keys\n\
             # The temporary folder is anybody's.\n\
             StrictModes no\n\
             PasswordAuthentication no\n\
             KbdInteractiveAuthentication no\n\
             PidFile none\n\
             Subsystem sftp internal-sftp\n\
             Match User {user}\n    \
             ForceCommand {BINARY} sftp --party {id} --config {dir}/padan.yaml --log {dir}/sftp.log\n"
        );
        fs::write(&config, text).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let told = fs::read_to_string(party.path("ssh_config")).unwrap();
        let port = told.lines().find(|line| line.contains("Port ")).unwrap();
        let told = told
            .replace(port, &format!("    Port {}", address.port()))
            .replace(&format!("    User {id}\n"), &format!("    User {user}\n"));
        fs::write(party.path("ssh_config"), told).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let accepting = thread::spawn(move || accept(&listener, &config, &stopped));
        Self {
            address,
            stop,
            accepting: Some(accepting),
        }
    }
}

/// Until told, one sshd for each connection; then waits for all of them.
fn accept(listener: &TcpListener, config: &PathBuf, stop: &AtomicBool) {
    let mut running: Vec<Child> = Vec::new();
    for connection in listener.incoming() {
        if stop.load(Ordering::Acquire) {
            break;
        }
        let socket = OwnedFd::from(connection.unwrap());
        let log = config.with_extension("log");
        let sshd = Command::new(SSHD)
            .args(["-i", "-f"])
            .arg(config)
            .arg("-E")
            .arg(log)
            .stdin(socket.try_clone().unwrap())
            .stdout(socket)
            .stderr(Stdio::null())
            .spawn();
        running.push(sshd.unwrap());
    }
    for mut sshd in running {
        sshd.wait().unwrap();
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

#[test]
#[ignore = "needs sshd, sftp, ssh, scp"]
fn the_rules_of_the_inbox_hold_behind_sshd() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    let _sshd = Sshd::before(&padan, &bkn);
    // It serves without a key of ours but the one that sshd holds.
    for key in ["age_identity.txt", "store_identity.txt", "signing_key"] {
        fs::remove_file(padan.path("keys/service").join(key)).unwrap();
    }
    bkn.write("a", b"content");
    let listing = bkn.sftp(
        "mkdir inbox/2026\nput a inbox/2026/a.part\nrename inbox/2026/a.part inbox/2026/a\nls -l inbox/2026\npwd\n\
         get inbox/2026/a back\n",
    );
    assert!(
        listing.contains("bkn      menunggu-manifes        7"),
        "{listing}"
    );
    assert!(listing.contains("working directory: /\n"), "{listing}");
    assert_eq!(fs::read(bkn.out().join("back")).unwrap(), b"content");
    assert_eq!(names(&bkn.inbox().join("2026")), ["a"]);
    for batch in [
        "put a outbox/a",
        "put a receipts/a",
        "put a a",
        "mkdir x",
        "rename inbox/2026/a outbox/a",
        "rmdir inbox",
        "symlink /etc inbox/etc",
        "ln inbox/2026/a inbox/b",
        "get /etc/passwd",
        "get ../bpjs/STATUS.txt",
    ] {
        let args = ["-q", "-b", "-", "-F", "../ssh_config", "padan"];
        let output = run(bkn.out(), "sftp", args, batch.as_bytes());
        assert!(!output.status.success(), "{batch}");
    }
    assert_eq!(names(&bkn.root()), ["inbox", "outbox", "receipts"]);
    assert_eq!(names(&bkn.root().join("outbox")), [""; 0]);

    // What is not SFTP ends at once, with a sentence.
    for (tool, args) in [
        ("ssh", vec!["-F", "../ssh_config", "padan", "id"]),
        (
            "scp",
            vec!["-O", "-F", "../ssh_config", "a", "padan:inbox/b"],
        ),
    ] {
        let output = run(bkn.out(), tool, args, b"");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{tool}");
        assert!(told.contains("only SFTP is served here"), "{tool}: {told}");
    }
    assert_eq!(names(&bkn.inbox()), ["2026"]);

    let log = fs::read_to_string(padan.path("sftp.log")).unwrap();
    let events = padan.command("events").output().unwrap();
    let events = String::from_utf8(events.stdout).unwrap();
    let login = r#""event":"login","account":"bkn","peer":"127.0.0.1""#;
    assert!(log.contains(login), "{log}");
    for event in ["login", "upload", "renamed", "denied", "ended"] {
        assert!(log.contains(&format!("\"event\":\"{event}\"")), "{log}");
        assert!(events.contains(event), "in the ledger: {events}");
    }
    assert!(!log.contains("2026/a"), "no file names: {log}");
}

#[test]
#[ignore = "needs sshd, sftp"]
fn a_writer_behind_sshd_holds_its_file() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    let _sshd = Sshd::before(&padan, &bkn);
    bkn.write("long", &vec![b'x'; 8 << 20]);
    // 4 MB/s.
    let mut put = bkn.sftp_command(&["-l", "32000"]).spawn().unwrap();
    let mut batch = put.stdin.take().unwrap();
    std::io::Write::write_all(&mut batch, b"put long inbox/long\n").unwrap();
    drop(batch);
    let path = bkn.inbox().join("long");
    let begun = || fs::metadata(&path).is_ok_and(|meta| meta.len() > 0);
    wait_for(|| begun().then_some(()), || "the beginning".to_owned());
    // What a claim does.
    let claim = File::open(&path).unwrap();
    assert!(claim.try_lock().is_err(), "nobody holds it");
    assert!(
        fs::metadata(&path).unwrap().len() < 8 << 20,
        "too quick to tell"
    );
    assert!(put.wait().unwrap().success());
    claim.try_lock().unwrap();

    // And the other way round: what is being claimed is not written to.
    let output = run(
        bkn.out(),
        "sftp",
        crate::party::SFTP,
        b"put long inbox/long",
    );
    assert!(!output.status.success());
    assert_eq!(fs::metadata(&path).unwrap().len(), 8 << 20);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sshd, sftp"]
fn a_delivery_through_sshd_is_answered_by_poll() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    let _sshd = Sshd::before(&padan, &bkn);
    let stem = bkn.send("keluarga", 1, &sheets::keluarga(5));
    let told = padan.poll();
    assert!(told.contains(&stem) && told.contains("answered"), "{told}");
    bkn.receipt(&stem).accepted();
    bkn.sftp(&format!(
        "get receipts/{stem}.txt\nget STATUS.txt\nrm receipts/{stem}.txt"
    ));
    let page = fs::read_to_string(bkn.out().join(format!("{stem}.txt"))).unwrap();
    assert!(page.starts_with("DITERIMA"), "{page}");
    assert!(!bkn.receipts().join(format!("{stem}.txt")).exists());
}

/// Without a private key, and whether or not anybody has delivered before.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sshd, sftp"]
fn a_refusal_is_told_early_through_sshd_too() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    let _sshd = Sshd::before(&padan, &bkn);
    let aside = padan.path("aside");
    let keys = padan.path("keys/service");
    fs::rename(&keys, &aside).unwrap();
    fs::create_dir(&keys).unwrap();
    fs::copy(
        aside.join("ssh_host_ed25519_key"),
        keys.join("ssh_host_ed25519_key"),
    )
    .unwrap();
    let stem = bkn.prepare("keluarga", "full", 1, &sheets::keluarga(5));
    bkn.sign(&stem, &bkn.path("id_ed25519"), "file");
    let output = bkn.try_sftp(&format!("put {stem}.* inbox/"));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.trim().ends_with(EARLY_WORD), "{told}");
    let log = fs::read_to_string(padan.path("sftp.log")).unwrap();
    assert!(log.contains(r#""reason":"NAMESPACE_WRONG""#), "{log}");
    let listing = bkn.sftp(&format!("ls -l inbox/{stem}.sha256"));
    assert!(listing.contains(" antre "), "{listing}");

    fs::remove_dir_all(&keys).unwrap();
    fs::rename(&aside, &keys).unwrap();
    padan.poll();
    assert_eq!(bkn.receipt(&stem).code(), "NAMESPACE_WRONG");
    let stem = bkn.send("keluarga", 1, &sheets::keluarga(5));
    padan.poll();
    let answered = || bkn.receipt(&stem).json["verdict"] == "DITERIMA";
    wait_for(|| answered().then_some(()), || padan.tree().join("\n"));
}

#[test]
#[ignore = "needs sshd, ssh"]
fn a_service_out_of_order_says_only_that() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    let _sshd = Sshd::before(&padan, &bkn);
    fs::write(padan.path("agreement.yaml"), "nonsense: true\n").unwrap();
    // sshd passes on what a command says on stderr, but not what a subsystem does.
    let args = ["-F", "../ssh_config", "padan", "internal-sftp"];
    let output = run(bkn.out(), "ssh", args, b"");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        told.contains("out of order; please tell its operator"),
        "{told}"
    );
    assert!(!told.contains("agreement"), "{told}");
    let log = fs::read_to_string(padan.path("sftp.log")).unwrap();
    assert!(
        log.contains("agreement.yaml"),
        "the operator learns why: {log}"
    );
}
