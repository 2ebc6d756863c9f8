//! The vocabulary of one claim: who, where, what for, what it cost, what each payer decided.
//!
//! It holds no rule and does no I/O. What it does hold are the closing identities that every
//! statement satisfies, and the newtypes and closed lists that make a wrong claim hard to write.
//!
//! The way of a claim through these types: a caller's [`Case`] and the facts of the register make a
//! [`PricedCase`]; each payer answers it with an [`Adjudication`]; together they make a [`Statement`].

mod account;
mod adjudication;
mod agreement;
mod among;
mod case;
mod cover;
mod facts;
mod figure;
mod ids;
mod priced;
mod slug;
mod statement;
mod violation;

pub use account::{Kinship, MovementKind};
pub use adjudication::{
    Adjudication, Citation, CounterKey, CounterMove, CounterName, Fund, Input, InputName, InputValue, Inputs,
    Operation, Portion, Reason, Refusal, RuleStatus, Service, Step,
};
pub use agreement::{
    AdministrativeTier, AgreementGround, LegalForm, Standing, SupervisingAgency, TemporaryDesignation,
};
pub(crate) use among::MEMBERS_MAX;
pub use among::{Among, Listed};
pub use case::{Case, CaseLine};
pub use cover::{CoverState, FilingRoute, FlexibleEmployment};
pub use facts::{
    AssistanceCategory, DiseaseFiling, DiseaseKind, Employment, Filing, InstitutionAllowance, InstitutionFacts,
    InstitutionKind, Insurance, ItemClass, ItemKind, ItemTerms, Level, PersonFacts, Sex, TreatmentRegion,
};
pub use figure::{Figure, FigureCategory, FigureReason, Rounding};
pub use ids::{
    BenefitId, DiagnosisCode, DiseaseCode, DrugCode, EntryId, HouseholdNumber, InstitutionId, InvalidText, ItemCode,
    PayerId, PersonId, RegistrationNumber, RequestId, SettlementId,
};
pub use priced::{LineSplit, PricedCase, PricedLine, SplitCitations, Visit, VisitKind};
pub use slug::UnknownSlug;
pub use statement::{Amounts, NotClosed, Statement};
pub use violation::{Violation, Violations};
