//! age files as streams: [`seal`] encrypts to [`Recipients`], [`open`] decrypts with [`Identities`].
//!
//! Recipients are X25519, SSH keys, or post-quantum hybrids. No passphrases and no plugins: nobody is there to type,
//! and a plugin is another program with our keys. (A person's own identity file may have a passphrase:
//! [`Identities::load_asking`].) age hands plaintext out chunk by chunk before it can see that the end is missing, so
//! a reader commits nothing before it has met the end of the stream.
//!
//! Keys and stanzas are the `age` crate's and, for the hybrid, `hpke`'s. The header is read here, within bounds, and
//! the payload is worked on here, by several threads.

mod armor;
mod header;
mod hybrid;
mod identities;
mod lanes;
mod native;
mod opening;
mod recipients;
mod sealing;
mod stream;
mod unlock;

pub use age::secrecy::SecretString;
pub use identities::Identities;
pub use native::{NativeIdentity, NotNative};
pub use opening::{Damaged, Locked, OpenError, Plaintext, open};
pub use recipients::Recipients;
pub use sealing::{Sealed, seal};
