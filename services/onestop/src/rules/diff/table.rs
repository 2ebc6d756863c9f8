//! A comparison as tables that a clerk can read.

use std::io::{self, Write};

use comfy_table::{Cell, Table, presets};

use super::Diff;
use super::comparison::{Persons, Tally};
use super::largest::Largest;
use super::names::{rulebook_name, signed};
use super::refusals::Refusals;
use super::shares::{Pair, Shares};
use crate::render::{Lang, Words, payer_name, right, yuan};

/// Writes the tables.
///
/// # Errors
/// What `out` refuses.
pub(super) fn write_tables(out: &mut impl Write, diff: &Diff, lang: Lang) -> io::Result<()> {
    let page = Page { diff, lang };
    page.head(out)?;
    page.titled(out, ("各支付方合计", "Totals by payer and fund"), &page.totals())?;
    page.titled(out, ("人员", "Persons"), &page.persons())?;
    page.note(
        out,
        (
            "受益、受损按个人负担（现金和个人账户）计。",
            "A person gains who bears less in cash and from the individual account.",
        ),
    )?;
    page.note(
        out,
        (
            "一人可属于多个救助类别，也可在年内变换参保类型，各类人数不可相加。",
            "A person can be in several categories, and change insurance within a year: numbers of persons do not sum.",
        ),
    )?;
    page.titled(out, ("按参保类型和救助类别", "By insurance and category"), &page.groups())?;
    page.largest(out, ("受益最多的算例", "Largest gains"), &diff.comparison.gains)?;
    page.largest(out, ("受损最多的算例", "Largest losses"), &diff.comparison.losses)?;
    page.refusals(out, ("仅新规则拒付", "Refused under the new rules only"), &diff.comparison.refused_by_new)?;
    page.refusals(out, ("仅原规则拒付", "Refused under the old rules only"), &diff.comparison.refused_by_old)
}

struct Page<'d> {
    diff: &'d Diff,
    lang: Lang,
}

type Said = (&'static str, &'static str);

