//! `padan init`: a folder with configuration and keys, ready to serve.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{self, Path, PathBuf};

use clap::Args as ClapArgs;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::trust::envelope::NativeIdentity;
use crate::trust::generate::{age_identities, ssh_key_pair, write_new};

use super::Failure;

/// The example configuration of this repository.
const CONFIG: &str = include_str!("../../config/padan.yaml");
/// The example agreement of this repository.
const AGREEMENT: &str = include_str!("../../config/agreement.yaml");

/// Lay out a new exchange: configuration, agreement and the service's keys
///
/// With --trial both parties' keys are made, too, so that one person can play all three.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  padan init exchange --trial && padan serve --config exchange/padan.yaml"
)]
pub struct Args {
    /// A new or empty folder
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// Make both parties' keys as well, for trying out on this machine
    #[arg(long)]
    pub(super) trial: bool,
}

/// What of the example configuration the keys depend on.
#[derive(Debug, Deserialize)]
struct Template {
    listen: SocketAddr,
    namespace: String,
    parties: BTreeMap<PartyId, IgnoredAny>,
}

/// Public halves of the service's keys: what its parties get to know.
struct Service {
    host_key: String,
    signing_key: String,
    /// For every age.
    recipient: String,
    /// For those that know post-quantum recipients, and for parties that must use them.
    hybrid_recipient: String,
}

/// Public halves of one party's keys.
struct Party {
    ssh_key: String,
    recipient: String,
}

/// Lays out the folder and prints the next steps.
pub fn run(args: Args) -> Result<(), Failure> {
    print!("{}", lay_out(&args)?);
    Ok(())
}

/// Lays out the folder. Returns the next steps, for a person.
pub fn lay_out(args: &Args) -> Result<String, Failure> {
    let template: Template = serde_yaml::from_str(CONFIG)
        .map_err(|e| Failure::Fault(format!("the built-in configuration: {e}")))?;
    let dir = new_folder(&args.dir)?;
    let now = Timestamp::now();

    write_new(&dir.join("padan.yaml"), CONFIG.as_bytes(), 0o644)?;
    write_new(&dir.join("agreement.yaml"), AGREEMENT.as_bytes(), 0o644)?;
    let service = make_service_keys(&dir.join("keys/service"), now)?;
    for party in template.parties.keys() {
        let made = match args.trial {
            true => Some(make_trial(&dir, party, &template, &service, now)?),
            false => None,
        };
        write_party_keys(
            &dir.join("keys/parties").join(party.as_str()),
            party,
            &template,
            made,
        )?;
    }
    Ok(next_steps(&dir, args, &template, &service))
}

/// Absolute, because ssh resolves relative paths from wherever it is started.
fn new_folder(dir: &Path) -> Result<PathBuf, Failure> {
    let dir = path::absolute(dir).map_err(Fault::io("find", dir))?;
    let strange = |c: char| c.is_control() || "\"\\$".contains(c);
    if dir.to_str().is_none_or(|text| text.contains(strange)) {
        return Err(Failure::Usage(format!(
            "{}: ssh cannot be told such a path; name one without quotes, $ and backslashes",
            dir.display()
        )));
    }
    open_folder(&dir)?;
    let mut entries = fs::read_dir(&dir).map_err(Fault::io("list", &dir))?;
    if entries.next().is_some() {
        return Err(Failure::Usage(format!(
            "{} is not empty; name a new folder",
            dir.display()
        )));
    }
    Ok(dir)
}

fn make_service_keys(dir: &Path, now: Timestamp) -> Result<Service, Fault> {
    private_folder(dir)?;
    let host_key = ssh_key_pair(&dir.join("ssh_host_ed25519_key"), "padan-host")?;
    let signing_key = ssh_key_pair(&dir.join("signing_key"), "padan-signing")?;
    let both = [NativeIdentity::hybrid(), NativeIdentity::classical()];
    let [hybrid_recipient, recipient] = age_identities(&dir.join("age_identity.txt"), now, both)?;
    let store = [NativeIdentity::hybrid()];
    let [store] = age_identities(&dir.join("store_identity.txt"), now, store)?;
    for (name, recipient) in [
        ("age_identity.pub", &recipient),
        ("age_identity_pq.pub", &hybrid_recipient),
        ("store_identity.pub", &store),
    ] {
        write_new(&dir.join(name), format!("{recipient}\n").as_bytes(), 0o644)?;
    }
    Ok(Service {
        host_key,
        signing_key,
        recipient,
        hybrid_recipient,
    })
}

