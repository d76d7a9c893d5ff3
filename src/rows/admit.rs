//! What a data file's name must say before anybody looks into the file.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::agreement::{Agreement, Dataset, PartyId};
use crate::delivery::DataFileName;
use crate::rejection::{Code, Rejection};

/// Where a day begins first.
const EASTERNMOST: Offset = Offset::constant(14);

/// Party, dataset and term bind to the name, the only signed metadata: the dataset, if `sender` may deliver a file of
/// that name at `received`, in the service's time zone.
///
/// Refuses with `NAME_NOT_SENDER`, `DATASET_NOT_AGREED`, `OUT_OF_TERM` (Pasal 7) or `AS_OF_FUTURE`.
pub fn admit<'a>(
    agreement: &'a Agreement,
    sender: &PartyId,
    name: &DataFileName,
    received: Timestamp,
    zone: &TimeZone,
) -> Result<&'a Dataset, Rejection> {
    let refuse = |code: Code| Rejection::new(code).in_file(name);
    if name.party != *sender {
        return Err(refuse(Code::NameNotSender));
    }
    let dataset = agreement
        .dataset(&name.dataset)
        .filter(|dataset| dataset.party == *sender)
        .ok_or_else(|| refuse(Code::DatasetNotAgreed))?;
    let day = received.to_zoned(zone.clone()).date();
    if !agreement.term.covers(day) || !agreement.term.covers(name.as_of) {
        return Err(refuse(Code::OutOfTerm));
    }
    // Ages and dates are judged against it, so a day to come would let anything pass. Today is today where it begins
    // first.
    let today = received.to_zoned(TimeZone::fixed(EASTERNMOST)).date();
    if name.as_of > today {
        return Err(refuse(Code::AsOfFuture));
    }
    Ok(dataset)
}
