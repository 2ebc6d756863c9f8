//! `onestop rules show`: a rule as a person would read it.

mod subsidy;
mod terms;
mod values;

use std::fmt::Display;
use std::io::Write;

use anyhow::Result;
use claim::DiseaseKind;
use host::Clock;
use rulebook::{
    AtPharmacies, BenefitDescription, DescribedBase, DescribedCare, DescribedLine, DescribedNotAfter, Description,
    Tallied,
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
    let rows = match rulebook.describe(id, date)? {
        Description::Benefit(benefit) => Page { benefit: &benefit, wording: &wording }.rows(),
        Description::Subsidy(subsidy) => subsidy::rows(&subsidy, &wording),
    };
    for row in rows {
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
        self.wording.row(label, text)
    }

    fn rows(&self) -> Vec<String> {
        // Every part is named, so that none is forgotten.
        let BenefitDescription {
            date,
            title,
            source,
            payer,
            fund,
            base: _,
            people,
            care: _,
            not_after,
            per_drug: _,
            per_disease: _,
            with_initial_self_pay: _,
            by_disease_price,
            deductible,
            formula: _,
            ceilings,
            whole_bill_beyond,
            tally,
            beyond: _,
            violations: _,
            forbidden,
            groups: _,
            exclusions: _,
            reductions,
        } = self.benefit;
        let wording = self.wording;
        let mut rows = vec![format!("{}  [{}]  {date}", wording.name(title), title.id)];
        let fund = wording.lang.pick(fund.words());
        rows.push(self.row(("支付方", "Paid by"), format_args!("{} · {fund}", wording.payer(payer))));
        rows.push(self.row(("对象", "For whom"), wording.people(people).join(self.say(("；", "; ")))));
        rows.push(self.row(("费用", "Expense"), self.base()));
        rows.extend(self.care());
        rows.extend(not_after.iter().map(|of| self.row(("不接收", "Not after"), self.not_after(of))));
        rows.extend(forbidden.iter().map(|list| self.row(("不得支付", "Not for"), wording.list(list))));
        if *by_disease_price {
            let words = (
                "登记的病种付费标准；超出部分由医院负担",
                "the register's, of the diagnosis; what lies beyond it is the institution's",
            );
            rows.push(self.row(("病种付费", "Published price"), self.say(words)));
        }
        if let Some(deductible) = deductible {
            rows.push(self.row(("起付标准", "Deductible"), self.deductible(deductible)));
        }
        rows.extend(self.formula());
        rows.extend(reductions.iter().map(|of| self.row(("异地就医", "Care elsewhere"), self.reduction(of))));
        rows.extend(ceilings.iter().map(|of| self.row(("年度限额", "Yearly ceiling"), self.ceiling(of))));
        if !ceilings.is_empty() {
            rows.push(self.row(("超出限额", "Beyond the ceiling"), self.beyond()));
        }
        if *whole_bill_beyond {
            let words = ("跨越限额的一笔费用整体视为超出限额", "as a whole, and the room stays for a smaller bill");
            rows.push(self.row(("跨限额单据", "The bill that crosses"), self.say(words)));
        }
        if let Some(tally) = tally {
            rows.push(self.row(
                ("年度累计", "Counts in the year"),
                self.say(match tally {
                    Tallied::Always => {
                        ("符合条件的费用均计入，不论由哪一项支付", "what meets the conditions, whichever item pays")
                    }
                    Tallied::WhenPaid => ("仅计入由本项支付的费用", "only what this item pays for"),
                }),
            ));
        }
        rows.extend(self.choices());
        rows.extend(wording.history(source));
        rows.extend(wording.note());
        rows
    }

    fn not_after(&self, of: &DescribedNotAfter) -> String {
        let DescribedNotAfter { benefit, reason, kinds } = of;
        let reason = self.wording.lang.pick(reason.words());
        let mut text = match self.wording.lang {
            Lang::ZhCn => format!("因“{reason}”未按 [{benefit}] 支付的费用"),
            Lang::En => format!("lines that [{benefit}] refused: {reason}"),
        };
        if !kinds.is_empty() {
            text =
                format!("{text}{}{}", self.say(("，限就诊类型：", "; kinds of visit: ")), self.wording.any_of(kinds));
        }
        text
    }

    fn base(&self) -> String {
        let wording = self.wording;
        let expense = match (&self.benefit.base, wording.lang) {
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
        };
        if self.benefit.with_initial_self_pay {
            return format!("{expense}{}", self.say(("，以及先行自付费用", ", and the initial self-pay")));
        }
        expense
    }

    fn care(&self) -> Vec<String> {
        let DescribedCare {
            kinds,
            line,
            levels,
            any_level_where,
            institution_kinds,
            pharmacy,
            diagnosis,
            not_diagnosis,
        } = &self.benefit.care;
        let wording = self.wording;
        let mut rows = Vec::new();
        if !kinds.is_empty() {
            rows.push(self.row(("就诊类型", "Kinds of visit"), wording.any_of(kinds)));
        }
        if let Some(line) = line {
            rows.push(self.row(("项目条件", "Lines"), self.line(line)));
        }
        if !levels.is_empty() {
            let allowance = any_level_where.map_or("", |of| wording.lang.pick(of.words()));
            let levels = wording.any_of(levels);
            rows.push(self.row(("机构级别", "Levels of institution"), format_args!("{levels}{allowance}")));
        }
        if !institution_kinds.is_empty() {
            rows.push(self.row(("机构类型", "Kinds of institution"), wording.any_of(institution_kinds)));
        }
        if let Some(pharmacy) = pharmacy {
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
        if let Some(list) = diagnosis {
            rows.push(self.row(("第一诊断", "Main diagnosis"), wording.list(list)));
        }
        if let Some(list) = not_diagnosis {
            rows.push(self.row(("第一诊断不属于", "Main diagnosis none of"), wording.list(list)));
        }
        for (is_own, each) in [
            (self.benefit.per_drug, ("每种药品分别计算", "each drug is a payment of its own")),
            (self.benefit.per_disease, ("每个病种分别计算", "each disease is a payment of its own")),
        ] {
            if is_own {
                rows.push(self.row(("计算单位", "Computed"), self.say(each)));
            }
        }
        rows
    }

    fn line(&self, line: &DescribedLine) -> String {
        match line {
            DescribedLine::NegotiatedDrug { not_on } => {
                let drugs = self.say(("协议期内的国家谈判药品", "negotiated drugs in their agreement period"));
                let except = not_on
                    .as_ref()
                    .map(|list| format!("{}{}", self.say(("，不含 ", ", except ")), self.wording.list(list)));
                format!("{drugs}{}", except.unwrap_or_default())
            }
            DescribedLine::Registered(register) => self
                .say(match register {
                    Some(DiseaseKind::Special) => (
                        "登记为特殊病的病种，不论按何待遇结算",
                        "for a disease registered as special, whatever it settles as",
                    ),
                    Some(DiseaseKind::Chronic) => (
                        "登记为慢性病的病种，不论按何待遇结算",
                        "for a disease registered as chronic, whatever it settles as",
                    ),
                    None => ("未登记的病种", "for no registered disease"),
                })
                .to_owned(),
            DescribedLine::Approved { kind, only, except } => {
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
        }
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
            self.row(
                ("就高，不叠加", "Only the highest of it and"),
                format_args!("{}{}", wording.names(&group.others), wording.cite(&group.source)),
            )
        });
        let exclusions = benefit.exclusions.iter().map(|of| wording.exclusion(of));
        let violations = benefit.violations.iter().map(|source| {
            let words = ("违规用药、诊疗的费用不予支付", "lines that break the rules of treatment");
            self.row(("剔除", "Left out"), format_args!("{}{}", self.say(words), wording.cite(source)))
        });
        groups.chain(exclusions).chain(violations).collect()
    }
}
