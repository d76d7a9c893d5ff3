//! Encryption that is not for us or not whole.

use super::{case, judge, sheet};
use crate::padan::Padan;
use crate::party::{Packing, Party};
use crate::tools::succeed;

/// A delivery whose encrypted file is then spoilt, before it is summed and signed.
fn spoilt(party: &Party, sequence: u32, spoil: impl Fn(Vec<u8>) -> Vec<u8>) -> String {
    let stem = party.stem("pns", "full", sequence);
    let file = party.encrypt(&format!("{stem}.csv"), &long_text(), Packing::Plain);
    let sound = std::fs::read(party.out().join(&file)).unwrap();
    party.write(&file, &spoil(sound));
    party.sum_and_sign(&stem, &[&file]);
    party.put(&format!("{stem}.*"));
    stem
}

/// Several of age's 64 KiB chunks.
fn long_text() -> Vec<u8> {
    crate::sheets::pns(700).csv()
}

/// Where the header ends and the payload begins.
fn payload(age: &[u8]) -> usize {
    let end = age.windows(5).position(|w| w == b"\n--- ").unwrap() + 5;
    end + age[end..].iter().position(|b| *b == b'\n').unwrap() + 1
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn damaged_or_meant_for_somebody_else() {
    let padan = Padan::new();
    padan.configure(&[("data_file", "48MiB")]);
    padan.serve();
    type Spoil = fn(Vec<u8>) -> Vec<u8>;
    let spoils: [(&str, &'static str, Spoil); 16] = [
        ("empty", "DECRYPT_DAMAGED", |_| vec![]),
        ("one byte", "DECRYPT_DAMAGED", |age| age[..1].to_vec()),
        ("cut in the first line", "DECRYPT_DAMAGED", |age| {
            age[..15].to_vec()
        }),
        ("cut in the header", "DECRYPT_DAMAGED", |age| {
            age[..payload(&age) - 20].to_vec()
        }),
        ("cut after the header", "DECRYPT_DAMAGED", |age| {
            age[..payload(&age)].to_vec()
        }),
        ("cut in the nonce", "DECRYPT_DAMAGED", |age| {
            age[..payload(&age) + 9].to_vec()
        }),
        ("cut in the first chunk", "DECRYPT_DAMAGED", |age| {
            age[..payload(&age) + 5_000].to_vec()
        }),
        ("cut between two chunks", "DECRYPT_DAMAGED", |age| {
            age[..payload(&age) + 16 + (64 << 10) + 16].to_vec()
        }),
        ("cut by one byte", "DECRYPT_DAMAGED", |age| {
            age[..age.len() - 1].to_vec()
        }),
        ("a byte more", "DECRYPT_DAMAGED", |age| {
            [age, vec![0]].concat()
        }),
        ("a bit of the header", "DECRYPT_DAMAGED", |age| {
            flipped(age, |age| payload(age) - 10)
        }),
        ("a bit of the payload", "DECRYPT_DAMAGED", |age| {
            flipped(age, |age| payload(age) + 300)
        }),
        ("a bit of the last chunk", "DECRYPT_DAMAGED", |age| {
            flipped(age, |age| age.len() - 30)
        }),
        ("a 40 MB header", "TOO_LARGE", |age| {
            let end = payload(&age);
            let stanza = b"-> X25519 AAAA\nAAAA\n".repeat(2 << 20);
            [&age[..22], &stanza, &age[22..end], &age[end..]].concat()
        }),
        ("a 40 MB header on one line", "TOO_LARGE", |_| {
            [&b"age-encryption.org/v1\n-> "[..], &vec![b'a'; 40 << 20]].concat()
        }),
        ("over the limit as sent", "TOO_LARGE", |_| vec![0; 49 << 20]),
    ];
    let spoils = spoils.into_iter().map(|(name, code, spoil)| {
        let case = case(name, code, move |party, sequence| {
            spoilt(party, sequence, spoil)
        });
        match name {
            "over the limit as sent" => case.early(),
            _ => case,
        }
    });
    let others = [
        case(
            "to the sender itself",
            "DECRYPT_NO_KEY",
            |party, sequence| {
                let identity = party.path("age_identity.txt");
                let args = ["-y", identity.to_str().unwrap()];
                let recipient =
                    String::from_utf8(succeed(party.out(), "age-keygen", args, b"")).unwrap();
                let stem = party.stem("pns", "full", sequence);
                let file = format!("{stem}.csv.age");
                let args = ["-r", recipient.trim(), "-o", &file];
                succeed(party.out(), "age", args, &sheet().csv());
                party.sum_and_sign(&stem, &[&file]);
                party.put(&format!("{stem}.*"));
                stem
            },
        ),
        case(
            "with a passphrase",
            "DECRYPT_PASSPHRASE",
            |party, sequence| {
                // `age -p` wants a terminal, so this is what it wrote once.
                let locked = "age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 15\n\
                              ZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n\
                              --- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n0123456789abcdef";
                let stem = party.stem("pns", "full", sequence);
                let file = format!("{stem}.csv.age");
                std::fs::write(party.out().join(&file), locked).unwrap();
                party.sum_and_sign(&stem, &[&file]);
                party.put(&format!("{stem}.*"));
                stem
            },
        ),
        case(
            "to an SSH key of the sender",
            "DECRYPT_NO_KEY",
            |party, sequence| {
                let key = party.path("id_ed25519.pub");
                let stem = party.stem("pns", "full", sequence);
                let file = format!("{stem}.csv.age");
                let args = ["-R", key.to_str().unwrap(), "-o", &file];
                succeed(party.out(), "age", args, &sheet().csv());
                party.sum_and_sign(&stem, &[&file]);
                party.put(&format!("{stem}.*"));
                stem
            },
        ),
    ];
    judge(&padan, spoils.chain(others).collect());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_table_that_was_only_renamed_is_refused_and_not_kept() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let stem = spoilt(&bkn, 1, |_| sheet().csv());
    assert_eq!(bkn.receipt(&stem).code(), "DECRYPT_DAMAGED");
    let kept = |ending: &str| {
        let tree = padan.tree();
        let mut here = tree.iter().filter(|path| path.starts_with("archive/"));
        here.any(|path| path.ends_with(&format!("{stem}{ending}")))
    };
    crate::tools::wait_for(|| kept(".sha256").then_some(()), || padan.tree().join("\n"));
    assert!(!kept(".csv.age"), "{:#?}", padan.tree());
    padan.assert_nowhere(&sheet().secrets());
}

/// The text ends inside a row or a quoted field: what is wrong is the encryption, not the table.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn cut_inside_a_row_it_is_damaged_and_no_bad_table() {
    let chunk = 64 << 10;
    let plain = long_text();
    assert!(plain[chunk - 1] != b'\n' && plain.len() > chunk);
    let mut quoted = plain.clone();
    let field = plain[..chunk].iter().rposition(|b| *b == b',').unwrap();
    quoted[field + 1] = b'"';
    let whole_chunk = |age: Vec<u8>| age[..payload(&age) + 16 + chunk + 16].to_vec();
    let cases = [("in a field", plain), ("in a quoted field", quoted)];
    let cases = cases.into_iter().map(|(name, text)| {
        case(name, "DECRYPT_DAMAGED", move |party, sequence| {
            let stem = party.stem("pns", "full", sequence);
            let file = party.encrypt(&format!("{stem}.csv"), &text, Packing::Plain);
            let sound = std::fs::read(party.out().join(&file)).unwrap();
            party.write(&file, &whole_chunk(sound));
            party.sum_and_sign(&stem, &[&file]);
            party.put(&format!("{stem}.*"));
            stem
        })
    });
    judge(&Padan::start(), cases.collect());
}

fn flipped(mut age: Vec<u8>, place: impl Fn(&[u8]) -> usize) -> Vec<u8> {
    let place = place(&age);
    age[place] ^= 1;
    age
}
