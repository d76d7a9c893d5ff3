//! Sealing with a profile: look, name, check, seal, and with `--send` deliver. Nothing is written before every row was
//! checked, and nothing leaves before everything was written.

use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::runtime::Runtime;

use crate::agreement::Agreement;
use crate::delivery::manifest::MOST_FILES;
use crate::delivery::{DataFileName, Mode, Sha256Digest};
use crate::fault::Fault;
use crate::files;
use crate::party::Trouble;
use crate::party::check::{Checked, Fact, check};
use crate::party::faults::FaultList;
use crate::party::profile::Profile;
use crate::party::sent::Sent;
use crate::party::server::{Way, last_sequence};
use crate::party::sheet::refusal::Refusal;
use crate::party::whole_file::WholeFile;
use crate::rejection::{Code, Rejection};
use crate::rows::admit;
use crate::serve::runtime;
use crate::sftp::client::Login;
use crate::stop::Stop;
use crate::trust::envelope::Recipients;
use crate::trust::signing::Signer;

use super::super::Failure;
use super::super::ask::Person;
use super::super::progress::counting;
use super::naming::Wish;
use super::publish::{SealedPart, publish};
use super::sealer::Sealer;
use super::send;
use super::source::Source;
use super::tee::{Sealing, Tee};
use super::{Args, told};

/// With what deliveries are encrypted and signed.
struct Keys<'p> {
    recipients: Recipients,
    signing: Signer<'p>,
}

/// One export that has its name.
struct Part {
    source: Source,
    name: DataFileName,
}

/// Everything that a part needs on its way.
struct Desk<'a> {
    args: &'a Args,
    profile: &'a Profile,
    agreement: &'a Agreement,
    keys: Option<&'a Keys<'a>>,
}

/// From the exports to what `--send` was told.
pub fn run(args: &Args, profile: Profile) -> Result<(), Failure> {
    let now = Timestamp::now();
    let zone = TimeZone::system();
    let today = now.to_zoned(zone.clone()).date();
    let agreement = profile.load_agreement(today).map_err(super::bad_profile)?;
    let person = Person::new(args.passphrase_file.as_deref());
    let keys = match args.dry_run {
        true => None,
        false => Some(Keys {
            recipients: Recipients::load(&profile.recipients).map_err(told::usage)?,
            signing: Signer::find(&profile.key, &person).map_err(told::usage)?,
        }),
    };
    let demanded = agreement.postquantum.contains(&profile.party);
    if demanded
        && keys
            .as_ref()
            .is_some_and(|keys| !keys.recipients.is_postquantum())
    {
        let rejection = Rejection::new(Code::PostquantumRequired);
        return Err(told::rejected(&profile.recipients, &rejection, None));
    }
    let login = match keys.as_ref().filter(|_| args.send) {
        Some(keys) => Some(Login::by(&keys.signing).map_err(told::usage)?),
        None => None,
    };
    let way = way(&profile, login.as_ref())?;
    let sent = Sent::at(&profile.sent);
    let runtime = runtime()?;

    let wishes = look(args, &profile, &agreement)?;
    let parts = number(args, &profile, way.as_ref(), &sent, &runtime, wishes)?;
    let desk = Desk {
        args,
        profile: &profile,
        agreement: &agreement,
        keys: keys.as_ref(),
    };
    for part in &parts {
        admit(&agreement, &profile.party, &part.name, now, &zone)
            .map_err(|rejection| told::rejected(&part.source.path, &rejection, None))?;
    }
    let sealed = desk.check_all(parts)?;
    let Some(keys) = desk.keys else {
        println!("{}", told::CHECKED_ONLY);
        return Ok(());
    };
    let record = publish(&sent, &keys.signing, &profile.namespace, sealed)?;
    match way {
        Some(way) => send::deliver(args, &profile, &way, &sent, record, &runtime),
        None => {
            told::to_send(&sent.delivery(&record.stem), &record);
            Ok(())
        }
    }
}

