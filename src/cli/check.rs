//! `padan check`: everything that can be wrong with the configuration, before the service meets it.

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;

use jiff::civil::Date;
use jiff::{Timestamp, Unit, Zoned};

use crate::agreement::{Agreement, Dataset, PartyId, Reconciliation};
use crate::config::Config;
use crate::serve::{LoadError, key_problems, key_warnings};

use super::Failure;

/// Check configuration, agreement and keys, and tell every error with file, place and remedy
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  padan check --config /etc/padan/padan.yaml")]
pub struct Args {
    /// The service's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Prints a summary on stdout; problems go to stderr with exit code 2.
pub fn run(args: Args) -> Result<(), Failure> {
    let today = Zoned::now().date();
    let config = Config::load(&args.config, today)?;
    let problems = key_problems(&config);
    if !problems.is_empty() {
        return Err(LoadError::Keys(problems).into());
    }
    for warning in &config.warnings {
        eprintln!("warning: {warning}");
    }
    for warning in key_warnings(&config, Timestamp::now()) {
        eprintln!("warning: {warning}");
    }
    let agreement = &config.agreement;
    let text = Summary { agreement, today }.to_string();
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Failure::Fault(format!("cannot write the summary: {error}")))
}

/// The agreement on one page.
struct Summary<'a> {
    agreement: &'a Agreement,
    today: Date,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let agreement = self.agreement;
        let term = &agreement.term;
        writeln!(f, "Agreement  {}", agreement.numbers.join(", "))?;
        writeln!(f, "  digest   {}", agreement.digest)?;
        writeln!(
            f,
            "  term     {} to {}, {}",
            term.signed,
            term.until,
            days_left(self.today, term.until)
        )?;
        for party in &agreement.parties {
            writeln!(f, "  party    {}  {}", party.id, party.name)?;
        }
        writeln!(f, "\nDatasets")?;
        for dataset in &agreement.datasets {
            write_dataset(f, dataset)?;
        }
        writeln!(f, "\nExpected")?;
        write_calendar(f, agreement)?;
        writeln!(f, "\nReconciliations")?;
        if agreement.reconciliations.is_empty() {
            writeln!(f, "  none")?;
        }
        for reconciliation in &agreement.reconciliations {
            write_reconciliation(f, reconciliation)?;
        }
        for party in &agreement.parties {
            writeln!(f, "\n{} may receive", party.id)?;
            write_entitlement(f, agreement, &party.id)?;
        }
        writeln!(f, "\nEverything is well.")
    }
}

fn days_left(today: Date, until: Date) -> String {
    match until.since((Unit::Day, today)) {
        Ok(span) => format!("{} days left", span.get_days()),
        Err(_) => "far away".to_owned(),
    }
}

fn write_dataset(f: &mut fmt::Formatter<'_>, dataset: &Dataset) -> fmt::Result {
    let key: Vec<&str> = names_at(dataset, dataset.key.iter());
    writeln!(
        f,
        "  {:<18} from {:<6} {:>2} columns, {} checks, key {}",
        dataset.id.as_str(),
        dataset.party.as_str(),
        dataset.fields.len(),
        dataset.checks.len(),
        key.join(" + ")
    )
}

fn write_calendar(f: &mut fmt::Formatter<'_>, agreement: &Agreement) -> fmt::Result {
    let expected = |dataset: &Dataset| Some((dataset.id.clone(), dataset.expect?));
    let mut nothing = true;
    for (id, schedule) in agreement.datasets.iter().filter_map(expected) {
        nothing = false;
        writeln!(f, "  {:<18} {schedule}", id.as_str())?;
    }
    if nothing {
        writeln!(f, "  nothing by any day")?;
    }
    Ok(())
}

fn write_reconciliation(f: &mut fmt::Formatter<'_>, one: &Reconciliation) -> fmt::Result {
    let [left, right] = &one.sides;
    let columns: Vec<&str> = one.comparisons.iter().map(|c| c.name.as_str()).collect();
    writeln!(
        f,
        "  {:<18} {left} with {right} by {}, comparing {} {}: {}",
        one.id.as_str(),
        one.key.join(" + "),
        columns.len(),
        if columns.len() == 1 {
            "column"
        } else {
            "columns"
        },
        columns.join(", ")
    )
}

fn write_entitlement(
    f: &mut fmt::Formatter<'_>,
    agreement: &Agreement,
    reader: &PartyId,
) -> fmt::Result {
    for dataset in agreement.datasets.iter().filter(|d| d.party != *reader) {
        let columns = match dataset.entitlement.get(reader) {
            None => "nothing".to_owned(),
            Some(given) if given.columns.len() == dataset.fields.len() => {
                format!("all {} columns", given.columns.len())
            }
            Some(given) => names_at(dataset, given.columns.iter()).join(", "),
        };
        writeln!(f, "  {:<18} {columns}", dataset.id.as_str())?;
    }
    Ok(())
}

fn names_at<'d>(dataset: &'d Dataset, positions: impl Iterator<Item = &'d usize>) -> Vec<&'d str> {
    positions
        .filter_map(|position| dataset.fields.get(*position))
        .map(|field| field.name.as_str())
        .collect()
}
