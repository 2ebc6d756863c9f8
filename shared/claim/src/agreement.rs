//! The agreement of a designated institution (定点医疗机构协议): where it stands, on what grounds, and who supervises it.

use crate::slug::slugs;
use crate::{InstitutionKind, TreatmentRegion};

slugs! {
    /// Where an institution stands on a day.
    Standing, "state of an agreement" {
        /// Neither an agreement nor a list names it.
        Unlisted = "unlisted",
        /// It has applied (申请定点).
        Applied = "applied",
        /// Its application was refused (不予定点).
        Refused = "refused",
        /// Its agreement is in force, or it is on the list of designated institutions.
        InForce = "in-force",
        /// Its designation is suspended (暂停定点, 协议中止).
        Suspended = "suspended",
        /// Its designation was taken away or given up (取消定点, 协议解除).
        Ended = "ended",
        /// Its agreement ran out and no other followed.
        Lapsed = "lapsed",
    }
}

impl Standing {
    /// Whether it can be recorded; the others follow from what is recorded.
    #[must_use]
    pub const fn is_recorded(self) -> bool {
        match self {
            Self::Applied | Self::Refused | Self::InForce | Self::Suspended | Self::Ended => true,
            Self::Unlisted | Self::Lapsed => false,
        }
    }

    /// Whether it can follow on `earlier`, which may be of the same kind where an agreement is renewed.
    #[must_use]
    pub const fn can_follow(self, earlier: Self) -> bool {
        match self {
            Self::Applied => matches!(earlier, Self::Unlisted | Self::Refused | Self::Ended | Self::Lapsed),
            Self::Refused => matches!(earlier, Self::Applied),
            // One that has stood before this register was kept has no application in it.
            Self::InForce => !matches!(earlier, Self::Refused | Self::Ended),
            Self::Suspended => matches!(earlier, Self::InForce),
            Self::Ended => matches!(earlier, Self::InForce | Self::Suspended),
            Self::Unlisted | Self::Lapsed => false,
        }
    }
}

slugs! {
    /// Why an application was refused, or a designation suspended or ended.
    ///
    /// # Basis
    /// 云人社发〔2016〕308号 一（二）, 二（二）, 二（三）, 二（四）.
    AgreementGround, "ground" {
        /// Not lawfully established (非依法设立).
        NotLawfullyEstablished = "not-lawfully-established",
        /// Unable to give basic medical services (不具备提供基本医疗服务条件).
        NotEquipped = "not-equipped",
        /// It does not apply of its own will or does not promise (未自愿申请或未承诺).
        NoPromise = "no-promise",
        /// 存在医托.
        Touting = "touting",
        /// 发布虚假医疗广告.
        FalseAdvertising = "false-advertising",
        /// Serious risks to patients, as the health authority found (严重医疗安全隐患).
        SafetyRisk = "safety-risk",
        /// 出租、承包科室.
        LeasedDepartments = "leased-departments",
        /// 造成其它不良社会影响.
        BadInfluence = "bad-influence",
        /// Its designation was taken away before for breach or fraud (被取消定点).
        CancelledBefore = "cancelled-before",
        /// There are more beds than planned (高于规划指标).
        BedsAboveIndex = "beds-above-index",
        /// 违反协议管理.
        Breach = "breach",
        /// 欺诈骗取医疗保险基金.
        Fraud = "fraud",
        /// 其他违法违规行为.
        OtherViolation = "other-violation",
        /// It asked for it itself (机构自行申请).
        OwnWish = "own-wish",
    }
}

impl AgreementGround {
    /// Whether it is a ground for `standing`.
    #[must_use]
    pub const fn is_for(self, standing: Standing) -> bool {
        match self {
            Self::NotLawfullyEstablished
            | Self::NotEquipped
            | Self::NoPromise
            | Self::Touting
            | Self::FalseAdvertising
            | Self::SafetyRisk
            | Self::LeasedDepartments
            | Self::BadInfluence
            | Self::CancelledBefore => matches!(standing, Standing::Refused),
            Self::BedsAboveIndex => matches!(standing, Standing::Refused | Standing::Ended),
            Self::Breach | Self::Fraud | Self::OtherViolation => {
                matches!(standing, Standing::Suspended | Standing::Ended)
            }
            Self::OwnWish => matches!(standing, Standing::Suspended | Standing::Ended),
        }
    }

    /// Whether an institution whose designation ended on it may not be designated again (一（二）).
    #[must_use]
    pub const fn bars_return(self) -> bool {
        matches!(self, Self::Breach | Self::Fraud)
    }
}

