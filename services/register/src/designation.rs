//! One institution: what it is, and on which days it is designated.
//!
//! A state of its agreement lasts until the next one begins. Where no state has begun yet, the institution's own rows
//! say on which days it is designated, as a list of designated institutions does.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use claim::{
    AdministrativeTier, AgreementGround, InstitutionId, InstitutionKind, LegalForm, Level, Standing, SupervisingAgency,
    TemporaryDesignation, TreatmentRegion,
};

use crate::dated::{Dated, Period};

/// One institution as it was for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Designation {
    pub(crate) name: Arc<str>,
    pub(crate) level: Level,
    /// The level of its price caps (限价医院等级), where it is not its own.
    pub(crate) price_cap_level: Option<Level>,
    pub(crate) kind: InstitutionKind,
    pub(crate) treatment_region: TreatmentRegion,
    pub(crate) special_exempt_allowed: bool,
    /// Whether only its agreements designate it.
    pub(crate) by_agreement: bool,
    /// The hospital as whose department it is run (B 七): its level and rules hold.
    pub(crate) department_of: Option<InstitutionId>,
    /// Its county or district, six digits.
    pub(crate) district: Option<Arc<str>>,
    pub(crate) tier: Option<AdministrativeTier>,
    /// Its grade (医院等级), such as 三级甲等; no rule depends on it.
    pub(crate) grade: Option<Arc<str>>,
    pub(crate) legal_form: Option<LegalForm>,
    pub(crate) beds: Option<u32>,
}

impl Designation {
    /// The agency in charge of it, where that can be told.
    pub(crate) const fn supervised_by(&self) -> Option<SupervisingAgency> {
        SupervisingAgency::of(self.kind, self.tier, self.treatment_region)
    }
}

/// One state of an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) state: Standing,
    /// In the order of the list, each once.
    pub(crate) grounds: BTreeSet<AgreementGround>,
    pub(crate) temporary: Option<TemporaryDesignation>,
    pub(crate) decided_by: Option<SupervisingAgency>,
}

/// One institution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InstitutionHistory {
    pub(crate) designations: Dated<Designation>,
    pub(crate) agreements: Dated<Agreement>,
}

/// A time in which an institution is not designated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interruption {
    pub(crate) standing: Standing,
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
}

impl InstitutionHistory {
    /// Where it stands on `date`, and since when.
    pub(crate) fn standing_on(&self, date: NaiveDate) -> (Standing, Option<NaiveDate>) {
        let mut is_under_agreement = false;
        for (Period { from, to }, agreement) in self.agreements.until(date) {
            if to.is_none_or(|to| date <= to) {
                return (agreement.state, Some(from));
            }
            is_under_agreement = true;
            // A suspension of limited time is over, and what it interrupted goes on.
            if agreement.state != Standing::Suspended {
                let lapsed = to.and_then(|to| to.succ_opt());
                return (Standing::Lapsed, lapsed);
            }
        }
        match self.designations.on(date) {
            Some((from, designation)) if !designation.by_agreement => (Standing::InForce, Some(from)),
            Some(_) | None if is_under_agreement => (Standing::Lapsed, None),
            Some(_) | None => (Standing::Unlisted, None),
        }
    }

    /// Where it stood before the state that begins on `date`.
    pub(crate) fn standing_before(&self, date: NaiveDate) -> Standing {
        date.pred_opt().map_or(Standing::Unlisted, |day_before| self.standing_on(day_before).0)
    }

    /// What it is on `date`, or was on the nearest day for which that is known: an earlier one if there is any.
    pub(crate) fn described_on(&self, date: NaiveDate) -> Option<&Designation> {
        self.designations.near(date)
    }

    /// Whether its designation ended before `date` on a ground that does not let it come back.
    pub(crate) fn is_barred_on(&self, date: NaiveDate) -> bool {
        self.agreements.until(date).any(|(_, agreement)| {
            agreement.state == Standing::Ended && agreement.grounds.iter().any(|g| g.bars_return())
        })
    }

