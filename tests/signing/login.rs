//! Our own SFTP client logs in by the same keys.

use std::fs;
use std::path::Path;

use padan::fault::Fault;
use padan::sftp::Limits;
use padan::sftp::client::{Client, Login};
use padan::trust::signing::Signer;

use crate::common::SftpSite;
use crate::desk::{Desk, Person, sentence};

/// A server where `bkn` logs in with these lines.
fn site(lines: &str) -> SftpSite {
    SftpSite::start_with(Limits::default(), |_, dir| {
        fs::write(dir.join("bkn/authorized_keys"), lines).unwrap();
    })
}

/// What the party sees.
fn listed(site: &SftpSite, path: &Path, person: &Person) -> Result<usize, Fault> {
    let login = Login::by(&Signer::find(path, person)?)?;
    site.runtime.block_on(async {
        let host_key = site.host_key();
        let client = Client::connect(site.address(), "bkn", &login, &host_key).await?;
        let count = client.list(".").await?.len();
        client.disconnect().await?;
        Ok(count)
    })
}

#[test]
#[ignore = "needs ssh-agent, ssh-add, ssh-keygen"]
fn a_passphrase_an_agent_and_a_certificate_open_the_door() {
    let desk = Desk::new();
    let agent = desk.agent();
    for (name, args) in [
        ("ed25519", &["-t", "ed25519"][..]),
        ("ecdsa", &["-t", "ecdsa"]),
        ("rsa", &["-t", "rsa", "-b", "3072"]),
    ] {
        eprintln!("{name}");
        let path = desk.key(name, &[args, &["-N", "sandi"]].concat());
        let public = path.with_extension("pub");
        let by_key = site(&desk.read(&format!("{name}.pub")));
        assert_eq!(
            listed(&by_key, &path, &Person::typing(&["sandi"])).unwrap(),
            4
        );
        desk.answers("sandi", 0);
        desk.add(&agent, &["-q", name]);
        assert_eq!(listed(&by_key, &public, &Person::with(&agent)).unwrap(), 4);

        let authority = format!("{name}_authority");
        desk.key(&authority, &["-t", "ed25519"]);
        let line = desk.read(&format!("{authority}.pub"));
        let by_authority = site(&format!("cert-authority {line}"));
        let certificate = desk.certify(name, &authority, &[]);
        for person in [Person::typing(&["sandi"]), Person::with(&agent)] {
            assert_eq!(listed(&by_authority, &certificate, &person).unwrap(), 4);
        }
        let refused = listed(&by_authority, &path, &Person::with(&agent)).unwrap_err();
        assert!(refused.to_string().contains("does not accept"), "{refused}");
    }
}

#[test]
#[ignore = "needs ssh-agent, ssh-add, ssh-keygen"]
fn an_agent_that_goes_away_is_told() {
    let desk = Desk::new();
    let agent = desk.agent();
    let path = desk.key("id", &["-t", "ed25519"]);
    desk.add(&agent, &["-q", "id"]);
    fs::remove_file(&path).unwrap();
    let public = path.with_extension("pub");
    let site = site(&desk.read("id.pub"));
    let person = Person::with(&agent);
    let login = Login::by(&Signer::find(&public, &person).unwrap()).unwrap();
    let connect = || {
        let host_key = site.host_key();
        let client = Client::connect(site.address(), "bkn", &login, &host_key);
        site.runtime.block_on(client).map(drop)
    };
    connect().unwrap();
    desk.add(&agent, &["-D"]);
    let said = sentence(connect(), &public);
    assert!(said.contains("ssh-agent"), "{said}");
    drop(agent);
    let said = sentence(connect(), &public);
    assert!(said.contains("no ssh-agent answers"), "{said}");
}
