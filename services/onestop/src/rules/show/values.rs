//! How values, lists, names and citations of a rule read.

use std::cell::Cell;
use std::fmt::Display;

use claim::{DiseaseKind, Filing, InstitutionAllowance, Level, PayerId, RuleStatus, Service, TreatmentRegion};
use money::Rate;
use rulebook::{
    BenefitTitle, DescribedExclusion, DescribedList, DescribedPeople, Edition, Said, SaidValue, Scheme, Source,
};

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

    pub(super) fn row(&self, label: (&'static str, &'static str), text: impl Display) -> String {
        match self.lang {
            Lang::ZhCn => format!("  {}：{text}", label.0),
            Lang::En => format!("  {}: {text}", label.1),
        }
    }

    /// Who something is for, condition by condition.
    pub(super) fn people(&self, people: &DescribedPeople) -> Vec<String> {
        let DescribedPeople { scheme, kunming_household, categories, age_from, disability_levels } = people;
        let scheme = self.lang.pick(match scheme {
            Some(Scheme::Employee) => ("职工医保参保人员", "the employee-insured"),
            Some(Scheme::Resident) => ("城乡居民医保参保人员", "the resident-insured"),
            None => ("职工医保和城乡居民医保参保人员", "the employee-insured and the resident-insured"),
        });
        let mut parts = vec![scheme.to_owned()];
        if *kunming_household {
            parts.push(self.lang.pick(("昆明户籍", "of a household registered in Kunming")).to_owned());
        }
        if !categories.is_empty() {
            parts.push(self.any_of(categories));
        }
        if let Some(age) = age_from {
            let age = self.said(age);
            parts.push(match self.lang {
                Lang::ZhCn => format!("年满周岁 {age}"),
                Lang::En => format!("completed years of age from {age}"),
            });
        }
        if !disability_levels.is_empty() {
            let levels: Vec<_> = disability_levels.iter().map(ToString::to_string).collect();
            let levels = levels.join(self.lang.pick(("、", " or ")));
            parts.push(match self.lang {
                Lang::ZhCn => format!("残疾等级 {levels} 级"),
                Lang::En => format!("disability of level {levels}"),
            });
        }
        parts
    }

    /// Who or what gets nothing of the payer.
    pub(super) fn exclusion(&self, of: &DescribedExclusion) -> String {
        let DescribedExclusion { categories, unless, regions, filings, violations, source } = of;
        let lists = [self.any_of(categories), self.any_of(regions), self.any_of(filings)];
        let mut parts: Vec<_> = lists.into_iter().filter(|list| !list.is_empty()).collect();
        if *violations {
            parts.push(self.lang.pick(("违规费用", "expense that breaks the rules")).to_owned());
        }
        let mut text = parts.join(" · ");
        if !unless.is_empty() {
            let words = self.lang.pick(("，但除外：", ", unless also "));
            text = format!("{text}{words}{}", self.any_of(unless));
        }
        self.row(("不享受", "Not for"), format_args!("{text}{}", self.cite(source)))
    }

    /// Where a rule stands, what it replaced and what replaces it.
    pub(super) fn history(&self, source: &Source) -> Vec<String> {
        let mut rows = vec![self.row(("依据", "By"), self.cite_alone(source))];
        let row = |label, edition| self.row(label, self.edition(edition));
        rows.extend(source.earlier.iter().map(|of| row(("此前版本（被本条取代）", "It replaced"), of)));
        rows.extend(source.later.iter().map(|of| row(("此后被取代", "Replaced later by"), of)));
        rows
    }

    /// What the mark of assumed values means, where one was put into words.
    pub(super) fn note(&self) -> Option<String> {
        let note = ("* 未见文件公布，为假定值。", "* Assumed, because no published document gives it.");
        self.assumed.get().then(|| self.lang.pick(note).to_owned())
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
            Self::OtherTemporary => ("其他临时外出就医备案", "filed as otherwise temporary"),
        }
    }
}
