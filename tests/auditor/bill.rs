//! What the auditor reads and what it answers: plain structs of whole fen and of the closed lists of `claim`.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use claim::{AssistanceCategory, Filing, InstitutionKind, ItemClass, Level, TreatmentRegion, VisitKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Insured {
    EmployeeInService,
    EmployeeRetired,
    Resident,
}

/// An approved outpatient disease: on the chronic register or on the special one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Disease {
    pub(crate) code: &'static str,
    pub(crate) special: bool,
    pub(crate) approved: NaiveDate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) insured: Insured,
    pub(crate) birth: NaiveDate,
    pub(crate) kunming_household: bool,
    pub(crate) disability: u8,
    pub(crate) categories: Vec<AssistanceCategory>,
    pub(crate) diseases: Vec<Disease>,
}

impl Person {
    pub(crate) fn is(&self, category: AssistanceCategory) -> bool {
        self.categories.contains(&category)
    }

    /// Completed years on `date`: a birthday counts from its own day.
    pub(crate) fn age(&self, date: NaiveDate) -> i32 {
        let birthday_is_ahead = (date.month(), date.day()) < (self.birth.month(), self.birth.day());
        date.year() - self.birth.year() - i32::from(birthday_is_ahead)
    }

    /// Whether `code` is approved on `date`, on the special register or on the chronic one.
    pub(crate) fn has_approved(&self, code: Option<&str>, special: bool, date: NaiveDate) -> bool {
        self.diseases
            .iter()
            .any(|disease| Some(disease.code) == code && disease.special == special && disease.approved <= date)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) amount: i64,
    pub(crate) quantity: i64,
    pub(crate) class: ItemClass,
    pub(crate) self_pay_bp: u16,
    pub(crate) unit_price_cap: Option<i64>,
    pub(crate) disease: Option<&'static str>,
    pub(crate) drug: Option<&'static str>,
    pub(crate) breaks_rules: bool,
}

impl Line {
    /// A line that is wholly eligible and has no tag.
    pub(crate) const fn plain(amount: i64) -> Self {
        let class = ItemClass::A;
        Self {
            amount,
            quantity: 1,
            class,
            self_pay_bp: 0,
            unit_price_cap: None,
            disease: None,
            drug: None,
            breaks_rules: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bill {
    pub(crate) kind: VisitKind,
    /// For a stay the day of discharge.
    pub(crate) date: NaiveDate,
    pub(crate) admission: Option<NaiveDate>,
    pub(crate) institution: String,
    pub(crate) institution_level: Level,
    pub(crate) institution_kind: InstitutionKind,
    pub(crate) prescriber: Option<Level>,
    pub(crate) host: Option<Level>,
    pub(crate) diagnosis: Option<&'static str>,
    pub(crate) region: TreatmentRegion,
    pub(crate) filing: Filing,
    pub(crate) registration: Option<u32>,
    pub(crate) use_account: bool,
    pub(crate) lines: Vec<Line>,
}

impl Bill {
    /// A bill of 1 April 2022 at a level-3 hospital in Kunming.
    pub(crate) fn of(kind: VisitKind, lines: Vec<Line>) -> Self {
        Self {
            kind,
            date: NaiveDate::from_ymd_opt(2022, 4, 1).expect("a date"),
            admission: None,
            institution: "H3".to_owned(),
            institution_level: Level::Three,
            institution_kind: InstitutionKind::Hospital,
            prescriber: None,
            host: None,
            diagnosis: None,
            region: TreatmentRegion::Local,
            filing: Filing::None,
            registration: None,
            use_account: false,
            lines,
        }
    }

    /// The level that decides: of the physical institution behind an internet hospital (第二十九条), of the prescriber
    /// of what a pharmacy sold (第三十条), else of the institution.
    pub(crate) fn level(&self) -> Level {
        self.host.or(self.prescriber).unwrap_or(self.institution_level)
    }

    /// Whether the institution may settle the exempt special diseases at any level: every second one of each sort.
    pub(crate) fn exempt_special_allowed(&self) -> bool {
        self.institution.ends_with("-1")
    }

    pub(crate) fn is_at_pharmacy(&self) -> bool {
        self.kind == VisitKind::Pharmacy || self.institution_kind == InstitutionKind::Pharmacy
    }
}

/// The figures of one statement, each in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) total: i64,
    pub(crate) excluded: i64,
    pub(crate) above_price_cap: i64,
    pub(crate) initial_self_pay: i64,
    pub(crate) eligible: i64,
    pub(crate) deductible: i64,
    pub(crate) basic: i64,
    pub(crate) basic_outpatient: i64,
    pub(crate) basic_inpatient: i64,
    pub(crate) large_expense: i64,
    pub(crate) critical_illness: i64,
    pub(crate) civil_servant: i64,
    pub(crate) top_up: i64,
    pub(crate) assistance: i64,
    pub(crate) account: i64,
    pub(crate) cash: i64,
}

impl Figures {
    /// What the public funds pay together.
    pub(crate) const fn funds(&self) -> i64 {
        self.basic_outpatient
            + self.basic_inpatient
            + self.large_expense
            + self.critical_illness
            + self.civil_servant
            + self.top_up
            + self.assistance
    }
}

/// A settled bill or a bill that no rule covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Settled(Figures),
    RuleNotInForce,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RuleNotInForce => f.write_str("RULE_NOT_IN_FORCE"),
            Self::Settled(figures) => write!(f, "{figures:?}"),
        }
    }
}
