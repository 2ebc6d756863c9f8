//! A statement as a table that a clerk can read to the patient.

use std::collections::BTreeMap;
use std::fmt::Write;

use claim::{BenefitId, Citation, Input, InputValue, Portion, RuleStatus, Statement, Step};
use comfy_table::{Cell, CellAlignment, Table, presets};
use money::Fen;
use rulebook::InForce;

use super::words::payer_name;
use super::{Lang, Words};

/// How many lines of a bill are printed one by one; the rest is one row.
const LINES_PRINTED: usize = 40;

/// The whole statement as text, with its computation and its law.
///
/// # Errors
/// Never in practice: writing to a string does not fail.
pub fn statement_text(statement: &Statement, rules: &InForce, lang: Lang) -> Result<String, std::fmt::Error> {
    let page = Page { statement, rules, lang };
    let mut text = String::new();
    page.head(&mut text)?;
    writeln!(text, "{}", page.lines())?;
    writeln!(text, "{}", page.payments())?;
    writeln!(text, "{}", page.summary())?;
    writeln!(text, "{}", page.figures())?;
    page.steps(&mut text)?;
    page.refusals(&mut text)?;
    page.assumed(&mut text)?;
    Ok(text)
}

/// The assumed rules that a statement rests on, each once, by name.
pub(super) fn assumed(statement: &Statement) -> Vec<&Citation> {
    let split = &statement.case.split_citations;
    let of_split = [&split.excluded, &split.above_price_cap, &split.initial_self_pay, &split.eligible];
    let portions = statement.adjudications.iter().flat_map(|adjudication| &adjudication.portions);
    let of_steps = portions.flat_map(|portion| &portion.steps).map(|step| &step.citation);
    let assumed = of_split.into_iter().chain(of_steps).filter(|citation| citation.status == RuleStatus::Assumed);
    assumed.map(|citation| (&*citation.rule, &**citation)).collect::<BTreeMap<_, _>>().into_values().collect()
}

struct Page<'s> {
    statement: &'s Statement,
    rules: &'s InForce,
    lang: Lang,
}

