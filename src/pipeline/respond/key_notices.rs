//! The notices about keys: a new one of ours, and one of theirs that ends soon.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::agreement::PartyId;
use crate::delivery::Notice;
use crate::rejection::Code;
use crate::trust::life::{Key, Purpose};
use crate::trust::rotation::{Role, Rotation};

use super::super::Context;
use super::super::keys::{ENDING, topic};
use super::notices::{blank, day};

/// Tells `party` that a new key of ours takes the place of an old one, and how to install it.
pub fn rotation(cx: &Context, party: &PartyId, rotation: &Rotation) -> Notice {
    let mut notice = blank(cx, party, Code::KeyRotation, &topic(rotation.role.as_str()));
    let switch = day(cx, rotation.switch).to_string();
    let namespace = &cx.config.namespace;
    let signers = rotation.signers(namespace);
    let install = Install {
        signers: &signers,
        recipients: &rotation.recipients(false),
        postquantum: &rotation.recipients(true),
        host_keys: &rotation.host_keys(),
    };
    let [what_id, what_en] = words(rotation.role);
    let verify = format!(
        "ssh-keygen -Y verify -f padan_signers -I padan -n {namespace} -s {name}.json.sig < {name}.json",
        name = notice.name
    );
    notice.pesan.subject = format!("kunci baru layanan: {what_id}, mulai {switch}");
    notice.message.subject = format!("new key of the service: {what_en}, from {switch}");
    for key in &rotation.new {
        let print = format!("{}  {}", key.kind, key.fingerprint);
        notice.pesan.lines.push(format!("Sidik jari: {print}"));
        notice.message.lines.push(format!("Fingerprint: {print}"));
    }
    let accept = format!("padan keys accept {}.json", notice.name);
    notice.pesan.lines.extend([
        "Pastikan dahulu bahwa pemberitahuan ini dari layanan, dengan kunci yang sudah Anda miliki:".to_owned(),
        format!("  {verify}"),
        format!("Lalu dengan padan: {accept}"),
        "Atau dengan tangan:".to_owned(),
    ]);
    notice.message.lines.extend([
        "First make sure that this notice is the service's, with the key that you have already:"
            .to_owned(),
        format!("  {verify}"),
        format!("Then with padan: {accept}"),
        "Or by hand:".to_owned(),
    ]);
    install.write(&INDONESIAN, &mut notice.pesan.lines);
    install.write(&ENGLISH, &mut notice.message.lines);
    notice.details = [
        ("role", json!(rotation.role.as_str())),
        ("switch", json!(rotation.switch)),
        ("new", keys(&rotation.new)),
        ("old", keys(&rotation.old)),
        ("padan_signers", json!(install.signers)),
        ("padan_recipients", json!(install.recipients)),
        ("padan_recipients_pq", json!(install.postquantum)),
        ("host_keys", json!(install.host_keys)),
    ]
    .into();
    notice
}

/// Tells `party` which of its keys end soon, and in how many days.
pub fn ends_soon(cx: &Context, party: &PartyId, ending: &[(&Key, i64)]) -> Notice {
    let mut notice = blank(cx, party, Code::KeyEndsSoon, ENDING);
    let soonest = ending.iter().map(|(_, days)| *days).min().unwrap_or(0);
    notice.pesan.subject = format!("kunci Anda berakhir dalam {soonest} hari");
    notice.message.subject = format!("a key of yours ends in {soonest} days");
    for (key, days) in ending {
        let until = |at: Timestamp| day(cx, at).to_string();
        let until = key.until.map_or(String::new(), until);
        let [id, en] = use_of(key.purpose);
        let print = format!("{}  {}", key.kind, key.fingerprint);
        let lines = [format!("{id}: {until} ({days} hari)"), format!("  {print}")];
        notice.pesan.lines.extend(lines);
        let lines = [format!("{en}: {until} ({days} days)"), format!("  {print}")];
        notice.message.lines.extend(lines);
    }
    let one = |(key, days): &(&Key, i64)| {
        json!({
            "purpose": key.purpose,
            "kind": key.kind,
            "fingerprint": key.fingerprint,
            "until": key.until,
            "days": days,
        })
    };
    notice.details = [("keys", ending.iter().map(one).collect())].into();
    notice
}

fn keys(keys: &[Key]) -> Value {
    let one =
        |key: &Key| json!({"kind": key.kind, "fingerprint": key.fingerprint, "public": key.public});
    keys.iter().map(one).collect()
}

/// What goes into which file of a party.
struct Install<'a> {
    signers: &'a [String],
    recipients: &'a [String],
    postquantum: &'a [String],
    host_keys: &'a [String],
}

/// What stands before the lines of each file.
struct Steps {
    signers: &'static str,
    recipients: &'static str,
    postquantum: &'static str,
    host_keys: &'static str,
}

const INDONESIAN: Steps = Steps {
    signers: "Ganti isi padan_signers dengan baris-baris ini (kunci lama dan baru):",
    recipients: "Ganti isi padan_recipients.txt dengan baris ini:",
    postquantum: "Ganti isi padan_recipients_pq.txt, bila Anda memakainya, dengan baris ini:",
    host_keys: "Tambahkan di known_hosts satu baris lagi: nama server seperti pada baris yang sudah ada, lalu",
};

const ENGLISH: Steps = Steps {
    signers: "Replace what is in padan_signers by these lines (the old key and the new one):",
    recipients: "Replace what is in padan_recipients.txt by this line:",
    postquantum: "Replace what is in padan_recipients_pq.txt, if you use it, by this line:",
    host_keys: "Add one line to known_hosts: the server's name as in the line that is there, then",
};

impl Install<'_> {
    fn write(&self, steps: &Steps, lines: &mut Vec<String>) {
        for (step, content) in [
            (steps.signers, self.signers),
            (steps.recipients, self.recipients),
            (steps.postquantum, self.postquantum),
            (steps.host_keys, self.host_keys),
        ] {
            if !content.is_empty() {
                lines.push(step.to_owned());
                lines.extend(content.iter().map(|line| format!("  {line}")));
            }
        }
    }
}

/// What the key is for, in Indonesian and English.
fn words(role: Role) -> [&'static str; 2] {
    match role {
        Role::Signing => ["tanda tangan jawaban", "signatures of answers"],
        Role::Age => ["enkripsi kiriman", "encryption of deliveries"],
        Role::Host => ["server SFTP", "SFTP server"],
        Role::Store => ["penyimpanan", "store"],
    }
}

/// What a party's key is for, in Indonesian and English.
fn use_of(purpose: Purpose) -> [&'static str; 2] {
    match purpose {
        Purpose::LogIn => ["Masuk ke SFTP", "Logging in"],
        Purpose::CertifyLogins => ["Otoritas untuk masuk ke SFTP", "Authority for logging in"],
        Purpose::CertifySigners => [
            "Otoritas penanda tangan kiriman",
            "Authority for signers of deliveries",
        ],
        Purpose::OpenAnswers => ["Membuka jawaban", "Opening answers"],
        _ => ["Menandatangani kiriman", "Signing deliveries"],
    }
}
