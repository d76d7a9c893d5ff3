//! One case, judged by us and by `ssh-keygen -Y verify`.
//!
//! Ours may be stricter, never laxer; where it is stricter the case says why.

use std::path::Path;

use jiff::Timestamp;
use padan::agreement::PartyId;
use padan::rejection::Code;
use padan::trust::allowed_signers::AllowedSigners;
use padan::trust::revoked::Revoked;
use padan::trust::sshsig;

use super::tools::{Place, run};

use Ours::{Good, NoList, Refused, Stricter, StricterList};

/// What is signed.
pub const MESSAGE: &[u8] = b"5b41362bc82b7f3d56edc5a306db22105707d01ff4819e26faef9724a2d406c9  bkn_pns_full_2026-11-22_0001.csv.age\n";

/// What we say about a case.
#[derive(Debug)]
pub enum Ours {
    /// Accepted.
    Good,
    /// Refused with this code, as by ssh-keygen (which has no codes).
    Refused(Code),
    /// The list of signers is refused, and ssh-keygen refuses the signature.
    NoList,
    /// Refused with this code although ssh-keygen accepts, and why.
    Stricter(Code, &'static str),
    /// The list of signers is refused although ssh-keygen accepts, and why.
    StricterList(&'static str),
}

/// Both verdicts on one case.
pub fn compare(
    place: &Place,
    signers: &str,
    namespace: &str,
    message: &[u8],
    signature: &[u8],
    expected: &Ours,
) {
    let ours = ours(signers, None, namespace, message, signature);
    let theirs = ssh_keygen_accepts(place, signers, None, namespace, message, signature);
    hold(signers, ours, theirs, expected);
}

/// Both verdicts with a list of revoked keys, which must be one that can be read.
pub fn compare_revoked(
    place: &Place,
    signers: &str,
    revoked: &Path,
    signature: &[u8],
    expected: &Ours,
) {
    let list = Revoked::load(revoked).unwrap();
    let ours = ours(signers, Some(&list), "padan", MESSAGE, signature);
    let theirs = ssh_keygen_accepts(place, signers, Some(revoked), "padan", MESSAGE, signature);
    hold(signers, ours, theirs, expected);
}

/// The verdict of the real tool.
pub fn ssh_keygen_accepts(
    place: &Place,
    signers: &str,
    revoked: Option<&Path>,
    namespace: &str,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let signers = place.write("signers", signers);
    let signature = place.write("signature", signature);
    let mut args = vec![
        "-Y",
        "verify",
        "-f",
        signers.to_str().unwrap(),
        "-I",
        "bkn",
        "-n",
        namespace,
        "-s",
        signature.to_str().unwrap(),
        "-O",
        "verify-time=20261122120000Z",
    ];
    if let Some(revoked) = revoked {
        args.extend(["-r", revoked.to_str().unwrap()]);
    }
    run("ssh-keygen", args, message).status.success()
}

/// Our verdict; `None` if the list of signers is refused.
fn ours(
    signers: &str,
    revoked: Option<&Revoked>,
    namespace: &str,
    message: &[u8],
    signature: &[u8],
) -> Option<Result<(), Code>> {
    let party: PartyId = "bkn".parse().unwrap();
    let list = AllowedSigners::parse(signers).ok()?;
    let parties = [(&party, &list)];
    let verdict = sshsig::verify(
        &parties,
        revoked,
        &party,
        namespace,
        now(),
        message,
        signature,
    );
    Some(verdict.map(|_| ()))
}

fn hold(case: &str, ours: Option<Result<(), Code>>, theirs: bool, expected: &Ours) {
    let (ours_should, theirs_should, why) = match expected {
        Good => (Some(Ok(())), true, ""),
        Refused(code) => (Some(Err(*code)), false, ""),
        NoList => (None, false, ""),
        Stricter(code, why) => (Some(Err(*code)), true, *why),
        StricterList(why) => (None, true, *why),
    };
    let case =
        format!("{case:?}\nwe say {ours:?}, ssh-keygen {theirs}; expected {expected:?} {why}");
    assert_eq!(ours, ours_should, "{case}");
    assert_eq!(theirs, theirs_should, "{case}");
}

/// The time at which every case is judged.
pub fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}
