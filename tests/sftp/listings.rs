//! Folders with very many files.

use std::fs::{self, File};
use std::mem;

use padan::sftp::Limits;

use crate::common::SftpSite;
use crate::common::raw::{Raw, about, text};

const ENTRIES: usize = 10_000;

fn many(site: &SftpSite) -> Vec<String> {
    let names: Vec<_> = (0..ENTRIES)
        .map(|n| format!("bkn_pns_full_2026-11-22_{n:05}.csv.age"))
        .collect();
    for name in &names {
        File::create(site.root("bkn", &format!("outbox/{name}"))).unwrap();
    }
    names
}

/// The names in an answer to READDIR.
fn names(answer: &[u8]) -> Vec<String> {
    assert_eq!(answer[0], 104);
    let mut rest = &answer[9..];
    let mut take = |len: usize| {
        let (front, back) = mem::take(&mut rest).split_at(len);
        rest = back;
        front
    };
    let count = u32::from_be_bytes(answer[5..9].try_into().unwrap());
    let mut names = Vec::new();
    for _ in 0..count {
        for kind in ["name", "line"] {
            let len = u32::from_be_bytes(take(4).try_into().unwrap()) as usize;
            let string = String::from_utf8(take(len).to_vec()).unwrap();
            if kind == "name" {
                names.push(string);
            }
        }
        take(4 + 8 + 5 * 4);
    }
    assert!(rest.is_empty());
    names
}

#[test]
fn ten_thousand_files_are_listed_once_each_in_answers_that_every_client_takes() {
    let site = SftpSite::start(Limits::default());
    let mut expected = many(&site);
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let folder = raw.ask(&about(11, 1, b"outbox")).await[9..].to_vec();
        let mut listed = Vec::new();
        let mut answers = 0;
        loop {
            let answer = raw.ask(&about(12, 1, &folder)).await;
            if answer[0] == 101 {
                break;
            }
            assert!(answer.len() <= 34_000, "{}", answer.len());
            listed.extend(names(&answer));
            answers += 1;
        }
        assert!(answers < ENTRIES / 100, "{answers}");
        // The end stays the end, and a second look begins anew.
        assert_eq!(raw.refused(&about(12, 1, &folder)).await.0, 1);
        let again = raw.ask(&about(11, 1, b"outbox")).await[9..].to_vec();
        assert_ne!(text(&again), text(&folder));
        assert!(!names(&raw.ask(&about(12, 1, &again)).await).is_empty());
        listed.sort_unstable();
        expected.sort_unstable();
        assert!(listed == expected, "{} names", listed.len());
    });
}

#[test]
fn files_that_come_and_go_meanwhile_spoil_no_listing() {
    let site = SftpSite::start(Limits::default());
    let all = many(&site);
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let folder = raw.ask(&about(11, 1, b"outbox")).await[9..].to_vec();
        let mut listed = names(&raw.ask(&about(12, 1, &folder)).await);
        for name in all.iter().filter(|name| name.contains('7')) {
            fs::remove_file(site.root("bkn", &format!("outbox/{name}"))).unwrap();
        }
        loop {
            let answer = raw.ask(&about(12, 1, &folder)).await;
            if answer[0] == 101 {
                break;
            }
            listed.extend(names(&answer));
        }
        let listed: std::collections::BTreeSet<_> = listed.into_iter().collect();
        for name in all.iter().filter(|name| !name.contains('7')) {
            assert!(listed.contains(name), "{name}");
        }
    });
}

#[test]
#[ignore = "needs sftp"]
fn openssh_lists_ten_thousand_files() {
    let site = SftpSite::start(Limits::default());
    let expected = many(&site);
    let printed = site.sftp_ok("bkn", "ls -l outbox\n");
    let lines = printed
        .lines()
        .filter(|line| line.starts_with("-r--------"))
        .count();
    assert_eq!(lines, ENTRIES);
    let printed = site.sftp_ok("bkn", "ls -1 outbox\n");
    for name in expected {
        assert!(printed.contains(&name), "{name}");
    }
}
