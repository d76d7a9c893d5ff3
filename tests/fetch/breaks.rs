//! Connections that break, and runs that meet.

use std::fs;
use std::sync::atomic::Ordering;

use crate::laid::{Answer, noise};
use crate::proxy::{Cut, Proxy};
use crate::site::Site;

const SIZE: usize = 8 << 20;

#[test]
fn a_connection_that_breaks_is_taken_up_where_it_broke() {
    let site = Site::start();
    let data = noise(SIZE);
    let name = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", &data)
        .lay();
    let proxy = Proxy::start(site.port, Cut::Each(3 << 20));
    site.set_port("bpjs", proxy.port);
    let ran = site.fetch("bpjs", &["--open"]);
    assert_eq!(
        (ran.code, ran.names("response")),
        (0, vec![name.as_str()]),
        "{ran:?}"
    );
    let plain = site.received("bpjs", &format!("outbox/{name}/perubahan.csv"));
    assert!(fs::read(plain).unwrap() == data);
    assert!(proxy.connections.load(Ordering::SeqCst) >= 3);
    let moved = proxy.moved.load(Ordering::SeqCst);
    // Whatever was on its way when a connection broke comes twice; never all of it again each time.
    assert!(moved < 3 * SIZE as u64, "{moved} bytes for {SIZE}");
}

#[test]
fn the_next_run_goes_on_where_this_one_stopped() {
    let site = Site::start();
    let data = noise(SIZE);
    let name = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", &data)
        .lay();
    let proxy = Proxy::start(site.port, Cut::First(5 << 20));
    site.set_port("bpjs", proxy.port);
    let ran = site.fetch("bpjs", &[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(ran.end()["complete"], false);
    let partial = site.received("bpjs", &format!(".partial/outbox/{name}/perubahan.csv.age"));
    let begun = fs::metadata(&partial).unwrap().len();
    assert!(begun > 1 << 20, "{begun}");
    assert!(!site.received("bpjs", &format!("outbox/{name}")).exists());

    let proxy = Proxy::start(site.port, Cut::Each(u64::MAX));
    site.set_port("bpjs", proxy.port);
    let ran = site.fetch("bpjs", &[]);
    assert_eq!(
        (ran.code, ran.names("response")),
        (0, vec![name.as_str()]),
        "{ran:?}"
    );
    let moved = proxy.moved.load(Ordering::SeqCst);
    assert!(
        moved < SIZE as u64 - begun + (1 << 20),
        "{moved} bytes after {begun}"
    );
    assert!(!partial.exists());
}

#[test]
fn what_was_begun_of_another_file_is_fetched_anew() {
    let site = Site::start();
    let data = noise(1 << 20);
    let name = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", &data)
        .lay();
    let partial = site.received("bpjs", &format!(".partial/outbox/{name}"));
    fs::create_dir_all(&partial).unwrap();
    fs::write(partial.join("perubahan.csv.age"), noise(1000)).unwrap();
    fs::write(
        partial.join(".padan-plaintext"),
        "left by a run that was killed",
    )
    .unwrap();
    let ran = site.fetch("bpjs", &["--open"]);
    assert_eq!(
        (ran.code, ran.names("response")),
        (0, vec![name.as_str()]),
        "{ran:?}"
    );
    let plain = site.received("bpjs", &format!("outbox/{name}/perubahan.csv"));
    assert!(fs::read(plain).unwrap() == data);
}

#[test]
fn two_runs_at_once_do_not_meet() {
    let site = Site::start();
    let name = Answer::new(&site, "bpjs", 1)
        .sealed("perubahan.csv", &noise(SIZE))
        .lay();
    let (proxy, standing, go) = Proxy::standing(site.port, 1 << 20);
    site.set_port("bpjs", proxy.port);
    let first = site.start_fetch("bpjs", &[]);
    standing.recv().unwrap();
    let second = site.fetch("bpjs", &[]);
    assert_eq!(second.code, 3, "{second:?}");
    assert!(
        second.errors.contains("another padan fetch is at work"),
        "{second:?}"
    );
    drop(go);
    let first = first.end();
    assert_eq!(
        (first.code, first.names("response")),
        (0, vec![name.as_str()]),
        "{first:?}"
    );
}

#[test]
fn nobody_there_is_a_fault_to_try_again() {
    let site = Site::start();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    site.set_port("bpjs", port);
    let ran = site.fetch("bpjs", &[]);
    assert_eq!(
        (ran.code, &ran.end()["complete"]),
        (3, &false.into()),
        "{ran:?}"
    );
}
