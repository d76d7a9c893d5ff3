//! A log that nobody reads stops nobody.

use std::fs;

use crate::common::raw::{Raw, id, packet, text};
use crate::service::{Service, clients};

const HERE: [u8; 4] = [127, 0, 0, 1];

/// Makes and removes a folder some times: two lines of the log each.
async fn folders(raw: &mut Raw, times: usize) {
    for _ in 0..times {
        raw.send(&packet(14, &[&id(1), &text(b"inbox/a"), &id(0)]))
            .await;
        assert_eq!(raw.status().await.1, 0);
        raw.send(&packet(15, &[&id(2), &text(b"inbox/a")])).await;
        assert_eq!(raw.status().await.1, 0);
    }
}

#[test]
fn a_log_that_nobody_reads_holds_up_nobody() {
    let service = Service::start_unread();
    clients().block_on(async {
        // Several times what the pipe holds.
        let mut bkn = service.greeted("bkn", HERE).await;
        folders(&mut bkn, 1_000).await;
        let mut bpjs = service.greeted("bpjs", HERE).await;
        folders(&mut bpjs, 20).await;
        folders(&mut bkn, 20).await;
    });
    assert!(!fs::exists(service.root("bkn", "inbox/a")).unwrap());
    assert!(service.end().success());
}
