//! Lists of signers mean to us what they mean to ssh-keygen.

use padan::agreement::PartyId;
use padan::rejection::Code;
use padan::trust::allowed_signers::AllowedSigners;
use padan::trust::sshsig;

use super::tools::{Place, public, sign, succeed};
use super::verdict::Ours::{Good, NoList, Refused, StricterList};
use super::verdict::{MESSAGE, compare, now, ssh_keygen_accepts};

#[test]
#[ignore = "needs ssh-keygen"]
fn lists_of_signers_mean_what_they_mean_to_ssh_keygen() {
    let place = Place::new();
    let key = place.ssh_key("id", "ed25519", "");
    let signature = sign(&key, "padan", "sha512", MESSAGE);
    let every_line = "ssh-keygen passes over a line that it cannot use";
    let no_namespaces = "a key without namespaces= is good for everything";
    let cases = [
        ("bkn namespaces=\"padan\" K", Good),
        ("bkn namespaces=\"padan\" K Budi Santoso", Good),
        ("  bkn\tnamespaces=\"padan\" \t K", Good),
        ("# c\n\n  bkn namespaces=\"padan\" K", Good),
        ("bkn NAMESPACES=\"padan\" K", Good),
        ("bkn namespaces=\"padan\" K\r\n", Good),
        (
            "bpjs namespaces=\"padan\" K\nbkn namespaces=\"padan\" K",
            Good,
        ),
        // principals
        ("b* namespaces=\"padan\" K", Good),
        ("?kn namespaces=\"padan\" K", Good),
        ("bpjs,bkn namespaces=\"padan\" K", Good),
        ("\"bpjs,bkn\" namespaces=\"padan\" K", Good),
        ("\"a b,bkn\" namespaces=\"padan\" K", Good),
        ("*,!bpjs namespaces=\"padan\" K", Good),
        (
            "*,!bkn namespaces=\"padan\" K",
            Refused(Code::SignerNotSender),
        ),
        (
            "!bkn,* namespaces=\"padan\" K",
            Refused(Code::SignerNotSender),
        ),
        (
            "!bpjs namespaces=\"padan\" K",
            Refused(Code::SignerNotSender),
        ),
        ("BKN namespaces=\"padan\" K", Refused(Code::SignerNotSender)),
        (
            "bpjs namespaces=\"padan\" K",
            Refused(Code::SignerNotSender),
        ),
        (
            "bkn2 namespaces=\"padan\" K",
            Refused(Code::SignerNotSender),
        ),
        ("?? namespaces=\"padan\" K", Refused(Code::SignerNotSender)),
        (
            "bkn,bpjs, namespaces=\"padan\" K",
            StricterList("an empty pattern is a slip"),
        ),
        (
            "\"bkn\"namespaces=\"padan\" K",
            StricterList("a blank belongs behind the quote"),
        ),
        (
            "b\"kn\" namespaces=\"padan\" K",
            StricterList("quotes belong around the whole"),
        ),
        ("\"bkn namespaces=\"padan\" K", NoList),
        ("\u{feff}bkn namespaces=\"padan\" K", NoList),
        // namespaces
        ("bkn K", StricterList(no_namespaces)),
        (
            "bkn valid-before=\"20300101Z\" K",
            StricterList(no_namespaces),
        ),
        ("bkn namespaces=\"pa*\" K", Good),
        ("bkn namespaces=\"file,padan\" K", Good),
        ("bkn namespaces=\"file\" K", Refused(Code::NamespaceWrong)),
        ("bkn namespaces=\"PADAN\" K", Refused(Code::NamespaceWrong)),
        (
            "bkn namespaces=\"*,!padan\" K",
            Refused(Code::NamespaceWrong),
        ),
        (
            "bkn namespaces=\"padan-test\" K",
            Refused(Code::NamespaceWrong),
        ),
        ("bkn namespaces=\"\" K", NoList),
        ("bkn namespaces=padan K", NoList),
        ("bkn namespaces=\"padan K", NoList),
        ("bkn namespaces=\"padan\"x K", NoList),
        ("bkn namespaces=\"padan\", K", NoList),
        ("bkn namespaces=\"padan\",foo K", NoList),
        ("bkn namespaces=\"padan\",foo=\"bar\" K", NoList),
        ("bkn namespaces=\"padan\",namespaces=\"padan\" K", NoList),
        (
            "bkn namespaces=\"pad\\\"an,padan\" K",
            StricterList("no namespace has a quote in it"),
        ),
        ("bkn cert-authority K", NoList),
        (
            "bkn cert-authority,namespaces=\"padan\" K",
            Refused(Code::SignerUnknown),
        ),
        (
            "bkn namespaces=\"padan\",CERT-AUTHORITY K",
            Refused(Code::SignerUnknown),
        ),
        (
            "bkn cert-authority,namespaces=\"padan\" K\nbkn namespaces=\"padan\" K",
            Good,
        ),
        (
            "bkn cert-authority,namespaces=\"padan\",cert-authority K\nbkn namespaces=\"padan\" K",
            StricterList("one word twice is a slip"),
        ),
        // times, judged at 2026-11-22T12:00:00Z
        ("bkn namespaces=\"padan\",valid-after=\"20261122Z\" K", Good),
        (
            "bkn valid-after=\"20261122Z\",namespaces=\"padan\",valid-before=\"20261123Z\" K",
            Good,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"202611221200Z\" K",
            Good,
        ),
        (
            "bkn namespaces=\"padan\",valid-after=\"20261122120000Z\" K",
            Good,
        ),
        (
            "bkn namespaces=\"padan\",VALID-BEFORE=\"20261122120000Z\" K",
            Good,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20261122115959Z\" K",
            Refused(Code::SignerExpired),
        ),
        (
            "bkn namespaces=\"padan\",valid-after=\"20261122120001Z\" K",
            Refused(Code::SignerExpired),
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20261122Z\" K",
            Refused(Code::SignerExpired),
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20200101\" K",
            Refused(Code::SignerExpired),
        ),
        (
            "bkn namespaces=\"padan\",valid-after=\"20200101\",valid-before=\"20400101\" K",
            Good,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20200101Z\" K\nbkn namespaces=\"padan\",valid-after=\"20260101Z\" K",
            Good,
        ),
        ("bkn namespaces=\"padan\",valid-before=\"2030\" K", NoList),
        (
            "bkn namespaces=\"padan\",valid-before=\"2030-01-01Z\" K",
            NoList,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20301301Z\" K",
            NoList,
        ),
        ("bkn namespaces=\"padan\",valid-before=20300101Z K", NoList),
        ("bkn namespaces=\"padan\",valid-before K", NoList),
        (
            "bkn namespaces=\"padan\",valid-before=\"20300101Z\",valid-before=\"20300101Z\" K",
            NoList,
        ),
        (
            "bkn namespaces=\"padan\",valid-after=\"20250102Z\",valid-before=\"20250101Z\" K",
            NoList,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20300230Z\" K",
            StricterList("there is no 30 February"),
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20300101z\" K",
            StricterList("documented is a capital Z"),
        ),
        // keys
        (
            "bkn namespaces=\"padan\" OTHER",
            Refused(Code::SignerUnknown),
        ),
        (
            "bkn namespaces=\"padan\" OTHER\nbkn namespaces=\"padan\" K",
            Good,
        ),
        ("bkn namespaces=\"padan\" ssh-ed25519", NoList),
        ("bkn namespaces=\"padan\" ssh-ed25519 AAAA", NoList),
        ("bkn", NoList),
        ("", Refused(Code::SignerUnknown)),
        (
            "garbage\nbkn namespaces=\"padan\" K",
            StricterList(every_line),
        ),
        (
            "bkn namespaces=\"padan\" K\nbpjs namespaces=\"padan\" ssh-ed25519 AAAA",
            StricterList(every_line),
        ),
        (
            "bkn namespaces=\"padan\" K\nbpjs cert-authority OTHER",
            StricterList(every_line),
        ),
    ];
    let other = public(&place.ssh_key("other", "ed25519", ""));
    for (text, expected) in cases {
        let text = text.replace("OTHER", &other);
        let text = replace_key(&text, &public(&key));
        compare(&place, &text, "padan", MESSAGE, &signature, &expected);
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn no_list_put_together_at_random_is_taken_more_easily_than_by_ssh_keygen() {
    let place = Place::new();
    let path = place.ssh_key("id", "ed25519", "");
    let key = public(&path);
    let signature = sign(&path, "padan", "sha512", MESSAGE);
    let party: PartyId = "bkn".parse().unwrap();
    let pieces = [
        "bkn",
        "bpjs",
        "*",
        "?",
        "!",
        ",",
        "\"",
        "\"",
        " ",
        " ",
        "\t",
        "\n",
        "\r\n",
        "#",
        "=",
        "\\",
        "padan",
        "Z",
        "namespaces=\"padan\"",
        "namespaces=\"*\"",
        "namespaces=",
        "valid-after=\"20260101Z\"",
        "valid-before=\"20270101Z\"",
        "valid-before=\"20260101Z\"",
        "cert-authority",
        &key,
        &key,
        "ssh-ed25519 ",
    ];
    let mut random = fastrand::Rng::with_seed(20_261_122);
    let mut both = 0;
    for _ in 0..4000 {
        // Mostly a good line with something put into it, or else nothing would ever be accepted.
        let mut line = [
            "bkn",
            " ",
            "namespaces=\"padan\"",
            ",",
            "valid-after=\"20260101Z\"",
            " ",
            &key,
        ]
        .to_vec();
        for _ in 0..random.usize(1..4) {
            let piece = random.choice(pieces).unwrap();
            match random.bool() {
                true => line.insert(random.usize(..=line.len()), piece),
                false => *random.choice(&mut line).unwrap() = piece,
            }
        }
        let text = line.concat();
        let Ok(list) = AllowedSigners::parse(&text) else {
            continue;
        };
        let ours = sshsig::verify(
            &[(&party, &list)],
            None,
            &party,
            "padan",
            now(),
            MESSAGE,
            &signature,
        );
        let theirs = ssh_keygen_accepts(&place, &text, None, "padan", MESSAGE, &signature);
        assert_eq!(
            ours.is_ok(),
            theirs,
            "{text:?}: we say {ours:?}, ssh-keygen {theirs}"
        );
        both += usize::from(theirs);
    }
    assert!(both > 50, "only {both} lists were good to both");
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_counterparts_key_is_not_the_senders() {
    let place = Place::new();
    let (bkn, bpjs): (PartyId, PartyId) = ("bkn".parse().unwrap(), "bpjs".parse().unwrap());
    let theirs = place.ssh_key("bpjs", "ed25519", "");
    let ours = place.ssh_key("bkn", "ed25519", "");
    let line = |party: &str, key| format!("{party} namespaces=\"padan\" {}", public(key));
    let list = |text: String| AllowedSigners::parse(&text).unwrap();
    let signature = sign(&theirs, "padan", "sha512", MESSAGE);
    let verdict = |bkn_list: &AllowedSigners, bpjs_list: &AllowedSigners| {
        let parties = [(&bkn, bkn_list), (&bpjs, bpjs_list)];
        sshsig::verify(&parties, None, &bkn, "padan", now(), MESSAGE, &signature)
    };

    let (of_bkn, of_bpjs) = (list(line("bkn", &ours)), list(line("bpjs", &theirs)));
    assert_eq!(verdict(&of_bkn, &of_bpjs), Err(Code::SignerNotSender));
    let lying = list(line("bkn", &theirs));
    assert_eq!(
        verdict(&of_bkn, &lying),
        Err(Code::SignerNotSender),
        "another party's list decides nothing"
    );
    assert_eq!(
        verdict(&list(line("bpjs", &theirs)), &list(String::new())),
        Err(Code::SignerNotSender)
    );
    assert_eq!(
        verdict(&of_bkn, &list(String::new())),
        Err(Code::SignerUnknown)
    );
    let signer = verdict(&lying, &of_bpjs).unwrap();
    let listed = succeed("ssh-keygen", ["-l", "-f", theirs.to_str().unwrap()], b"");
    assert!(
        String::from_utf8(listed)
            .unwrap()
            .contains(&signer.fingerprint)
    );
}

/// Puts the key in the place of the word `K`.
fn replace_key(text: &str, key: &str) -> String {
    text.split_inclusive([' ', '\t', '\n', '\r'])
        .map(|word| match word.trim_end() {
            "K" => word.replacen('K', key, 1),
            _ => word.to_owned(),
        })
        .collect()
}
