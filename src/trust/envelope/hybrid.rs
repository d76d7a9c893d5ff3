//! age's post-quantum hybrid keys: `age1pq1…`, `AGE-SECRET-KEY-PQ-1…`, stanza `mlkem768x25519`
//! (C2SP age specification). Who wants to read must break ML-KEM-768 and X25519, both.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, EncryptError};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bech32::{FromBase32, ToBase32, Variant};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::{Zeroize, Zeroizing};

/// The stanza's type.
pub(super) const TAG: &str = "mlkem768x25519";
/// What recipients of a file must have in common, so that none of them weakens it.
const LABEL: &str = "postquantum";
/// Binds the HPKE context to its purpose.
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// Lower case: bech32 gives prefixes back so, however they were written.
const SECRET_PREFIX: &str = "age-secret-key-pq-";
const PUBLIC_PREFIX: &str = "age1pq";
/// Bytes of an encapsulated key: ML-KEM-768's, then X25519's.
const ENCAPSULATED: usize = 1120;
const OF_MLKEM: usize = 1088;
/// Bytes of a wrapped file key, with its tag.
const WRAPPED: usize = FILE_KEY_BYTES + 16;

/// Opens files that were encrypted to its [`HybridRecipient`]. Never prints.
#[derive(Clone)]
pub struct HybridIdentity(<XWing as Kem>::PrivateKey);

/// Files can be encrypted to it.
#[derive(Clone, PartialEq, Eq)]
pub struct HybridRecipient(<XWing as Kem>::PublicKey);

/// Not a key of this kind, or not a whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a whole post-quantum key")]
pub struct NotHybrid;

impl HybridIdentity {
    /// A new one.
    pub fn generate() -> Self {
        Self(XWing::gen_keypair().0)
    }

    /// As it stands in an identity file.
    pub fn encoded(&self) -> Option<SecretString> {
        let secret = Zeroizing::new(self.0.to_bytes().to_vec());
        let mut text = bech32::encode(SECRET_PREFIX, secret.to_base32(), Variant::Bech32).ok()?;
        let upper = SecretString::from(text.to_uppercase());
        text.zeroize();
        Some(upper)
    }

    /// The public half.
    pub fn recipient(&self) -> HybridRecipient {
        HybridRecipient(XWing::sk_to_pk(&self.0))
    }
}

impl FromStr for HybridIdentity {
    type Err = NotHybrid;

    fn from_str(text: &str) -> Result<Self, NotHybrid> {
        let secret = Zeroizing::new(decoded(text, SECRET_PREFIX)?);
        Deserializable::from_bytes(&secret)
            .map(Self)
            .map_err(|_| NotHybrid)
    }
}

impl fmt::Debug for HybridIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HybridIdentity(..)")
    }
}

impl FromStr for HybridRecipient {
    type Err = NotHybrid;

    fn from_str(text: &str) -> Result<Self, NotHybrid> {
        Deserializable::from_bytes(&decoded(text, PUBLIC_PREFIX)?)
            .map(Self)
            .map_err(|_| NotHybrid)
    }
}

impl fmt::Display for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.to_bytes().to_base32();
        bech32::encode_to_fmt(f, PUBLIC_PREFIX, words, Variant::Bech32).unwrap_or(Err(fmt::Error))
    }
}

impl fmt::Debug for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl age::Identity for HybridIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != TAG {
            return None;
        }
        let Some(encapsulated) = checked_share(stanza) else {
            return Some(Err(DecryptError::InvalidHeader));
        };
        // One that does not open may be for another key: nothing in the stanza tells.
        let mut opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &self.0,
            &encapsulated,
            INFO,
            &stanza.body,
            b"",
        )
        .ok()?;
        let key = FileKey::try_init_with_mut(|key| {
            let whole = <[u8; FILE_KEY_BYTES]>::try_from(opened.as_slice());
            whole.map(|whole| *key = whole)
        });
        opened.zeroize();
        Some(key.map_err(|_| DecryptError::InvalidHeader))
    }
}

impl age::Recipient for HybridRecipient {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let (encapsulated, body) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &self.0,
            INFO,
            file_key.expose_secret(),
            b"",
        )
        .map_err(|e| EncryptError::Io(std::io::Error::other(e.to_string())))?;
        let stanza = Stanza {
            tag: TAG.to_owned(),
            args: vec![BASE64_STANDARD_NO_PAD.encode(encapsulated.to_bytes())],
            body,
        };
        Ok((vec![stanza], HashSet::from([LABEL.to_owned()])))
    }
}

/// The encapsulated key of a stanza that is as the specification demands, with an X25519 share that contributes.
fn checked_share(stanza: &Stanza) -> Option<<XWing as Kem>::EncappedKey> {
    let [share] = stanza.args.as_slice() else {
        return None;
    };
    let share = BASE64_STANDARD_NO_PAD.decode(share).ok()?;
    if share.len() != ENCAPSULATED || stanza.body.len() != WRAPPED {
        return None;
    }
    // X25519 with a point of low order gives zero for every private key, so any key tells.
    let any = PrivateKey::from_private_key(&X25519, &[9; 32]).ok()?;
    let point = UnparsedPublicKey::new(&X25519, share.get(OF_MLKEM..)?);
    agree(&any, point, (), |_| Ok(())).ok()?;
    Deserializable::from_bytes(&share).ok()
}

fn decoded(text: &str, prefix: &str) -> Result<Vec<u8>, NotHybrid> {
    match bech32::decode(text) {
        Ok((found, words, Variant::Bech32)) if found == prefix => {
            Vec::from_base32(&words).map_err(|_| NotHybrid)
        }
        _ => Err(NotHybrid),
    }
}
