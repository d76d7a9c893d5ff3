//! `padan.yaml` as it is written: types, formats and unknown keys. [`super::load`] checks what needs more than
//! one place.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::agreement::document::problem::Findings;
use crate::agreement::document::reader::{Located, Section, Spot, Word, quoted};

use super::units::{Size, Time};
use super::{Door, KeyFiles, Limits, PartyFiles, door};

/// Everything the file says; a part that is missing or unreadable is `None`, and noted.
pub(super) struct RawConfig<'d> {
    pub agreement: Option<Word<'d>>,
    pub data_dir: Option<Word<'d>>,
    pub listen: Option<SocketAddr>,
    pub time_zone: Option<TimeZone>,
    pub namespace: Option<String>,
    pub keys: Option<KeyFiles>,
    /// The `parties` section and its entries.
    pub parties: Option<Located<'d, Vec<RawParty<'d>>>>,
    pub limits: Option<Limits>,
    pub rescan: Option<Located<'d, Time>>,
    pub settle: Option<Located<'d, Time>>,
    pub give_up: Option<Located<'d, Time>>,
    pub sftp: Door,
    pub archive: Option<Located<'d, Time>>,
    /// Every key file, for checks among them.
    pub files: Vec<Word<'d>>,
}

/// One party's entry, at its key.
pub(super) struct RawParty<'d> {
    pub id: Word<'d>,
    pub files: Option<PartyFiles>,
}

const KEYS: &[&str] = &[
    "agreement",
    "data_dir",
    "listen",
    "time_zone",
    "namespace",
    "keys",
    "parties",
    "limits",
    "rescan",
    "settle",
    "give_up",
    "sftp",
    "retention",
];

/// Reads the whole document; paths are resolved against `folder`.
pub(super) fn read<'d>(
    root: &Spot<'d>,
    folder: &Path,
    found: &mut Findings,
) -> Option<RawConfig<'d>> {
    let file = root.section(KEYS, found)?;
    let mut files = Files {
        folder,
        seen: Vec::new(),
    };
    let agreement = word(&file, "agreement", "the path of the agreement file", found);
    let data_dir = word(&file, "data_dir", "the path of a folder", found);
    let listen = file
        .required("listen", found)
        .and_then(|spot| spot.parsed("an address and a port", "127.0.0.1:2222", found))
        .map(|listen| listen.value);
    let time_zone = read_time_zone(&file, found);
    let namespace = read_namespace(&file, found);
    let keys = read_keys(&file, &mut files, found);
    let parties = read_parties(&file, &mut files, found);
    let limits = read_limits(&file, found);
    let rescan = time(&file, "rescan", found);
    let settle = time(&file, "settle", found);
    let give_up = time(&file, "give_up", found);
    let sftp = door::read(&file, found);
    let archive = file
        .required("retention", found)
        .and_then(|spot| spot.section(&["archive"], found))
        .and_then(|section| time(&section, "archive", found));
    Some(RawConfig {
        agreement,
        data_dir,
        listen,
        time_zone,
        namespace,
        keys,
        parties,
        limits,
        rescan,
        settle,
        give_up,
        sftp,
        archive,
        files: files.seen,
    })
}

fn word<'d>(
    section: &Section<'d>,
    key: &str,
    expected: &str,
    found: &mut Findings,
) -> Option<Word<'d>> {
    let spot = section.required(key, found)?;
    let value = spot.text(expected, found)?;
    Some(Located { value, spot })
}

fn time<'d>(section: &Section<'d>, key: &str, found: &mut Findings) -> Option<Located<'d, Time>> {
    section
        .required(key, found)?
        .parsed("a length of time", "30s, 10m, 24h or 90d", found)
}

fn read_time_zone(file: &Section<'_>, found: &mut Findings) -> Option<TimeZone> {
    let name = word(file, "time_zone", "the IANA name of a time zone", found)?;
    let zone = TimeZone::get(name.value).ok();
    if zone.is_none() {
        name.spot.problem(
            found,
            format!("there is no time zone {}", quoted(name.value)),
            "write an IANA name, as Asia/Jakarta, Asia/Makassar or Asia/Jayapura",
        );
    }
    zone
}

