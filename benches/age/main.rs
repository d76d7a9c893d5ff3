//! Encryption and decryption of age files beside the `age` crate's plain path and the `age` command.
//!
//! `cargo bench --bench age [-- MiB]`; see benches/README.md. Times are printed, never judged.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first surprise"
)]

use std::env;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use age::secrecy::ExposeSecret;
use padan::trust::envelope::{Identities, NativeIdentity, Recipients, open, seal};

/// Runs of each; the median counts.
const TIMES: usize = 7;
/// What a caller writes or reads at a time.
const PIECE: usize = 256 << 10;

/// One way of doing it, and how long each run took.
struct Way<'a> {
    name: &'a str,
    run: Box<dyn Fn() + 'a>,
    took: Vec<Duration>,
}

fn main() {
    let asked = env::args().skip(1).find_map(|word| word.parse().ok());
    let mib: usize = asked.unwrap_or(256);
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public();
    let recipients = Recipients::parse(&recipient.to_string()).unwrap();
    let ours = || Identities::of(NativeIdentity::Classical(identity.clone()));
    let plaintext = sample(mib << 20);
    let sealed: Arc<[u8]> = seal_with_crate(&recipient, &plaintext, Vec::new()).into();

    println!("{mib} MiB in memory, {TIMES} times, median");
    compare(
        "encrypt",
        mib,
        vec![
            way("padan", || {
                let mut sealed = seal(io::sink(), &recipients).unwrap();
                write_pieces(&mut sealed, &plaintext);
                sealed.finish().unwrap();
            }),
            way("age crate", || {
                seal_with_crate(&recipient, &plaintext, io::sink());
            }),
        ],
    );
    compare(
        "decrypt",
        mib,
        vec![
            way("padan", || {
                read_pieces(open(Cursor::new(Arc::clone(&sealed)), &ours()).unwrap());
            }),
            way("age crate", || {
                let decryptor = age::Decryptor::new_buffered(&sealed[..]).unwrap();
                let identity: &dyn age::Identity = &identity;
                read_pieces(decryptor.decrypt([identity].into_iter()).unwrap());
            }),
        ],
    );

    if Command::new("age").arg("--version").output().is_err() {
        println!("the age command is not here: left out");
        return;
    }
    println!("{mib} MiB from file to file");
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("plain"), &plaintext).unwrap();
    fs::write(path("sealed"), &sealed).unwrap();
    fs::write(path("key"), identity.to_string().expose_secret()).unwrap();
    let to = recipient.to_string();
    compare(
        "encrypt",
        mib,
        vec![
            way("padan", || {
                let output = File::create(path("out")).unwrap();
                let mut sealed = seal(output, &recipients).unwrap();
                copy(File::open(path("plain")).unwrap(), &mut sealed);
                sealed.finish().unwrap();
            }),
            way("age command", || {
                age_command(&["-r", &to], &path("plain"), &path("out"));
            }),
        ],
    );
    compare(
        "decrypt",
        mib,
        vec![
            way("padan", || {
                let sealed = File::open(path("sealed")).unwrap();
                copy(
                    open(sealed, &ours()).unwrap(),
                    &mut File::create(path("out")).unwrap(),
                );
            }),
            way("age command", || {
                let key = path("key");
                let args = ["-d", "-i", key.to_str().unwrap()];
                age_command(&args, &path("sealed"), &path("out"));
            }),
        ],
    );

    println!("1,000 files of 4 KiB in memory: what starting costs");
    let small = &plaintext[..4 << 10];
    let small_sealed: Arc<[u8]> = seal_with_crate(&recipient, small, Vec::new()).into();
    let thousand = |one: &dyn Fn()| (0..1000).for_each(|_| one());
    compare(
        "encrypt",
        4,
        vec![
            way("padan", || {
                thousand(&|| {
                    let mut sealed = seal(io::sink(), &recipients).unwrap();
                    sealed.write_all(small).unwrap();
                    sealed.finish().unwrap();
                });
            }),
            way("age crate", || {
                thousand(&|| {
                    seal_with_crate(&recipient, small, io::sink());
                });
            }),
        ],
    );
    compare(
        "decrypt",
        4,
        vec![
            way("padan", || {
                let identities = ours();
                thousand(&|| {
                    let sealed = Cursor::new(Arc::clone(&small_sealed));
                    read_pieces(open(sealed, &identities).unwrap());
                });
            }),
            way("age crate", || {
                thousand(&|| {
                    let decryptor = age::Decryptor::new_buffered(&small_sealed[..]).unwrap();
                    let identity: &dyn age::Identity = &identity;
                    read_pieces(decryptor.decrypt([identity].into_iter()).unwrap());
                });
            }),
        ],
    );
}

fn way<'a>(name: &'a str, run: impl Fn() + 'a) -> Way<'a> {
    Way {
        name,
        run: Box::new(run),
        took: Vec::new(),
    }
}

/// Takes turns, so that whatever else the machine does meets all of them.
fn compare(what: &str, mib: usize, mut ways: Vec<Way<'_>>) {
    for turn in 0..=TIMES {
        for way in &mut ways {
            let begun = Instant::now();
            (way.run)();
            // The first turn only warms up.
            if turn > 0 {
                way.took.push(begun.elapsed());
            }
        }
    }
    let medians: Vec<f64> = ways
        .iter_mut()
        .map(|way| {
            way.took.sort();
            way.took[way.took.len() / 2].as_secs_f64()
        })
        .collect();
    for (way, seconds) in ways.iter().zip(&medians) {
        let speed = mib as f64 / seconds;
        println!(
            "  {what} {:<12} {:>8.0} ms {speed:>7.0} MiB/s",
            way.name,
            seconds * 1e3
        );
    }
    println!(
        "  {what} padan is {:.2} times as fast as {}",
        medians[1] / medians[0],
        ways[1].name
    );
}

fn seal_with_crate<W: Write>(recipient: &age::x25519::Recipient, plaintext: &[u8], to: W) -> W {
    let recipient: &dyn age::Recipient = recipient;
    let encryptor = age::Encryptor::with_recipients([recipient].into_iter()).unwrap();
    let mut writer = encryptor.wrap_output(to).unwrap();
    write_pieces(&mut writer, plaintext);
    writer.finish().unwrap()
}

fn write_pieces(to: &mut impl Write, plaintext: &[u8]) {
    for piece in plaintext.chunks(PIECE) {
        to.write_all(piece).unwrap();
    }
}

fn read_pieces(mut from: impl Read) {
    let mut piece = vec![0; PIECE];
    while from.read(&mut piece).unwrap() > 0 {
        black_box(&piece);
    }
}

fn copy(mut from: impl Read, to: &mut impl Write) {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece).unwrap() {
            0 => return,
            n => to.write_all(&piece[..n]).unwrap(),
        }
    }
}

fn age_command(args: &[&str], from: &Path, to: &Path) {
    let status = Command::new("age")
        .args(args)
        .arg("-o")
        .args([to, from])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Bytes that do not repeat soon.
fn sample(size: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut bytes = vec![0; size];
    random.fill(&mut bytes);
    bytes
}
