//! How values, lists, names and citations of a rule read.

use std::cell::Cell;

use claim::{DiseaseKind, Filing, InstitutionAllowance, Level, PayerId, RuleStatus, Service, TreatmentRegion};
use money::Rate;
use rulebook::{BenefitTitle, DescribedList, Edition, Said, SaidValue, Source};

use crate::render::{Lang, Words, payer_name, yuan};

/// The wording of one language, and whether anything assumed was put into words.
pub(super) struct Wording {
    pub(super) lang: Lang,
    assumed: Cell<bool>,
}

impl Wording {
    pub(super) const fn new(lang: Lang) -> Self {
        Self { lang, assumed: Cell::new(false) }
    }

    pub(super) const fn saw_assumed(&self) -> bool {
        self.assumed.get()
    }

    pub(super) fn name<'t>(&self, title: &'t BenefitTitle) -> &'t str {
        match self.lang {
            Lang::ZhCn => &title.zh,
            Lang::En => &title.en,
        }
    }

    /// Names with ids.
    pub(super) fn names(&self, titles: &[BenefitTitle]) -> String {
        let names: Vec<_> = titles.iter().map(|title| format!("{} [{}]", self.name(title), title.id)).collect();
        names.join(self.lang.pick(("、", ", ")))
    }

    pub(super) fn payer(&self, payer: &PayerId) -> String {
        payer_name(payer, self.lang).to_owned()
    }

    pub(super) fn any_of<T: Words>(&self, members: &[T]) -> String {
        let members: Vec<_> = members.iter().map(|member| self.lang.pick(member.words())).collect();
        members.join(self.lang.pick(("、", " / ")))
    }

    /// A value with its source.
    pub(super) fn said(&self, said: &Said) -> String {
        format!("{}{}", self.value(&said.value), self.cite(&said.source))
    }

    fn value(&self, value: &SaidValue) -> String {
        match value {
            SaidValue::Amount(amounts) => self.by_level(amounts.map(yuan)),
            SaidValue::Rate { active, retired } if active == retired => self.rates(*active),
            SaidValue::Rate { active, retired } => {
                let (active, retired) = (self.rates(*active), self.rates(*retired));
                match self.lang {
                    Lang::ZhCn => format!("在职 {active}；退休 {retired}"),
                    Lang::En => format!("in service {active}; retired {retired}"),
                }
            }
            SaidValue::Number(number) => number.to_string(),
            SaidValue::Bands(bands) => {
                let bands = bands.iter().map(|(up_to, rate)| match (up_to, self.lang) {
                    (Some(up_to), Lang::ZhCn) => format!("{} 元以内 {rate}", yuan(*up_to)),
                    (Some(up_to), Lang::En) => format!("up to {} {rate}", yuan(*up_to)),
                    (None, Lang::ZhCn) => format!("以上 {rate}"),
                    (None, Lang::En) => format!("above {rate}"),
                });
                bands.collect::<Vec<_>>().join(self.lang.pick(("，", ", ")))
            }
        }
    }

    fn rates(&self, rates: [Rate; 3]) -> String {
        self.by_level(rates.map(|rate| rate.to_string()))
    }

    /// One value where all levels have the same.
    fn by_level(&self, [one, two, three]: [String; 3]) -> String {
        if one == two && two == three {
            return one;
        }
        let levels = [(Level::One, one), (Level::Two, two), (Level::Three, three)];
        let levels = levels.map(|(level, value)| format!("{} {value}", self.lang.pick(level.words())));
        levels.join(self.lang.pick(("、", ", ")))
    }

    pub(super) fn list(&self, list: &DescribedList) -> String {
        let comma = self.lang.pick(("、", ", "));
        let mut text = list.members.join(comma);
        if !list.members_up_to_age.is_empty() {
            let age = list.age.as_ref().map_or_else(String::new, |age| self.said(age));
            let members = list.members_up_to_age.join(comma);
            text = match self.lang {
                Lang::ZhCn => format!("{text}；限周岁不超过 {age}：{members}"),
                Lang::En => format!("{text}; up to the completed years of age {age}: {members}"),
            };
        }
        format!("{text}{}", self.cite(&list.source))
    }

    /// A source after what it says, with what it replaced and what replaces it.
    pub(super) fn cite(&self, source: &Source) -> String {
        let mut text = self.cite_alone(source);
        let comma = self.lang.pick(("；", "; "));
        for (editions, words) in [(&source.earlier, ("此前 ", "before: ")), (&source.later, ("此后 ", "later: "))] {
            for edition in editions {
                text = format!("{text}{comma}{}{}", self.lang.pick(words), self.edition(edition));
            }
        }
        format!(" 〔{text}〕")
    }

    pub(super) fn cite_alone(&self, source: &Source) -> String {
        let mark = match source.status {
            RuleStatus::Official => "",
            RuleStatus::Assumed => {
                self.assumed.set(true);
                "*"
            }
        };
        format!("{}{mark}", self.edition(&source.edition))
    }

    pub(super) fn edition(&self, edition: &Edition) -> String {
        let Edition { document, article, from, to } = edition;
        match (self.lang, to) {
            (Lang::ZhCn, None) => format!("{document} {article}，{from}起"),
            (Lang::ZhCn, Some(to)) => format!("{document} {article}，{from}至{to}"),
            (Lang::En, None) => format!("{document} {article}, from {from}"),
            (Lang::En, Some(to)) => format!("{document} {article}, from {from} to {to}"),
        }
    }
}

impl Words for Service {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::OrdinaryOutpatient => ("普通门诊", "ordinary outpatient care"),
            Self::Chronic => ("门诊慢性病", "chronic disease care"),
            Self::Special => ("门诊特殊病", "special disease care"),
            Self::NegotiatedDrug => ("国家谈判药品", "negotiated drugs"),
            Self::EmergencyRescue => ("急诊抢救", "emergency rescue"),
            Self::Ambulance => ("120 救护车", "a 120 ambulance"),
            Self::DaySurgery => ("日间手术", "day surgery"),
            Self::Stay => ("住院", "stays"),
        }
    }
}

impl Words for InstitutionAllowance {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::SpecialExempt => {
                ("；获准结算免起付特殊病的机构不限级别", "; any level where exempt special diseases are allowed")
            }
        }
    }
}

impl Words for DiseaseKind {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Chronic => ("就医当日已获批的门诊慢性病", "for an approved chronic disease"),
            Self::Special => ("就医当日已获批的门诊特殊病", "for an approved special disease"),
        }
    }
}

impl Words for TreatmentRegion {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Local => ("统筹区内", "inside the pooling region"),
            Self::Province => ("省内异地", "elsewhere in the province"),
            Self::OtherProvince => ("跨省异地", "another province"),
        }
    }
}

impl Words for Filing {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::None => ("未备案", "without a filing"),
            Self::LongTerm => ("长期异地备案", "filed as long-term"),
            Self::Referred => ("转诊备案", "referred"),
            Self::Emergency => ("异地急诊抢救", "emergency"),
        }
    }
}
