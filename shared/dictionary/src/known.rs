//! The closed lists whose members a dictionary can mean.

use claim::{
    AdministrativeTier, AgreementGround, AssistanceCategory, CoverState, DiseaseKind, Employment, Filing, FilingRoute,
    FlexibleEmployment, InstitutionKind, ItemClass, ItemKind, LegalForm, Level, Sex, Standing, SupervisingAgency,
    TemporaryDesignation, TreatmentRegion, VisitKind,
};

/// The ids of all lists.
pub const LISTS: &[&str] = &[
    "agreement-ground",
    "agreement-state",
    "assistance-category",
    "cover-state",
    "disability-level",
    "disease-kind",
    "employment",
    "filing",
    "filing-route",
    "flexible-employment",
    "institution-kind",
    "item-class",
    "item-kind",
    "legal-form",
    "level",
    "scheme",
    "sex",
    "supervising-agency",
    "temporary-designation",
    "tier",
    "treatment-region",
    "truth",
    "visit-kind",
];

/// The members of a list; `None` where there is no such list.
pub(crate) fn members(list: &str) -> Option<Vec<&'static str>> {
    fn all<T: Copy>(members: &[T], written: impl Fn(T) -> &'static str) -> Vec<&'static str> {
        members.iter().copied().map(written).collect()
    }
    Some(match list {
        "agreement-ground" => all(AgreementGround::ALL, AgreementGround::as_str),
        "agreement-state" => {
            Standing::ALL.iter().filter(|state| state.is_recorded()).map(|state| state.as_str()).collect()
        }
        "assistance-category" => all(AssistanceCategory::ALL, AssistanceCategory::as_str),
        "cover-state" => all(CoverState::ALL, CoverState::as_str),
        "disability-level" => vec!["0", "1", "2", "3", "4"],
        "disease-kind" => all(DiseaseKind::ALL, DiseaseKind::as_str),
        "employment" => all(Employment::ALL, Employment::as_str),
        "filing" => all(Filing::ALL, Filing::as_str),
        "filing-route" => all(FilingRoute::ALL, FilingRoute::as_str),
        "flexible-employment" => all(FlexibleEmployment::ALL, FlexibleEmployment::as_str),
        "institution-kind" => all(InstitutionKind::ALL, InstitutionKind::as_str),
        "item-class" => all(ItemClass::ALL, ItemClass::as_str),
        "item-kind" => all(ItemKind::ALL, ItemKind::as_str),
        "legal-form" => all(LegalForm::ALL, LegalForm::as_str),
        "level" => all(Level::ALL, Level::as_str),
        "scheme" => vec!["employee", "resident"],
        "sex" => all(Sex::ALL, Sex::as_str),
        "supervising-agency" => all(SupervisingAgency::ALL, SupervisingAgency::as_str),
        "temporary-designation" => all(TemporaryDesignation::ALL, TemporaryDesignation::as_str),
        "tier" => all(AdministrativeTier::ALL, AdministrativeTier::as_str),
        "treatment-region" => all(TreatmentRegion::ALL, TreatmentRegion::as_str),
        "truth" => vec!["true", "false"],
        "visit-kind" => all(VisitKind::ALL, VisitKind::as_str),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_members() {
        for list in LISTS {
            assert!(members(list).is_some_and(|members| !members.is_empty()), "{list}");
        }
        assert_eq!(members("colour"), None);
    }
}
