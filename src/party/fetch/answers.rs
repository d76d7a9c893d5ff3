//! The way of one response: its signed list first, then what is listed, then its place.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::delivery::checksums;
use crate::digest::Sha256Digest;
use crate::fault::Fault;
use crate::files::{self, Moved};
use crate::sftp::client::{Client, Entry};
use crate::trust::sshsig;

use super::super::Trouble;
use super::super::open::{Listed, SUMMARY, SUMS, Verified, read_sums, told, verify};
use super::folder::move_whole;
use super::state::Response;
use super::{Event, Run, Stop, download, oldest_first, plain};

/// The server's folder.
const OUTBOX: &str = "outbox";
/// Most files of a response beside its list: far more than an agreement has reconciliations.
const MOST_FILES: usize = 64;

/// A list whose signature is proven.
struct List {
    digest: Sha256Digest,
    summary: Sha256Digest,
    files: Vec<Listed>,
}

/// What lies in the outbox, oldest first.
pub(super) async fn list(client: &Client) -> Result<Vec<Entry>, Fault> {
    let mut entries = client.list(OUTBOX).await?;
    oldest_first(&mut entries);
    Ok(entries)
}

/// Fetches a response, unless it was fetched before.
pub(super) async fn fetch(run: &mut Run<'_>, client: &Client, entry: &Entry) -> Result<(), Stop> {
    if !plain(&entry.name) || !entry.folder {
        return Err(Stop::at_sight(
            "it is no response; ask the operator what it is, and leave it there",
        ));
    }
    let name = entry.name.as_str();
    let known = run.folder.state.response(name).cloned();
    let unchanged = |known: &Response| entry.modified.is_some() && known.modified == entry.modified;
    if known.as_ref().is_some_and(unchanged) && !run.order.all && !run.order.remove {
        return Ok(());
    }

    let entries = client.list(&format!("{OUTBOX}/{name}")).await?;
    if is_left_over(client, name, known.as_ref(), &entries).await? {
        return finish_removal(run, client, name, &entries).await;
    }
    let partial = run.folder.partial(OUTBOX, name)?;
    let list = fetch_list(run, client, name, &partial).await?;
    if let Some(known) = known.filter(|known| same_answer(known, &list) && !run.order.all) {
        files::remove_dir(&partial)?;
        let is_open = known.opened;
        let seen = list.response(known.folder, is_open, entry);
        run.folder.state.set_response(name, seen)?;
        return match is_open {
            true => remove(run, client, name, &list).await,
            false => Ok(()),
        };
    }
    let place = match place(run, name, &list)? {
        Place::Here(folder) => {
            files::remove_dir(&partial)?;
            let response = list.response(folder, true, entry);
            run.folder.state.set_response(name, response)?;
            return remove(run, client, name, &list).await;
        }
        Place::Free(folder) => folder,
    };

    let verified = match fetch_files(run, client, &entries, name, &list, &partial).await {
        Ok(verified) => verified,
        Err(Stop::Refused {
            why,
            quarantine: None,
        }) => return Err(set_aside(run, name, why)?),
        Err(stop) => return Err(stop),
    };
    let (opened, is_open) = open(run, name, verified);
    let folder = run.folder.response(&place);
    if move_whole(&partial, &folder)? == Moved::No {
        let taken = format!("{} appeared meanwhile; try again", folder.display());
        return Err(Fault::Inconsistent(taken).into());
    }
    let response = list.response(place, is_open, entry);
    run.folder.state.set_response(name, response)?;
    run.totals.responses += 1;
    let inside = |path: PathBuf| folder.join(path.file_name().unwrap_or_default());
    run.tell(&Event::Response {
        name: name.to_owned(),
        opened: opened.into_iter().map(inside).collect(),
        path: folder.clone(),
    });
    if is_open {
        remove(run, client, name, &list).await?;
    }
    Ok(())
}

/// Decrypts what earlier runs could not, where it still lies.
pub(super) fn open_left_over(run: &mut Run<'_>) -> Result<(), Trouble> {
    for (name, response) in run.folder.state.unopened() {
        let folder = run.folder.response(&response.folder);
        if run.done.contains(&name) || !folder.is_dir() {
            continue;
        }
        match verify(&folder, &run.order.trust) {
            Ok(verified) => {
                let (opened, is_open) = open(run, &name, verified);
                if is_open {
                    let opened_now = Response {
                        opened: true,
                        ..response
                    };
                    run.folder.state.set_response(&name, opened_now)?;
                    run.tell(&Event::Response {
                        name,
                        path: folder,
                        opened,
                    });
                }
            }
            Err(trouble) => run.not_opened(&name, &trouble),
        }
    }
    Ok(())
}

