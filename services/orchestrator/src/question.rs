//! What a case asks of the register, and which of it an answer misses.

use std::collections::{BTreeSet, HashSet};

use chrono::NaiveDate;
use claim::{Case, DiagnosisCode, InstitutionId, ItemCode, PersonFacts, PersonId, VisitKind};
use rulebook::InForce;
use wire::register_v1::{GatherFactsRequest, GatherFactsResponse};
use wire::{ErrorReason, Failure, claim_v1 as proto};

use crate::designation::{self, VisitDays};
use crate::missing::Missing;

/// The field that names where a visit took place.
const WHERE: &str = "institution_id";

/// The facts that one case needs.
pub(crate) struct Question<'c> {
    person_id: Option<&'c str>,
    /// The institutions with the fields that name them; each institution once.
    institutions: Vec<(&'static str, &'c str)>,
    /// The items with the index of their line.
    items: Vec<(usize, &'c str)>,
    /// The diagnosis whose published price day surgery is paid as.
    priced_diagnosis: Option<&'c str>,
    date: NaiveDate,
    /// The first day of a stay.
    admission_date: Option<NaiveDate>,
    /// The days on which the lines arose; none for the day of service.
    line_dates: Vec<Option<NaiveDate>>,
    /// Whether the case itself gives the day. Where it does not, only what the register never heard of is missing.
    is_dated: bool,
    kind: Option<VisitKind>,
    /// Whether the case is refused whatever the register answers.
    is_faulty: bool,
}

impl<'c> Question<'c> {
    /// All that `case` needs.
    pub(crate) fn of(case: &'c Case) -> Self {
        let institutions = [
            (WHERE, Some(&case.institution_id)),
            ("prescriber_id", case.prescriber_id.as_ref()),
            ("host_id", case.host_id.as_ref()),
        ];
        let is_day_surgery = case.kind == VisitKind::DaySurgery;
        Self {
            person_id: Some(case.person_id.as_str()),
            institutions: once(institutions.into_iter().filter_map(|(field, id)| Some((field, id?.as_str())))),
            items: case.lines.iter().map(|line| line.item_code.as_str()).enumerate().collect(),
            priced_diagnosis: case.diagnosis.as_ref().filter(|_| is_day_surgery).map(DiagnosisCode::as_str),
            date: case.service_date,
            admission_date: case.admission_date,
            line_dates: case.lines.iter().map(|line| line.service_date).collect(),
            is_dated: true,
            kind: Some(case.kind),
            is_faulty: false,
        }
    }

    /// What can be asked of a case with faults: whatever of it is sound, on `today` where it has no sound date.
    pub(crate) fn of_faulty(message: &'c proto::Case, today: NaiveDate) -> Self {
        let date = wire::read(|at| at.date("service_date", message.service_date)).ok();
        let admission_date = wire::read(|at| at.date("admission_date", message.admission_date)).ok();
        let admission_date = admission_date.filter(|admission| date.is_some_and(|date| *admission <= date));
        let institutions = [
            (WHERE, &message.institution_id),
            ("prescriber_id", &message.prescriber_id),
            ("host_id", &message.host_id),
        ];
        let institutions = institutions.into_iter().map(|(field, id)| (field, id.as_str()));
        let items = message.lines.iter().take(Case::MAX_LINES).map(|line| line.item_code.as_str()).enumerate();
        Self {
            person_id: Some(message.person_id.as_str()).filter(|id| PersonId::new(id).is_ok()),
            institutions: once(institutions.filter(|(_, id)| InstitutionId::new(id).is_ok())),
            items: items.filter(|(_, code)| ItemCode::new(code).is_ok()).collect(),
            priced_diagnosis: None,
            date: date.unwrap_or(today),
            admission_date,
            line_dates: Vec::new(),
            is_dated: date.is_some(),
            kind: wire::read(|at| at.listed("kind", message.kind)).ok(),
            is_faulty: true,
        }
    }

