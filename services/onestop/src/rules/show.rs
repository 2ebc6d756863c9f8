//! `onestop rules show`: a rule as a person would read it.

mod values;

use std::fmt::Display;
use std::io::Write;

use anyhow::Result;
use host::Clock;
use rulebook::{
    AccountHolder, AtPharmacies, BenefitDescription, BenefitTitle, BornePer, DescribedBase, DescribedCeiling,
    DescribedCeilingAmount, DescribedDeductible, DescribedDiseaseCeiling, DescribedExclusion, DescribedFormula,
    DescribedLine, DescribedReduction, Edition, Scheme,
};

use self::values::Wording;
use crate::cli::ShowArgs;
use crate::render::{Lang, Words};

/// Prints what a benefit says on a day, or which benefits there are.
///
/// # Errors
/// Rules that cannot be read, and a benefit that there is not or that is not in force on the day.
pub(super) fn show(args: &ShowArgs, out: &mut impl Write) -> Result<()> {
    let rulebook = super::load(&args.rules)?;
    let date = args.date.unwrap_or_else(|| Clock::system().today());
    let wording = Wording::new(args.lang);
    let Some(id) = &args.benefit else {
        for title in rulebook.benefits_on(date) {
            writeln!(out, "{}  {}", title.id, wording.name(&title))?;
        }
        return Ok(());
    };
    let benefit = rulebook.describe(id, date)?;
    for row in (Page { benefit: &benefit, wording: &wording }).rows() {
        writeln!(out, "{row}")?;
    }
    Ok(())
}

struct Page<'b> {
    benefit: &'b BenefitDescription,
    wording: &'b Wording,
}