/// What a party holds: its keys, the service's public halves, and an ssh configuration.
fn make_trial(
    root: &Path,
    party: &PartyId,
    template: &Template,
    service: &Service,
    now: Timestamp,
) -> Result<Party, Fault> {
    let dir = root.join("trial").join(party.as_str());
    private_folder(&dir)?;
    let ssh_key = ssh_key_pair(&dir.join("id_ed25519"), &format!("{party}-trial"))?;
    // Classical, so that every age opens the answers.
    let identity = [NativeIdentity::classical()];
    let [recipient] = age_identities(&dir.join("age_identity.txt"), now, identity)?;
    let files = [
        (
            "padan_recipients.txt",
            format!(
                "# Padan: encrypt deliveries to this\n{}\n",
                service.recipient
            ),
        ),
        (
            "padan_recipients_pq.txt",
            format!(
                "# Padan: encrypt deliveries to this where the agreement demands post-quantum (age 1.3, padan seal)\n{}\n",
                service.hybrid_recipient
            ),
        ),
        (
            "padan_signers",
            format!(
                "# Padan signs its answers with this\npadan namespaces=\"{}\" {}\n",
                template.namespace, service.signing_key
            ),
        ),
        ("known_hosts", format!("padan {}\n", service.host_key)),
        ("agreement.yaml", AGREEMENT.to_owned()),
        ("padan-party.yaml", profile(party, template)),
        ("ssh_config", ssh_config(&dir, party, template.listen)),
    ];
    for (name, text) in files {
        write_new(&dir.join(name), text.as_bytes(), 0o644)?;
    }
    Ok(Party { ssh_key, recipient })
}

/// The host key is known by the name `padan`, so it is recognised on whatever port the server listens.
fn ssh_config(dir: &Path, party: &PartyId, listen: SocketAddr) -> String {
    let quotable = |name: &str| dir.join(name).display().to_string().replace('%', "%%");
    format!(
        "# sftp -F {config} padan\n\
         Host padan\n\
         \x20   HostName {host}\n\
         \x20   Port {port}\n\
         \x20   User {party}\n\
         \x20   IdentityFile \"{identity}\"\n\
         \x20   IdentitiesOnly yes\n\
         \x20   UserKnownHostsFile \"{known_hosts}\"\n\
         \x20   GlobalKnownHostsFile /dev/null\n\
         \x20   HostKeyAlias padan\n\
         \x20   StrictHostKeyChecking yes\n",
        config = dir.join("ssh_config").display(),
        host = reachable(listen.ip()),
        port = listen.port(),
        identity = quotable("id_ed25519"),
        known_hosts = quotable("known_hosts"),
    )
}

/// What `padan seal` and `padan fetch` find in the folder in which they are started.
fn profile(party: &PartyId, template: &Template) -> String {
    let Template {
        listen, namespace, ..
    } = template;
    format!(
        "# padan seal and padan fetch read this file in the folder where they are started. Paths are relative to it.\n\
         party: {party}\n\
         agreement: agreement.yaml            # a copy, from the operator\n\
         key: id_ed25519                      # logs in and signs\n\
         identity: age_identity.txt           # opens answers\n\
         recipients: padan_recipients.txt     # to whom you encrypt\n\
         signers: padan_signers               # who signs receipts and answers\n\
         # revoked: revoked_keys              # keys that may sign no more: of ssh-keygen -k, or public keys, one a line\n\
         namespace: {namespace}\n\
         server:\n\
         \x20 host: {host}\n\
         \x20 port: {port}\n\
         \x20 known_hosts: known_hosts           # the server's key ...\n\
         \x20 host_key_alias: padan              # ... and the name under which it stands there\n\
         sent: sent                           # what was sealed; keep it: the next sequence follows from it\n\
         received: received                   # what padan fetch collected\n",
        host = reachable(listen.ip()),
        port = listen.port(),
    )
}

