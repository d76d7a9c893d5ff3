//! The way of one receipt or notice: its signed document first, then what the document names.

use std::fs;
use std::path::Path;

use crate::digest::Sha256Digest;
use crate::fault::Fault;
use crate::files;
use crate::rejection::Code;
use crate::sftp::client::{Client, Entry};
use crate::trust::sshsig;

use super::super::Trouble;
use super::super::open::{LARGEST_PAPER, Paper, REFUSED, WAITING, told, verify};
use super::folder::move_whole;
use super::state;
use super::{Event, Run, Stop, download, oldest_first, plain};

/// The server's folder.
const RECEIPTS: &str = "receipts";
/// Endings of a paper's files in the order in which they appear, the page for people last.
const ORDER: [&str; 4] = [".rows.csv.age", ".json", ".json.sig", ".txt"];
/// Endings in the order in which a paper is removed: the document that proves the rest goes last, so that a removal which
/// breaks off is gone on with by the next run.
const REMOVAL: [&str; 4] = [".rows.csv.age", ".txt", ".json.sig", ".json"];
/// While the service puts another in its place, document and signature may be of two papers for a moment.
const TRIES: usize = 3;

/// A paper that lies ready.
pub(super) struct Ready {
    /// What its files are called, without their endings.
    pub name: String,
    json: Entry,
    rows: Option<Entry>,
    /// Not all of it is there: it is just being written, or was removed in part.
    partial: bool,
}

/// A paper whose signature is proven.
struct Signed {
    paper: Paper,
    raw: Vec<u8>,
    digest: Sha256Digest,
}

/// What lies in the receipts, oldest first. The page for people is written last: without it the rest is not all there.
pub(super) async fn list(client: &Client) -> Result<Vec<Ready>, Fault> {
    let mut entries = client.list(RECEIPTS).await?;
    oldest_first(&mut entries);
    let named = |name: &str| {
        entries
            .iter()
            .find(|entry| entry.name == name && entry.file)
    };
    let ready = entries.iter().filter_map(|entry| {
        let name = entry.name.strip_suffix(".json")?;
        let whole = [".txt", ".json.sig"].map(|ending| named(&format!("{name}{ending}")).is_some());
        Some(Ready {
            json: named(&entry.name)?.clone(),
            rows: named(&format!("{name}.rows.csv.age")).cloned(),
            name: name.to_owned(),
            partial: whole.contains(&false),
        })
    });
    Ok(ready.collect())
}

/// Fetches a paper, unless it was fetched before.
pub(super) async fn fetch(run: &mut Run<'_>, client: &Client, ready: &Ready) -> Result<(), Stop> {
    if !plain(&ready.name) {
        return Err(Stop::at_sight(
            "it is no receipt; ask the operator what it is",
        ));
    }
    let name = ready.name.as_str();
    let known = run.folder.state.paper(name).cloned();
    if ready.partial {
        return finish_removal(run, client, name, known).await;
    }
    let unchanged = |known: &state::Paper| {
        let there = (ready.json.size, ready.json.modified);
        ready.json.modified.is_some() && (known.size, known.modified) == there
    };
    if known.as_ref().is_some_and(unchanged) && !run.order.all && !run.order.remove {
        return Ok(());
    }

    let partial = run.folder.partial(RECEIPTS, name)?;
    let signed = fetch_signed(run, client, name, &partial).await?;
    let before = known.is_some_and(|known| known.json == signed.digest) && !run.order.all;
    if signed.paper.name != name && !is_known(run, &signed) {
        let why = format!(
            "what is inside is another receipt than {name}; the server gave it a wrong name"
        );
        return Err(set_aside(run, name, why)?);
    }
    if before || signed.paper.name != name || is_here(run, name, &signed) {
        files::remove_dir(&partial)?;
        remember(run, ready, &signed)?;
        return remove(run, client, name, &signed).await;
    }
    match fetch_rest(run, client, ready, &signed.paper, &partial).await {
        Ok(()) => {}
        Err(Stop::Refused {
            why,
            quarantine: None,
        }) => return Err(set_aside(run, name, why)?),
        Err(stop) => return Err(stop),
    }
    put_in_place(run, name, &partial)?;
    remember(run, ready, &signed)?;
    tell(run, name, &signed.paper);
    remove(run, client, name, &signed).await
}

