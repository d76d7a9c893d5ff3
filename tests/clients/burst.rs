//! No tool needed: a client that sends all its requests before it reads an answer.

use std::fs;

use padan::sftp::Limits;

use crate::cases::{KIB, MIB};
use crate::common::raw::{Raw, id, read};
use crate::common::{SftpSite, noise};

const READS: u32 = 20_000;
/// The flag of OPEN.
const READ: u32 = 1;

#[test]
fn twenty_thousand_reads_at_once_are_answered_in_order() {
    for rekey_bytes in [Limits::default().rekey_bytes, 5 * MIB] {
        let site = SftpSite::start(Limits {
            rekey_bytes,
            ..Limits::default()
        });
        let content = noise(READS as usize * KIB, 5);
        fs::write(site.root("bkn", "outbox/f"), &content).unwrap();
        site.runtime.block_on(async {
            let mut raw = Raw::greeted(&site, "bkn").await;
            let handle = raw.open("outbox/f", READ).await;
            let size = KIB as u32;
            let requests = (0..READS).flat_map(|n| read(n, &handle, u64::from(n * size), size));
            raw.send(&requests.collect::<Vec<_>>()).await;
            for (n, expected) in (0..READS).zip(content.chunks(KIB)) {
                let answer = raw.packet().await.unwrap();
                assert_eq!(answer[..5], [&[103][..], &id(n)].concat(), "answer {n}");
                assert!(&answer[9..] == expected, "answer {n}");
            }
        });
    }
}
