//! What lies inside the encryption: compression, text, table.

use super::{case, judge, sheet};
use crate::padan::Padan;
use crate::party::{Packing, Party};
use crate::sheets;

/// A delivery of any plaintext.
fn holding(party: &Party, sequence: u32, packing: Packing, plaintext: &[u8]) -> String {
    let stem = party.stem("pns", "full", sequence);
    let file = party.encrypt(&format!("{stem}.csv"), plaintext, packing);
    party.sum_and_sign(&stem, &[&file]);
    party.put(&format!("{stem}.*"));
    stem
}

/// The good sheet with something behind it.
fn and_then(more: &[u8]) -> Vec<u8> {
    [&sheet().csv(), more].concat()
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn text_that_is_no_sound_table() {
    let good = sheet();
    let csv = String::from_utf8(good.csv()).unwrap();
    let header = csv.lines().next().unwrap().to_owned();
    let row = csv.lines().nth(1).unwrap().to_owned();
    let mut doubled = good.clone();
    doubled.columns.push("nama".to_owned());
    doubled
        .rows
        .iter_mut()
        .for_each(|row| row.push(row[2].clone()));
    let mut unknown = good.clone();
    unknown.columns.push("gaji_pokok".to_owned());
    unknown
        .rows
        .iter_mut()
        .for_each(|row| row.push("5000000".to_owned()));
    let ragged = |fields: usize| {
        format!(
            "{csv}{}\n",
            row.split(',').take(fields).collect::<Vec<_>>().join(",")
        )
    };
    let texts: Vec<(&str, &'static str, Vec<u8>)> = vec![
        ("nothing", "NO_ROWS", vec![]),
        ("a byte order mark alone", "NO_ROWS", "\u{feff}".into()),
        ("a header alone", "NO_ROWS", format!("{header}\n").into()),
        (
            "a header without line end",
            "NO_ROWS",
            header.clone().into(),
        ),
        (
            "no header",
            "COLUMN_MISSING",
            csv.replacen(&format!("{header}\n"), "", 1).into(),
        ),
        (
            "a column less",
            "COLUMN_MISSING",
            good.clone().without("golongan").csv(),
        ),
        ("a column twice", "COLUMN_DOUBLED", doubled.csv()),
        ("a column more", "COLUMN_UNKNOWN", unknown.csv()),
        ("a field less", "NOT_CSV", ragged(18).into()),
        (
            "a field more",
            "NOT_CSV",
            format!("{csv}{row},lebih\n").into(),
        ),
        (
            "a quote that never ends",
            "NOT_CSV",
            and_then(b"\"tanpa akhir,1,2\n"),
        ),
        (
            "a quote inside",
            "NOT_CSV",
            csv.replacen("KENARI ADI", "KENARI \"ADI\" ", 1).into(),
        ),
        (
            "a wall of returns before the last row",
            "TOO_LARGE",
            and_then(format!("{}{row}\n", "\r".repeat(300 << 10)).as_bytes()),
        ),
        ("not UTF-8, late", "NOT_UTF8", and_then(b"\xe9\xe8,1\n")),
        (
            "Latin-1",
            "NOT_UTF8",
            csv.replacen("Jalan", "Jal\u{e9}n", 1)
                .chars()
                .map(|c| c as u8)
                .collect(),
        ),
        (
            "UTF-16",
            "NOT_UTF8",
            [
                vec![0xff, 0xfe],
                csv.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            ]
            .concat(),
        ),
        (
            "a spreadsheet",
            "NOT_UTF8",
            [
                &b"PK\x03\x04\x14\x00\x06\x00"[..],
                &[0xb5, 0x9c, 0xff, b'\n', 0x81],
            ]
            .concat(),
        ),
        ("JSON", "NOT_CSV", b"{\"nip\": 1}\n".to_vec()),
        (
            "a web page",
            "NOT_CSV",
            b"<html>\n<body>tidak ada</body>\n</html>\n".to_vec(),
        ),
        (
            "a 10 MB field",
            "TOO_LARGE",
            and_then(row.replacen("Jalan", &"x".repeat(10 << 20), 1).as_bytes()),
        ),
        ("a 10 MB header", "NOT_CSV", vec![b'a'; 10 << 20]),
        (
            "a gigantic quoted field",
            "TOO_LARGE",
            and_then(format!("\"{}", "x\n".repeat(5 << 20)).as_bytes()),
        ),
    ];
    let cases = texts.into_iter().map(|(name, code, text)| {
        case(name, code, move |party, sequence| {
            holding(party, sequence, Packing::Plain, &text)
        })
    });
    judge(&Padan::start(), cases.collect());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp, gzip, zstd"]
fn compression_that_is_a_bomb_or_no_compression() {
    // A sound beginning, then rows or zeros that fold into almost nothing.
    let many = sheets::pns(1).csv().repeat(200_000);
    let zeros = and_then(&vec![0; 256 << 20]);
    let bomb = |name: &str, packing, bytes: Vec<u8>| {
        case(name, "TOO_LARGE", move |party, sequence| {
            holding(party, sequence, packing, &bytes)
        })
    };
    // Named as if compressed, whatever it is.
    let named = |name: &str, ending: &'static str, bytes: Vec<u8>| {
        case(name, "COMPRESSION_DAMAGED", move |party, sequence| {
            let stem = party.stem("pns", "full", sequence);
            let file = party.encrypt(&format!("{stem}.csv{ending}"), &bytes, Packing::Plain);
            party.sum_and_sign(&stem, &[&file]);
            party.put(&format!("{stem}.*"));
            stem
        })
    };
    let packed = |tool: &str| {
        let args = ["-q", "-c"];
        crate::tools::succeed("/", tool, args, &sheets::pns(400).csv())
    };
    let (gzip, zstd) = (packed("gzip"), packed("zstd"));
    let flipped = |ending: &str, bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        // In the checksum: elsewhere the text itself may be the first to look wrong.
        let checksum = bytes.len() - if ending == ".gz" { 6 } else { 2 };
        bytes[checksum] ^= 1;
        bytes
    };
    let cases = vec![
        bomb("gzip, rows", Packing::Gzip, many.clone()),
        bomb("zstd, rows", Packing::Zstd, many),
        bomb("gzip, zeros", Packing::Gzip, zeros.clone()),
        bomb("zstd, zeros", Packing::Zstd, zeros),
        named("CSV named .gz", ".gz", sheet().csv()),
        named("CSV named .zst", ".zst", sheet().csv()),
        named("zstd named .gz", ".gz", zstd.clone()),
        named("gzip, cut", ".gz", gzip[..gzip.len() / 2].to_vec()),
        named("gzip, end cut", ".gz", gzip[..gzip.len() - 3].to_vec()),
        named("gzip, a bit", ".gz", flipped(".gz", &gzip)),
        named(
            "gzip, more behind",
            ".gz",
            [&gzip[..], b"and more"].concat(),
        ),
        named("zstd, cut", ".zst", zstd[..zstd.len() / 2].to_vec()),
        named("zstd, end cut", ".zst", zstd[..zstd.len() - 1].to_vec()),
        named("zstd, a bit", ".zst", flipped(".zst", &zstd)),
        named(
            "zstd, more behind",
            ".zst",
            [&zstd[..], b"and more"].concat(),
        ),
    ];
    judge(&Padan::start(), cases);
}

