//! Civil dates, times of day and instants.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use prost_types::Timestamp;

use crate::proto::google::r#type::{Date, TimeOfDay};

const MAX_YEAR: i32 = 9_999;
const NANOS_IN_A_SECOND: i32 = 1_000_000_000;

impl From<NaiveDate> for Date {
    fn from(date: NaiveDate) -> Self {
        Self { year: date.year(), month: date.month().cast_signed(), day: date.day().cast_signed() }
    }
}

impl From<NaiveTime> for TimeOfDay {
    fn from(time: NaiveTime) -> Self {
        let [hours, minutes, seconds, nanos] = [time.hour(), time.minute(), time.second(), time.nanosecond()];
        Self {
            hours: hours.cast_signed(),
            minutes: minutes.cast_signed(),
            seconds: seconds.cast_signed(),
            nanos: nanos.cast_signed(),
        }
    }
}

/// The message of an instant; fractions of a second are kept exactly.
#[must_use]
pub fn timestamp(time: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: time.timestamp(), nanos: time.timestamp_subsec_nanos().cast_signed() }
}

pub(crate) fn real_date(Date { year, month, day }: Date) -> Result<NaiveDate, String> {
    let [month_number, day_number] = [month, day].map(|number| u32::try_from(number).unwrap_or(0));
    Some(year)
        .filter(|year| (1..=MAX_YEAR).contains(year))
        .and_then(|year| NaiveDate::from_ymd_opt(year, month_number, day_number))
        .ok_or_else(|| format!("is {year}-{month}-{day}, which is no date: give year, month and day"))
}

pub(crate) fn real_time_of_day(TimeOfDay { hours, minutes, seconds, nanos }: TimeOfDay) -> Result<NaiveTime, String> {
    let [hour, minute, second] = [hours, minutes, seconds].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    let time = NaiveTime::from_hms_opt(hour, minute, second).filter(|_| nanos == 0);
    time.ok_or_else(|| {
        format!("is {hours}:{minutes}:{seconds} and {nanos} nanoseconds, which is no time of day in whole seconds")
    })
}

pub(crate) fn real_time(Timestamp { seconds, nanos }: Timestamp) -> Result<DateTime<Utc>, String> {
    u32::try_from(nanos)
        .ok()
        .filter(|_| nanos < NANOS_IN_A_SECOND)
        .and_then(|nanos| DateTime::from_timestamp(seconds, nanos))
        .ok_or_else(|| format!("is {seconds} seconds and {nanos} nanoseconds, which is no instant"))
}