impl Page<'_> {
    fn say(&self, words: Said) -> &'static str {
        self.lang.pick(words)
    }

    fn head(&self, out: &mut impl Write) -> io::Result<()> {
        let (old, new) = (rulebook_name(&self.diff.old, self.lang), rulebook_name(&self.diff.new, self.lang));
        writeln!(out, "{}", self.say(("规则调整前后对比", "What a change of rules does")))?;
        writeln!(out, "{}: {old}", self.say(("原规则", "Old")))?;
        writeln!(out, "{}: {new}", self.say(("新规则", "New")))?;
        let Persons { gaining, losing, unchanged } = self.diff.comparison.total.persons;
        let all = self.diff.comparison.total.persons.all();
        let counts = match self.lang {
            Lang::ZhCn => format!("人数 {all}: 受益 {gaining}，受损 {losing}，不变 {unchanged}"),
            Lang::En => format!("{all} persons: {gaining} gain, {losing} lose, {unchanged} unchanged"),
        };
        writeln!(out, "{counts}")?;
        let both = self.diff.comparison.visits_refused_by_both;
        if both > 0 {
            writeln!(
                out,
                "{}: {both}",
                self.say(("两方规则均拒付、未计入的就诊", "Visits that neither settles, left out"))
            )?;
        }
        if self.diff.unread > 0 {
            writeln!(out, "{}: {}", self.say(("无法读取的算例", "Cases that could not be read")), self.diff.unread)?;
        }
        Ok(())
    }

    fn titled(&self, out: &mut impl Write, title: Said, table: &Table) -> io::Result<()> {
        writeln!(out, "\n{}\n{table}", self.say(title))
    }

    fn note(&self, out: &mut impl Write, words: Said) -> io::Result<()> {
        writeln!(out, "{}", self.say(words))
    }

    fn totals(&self) -> Table {
        let mut table = self.table(&[("支付方", "Payer"), ("基金", "Fund"), OLD, NEW, DIFFERENCE]);
        let shares = &self.diff.comparison.total.shares;
        for (payer, pair) in shares.payers() {
            let of_payer = || shares.funds.iter().filter(|((of, _), _)| of == payer);
            for ((_, fund), pair) in of_payer() {
                let names = [payer_name(payer, self.lang), self.lang.pick(fund.words())];
                table.add_row(names.map(Cell::new).into_iter().chain(amounts(*pair)));
            }
            if of_payer().count() > 1 {
                let names = [payer_name(payer, self.lang), self.say(("小计", "all its funds"))];
                table.add_row(names.map(Cell::new).into_iter().chain(amounts(pair)));
            }
        }
        for (bearer, pair) in shares.others() {
            table.add_row([Cell::new(self.lang.pick(bearer)), Cell::new("")].into_iter().chain(amounts(pair)));
        }
        let bills = Pair { old: shares.bills, new: shares.bills };
        let title = Cell::new(self.say(("医疗费总额", "Total of the bills")));
        table.add_row([title, Cell::new("")].into_iter().chain(amounts(bills)));
        table
    }

    fn persons(&self) -> Table {
        let mut table = self.table(&[
            ("人群", "Persons"),
            ("人数", "Number"),
            ("受益", "Gain"),
            ("受损", "Lose"),
            ("不变", "Unchanged"),
            ("个人负担（原）", "Bear, old"),
            ("个人负担（新）", "Bear, new"),
            DIFFERENCE,
        ]);
        let mut add = |name: &str, tally: &Tally| {
            let Persons { gaining, losing, unchanged } = tally.persons;
            let counts = [tally.persons.all(), gaining, losing, unchanged].map(right);
            table.add_row([Cell::new(name)].into_iter().chain(counts).chain(amounts(tally.shares.borne())));
        };
        add(self.say(ALL), &self.diff.comparison.total);
        for (group, tally) in self.diff.comparison.groups() {
            add(self.lang.pick(group.words()), tally);
        }
        table
    }

    fn groups(&self) -> Table {
        let mut table = self.table(&[("人群", "Persons"), ("基金", "Fund"), OLD, NEW, DIFFERENCE]);
        for (group, tally) in self.diff.comparison.groups() {
            let mut name = self.lang.pick(group.words());
            for (bearer, pair) in self.bearers(&tally.shares) {
                let names = [Cell::new(name), Cell::new(bearer)];
                table.add_row(names.into_iter().chain(amounts(pair)));
                name = "";
            }
        }
        table
    }

    /// The funds that pay anything, and the others who bear a part.
    fn bearers<'s>(&self, shares: &'s Shares) -> impl Iterator<Item = (&'static str, Pair)> + use<'s> {
        let lang = self.lang;
        let funds = shares.funds.iter().filter(|(_, pair)| **pair != Pair::default());
        let funds = funds.map(move |((_, fund), pair)| (lang.pick(fund.words()), *pair));
        funds.chain(shares.others().map(move |(bearer, pair)| (lang.pick(bearer), pair)))
    }

    fn largest(&self, out: &mut impl Write, title: Said, largest: &Largest) -> io::Result<()> {
        if largest.persons().is_empty() {
            return Ok(());
        }
        let mut table = self.table(&[
            ("算例", "Case"),
            ("个人负担（原）", "Bears, old"),
            ("个人负担（新）", "Bears, new"),
            DIFFERENCE,
        ]);
        for person in largest.persons() {
            table.add_row([Cell::new(&person.name)].into_iter().chain(amounts(person.borne)));
        }
        self.titled(out, title, &table)
    }

    fn refusals(&self, out: &mut impl Write, title: Said, refusals: &Refusals) -> io::Result<()> {
        if refusals.visits == 0 {
            return Ok(());
        }
        let mut table = self.table(&[("算例", "Case"), ("就诊", "Visit"), ("日期", "Date")]);
        for visit in refusals.first() {
            let kind = self.lang.pick(visit.kind.words());
            table.add_row([visit.name.as_str(), kind, &visit.date.to_string()].map(Cell::new));
        }
        self.titled(out, title, &table)?;
        let Refusals { persons, visits, .. } = refusals;
        let (bills, funds) = (yuan(refusals.bills), yuan(refusals.funds));
        let sum = match self.lang {
            Lang::ZhCn => format!(
                "共 {persons} 人、就诊 {visits} 次，费用 {bills}；按另一方规则各基金支付 {funds}。这些人未计入以上各表。"
            ),
            Lang::En => format!(
                "{persons} persons, {visits} visits, bills of {bills}; the other rules pay {funds} of them. These persons are in none of the tables above."
            ),
        };
        writeln!(out, "{sum}")
    }

    fn table(&self, columns: &[Said]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(columns.iter().map(|column| self.say(*column)));
        table
    }
}

const OLD: Said = ("原规则", "Old");
const NEW: Said = ("新规则", "New");
const DIFFERENCE: Said = ("差额", "Difference");
const ALL: Said = ("全部", "all");

fn amounts(pair: Pair) -> [Cell; 3] {
    [right(yuan(pair.old)), right(yuan(pair.new)), right(signed(pair.difference()))]
}