impl Page<'_> {
    fn say(&self, words: (&'static str, &'static str)) -> &'static str {
        self.wording.lang.pick(words)
    }

    fn row(&self, label: (&'static str, &'static str), text: impl Display) -> String {
        match self.wording.lang {
            Lang::ZhCn => format!("  {}：{text}", label.0),
            Lang::En => format!("  {}: {text}", label.1),
        }
    }

    fn rows(&self) -> Vec<String> {
        let benefit = self.benefit;
        let mut rows = vec![format!("{}  [{}]  {}", self.wording.name(&benefit.title), benefit.title.id, benefit.date)];
        let fund = self.wording.lang.pick(benefit.fund.words());
        rows.push(self.row(("支付方", "Paid by"), format_args!("{} · {fund}", self.wording.payer(&benefit.payer))));
        rows.push(self.row(("对象", "For whom"), self.people()));
        rows.push(self.row(("费用", "Expense"), self.base()));
        rows.extend(self.care());
        if let Some(deductible) = &benefit.deductible {
            rows.push(self.row(("起付标准", "Deductible"), self.deductible(deductible)));
        }
        rows.extend(self.formula());
        rows.extend(benefit.reductions.iter().map(|of| self.row(("异地就医", "Care elsewhere"), self.reduction(of))));
        rows.extend(benefit.ceilings.iter().map(|of| self.row(("年度限额", "Yearly ceiling"), self.ceiling(of))));
        if !benefit.ceilings.is_empty() {
            rows.push(self.row(("超出限额", "Beyond the ceiling"), self.beyond()));
        }
        rows.extend(self.choices());
        rows.extend(self.history());
        if self.wording.saw_assumed() {
            let note = ("* 未见文件公布，为假定值。", "* Assumed, because no published document gives it.");
            rows.push(self.say(note).to_owned());
        }
        rows
    }

    fn people(&self) -> String {
        let people = &self.benefit.people;
        let scheme = self.say(match people.scheme {
            Some(Scheme::Employee) => ("职工医保参保人员", "the employee-insured"),
            Some(Scheme::Resident) => ("城乡居民医保参保人员", "the resident-insured"),
            None => ("职工医保和城乡居民医保参保人员", "the employee-insured and the resident-insured"),
        });
        let mut parts = vec![scheme.to_owned()];
        if people.kunming_household {
            parts.push(self.say(("昆明户籍", "of a household registered in Kunming")).to_owned());
        }
        if !people.categories.is_empty() {
            parts.push(self.wording.any_of(&people.categories));
        }
        if let Some(age) = &people.age_from {
            let age = self.wording.said(age);
            parts.push(match self.wording.lang {
                Lang::ZhCn => format!("年满周岁 {age}"),
                Lang::En => format!("completed years of age from {age}"),
            });
        }
        if !people.disability_levels.is_empty() {
            let levels: Vec<_> = people.disability_levels.iter().map(ToString::to_string).collect();
            let levels = levels.join(self.say(("、", " or ")));
            parts.push(match self.wording.lang {
                Lang::ZhCn => format!("残疾等级 {levels} 级"),
                Lang::En => format!("disability of level {levels}"),
            });
        }
        parts.join(self.say(("；", "; ")))
    }

    fn base(&self) -> String {
        let wording = self.wording;
        match (&self.benefit.base, wording.lang) {
            (DescribedBase::Lines(service), Lang::ZhCn) => {
                format!("按“{}”结算的政策范围内费用", wording.lang.pick(service.words()))
            }
            (DescribedBase::Lines(service), Lang::En) => {
                format!("the eligible expense that settles as {}", wording.lang.pick(service.words()))
            }
            (DescribedBase::Overflow(sources), Lang::ZhCn) => format!("{}超出限额的部分", wording.names(sources)),
            (DescribedBase::Overflow(sources), Lang::En) => {
                format!("what lies beyond the ceilings of {}", wording.names(sources))
            }
            (DescribedBase::Remainder, Lang::ZhCn) => "经前序支付后由个人负担的费用".to_owned(),
            (DescribedBase::Remainder, Lang::En) => "what earlier payers left of the whole bill".to_owned(),
            (DescribedBase::EligibleRemainder, Lang::ZhCn) => "经前序支付后由个人负担的政策范围内费用".to_owned(),
            (DescribedBase::EligibleRemainder, Lang::En) => {
                "what earlier payers left of the eligible expense of the whole bill".to_owned()
            }
            (DescribedBase::Personal(services), Lang::ZhCn) => {
                format!("{}经前序支付后个人负担的政策范围内费用", wording.any_of(services))
            }
            (DescribedBase::Personal(services), Lang::En) => {
                format!(
                    "what earlier payers left to the person of the eligible expense of {}",
                    wording.any_of(services)
                )
            }
        }
    }

    fn care(&self) -> Vec<String> {
        let (care, wording) = (&self.benefit.care, self.wording);
        let mut rows = Vec::new();
        if !care.kinds.is_empty() {
            rows.push(self.row(("就诊类型", "Kinds of visit"), wording.any_of(&care.kinds)));
        }
        if let Some(line) = &care.line {
            rows.push(self.row(("项目条件", "Lines"), self.line(line)));
        }
        if !care.levels.is_empty() {
            let levels = wording.any_of(&care.levels);
            let allowance = care.any_level_where.map_or("", |of| wording.lang.pick(of.words()));
            rows.push(self.row(("机构级别", "Levels of institution"), format_args!("{levels}{allowance}")));
        }
        if !care.institution_kinds.is_empty() {
            rows.push(self.row(("机构类型", "Kinds of institution"), wording.any_of(&care.institution_kinds)));
        }
        if let Some(pharmacy) = care.pharmacy {
            rows.push(self.row(
                ("零售药店", "At pharmacies"),
                self.say(match pharmacy {
                    AtPharmacies::WithPrescription => {
                        ("须有定点医疗机构处方", "with a designated institution's prescription")
                    }
                    AtPharmacies::Nothing => ("不予支付", "nothing is paid"),
                }),
            ));
        }
        if let Some(list) = &care.diagnosis {
            rows.push(self.row(("第一诊断", "Main diagnosis"), wording.list(list)));
        }
        if let Some(list) = &care.not_diagnosis {
            rows.push(self.row(("第一诊断不属于", "Main diagnosis none of"), wording.list(list)));
        }
        if self.benefit.per_drug {
            let each = ("每种药品分别计算", "each drug is a payment of its own");
            rows.push(self.row(("计算单位", "Computed"), self.say(each)));
        }
        rows
    }

    fn line(&self, line: &DescribedLine) -> String {
        let DescribedLine::Approved { kind, only, except } = line else {
            return self.say(("协议期内的国家谈判药品", "negotiated drugs in their agreement period")).to_owned();
        };
        let mut text = self.wording.lang.pick(kind.words()).to_owned();
        let comma = self.say(("、", ", "));
        for (codes, words) in [(only, ("，限 ", ", only ")), (except, ("，不含 ", ", except "))] {
            if !codes.is_empty() {
                let codes: Vec<_> = codes.iter().map(ToString::to_string).collect();
                text = format!("{text}{}{}", self.say(words), codes.join(comma));
            }
        }
        text
    }

    fn deductible(&self, deductible: &DescribedDeductible) -> String {
        let wording = self.wording;
        let per = self.say(match deductible.per {
            BornePer::Visit => ("每次就诊", "each visit"),
            BornePer::Bill => ("每张账单", "each bill"),
            BornePer::Year => ("每年一次", "once a year"),
            BornePer::Drug => ("每年每种药品一次", "once a year for each drug"),
            BornePer::Disease => ("每年每个病种一次", "once a year for each disease"),
        });
        let mut parts = vec![format!("{per} {}", wording.said(&deductible.amount))];
        if let Some(level) = deductible.level {
            parts.push(format!("{} {}", self.say(("一律按", "read at")), wording.lang.pick(level.words())));
        }
        for (said, words) in [
            (&deductible.share, ("按其比例", "of that")),
            (&deductible.at_most, ("最高", "at most")),
            (&deductible.again, ("年内再次按其比例", "of that when borne again in the year")),
        ] {
            if let Some(said) = said {
                parts.push(format!("{} {}", self.say(words), wording.said(said)));
            }
        }
        if let Some(days) = &deductible.merges {
            let words = (
                "入院前若干日内同院急诊抢救已承担的起付计入，日数",
                "a rescue's counts toward it, days before admission:",
            );
            parts.push(format!("{} {}", self.say(words), wording.said(days)));
        }
        if let Some(hours) = &deductible.merging_hours {
            let words = ("双方均有时刻的按小时计，时数", "in hours instead where both tell the minute:");
            parts.push(format!("{} {}", self.say(words), wording.said(hours)));
        }
        if deductible.adds_merged {
            let words = ("并加上急诊抢救的起付标准", "the rescue's own deductible is added to it");
            parts.push(self.say(words).to_owned());
        }
        if deductible.counts_toward_stay {
            parts.push(self.say(("可计入随后住院的起付标准", "counts toward that of a stay that follows")).to_owned());
        }
        parts.join(self.say(("；", "; ")))
    }

    fn formula(&self) -> Vec<String> {
        let wording = self.wording;
        let rate = ("支付比例", "Rate");
        match &self.benefit.formula {
            DescribedFormula::Rate { rate: said, level } => {
                let level = level.map_or_else(String::new, |level| {
                    let words = self.say(("，一律按", ", read at "));
                    format!("{words}{}", wording.lang.pick(level.words()))
                });
                vec![self.row(rate, format_args!("{}{level}", wording.said(said)))]
            }
            DescribedFormula::Bands { rates, threshold, concession } => {
                let mut rows = vec![
                    self.row(("年度起付", "Yearly threshold"), wording.said(threshold)),
                    self.row(("分段支付比例", "Rates by band"), wording.said(rates)),
                ];
                if let Some(concession) = concession {
                    let mut parts = vec![
                        format!(
                            "{} {}",
                            self.say(("起付按", "threshold at")),
                            wording.said(&concession.threshold_share)
                        ),
                        format!(
                            "{} {}",
                            self.say(("各段提高", "every rate raised by")),
                            wording.said(&concession.points)
                        ),
                    ];
                    if concession.without_ceiling {
                        parts.push(self.say(("不设年度限额", "no ceiling")).to_owned());
                    }
                    let who = wording.any_of(&concession.categories);
                    let comma = self.say(("；", "; "));
                    rows.push(self.row(("倾斜政策", "Concession"), format_args!("{who}{comma}{}", parts.join(comma))));
                }
                rows
            }
            DescribedFormula::TopUp(said) => {
                let words = (
                    "将前序支付补足至政策范围内费用的",
                    "earlier payments are raised to this share of the eligible expense:",
                );
                vec![self.row(rate, format_args!("{} {}", self.say(words), wording.said(said)))]
            }
            DescribedFormula::Account(holder) => {
                let words = match holder {
                    AccountHolder::Own => {
                        ("本人个人账户全额支付，以可用余额为限", "the person's own account, up to its free balance")
                    }
                    AccountHolder::Family => (
                        "已添加本人的配偶、父母、子女的个人账户支付，以可用余额为限",
                        "the accounts of family members who authorised the person, up to their free balance",
                    ),
                };
                vec![self.row(("支付方式", "Paid from"), self.say(words))]
            }
            DescribedFormula::NotPayableYet => {
                let words = ("支付标准尚未录入，暂不支付", "the standard has not been entered, nothing is paid yet");
                vec![self.row(rate, self.say(words))]
            }
        }
    }

    fn reduction(&self, of: &DescribedReduction) -> String {
        let wording = self.wording;
        let (regions, filings) = (wording.any_of(&of.regions), wording.any_of(&of.filings));
        let (separator, down) = (self.say((" · ", " · ")), self.say(("支付比例降低", "rate lowered by")));
        format!("{regions}{separator}{filings}{separator}{down} {}", wording.said(&of.points))
    }

    fn ceiling(&self, ceiling: &DescribedCeiling) -> String {
        let wording = self.wording;
        let mut parts = Vec::new();
        match &ceiling.amount {
            DescribedCeilingAmount::Amount(said) => parts.push(wording.said(said)),
            DescribedCeilingAmount::ByDiseases(diseases) => {
                let DescribedDiseaseCeiling { first, raised_for, raised, further, most } = &**diseases;
                parts.push(format!("{} {}", self.say(("一个病种", "one disease")), wording.said(first)));
                parts.push(format!("{raised_for} {}", wording.said(raised)));
                parts.push(format!(
                    "{} {}",
                    self.say(("每增加一个病种加", "each further disease")),
                    wording.said(further)
                ));
                parts.push(format!("{} {}", self.say(("最高", "at most")), wording.said(most)));
            }
            DescribedCeilingAmount::OfEachDisease { amount, raised_for, raised } => {
                parts.push(format!("{} {}", self.say(("每个病种", "each disease")), wording.said(amount)));
                parts.push(format!("{raised_for} {}", wording.said(raised)));
            }
        }
        if ceiling.of_expense {
            parts.push(self.say(("按起付以上费用计算", "of the expense above the deductible")).to_owned());
        }
        if !ceiling.together_with.is_empty() {
            let with = wording.names(&ceiling.together_with);
            parts.push(format!("{}{with}", self.say(("合并计算：", "counted together with "))));
        }
        parts.join(self.say(("；", "; ")))
    }

    fn beyond(&self) -> String {
        match &self.benefit.beyond {
            Some(next) => {
                format!(
                    "{}{}",
                    self.say(("由下一层支付：", "paid by ")),
                    self.wording.names(std::slice::from_ref(next))
                )
            }
            None => self.say(("由个人负担", "borne by the person")).to_owned(),
        }
    }

    /// Which benefits exclude one another, who is shut out, and what is left out.
    fn choices(&self) -> Vec<String> {
        let (benefit, wording) = (self.benefit, self.wording);
        let groups = benefit.groups.iter().map(|group| {
            let others: &[BenefitTitle] = &group.others;
            self.row(
                ("就高，不叠加", "Only the highest of it and"),
                format_args!("{}{}", wording.names(others), wording.cite(&group.source)),
            )
        });
        let exclusions = benefit.exclusions.iter().map(|of| self.row(("不享受", "Not for"), self.exclusion(of)));
        let violations = benefit.violations.iter().map(|source| {
            let words = ("违规用药、诊疗的费用不予支付", "lines that break the rules of treatment");
            self.row(("剔除", "Left out"), format_args!("{}{}", self.say(words), wording.cite(source)))
        });
        groups.chain(exclusions).chain(violations).collect()
    }

    fn exclusion(&self, of: &DescribedExclusion) -> String {
        let wording = self.wording;
        let lists = [wording.any_of(&of.categories), wording.any_of(&of.regions), wording.any_of(&of.filings)];
        let mut parts: Vec<_> = lists.into_iter().filter(|list| !list.is_empty()).collect();
        if of.violations {
            parts.push(self.say(("违规费用", "expense that breaks the rules")).to_owned());
        }
        let mut text = parts.join(" · ");
        if !of.unless.is_empty() {
            text = format!("{text}{}{}", self.say(("，但除外：", ", unless also ")), wording.any_of(&of.unless));
        }
        format!("{text}{}", wording.cite(&of.source))
    }

    fn history(&self) -> Vec<String> {
        let source = &self.benefit.source;
        let edition = |edition: &Edition| self.wording.edition(edition);
        let mut rows = vec![self.row(("依据", "By"), self.wording.cite_alone(source))];
        let earlier = source.earlier.iter().map(|of| self.row(("此前版本（被本条取代）", "It replaced"), edition(of)));
        rows.extend(earlier);
        let later = source.later.iter().map(|of| self.row(("此后被取代", "Replaced later by"), edition(of)));
        rows.extend(later);
        rows
    }
}
