//! [`Reader`]: reads a message field by field and notes every fault under the field's full path.
//!
//! Each method answers `None` after it has noted a fault, so that a caller reads all fields first and builds its value
//! afterwards. A path is only written out when there is a fault to tell.

use std::cell::RefCell;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use claim::{InvalidText, Violations};
use money::{Fen, Rate};

use crate::date::{real_date, real_time, real_time_of_day};
use crate::listed::{Listed, NotListed};
use crate::proto::google::r#type::{Date, TimeOfDay};

/// What is read from one message.
pub trait FromMessage: Sized {
    /// The message.
    type Message;

    /// Reads a message; `None` after at least one fault was noted.
    fn read(message: Self::Message, at: &Reader<'_>) -> Option<Self>;
}

/// A place in the message that is being read, and the faults found so far in the whole of it.
#[derive(Debug)]
pub struct Reader<'a> {
    parent: Option<&'a Reader<'a>>,
    name: &'static str,
    index: Option<usize>,
    violations: &'a RefCell<Violations>,
}

/// Reads a whole message with `read`.
///
/// # Errors
/// All faults that `read` noted.
pub fn read<T>(read: impl FnOnce(&Reader<'_>) -> Option<T>) -> Result<T, Violations> {
    let violations = RefCell::new(Violations::new());
    let value = read(&Reader { parent: None, name: "", index: None, violations: &violations });
    let violations = violations.into_inner();
    match value {
        Some(value) if violations.is_empty() => Ok(value),
        Some(_) | None => Err(violations),
    }
}

impl Reader<'_> {
    /// Notes a fault of `field`; an empty name means the place itself.
    pub fn fault(&self, field: &str, description: impl fmt::Display) {
        let mut path = self.to_string();
        if !path.is_empty() && !field.is_empty() {
            path.push('.');
        }
        path.push_str(field);
        self.violations.borrow_mut().add(path, description);
    }

    /// Takes the value of `result`, or notes its error for `field`.
    #[must_use]
    pub fn take<T, E: fmt::Display>(&self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.fault(field, error)).ok()
    }

    /// Notes `description` for `field` unless `holds`.
    #[must_use]
    pub fn check(&self, field: &str, holds: bool, description: impl fmt::Display) -> Option<()> {
        if !holds {
            self.fault(field, description);
        }
        holds.then_some(())
    }

    /// An identifier or a code that is required.
    #[must_use]
    pub fn id<T: FromStr<Err = InvalidText>>(&self, field: &str, text: &str) -> Option<T> {
        self.take(field, text.parse())
    }

    /// An identifier or a code that may be absent, which an empty text means.
    #[must_use]
    pub fn optional_id<T: FromStr<Err = InvalidText>>(&self, field: &str, text: &str) -> Option<Option<T>> {
        if text.is_empty() { Some(None) } else { self.id(field, text).map(Some) }
    }

    /// An amount from nothing to [`Fen::MAX`].
    #[must_use]
    pub fn amount(&self, field: &str, fen: i64) -> Option<Fen> {
        self.number(field, fen, 0..=Fen::MAX.get()).map(Fen::new)
    }

    /// A rate in basis points, 0 to 10,000.
    #[must_use]
    pub fn rate(&self, field: &str, basis_points: i32) -> Option<Rate> {
        let rate = u16::try_from(basis_points).ok().and_then(Rate::new);
        self.take(field, rate.ok_or_else(|| format!("is {basis_points}: must be 0 to 10000 basis points")))
    }

    /// A number within `range`.
    #[must_use]
    pub fn number<T: PartialOrd + fmt::Display + Copy>(
        &self,
        field: &str,
        number: T,
        range: RangeInclusive<T>,
    ) -> Option<T> {
        let sound = range.contains(&number);
        if !sound {
            self.fault(field, format_args!("is {number}: must be {} to {}", range.start(), range.end()));
        }
        sound.then_some(number)
    }

    /// A member of a closed list that is required.
    #[must_use]
    pub fn listed<T: Listed>(&self, field: &str, number: i32) -> Option<T> {
        self.take(field, T::from_number(number))
    }

    /// A member of a closed list that may be absent, which the unspecified member means.
    #[must_use]
    pub fn optional_listed<T: Listed>(&self, field: &str, number: i32) -> Option<Option<T>> {
        match T::from_number(number) {
            Err(NotListed::Unspecified) => Some(None),
            other => self.take(field, other).map(Some),
        }
    }

    /// A date that is required.
    #[must_use]
    pub fn date(&self, field: &str, date: Option<Date>) -> Option<NaiveDate> {
        let date = self.required(field, date)?;
        self.take(field, real_date(date))
    }

    /// A date that may be absent.
    #[must_use]
    pub fn optional_date(&self, field: &str, date: Option<Date>) -> Option<Option<NaiveDate>> {
        date.map_or(Some(None), |date| self.date(field, Some(date)).map(Some))
    }

    /// A time of day that may be absent.
    #[must_use]
    pub fn optional_time_of_day(&self, field: &str, time: Option<TimeOfDay>) -> Option<Option<NaiveTime>> {
        time.map_or(Some(None), |time| self.take(field, real_time_of_day(time)).map(Some))
    }

    /// An instant that is required.
    #[must_use]
    pub fn time(&self, field: &str, time: Option<prost_types::Timestamp>) -> Option<DateTime<Utc>> {
        let time = self.required(field, time)?;
        self.take(field, real_time(time))
    }

    /// A message that is required.
    #[must_use]
    pub fn message<T: FromMessage>(&self, field: &'static str, message: Option<T::Message>) -> Option<T> {
        let message = self.required(field, message)?;
        T::read(message, &self.child(field, None))
    }

    /// A list of messages, as many as `count` allows.
    #[must_use]
    pub fn messages<T: FromMessage>(
        &self,
        field: &'static str,
        messages: Vec<T::Message>,
        count: RangeInclusive<usize>,
    ) -> Option<Vec<T>> {
        self.each(field, messages, count, |message, at| T::read(message, at))
    }

    /// A list whose members `read` reads, as many as `count` allows. Of a list that is too long no member is read.
    #[must_use]
    pub fn each<M, T>(
        &self,
        field: &'static str,
        members: Vec<M>,
        count: RangeInclusive<usize>,
        read: impl Fn(M, &Reader<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.check_count(field, members.len(), count)?;
        let (length, mut values) = (members.len(), Vec::with_capacity(members.len()));
        for (index, member) in members.into_iter().enumerate() {
            values.extend(read(member, &self.child(field, Some(index))));
        }
        (values.len() == length).then_some(values)
    }

    /// Notes a list that is shorter or longer than `count` allows.
    #[must_use]
    pub fn check_count(&self, field: &str, length: usize, count: RangeInclusive<usize>) -> Option<()> {
        let (least, most) = count.into_inner();
        let sound = (least..=most).contains(&length);
        self.check(field, sound, format_args!("has {length} members: must have {least} to {most}"))
    }

    /// What is there, or a fault where nothing is.
    #[must_use]
    pub fn required<T>(&self, field: &str, value: Option<T>) -> Option<T> {
        self.check(field, value.is_some(), "is required")?;
        value
    }

    fn child<'b>(&'b self, name: &'static str, index: Option<usize>) -> Reader<'b> {
        Reader { parent: Some(self), name, index, violations: self.violations }
    }
}

/// The path of the place, such as `earlier[0].portions[2]`; empty for the message itself.
impl fmt::Display for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            fmt::Display::fmt(parent, f)?;
            if parent.parent.is_some() {
                f.write_str(".")?;
            }
        }
        f.write_str(self.name)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

/// Gives the types of `claim` a `TryFrom` of their message that runs their [`FromMessage`].
macro_rules! readable {
    ($($name:ident),+ $(,)?) => { $(
        impl TryFrom<$crate::claim_v1::$name> for claim::$name {
            type Error = claim::Violations;

            fn try_from(message: $crate::claim_v1::$name) -> Result<Self, claim::Violations> {
                $crate::reader::read(|at| <Self as $crate::FromMessage>::read(message, at))
            }
        }
    )+ };
}

pub(crate) use readable;