/// The list and its signature: small, and what may be fetched further depends on them.
async fn fetch_list(
    run: &mut Run<'_>,
    client: &Client,
    name: &str,
    partial: &Path,
) -> Result<List, Stop> {
    let mut read = Vec::new();
    for (file, most) in [
        (SUMS.to_owned(), checksums::LARGEST),
        (format!("{SUMS}.sig"), sshsig::LARGEST),
    ] {
        let remote = format!("{OUTBOX}/{name}/{file}");
        let bytes = client.small(&remote, most).await?;
        let Some(bytes) = bytes else {
            return Err(set_aside(run, name, format!("{remote} is too large"))?);
        };
        files::write_whole(&partial.join(file), &bytes)?;
        read.push(bytes);
    }
    let [raw, armored] = read.as_slice() else {
        return Err(Fault::Bug.into());
    };
    let files = match read_sums(raw, armored, &run.order.trust) {
        Ok(files) => files,
        Err(code) => {
            let remote = format!("{OUTBOX}/{name}/{SUMS}");
            let why = told(code, Path::new(&remote)).to_string();
            return Err(set_aside(run, name, why)?);
        }
    };
    let summary = files.iter().find(|file| file.name == SUMMARY);
    let Some(summary) = summary.map(|file| file.digest) else {
        let why = format!("{SUMMARY} is not in its list, so nobody can tell which answer it is");
        return Err(set_aside(run, name, why)?);
    };
    Ok(List {
        digest: Sha256Digest::of(raw),
        summary,
        files,
    })
}

/// Whether it was fetched before: the same list, or the same answer encrypted anew by a re-run.
fn same_answer(known: &Response, list: &List) -> bool {
    known.sums == list.digest || known.summary == list.summary
}

/// Where a response belongs.
enum Place {
    /// It is there already, verified, under this name.
    Here(String),
    /// Under this name, which nothing has.
    Free(String),
}

/// Never over another folder: the name on the server, else that with the list's digest behind.
fn place(run: &Run<'_>, name: &str, list: &List) -> Result<Place, Stop> {
    let digest = list.digest.to_string();
    let second = format!("{name}.{}", digest.get(..12).unwrap_or(&digest));
    for candidate in [name.to_owned(), second] {
        let folder = run.folder.response(&candidate);
        if fs::symlink_metadata(&folder).is_err() {
            return Ok(Place::Free(candidate));
        }
        let there = fs::read(folder.join(SUMS));
        let same = there.is_ok_and(|sums| Sha256Digest::of(&sums) == list.digest);
        if same && verify(&folder, &run.order.trust).is_ok() {
            return Ok(Place::Here(candidate));
        }
    }
    Err(Trouble::Usage(format!(
        "{} is there and is not this answer; move it away",
        run.folder.response(name).display()
    ))
    .into())
}

/// Everything that is listed, and nothing else; verified as `padan open` does.
async fn fetch_files(
    run: &mut Run<'_>,
    client: &Client,
    entries: &[Entry],
    name: &str,
    list: &List,
    partial: &Path,
) -> Result<Verified, Stop> {
    require_not_refused_before(run, name, list, partial)?;
    let wanted = require_exactly(entries, &list.files)?;
    let sizes: Vec<&Entry> = wanted.iter().map(|(entry, _)| *entry).collect();
    download::require_room(&sizes, partial)?;
    clear_others(partial, &list.files)?;
    for (entry, file) in wanted {
        let remote = format!("{OUTBOX}/{name}/{}", file.name);
        let local = partial.join(&file.name);
        download::listed(run, client, &remote, entry, file, &local).await?;
    }
    files::sync_dir(partial)?;
    let verified = verify(partial, &run.order.trust).map_err(|trouble| match trouble {
        Trouble::Refused(why) => Stop::at_sight(why),
        other => other.into(),
    })?;
    let answer = verified.answer();
    if answer.is_none_or(|answer| answer.name() != name) {
        return Err(Stop::at_sight(format!(
            "what is inside is another answer than {name}; the server gave it a wrong name"
        )));
    }
    if answer.is_none_or(|answer| answer.reader != run.order.party.as_str()) {
        return Err(Stop::at_sight("it is an answer to another party"));
    }
    Ok(verified)
}

/// A large answer that was damaged is not fetched over and over: what was set aside is what the server still has.
fn require_not_refused_before(
    run: &Run<'_>,
    name: &str,
    list: &List,
    partial: &Path,
) -> Result<(), Stop> {
    let aside = run.folder.aside(OUTBOX, name);
    let sums = fs::read(aside.join(SUMS)).map(|sums| Sha256Digest::of(&sums));
    let whole = list
        .files
        .iter()
        .all(|file| aside.join(&file.name).exists());
    if sums.is_ok_and(|sums| sums == list.digest) && whole && !run.order.all {
        files::remove_dir(partial)?;
        return Err(Stop::Refused {
            why: format!(
                "it did not verify before and the server has no other; ask the operator to hand it out again, \
                 then remove {}",
                aside.display()
            ),
            quarantine: Some(aside),
        });
    }
    Ok(())
}

