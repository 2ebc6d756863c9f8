//! How a deductible, a formula and a ceiling read.

use rulebook::{
    AccountHolder, BornePer, DescribedCeiling, DescribedCeilingAmount, DescribedConcession, DescribedDeductible,
    DescribedDiseaseCeiling, DescribedFormula, DescribedReduction,
};

use super::Page;
use crate::render::{Lang, Words};

impl Page<'_> {
    pub(super) fn deductible(&self, deductible: &DescribedDeductible) -> String {
        let DescribedDeductible {
            amount,
            share,
            level,
            at_most,
            first_bill_only,
            again,
            per,
            merges,
            merging_hours,
            merges_latest_only,
            adds_merged,
            counts_toward_stay,
        } = deductible;
        let wording = self.wording;
        let per = self.say(match per {
            BornePer::Visit => ("每次就诊", "each visit"),
            BornePer::Bill => ("每张账单", "each bill"),
            BornePer::Year => ("每年一次", "once a year"),
            BornePer::Drug => ("每年每种药品一次", "once a year for each drug"),
            BornePer::Disease => ("每年每个病种一次", "once a year for each disease"),
        });
        let mut parts = vec![format!("{per} {}", wording.said(amount))];
        if let Some(level) = level {
            parts.push(format!("{} {}", self.say(("一律按", "read at")), wording.lang.pick(level.words())));
        }
        for (said, words) in [(share, ("按其比例", "of that")), (at_most, ("最高", "at most"))] {
            if let Some(said) = said {
                parts.push(format!("{} {}", self.say(words), wording.said(said)));
            }
        }
        for (step, said) in (2_u32..).zip(again) {
            let from = match wording.lang {
                Lang::ZhCn => format!("年内第 {step} 次起按其比例"),
                Lang::En => format!("from time {step} in the year, of that"),
            };
            parts.push(format!("{from} {}", wording.said(said)));
        }
        if *first_bill_only {
            let words =
                ("仅首张单据承担，未承担完的不再承担", "borne by the first bill only, whatever that leaves of it");
            parts.push(self.say(words).to_owned());
        }
        if let Some(days) = merges {
            let words = (
                "入院前若干日内同院急诊抢救已承担的起付计入，日数",
                "a rescue's counts toward it, days before admission:",
            );
            parts.push(format!("{} {}", self.say(words), wording.said(days)));
        }
        if let Some(hours) = merging_hours {
            let words = ("双方均有时刻的按小时计，时数", "in hours instead where both tell the minute:");
            parts.push(format!("{} {}", self.say(words), wording.said(hours)));
        }
        if *adds_merged {
            let words = ("并加上急诊抢救的起付标准", "the rescue's own deductible is added to it");
            parts.push(self.say(words).to_owned());
        }
        if *merges_latest_only {
            parts.push(self.say(("仅计最近一日", "the last such day only")).to_owned());
        }
        if *counts_toward_stay {
            parts.push(self.say(("可计入随后住院的起付标准", "counts toward that of a stay that follows")).to_owned());
        }
        parts.join(self.say(("；", "; ")))
    }

    pub(super) fn formula(&self) -> Vec<String> {
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
            DescribedFormula::Bands { rates, threshold, each_sum_rounded, less_paid, concession } => {
                let mut rows = vec![
                    self.row(("年度起付", "Yearly threshold"), wording.said(threshold)),
                    self.row(("分段支付比例", "Rates by band"), wording.said(rates)),
                ];
                for (holds, words) in [
                    (each_sum_rounded, ("本次前后累计应付各自取整", "the sums before and after are each rounded")),
                    (less_paid, ("按当日标准计算全年应付，减已付", "today's terms on the year, less what was paid")),
                ] {
                    if *holds {
                        rows.push(self.row(("计算方法", "Computed"), self.say(words)));
                    }
                }
                if let Some(concession) = concession {
                    let DescribedConcession { categories, threshold_share, points, without_ceiling } = &**concession;
                    let mut parts = vec![
                        format!("{} {}", self.say(("起付按", "threshold at")), wording.said(threshold_share)),
                        format!("{} {}", self.say(("各段提高", "every rate raised by")), wording.said(points)),
                    ];
                    if *without_ceiling {
                        parts.push(self.say(("不设年度限额", "no ceiling")).to_owned());
                    }
                    let who = wording.any_of(categories);
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

    pub(super) fn reduction(&self, of: &DescribedReduction) -> String {
        let DescribedReduction { points, regions, filings, always, never, only } = of;
        let wording = self.wording;
        let (regions, filings) = (wording.any_of(regions), wording.any_of(filings));
        let (separator, down) = (self.say((" · ", " · ")), self.say(("支付比例降低", "rate lowered by")));
        let mut text = format!("{regions}{separator}{filings}{separator}{down} {}", wording.said(points));
        for (kinds, words) in [
            (always, ("不论是否备案：", "whatever the filing: ")),
            (never, ("不适用：", "never for: ")),
            (only, ("仅适用：", "only for: ")),
        ] {
            if !kinds.is_empty() {
                text = format!("{text}{}{}{}", self.say(("；", "; ")), self.say(words), wording.any_of(kinds));
            }
        }
        text
    }

    pub(super) fn ceiling(&self, ceiling: &DescribedCeiling) -> String {
        let DescribedCeiling { amount, of_expense, together_with } = ceiling;
        let wording = self.wording;
        let mut parts = Vec::new();
        match amount {
            DescribedCeilingAmount::Amount(said) => parts.push(wording.said(said)),
            DescribedCeilingAmount::ByDiseases(diseases) => {
                let DescribedDiseaseCeiling { kind, first, raised_for, raised, raised_alone, further, most } =
                    &**diseases;
                parts.push(wording.lang.pick(kind.words()).to_owned());
                parts.push(format!("{} {}", self.say(("一个病种", "one disease")), wording.said(first)));
                let alone = if *raised_alone { self.say(("（仅此一种时）", " (alone)")) } else { "" };
                parts.push(format!("{raised_for}{alone} {}", wording.said(raised)));
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
        if *of_expense {
            parts.push(self.say(("按起付以上费用计算", "of the expense above the deductible")).to_owned());
        }
        if !together_with.is_empty() {
            let with = wording.names(together_with);
            parts.push(format!("{}{with}", self.say(("合并计算：", "counted together with "))));
        }
        parts.join(self.say(("；", "; ")))
    }
}