    /// The question as the register is asked.
    pub(crate) fn message(&self) -> GatherFactsRequest {
        let item_codes: BTreeSet<&str> = self.items.iter().map(|(_, code)| *code).collect();
        GatherFactsRequest {
            person_id: self.person_id.unwrap_or_default().to_owned(),
            institution_ids: self.institutions.iter().map(|(_, id)| (*id).to_owned()).collect(),
            item_codes: item_codes.into_iter().map(str::to_owned).collect(),
            service_date: Some(self.date.into()),
            begun_date: self.admission_date.map(Into::into),
            priced_diagnosis: self.priced_diagnosis.unwrap_or_default().to_owned(),
        }
    }

    /// The day whose facts and rules are asked for.
    pub(crate) const fn date(&self) -> NaiveDate {
        self.date
    }

    /// What the register does not know or the rules of the day do not cover; `None` where nothing is missing. The first
    /// fault gives the reason, the violations name all of them.
    pub(crate) fn missing_in(&self, answer: &GatherFactsResponse, rules: &InForce) -> Option<Failure> {
        let mut missing = Missing::default();
        if self.person_id.is_some() {
            self.note_person(answer, &mut missing);
        }
        self.note_institutions(answer, rules, &mut missing);
        if self.is_dated {
            self.note_items(answer, &mut missing);
        }
        if self.is_dated && self.lacks_rules(answer, rules, &missing) {
            let description = format!("is {}: no rule is in force for this kind of visit on that day", self.date);
            missing.note(ErrorReason::RuleNotInForce, "service_date", &description);
        }
        missing.into_failure()
    }

    /// Whether no rule covers the visit. Of a case with nothing else wrong its payers say so.
    fn lacks_rules(&self, answer: &GatherFactsResponse, rules: &InForce, missing: &Missing) -> bool {
        if rules.split_citations().is_none() {
            return true;
        }
        let person = answer.person.as_ref().filter(|_| self.is_faulty || missing.is_any());
        let person = person.and_then(|person| PersonFacts::try_from(person.clone()).ok());
        let visit = person.zip(self.kind);
        visit.is_some_and(|(person, kind)| !rules.covers(person.insurance, kind))
    }

    fn note_person(&self, answer: &GatherFactsResponse, missing: &mut Missing) {
        if !answer.person_known {
            missing.note(ErrorReason::PersonNotFound, "person_id", "is not in the register");
        } else if answer.cover_suspended && self.is_dated {
            missing.note(ErrorReason::CoverSuspended, "person_id", "has suspended cover on the service date");
        } else if answer.person.is_none() && self.is_dated {
            missing.note(ErrorReason::CoverNotActive, "person_id", "is not insured on the service date");
        }
    }

    fn note_institutions(&self, answer: &GatherFactsResponse, rules: &InForce, missing: &mut Missing) {
        for (field, id) in &self.institutions {
            let is_it = |institution: &&wire::register_v1::Institution| {
                institution.facts.as_ref().is_some_and(|facts| facts.id == *id)
            };
            let Some(institution) = answer.institutions.iter().find(is_it) else {
                missing.note(ErrorReason::InstitutionNotFound, *field, "is not in the register");
                continue;
            };
            if self.is_dated {
                let days = VisitDays {
                    begun: self.admission_date.filter(|_| *field == WHERE).unwrap_or(self.date),
                    ended: self.date,
                    lines: &self.line_dates,
                };
                designation::note(field, &days, &institution.interruptions, rules.stay_under_way(), missing);
            }
        }
    }

    fn note_items(&self, answer: &GatherFactsResponse, missing: &mut Missing) {
        let known: HashSet<&str> = answer.items.iter().map(|item| item.code.as_str()).collect();
        for (index, _) in self.items.iter().filter(|(_, code)| !known.contains(code)) {
            let field = format!("lines[{index}].item_code");
            missing.note(ErrorReason::ItemNotFound, field, "is not in the catalogue on the service date");
        }
    }
}

/// Each institution under the first field that names it.
fn once<'c>(named: impl Iterator<Item = (&'static str, &'c str)>) -> Vec<(&'static str, &'c str)> {
    let mut institutions: Vec<(&'static str, &'c str)> = Vec::new();
    for (field, id) in named {
        if institutions.iter().all(|(_, other)| *other != id) {
            institutions.push((field, id));
        }
    }
    institutions
}
