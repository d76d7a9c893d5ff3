//! What may be shown of names that clients choose: what follows the naming rule and is made of the agreement's own
//! words, else a mask. A name is chosen by people, and could hold a person's number or name.

use std::ops::Range;

use crate::sftp::root::path::{Area, CanonicalPath, STATUS_FILE, Target};

/// Endings of files that are exchanged, of uploads under way, and of what is dropped by mistake.
const ENDINGS: [&str; 21] = [
    ".csv",
    ".gz",
    ".zst",
    ".age",
    ".sha256",
    ".sig",
    ".rows",
    ".txt",
    ".json",
    ".html",
    ".pdf",
    ".berkas",
    ".sisa",
    ".filepart",
    ".part",
    ".partial",
    ".tmp",
    ".xlsx",
    ".xls",
    ".ods",
    ".zip",
];
/// No name has more endings, as `….csv.gz.age.berkas.json.sig`.
const MOST_ENDINGS: usize = 7;
/// Names without their endings that the service itself gives.
const OURS: [&str; 3] = ["perubahan", "ringkasan", "SHA256SUMS"];
/// What stands before the name of a reconciliation in names that the service itself gives.
const OF_RECONCILIATIONS: [&str; 3] = ["perbedaan_", "ringkasan_", "berita_acara_"];
/// Most digits in a sequence.
const SEQUENCE_DIGITS: usize = 6;
/// Years of dates in names: an earlier one is rather the day when somebody was born.
const YEARS: Range<i16> = 2000..2100;
/// Longest name of a client's software, in bytes.
const SOFTWARE_BYTES: usize = 64;
/// Most digits in a row of a version.
const VERSION_DIGITS: usize = 10;

/// The words that names may be made of: what the agreement calls its parties, datasets and reconciliations. Without
/// any, only the names that the service itself gives are shown.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Names of parties.
    pub parties: Vec<String>,
    /// Names of datasets.
    pub datasets: Vec<String>,
    /// Names of reconciliations.
    pub reconciliations: Vec<String>,
}

impl Names {
    /// A path as it may be shown: from the root, without the first `/`.
    pub(crate) fn shown_path(&self, path: &CanonicalPath) -> String {
        match path.target() {
            Target::Root => "/".to_owned(),
            Target::Status => STATUS_FILE.to_owned(),
            Target::Area(area) => area.name().to_owned(),
            Target::Entry {
                area,
                folders,
                name,
            } => {
                let ours = area == Area::Receipts;
                let mut text = area.name().to_owned();
                for part in folders.iter().map(String::as_str).chain([name]) {
                    text.push('/');
                    text.push_str(&self.shown(part, ours));
                }
                text
            }
            Target::Nowhere => "(elsewhere)".to_owned(),
        }
    }

    /// The name of a file or folder as it may be shown: itself if it follows the rule for deliveries (design §2) or is
    /// one that the service gives, with any of the known endings; else its length in characters and its known endings,
    /// as `(masked 12).csv.age`. Only among `receipts` the service adds digits of a digest.
    pub fn shown(&self, name: &str, receipts: bool) -> String {
        let mut stem = name;
        for _ in 0..MOST_ENDINGS {
            match ENDINGS.iter().find_map(|ending| stem.strip_suffix(ending)) {
                Some(shorter) if !shorter.is_empty() => stem = shorter,
                _ => break,
            }
        }
        // Hidden by its client while it comes.
        let bare = stem.strip_prefix('.').unwrap_or(stem);
        let bare = match without_digest(bare) {
            Some("kiriman") if receipts => return name.to_owned(),
            Some(shorter) if receipts => shorter,
            _ => bare,
        };
        if self.follows_the_rule(bare) {
            name.to_owned()
        } else {
            let endings = name.strip_prefix(stem).unwrap_or_default();
            format!("(masked {}){endings}", stem.chars().count())
        }
    }

    fn follows_the_rule(&self, stem: &str) -> bool {
        let is_reconciliation = |name| self.reconciliations.iter().any(|known| known == name);
        OURS.contains(&stem)
            || OF_RECONCILIATIONS
                .iter()
                .filter_map(|prefix| stem.strip_prefix(prefix))
                .any(is_reconciliation)
            || self.is_data_stem(stem)
            || self.is_notice(stem)
            || self.is_response(stem)
    }

