//! Why a request was not carried out: a protocol code and a sentence that a person reads in the client's dialog.

use std::borrow::Cow;
use std::io;

use rustix::io::Errno;

use crate::sftp::attendant::Word;

/// The status codes of version 3 (draft-ietf-secsh-filexfer-02 §7); clients know no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum StatusCode {
    /// Done.
    Ok = 0,
    /// The end of a file or a listing.
    Eof = 1,
    /// Nothing of that name.
    NoSuchFile = 2,
    /// Not allowed.
    PermissionDenied = 3,
    /// Allowed, but not possible.
    Failure = 4,
    /// The request does not follow the protocol.
    BadMessage = 5,
    /// The server has no such operation.
    OpUnsupported = 8,
}

/// The answer to a request that fails. Tells nothing about the server's own paths.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The SFTP status.
    pub(crate) code: StatusCode,
    /// What happened and what to do.
    pub(crate) message: Cow<'static, str>,
    /// Why, for the log, if a rule of this server refused it and not the state of its files. Never put together: so it
    /// holds no name.
    pub(crate) rule: Option<&'static str>,
}

impl Refusal {
    /// The party may not do this here.
    pub(crate) fn denied(message: &'static str) -> Self {
        Self::beyond(message, message)
    }

    /// The party may not go beyond a bound: `rule` names it, `message` tells how far it may go.
    pub(crate) fn beyond(rule: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            rule: Some(rule),
            ..Self::new(StatusCode::PermissionDenied, message)
        }
    }

    /// The party has as much here as it may have.
    pub(crate) fn over_quota(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            rule: Some("the inbox is full"),
            ..Self::failure(message)
        }
    }

    /// Nothing of that name exists for this party.
    pub(crate) fn missing() -> Self {
        Self::new(
            StatusCode::NoSuchFile,
            "there is no file or folder of that name; refresh the listing",
        )
    }

    /// Allowed, but not possible now.
    pub(crate) fn failure(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::Failure, message)
    }

    /// It was done, but what has arrived is no good.
    pub(crate) fn worthless(word: Word) -> Self {
        Self {
            rule: Some(word.reason),
            ..Self::failure(word.message)
        }
    }

    /// The request does not follow the protocol.
    pub(crate) fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BadMessage, message)
    }

    /// The server has no such operation.
    pub(crate) fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::OpUnsupported, message)
    }

    /// The end of a file or a listing, which the protocol tells as a status too.
    pub(crate) fn end() -> Self {
        Self::new(StatusCode::Eof, "end of file")
    }

    /// The pipeline holds the file, to verify and move it, or has just moved it away.
    pub(crate) fn taken_in() -> Self {
        Self::denied(
            "this delivery is being taken in and cannot be changed any more: read the result in receipts/, and send a \
             correction under a new sequence",
        )
    }

    /// A handle that was never given out, or was closed.
    pub(crate) fn unknown_handle() -> Self {
        Self::failure("this file is not open any more: start the transfer again")
    }

    /// A folder where a file is needed.
    pub(crate) fn is_folder() -> Self {
        Self::failure("this is a folder, not a file")
    }

    /// A file where a folder is needed.
    pub(crate) fn is_file() -> Self {
        Self::failure("this is a file, not a folder")
    }

    /// Hard and symbolic links are neither kept nor followed.
    pub(crate) fn no_links() -> Self {
        Self::unsupported("links cannot be made here: upload the file itself")
    }

    fn new(code: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            rule: None,
        }
    }
}

impl From<Errno> for Refusal {
    fn from(error: Errno) -> Self {
        io::Error::from(error).into()
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        // The answer to opening a link, which does not exist for the party.
        if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) {
            return Self::missing();
        }
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::missing(),
            io::ErrorKind::AlreadyExists => Self::failure(
                "a file or folder of that name exists already: remove it first or choose another name",
            ),
            io::ErrorKind::DirectoryNotEmpty => {
                Self::failure("the folder is not empty: remove what is in it first")
            }
            io::ErrorKind::IsADirectory => Self::is_folder(),
            io::ErrorKind::InvalidFilename => {
                Self::failure("the name is too long: choose a shorter one")
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::failure("the server has no space left; tell its operator and try again later")
            }
            io::ErrorKind::FileTooLarge => Self::failure("the file is too large for the server"),
            io::ErrorKind::PermissionDenied => {
                Self::denied("the server may not do this; tell its operator")
            }
            io::ErrorKind::InvalidInput => {
                Self::failure("this cannot be done with that file or folder")
            }
            kind => {
                // Only the kind: the error's text could hold a path.
                tracing::error!(?kind, "a file operation of a party failed");
                Self::failure("the server could not do this; try again later")
            }
        }
    }
}
