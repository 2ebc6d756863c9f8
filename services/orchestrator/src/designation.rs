//! Whether an institution may settle a visit that it was not designated for on every day.
//!
//! A visit that begins while the designation is suspended or ended is a new visit, and is refused. Of a stay that had
//! begun before, the rulebook says what is settled.

use chrono::NaiveDate;
use claim::Standing;
use rulebook::StayUnderWay;
use wire::register_v1::Interruption;
use wire::{ErrorReason, claim_v1 as proto};

use crate::missing::Missing;

/// The days of a visit.
pub(crate) struct VisitDays<'c> {
    pub(crate) begun: NaiveDate,
    /// The day of service; for a stay the day of discharge.
    pub(crate) ended: NaiveDate,
    /// The days on which its lines arose; none for the day on which it ended.
    pub(crate) lines: &'c [Option<NaiveDate>],
}

/// A time without designation.
struct Gap {
    standing: Standing,
    from: NaiveDate,
    to: NaiveDate,
}

impl Gap {
    fn read(interruption: &Interruption) -> Option<Self> {
        let date = |date: Option<_>| wire::read(|at| at.date("", date)).ok();
        Some(Self {
            standing: proto::Standing::try_from(interruption.standing).ok()?.try_into().ok()?,
            from: date(interruption.from_date)?,
            to: date(interruption.to_date)?,
        })
    }

    fn holds_on(&self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }

    const fn reason(&self) -> ErrorReason {
        match self.standing {
            Standing::Suspended => ErrorReason::InstitutionSuspended,
            Standing::Ended | Standing::Lapsed => ErrorReason::AgreementEnded,
            Standing::Unlisted | Standing::Applied | Standing::Refused | Standing::InForce => {
                ErrorReason::InstitutionNotDesignated
            }
        }
    }

    /// Whether a visit that begins in it is refused although the institution is designated again on the service date.
    const fn refuses_what_begins(&self) -> bool {
        match self.standing {
            Standing::Suspended | Standing::Ended | Standing::Lapsed => true,
            Standing::Unlisted | Standing::Applied | Standing::Refused | Standing::InForce => false,
        }
    }

    fn description(&self) -> String {
        let from = self.from;
        match self.standing {
            Standing::Suspended => format!("is suspended since {from}"),
            Standing::Ended => format!("is not designated: its agreement was ended on {from}"),
            Standing::Lapsed => format!("is not designated: its agreement has run out, since {from}"),
            Standing::Applied => format!("is not designated: its application of {from} is not decided"),
            Standing::Refused => format!("is not designated: its application was refused on {from}"),
            Standing::Unlisted | Standing::InForce => "is not designated on the service date".to_owned(),
        }
    }
}

/// Notes why the institution that `field` names may not settle the visit.
pub(crate) fn note(
    field: &str,
    days: &VisitDays<'_>,
    interruptions: &[Interruption],
    stay_under_way: StayUnderWay,
    missing: &mut Missing,
) {
    let gaps: Vec<Gap> = interruptions.iter().filter_map(Gap::read).collect();
    let on = |date: NaiveDate| gaps.iter().find(|gap| gap.holds_on(date));
    let began_in = on(days.begun).filter(|gap| gap.refuses_what_begins() || on(days.ended).is_some());
    if let Some(gap) = began_in {
        return missing.note(gap.reason(), field, &gap.description());
    }
    match stay_under_way {
        StayUnderWay::UntilDischarge => {}
        StayUnderWay::UntilThatDay => {
            for (index, line) in days.lines.iter().enumerate() {
                let arose = line.unwrap_or(days.ended);
                if let Some(gap) = on(arose).filter(|gap| gap.from > days.begun) {
                    let description = format!("is {arose}: the institution {}", gap.description());
                    missing.note(gap.reason(), format!("lines[{index}].service_date"), &description);
                }
            }
        }
    }
}
