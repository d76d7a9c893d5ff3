//! What a code means to the one who received.

use std::path::Path;

use crate::rejection::Code;

use super::super::Trouble;

/// The sentence of a code about `path`, with what to do.
pub fn told(code: Code, path: &Path) -> Trouble {
    Trouble::Refused(format!("{}: {} ({code})", path.display(), meaning(code)))
}

/// What a code means to the one who opens or verifies, with what to do.
pub fn meaning(code: Code) -> &'static str {
    match code {
        Code::ManifestFormat | Code::NameFormat => "it is no list that the exchange writes",
        Code::NameNotSender => "it lists files of several parties",
        Code::SignatureBad => "the signature does not belong to it; download both again",
        Code::NamespaceWrong => "it was signed for another purpose; compare --namespace",
        Code::SignerWeak => "the signing key is of a kind or length that is not accepted",
        Code::SignerUnknown => {
            "the signing key is not in --signers; ask its owner for the key in another way"
        }
        Code::SignerNotSender => "the signing key is somebody else's",
        Code::SignerExpired => "--signers does not accept the signing key any more, or not yet",
        Code::SignerRevoked => "the signing key is revoked; ask its owner for the list signed anew",
        Code::ChecksumMismatch => "it is not the file that was signed; download it again",
        Code::DecryptNoKey => {
            "it is not encrypted to this identity; try your other key with --identity"
        }
        Code::DecryptPassphrase => {
            "it is locked with a passphrase and not encrypted to a key; ask its sender for another"
        }
        Code::DecryptDamaged | Code::TooLarge => {
            "it is no whole age file; ask its sender for another"
        }
        _ => code.text().en.what,
    }
}
