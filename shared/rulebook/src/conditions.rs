//! When a benefit applies, and with what reason it does not.

use std::sync::Arc;

use claim::{
    Among, AssistanceCategory, Citation, DiseaseCode, DiseaseFiling, DiseaseKind, DrugCode, InstitutionAllowance,
    InstitutionKind, Level, PricedCase, PricedLine, Reason, Visit, VisitKind,
};

use crate::Benefit;
use crate::document::{PharmacyText, RegisterText, SchemeText};
use crate::value::Cited;

/// What a benefit asks for. Where every member of a closed list will do, none is asked for.
#[derive(Debug)]
pub(crate) struct Conditions {
    pub(crate) scheme: Option<SchemeText>,
    pub(crate) kinds: Among<VisitKind>,
    pub(crate) line: LineCondition,
    pub(crate) levels: Among<Level>,
    pub(crate) any_level_where: Option<InstitutionAllowance>,
    pub(crate) institution_kinds: Among<InstitutionKind>,
    pub(crate) pharmacy: Option<PharmacyText>,
    pub(crate) kunming_household: bool,
    pub(crate) categories: Option<Among<AssistanceCategory>>,
    pub(crate) age_from: Option<Cited<u32>>,
    pub(crate) disability_levels: Vec<u8>,
    pub(crate) diagnosis_on: Option<CodeList>,
    pub(crate) diagnosis_not_on: Option<CodeList>,
}

#[derive(Debug)]
pub(crate) enum LineCondition {
    Any,
    Approved { kind: DiseaseKind, only: Vec<DiseaseCode>, except: Vec<DiseaseCode> },
    NegotiatedDrug { not_on: Vec<Arc<str>> },
    Registered(RegisterText),
}

/// A list of codes, some of which count up to an age only.
#[derive(Debug)]
pub(crate) struct CodeList {
    pub(crate) citation: Arc<Citation>,
    pub(crate) members: Vec<Arc<str>>,
    pub(crate) members_up_to_age: Vec<Arc<str>>,
    pub(crate) age: Option<Cited<u32>>,
}

/// Whether a benefit applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// It applies.
    Meets,
    /// It is for something else and nobody would expect it.
    NotMeant,
    /// It could be expected but does not apply, by this law.
    Refused(Reason, &'a Arc<Citation>),
}

impl Benefit {
    /// Whether the benefit is for the person's scheme and the kind of visit at all.
    #[must_use]
    pub fn is_for(&self, case: &PricedCase) -> bool {
        self.is_for_visits(SchemeText::of(case.person.insurance), case.visit.kind)
    }

    /// Whether the benefit is for that scheme and kind of visit at all.
    pub(crate) fn is_for_visits(&self, scheme: SchemeText, kind: VisitKind) -> bool {
        let conditions = &self.conditions;
        conditions.scheme.is_none_or(|asked| asked == scheme) && conditions.kinds.contains(kind)
    }

