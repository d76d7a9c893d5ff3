//! `padan sample`: synthetic extracts to try everything with.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Zoned;
use jiff::civil::Date;

use crate::sample::{FEWEST, FileTruth, MOST, MOST_UNMATCHED, Plan, Truth, YEARS, generate};

use super::Failure;

/// Rows from which a progress bar is worth its lines.
const LONG: u64 = 20_000;

/// Write synthetic extracts of all datasets with known faults and differences, and truth.json.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  padan sample --rows 1000 --out contoh

contoh/babak-1 then holds a full delivery of each dataset, contoh/babak-2 one small delta for after the answers, and
contoh/truth.json what an honest run finds. The people are invented. The files are plain CSV: encrypt and sign them
with age, sha256sum and ssh-keygen, or with `padan seal`.")]
pub struct Args {
    /// Rows of the dataset pns; the others are in proportion.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(FEWEST..=MOST))]
    rows: u64,
    /// Records of each party that neither NIP nor NIK brings together; truth.json tells which are one person.
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=MOST_UNMATCHED))]
    unmatched: u64,
    /// Another number gives other people; the same gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The day on which the data is true (YYYY-MM-DD), today if not given.
    #[arg(long)]
    as_of: Option<Date>,
    /// A folder that is empty or does not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Writes the sample. A folder that holds something is refused, so that nothing is ever mixed or lost.
pub fn run(args: Args) -> Result<(), Failure> {
    if !is_free(&args.out) {
        return Err(Failure::Usage(format!(
            "{} is not an empty folder; name another one with --out",
            args.out.display()
        )));
    }
    let as_of = args.as_of.unwrap_or_else(|| Zoned::now().date());
    if !YEARS.contains(&as_of.year()) {
        return Err(Failure::Usage(format!(
            "no sample can be made for {as_of}; give --as-of a day in {} to {}",
            YEARS.start(),
            YEARS.end()
        )));
    }
    let plan = Plan {
        rows: args.rows,
        seed: args.seed,
        as_of,
        unmatched: args.unmatched,
    };
    let bar = progress(plan.rows);
    let truth = generate(&plan, &args.out, |rows| bar.inc(rows))?;
    bar.finish_and_clear();
    eprintln!("{}", told(&truth, &args.out));
    Ok(())
}

/// Whether nothing is there, or an empty folder.
fn is_free(dir: &Path) -> bool {
    match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// A bar on a terminal where it takes long enough to be seen.
fn progress(rows: u64) -> ProgressBar {
    if rows < LONG || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} rows, {eta} left");
    ProgressBar::new(rows).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// What was written, file by file.
fn told(truth: &Truth, dir: &Path) -> String {
    let mut text = format!(
        "sample in {} (seed {}, {})",
        dir.display(),
        truth.seed,
        truth.as_of
    );
    for (folder, round) in [("babak-1", &truth.babak_1), ("babak-2", &truth.babak_2)] {
        for (name, FileTruth { rows, refused, .. }) in &round.files {
            text += &format!("\n  {folder}/{name}: {rows} rows, {refused} to be refused");
        }
    }
    text + "\n  truth.json: what an honest run finds"
}
