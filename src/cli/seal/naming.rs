//! What an export is: which dataset, of which day, all of it or the changes. Asked, told or read from its name; never
//! guessed from a file's time stamp.

use std::collections::BTreeSet;
use std::io::{IsTerminal, stderr, stdin};
use std::path::Path;

use jiff::civil::Date;

use crate::agreement::{Agreement, Dataset, DatasetId, PartyId};
use crate::delivery::{Compression, DataFileName, Mode};

use super::super::Failure;
use super::Args;
use super::source::Source;

/// What an export is, without its number.
pub struct Wish {
    /// The dataset.
    pub dataset: DatasetId,
    /// All of it, or the changes.
    pub mode: Mode,
    /// The day on which the data was true.
    pub as_of: Date,
    /// The number that was asked for.
    pub sequence: Option<u32>,
}

impl Wish {
    /// From the command line, else from the file's name, else from its columns, else from the person at the terminal.
    pub fn of(
        args: &Args,
        party: &PartyId,
        agreement: &Agreement,
        source: &Source,
    ) -> Result<Self, Failure> {
        let ready = ready_name(&source.path);
        if let Some(ready) = ready.as_ref().filter(|ready| ready.party != *party) {
            return Err(Failure::Usage(format!(
                "{} is named as a file of {}, but this profile is {party}'s; send each party's own",
                source.path.display(),
                ready.party
            )));
        }
        let dataset = match (&args.dataset, &ready) {
            (Some(dataset), _) => dataset.clone(),
            (None, Some(ready)) => ready.dataset.clone(),
            (None, None) => find_dataset(party, agreement, source)?,
        };
        let as_of = match (args.as_of, &ready) {
            (Some(day), _) => day,
            (None, Some(ready)) => ready.as_of,
            (None, None) => find_day(&source.path)?,
        };
        let delta = args.delta
            || match &ready {
                Some(ready) => ready.mode == Mode::Delta,
                None => source.is_delta(),
            };
        Ok(Self {
            dataset,
            mode: if delta { Mode::Delta } else { Mode::Full },
            as_of,
            sequence: args.sequence.or(ready.map(|ready| ready.sequence)),
        })
    }

    /// The name under which it is sent.
    pub fn name(
        &self,
        party: &PartyId,
        sequence: u32,
        compression: Compression,
    ) -> Result<DataFileName, Failure> {
        let ending = match compression {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        };
        let Self {
            dataset,
            mode,
            as_of,
            ..
        } = self;
        let name = format!("{party}_{dataset}_{mode}_{as_of}_{sequence:04}.csv{ending}.age");
        name.parse()
            .map_err(|rule| Failure::Usage(format!("{name} is no name of a data file: {rule}")))
    }
}

/// The name of a file that already has its final one, whatever its ending.
fn ready_name(path: &Path) -> Option<DataFileName> {
    let (stem, _) = path.file_name()?.to_str()?.split_once('.')?;
    format!("{stem}.csv.age").parse().ok()
}

/// By a word of the file's name, else by the columns.
fn find_dataset(
    party: &PartyId,
    agreement: &Agreement,
    source: &Source,
) -> Result<DatasetId, Failure> {
    let own: Vec<&Dataset> = agreement
        .datasets
        .iter()
        .filter(|d| d.party == *party)
        .collect();
    let columns: BTreeSet<&str> = source
        .names
        .iter()
        .map(String::as_str)
        .skip(usize::from(source.is_delta()))
        .collect();
    let fits = |dataset: &&&Dataset| {
        let agreed: BTreeSet<&str> = dataset.fields.iter().map(|f| f.name.as_str()).collect();
        agreed == columns
    };
    let stem = source
        .path
        .file_stem()
        .map(|stem| stem.to_string_lossy().to_lowercase());
    let stem = stem.unwrap_or_default().replace([' ', '-', '.'], "_");
    let padded = format!("_{stem}_");
    let mut named: Vec<_> = own
        .iter()
        .filter(|dataset| padded.contains(&format!("_{}_", dataset.id)))
        .collect();
    // `keluarga` stands in `keluarga_pejabat`.
    let all = named.clone();
    named.retain(|dataset| {
        let longer = |other: &&&&Dataset| {
            other.id != dataset.id && other.id.as_str().contains(dataset.id.as_str())
        };
        !all.iter().any(|other| longer(&other))
    });
    let fitting: Vec<_> = own.iter().filter(fits).collect();
    match (named.as_slice(), fitting.as_slice()) {
        ([one], _) | ([], [one]) => Ok(one.id.clone()),
        (several, [one]) if several.iter().any(|dataset| dataset.id == one.id) => {
            Ok(one.id.clone())
        }
        _ => {
            let known: Vec<&str> = own.iter().map(|dataset| dataset.id.as_str()).collect();
            Err(Failure::Usage(format!(
                "{}: neither its name nor its columns tell which dataset it is; say --dataset {}",
                source.path.display(),
                known.join(" or --dataset ")
            )))
        }
    }
}