/// Where a client on this machine finds a server that listens on `ip`.
fn reachable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

/// What the service knows of a party; without a trial, how to fill it in.
fn write_party_keys(
    dir: &Path,
    party: &PartyId,
    template: &Template,
    made: Option<Party>,
) -> Result<(), Fault> {
    let namespace = &template.namespace;
    let [logins, signers, recipients] = match made {
        Some(Party { ssh_key, recipient }) => [
            format!("{ssh_key} {party}-trial\n"),
            format!("{party} namespaces=\"{namespace}\" {ssh_key}\n"),
            format!("{recipient}\n"),
        ],
        None => [
            format!("# ssh-ed25519 AAAA… budi@{party}\n"),
            format!(
                "# {party} namespaces=\"{namespace}\",valid-before=\"20271231Z\" ssh-ed25519 AAAA…\n"
            ),
            "# age1…\n".to_owned(),
        ],
    };
    folder(dir, 0o755)?;
    for (name, explanation, keys) in [
        (
            "authorized_keys",
            "Who may log in over SFTP: the .pub file of `ssh-keygen -t ed25519`, one a line, as for sshd.",
            logins,
        ),
        (
            "allowed_signers",
            "Who may sign its deliveries: party, options, then the first two words of the .pub file, one a line.",
            signers,
        ),
        (
            "recipients.txt",
            "Who opens its answers: the recipient that `age-keygen` prints, one a line; age1pq1… not beside others.",
            recipients,
        ),
    ] {
        let text = format!("# {party}. {explanation}\n{keys}");
        write_new(&dir.join(name), text.as_bytes(), 0o644)?;
    }
    Ok(())
}

fn private_folder(dir: &Path) -> Result<(), Fault> {
    folder(dir, 0o700)
}

/// Others may look, whatever the umask; only the owner may put in other keys.
fn open_folder(dir: &Path) -> Result<(), Fault> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(dir)
        .map_err(Fault::io("make", dir))
}

fn folder(dir: &Path, mode: u32) -> Result<(), Fault> {
    if let Some(parent) = dir.parent() {
        open_folder(parent)?;
    }
    DirBuilder::new()
        .mode(mode)
        .create(dir)
        .map_err(Fault::io("make", dir))
}

fn next_steps(dir: &Path, args: &Args, template: &Template, service: &Service) -> String {
    let mut shown = dir.display().to_string();
    let mut text = format!("Laid out {shown}\n\n");
    if shown.contains(' ') {
        shown = format!("\"{shown}\"");
    }
    if args.trial {
        text.push_str(&format!(
            "1. padan serve --config {shown}/padan.yaml\n\
             2. In another terminal, as a party (id_ed25519 and age_identity.txt are its keys):\n"
        ));
        for party in template.parties.keys() {
            text.push_str(&format!(
                "     cd {shown}/trial/{party} && sftp -F ssh_config padan\n"
            ));
        }
        text.push_str(
            "3. `padan seal --to padan_recipients.txt --key id_ed25519 FILE` makes a delivery of a data file,\n   \
                `padan open --identity age_identity.txt --signers padan_signers FOLDER` opens an answer.\n\
             These keys are for trying out: whoever made them has both parties' private halves.\n",
        );
    } else {
        text.push_str(&format!(
            "1. Fill in each party's public keys under {shown}/keys/parties.\n\
             2. Read {shown}/padan.yaml and {shown}/agreement.yaml.\n\
             3. padan check --config {shown}/padan.yaml\n\
             4. Give the parties, in a way that proves it is you:\n     \
                   recipient     {}\n     \
                   post-quantum  the line in {shown}/keys/service/age_identity_pq.pub\n     \
                   signing key   padan namespaces=\"{}\" {}\n     \
                   host key      {}\n",
            service.recipient, template.namespace, service.signing_key, service.host_key
        ));
    }
    text
}
