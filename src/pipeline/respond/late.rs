//! The notice to a party whose data is missing.

use serde_json::{Value, json};

use crate::agreement::Period;
use crate::delivery::Notice;
use crate::delivery::notice::Words;
use crate::fault::Fault;
use crate::ledger::{Delivery, Part, State};
use crate::rejection::Code;

use super::super::Context;
use super::super::calendar::Outlook;
use super::notices::blank;

/// Most missing periods that are listed one by one.
const MOST_LISTED: usize = 12;
/// So many of the party's last deliveries are looked through for a refused one.
const LAST_DELIVERIES: u32 = 50;

/// What is missing of a dataset, by when it was due, and what came last; told for the first time (0) or again.
pub fn late_notice(cx: &Context, outlook: &Outlook, reminder: u32) -> Result<Notice, Fault> {
    let mut notice = blank(
        cx,
        &outlook.party,
        Code::DeliveryLate,
        outlook.dataset.as_str(),
    );
    let accepted = cx.ledger.current(&outlook.party, &outlook.dataset)?;
    let facts = Facts {
        outlook,
        reminder,
        accepted: accepted.map(|(_, part)| part),
        refused: refused_since(cx, outlook)?,
    };
    notice.pesan = facts.in_words(&INDONESIAN);
    notice.message = facts.in_words(&ENGLISH);
    notice.details = facts.details().into();
    Ok(notice)
}

struct Facts<'a> {
    outlook: &'a Outlook,
    reminder: u32,
    /// The newest accepted data file.
    accepted: Option<Part>,
    /// The newest one if it was refused.
    refused: Option<(String, Code)>,
}

/// Name and code of the party's newest delivery of the dataset, if it was refused.
fn refused_since(cx: &Context, outlook: &Outlook) -> Result<Option<(String, Code)>, Fault> {
    let recent = cx.ledger.recent(Some(&outlook.party), LAST_DELIVERIES)?;
    let newest = recent.iter().find_map(|delivery| {
        let file = file_of(delivery, outlook)?;
        Some((delivery, file))
    });
    Ok(newest.and_then(|(delivery, file)| {
        let code = delivery
            .code
            .filter(|_| delivery.state == State::Rejected)?;
        Some((file, code))
    }))
}

/// The delivery's data file of this dataset, by its agreed name.
fn file_of(delivery: &Delivery, outlook: &Outlook) -> Option<String> {
    let mut names = delivery
        .files
        .iter()
        .filter_map(|name| name.parse::<crate::delivery::DataFileName>().ok());
    let file = names.find(|name| name.dataset == outlook.dataset)?;
    Some(file.to_string())
}

impl Facts<'_> {
    fn in_words(&self, labels: &Labels) -> Words {
        let missing = &self.outlook.standing.missing;
        let dataset = &self.outlook.dataset;
        let mut lines = Vec::new();
        let days = |period: &Period| {
            format!(
                "{}: {} {} {}, {} {}",
                labels.period, period.first, labels.to, period.last, labels.due, period.due
            )
        };
        lines.extend(missing.iter().take(MOST_LISTED).map(days));
        if let Some(last) = missing.get(MOST_LISTED..).and_then(<[Period]>::last) {
            let more = missing.len() - MOST_LISTED;
            lines.push(format!("… +{more}, {}", days(last)));
        }
        lines.push(format!("{}: {}", labels.rule, self.outlook.schedule));
        if let Some(part) = &self.accepted {
            lines.push(format!(
                "{}: {} {}, {} {}",
                labels.accepted, labels.as_of, part.as_of, labels.sequence, part.sequence
            ));
        }
        if let Some((file, code)) = &self.refused {
            lines.push(format!("{}: {file} ({code})", labels.refused));
        }
        if self.reminder > 0 {
            lines.push(format!("{}: {}", labels.reminder, self.reminder));
        }
        Words {
            subject: labels.subject.replace("{}", dataset.as_str()),
            lines,
        }
    }

    fn details(&self) -> [(&'static str, Value); 5] {
        let missing = self.outlook.standing.missing.iter();
        let missing: Vec<Value> = missing
            .map(|period| {
                json!({
                    "from": period.first.to_string(),
                    "to": period.last.to_string(),
                    "due": period.due.to_string(),
                })
            })
            .collect();
        let accepted = self
            .accepted
            .as_ref()
            .map(|part| json!({ "as_of": part.as_of.to_string(), "sequence": part.sequence }));
        [
            ("dataset", json!(self.outlook.dataset)),
            ("expect", json!(self.outlook.schedule.to_string())),
            ("missing", Value::Array(missing)),
            ("last_accepted", accepted.unwrap_or(Value::Null)),
            ("reminder", json!(self.reminder)),
        ]
    }
}

struct Labels {
    subject: &'static str,
    period: &'static str,
    to: &'static str,
    due: &'static str,
    rule: &'static str,
    accepted: &'static str,
    as_of: &'static str,
    sequence: &'static str,
    refused: &'static str,
    reminder: &'static str,
}

const INDONESIAN: Labels = Labels {
    subject: "data {} belum diterima",
    period: "Periode",
    to: "s.d.",
    due: "paling lambat",
    rule: "Jadwal",
    accepted: "Terakhir diterima",
    as_of: "tanggal data",
    sequence: "nomor urut",
    refused: "Kiriman terakhir ditolak",
    reminder: "Pengingat ke",
};

const ENGLISH: Labels = Labels {
    subject: "data of {} has not been received",
    period: "Period",
    to: "to",
    due: "due",
    rule: "Schedule",
    accepted: "Last accepted",
    as_of: "as of",
    sequence: "sequence",
    refused: "The last delivery was refused",
    reminder: "Reminder",
};
