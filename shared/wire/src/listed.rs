//! Closed lists: the enums of `claim` and of the contract, member by member.

use claim::{Employment, Insurance};

use crate::claim_v1 as proto;

/// Why a number of the contract is no member of a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotListed {
    /// The unspecified member, which also stands for a field that was not set.
    #[error("is required")]
    Unspecified,
    /// A number that the list does not know.
    #[error("is {0}, which the list does not know")]
    Unknown(i32),
}

/// A closed list of `claim` that the contract writes as an enum.
pub trait Listed: Sized {
    /// The member with a number of the contract.
    ///
    /// # Errors
    /// [`NotListed`] for the unspecified member and for numbers that the list does not know.
    fn from_number(number: i32) -> Result<Self, NotListed>;
}

/// Pairs the members of an enum of `claim` with those of its enum of the contract, which have the same names.
macro_rules! listed {
    ($( $ours:ident = $theirs:ident { $($member:ident),+ $(,)? } )+) => { $(
        impl From<claim::$ours> for proto::$theirs {
            fn from(member: claim::$ours) -> Self {
                match member { $( claim::$ours::$member => Self::$member, )+ }
            }
        }

        impl TryFrom<proto::$theirs> for claim::$ours {
            type Error = NotListed;

            fn try_from(member: proto::$theirs) -> Result<Self, NotListed> {
                match member {
                    proto::$theirs::Unspecified => Err(NotListed::Unspecified),
                    $( proto::$theirs::$member => Ok(Self::$member), )+
                }
            }
        }

        impl Listed for claim::$ours {
            fn from_number(number: i32) -> Result<Self, NotListed> {
                proto::$theirs::try_from(number).map_err(|_| NotListed::Unknown(number))?.try_into()
            }
        }
    )+ };
}

listed! {
    VisitKind = VisitKind {
        Outpatient, OutpatientChronic, OutpatientSpecial, EmergencyRescue, Ambulance120, Inpatient, DaySurgery,
        NegotiatedDrug, Pharmacy,
    }
    Sex = Sex { Female, Male }
    AssistanceCategory = AssistanceCategory {
        ExtremePoverty, SubsistenceAllowance, LowIncomeElderly, LowIncomeMinor, LowIncomeSeverelyDisabled,
        LowIncomeSeriouslyIll, OtherHardship, RegisteredPoor,
    }
    DiseaseKind = DiseaseKind { Chronic, Special }
    Level = InstitutionLevel { One, Two, Three }
    InstitutionKind = InstitutionKind { Hospital, TownshipHealthCentre, VillageClinic, CommunityHealthCentre, Pharmacy }
    TreatmentRegion = TreatmentRegion { Local, Province, OtherProvince }
    Filing = Filing { None, LongTerm, Referred, Emergency, OtherTemporary }
    Standing = Standing { Unlisted, Applied, Refused, InForce, Suspended, Ended, Lapsed }
    ItemClass = ItemClass { A, B, Excluded }
    Fund = Fund {
        BasicOutpatient, BasicInpatient, LargeExpense, CriticalIllness, CivilServant, TopUp, Assistance, Account,
    }
    Service = Service {
        OrdinaryOutpatient, Chronic, Special, NegotiatedDrug, EmergencyRescue, Ambulance, DaySurgery, Stay,
    }
    RuleStatus = RuleStatus { Official, Assumed }
    Operation = Operation {
        TakeBase, LeaveOutViolations, ApplyDeductible, LowerRate, ApplyRate, ApplyBands, ApplyCeiling, PassOn, TopUp,
        ChooseHighest, DrawAccount, ReduceDeductible, RaiseRate, ReportDeductible, ApplyDiseasePrice,
        LeaveOutForbiddenUses,
    }
    InputName = InputName {
        Expense, Deductible, DeductibleBorne, Rate, Points, Ceiling, CeilingUsed, Payment, CumulativeBefore,
        CumulativeAfter, PaidEarlier, Eligible, Violating, Alternative, Balance,
        PointsAdded, DiseasePrice, Forbidden,
    }
    Reason = Reason {
        LevelTooLow, InstitutionKindNotCovered, DiseaseNotApproved, NotInCategory, AgeNotCovered, HouseholdNotLocal,
        ExcludedByProgramme, DiagnosisNotListed, CeilingReached, WithinDeductible, NothingLeft, HigherApplies,
        NotPayableYet, NoPrescription, NotFiled, BreaksRules,
        DiagnosisElsewhere, BalanceUsedUp, NotAuthorised,
    }
    FigureCategory = FigureCategory {
        Excluded, AbovePriceCap, InitialSelfPay, Deductible, Coinsurance, AboveCeiling, Paid, HospitalShare,
    }
    FigureReason = FigureReason {
        OutsideCatalogue, AbovePriceStandard, InitialSelfPayRate, WithinDeductible, PersonsShare, PassedToNextLayer,
        BeyondCeiling, PaidAtRate, PaidByBands, ToppedUp, PaidUpToCeiling, HighestApplies, NotPayableYet,
        BeyondDiseasePrice, DrawnOnAccount, BeyondBalance,
    }
    Kinship = Kinship { Spouse, Parent, Child }
    MovementKind = MovementKind { Opening, Credit, LongTermCare, Draw, Refund, Bequest, Inheritance, Return }
    Rounding = Rounding { Exact, HalfUp, Remainder }
}

impl From<Insurance> for proto::Scheme {
    fn from(insurance: Insurance) -> Self {
        match insurance {
            Insurance::Employee(Employment::Active) => Self::EmployeeActive,
            Insurance::Employee(Employment::Retired) => Self::EmployeeRetired,
            Insurance::Resident => Self::Resident,
        }
    }
}

impl TryFrom<proto::Scheme> for Insurance {
    type Error = NotListed;

    fn try_from(scheme: proto::Scheme) -> Result<Self, NotListed> {
        match scheme {
            proto::Scheme::Unspecified => Err(NotListed::Unspecified),
            proto::Scheme::EmployeeActive => Ok(Self::Employee(Employment::Active)),
            proto::Scheme::EmployeeRetired => Ok(Self::Employee(Employment::Retired)),
            proto::Scheme::Resident => Ok(Self::Resident),
        }
    }
}

impl Listed for Insurance {
    fn from_number(number: i32) -> Result<Self, NotListed> {
        proto::Scheme::try_from(number).map_err(|_| NotListed::Unknown(number))?.try_into()
    }
}
