//! Likely pairs: who gets them, what stands in them, and that nothing is adopted.

use crate::padan::Padan;
use crate::sheets;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn likely_pairs_go_to_whom_may_see_them_and_nothing_is_adopted() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let ours = sheets::pns(30);
    bkn.deliver("pns", 1, &ours);

    // BPJS wrote number 2 down with other digits in NIP and NIK, day and month swapped and a slip in the name: neither key
    // nor NIK brings the two together. Number 29 is somebody whom BKN does not have.
    let (nip, nik) = (ours.get(2, "nip").to_owned(), ours.get(2, "nik").to_owned());
    let (other_nip, other_nik) = (
        nip.replace("201001", "201003"),
        nik.replace("317101", "317107"),
    );
    let name = ours.get(2, "nama").replace("WIJAYA", "WIAJYA");
    let theirs = |stray: usize| {
        let mut sheet = sheets::peserta_banding(31)
            .set(2, "nip", &other_nip)
            .set(2, "nik", &other_nik)
            .set(2, "nama", &name);
        sheet.rows.remove(stray);
        sheet
    };
    bpjs.deliver("peserta_banding", 1, &theirs(7));

    let own = bpjs.response("peserta_banding", "bpjs", 1);
    let pairs = own.candidates("pembanding");
    assert_eq!(
        pairs.columns,
        "id skor peluang tanda alasan nip_bpjs nip_bkn nik_bpjs nik_bkn nama_bpjs nama_bkn tempat_lahir_bpjs \
         tempat_lahir_bkn tanggal_lahir_bpjs tanggal_lahir_bkn jenis_kelamin_bpjs jenis_kelamin_bkn"
            .split(' ')
            .collect::<Vec<_>>()
    );
    assert_eq!(
        pairs.pick("tanda nip_bkn nip_bpjs nik_bkn nik_bpjs nama_bkn nama_bpjs alasan"),
        [format!(
            "JELAS {nip} {other_nip} {nik} {other_nik} {} {name} nip SATU_ANGKA; nik SATU_ANGKA; nama MIRIP; \
             tempat_lahir SAMA; tanggal_lahir SAMA; jenis_kelamin SAMA",
            ours.get(2, "nama")
        )]
    );
    let summary = own.summary();
    let told = &summary["reconciliations"]["pembanding"]["calon"];
    assert_eq!(told["jumlah"], 1, "{summary}");
    assert_eq!(told["tanda"]["JELAS"], 1);
    assert_eq!(told["sisa"]["bkn"], 2);
    assert_eq!(told["sisa"]["bpjs"], 2);
    // So few records: no share is told, or it would be about somebody.
    assert_eq!(told["bobot"].as_array().unwrap().len(), 0);
    let page = String::from_utf8(own.plaintexts()["ringkasan.txt"].clone()).unwrap();
    assert!(page.contains("calon_padanan_pembanding.csv.age"), "{page}");
    for value in [&nip, &other_nip, &name] {
        assert!(!page.contains(value) && !summary.to_string().contains(value));
    }
    // Both records are still one party's alone.
    let mut alone = own.differences("pembanding").pick("jenis nip");
    alone.retain(|line| line.contains(&nip) || line.contains(&other_nip));
    alone.sort();
    assert_eq!(
        alone,
        [
            format!("HANYA_BKN {nip}"),
            format!("HANYA_BPJS {other_nip}")
        ]
    );

    // BKN may not know which records BPJS compares with: it hears of no pair, nor of how many there are.
    let response = bkn.response("peserta_banding", "bpjs", 1);
    assert_eq!(
        response.names(),
        [
            "berita_acara_pembanding.html",
            "berita_acara_pembanding.pdf",
            "perbedaan_pembanding.csv",
            "ringkasan.json",
            "ringkasan.txt",
            "ringkasan_pembanding.html"
        ]
    );
    for hidden in ["calon", &other_nip, &other_nik, &name] {
        assert!(!response.mentions(hidden), "{hidden}");
    }

    // Of the participants it may see number and name, and the pair is found by them.
    bpjs.deliver(
        "peserta_pns",
        1,
        &sheets::peserta_pns(30)
            .set(2, "nip", &other_nip)
            .set(2, "nama", &name),
    );
    for party in [&bkn, &bpjs] {
        let pairs = party
            .response("peserta_pns", "bpjs", 1)
            .candidates("kepesertaan");
        assert_eq!(
            pairs.pick("tanda nip_bkn nip_bpjs alasan"),
            [format!(
                "JELAS {nip} {other_nip} nip.lahir SAMA; nip.kelamin SAMA; nip SATU_ANGKA; nama MIRIP"
            )]
        );
    }

    // A run that nothing changed for tells the same pair under the same id.
    bpjs.deliver("peserta_banding", 2, &theirs(7));
    let again = bpjs.response("peserta_banding", "bpjs", 2);
    let pairs_again = again.candidates("pembanding");
    assert_eq!(pairs_again, own.candidates("pembanding"));

    // BPJS corrects the number: the records meet, and the pair is no longer one to decide about.
    bpjs.deliver("peserta_banding", 3, &theirs(7).set(2, "nip", &nip));
    let corrected = bpjs.response("peserta_banding", "bpjs", 3);
    assert!(corrected.candidates("pembanding").rows.is_empty());
    padan.assert_nowhere(&[ours.secrets(), vec![other_nip, other_nik]].concat());
}