/// The document and its signature.
async fn fetch_signed(
    run: &Run<'_>,
    client: &Client,
    name: &str,
    partial: &Path,
) -> Result<Signed, Stop> {
    let remote = format!("{RECEIPTS}/{name}.json");
    let mut wrong = Code::SignatureBad;
    for _ in 0..TRIES {
        let raw = client.small(&remote, LARGEST_PAPER).await?;
        let signature = format!("{remote}.sig");
        let armored = client.small(&signature, sshsig::LARGEST).await?;
        let (Some(raw), Some(armored)) = (raw, armored) else {
            return Err(Stop::at_sight("it is larger than any receipt"));
        };
        files::write_whole(&partial.join(format!("{name}.json")), &raw)?;
        files::write_whole(&partial.join(format!("{name}.json.sig")), &armored)?;
        match Paper::read(&raw, &armored, &run.order.trust) {
            Ok(paper) => {
                if paper.party != run.order.party.as_str() {
                    let why = "it is a receipt of another party".to_owned();
                    return Err(set_aside(run, name, why)?);
                }
                return Ok(Signed {
                    paper,
                    digest: Sha256Digest::of(&raw),
                    raw,
                });
            }
            Err(code) => wrong = code,
        }
    }
    let why = told(wrong, Path::new(&remote)).to_string();
    Err(set_aside(run, name, why)?)
}

/// The page for a person and the list of rows, by the digests that the document has of them. A page that it has none of
/// is not believed, and stays there.
async fn fetch_rest(
    run: &mut Run<'_>,
    client: &Client,
    ready: &Ready,
    paper: &Paper,
    partial: &Path,
) -> Result<(), Stop> {
    let name = ready.name.as_str();
    if let Some(digest) = paper.text_sha256 {
        let file = format!("{name}.txt");
        let page = client
            .small(&format!("{RECEIPTS}/{file}"), LARGEST_PAPER)
            .await?;
        match page {
            Some(page) if Sha256Digest::of(&page) == digest => {
                files::write_whole(&partial.join(file), &page)?;
            }
            _ => return Err(Stop::at_sight(format!("{file} is not what was signed"))),
        }
    }
    let (Some(file), Some(listed)) = (&paper.rows_file, paper.rows(name)) else {
        return Ok(());
    };
    let Some(entry) = ready.rows.as_ref().filter(|entry| entry.name == *file) else {
        return Err(Stop::at_sight(format!("{file} is named in it but missing")));
    };
    download::require_room(&[entry], partial)?;
    let remote = format!("{RECEIPTS}/{file}");
    let local = partial.join(file);
    download::listed(run, client, &remote, entry, &listed, &local).await?;
    match super::super::open::require_digest(&local, &listed.digest) {
        Ok(_) => Ok(()),
        Err(_) => Err(Stop::at_sight(format!("{file} is not what was signed"))),
    }
}

/// Whether it came before under the name that is in it. A delivery that is sent again under another name is answered with
/// a copy of its first receipt.
fn is_known(run: &Run<'_>, signed: &Signed) -> bool {
    let known = run.folder.state.paper(&signed.paper.name);
    known.is_some_and(|known| known.json == signed.digest)
}

/// Whether all of it lies here; a run that was killed may have left only its first files.
fn is_here(run: &Run<'_>, name: &str, signed: &Signed) -> bool {
    let path = |ending: &str| run.folder.papers().join(format!("{name}{ending}"));
    let page = signed.paper.text_sha256.is_none() || path(".txt").exists();
    let raw = fs::read(path(".json"));
    page && path(".json.sig").exists() && raw.is_ok_and(|raw| raw == signed.raw)
}