/// Each listed file as the server has it; one more or one less is no response.
fn require_exactly<'e, 'l>(
    entries: &'e [Entry],
    files: &'l [Listed],
) -> Result<Vec<(&'e Entry, &'l Listed)>, Stop> {
    if files.len() > MOST_FILES {
        return Err(Stop::at_sight(format!(
            "its list has more than {MOST_FILES} files"
        )));
    }
    let mut wanted = Vec::new();
    for file in files {
        let entry = entries.iter().find(|entry| entry.name == file.name);
        match entry {
            Some(entry) if entry.file => wanted.push((entry, file)),
            _ => {
                return Err(Stop::at_sight(format!(
                    "{} is listed but missing",
                    file.name
                )));
            }
        }
    }
    let known = |name: &str| {
        name.strip_suffix(".sig").unwrap_or(name) == SUMS || files.iter().any(|f| f.name == name)
    };
    match entries.iter().find(|entry| !known(&entry.name)) {
        Some(extra) => Err(Stop::at_sight(format!(
            "{} is not in {SUMS}",
            super::shown(&extra.name)
        ))),
        None => Ok(wanted),
    }
}

/// What a run that was killed left behind beside the listed files, as plaintext under a temporary name.
fn clear_others(partial: &Path, files: &[Listed]) -> Result<(), Fault> {
    let listed: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    for (name, path) in files::list(partial)? {
        let list = name.strip_suffix(".sig").unwrap_or(&name) == SUMS;
        if !list && !listed.contains(name.as_str()) {
            files::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Decrypts where that is asked for. Returns what was written, and whether nothing remains to be done.
fn open(run: &mut Run<'_>, name: &str, verified: Verified) -> (Vec<PathBuf>, bool) {
    let Some(opening) = &run.order.open else {
        return (vec![], true);
    };
    match verified.open(opening) {
        Ok(opened) => (opened, true),
        Err(trouble) => {
            // Not once more in this run.
            run.done.insert(name.to_owned());
            run.not_opened(name, &trouble);
            (vec![], false)
        }
    }
}

/// Removes on the server what is here, if that is asked for: every listed file, the list, the folder. What proves the rest
/// goes last, so that a removal which breaks off is gone on with by the next run.
async fn remove(run: &mut Run<'_>, client: &Client, name: &str, list: &List) -> Result<(), Stop> {
    if !run.order.remove {
        return Ok(());
    }
    let folder = format!("{OUTBOX}/{name}");
    let lists = [format!("{SUMS}.sig"), SUMS.to_owned()];
    let names = list.files.iter().map(|file| &file.name).chain(&lists);
    for file in names {
        client.remove(&format!("{folder}/{file}")).await?;
    }
    client.remove_folder(&folder).await?;
    run.removed(folder);
    Ok(())
}

/// Whether no more is there than a removal leaves that broke off: at most the list of the answer that is here.
async fn is_left_over(
    client: &Client,
    name: &str,
    known: Option<&Response>,
    entries: &[Entry],
) -> Result<bool, Stop> {
    let (only, known) = match (entries, known) {
        ([], _) => return Ok(true),
        ([only], Some(known)) if only.name == SUMS => (only, known),
        _ => return Ok(false),
    };
    let remote = format!("{OUTBOX}/{name}/{}", only.name);
    let list = client.small(&remote, checksums::LARGEST).await?;
    Ok(list.is_some_and(|list| Sha256Digest::of(&list) == known.sums))
}

/// Removes that, if it is asked for; there is nothing in it to be fetched.
async fn finish_removal(
    run: &mut Run<'_>,
    client: &Client,
    name: &str,
    entries: &[Entry],
) -> Result<(), Stop> {
    if !run.order.remove {
        return Ok(());
    }
    let folder = format!("{OUTBOX}/{name}");
    for entry in entries {
        client.remove(&format!("{folder}/{}", entry.name)).await?;
    }
    client.remove_folder(&folder).await?;
    run.removed(folder);
    Ok(())
}

fn set_aside(run: &Run<'_>, name: &str, why: String) -> Result<Stop, Fault> {
    let quarantine = run.folder.set_aside(OUTBOX, name, SUMS)?;
    Ok(Stop::Refused {
        why,
        quarantine: Some(quarantine),
    })
}

impl List {
    fn response(&self, folder: String, opened: bool, entry: &Entry) -> Response {
        Response {
            sums: self.digest,
            summary: self.summary,
            folder,
            opened,
            modified: entry.modified,
        }
    }
}
