//! The way into this room for the fuzz targets in `fuzz/`; not there in any other build.

use std::io;
use std::path::Path;

use crate::sftp::event::{Actor, Recorder};
use crate::sftp::limits::{Limits, Quota};
use crate::sftp::requests::codec::{Decoder, MAX_PACKET, Violation};
use crate::sftp::requests::engine::Engine;
use crate::sftp::root::jail::Jail;

/// Carries out a stream of requests that comes in pieces, in a party's root. Returns the answers, and whether the
/// stream broke the protocol.
///
/// # Errors
/// The root cannot be opened.
pub fn converse<'s>(
    root: &Path,
    pieces: impl IntoIterator<Item = &'s [u8]>,
) -> io::Result<(Vec<u8>, bool)> {
    let actor = Actor::new("bkn".to_owned(), None, None, Recorder::default());
    let limits = Limits {
        // No input may ask for much work.
        quota: Quota {
            bytes: 1 << 20,
            files: 1000,
        },
        ..Limits::default()
    };
    let jail = Jail::open(root, &limits)?;
    let mut engine = Engine::new(jail, actor, &limits);
    let mut decoder = Decoder::default();
    let mut answers = Vec::new();
    let broken = pieces
        .into_iter()
        .try_for_each(|piece| feed(&mut decoder, &mut engine, piece, &mut answers));
    Ok((answers, broken.is_err()))
}

fn feed(
    decoder: &mut Decoder,
    engine: &mut Engine,
    mut piece: &[u8],
    answers: &mut Vec<u8>,
) -> Result<(), Violation> {
    while let Some(item) = decoder.next(&mut piece)? {
        let before = answers.len();
        engine.handle(item, answers)?;
        while let Some(work) = engine.take_work() {
            engine.give_back(work.slice(), answers);
        }
        assert!(
            answers.len() - before <= 4 + MAX_PACKET,
            "an answer is too long"
        );
    }
    Ok(())
}