    /// The times between `begun` and `end`, both included, in which it is not designated.
    pub(crate) fn interruptions(&self, begun: NaiveDate, end: NaiveDate) -> Vec<Interruption> {
        let changes = self.agreements.turning_days().chain(self.designations.turning_days());
        let mut days: BTreeSet<NaiveDate> = changes.filter(|day| begun < *day && *day <= end).collect();
        days.insert(begun);
        let mut interruptions: Vec<Interruption> = Vec::new();
        let ends = days.iter().skip(1).filter_map(NaiveDate::pred_opt).chain([end]);
        for (day, last) in days.iter().zip(ends) {
            let (standing, since) = self.standing_on(*day);
            match interruptions.last_mut() {
                Some(before) if before.standing == standing && before.to.succ_opt() == Some(*day) => before.to = last,
                Some(_) | None if standing != Standing::InForce => {
                    interruptions.push(Interruption { standing, from: since.unwrap_or(*day), to: last });
                }
                Some(_) | None => {}
            }
        }
        interruptions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn described(by_agreement: bool) -> Designation {
        Designation {
            name: Arc::from("某院"),
            level: Level::Two,
            price_cap_level: None,
            kind: InstitutionKind::Hospital,
            treatment_region: TreatmentRegion::Local,
            special_exempt_allowed: false,
            by_agreement,
            department_of: None,
            district: None,
            tier: None,
            grade: None,
            legal_form: None,
            beds: None,
        }
    }

    fn history(by_agreement: bool, agreements: &[(&str, Option<&str>, Standing)]) -> InstitutionHistory {
        let mut history = InstitutionHistory::default();
        history.designations.put(Period { from: day("2020-01-01"), to: None }, described(by_agreement));
        for (from, to, state) in agreements {
            let agreement = Agreement { state: *state, grounds: BTreeSet::new(), temporary: None, decided_by: None };
            history.agreements.put(Period { from: day(from), to: to.map(day) }, agreement);
        }
        history
    }

    #[test]
    fn a_state_lasts_until_the_next_one_begins() {
        use Standing::{Applied, Ended, InForce, Refused, Suspended, Unlisted};
        let life = history(
            true,
            &[
                ("2021-01-10", None, Applied),
                ("2021-02-01", None, Refused),
                ("2021-05-01", None, Applied),
                ("2021-06-01", None, InForce),
                ("2023-03-10", None, Suspended),
                ("2023-04-01", None, InForce),
                ("2023-09-01", None, Ended),
            ],
        );
        for (date, standing) in [
            ("2021-01-09", Unlisted),
            ("2021-01-10", Applied),
            ("2021-02-01", Refused),
            ("2021-05-31", Applied),
            ("2021-06-01", InForce),
            ("2023-03-09", InForce),
            ("2023-03-10", Suspended),
            ("2023-03-31", Suspended),
            ("2023-04-01", InForce),
            ("2023-09-01", Ended),
            ("2099-01-01", Ended),
        ] {
            assert_eq!(life.standing_on(day(date)).0, standing, "{date}");
        }
    }

    #[test]
    fn an_agreement_goes_on_after_a_suspension_of_limited_time_and_lapses_at_its_end() {
        let life = history(
            true,
            &[
                ("2022-01-01", Some("2023-12-31"), Standing::InForce),
                ("2023-03-10", Some("2023-03-31"), Standing::Suspended),
            ],
        );
        let on = |date| life.standing_on(day(date));
        assert_eq!(on("2023-03-31"), (Standing::Suspended, Some(day("2023-03-10"))));
        assert_eq!(on("2023-04-01"), (Standing::InForce, Some(day("2022-01-01"))));
        assert_eq!(on("2023-12-31").0, Standing::InForce);
        assert_eq!(on("2024-01-01"), (Standing::Lapsed, Some(day("2024-01-01"))));
    }

    #[test]
    fn a_list_designates_where_no_agreement_has_begun() {
        let listed = history(false, &[("2023-03-10", None, Standing::Suspended)]);
        assert_eq!(listed.standing_on(day("2023-03-09")).0, Standing::InForce);
        assert_eq!(listed.standing_on(day("2023-03-10")).0, Standing::Suspended);
        assert_eq!(listed.standing_on(day("2019-12-31")).0, Standing::Unlisted);
        assert_eq!(history(true, &[]).standing_on(day("2023-03-09")).0, Standing::Unlisted);
    }

    #[test]
    fn the_interruptions_of_a_stay_are_told_with_their_first_and_last_day() {
        let life = history(
            true,
            &[
                ("2022-01-01", None, Standing::InForce),
                ("2023-03-10", Some("2023-03-12"), Standing::Suspended),
                ("2023-03-20", None, Standing::Suspended),
                ("2023-03-25", None, Standing::Ended),
            ],
        );
        let told = |begun, end| {
            let interruptions = life.interruptions(day(begun), day(end));
            let told = interruptions.into_iter().map(|i| (i.standing, i.from.to_string(), i.to.to_string()));
            told.collect::<Vec<_>>()
        };
        let text = |standing, from: &str, to: &str| (standing, from.to_owned(), to.to_owned());
        assert_eq!(told("2023-03-01", "2023-03-09"), []);
        assert_eq!(told("2023-03-11", "2023-03-11"), [text(Standing::Suspended, "2023-03-10", "2023-03-11")]);
        assert_eq!(
            told("2023-03-01", "2023-03-31"),
            [
                text(Standing::Suspended, "2023-03-10", "2023-03-12"),
                text(Standing::Suspended, "2023-03-20", "2023-03-24"),
                text(Standing::Ended, "2023-03-25", "2023-03-31"),
            ]
        );
    }
}
