//! Tells of requests that the rules refused: what was wanted, where, and by which rule not.

use crate::sftp::event::{Actor, What};
use crate::sftp::requests::extensions;
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::requests::request::Request;
use crate::sftp::root::path::CanonicalPath;

/// Tells of a refused request, if it was for the rules' sake. What fails otherwise, as a file that is not there, is no
/// denial.
pub(crate) fn tell(actor: &Actor, request: &Request<'_>, refusal: &Refusal) {
    let (action, path) = wanted(request);
    let path = path.and_then(|path| CanonicalPath::parse(path).ok());
    let file = path.map(|path| actor.shown(&path));
    denied(actor, action, file, refusal);
}

/// The same of a request through a handle; `file` is what may be shown of its path.
pub(crate) fn tell_of(actor: &Actor, action: &'static str, file: &str, refusal: &Refusal) {
    denied(actor, action, Some(file.to_owned()), refusal);
}

fn denied(actor: &Actor, action: &'static str, file: Option<String>, refusal: &Refusal) {
    if let Some(reason) = refusal.rule {
        actor.tell(What::Denied {
            action,
            file,
            reason,
        });
    }
}

/// What a request wants, in a word or two, and of what.
fn wanted<'a>(request: &Request<'a>) -> (&'static str, Option<&'a str>) {
    match request {
        Request::OpenToRead(path) | Request::OpenToWrite(path, _) => ("open", Some(path)),
        Request::OpenFolder(path) => ("list", Some(path)),
        Request::Look(path) | Request::ReadLink(path) | Request::Canonical(path) => {
            ("look", Some(path))
        }
        Request::SetAttributes(path, _) => ("set attributes", Some(path)),
        Request::Remove(path) => ("remove", Some(path)),
        Request::RemoveFolder(path) => ("remove folder", Some(path)),
        Request::MakeFolder(path) => ("make folder", Some(path)),
        Request::Rename { from, .. } => ("rename", Some(from)),
        Request::MakeLink => ("make link", None),
        Request::Extended(name, fields) => {
            let action = match std::str::from_utf8(name).unwrap_or_default() {
                extensions::POSIX_RENAME => "rename",
                extensions::LSETSTAT => "set attributes",
                extensions::CHECK_NAME => "hash",
                _ => return ("extension", None),
            };
            // These begin with the path.
            (action, fields.clone().text().ok())
        }
        Request::Close(_)
        | Request::LookAtOpen(_)
        | Request::SetAttributesOfOpen(..)
        | Request::List(_) => ("use an open file", None),
    }
}
