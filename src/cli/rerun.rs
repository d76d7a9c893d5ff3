//! `padan rerun`: one delivery again, by an operator's hand.

use std::path::PathBuf;

use crate::ledger::State;
use crate::pipeline::{Rerun, Responded, rerun};
use crate::rejection::Rejection;
use crate::serve::{Service, runtime};

use super::look::say;
use super::progress::Shown;
use super::{Failure, logging, look};

/// Run one delivery again: an answered one gives the same answers, a faulted or rejected one is tried anew.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  padan rerun --config padan.yaml bkn_pns_full_2026-11-22_0007 --reason \"signer registered, ticket 81\""
)]
pub struct Args {
    /// The service's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The delivery: its manifest's or data file's name, or the first digits of its id (6 or more).
    #[arg(value_name = "NAME|ID")]
    delivery: String,
    /// Why it is run again; kept in the ledger.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Only say what would happen; keep and hand out nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    logging::start();
    if args.reason.trim().is_empty() {
        return Err(Failure::Usage(
            "--reason is empty: write why the delivery is run again; it is kept in the ledger"
                .into(),
        ));
    }
    let runtime = runtime()?;
    let service = Service::load(&args.config, runtime.handle().clone())?;
    let delivery = look::one(service.ledger(), &args.delivery, &service.config.time_zone)?;
    let shown = Shown::on_stderr();
    let outcome = service.with_context(&shown, |cx| {
        rerun(cx, &delivery, &args.reason, args.dry_run)
    });
    shown.finish();
    let name = format!("{} ({})", look::safe(&delivery.stem), delivery.id.short());
    match outcome? {
        Rerun::SameAnswers(responded) => say(&told(
            &format!("{name}: answered before, and the answers come out the same"),
            &responded,
        )),
        Rerun::Answered(responded) => say(&told(&format!("{name}: answered"), &responded)),
        Rerun::WouldAnswer(responded) => say(&told(
            &format!("{name}: dry run, nothing kept; it would be answered"),
            &responded,
        )),
        Rerun::Rejected(why) => Err(refused(&name, "rejected again", &why)),
        Rerun::WouldReject(why) if delivery.state == State::Answered => {
            Err(Failure::Refused(format!(
                "{name}: its answers stand, but with today's keys and configuration it would be rejected: {}\n\
                 A key that was replaced keeps its old line, with valid-before=…: a signature is judged by the time \
                 of its receipt. An age identity stays as long as its deliveries are kept.",
                why.code
            )))
        }
        Rerun::WouldReject(why) => Err(refused(
            &name,
            "nothing changed; it would be rejected",
            &why,
        )),
        Rerun::Behind(before) => Err(Failure::Refused(format!(
            "{name} would overtake {} ({}), which waits after a fault; run that one again first",
            look::safe(&before.stem),
            before.id.short()
        ))),
        Rerun::OtherAgreement => Err(Failure::Refused(format!(
            "{name} was answered under another agreement file; run it again with that file \
             (its digest is in the receipt)"
        ))),
    }
}

/// What was done, part by part and file by file.
fn told(title: &str, responded: &Responded) -> String {
    let mut told = format!("{title}\n");
    for line in &responded.story {
        told.push_str(&format!("  {line}\n"));
    }
    for file in &responded.published {
        let folder = match file.folder.as_str() {
            "" => "receipts",
            folder => folder,
        };
        told.push_str(&format!("  {}  {folder}/{}\n", file.reader, file.file));
    }
    told
}

fn refused(name: &str, what: &str, why: &Rejection) -> Failure {
    let text = why.code.text().en;
    Failure::Refused(format!(
        "{name}: {what}: {} {} {}",
        why.code, text.what, text.remedy
    ))
}