impl Page<'_> {
    fn say(&self, words: (&'static str, &'static str)) -> &'static str {
        self.lang.pick(words)
    }

    fn head(&self, text: &mut String) -> std::fmt::Result {
        let visit = &self.statement.case.visit;
        let title = match self.statement.settlement_id {
            Some(_) => ("医疗费用一站式结算单", "One-stop settlement statement"),
            None => ("医疗费用一站式预结算单（未入账）", "One-stop settlement preview (nothing was booked)"),
        };
        writeln!(text, "{}", self.say(title))?;
        if let Some(settlement_id) = &self.statement.settlement_id {
            writeln!(text, "{}: {settlement_id}", self.say(("结算编号", "Settlement")))?;
        }
        let insurance = self.lang.pick(self.statement.case.person.insurance.words());
        writeln!(text, "{}: {} · {insurance}", self.say(("参保人员", "Person")), self.statement.person_id)?;
        let (level, kind) = (self.lang.pick(visit.institution.level.words()), visit.institution.kind.words());
        let institution = self.say(("定点机构", "Institution"));
        writeln!(text, "{institution}: {} · {level} · {}", visit.institution.id, self.lang.pick(kind))?;
        let days = match visit.admission_date {
            Some(admission) => format!("{admission} — {}", visit.service_date),
            None => visit.service_date.to_string(),
        };
        writeln!(text, "{}: {} · {days}", self.say(("就诊", "Visit")), self.lang.pick(visit.kind.words()))
    }

    fn lines(&self) -> Table {
        let mut table = self.table(&[
            ("费用项目", "Item"),
            ("数量", "Quantity"),
            ("金额", "Amount"),
            ("全自费", "Excluded"),
            ("超限价自费", "Above price cap"),
            ("先行自付", "Initial self-pay"),
            ("政策范围内", "Eligible"),
        ]);
        let lines = &self.statement.case.lines;
        let row = |name: String, quantity: String, split: &claim::LineSplit| {
            let parts = [split.excluded, split.above_price_cap, split.initial_self_pay, split.eligible];
            let amounts = std::iter::once(split.total()).chain(parts).map(yuan);
            [Cell::new(name), right(quantity)].into_iter().chain(amounts.map(right)).collect::<Vec<_>>()
        };
        for line in lines.iter().take(LINES_PRINTED) {
            table.add_row(row(line.name.to_string(), line.quantity.to_string(), &line.split));
        }
        if lines.len() > LINES_PRINTED {
            let rest = lines.iter().skip(LINES_PRINTED).map(|line| line.split).sum();
            let count = lines.len().saturating_sub(LINES_PRINTED);
            table.add_row(row(format!("{} {count}", self.say(("其余行数", "further lines"))), String::new(), &rest));
        }
        table.add_row(row(self.say(("合计", "Total")).to_owned(), String::new(), &self.statement.case.split()));
        table
    }

    fn payments(&self) -> Table {
        let mut table = self.table(&[
            ("支付方", "Fund"),
            ("待遇", "Benefit"),
            ("计算基数", "Base"),
            ("起付", "Deductible"),
            ("个人分担", "Coinsurance"),
            ("超限额", "Above ceiling"),
            ("支付", "Paid"),
        ]);
        for portion in self.portions() {
            let amounts = [portion.base, portion.deductible, portion.coinsurance, portion.above_ceiling, portion.paid];
            let names = [Cell::new(self.lang.pick(portion.fund.words())), Cell::new(self.title(&portion.benefit))];
            table.add_row(names.into_iter().chain(amounts.map(yuan).map(right)));
        }
        table
    }

    fn summary(&self) -> Table {
        let amounts = &self.statement.amounts;
        let split = &self.statement.case.split_citations;
        let mut table = self.table(&[("项目", "Figure"), ("金额", "Amount"), ("依据", "Basis")]);
        let mut add = |words, amount: Fen, basis: String| {
            table.add_row([Cell::new(self.say(words)), right(yuan(amount)), Cell::new(basis)]);
        };
        add(("医疗费总额", "Total"), amounts.total, String::new());
        add(("全自费", "Excluded"), amounts.excluded, self.cite(&split.excluded));
        add(("超限价自费", "Above price cap"), amounts.above_price_cap, self.cite(&split.above_price_cap));
        add(("先行自付", "Initial self-pay"), amounts.initial_self_pay, self.cite(&split.initial_self_pay));
        add(("政策范围内费用", "Eligible"), amounts.eligible, self.cite(&split.eligible));
        for (fund, paid) in self.funds() {
            let basis =
                self.portions().filter(|portion| portion.fund == fund).filter_map(|portion| portion.steps.last());
            let mut basis: Vec<_> = basis.map(|step| self.cite(&step.citation)).collect();
            basis.dedup();
            add(fund.words(), paid, basis.join("；"));
        }
        if !amounts.hospital_share.is_zero() {
            let basis = self.say(("超出病种付费标准", "beyond the published price of the disease"));
            add(("医院负担", "Hospital share"), amounts.hospital_share, basis.to_owned());
        }
        add(("个人现金支付", "Cash"), amounts.cash, self.say(("总额减各方支付", "total less all payments")).to_owned());
        table
    }

    /// Every amount on its own.
    fn figures(&self) -> Table {
        let mut table = self.table(&[
            ("支付方", "Payer"),
            ("待遇", "Benefit"),
            ("类别", "Category"),
            ("金额", "Amount"),
            ("原因", "Reason"),
            ("取整", "Rounding"),
            ("依据", "Basis"),
        ]);
        for figure in self.statement.figures() {
            let payer = figure.payer.as_ref().map_or_else(String::new, |payer| payer_name(payer, self.lang).to_owned());
            let benefit = figure.benefit.as_ref().map_or_else(String::new, |benefit| self.title(benefit));
            let category = self.lang.pick(figure.category.words()).to_owned();
            let reason = self.lang.pick(figure.reason.words()).to_owned();
            let rounding = self.lang.pick(figure.rounding.words()).to_owned();
            table.add_row([
                Cell::new(payer),
                Cell::new(benefit),
                Cell::new(category),
                right(yuan(figure.amount)),
                Cell::new(reason),
                Cell::new(rounding),
                Cell::new(self.cite(&figure.citation)),
            ]);
        }
        table
    }

    /// The funds that had a part in the decision, each once, in the order of the payers.
    fn funds(&self) -> Vec<(claim::Fund, Fen)> {
        let mut funds: Vec<(claim::Fund, Fen)> = Vec::new();
        for portion in self.portions() {
            match funds.iter_mut().find(|(fund, _)| *fund == portion.fund) {
                Some((_, paid)) => *paid += portion.paid,
                None => funds.push((portion.fund, portion.paid)),
            }
        }
        funds
    }

    fn steps(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "{}", self.say(("计算过程", "Computation")))?;
        for portion in self.portions() {
            writeln!(text, "  {}", self.title(&portion.benefit))?;
            for (index, step) in portion.steps.iter().enumerate() {
                writeln!(text, "    {}. {}", index.saturating_add(1), self.step(step))?;
            }
        }
        Ok(())
    }

    fn step(&self, step: &Step) -> String {
        let inputs: Vec<_> = step.inputs.iter().map(|input| self.input(input)).collect();
        let rounded =
            if step.rounded { self.say(("（四舍五入到分）", " (rounded half up to the fen)")) } else { "" };
        format!(
            "{}: {} → {}{rounded} 〔{}〕",
            self.lang.pick(step.operation.words()),
            inputs.join(self.say(("，", ", "))),
            yuan(step.result),
            self.cite(&step.citation),
        )
    }

    fn input(&self, input: &Input) -> String {
        let value = match input.value {
            InputValue::Amount(amount) => yuan(amount),
            InputValue::Rate(rate) => rate.to_string(),
        };
        format!("{} {value}", self.lang.pick(input.name.words()))
    }

    fn refusals(&self, text: &mut String) -> std::fmt::Result {
        let mut refusals =
            self.statement.adjudications.iter().flat_map(|adjudication| &adjudication.refusals).peekable();
        if refusals.peek().is_some() {
            writeln!(text, "{}", self.say(("未支付的待遇", "Benefits that do not pay")))?;
        }
        for refusal in refusals {
            let (title, reason) = (self.title(&refusal.benefit), self.lang.pick(refusal.reason.words()));
            writeln!(text, "  {title}: {reason} 〔{}〕", self.cite(&refusal.citation))?;
        }
        Ok(())
    }

    fn assumed(&self, text: &mut String) -> std::fmt::Result {
        let assumed = assumed(self.statement);
        if !assumed.is_empty() {
            let warning =
                ("* 以下标准未见文件公布，为假定值：", "* Assumed, because no published document gives them:");
            writeln!(text, "{}", self.say(warning))?;
        }
        for citation in assumed {
            writeln!(text, "  {} 〔{}〕", citation.rule, self.cite(citation))?;
        }
        Ok(())
    }

    fn cite(&self, citation: &Citation) -> String {
        cite(citation, self.lang)
    }

    fn title(&self, benefit: &BenefitId) -> String {
        let title = self.rules.benefit(benefit).map(|benefit| match self.lang {
            Lang::ZhCn => benefit.title_zh(),
            Lang::En => benefit.title_en(),
        });
        title.map_or_else(|| benefit.to_string(), str::to_owned)
    }

    fn portions(&self) -> impl Iterator<Item = &Portion> {
        self.statement.adjudications.iter().flat_map(|adjudication| &adjudication.portions)
    }

    fn table(&self, columns: &[(&'static str, &'static str)]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(columns.iter().map(|column| self.say(*column)));
        table
    }
}

pub(crate) fn right(text: impl ToString) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// A citation; one that is assumed carries a mark.
pub(crate) fn cite(citation: &Citation, lang: Lang) -> String {
    let mark = match citation.status {
        RuleStatus::Official => "",
        RuleStatus::Assumed => "*",
    };
    let from = citation.in_force_from;
    match lang {
        Lang::ZhCn => format!("{} {}，{from}起{mark}", citation.document, citation.article),
        Lang::En => format!("{} {}, from {from}{mark}", citation.document, citation.article),
    }
}

/// Yuan with a comma between the thousands.
pub(crate) fn yuan(amount: Fen) -> String {
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::with_capacity(text.len().saturating_mul(2));
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (fen, text) in [(0, "0.00"), (99_999, "999.99"), (100_000, "1,000.00"), (-123_456_789, "-1,234,567.89")] {
            assert_eq!(yuan(Fen::new(fen)), text);
        }
    }
}