/// The way to the service, where it is asked for.
fn way<'p>(profile: &'p Profile, login: Option<&'p Login>) -> Result<Option<Way<'p>>, Failure> {
    let Some(login) = login else {
        return Ok(None);
    };
    Way::of(profile, login).map(Some).ok_or_else(|| {
        Failure::Usage(format!(
            "--send needs to know where: add `server:` with host, port and known_hosts to {}",
            profile.file.display()
        ))
    })
}

/// Opens every export and finds out what it is.
fn look(
    args: &Args,
    profile: &Profile,
    agreement: &Agreement,
) -> Result<Vec<(Source, Wish)>, Failure> {
    if args.files.len() > MOST_FILES {
        return Err(Failure::Usage(format!(
            "a delivery has at most {MOST_FILES} files; make several"
        )));
    }
    let mut found: Vec<(Source, Wish)> = Vec::new();
    for path in &args.files {
        let source = Source::open(path, args.sheet.as_deref())?;
        let wish = Wish::of(args, &profile.party, agreement, &source)?;
        if found.iter().any(|(_, other)| other.dataset == wish.dataset) {
            return Err(Failure::Usage(format!(
                "dataset {} stands twice; make one delivery for each",
                wish.dataset
            )));
        }
        found.push((source, wish));
    }
    Ok(found)
}

/// Gives every export its number: the one after the last that this folder or the service knows.
fn number(
    args: &Args,
    profile: &Profile,
    way: Option<&Way<'_>>,
    sent: &Sent,
    runtime: &Runtime,
    wishes: Vec<(Source, Wish)>,
) -> Result<Vec<Part>, Failure> {
    let mut known = vec![0; wishes.len()];
    if let Some(way) = way {
        known = runtime.block_on(async {
            let client = way.connect().await.map_err(Trouble::from)?;
            let mut known = Vec::new();
            for (_, wish) in &wishes {
                known.push(last_sequence(&client, &profile.party, &wish.dataset).await?);
            }
            client.disconnect().await?;
            Ok::<_, Failure>(known)
        })?;
    }
    let mut parts = Vec::new();
    for ((source, wish), known) in wishes.into_iter().zip(known) {
        let sequence = match wish.sequence {
            Some(sequence) if sequence < known => {
                return Err(told::used(&source.path, Code::SequenceOld, known));
            }
            Some(sequence) => sequence,
            None => 1 + known.max(sent.last_sequence(&profile.party, &wish.dataset)?),
        };
        let name = wish.name(&profile.party, sequence, args.compress.into())?;
        parts.push(Part { source, name });
    }
    Ok(parts)
}

