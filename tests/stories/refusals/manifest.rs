//! Checksums and the manifest.

use super::{case, judge, sheet};
use crate::padan::Padan;
use crate::party::{Packing, Party};

/// A sound delivery, whose manifest is then rewritten and signed again.
fn rewritten(party: &Party, sequence: u32, rewrite: impl Fn(&str, &str) -> Vec<u8>) -> String {
    let stem = party.stem("pns", "full", sequence);
    let file = party.encrypt(&format!("{stem}.csv"), &sheet().csv(), Packing::Plain);
    party.sum_and_sign(&stem, &[&file]);
    let sound = std::fs::read_to_string(party.out().join(format!("{stem}.sha256"))).unwrap();
    party.manifest(&stem, &rewrite(&sound, &file));
    party.put(&format!("{stem}.*"));
    stem
}

type Rewrite = fn(&str, &str) -> Vec<u8>;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn only_plain_sha256sum_output_is_a_manifest() {
    let rewrites: [(&str, Rewrite); 17] = [
        ("a folder above", |sound, file| {
            sound.replace(file, &format!("../{file}")).into()
        }),
        ("an absolute path", |sound, file| {
            sound.replace(file, &format!("/{file}")).into()
        }),
        ("this folder", |sound, file| {
            sound.replace(file, &format!("./{file}")).into()
        }),
        ("a folder below", |sound, file| {
            sound.replace(file, &format!("sub/{file}")).into()
        }),
        ("a Windows path", |sound, file| {
            sound.replace(file, &format!("C:\\{file}")).into()
        }),
        ("a duplicate", |sound, _| sound.repeat(2).into()),
        ("a comment", |sound, _| {
            format!("# dari BKN\n{sound}").into()
        }),
        ("an empty line", |sound, _| format!("{sound}\n").into()),
        ("a byte order mark", |sound, _| {
            format!("\u{feff}{sound}").into()
        }),
        ("8 MiB of text", |sound, _| {
            sound.repeat((8 << 20) / sound.len() + 1).into()
        }),
        ("8 MiB on one line", |_, _| vec![b'a'; 8 << 20]),
        ("nothing", |_, _| vec![]),
        ("a BSD tag", |sound, file| {
            format!("SHA256 ({file}) = {}\n", &sound[..64]).into()
        }),
        ("an escape line", |sound, _| format!("\\{sound}").into()),
        ("a short digest", |sound, _| sound[1..].into()),
        ("not UTF-8", |sound, _| {
            [sound.as_bytes(), b"\xff\xfe\n"].concat()
        }),
        ("UTF-16", |sound, _| {
            sound.encode_utf16().flat_map(u16::to_le_bytes).collect()
        }),
    ];
    let cases = rewrites.into_iter().map(|(name, rewrite)| {
        case(name, "MANIFEST_FORMAT", move |party, sequence| {
            rewritten(party, sequence, rewrite)
        })
    });
    let seventeen = case("17 files", "MANIFEST_FORMAT", |party, sequence| {
        rewritten(party, sequence, |sound, _| {
            (1..=17)
                .map(|n| {
                    sound
                        .replace("_full_", "_delta_")
                        .replace("0019.csv", &format!("{n:04}.csv"))
                })
                .collect::<String>()
                .into()
        })
    });
    judge(&Padan::start(), cases.chain([seventeen]).collect());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn what_windows_tools_write_is_one_too() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let stem = rewritten(&bkn, 1, |sound, file| {
        format!("{} *{file}\r\n", sound[..64].to_uppercase()).into()
    });
    bkn.receipt(&stem).accepted();
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn files_that_do_not_match_their_checksum_or_never_come() {
    let padan = Padan::impatient();
    let cases = vec![
        case(
            "the checksum of something else",
            "CHECKSUM_MISMATCH",
            |party, sequence| {
                rewritten(party, sequence, |sound, _| {
                    let wrong = if sound.starts_with('0') { "1" } else { "0" };
                    format!("{wrong}{}", &sound[1..]).into()
                })
            },
        ),
        case(
            "data changed after signing",
            "CHECKSUM_MISMATCH",
            |party, sequence| {
                let stem = party.prepare("pns", "full", sequence, &sheet());
                party.encrypt(&format!("{stem}-other.csv"), &sheet().csv(), Packing::Plain);
                let (from, to) = (format!("{stem}-other.csv.age"), format!("{stem}.csv.age"));
                std::fs::rename(party.out().join(from), party.out().join(to)).unwrap();
                party.put(&format!("{stem}.*"));
                stem
            },
        ),
        case(
            "data that grew after signing",
            "CHECKSUM_MISMATCH",
            |party, sequence| {
                let stem = party.prepare("pns", "full", sequence, &sheet());
                let name = format!("{stem}.csv.age");
                let mut bytes = std::fs::read(party.out().join(&name)).unwrap();
                bytes.push(b'\n');
                party.write(&name, &bytes);
                party.put(&format!("{stem}.*"));
                stem
            },
        ),
        case(
            "a manifest without its file",
            "INCOMPLETE",
            |party, sequence| {
                let stem = party.prepare("pns", "full", sequence, &sheet());
                party.put(&format!("{stem}.sha256*"));
                let note = party.note(&stem);
                assert_eq!(note.code(), "INCOMPLETE");
                assert_eq!(note.json["problem"]["names"][0], format!("{stem}.csv.age"));
                std::fs::remove_file(party.out().join(format!("{stem}.csv.age"))).unwrap();
                stem
            },
        ),
        case(
            "a manifest without a signature",
            "INCOMPLETE",
            |party, sequence| {
                let stem = party.prepare("pns", "full", sequence, &sheet());
                std::fs::remove_file(party.out().join(format!("{stem}.sha256.sig"))).unwrap();
                party.put(&format!("{stem}.*"));
                stem
            },
        ),
        case(
            "a signature cut short",
            "SIGNATURE_BAD",
            |party, sequence| {
                let stem = party.prepare("pns", "full", sequence, &sheet());
                let name = format!("{stem}.sha256.sig");
                let signature = std::fs::read(party.out().join(&name)).unwrap();
                party.write(&name, &signature[..100]);
                party.put(&format!("{stem}.*"));
                stem
            },
        )
        .late(),
    ];
    judge(&padan, cases);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_file_without_a_manifest_gets_a_note_and_stays() {
    let padan = Padan::impatient();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheet());
    bkn.put(&format!("{stem}.csv.age"));
    let note = bkn.note_about(&format!("{stem}.csv.age"));
    assert_eq!(note.code(), "INCOMPLETE");
    assert!(note.text.contains(".sha256.sig"), "{}", note.text);
    // The rest comes late, and all is well.
    bkn.put(&format!("{stem}.sha256*"));
    bkn.receipt(&stem).accepted();
    padan.assert_nowhere(&sheet().secrets());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn what_was_refused_as_incomplete_is_taken_when_all_of_it_comes() {
    let padan = Padan::impatient();
    let bkn = padan.party("bkn");
    let stem = bkn.prepare("pns", "full", 1, &sheet());
    bkn.put(&format!("{stem}.sha256*"));
    assert_eq!(bkn.receipt(&stem).code(), "INCOMPLETE");
    bkn.sftp("rm receipts/*");
    bkn.put(&format!("{stem}.*"));
    bkn.receipt(&stem).accepted();
    assert!(crate::party::names(&bkn.inbox()).is_empty());
}