/// The one day in the file's name, else what the person says.
fn find_day(path: &Path) -> Result<Date, Failure> {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let days = days_in(&stem.unwrap_or_default());
    if let [day] = days.iter().collect::<Vec<_>>().as_slice() {
        return Ok(**day);
    }
    if stdin().is_terminal() && stderr().is_terminal() {
        return ask_day(path);
    }
    Err(Failure::Usage(format!(
        "{}: of which day is the data? say --as-of YYYY-MM-DD, or put that day into the file's name",
        path.display()
    )))
}

fn ask_day(path: &Path) -> Result<Date, Failure> {
    loop {
        eprint!(
            "{}\nData per tanggal / on which day was it true (YYYY-MM-DD): ",
            path.display()
        );
        let mut line = String::new();
        if stdin().read_line(&mut line).unwrap_or(0) == 0 {
            return Err(Failure::Usage(
                "no day was given; say --as-of YYYY-MM-DD".to_owned(),
            ));
        }
        if let Ok(day) = line.trim().parse() {
            return Ok(day);
        }
    }
}

/// Days as `2026-11-22`, `22-11-2026` or `20261122` that stand by themselves.
fn days_in(text: &str) -> BTreeSet<Date> {
    let pieces = text.split(|c: char| !c.is_ascii_digit() && c != '-');
    let mut days = BTreeSet::new();
    for piece in pieces {
        let numbers: Vec<&str> = piece.split('-').filter(|n| !n.is_empty()).collect();
        for window in numbers.windows(3) {
            if let [a, b, c] = window {
                let lengths = (a.len(), b.len(), c.len());
                days.extend(match lengths {
                    (4, 2, 2) => day(a, b, c),
                    (2, 2, 4) => day(c, b, a),
                    _ => None,
                });
            }
        }
        for number in numbers
            .iter()
            .filter(|number| number.len() == 8 && number.starts_with("20"))
        {
            if let (Some(y), Some(m), Some(d)) =
                (number.get(..4), number.get(4..6), number.get(6..))
            {
                days.extend(day(y, m, d));
            }
        }
    }
    days
}

fn day(year: &str, month: &str, day: &str) -> Option<Date> {
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::days_in;

    #[test]
    fn the_day_in_a_name_is_found_where_it_is_one() {
        for (name, days) in [
            ("pns 2026-11-22", &["2026-11-22"][..]),
            ("pns_22-11-2026 (final)", &["2026-11-22"]),
            ("PNS20261122", &["2026-11-22"]),
            ("bkn-2026-11-22-pns", &["2026-11-22"]),
            (
                "pns 2026-11-22 dan 2026-11-23",
                &["2026-11-22", "2026-11-23"],
            ),
            ("pns 2026-13-40", &[]),
            ("pns 11-22-2026", &[]),
            ("pns 198501012010011001", &[]),
            ("pns November 2026", &[]),
        ] {
            let found: Vec<_> = days_in(name).iter().map(ToString::to_string).collect();
            assert_eq!(found, days, "{name}");
        }
    }
}
