//! `onestop subsidies`: what medical assistance pays of people's premiums (资助参保).

use std::fs::File;
use std::io::{BufReader, Write};

use anyhow::{Context, Result};
use chrono::NaiveDate;
use claim::Citation;
use host::Clock;
use medical_assistance::{Subsidy, SubsidyReason, SubsidyRefusal, premium_subsidy};
use money::Fen;
use rulebook::{InForce, NotSubsidised};
use serde::Serialize;
use worked_case::NamedPerson;

use crate::cli::SubsidiesArgs;
use crate::render::{Lang, Words, cite, yuan};
use crate::rules;
use crate::settle::next_line;

/// What was found for one person.
#[derive(Serialize)]
struct PersonJson<'s> {
    name: &'s str,
    premium: Option<Fen>,
    subsidy: Fen,
    paid_by_person: Option<Fen>,
    benefit: Option<&'s str>,
    steps: &'s [claim::Step],
    refusals: Vec<RefusalJson<'s>>,
}

#[derive(Serialize)]
struct RefusalJson<'s> {
    benefit: &'s str,
    reason: &'static str,
    citation: &'s Citation,
}

#[derive(Serialize)]
struct TotalsJson {
    date: NaiveDate,
    persons: u64,
    subsidised: u64,
    unread: u64,
    premium: Fen,
    subsidy: Fen,
    paid_by_persons: Fen,
}

/// Prints a line for each person of the file and the totals; lines that cannot be read are told on standard error.
/// Answers whether all could be read.
///
/// # Errors
/// Rules or a file that cannot be read, and a day on which no rule on subsidies is in force.
pub fn subsidies(args: &SubsidiesArgs) -> Result<bool> {
    let date = args.date.unwrap_or_else(|| Clock::system().today());
    let rules = rules::load(&args.rules)?.in_force(date);
    let shown = args.file.display().to_string();
    let mut reader = BufReader::new(File::open(&args.file).with_context(|| format!("{shown} cannot be opened"))?);
    let mut out = std::io::stdout().lock();
    let zero = Fen::ZERO;
    let mut totals =
        TotalsJson { date, persons: 0, subsidised: 0, unread: 0, premium: zero, subsidy: zero, paid_by_persons: zero };
    let mut number = 0_u64;
    while let Some(line) = next_line(&mut reader, &shown)? {
        number = number.saturating_add(1);
        if line.trim().is_empty() {
            continue;
        }
        match read(&line, &rules)? {
            Ok((name, subsidy)) => {
                totals.add(&subsidy)?;
                let printed = Line { name: &name, subsidy: &subsidy, rules: &rules, lang: args.lang };
                writeln!(out, "{}", if args.json { printed.json()? } else { printed.text() })?;
            }
            Err(fault) => {
                totals.unread = totals.unread.saturating_add(1);
                writeln!(std::io::stderr().lock(), "{shown}:{number}: {fault}")?;
            }
        }
    }
    writeln!(out, "{}", if args.json { totals.json()? } else { totals.text(args.lang) })?;
    out.flush()?;
    Ok(totals.unread == 0)
}

/// The person of a line and the subsidy, or what is wrong with the line.
fn read(line: &str, rules: &InForce) -> Result<Result<(String, Subsidy), String>> {
    let person = match NamedPerson::from_json(line) {
        Ok(person) => person,
        Err(violations) => return Ok(Err(violations.to_string())),
    };
    let date = rules.date();
    let Some(payer) = person.premium_payer_on(date) else {
        return Ok(Err(format!("employment covers no insurance on {date}")));
    };
    Ok(Ok((person.name, premium_subsidy(rules, &payer)?)))
}

impl TotalsJson {
    fn add(&mut self, subsidy: &Subsidy) -> Result<()> {
        let sum = |left: Fen, right: Option<Fen>| left.checked_add(right.unwrap_or_default());
        self.persons = self.persons.saturating_add(1);
        self.subsidised = self.subsidised.saturating_add(u64::from(!subsidy.amount.is_zero()));
        let beyond = "the totals are beyond the range of an amount";
        self.premium = sum(self.premium, subsidy.premium).context(beyond)?;
        self.subsidy = sum(self.subsidy, Some(subsidy.amount)).context(beyond)?;
        self.paid_by_persons = sum(self.paid_by_persons, subsidy.paid_by_person()).context(beyond)?;
        Ok(())
    }

    fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&serde_json::json!({ "totals": self }))
    }

    fn text(&self, lang: Lang) -> String {
        let Self { date, persons, subsidised, unread, premium, subsidy, paid_by_persons } = self;
        let (premium, subsidy, left) = (yuan(*premium), yuan(*subsidy), yuan(*paid_by_persons));
        match lang {
            Lang::ZhCn => format!(
                "{date} 合计 {persons} 人，资助 {subsidised} 人，无法读取 {unread} 行：个人缴费标准 {premium}，资助 {subsidy}，个人负担 {left}"
            ),
            Lang::En => format!(
                "{date}: {persons} persons, {subsidised} subsidised, {unread} lines not read: premium {premium}, subsidy {subsidy}, paid by persons {left}"
            ),
        }
    }
}