    /// `<party>_<dataset>_<full|delta>_<as-of date>_<sequence>`.
    fn is_data_stem(&self, stem: &str) -> bool {
        let parts = || {
            let (stem, sequence) = stem.rsplit_once('_')?;
            let (stem, date) = stem.rsplit_once('_')?;
            let (ids, mode) = stem.rsplit_once('_')?;
            Some((ids, mode, date, sequence))
        };
        parts().is_some_and(|(ids, mode, date, sequence)| {
            joins(ids, &self.parties, &self.datasets)
                && matches!(mode, "full" | "delta")
                && is_date(date)
                && is_sequence(sequence)
        })
    }

    /// `pemberitahuan_<date>_<dataset>`.
    fn is_notice(&self, stem: &str) -> bool {
        let parts = || stem.strip_prefix("pemberitahuan_")?.split_once('_');
        parts().is_some_and(|(date, topic)| {
            is_date(date) && self.datasets.iter().any(|known| known == topic)
        })
    }

    /// `<run date>_<dataset>_<party>_<sequence>`.
    fn is_response(&self, name: &str) -> bool {
        let parts = || {
            let (date, rest) = name.split_once('_')?;
            let (ids, sequence) = rest.rsplit_once('_')?;
            Some((date, ids, sequence))
        };
        parts().is_some_and(|(date, ids, sequence)| {
            joins(ids, &self.datasets, &self.parties) && is_date(date) && is_sequence(sequence)
        })
    }
}

/// What the client's software calls itself behind `SSH-2.0-`: printable ASCII, its first 64 bytes, and nothing at all
/// that holds a number as long as a person's.
pub(crate) fn software(identification: &[u8]) -> Option<String> {
    let text: String = identification
        .iter()
        .take(256)
        .map(|byte| char::from(*byte))
        .filter(|c| matches!(c, ' '..='~'))
        .collect();
    let name = text.strip_prefix("SSH-2.0-").unwrap_or(&text);
    let name: String = name.chars().take(SOFTWARE_BYTES).collect();
    let long = name
        .split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() > VERSION_DIGITS);
    (!name.is_empty() && !long).then_some(name)
}

/// Without the first digits of a digest behind a dash or a dot, as `kiriman-0123456789ab`. Twelve that are no letters
/// are taken for a number of somebody.
fn without_digest(stem: &str) -> Option<&str> {
    let (shorter, digest) = stem.rsplit_once(['-', '.'])?;
    let is_digest = digest.len() == 12
        && digest
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && digest.bytes().any(|b| b.is_ascii_lowercase());
    is_digest.then_some(shorter)
}

/// Whether the text is one of the first words, `_` and one of the second.
fn joins(text: &str, first: &[String], second: &[String]) -> bool {
    first.iter().any(|word| {
        let rest = text.strip_prefix(word.as_str());
        let rest = rest.and_then(|rest| rest.strip_prefix('_'));
        rest.is_some_and(|rest| second.iter().any(|word| word == rest))
    })
}

fn is_date(text: &str) -> bool {
    let date = text.parse::<jiff::civil::Date>();
    date.is_ok_and(|date| date.to_string() == text && YEARS.contains(&date.year()))
}

