//! Facts of the register as they hold on one day.

use chrono::NaiveDate;
use money::{Fen, Rate};
use serde::{Deserialize, Serialize};

use crate::slug::slugs;
use crate::{DiseaseCode, InstitutionId};

slugs! {
    /// Whether an employee-insured person works or is retired.
    Employment, "state of employment" {
        /// 在职.
        Active = "active",
        /// 退休.
        Retired = "retired",
    }
}

slugs! {
    /// Sex as registered.
    Sex, "sex" {
        /// 女.
        Female = "female",
        /// 男.
        Male = "male",
    }
}

/// The basic insurance that covers a person on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Insurance {
    /// 职工基本医疗保险, flexible employment included.
    Employee(Employment),
    /// 城乡居民基本医疗保险.
    Resident,
}

slugs! {
    /// A category of people entitled to medical assistance (医疗救助对象).
    ///
    /// # Basis
    /// 昆明市城乡医疗救助管理实施办法 三.
    AssistanceCategory, "assistance category" {
        /// 特困供养人员.
        ExtremePoverty = "extreme-poverty",
        /// 城乡低保对象.
        SubsistenceAllowance = "subsistence-allowance",
        /// 低收入家庭中的老年人.
        LowIncomeElderly = "low-income-elderly",
        /// 低收入家庭中的未成年人.
        LowIncomeMinor = "low-income-minor",
        /// 低收入家庭中的重度残疾人.
        LowIncomeSeverelyDisabled = "low-income-severely-disabled",
        /// 低收入家庭中的重病患者.
        LowIncomeSeriouslyIll = "low-income-seriously-ill",
        /// 符合昆明市规定的其他特殊困难人员.
        OtherHardship = "other-hardship",
        /// 建档立卡贫困人口.
        RegisteredPoor = "registered-poor",
    }
}

slugs! {
    /// Which outpatient register a disease is approved on.
    DiseaseKind, "disease kind" {
        /// 门诊慢性病.
        Chronic = "chronic",
        /// 门诊特殊病.
        Special = "special",
    }
}

/// An approved outpatient disease (门诊慢特病备案).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DiseaseFiling {
    /// The disease.
    pub code: DiseaseCode,
    /// The register it is on.
    pub kind: DiseaseKind,
    /// The first day on which it counts.
    pub approved_date: NaiveDate,
}

/// What the register knows of a person on the service date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonFacts {
    /// The insurance in force.
    pub insurance: Insurance,
    /// Date of birth; ages are counted in completed years.
    pub birth_date: NaiveDate,
    /// Sex, where registered.
    pub sex: Option<Sex>,
    /// Whether the household is registered in Kunming (昆明户籍).
    pub kunming_household: bool,
    /// Level of disability 1 (most severe) to 4, 0 for none.
    pub disability_level: u8,
    /// The assistance categories in force, each once.
    pub categories: Vec<AssistanceCategory>,
    /// The outpatient diseases approved on or before the service date.
    pub diseases: Vec<DiseaseFiling>,
}

impl PersonFacts {
    /// Completed years of age on `date`; 0 before birth.
    #[must_use]
    pub fn age_on(&self, date: NaiveDate) -> u32 {
        date.years_since(self.birth_date).unwrap_or(0)
    }
}

slugs! {
    /// The level of an institution for deductibles and rates.
    Level, "institution level" {
        /// 一级及以下: level 1 and below.
        One = "1",
        /// 二级.
        Two = "2",
        /// 三级.
        Three = "3",
    }
}

slugs! {
    /// What sort of designated institution it is.
    InstitutionKind, "institution kind" {
        /// 医院.
        Hospital = "hospital",
        /// 乡镇卫生院.
        TownshipHealthCentre = "township-health-centre",
        /// 村（居）卫生室.
        VillageClinic = "village-clinic",
        /// 社区卫生服务中心（站）.
        CommunityHealthCentre = "community-health-centre",
        /// 定点零售药店.
        Pharmacy = "pharmacy",
    }
}

/// What the register knows of an institution on the service date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstitutionFacts {
    /// Its code.
    pub id: InstitutionId,
    /// Its level for deductibles and rates.
    pub level: Level,
    /// Its sort.
    pub kind: InstitutionKind,
    /// Whether it may settle the special diseases that are exempt from the deductible at any level.
    pub special_exempt_allowed: bool,
}

impl InstitutionFacts {
    /// Whether it is allowed something beyond its level.
    #[must_use]
    pub const fn is_allowed(&self, allowance: InstitutionAllowance) -> bool {
        match allowance {
            InstitutionAllowance::SpecialExempt => self.special_exempt_allowed,
        }
    }
}

slugs! {
    /// What an institution can be allowed beyond its level.
    InstitutionAllowance, "allowance of an institution" {
        /// 慢性肾功能衰竭、重性精神病 at any level, such as in a dialysis centre.
        SpecialExempt = "special-exempt",
    }
}

slugs! {
    /// Where the treatment took place, seen from the region of insurance.
    TreatmentRegion, "treatment region" {
        /// Inside the pooling region.
        Local = "local",
        /// Another pooling region of the same province (省内异地).
        Province = "province",
        /// Another province (跨省异地).
        OtherProvince = "other-province",
    }
}

slugs! {
    /// The cross-region filing (异地就医备案) that covers a visit.
    Filing, "cross-region filing" {
        /// None.
        None = "none",
        /// 异地安置退休, 异地长期居住, 常驻异地工作.
        LongTerm = "long-term",
        /// 异地转诊.
        Referred = "referred",
        /// 异地急诊抢救, which counts as filed.
        Emergency = "emergency",
        /// 其他临时外出就医: filed, and neither referred nor an emergency.
        OtherTemporary = "other-temporary",
    }
}

slugs! {
    /// How the catalogue treats an item.
    ItemClass, "item class" {
        /// 甲类: wholly in scope.
        A = "A",
        /// 乙类: in scope after an initial self-pay.
        B = "B",
        /// 全自费: outside the scheme.
        Excluded = "excluded",
    }
}

slugs! {
    /// What a catalogue item is (目录类别).
    ItemKind, "item kind" {
        /// 药品.
        Drug = "drug",
        /// 诊疗项目.
        Service = "service",
        /// 医用耗材.
        Consumable = "consumable",
    }
}

/// How the catalogue treats one item on a day, for one person's scheme and one level of institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemTerms {
    /// The class.
    pub class: ItemClass,
    /// The initial self-pay (先行自付) of a class B item; meaningless for others.
    pub self_pay_rate: Rate,
    /// The most that one unit counts with (限价), where there is such a price.
    pub price_cap: Option<Fen>,
}