impl Desk<'_> {
    /// Checks every part, and seals it in the same reading. What is wrong with any of them is told before this fails.
    fn check_all(&self, parts: Vec<Part>) -> Result<Vec<SealedPart>, Failure> {
        let mut faults = match &self.args.faults {
            Some(path) => Some(FaultList::create(path).map_err(told::usage)?),
            None => None,
        };
        let mut sealed = Vec::new();
        let mut refusals = Vec::new();
        for part in parts {
            let path = part.source.path.clone();
            match self.check_one(part, faults.as_mut()) {
                Ok((part, refused)) => {
                    if refused > 0 && !self.args.accept_refused {
                        refusals.push(told::some_refused(&path));
                    }
                    sealed.push(part);
                }
                Err(Failure::Refused(text)) => refusals.push(text),
                Err(other) => return Err(other),
            }
        }
        if let Some(faults) = faults {
            faults.finish()?;
        }
        if refusals.is_empty() {
            return Ok(sealed);
        }
        Err(Failure::Refused(refusals.join("\n\n")))
    }

    fn check_one(
        &self,
        part: Part,
        mut faults: Option<&mut FaultList>,
    ) -> Result<(SealedPart, u64), Failure> {
        let Part { source, name } = part;
        let (path, places) = (source.path.clone(), source.places.clone());
        // It was admitted, so it is there.
        let dataset = self
            .agreement
            .dataset(&name.dataset)
            .ok_or_else(|| Fault::Inconsistent(format!("no dataset {}", name.dataset)))?;
        let delta = name.mode == Mode::Delta;
        let text = source.into_text(dataset, delta);
        let (stream, aside) = self.seal_aside(&name, text.stream)?;
        let bar = counting(format!("checking {}", path.display()));
        let mut places_told = told::Places::default();
        let shown = name_of(&path);
        let mut hear = |fact: Fact| {
            if let Some(faults) = &mut faults {
                faults.add(&shown, &fact)?;
            }
            places_told.add(&fact);
            Ok(())
        };
        let checked = check(self.agreement, dataset, &name, stream, &mut hear, &|rows| {
            bar.inc(rows)
        });
        bar.finish_and_clear();
        let checked = match checked {
            Ok(checked) => checked,
            Err(stop) => {
                return Err(failure(
                    &path,
                    stop,
                    places.as_deref(),
                    &places_told,
                    aside.as_ref(),
                ));
            }
        };
        told::checked(&path, &name, &checked, &places_told);
        if let Some(remarks) = text.remarks {
            told::remarks(&remarks);
        }
        let Checked {
            refused, plaintext, ..
        } = checked;
        let part = SealedPart {
            name,
            plaintext,
            sealed: aside.map(Aside::finish).transpose()?,
        };
        Ok((part, refused))
    }

    /// The text, sealed under a temporary name while it is read; as it is for a check alone.
    fn seal_aside(
        &self,
        name: &DataFileName,
        text: Box<dyn Read + Send>,
    ) -> Result<(Box<dyn Read + Send>, Option<Aside>), Failure> {
        let Some(keys) = self.keys else {
            return Ok((text, None));
        };
        files::create_dir(&self.profile.sent)?;
        let file = WholeFile::create(self.profile.sent.join(name.as_str()), 0o644)?;
        let sealer = Sealer::begin(&file, name.compression, &keys.recipients)?;
        let (tee, sealing) = Tee::new(text, sealer);
        Ok((Box::new(tee), Some(Aside { file, sealing })))
    }
}

/// A file that is sealed while its text is checked.
struct Aside {
    file: WholeFile,
    sealing: Sealing,
}

impl Aside {
    /// The file and the digest of its ciphertext, once all of the text was read.
    fn finish(self) -> Result<(WholeFile, Sha256Digest), Fault> {
        let failed = Fault::io("write", self.file.target());
        let sealer = self.sealing.take().map_err(failed)?;
        let sealer =
            sealer.ok_or_else(|| Fault::Inconsistent("a file was sealed twice".to_owned()))?;
        let digest = sealer.finish(&self.file)?;
        Ok((self.file, digest))
    }
}

/// What stopped a check: the data, the workbook, or our own disk.
fn failure(
    path: &Path,
    stop: Stop,
    places: Option<&[usize]>,
    facts: &told::Places,
    aside: Option<&Aside>,
) -> Failure {
    if let Some(Err(error)) = aside.map(|aside| aside.sealing.take()) {
        return Fault::io("write the sealed file of", path)(error).into();
    }
    match stop {
        Stop::Rejected(rejection) => {
            let text = told::rejected(path, &rejection, places);
            match text {
                Failure::Refused(text) => Failure::Refused(format!("{text}{}", facts.listed())),
                other => other,
            }
        }
        Stop::Fault(Fault::Io {
            source,
            doing,
            path: at,
        }) => match Refusal::within(&source) {
            Some(refusal) => told::damaged(path, refusal),
            None => Fault::Io {
                source,
                doing,
                path: at,
            }
            .into(),
        },
        Stop::Fault(fault) => fault.into(),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
