//! age files as streams: [`seal`] encrypts to [`Recipients`], [`open`] decrypts with [`Identities`].
//!
//! No passphrases and no plugins: nobody is there to type, and a plugin is another program with our keys. age hands
//! plaintext out chunk by chunk before it can see that the end is missing, so a reader commits nothing before it
//! has met the end of the stream.

mod identities;
mod opening;
mod recipients;
mod sealing;

pub use identities::Identities;
pub use opening::{Damaged, OpenError, Plaintext, open};
pub use recipients::Recipients;
pub use sealing::{Sealed, seal};
