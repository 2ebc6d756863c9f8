//! The words of the closed lists, in Chinese and in English.

use claim::{
    AssistanceCategory, Employment, FigureCategory, FigureReason, Fund, InputName, InstitutionKind, Insurance, Kinship,
    Level, MovementKind, Operation, PayerId, Reason, Rounding, VisitKind,
};

use super::Lang;

/// Something that has a wording in each language.
pub trait Words {
    /// Chinese, then English.
    fn words(&self) -> (&'static str, &'static str);
}

impl Words for VisitKind {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Outpatient => ("普通门诊", "ordinary outpatient"),
            Self::OutpatientChronic => ("门诊慢性病", "outpatient chronic disease"),
            Self::OutpatientSpecial => ("门诊特殊病", "outpatient special disease"),
            Self::EmergencyRescue => ("急诊抢救", "emergency rescue"),
            Self::Ambulance120 => ("120 院前急救", "120 ambulance"),
            Self::Inpatient => ("住院", "inpatient stay"),
            Self::DaySurgery => ("日间手术", "day surgery"),
            Self::NegotiatedDrug => ("国家谈判药品", "negotiated drug"),
            Self::Pharmacy => ("药店购药", "pharmacy"),
        }
    }
}

impl Words for Insurance {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Employee(Employment::Active) => ("职工医保（在职）", "employee, in service"),
            Self::Employee(Employment::Retired) => ("职工医保（退休）", "employee, retired"),
            Self::Resident => ("城乡居民医保", "resident"),
        }
    }
}

impl Words for AssistanceCategory {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::ExtremePoverty => ("特困供养人员", "extreme poverty"),
            Self::SubsistenceAllowance => ("低保对象", "subsistence allowance"),
            Self::LowIncomeElderly => ("低收入老年人", "low income, elderly"),
            Self::LowIncomeMinor => ("低收入未成年人", "low income, minor"),
            Self::LowIncomeSeverelyDisabled => ("低收入重度残疾人", "low income, severely disabled"),
            Self::LowIncomeSeriouslyIll => ("低收入重病患者", "low income, seriously ill"),
            Self::OtherHardship => ("其他特殊困难人员", "other hardship"),
            Self::RegisteredPoor => ("建档立卡贫困人口", "registered poor"),
        }
    }
}

impl Words for Level {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::One => ("一级及以下", "level 1 and below"),
            Self::Two => ("二级", "level 2"),
            Self::Three => ("三级", "level 3"),
        }
    }
}

impl Words for InstitutionKind {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Hospital => ("医院", "hospital"),
            Self::TownshipHealthCentre => ("乡镇卫生院", "township health centre"),
            Self::VillageClinic => ("村卫生室", "village clinic"),
            Self::CommunityHealthCentre => ("社区卫生服务中心", "community health centre"),
            Self::Pharmacy => ("定点零售药店", "pharmacy"),
        }
    }
}

impl Words for Fund {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::BasicOutpatient => ("统筹基金（门诊）", "pooling fund, outpatient"),
            Self::BasicInpatient => ("统筹基金（住院限额内）", "pooling fund, inpatient ceiling"),
            Self::LargeExpense => ("职工大额（重特病）", "employees' large-expense scheme"),
            Self::CriticalIllness => ("居民大病保险", "residents' critical illness insurance"),
            Self::CivilServant => ("公务员医疗补助", "civil-servant supplement"),
            Self::TopUp => ("健康扶贫兜底", "top-up of the registered poor"),
            Self::Assistance => ("医疗救助", "medical assistance"),
            Self::Account => ("个人账户", "individual account"),
        }
    }
}

impl Words for Kinship {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Spouse => ("配偶", "spouse"),
            Self::Parent => ("父母", "parent"),
            Self::Child => ("子女", "child"),
        }
    }
}

impl Words for MovementKind {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Opening => ("期初余额", "opening balance"),
            Self::Credit => ("划入", "credit"),
            Self::LongTermCare => ("长期护理保险个人缴费", "long-term-care share"),
            Self::Draw => ("结算支付", "payment of a bill"),
            Self::Refund => ("一次性清退", "refund"),
            Self::Bequest => ("余额由继承人继承", "bequest"),
            Self::Inheritance => ("继承转入", "inheritance"),
            Self::Return => ("退回", "return"),
        }
    }
}

impl Words for Operation {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::TakeBase => ("确定计算基数", "take the base"),
            Self::LeaveOutViolations => ("剔除违规费用", "leave out what breaks the rules"),
            Self::ApplyDeductible => ("扣除起付标准", "apply the deductible"),
            Self::ApplyDiseasePrice => ("按病种付费标准", "apply the published price of the disease"),
            Self::ReduceDeductible => ("按比例降低起付标准", "reduce the deductible"),
            Self::RaiseRate => ("提高支付比例", "raise the rate"),
            Self::ReportDeductible => ("列示名义起付标准", "report the deductible in full"),
            Self::LowerRate => ("降低支付比例", "lower the rate"),
            Self::ApplyRate => ("按比例支付", "apply the rate"),
            Self::ApplyBands => ("分段按比例支付", "apply the bands"),
            Self::ApplyCeiling => ("核对最高支付限额", "apply the ceiling"),
            Self::PassOn => ("超限额部分转下一层", "pass on what is above the ceiling"),
            Self::TopUp => ("补足到规定比例", "top up"),
            Self::ChooseHighest => ("就高选择", "take the highest"),
            Self::LeaveOutForbiddenUses => ("剔除个人账户不得支付的费用", "leave out what the account must not pay"),
            Self::DrawAccount => ("个人账户支付", "draw on the individual account"),
        }
    }
}

