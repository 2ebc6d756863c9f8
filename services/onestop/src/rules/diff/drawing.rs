//! What of a comparison is drawn.

use super::Diff;
use super::chart::{Bar, Chart, Paint, Panel};
use super::comparison::{Persons, Tally};
use super::names::rulebook_name;
use super::shares::{Pair, Shares};
use crate::render::{Lang, Words};

/// The most letters of a rulebook's name that fit on a line; of a longer one the end is shown.
const NAME_LETTERS: usize = 90;

/// The chart: how much more each fund and the persons pay, in all and for each group that is touched.
pub(super) fn chart(diff: &Diff, lang: Lang) -> Chart {
    let name = |name| shortened(rulebook_name(name, lang));
    let touched = diff.comparison.groups().filter(|(_, tally)| differs(&tally.shares));
    let groups = touched.map(|(group, tally)| panel(lang.pick(group.words()), tally, lang));
    let all = panel(lang.pick(("全部", "all")), &diff.comparison.total, lang);
    Chart {
        title: lang
            .pick(("规则调整前后各方支付的变化（元）", "What a change of rules does to each payer (yuan)"))
            .to_owned(),
        notes: vec![
            format!("{}: {}", lang.pick(("原规则", "Old")), name(&diff.old)),
            format!("{}: {}", lang.pick(("新规则", "New")), name(&diff.new)),
            lang.pick(("向右：支付增加；向左：支付减少。", "To the right: pays more; to the left: pays less."))
                .to_owned(),
        ],
        legend: [
            (Paint::Fund, ("基金支付", "funds")),
            (Paint::Relief, ("个人现金减少", "persons' cash, less")),
            (Paint::Burden, ("个人现金增加", "persons' cash, more")),
        ]
        .map(|(paint, words)| (paint, lang.pick(words).to_owned()))
        .into(),
        panels: std::iter::once(all).chain(groups).collect(),
    }
}

fn panel(name: &str, tally: &Tally, lang: Lang) -> Panel {
    let Persons { gaining, losing, unchanged } = tally.persons;
    let title = match lang {
        Lang::ZhCn => format!("{name}：受益 {gaining} 人，受损 {losing} 人，不变 {unchanged} 人"),
        Lang::En => format!("{name}: {gaining} gain, {losing} lose, {unchanged} unchanged"),
    };
    let funds = tally.shares.funds.iter().filter(|(_, pair)| **pair != Pair::default());
    let funds = funds.map(|((_, fund), pair)| Bar {
        label: lang.pick(fund.words()).to_owned(),
        amount: pair.difference(),
        paint: Paint::Fund,
    });
    let hospital_share = tally.shares.hospital_share;
    let hospital_share = (hospital_share != Pair::default()).then(|| Bar {
        label: lang.pick(("医院负担", "hospital share")).to_owned(),
        amount: hospital_share.difference(),
        paint: Paint::Fund,
    });
    let difference = tally.shares.cash.difference();
    let cash = Bar {
        label: lang.pick(("个人现金", "cash")).to_owned(),
        amount: difference,
        paint: if difference.is_negative() { Paint::Relief } else { Paint::Burden },
    };
    Panel { title, bars: funds.chain(hospital_share).chain([cash]).collect() }
}

fn differs(shares: &Shares) -> bool {
    shares.funds.values().chain([&shares.hospital_share, &shares.cash]).any(|pair| pair.old != pair.new)
}

fn shortened(name: &str) -> String {
    let left_out = name.chars().count().saturating_sub(NAME_LETTERS);
    if left_out == 0 { name.to_owned() } else { format!("…{}", name.chars().skip(left_out).collect::<String>()) }
}