fn is_sequence(text: &str) -> bool {
    (1..=SEQUENCE_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Names, software};
    use crate::sftp::root::path::CanonicalPath;

    fn names() -> Names {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        Names {
            parties: words("bkn bpjs"),
            datasets: words("pns peserta_pns"),
            reconciliations: words("kepesertaan"),
        }
    }

    #[test]
    fn a_name_that_follows_the_rule_is_shown_and_any_other_is_masked() {
        for name in [
            "bkn_pns_full_2026-11-22_0007.csv.age",
            "bkn_pns_full_2026-11-22_0007.csv.gz.age.filepart",
            ".bkn_pns_full_2026-11-22_0007.csv.age.part",
            "bpjs_peserta_pns_delta_2026-11-22_1.sha256.sig",
            "bkn_pns_full_2026-11-22_0007.rows.csv.age",
            "bkn_pns_full_2026-11-22_0007.0123456789ab.json.sig",
            "bkn_pns_full_2026-11-22_0007.csv.zst.age.berkas.json.sig",
            "kiriman-0123456789ab.berkas.txt",
            "pemberitahuan_2026-12-06_peserta_pns.json.sig",
            "2026-11-22_peserta_pns_bpjs_0007",
            "perubahan.csv.age",
            "perbedaan_kepesertaan.csv.age",
            "ringkasan_kepesertaan.html",
            "berita_acara_kepesertaan.pdf",
            "ringkasan.json",
            "SHA256SUMS",
            "SHA256SUMS.sig",
        ] {
            assert_eq!(names().shown(name, true), name);
        }
        for (name, mask) in [
            ("gaji siti.csv", "(masked 9).csv"),
            ("gaji siti.xlsx.filepart", "(masked 9).xlsx.filepart"),
            ("197805122006042001", "(masked 18)"),
            ("3201015205780001.csv.age", "(masked 16).csv.age"),
            (
                "bkn_pns_full_1978-05-12_2006042001.csv.age",
                "(masked 34).csv.age",
            ),
            (
                "bkn_p3201015205780001_full_2026-11-22_1.csv.age",
                "(masked 39).csv.age",
            ),
            (
                "bkn_pns_full_2026-13-22_0007.csv.age",
                "(masked 28).csv.age",
            ),
            ("bkn_pns_full_2026-11-22_0007.siti", "(masked 33)"),
            ("BKN_pns_full_2026-11-22_0007.age", "(masked 28).age"),
            ("kiriman", "(masked 7)"),
            (
                "siti_rahayu_full_2026-05-12_200604.csv.age",
                "(masked 34).csv.age",
            ),
            (
                "bkn_siti_rahayu_full_2026-05-12_200604.csv.age",
                "(masked 38).csv.age",
            ),
            (
                "bkn_pns_full_1978-05-12_200604.csv.age",
                "(masked 30).csv.age",
            ),
            ("2026-05-12_siti_rahayu_200604", "(masked 29)"),
            ("1978-05-12_pns_bkn_200604", "(masked 25)"),
            ("perbedaan_siti_rahayu_sakit_jantung", "(masked 35)"),
            ("ringkasan_siti_rahayu.html", "(masked 21).html"),
            (
                "bkn_pns_full_2026-05-12_3201.015205780001.csv.age",
                "(masked 41).csv.age",
            ),
            ("siti-0123456789ab.txt", "(masked 17).txt"),
            ("pemberitahuan_2026-12-06_siti.txt", "(masked 29).txt"),
            ("pemberitahuan_1978-05-12_pns.txt", "(masked 28).txt"),
            ("1978-05-12_siti_1", "(masked 17)"),
            (".csv", "(masked 4)"),
            ("..csv", "(masked 1).csv"),
            ("\u{1b}[2Jé", "(masked 5)"),
        ] {
            assert_eq!(names().shown(name, true), mask, "{name:?}");
        }
        // Digests stand where the service writes them, and only words of the agreement anywhere.
        let digested = "bkn_pns_full_2026-11-22_0007.0123456789ab.json";
        assert_eq!(names().shown(digested, false), "(masked 41).json");
        let nobody = Names::default();
        assert_eq!(nobody.shown("ringkasan.json", false), "ringkasan.json");
        let ours = "bkn_pns_full_2026-11-22_0007.csv.age";
        assert_eq!(nobody.shown(ours, false), "(masked 28).csv.age");
    }

    #[test]
    fn a_path_is_shown_part_by_part() {
        for (path, text) in [
            ("/", "/"),
            ("inbox", "inbox"),
            ("STATUS.txt", "STATUS.txt"),
            ("/inbox/siti/data.csv", "inbox/(masked 4)/(masked 4).csv"),
            (
                "/outbox/2026-11-22_pns_bkn_0007/perubahan.csv.age",
                "outbox/2026-11-22_pns_bkn_0007/perubahan.csv.age",
            ),
            (
                "receipts/kiriman-0123456789ab.txt",
                "receipts/kiriman-0123456789ab.txt",
            ),
            ("inbox/kiriman-0123456789ab.txt", "inbox/(masked 20).txt"),
            ("/etc/passwd", "(elsewhere)"),
        ] {
            let path = CanonicalPath::parse(path).unwrap();
            assert_eq!(names().shown_path(&path), text);
        }
    }

    #[test]
    fn software_is_named_as_far_as_it_is_a_name() {
        let cases: [(&[u8], Option<&str>); 6] = [
            (b"SSH-2.0-OpenSSH_10.0", Some("OpenSSH_10.0")),
            (
                b"SSH-2.0-WinSCP_release_6.5 x\x1b\xff",
                Some("WinSCP_release_6.5 x"),
            ),
            (b"SSH-2.0-", None),
            (b"", None),
            (b"SSH-2.0-197805122006042001", None),
            (
                b"SSH-2.0-PuTTY_Snapshot_2026_11_22.abc",
                Some("PuTTY_Snapshot_2026_11_22.abc"),
            ),
        ];
        for (sent, name) in cases {
            assert_eq!(software(sent).as_deref(), name);
        }
        let long = software(&[b'x'; 300]);
        assert_eq!(long.map(|name| name.len()), Some(64));
    }
}
