//! What happens when an upload is closed or a file gets its name: somebody may have a word about what has arrived, which
//! then is the answer.

use std::thread;
use std::time::{Duration, Instant};

use crate::sftp::attendant::{Arrived, Attention, Word};
use crate::sftp::event::What;
use crate::sftp::requests::denial;
use crate::sftp::requests::engine::Engine;
use crate::sftp::requests::fingerprint::FileDigest;
use crate::sftp::requests::handles::{Digest, OpenFile, Place, Unfinished};
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::requests::reply;
use crate::sftp::requests::request::Request;
use crate::sftp::requests::work::Work;
use crate::sftp::root::jail::Named;
use crate::sftp::root::path::{Area, CanonicalPath, Target};
use crate::sftp::root::policy::Action;

/// A refused file that is about to be taken away is waited for so long, and looked for so often.
const MOST_LEAVING: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(2);

impl Engine {
    /// Renames, at once or when somebody had a word about it, and answers; also for the extension that replaces.
    pub(crate) fn rename(
        &mut self,
        id: u32,
        from: &str,
        to: &str,
        replace: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        match self.about_to_arrive(from, to)? {
            Some(arrived) => {
                let ask = Ask {
                    attention: self.attention.clone(),
                    account: self.actor.account.clone(),
                    arrived,
                };
                let renaming = Renaming::new(id, (from, to), replace, ask);
                self.begin(Work::Renaming(Box::new(renaming)));
            }
            None => {
                self.rename_now(from, to, replace)?;
                reply::ok(out, id);
            }
        }
        Ok(())
    }

    /// What a renaming would bring, if somebody may have a word about it. Asked before it is done: afterwards the file
    /// may be gone from the inbox before anybody has looked at it.
    fn about_to_arrive(&self, from: &str, to: &str) -> Result<Option<Arrived>, Refusal> {
        let (from, to) = (CanonicalPath::parse(from)?, CanonicalPath::parse(to)?);
        let source = self.jail.allowed(&from, Action::RenameFrom)?;
        let target = self.jail.allowed(&to, Action::RenameTo)?;
        let named = self.attended_path(target).zip(below_inbox(source));
        Ok(named.map(|(path, lies_at)| Arrived { path, lies_at }))
    }

    /// The path below the inbox, if somebody may have a word about a file of that name.
    pub(super) fn attended_path(&self, target: Target<'_>) -> Option<String> {
        below_inbox(target).filter(|path| self.attention.cares(path))
    }

    pub(super) fn rename_now(&self, from: &str, to: &str, replace: bool) -> Result<(), Refusal> {
        let (from, to) = (CanonicalPath::parse(from)?, CanonicalPath::parse(to)?);
        let source = self.jail.allowed(&from, Action::RenameFrom)?;
        self.jail
            .rename(source, self.jail.allowed(&to, Action::RenameTo)?, replace)?;
        self.actor.tell(What::Renamed {
            from: self.actor.shown(&from),
            to: self.actor.shown(&to),
        });
        Ok(())
    }

    /// All is known of an upload that is closed.
    pub(super) fn closed(&mut self, closing: Closing, word: Option<Word>, out: &mut Vec<u8>) {
        let attended = closing.path();
        let Closing {
            id, file, sha256, ..
        } = closing;
        let shown = file.shown().to_owned();
        // Closed before it is told, so that it can be taken.
        file.tell(&self.actor, sha256);
        let Some((word, path)) = word.zip(attended) else {
            return reply::ok(out, id);
        };
        self.refuse_arrived(id, "close", &shown, &path, word, out);
    }

    /// All is known of a file that gets its name.
    pub(super) fn may_be_renamed(
        &mut self,
        renaming: Renaming,
        word: Option<Word>,
        out: &mut Vec<u8>,
    ) {
        let Renaming {
            id,
            from,
            to,
            replace,
            ask,
        } = renaming;
        // Done in any case: a client that tries again would otherwise never get past this.
        let renamed = self.rename_now(&from, &to, replace);
        match (renamed, word) {
            (Ok(()), Some(word)) => {
                let path = ask.arrived.path;
                let to = CanonicalPath::parse(&to).map(|to| self.actor.shown(&to));
                self.refuse_arrived(id, "rename", &to.unwrap_or_default(), &path, word, out);
            }
            (renamed, _) => {
                let (from, to) = (from.as_str(), to.as_str());
                let request = Request::Rename { from, to };
                let answered = renamed
                    .inspect_err(|refusal| denial::tell(&self.actor, &request, refusal))
                    .map(|()| reply::ok(out, id));
                self.answer_with(answered, id, out);
            }
        }
    }