impl Words for InputName {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Expense => ("费用", "expense"),
            Self::Deductible => ("起付标准", "deductible"),
            Self::DeductibleBorne => ("已承担起付", "borne before"),
            Self::Rate => ("支付比例", "rate"),
            Self::Points => ("降低百分点", "points off"),
            Self::PointsAdded => ("提高百分点", "points added"),
            Self::Ceiling => ("最高支付限额", "ceiling"),
            Self::CeilingUsed => ("限额已用", "used before"),
            Self::Payment => ("限额前应付", "payment"),
            Self::CumulativeBefore => ("本次前累计", "cumulative before"),
            Self::CumulativeAfter => ("本次后累计", "cumulative after"),
            Self::PaidEarlier => ("前序已付", "paid by earlier payers"),
            Self::Eligible => ("政策范围内费用", "eligible expense"),
            Self::Violating => ("违规费用", "expense that breaks the rules"),
            Self::Alternative => ("另一项待遇应付", "alternative"),
            Self::Forbidden => ("个人账户不得支付的费用", "expense that the account must not pay"),
            Self::Balance => ("账户可用余额", "balance free"),
            Self::DiseasePrice => ("登记的病种付费标准", "the register's published price of the disease"),
        }
    }
}

impl Words for Reason {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::LevelTooLow => ("医疗机构级别不符合规定", "the institution's level is too low"),
            Self::InstitutionKindNotCovered => ("该类机构不在支付范围", "this kind of institution is not covered"),
            Self::DiseaseNotApproved => ("就医当日病种未获批", "the disease is not approved on the day"),
            Self::NotInCategory => ("不属于规定的救助对象", "not in a category that is covered"),
            Self::AgeNotCovered => ("年龄不符合规定", "the age is not covered"),
            Self::HouseholdNotLocal => ("非昆明户籍", "the household is not registered in Kunming"),
            Self::ExcludedByProgramme => ("按健康扶贫政策执行，不重复享受", "excluded by another programme"),
            Self::DiagnosisNotListed => ("第一诊断不在病种范围", "the diagnosis is not on the list"),
            Self::CeilingReached => ("年度最高支付限额已用完", "the ceiling was used up"),
            Self::WithinDeductible => ("未超过起付标准", "within the deductible"),
            Self::NothingLeft => ("前序支付后无剩余费用", "nothing is left after earlier payers"),
            Self::HigherApplies => ("按就高原则适用另一项待遇", "another entitlement pays more"),
            Self::NotPayableYet => ("支付标准尚未录入", "the standard has not been entered"),
            Self::NoPrescription => ("无定点医疗机构处方", "no prescription"),
            Self::NotFiled => ("未办理异地就医备案", "care elsewhere not filed"),
            Self::BreaksRules => ("不按规定用药、诊疗", "breaks the rules of treatment"),
            Self::DiagnosisElsewhere => ("诊断属于其他待遇", "diagnosis is another benefit's"),
            Self::BalanceUsedUp => ("个人账户无可用余额", "the individual account has no money that is free"),
            Self::NotAuthorised => ("未被添加进该个人账户支付人员名单", "not authorised by the holder of the account"),
        }
    }
}

impl Words for FigureCategory {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Excluded => ("全自费", "excluded"),
            Self::AbovePriceCap => ("超限价自费", "above price cap"),
            Self::InitialSelfPay => ("先行自付", "initial self-pay"),
            Self::Deductible => ("起付", "deductible"),
            Self::Coinsurance => ("个人分担", "coinsurance"),
            Self::AboveCeiling => ("超限额", "above ceiling"),
            Self::HospitalShare => ("医院负担", "hospital share"),
            Self::Paid => ("支付", "paid"),
        }
    }
}

impl Words for FigureReason {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::OutsideCatalogue => ("目录外项目", "outside the catalogue"),
            Self::AbovePriceStandard => ("超出支付标准", "above the price standard"),
            Self::InitialSelfPayRate => ("乙类先行自付", "initial self-pay of class B"),
            Self::WithinDeductible => ("起付标准以内", "within the deductible"),
            Self::PersonsShare => ("按比例个人分担", "the person's share"),
            Self::PassedToNextLayer => ("超限额，转下一层", "beyond the ceiling, passed to the next layer"),
            Self::BeyondCeiling => ("超限额，个人承担", "beyond the ceiling, the person's"),
            Self::PaidAtRate => ("按比例支付", "paid at the rate"),
            Self::PaidByBands => ("分段支付", "paid by bands"),
            Self::ToppedUp => ("兜底补足", "topped up"),
            Self::PaidUpToCeiling => ("支付至限额", "paid up to the ceiling"),
            Self::HighestApplies => ("就高", "highest applies"),
            Self::NotPayableYet => ("标准未录入，不支付", "standard not entered, not paid"),
            Self::BeyondDiseasePrice => ("超出病种付费标准", "beyond the published price of the disease"),
            Self::DrawnOnAccount => ("个人账户支付", "drawn on the account"),
            Self::BeyondBalance => ("超出个人账户余额", "beyond the balance of the account"),
        }
    }
}

impl Words for Rounding {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Exact => ("整分", "exact"),
            Self::HalfUp => ("四舍五入", "half up"),
            Self::Remainder => ("余额", "remainder"),
        }
    }
}

/// A payer's name for people; the id of a payer that has none here.
pub(crate) fn payer_name(payer: &PayerId, lang: Lang) -> &str {
    match payer.as_str() {
        "basic-insurance" => lang.pick(("基本医疗保险", "basic insurance")),
        "critical-illness" => lang.pick(("大病保险与大额补助", "critical illness and large expense")),
        "medical-assistance" => lang.pick(("医疗救助", "medical assistance")),
        "individual-account" => lang.pick(("个人账户", "individual account")),
        other => other,
    }
}