/// A namespace must stand in `allowed_signers` too, where `,`, `*`, `?` and `!` have a meaning.
fn read_namespace(file: &Section<'_>, found: &mut Findings) -> Option<String> {
    let name = word(file, "namespace", "a word", found)?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._@-".contains(&b);
    if name.value.len() > 64 || !name.value.bytes().all(allowed) {
        name.spot.problem(
            found,
            format!("{} cannot be a namespace", quoted(name.value)),
            "write at most 64 letters, digits, dots, @, _ or -, as padan",
        );
        return None;
    }
    Some(name.value.to_owned())
}

/// Resolves key files and remembers them.
struct Files<'p, 'd> {
    folder: &'p Path,
    seen: Vec<Word<'d>>,
}

impl<'d> Files<'_, 'd> {
    fn read(&mut self, section: &Section<'d>, key: &str, found: &mut Findings) -> Option<PathBuf> {
        let spot = section.required(key, found)?;
        self.read_at(spot, found)
    }

    fn read_if_named(
        &mut self,
        section: &Section<'d>,
        key: &str,
        found: &mut Findings,
    ) -> Option<PathBuf> {
        let spot = section.optional(key)?;
        self.read_at(spot, found)
    }

    fn read_at(&mut self, spot: Spot<'d>, found: &mut Findings) -> Option<PathBuf> {
        let value = spot.text("the path of a file", found)?;
        let path = self.folder.join(value);
        self.seen.push(Located { value, spot });
        Some(path)
    }
}

fn read_keys<'d>(
    file: &Section<'d>,
    files: &mut Files<'_, 'd>,
    found: &mut Findings,
) -> Option<KeyFiles> {
    let required = ["ssh_host", "age_identity", "store_identity", "signing"];
    let optional = ["ssh_host_certificate", "revoked_keys"];
    let names = [&required[..], &optional[..]].concat();
    let section = file.required("keys", found)?.section(&names, found)?;
    let [ssh_host, age_identity, store_identity, signing] =
        required.map(|name| files.read(&section, name, found));
    let [ssh_host_certificate, revoked_keys] =
        optional.map(|name| files.read_if_named(&section, name, found));
    Some(KeyFiles {
        ssh_host: ssh_host?,
        ssh_host_certificate,
        revoked_keys,
        age_identity: age_identity?,
        store_identity: store_identity?,
        signing: signing?,
    })
}

fn read_parties<'d>(
    file: &Section<'d>,
    files: &mut Files<'_, 'd>,
    found: &mut Findings,
) -> Option<Located<'d, Vec<RawParty<'d>>>> {
    let spot = file.required("parties", found)?;
    let entries = spot.entries("the two parties by id", found)?;
    let value = entries
        .into_iter()
        .map(|(id, spot)| RawParty {
            files: read_party(&spot, files, found),
            id: Located { value: id, spot },
        })
        .collect();
    Some(Located { value, spot })
}

fn read_party<'d>(
    spot: &Spot<'d>,
    files: &mut Files<'_, 'd>,
    found: &mut Findings,
) -> Option<PartyFiles> {
    let names = ["authorized_keys", "allowed_signers", "recipients"];
    let section = spot.section(&names, found)?;
    let [authorized_keys, allowed_signers, recipients] =
        names.map(|name| files.read(&section, name, found));
    Some(PartyFiles {
        authorized_keys: authorized_keys?,
        allowed_signers: allowed_signers?,
        recipients: recipients?,
    })
}

fn read_limits(file: &Section<'_>, found: &mut Findings) -> Option<Limits> {
    let section = file
        .required("limits", found)?
        .section(&["data_file", "plaintext", "row", "expansion"], found)?;
    let mut size = |key: &str| -> Option<Located<'_, Size>> {
        section
            .required(key, found)?
            .parsed("a size", "64KiB, 10MiB or 20GiB", found)
    };
    let data_file = size("data_file");
    let plaintext = size("plaintext");
    let row = size("row");
    let expansion = section
        .required("expansion", found)
        .and_then(|spot| spot.number(1..=1_000_000, found));
    if let (Some(row), Some(plaintext)) = (&row, &plaintext)
        && row.value.0 > plaintext.value.0
    {
        row.spot.problem(
            found,
            "a row may not be larger than the plaintext it stands in",
            "write a smaller size, as 64KiB",
        );
    }
    Some(Limits {
        data_file: data_file?.value.0,
        plaintext: plaintext?.value.0,
        row: row?.value.0,
        expansion: expansion?,
    })
}