    /// Answers a request that was carried out with the word about what it brought, at once or when that has been taken.
    fn refuse_arrived(
        &mut self,
        id: u32,
        action: &'static str,
        shown: &str,
        path: &str,
        word: Word,
        out: &mut Vec<u8>,
    ) {
        let leaves = word.leaves;
        let refusal = Refusal::worthless(word);
        denial::tell_of(&self.actor, action, shown, &refusal);
        let name = CanonicalPath::parse(&format!("{}/{path}", Area::Inbox.name()))
            .and_then(|path| self.jail.remember(path.target()));
        match name {
            Ok(name) if leaves => {
                let leaving = Leaving::new(id, refusal, name);
                self.begin(Work::Leaving(Box::new(leaving)));
            }
            _ => reply::refused(out, id, &refusal),
        }
    }
}

/// An upload that is being closed. Its lock and its place are held to the end.
pub(crate) struct Closing {
    /// The request's number.
    pub(crate) id: u32,
    /// The upload.
    pub(crate) file: OpenFile,
    /// Its digest, once it is known.
    pub(crate) sha256: Option<String>,
    _place: Place,
    /// The digest so far, until all of the file is read.
    pub(super) reading: Option<FileDigest>,
    pub(super) ask: Option<Ask>,
}

/// A file that is about to get its name.
pub(crate) struct Renaming {
    /// The request's number.
    pub(crate) id: u32,
    /// Its name as the client wrote it.
    pub(crate) from: String,
    /// The name it gets.
    pub(crate) to: String,
    /// Whether another file of that name is replaced.
    pub(crate) replace: bool,
    /// What is asked about it.
    pub(crate) ask: Ask,
}

/// A file about which there was a word.
pub(crate) struct Leaving {
    /// The request's number.
    pub(crate) id: u32,
    /// The answer.
    pub(crate) refusal: Refusal,
    name: Named,
    until: Instant,
}

impl Leaving {
    /// One that is still there.
    pub(crate) fn new(id: u32, refusal: Refusal, name: Named) -> Self {
        Self {
            id,
            refusal,
            name,
            until: Instant::now() + MOST_LEAVING,
        }
    }

    /// Whether to wait on. There is no event to wait for: whoever takes the file may be another process.
    pub(super) fn wait(&self) -> bool {
        let waits = self.name.is_there() && Instant::now() < self.until;
        if waits {
            thread::sleep(PAUSE);
        }
        waits
    }
}

/// A question about what has arrived.
pub(crate) struct Ask {
    /// Who is asked.
    pub(crate) attention: Attention,
    /// For whom.
    pub(crate) account: String,
    /// About what.
    pub(crate) arrived: Arrived,
}

impl Ask {
    pub(super) fn word(&self) -> Option<Word> {
        self.attention.word(&self.account, &self.arrived)
    }
}

impl Renaming {
    /// One about which nobody was asked yet.
    pub(crate) fn new(id: u32, (from, to): (&str, &str), replace: bool, ask: Ask) -> Self {
        Self {
            id,
            from: from.to_owned(),
            to: to.to_owned(),
            replace,
            ask,
        }
    }
}

impl Closing {
    /// One of which nothing was read yet, and about which nobody was asked.
    pub(crate) fn new(id: u32, upload: Unfinished, account: &str, attention: &Attention) -> Self {
        let (sha256, reading) = match upload.digest {
            Digest::ToRead => (None, Some(FileDigest::new())),
            Digest::Known(sha256) => (Some(sha256), None),
            Digest::Unwanted => (None, None),
        };
        let ask = upload.arrived.map(|arrived| Ask {
            attention: attention.clone(),
            account: account.to_owned(),
            arrived,
        });
        Self {
            id,
            file: upload.file,
            sha256,
            _place: upload.place,
            reading,
            ask,
        }
    }

    /// Its path below the inbox, if somebody was asked about it.
    pub(crate) fn path(&self) -> Option<String> {
        Some(self.ask.as_ref()?.arrived.path.clone())
    }

    /// Reads on.
    pub(super) fn slice(&mut self, bytes: u64) {
        let Some(reading) = &mut self.reading else {
            return;
        };
        match reading.read(self.file.file(), bytes) {
            Ok(None) => {}
            Ok(digest) => {
                self.sha256 = digest;
                self.reading = None;
            }
            Err(error) => {
                tracing::error!(kind = ?error.kind(), "an upload cannot be read");
                self.reading = None;
            }
        }
    }
}

/// The path of something in the inbox, from there.
pub(super) fn below_inbox(target: Target<'_>) -> Option<String> {
    match target {
        Target::Entry {
            area: Area::Inbox,
            folders,
            name,
        } => Some([folders, &[name.to_owned()]].concat().join("/")),
        _ => None,
    }
}