/// Each file by a rename, the page last. What it replaces is kept in `earlier/`.
fn put_in_place(run: &Run<'_>, name: &str, partial: &Path) -> Result<(), Stop> {
    let papers = run.folder.papers();
    let old = papers.join(format!("{name}.json"));
    let new = fs::read(partial.join(format!("{name}.json"))).ok();
    if let Some(raw) = fs::read(&old)
        .ok()
        .filter(|_| !same_bytes(&old, new.as_deref()))
    {
        let digest = Sha256Digest::of(&raw).to_string();
        let earlier = papers.join("earlier");
        files::create_dir(&earlier)?;
        let digest = digest.get(..12).unwrap_or(&digest);
        // The page first: whoever sees one finds the rest there.
        for ending in ORDER.iter().rev() {
            let from = papers.join(format!("{name}{ending}"));
            move_whole(&from, &earlier.join(format!("{name}.{digest}{ending}")))?;
        }
    }
    for ending in ORDER {
        let file = format!("{name}{ending}");
        let (from, to) = (partial.join(&file), papers.join(&file));
        if !from.exists() || (to.exists() && same_bytes(&to, fs::read(&from).ok().as_deref())) {
            continue;
        }
        if move_whole(&from, &to)? == files::Moved::No {
            return Err(Trouble::Usage(format!(
                "{} is there and is not this receipt's; move it away",
                to.display()
            ))
            .into());
        }
    }
    Ok(files::remove_dir(partial)?)
}

fn same_bytes(path: &Path, bytes: Option<&[u8]>) -> bool {
    bytes.is_some() && fs::read(path).ok().as_deref() == bytes
}

/// Tells what is new, with its rows decrypted where that is asked for.
fn tell(run: &mut Run<'_>, name: &str, paper: &Paper) {
    let path = run.folder.papers().join(format!("{name}.json"));
    let mut opened = Vec::new();
    if let (Some(opening), Some(_)) = (&run.order.open, &paper.rows_file) {
        let outcome = verify(&path, &run.order.trust).and_then(|verified| verified.open(opening));
        match outcome {
            Ok(files) => opened = files,
            Err(trouble) => run.not_opened(name, &trouble),
        }
    }
    run.totals.papers += 1;
    if paper.verdict.as_deref() == Some(REFUSED) {
        run.totals.turned_away += 1;
    }
    run.tell(&Event::Paper {
        name: name.to_owned(),
        page: paper.text_sha256.map(|_| path.with_extension("txt")),
        path,
        verdict: paper.verdict.clone(),
        code: paper.problem.as_ref().map(|problem| problem.code.clone()),
        opened,
    });
}

fn remember(run: &mut Run<'_>, ready: &Ready, signed: &Signed) -> Result<(), Fault> {
    let paper = state::Paper {
        json: signed.digest,
        size: ready.json.size,
        modified: ready.json.modified,
    };
    run.folder.state.set_paper(&ready.name, paper)
}

/// Removes on the server what is here, if that is asked for; what waits, the service itself takes away. Looks once more,
/// so that a paper which came meanwhile under the same name is not removed unread.
async fn remove(
    run: &mut Run<'_>,
    client: &Client,
    name: &str,
    signed: &Signed,
) -> Result<(), Stop> {
    if !run.order.remove || signed.paper.verdict.as_deref() == Some(WAITING) {
        return Ok(());
    }
    let json = format!("{RECEIPTS}/{name}.json");
    let there = client.small(&json, LARGEST_PAPER).await?;
    if there.as_ref() != Some(&signed.raw) {
        return Ok(());
    }
    for ending in REMOVAL {
        client.remove(&format!("{RECEIPTS}/{name}{ending}")).await?;
    }
    run.removed(format!("{RECEIPTS}/{name}"));
    Ok(())
}

/// Goes on with the removal of a paper that is here, by its document; that of another paper is just being written.
async fn finish_removal(
    run: &mut Run<'_>,
    client: &Client,
    name: &str,
    known: Option<state::Paper>,
) -> Result<(), Stop> {
    let (true, Some(known)) = (run.order.remove, known) else {
        return Ok(());
    };
    let json = format!("{RECEIPTS}/{name}.json");
    let raw = client.small(&json, LARGEST_PAPER).await?;
    let raw = raw.filter(|raw| Sha256Digest::of(raw) == known.json);
    let paper = raw.and_then(|raw| Some((Paper::parse(&raw)?, raw)));
    let Some((paper, raw)) = paper else {
        return Ok(());
    };
    let digest = known.json;
    remove(run, client, name, &Signed { paper, raw, digest }).await
}

fn set_aside(run: &Run<'_>, name: &str, why: String) -> Result<Stop, Fault> {
    let document = format!("{name}.json");
    let quarantine = run.folder.set_aside(RECEIPTS, name, &document)?;
    Ok(Stop::Refused {
        why,
        quarantine: Some(quarantine),
    })
}