    /// Whether the benefit applies to a line of the case, or to the case where no line is given.
    #[must_use]
    pub fn verdict(&self, case: &PricedCase, line: Option<&PricedLine>) -> Verdict<'_> {
        if !self.is_for(case) {
            return Verdict::NotMeant;
        }
        self.verdict_where_meant(case, line)
    }

    /// The verdict of a benefit that is for the case's scheme and kind of visit.
    pub(crate) fn verdict_where_meant(&self, case: &PricedCase, line: Option<&PricedLine>) -> Verdict<'_> {
        if let Some(verdict) = line.and_then(|line| self.line_verdict(case, line)) {
            return verdict;
        }
        let refusal = self.place_refusal(&case.visit).or_else(|| self.person_refusal(case));
        if let Some(reason) = refusal {
            return Verdict::Refused(reason, &self.citation);
        }
        if self.conditions.diagnosis_not_on.as_ref().is_some_and(|list| list.verdict(case) == Verdict::Meets) {
            return Verdict::Refused(Reason::DiagnosisElsewhere, &self.citation);
        }
        self.conditions.diagnosis_on.as_ref().map_or(Verdict::Meets, |list| list.verdict(case))
    }

    /// The assumed or official age behind a diagnosis that counts up to an age only, where the case rests on it.
    pub(crate) fn age_citation(&self, case: &PricedCase) -> Option<&Arc<Citation>> {
        let list = self.conditions.diagnosis_on.as_ref()?;
        let diagnosis = case.visit.diagnosis.as_ref()?;
        let listed = list.members_up_to_age.iter().any(|member| **member == *diagnosis.as_str());
        list.age.as_ref().filter(|_| listed).map(|age| &age.citation)
    }

    /// Whether the benefit asks for some lines and not for others.
    pub(crate) const fn asks_for_lines(&self) -> bool {
        !matches!(self.conditions.line, LineCondition::Any)
    }

    /// Whether a line is one that the benefit asks for.
    pub(crate) fn asks_for_line(&self, case: &PricedCase, line: &PricedLine) -> bool {
        self.line_verdict(case, line).is_none()
    }

    fn line_verdict(&self, case: &PricedCase, line: &PricedLine) -> Option<Verdict<'_>> {
        match &self.conditions.line {
            LineCondition::Any => None,
            LineCondition::NegotiatedDrug { not_on } => {
                let negotiated = line.drug.as_ref().is_some_and(|drug| is_negotiated(drug, not_on));
                (!negotiated).then_some(Verdict::NotMeant)
            }
            LineCondition::Registered(register) => (register_of(case, line) != *register).then_some(Verdict::NotMeant),
            LineCondition::Approved { kind, only, except } => {
                let Some(disease) = &line.disease else { return Some(Verdict::NotMeant) };
                if except.contains(disease) || !asks(only, disease) {
                    return Some(Verdict::NotMeant);
                }
                self.approval_verdict(case, *kind, disease)
            }
        }
    }

    fn approval_verdict(&self, case: &PricedCase, kind: DiseaseKind, disease: &DiseaseCode) -> Option<Verdict<'_>> {
        let mut filings =
            case.person.diseases.iter().filter(|filing| counts(filing, case)).filter(|f| f.code == *disease);
        if filings.clone().any(|filing| filing.kind == kind) {
            return None;
        }
        let declared = match case.visit.kind {
            VisitKind::OutpatientSpecial => DiseaseKind::Special,
            VisitKind::OutpatientChronic
            | VisitKind::Outpatient
            | VisitKind::EmergencyRescue
            | VisitKind::Ambulance120
            | VisitKind::Inpatient
            | VisitKind::DaySurgery
            | VisitKind::NegotiatedDrug
            | VisitKind::Pharmacy => DiseaseKind::Chronic,
        };
        if filings.next().is_some() || declared != kind {
            return Some(Verdict::NotMeant);
        }
        Some(Verdict::Refused(Reason::DiseaseNotApproved, &self.citation))
    }

    fn place_refusal(&self, visit: &Visit) -> Option<Reason> {
        let conditions = &self.conditions;
        let at_pharmacy = visit.kind == VisitKind::Pharmacy || visit.institution.kind == InstitutionKind::Pharmacy;
        match conditions.pharmacy.filter(|_| at_pharmacy) {
            Some(PharmacyText::Never) => return Some(Reason::InstitutionKindNotCovered),
            Some(PharmacyText::Prescription) if visit.prescriber_level.is_none() => {
                return Some(Reason::NoPrescription);
            }
            Some(PharmacyText::Prescription) | None => {}
        }
        if !conditions.institution_kinds.contains(visit.institution.kind) {
            return Some(Reason::InstitutionKindNotCovered);
        }
        let is_allowed = conditions.any_level_where.is_some_and(|of| visit.institution.is_allowed(of));
        (!is_allowed && !conditions.levels.contains(visit.level())).then_some(Reason::LevelTooLow)
    }

    fn person_refusal(&self, case: &PricedCase) -> Option<Reason> {
        let (conditions, person) = (&self.conditions, &case.person);
        if conditions.kunming_household && !person.kunming_household {
            return Some(Reason::HouseholdNotLocal);
        }
        let in_one = |asked: Among<_>| person.categories.iter().any(|category| asked.contains(*category));
        if !conditions.categories.is_none_or(in_one) {
            return Some(Reason::NotInCategory);
        }
        if !asks(&conditions.disability_levels, &person.disability_level) {
            return Some(Reason::NotInCategory);
        }
        let is_too_young = |from: &Cited<u32>| person.age_on(case.visit.service_date) < from.value;
        conditions.age_from.as_ref().is_some_and(is_too_young).then_some(Reason::AgeNotCovered)
    }
}

impl CodeList {
    fn verdict(&self, case: &PricedCase) -> Verdict<'_> {
        let Some(diagnosis) = &case.visit.diagnosis else {
            return Verdict::Refused(Reason::DiagnosisNotListed, &self.citation);
        };
        if self.members.iter().any(|member| **member == *diagnosis.as_str()) {
            return Verdict::Meets;
        }
        if !self.members_up_to_age.iter().any(|member| **member == *diagnosis.as_str()) {
            return Verdict::Refused(Reason::DiagnosisNotListed, &self.citation);
        }
        let age = case.person.age_on(case.visit.service_date);
        match &self.age {
            Some(limit) if age > limit.value => Verdict::Refused(Reason::AgeNotCovered, &limit.citation),
            Some(_) | None => Verdict::Meets,
        }
    }
}

/// The register that the line's disease is on.
fn register_of(case: &PricedCase, line: &PricedLine) -> RegisterText {
    match case.visit.kind {
        VisitKind::EmergencyRescue | VisitKind::Ambulance120 | VisitKind::Inpatient | VisitKind::DaySurgery => {
            return RegisterText::None;
        }
        VisitKind::Outpatient
        | VisitKind::OutpatientChronic
        | VisitKind::OutpatientSpecial
        | VisitKind::NegotiatedDrug
        | VisitKind::Pharmacy => {}
    }
    let of_line = |filing: &&DiseaseFiling| counts(filing, case) && line.disease.as_ref() == Some(&filing.code);
    let mut kinds = case.person.diseases.iter().filter(of_line).map(|filing| filing.kind);
    if kinds.clone().any(|kind| kind == DiseaseKind::Special) {
        RegisterText::Special
    } else {
        kinds.next().map_or(RegisterText::None, |_| RegisterText::Chronic)
    }
}

/// Whether an approved disease counts on the service date.
pub(crate) fn counts(filing: &DiseaseFiling, case: &PricedCase) -> bool {
    filing.approved_date <= case.visit.service_date
}

fn is_negotiated(drug: &DrugCode, not_on: &[Arc<str>]) -> bool {
    !not_on.iter().any(|listed| **listed == *drug.as_str())
}

/// Whether a list that asks for nothing when empty is satisfied by `given`.
fn asks<T: PartialEq>(list: &[T], given: &T) -> bool {
    list.is_empty() || list.contains(given)
}