/// One person's line.
struct Line<'s> {
    name: &'s str,
    subsidy: &'s Subsidy,
    rules: &'s InForce,
    lang: Lang,
}

impl Line<'_> {
    fn json(&self) -> serde_json::Result<String> {
        let subsidy = self.subsidy;
        let refusal = |refusal: &SubsidyRefusal| reason_slug(refusal.reason);
        serde_json::to_string(&PersonJson {
            name: self.name,
            premium: subsidy.premium,
            subsidy: subsidy.amount,
            paid_by_person: subsidy.paid_by_person(),
            benefit: subsidy.benefit.as_ref().map(claim::BenefitId::as_str),
            steps: &subsidy.steps,
            refusals: subsidy
                .refusals
                .iter()
                .map(|of| RefusalJson { benefit: of.benefit.as_str(), reason: refusal(of), citation: &of.citation })
                .collect(),
        })
    }

    fn text(&self) -> String {
        let (name, subsidy) = (self.name, self.subsidy);
        let amount = yuan(subsidy.amount);
        let premium = subsidy.premium.map_or_else(|| "—".to_owned(), yuan);
        let left = subsidy.paid_by_person().map_or_else(|| "—".to_owned(), yuan);
        let why = self.why();
        match self.lang {
            Lang::ZhCn => format!("{name}：个人缴费标准 {premium}，资助 {amount}，个人负担 {left}；{why}"),
            Lang::En => format!("{name}: premium {premium}, subsidy {amount}, paid by the person {left}; {why}"),
        }
    }

    /// The subsidy with the law of every step, or what comes closest with why it does not apply.
    fn why(&self) -> String {
        let subsidy = self.subsidy;
        if let Some(benefit) = &subsidy.benefit {
            let citations: Vec<_> = subsidy.steps.iter().map(|step| cite(&step.citation, self.lang)).collect();
            return format!("{} 〔{}〕", self.title(benefit), citations.join(self.lang.pick(("；", "; "))));
        }
        let Some(closest) = subsidy.refusals.iter().max_by_key(|refusal| closeness(refusal.reason)) else {
            return String::new();
        };
        format!("{} 〔{}〕", self.lang.pick(closest.reason.words()), cite(&closest.citation, self.lang))
    }

    fn title(&self, benefit: &claim::BenefitId) -> String {
        let payer = medical_assistance::MedicalAssistance::new();
        let payer = rulebook::PayerRules::id(&payer);
        let found = self.rules.premium_subsidies_of(&payer).find(|of| of.id() == benefit);
        found.map_or_else(
            || benefit.to_string(),
            |of| match self.lang {
                Lang::ZhCn => of.title_zh().to_owned(),
                Lang::En => of.title_en().to_owned(),
            },
        )
    }
}

/// How near to a subsidy a refusal came.
const fn closeness(reason: SubsidyReason) -> u8 {
    match reason {
        SubsidyReason::NotFor(NotSubsidised::OtherInsurance) => 0,
        SubsidyReason::NotFor(NotSubsidised::HouseholdNotLocal) => 1,
        SubsidyReason::NotFor(NotSubsidised::NotInCategory) => 2,
        SubsidyReason::NotFor(NotSubsidised::AbleToWork) => 3,
        SubsidyReason::NotFor(NotSubsidised::AgeNotCovered) => 4,
        SubsidyReason::ExcludedByProgramme => 5,
        SubsidyReason::HigherApplies => 6,
    }
}

const fn reason_slug(reason: SubsidyReason) -> &'static str {
    match reason {
        SubsidyReason::NotFor(NotSubsidised::OtherInsurance) => "other-insurance",
        SubsidyReason::NotFor(NotSubsidised::HouseholdNotLocal) => "household-not-local",
        SubsidyReason::NotFor(NotSubsidised::NotInCategory) => "not-in-category",
        SubsidyReason::NotFor(NotSubsidised::AbleToWork) => "able-to-work",
        SubsidyReason::NotFor(NotSubsidised::AgeNotCovered) => "age-not-covered",
        SubsidyReason::ExcludedByProgramme => "excluded-by-programme",
        SubsidyReason::HigherApplies => "higher-applies",
    }
}

impl Words for SubsidyReason {
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotFor(NotSubsidised::OtherInsurance) => {
                ("参加职工医保不予资助", "the employee-insured are not subsidised")
            }
            Self::NotFor(NotSubsidised::HouseholdNotLocal) => {
                ("非昆明户籍", "the household is not registered in Kunming")
            }
            Self::NotFor(NotSubsidised::NotInCategory) => ("不属于资助对象", "in no category that is subsidised"),
            Self::NotFor(NotSubsidised::AbleToWork) => ("未丧失劳动能力", "the ability to work is not lost"),
            Self::NotFor(NotSubsidised::AgeNotCovered) => ("年龄不符合规定", "the age is not covered"),
            Self::ExcludedByProgramme => ("按健康扶贫政策执行，不重复享受", "excluded by another programme"),
            Self::HigherApplies => ("就高，不重复享受", "another subsidy applies"),
        }
    }
}
