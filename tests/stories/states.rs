//! Where everything in flight stands: on the page, in the listing, for the operator, and as a mark among the receipts.

use std::fs;

use crate::padan::Padan;
use crate::party::{Party, names};
use crate::sheets;
use crate::tools::wait_for;

/// Waits until all who tell of a file say the same of it.
fn stands(padan: &Padan, party: &Party, place: &str, indonesian: &str, english: &str) {
    let page = || fs::read_to_string(party.root().join("STATUS.txt")).unwrap_or_default();
    let line = format!("{indonesian} / {english}");
    let told = || {
        let page = page();
        let mut lines = page.lines().skip_while(|line| line.trim() != place);
        lines.nth(1).is_some_and(|next| next.trim() == line)
    };
    wait_for(
        || told().then_some(()),
        || format!("{place}: {line}\n{}", page()),
    );

    let word = indonesian.replace(' ', "-");
    let listing = || party.sftp(&format!("ls -l inbox/{place}"));
    // Behind mode, links and owner.
    let group = |line: &str| line.split_whitespace().nth(3) == Some(&word);
    let shown = || {
        listing()
            .lines()
            .any(|line| line.starts_with("-rw") && group(line))
    };
    wait_for(
        || shown().then_some(()),
        || format!("{word}\n{}", listing()),
    );

    let status = || {
        let output = padan.command("status").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let line = format!("{place}: {english} ({indonesian})");
    wait_for(
        || status().contains(&line).then_some(()),
        || format!("{line}\n{}", status()),
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn each_file_in_the_inbox_says_what_it_waits_for() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheets::pns(5));
    let (data, manifest) = (format!("{stem}.csv.age"), format!("{stem}.sha256"));
    let signature = format!("{manifest}.sig");
    let stands =
        |place: &str, indonesian, english| stands(&padan, &bkn, place, indonesian, english);

    bkn.sftp(&format!("put {data} inbox/{data}.filepart"));
    stands(
        &format!("{data}.filepart"),
        "sedang diunggah",
        "being uploaded",
    );
    bkn.sftp(&format!("rename inbox/{data}.filepart inbox/{data}"));
    stands(&data, "menunggu manifes", "waiting for its manifest");
    bkn.put(&manifest);
    stands(
        &manifest,
        "menunggu tanda tangan",
        "waiting for its signature",
    );
    bkn.sftp(&format!("rm inbox/{data}"));
    bkn.put(&signature);
    stands(&manifest, "menunggu berkas data", "waiting for a data file");
    // Another file of that name.
    let right = fs::read(bkn.out().join(&data)).unwrap();
    bkn.write(&data, b"something else");
    bkn.put(&data);
    stands(
        &manifest,
        "checksum belum cocok",
        "checksum does not match yet",
    );
    bkn.write(&data, &right);
    bkn.put(&data);
    bkn.receipt(&stem).accepted();
    wait_for(
        || {
            let page = fs::read_to_string(bkn.root().join("STATUS.txt")).unwrap();
            let waits = "DITERIMA, menunggu pihak lain / accepted, waiting for the other party";
            (page.contains(waits) && !page.contains("Di inbox")).then_some(())
        },
        || fs::read_to_string(bkn.root().join("STATUS.txt")).unwrap(),
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_data_file_under_its_own_name_is_seen_being_uploaded() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    bkn.write("long.age", &vec![b'x'; 16 << 20]);
    // 4 MB/s.
    let mut put = bkn.sftp_command(&["-l", "32000"]).spawn().unwrap();
    let mut batch = put.stdin.take().unwrap();
    std::io::Write::write_all(&mut batch, b"put long.age inbox/\n").unwrap();
    drop(batch);
    let page = || fs::read_to_string(bkn.root().join("STATUS.txt")).unwrap_or_default();
    wait_for(
        || {
            page()
                .contains("sedang diunggah / being uploaded")
                .then_some(())
        },
        page,
    );
    assert!(put.try_wait().unwrap().is_none(), "too quick to tell");
    assert!(put.wait().unwrap().success());
    wait_for(|| page().contains("menunggu manifes").then_some(()), page);
}

/// Held in the middle of its rows, a delivery shows how far it is; what comes meanwhile shows, too; and the mark goes when
/// the receipt comes.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn what_is_examined_shows_how_far_it_is() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    // Its snapshot gets no room: the delivery stays under way.
    let taken = padan.data().join("snapshots");
    fs::write(&taken, "in the way").unwrap();
    let stem = bkn.send("pns", 1, &sheets::pns(5));
    let mark = bkn.receipts().join(format!("{stem}.sedang-diperiksa"));
    wait_for(
        || padan.log().contains("fault:").then_some(()),
        || padan.log(),
    );
    let text = fs::read_to_string(&mark).unwrap();
    assert!(
        text.contains("sedang diperiksa") && text.contains("being examined"),
        "{text}"
    );
    assert!(
        bkn.sftp("ls receipts")
            .contains(&format!("{stem}.sedang-diperiksa"))
    );
    let page = || fs::read_to_string(bkn.root().join("STATUS.txt")).unwrap_or_default();
    wait_for(
        || {
            page()
                .contains("sedang diperiksa / being examined")
                .then_some(())
        },
        page,
    );
    // The other party sees nothing of it.
    assert!(names(&bpjs.receipts()).is_empty());
    assert!(
        !fs::read_to_string(bpjs.root().join("STATUS.txt"))
            .unwrap()
            .contains(&stem)
    );

    fs::remove_file(taken).unwrap();
    bkn.receipt(&stem).accepted();
    wait_for(
        || (!mark.exists()).then_some(()),
        || padan.tree().join("\n"),
    );
    wait_for(|| page().contains("DITERIMA").then_some(()), page);

    // The same of one that is refused.
    let stem = bkn.prepare("pns", "full", 2, &sheets::pns(5));
    bkn.sign(&stem, &bkn.path("id_ed25519"), "file");
    bkn.put(&format!("{stem}.*"));
    bkn.receipt(&stem);
    wait_for(
        || {
            page()
                .contains("DITOLAK (NAMESPACE_WRONG) / refused (NAMESPACE_WRONG)")
                .then_some(())
        },
        page,
    );
    let left = names(&bkn.receipts());
    assert!(
        !left.iter().any(|name| name.ends_with("diperiksa")),
        "{left:?}"
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_page_follows_a_delivery_through_its_stages() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    // Enough rows to be seen at them.
    let stem = bkn.send("pns", 1, &sheets::pns(20_000));
    let page = || fs::read_to_string(bkn.root().join("STATUS.txt")).unwrap_or_default();
    let line = "sedang diperiksa (baris data) / being examined (rows)";
    wait_for(|| page().contains(line).then_some(()), page);
    let mark = format!("{stem}.sedang-diperiksa");
    assert!(names(&bkn.receipts()).contains(&mark));
    bkn.receipt(&stem).accepted();
    wait_for(|| page().contains("DITERIMA").then_some(()), page);
    assert!(!names(&bkn.receipts()).contains(&mark));
}

/// Whoever has sent much sees first what is not finished, and how much there is of it.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum"]
fn the_page_lists_what_is_not_finished_before_what_is() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    let done = bkn.prepare("keluarga", "full", 1, &sheets::keluarga(3));
    bkn.drop_locally(&done);
    padan.poll();
    // Trouble of ours with the first of a dataset: all the others wait behind it.
    fs::write(padan.data().join("snapshots/bkn/pns"), "in the way").unwrap();
    let stems: Vec<_> = (1..=23)
        .map(|sequence| {
            let stem = bkn.prepare("pns", "full", sequence, &sheets::pns(2));
            bkn.drop_locally(&stem);
            stem
        })
        .collect();
    for number in 0..60 {
        fs::write(bkn.inbox().join(format!("lonely-{number:02}.csv.age")), "x").unwrap();
    }
    let output = padan.command("poll").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let page = || fs::read_to_string(bkn.root().join("STATUS.txt")).unwrap();
    let places = |page: &str| -> Vec<_> {
        let all = stems.iter().chain([&done]);
        all.map(|stem| page.find(stem.as_str()).unwrap()).collect()
    };
    let text = page();
    assert!(places(&text).is_sorted(), "{text}");
    let finished = text.find("Kiriman terakhir").unwrap();
    assert!(text.find(&stems[22]).unwrap() < finished, "{text}");
    assert!(finished < text.find(&done).unwrap(), "{text}");
    assert!(text.contains("lonely-49.csv.age"), "{text}");
    assert!(!text.contains("lonely-50.csv.age"), "{text}");
    assert!(text.contains("  dan 10 lagi / and 10 more\n"), "{text}");

    // Of more than fifty the rest is a number.
    for sequence in 24..=53 {
        let stem = bkn.prepare("pns", "full", sequence, &sheets::pns(2));
        bkn.drop_locally(&stem);
    }
    let output = padan.command("poll").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let text = page();
    let (open, _) = text.split_once("Kiriman terakhir").unwrap();
    assert_eq!(open.matches("bkn_pns_full_").count(), 50, "{text}");
    assert!(open.ends_with("  dan 3 lagi / and 3 more\n\n"), "{text}");
}