/// A text that came out wrong because its compression was damaged on the way is no mistake in the table.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp, gzip, zstd"]
fn one_bit_anywhere_in_the_compressed_bytes_is_called_by_its_name() {
    let mut cases = Vec::new();
    for (tool, ending) in [("gzip", ".gz"), ("zstd", ".zst")] {
        let args = ["-q", "-c"];
        let packed = crate::tools::succeed("/", tool, args, &sheets::pns(400).csv());
        for eighth in 1..8 {
            let mut bytes = packed.clone();
            let place = bytes.len() * eighth / 8;
            bytes[place] ^= 1 << eighth;
            let name = format!("{tool}, a bit in byte {place}");
            cases.push(case(name, "COMPRESSION_DAMAGED", move |party, sequence| {
                let stem = party.stem("pns", "full", sequence);
                let file = party.encrypt(&format!("{stem}.csv{ending}"), &bytes, Packing::Plain);
                party.sum_and_sign(&stem, &[&file]);
                party.put(&format!("{stem}.*"));
                stem
            }));
        }
    }
    judge(&Padan::start(), cases);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn receipts_name_the_line_and_the_columns_but_no_value() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let stem = holding(&bkn, 1, Packing::Plain, &and_then(b"sembilan,kolom\n"));
    let receipt = bkn.receipt(&stem);
    assert_eq!(receipt.json["problem"]["place"]["line"], 8);
    assert!(
        receipt.text.contains("Baris: 8") && receipt.text.contains("Line: 8"),
        "{}",
        receipt.text
    );
    let mut text = String::from_utf8(sheet().csv()).unwrap();
    text = text.replacen("golongan", "RAHASIA-DI-JUDUL", 1);
    let stem = holding(&bkn, 2, Packing::Plain, text.as_bytes());
    let receipt = bkn.receipt(&stem);
    assert_eq!(receipt.json["problem"]["place"]["columns"][0], "golongan");
    let mut sheet = sheet();
    sheet.columns.push("RAHASIA-DI-JUDUL".to_owned());
    sheet
        .rows
        .iter_mut()
        .for_each(|row| row.push(String::new()));
    let stem = holding(&bkn, 3, Packing::Plain, &sheet.csv());
    let receipt = bkn.receipt(&stem);
    assert_eq!(receipt.json["problem"]["place"]["columns"][0], "#20");
    padan.assert_nowhere(&["RAHASIA-DI-JUDUL".to_owned(), "sembilan".to_owned()]);
}
