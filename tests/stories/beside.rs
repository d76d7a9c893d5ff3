//! A small delivery is answered while the rows of a large one are being read.

use crate::padan::Padan;
use crate::sheets;
use crate::tools::wait_for;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_small_delivery_does_not_wait_for_a_large_one() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    // Nothing of the small one is left to be done but to send it.
    let stem = bpjs.prepare("peserta_pns", "full", 1, &sheets::peserta_pns(10));
    let other = bkn.prepare("keluarga", "full", 1, &sheets::keluarga(4));
    let large = bkn.send("pns", 1, &sheets::pns(60_000));
    let reading = "SELECT detail FROM events WHERE stage = 'open' AND outcome = 'done'";
    wait_for(
        || (!padan.ledger(reading).is_empty()).then_some(()),
        || padan.tree().join("\n"),
    );
    bpjs.put(&format!("{stem}.*"));
    bkn.put(&format!("{other}.*"));
    bpjs.receipt(&stem).accepted();
    bkn.receipt(&other).accepted();
    let receipt = bkn.receipt(&large).accepted();
    assert_eq!(receipt.file(0)["accepted"], 60_000);

    let ended = padan.ledger(
        "SELECT dataset || ' ' || stage FROM events JOIN parts USING (delivery) \
         WHERE outcome = 'done' AND stage IN ('ingest', 'respond') ORDER BY at",
    );
    let last = ended.len() - 2;
    assert_eq!(&ended[last..], ["pns ingest", "pns respond"], "{ended:?}");
    assert_eq!(last, 4, "both small ones before: {ended:?}");
    // The large one was held against what had come meanwhile.
    let found = bkn.response("pns", "bkn", 1).differences("kepesertaan");
    assert_eq!(found.pick("jenis").len(), 60_000 - 10);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn what_follows_a_large_delivery_of_its_dataset_waits_for_it() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let second = bkn.prepare("pns", "full", 2, &sheets::pns(10));
    bkn.send("pns", 1, &sheets::pns(60_000));
    let reading = "SELECT detail FROM events WHERE stage = 'open' AND outcome = 'done'";
    wait_for(
        || (!padan.ledger(reading).is_empty()).then_some(()),
        || padan.tree().join("\n"),
    );
    bkn.put(&format!("{second}.*"));
    bkn.receipt(&second).accepted();
    let order = padan.ledger("SELECT stem FROM events JOIN deliveries ON delivery = id WHERE stage = 'ingest' AND outcome = 'done' ORDER BY at");
    assert_eq!(order.len(), 2);
    assert!(
        order[0].ends_with("_0001") && order[1].ends_with("_0002"),
        "{order:?}"
    );
}