slugs! {
    /// A designation for the time of the epidemic, on simplified terms.
    ///
    /// # Basis
    /// 新阶段新冠疫情防控医保十六条工作措施 七, 八.
    TemporaryDesignation, "temporary designation" {
        /// A fever clinic of a township health centre, village clinic or community health centre (发热诊室).
        FeverClinic = "fever-clinic",
        /// A makeshift hospital, as a department of its host (方舱医院).
        MakeshiftHospital = "makeshift-hospital",
    }
}

slugs! {
    /// The tier of government that an institution belongs to.
    AdministrativeTier, "administrative tier" {
        /// 县区级.
        County = "county",
        /// 州市级.
        Prefecture = "prefecture",
        /// 省级.
        Province = "province",
    }
}

slugs! {
    /// Who owns an institution. Entry, exit and supervision are the same for all of them (二（一）).
    LegalForm, "legal form" {
        /// 公立.
        Public = "public",
        /// 非公立.
        Private = "private",
        /// 其他性质.
        Other = "other",
    }
}

slugs! {
    /// The agency that designates an institution, supervises it and takes the designation away.
    ///
    /// # Basis
    /// 云人社发〔2016〕308号 三.
    SupervisingAgency, "supervising agency" {
        /// 县区经办机构.
        County = "county",
        /// 统筹地区经办机构.
        PoolingRegion = "pooling-region",
        /// 省级经办机构.
        Province = "province",
    }
}

impl SupervisingAgency {
    /// The agency in charge of an institution; `None` for a hospital whose tier is not known.
    #[must_use]
    pub const fn of(kind: InstitutionKind, tier: Option<AdministrativeTier>, region: TreatmentRegion) -> Option<Self> {
        match (region, kind, tier) {
            (TreatmentRegion::OtherProvince, _, _) | (_, _, Some(AdministrativeTier::Province)) => Some(Self::Province),
            (
                _,
                InstitutionKind::TownshipHealthCentre
                | InstitutionKind::VillageClinic
                | InstitutionKind::CommunityHealthCentre,
                _,
            )
            | (_, InstitutionKind::Hospital, Some(AdministrativeTier::County)) => Some(Self::County),
            (_, InstitutionKind::Hospital, None) => None,
            (_, InstitutionKind::Hospital, Some(AdministrativeTier::Prefecture))
            | (_, InstitutionKind::Pharmacy, _) => Some(Self::PoolingRegion),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tier_has_its_agency() {
        use AdministrativeTier as Tier;
        use InstitutionKind::{CommunityHealthCentre, Hospital, Pharmacy, TownshipHealthCentre, VillageClinic};
        use SupervisingAgency::{County, PoolingRegion, Province};
        use TreatmentRegion::{Local, OtherProvince};
        for (kind, tier, region, agency) in [
            (Hospital, Some(Tier::County), Local, Some(County)),
            (TownshipHealthCentre, None, Local, Some(County)),
            (VillageClinic, None, Local, Some(County)),
            (CommunityHealthCentre, None, Local, Some(County)),
            (Hospital, Some(Tier::Prefecture), Local, Some(PoolingRegion)),
            (Pharmacy, None, Local, Some(PoolingRegion)),
            (Hospital, Some(Tier::Province), Local, Some(Province)),
            (Hospital, Some(Tier::County), OtherProvince, Some(Province)),
            (Hospital, None, Local, None),
        ] {
            assert_eq!(SupervisingAgency::of(kind, tier, region), agency, "{kind} {tier:?} {region}");
        }
    }

    #[test]
    fn a_state_follows_only_on_states_that_lead_to_it() {
        use Standing::{Applied, Ended, InForce, Lapsed, Refused, Suspended, Unlisted};
        let leading_to = |standing: Standing| {
            Standing::ALL.iter().copied().filter(|earlier| standing.can_follow(*earlier)).collect::<Vec<_>>()
        };
        assert_eq!(leading_to(Applied), [Unlisted, Refused, Ended, Lapsed]);
        assert_eq!(leading_to(Refused), [Applied]);
        assert_eq!(leading_to(InForce), [Unlisted, Applied, InForce, Suspended, Lapsed]);
        assert_eq!(leading_to(Suspended), [InForce]);
        assert_eq!(leading_to(Ended), [InForce, Suspended]);
        assert_eq!(leading_to(Unlisted), []);
    }

    #[test]
    fn every_ground_is_for_a_state_that_needs_one() {
        for ground in AgreementGround::ALL {
            let states: Vec<_> = Standing::ALL.iter().filter(|standing| ground.is_for(**standing)).collect();
            assert!(!states.is_empty(), "{ground}");
            assert!(!ground.is_for(Standing::InForce) && !ground.is_for(Standing::Applied), "{ground}");
        }
    }
}
