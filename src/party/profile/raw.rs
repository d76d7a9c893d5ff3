//! The profile as it is written: types, formats and unknown keys.

use std::path::{Path, PathBuf};

use crate::agreement::PartyId;
use crate::agreement::document::problem::Findings;
use crate::agreement::document::reader::{Section, Spot, quoted};

use super::{NAMESPACE, PORT, Profile, Server};

const KEYS: &[&str] = &[
    "party",
    "agreement",
    "key",
    "identity",
    "recipients",
    "signers",
    "revoked",
    "namespace",
    "server",
    "sent",
    "received",
];
const SERVER_KEYS: &[&str] = &["host", "port", "known_hosts", "host_key_alias"];

/// Reads the whole document of `file`; what is wrong is noted, and then nothing is returned.
pub(super) fn read(root: &Spot<'_>, file: &Path, found: &mut Findings) -> Option<Profile> {
    let section = root.section(KEYS, found)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut path = |key| read_path(&section, key, folder, found);
    let [agreement, key, identity, recipients, signers] =
        ["agreement", "key", "identity", "recipients", "signers"].map(&mut path);
    let mut own = |key| match section.optional(key) {
        Some(spot) => spot
            .text("the path of a folder", found)
            .map(|named| folder.join(named)),
        None => Some(folder.join(key)),
    };
    let [sent, received] = ["sent", "received"].map(&mut own);
    let party = section
        .required("party", found)
        .and_then(|spot| spot.parsed::<PartyId>("a party", "bkn", found));
    let revoked = match section.optional("revoked") {
        Some(spot) => spot
            .text("the path of a file", found)
            .map(|named| Some(folder.join(named))),
        None => Some(None),
    };
    let namespace = read_namespace(&section, found);
    let server = match section.optional("server") {
        Some(spot) => read_server(&spot, folder, found).map(Some),
        None => Some(None),
    };
    Some(Profile {
        file: file.to_owned(),
        party: party?.value,
        agreement: agreement?,
        key: key?,
        identity: identity?,
        recipients: recipients?,
        signers: signers?,
        revoked: revoked?,
        namespace: namespace?,
        server: server?,
        sent: sent?,
        received: received?,
    })
}

fn read_path(
    section: &Section<'_>,
    key: &str,
    folder: &Path,
    found: &mut Findings,
) -> Option<PathBuf> {
    let spot = section.required(key, found)?;
    Some(folder.join(spot.text("the path of a file", found)?))
}

fn read_namespace(section: &Section<'_>, found: &mut Findings) -> Option<String> {
    match section.optional("namespace") {
        Some(spot) => Some(spot.text("a word", found)?.to_owned()),
        None => Some(NAMESPACE.to_owned()),
    }
}

fn read_server(spot: &Spot<'_>, folder: &Path, found: &mut Findings) -> Option<Server> {
    let section = spot.section(SERVER_KEYS, found)?;
    let host = section
        .required("host", found)
        .and_then(|spot| read_host(&spot, found));
    let port = match section.optional("port") {
        Some(spot) => spot.number(1..=u16::MAX, found),
        None => Some(PORT),
    };
    let known_hosts = read_path(&section, "known_hosts", folder, found);
    let host_key_alias = match section.optional("host_key_alias") {
        Some(spot) => read_host(&spot, found).map(Some),
        None => Some(None),
    };
    Some(Server {
        host: host?,
        port: port?,
        known_hosts: known_hosts?,
        host_key_alias: host_key_alias?,
    })
}

/// A name or an address alone; people write what they see elsewhere, as `sftp://host:2222`.
fn read_host(spot: &Spot<'_>, found: &mut Findings) -> Option<String> {
    let host = spot.text("the name or address of a machine", found)?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let address = host.parse::<std::net::IpAddr>().is_ok();
    if !address && !host.bytes().all(allowed) {
        spot.problem(
            found,
            format!("{} is no name or address", quoted(host)),
            "write it alone, as padan.example.go.id; the port stands in `port`, the account is the party",
        );
        return None;
    }
    Some(host.to_owned())
}
