//! Subsidies of the premium of residents' insurance (资助参保): of those that a person is entitled to, the highest.

use std::sync::Arc;

use claim::{BenefitId, Citation, Input, InputName, InputValue, Operation, PayerId, Step};
use money::{Fen, Rate};
use rulebook::{InForce, NotSubsidised, PremiumPayer, PremiumSubsidy};

use crate::MedicalAssistance;

/// The definition that only the highest of several subsidies applies.
const HIGHEST: &str = "assistance.premium.highest";

/// What medical assistance pays of a person's premium of the year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subsidy {
    /// The personal part of the year's premium; `None` for the employee-insured, who pay no such premium.
    pub premium: Option<Fen>,
    /// What medical assistance pays, at most the premium.
    pub amount: Fen,
    /// The subsidy that applies, where one does.
    pub benefit: Option<BenefitId>,
    /// How the amount came about, in order.
    pub steps: Vec<Step>,
    /// The subsidies that do not apply, each with the reason.
    pub refusals: Vec<SubsidyRefusal>,
}

impl Subsidy {
    /// What the person pays of the premium; `None` where there is no such premium.
    #[must_use]
    pub fn paid_by_person(&self) -> Option<Fen> {
        self.premium.map(|premium| premium - self.amount)
    }
}

/// A subsidy that does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubsidyRefusal {
    /// The subsidy.
    pub benefit: BenefitId,
    /// Why it does not.
    pub reason: SubsidyReason,
    /// The law that says so.
    pub citation: Arc<Citation>,
}

/// Why a subsidy does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubsidyReason {
    /// It is not for the person.
    NotFor(NotSubsidised),
    /// Another programme takes its place.
    ExcludedByProgramme,
    /// Another subsidy applies; they do not add up.
    HigherApplies,
}

/// No rule on premium subsidies is in force on the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rule on premium subsidies is in force on {0}")]
pub struct NoSubsidyRule(pub chrono::NaiveDate);

/// What is paid of the premium of the year in which the day of `rules` lies, once in that year.
///
/// # Errors
/// [`NoSubsidyRule`] on a day before there are such rules.
///
/// # Basis
/// 昆明市城乡医疗救助管理实施办法 三, 四（一）, 四（三）, 四（四）.
pub fn premium_subsidy(rules: &InForce, person: &PremiumPayer) -> Result<Subsidy, NoSubsidyRule> {
    let payer = MedicalAssistance::new().id;
    let subsidies: Vec<_> = rules.premium_subsidies_of(&payer).collect();
    if subsidies.is_empty() {
        return Err(NoSubsidyRule(rules.date()));
    }
    Ok(decide(rules, &payer, &subsidies, person))
}

fn decide(rules: &InForce, payer: &PayerId, subsidies: &[&PremiumSubsidy], person: &PremiumPayer) -> Subsidy {
    let mut subsidy =
        Subsidy { premium: None, amount: Fen::ZERO, benefit: None, steps: Vec::new(), refusals: Vec::new() };
    let exclusion = rules.exclusion(payer, &person.facts);
    let mut candidates: Vec<&PremiumSubsidy> = Vec::new();
    for of in subsidies.iter().copied() {
        let reason = of.refusal(person, rules.date());
        if reason != Some(NotSubsidised::OtherInsurance) {
            subsidy.premium = Some(of.premium().0);
        }
        let refusal = match (reason, exclusion) {
            (Some(reason), _) => (SubsidyReason::NotFor(reason), of.citation()),
            (None, Some(citation)) => (SubsidyReason::ExcludedByProgramme, citation),
            (None, None) => {
                candidates.push(of);
                continue;
            }
        };
        subsidy.refuse(of, refusal.0, refusal.1);
    }
    // Of equals the first applies, as with every other assistance.
    let Some(chosen) = candidates.iter().rev().max_by_key(|of| payment(of)).copied() else { return subsidy };
    subsidy.pay(chosen);
    let highest = rules.definition(HIGHEST).unwrap_or_else(|| chosen.citation());
    let others: Vec<_> = candidates.into_iter().filter(|of| of.id() != chosen.id()).collect();
    if !others.is_empty() {
        let inputs = others.iter().map(|of| amount(InputName::Alternative, payment(of))).collect();
        subsidy.step(Operation::ChooseHighest, highest, inputs, subsidy.amount);
    }
    for other in others {
        subsidy.refuse(other, SubsidyReason::HigherApplies, highest);
    }
    subsidy
}

/// What a subsidy pays: the fixed amount but at most the premium, or all of it.
fn payment(of: &PremiumSubsidy) -> Fen {
    let (premium, _) = of.premium();
    of.fixed_amount().map_or(premium, |(fixed, _)| fixed.min(premium))
}

impl Subsidy {
    fn pay(&mut self, chosen: &PremiumSubsidy) {
        let (premium, law) = chosen.premium();
        self.amount = payment(chosen);
        self.benefit = Some(chosen.id().clone());
        self.step(Operation::TakeBase, law, vec![amount(InputName::Expense, premium)], premium);
        if let Some((fixed, law)) = chosen.fixed_amount() {
            let inputs = vec![amount(InputName::Payment, fixed), amount(InputName::Ceiling, premium)];
            self.step(Operation::ApplyCeiling, law, inputs, self.amount);
        } else {
            let whole = Input { name: InputName::Rate, value: InputValue::Rate(Rate::WHOLE) };
            let inputs = vec![amount(InputName::Expense, premium), whole];
            self.step(Operation::ApplyRate, chosen.citation(), inputs, self.amount);
        }
    }

    fn step(&mut self, operation: Operation, citation: &Arc<Citation>, inputs: Vec<Input>, result: Fen) {
        self.steps.push(Step {
            operation,
            citation: Arc::clone(citation),
            inputs: inputs.into(),
            result,
            rounded: false,
        });
    }

    fn refuse(&mut self, of: &PremiumSubsidy, reason: SubsidyReason, citation: &Arc<Citation>) {
        self.refusals.push(SubsidyRefusal { benefit: of.id().clone(), reason, citation: Arc::clone(citation) });
    }
}

const fn amount(name: InputName, value: Fen) -> Input {
    Input { name, value: InputValue::Amount(value) }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use claim::{AssistanceCategory, Employment, Insurance, PersonFacts};
    use rulebook::Rulebook;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn person(categories: &[AssistanceCategory]) -> PremiumPayer {
        let facts = PersonFacts {
            insurance: Insurance::Resident,
            birth_date: day("1985-06-15"),
            sex: None,
            kunming_household: true,
            disability_level: 0,
            categories: categories.to_vec(),
            diseases: Vec::new(),
        };
        PremiumPayer { facts, unable_to_work: false, rural_mental_disability: false }
    }

    fn subsidy(person: &PremiumPayer, on: &str) -> Subsidy {
        premium_subsidy(&Rulebook::kunming().unwrap().in_force(day(on)), person).unwrap()
    }

    /// What is paid, and what is left to the person.
    fn yuan(person: &PremiumPayer, on: &str) -> (String, String) {
        let subsidy = subsidy(person, on);
        (subsidy.amount.to_string(), subsidy.paid_by_person().map_or_else(String::new, |paid| paid.to_string()))
    }

    fn both(paid: &str, left: &str) -> (String, String) {
        (paid.to_owned(), left.to_owned())
    }

    fn reasons(subsidy: &Subsidy) -> Vec<SubsidyReason> {
        subsidy.refusals.iter().map(|refusal| refusal.reason).collect()
    }

    #[test]
    fn extreme_poverty_is_paid_the_premium_of_each_year_in_full() {
        let person = person(&[AssistanceCategory::ExtremePoverty]);
        for (on, premium) in [
            ("2021-12-31", "280.00"),
            ("2022-01-01", "320.00"),
            ("2023-01-01", "350.00"),
            ("2024-01-01", "380.00"),
            ("2025-01-01", "400.00"),
        ] {
            assert_eq!(yuan(&person, on), both(premium, "0.00"));
        }
    }

    #[test]
    fn subsistence_allowance_is_paid_120_and_not_twice_for_being_old() {
        let mut person = person(&[AssistanceCategory::SubsistenceAllowance]);
        assert_eq!(yuan(&person, "2021-06-01"), both("120.00", "160.00"));
        person.facts.birth_date = day("1950-01-01");
        person.facts.categories.push(AssistanceCategory::LowIncomeElderly);
        assert_eq!(yuan(&person, "2021-06-01"), both("120.00", "160.00"));
        let decided = subsidy(&person, "2021-06-01");
        assert_eq!(decided.benefit.as_ref().unwrap().as_str(), "assistance.premium.subsistence-allowance");
        let lower: Vec<_> = decided.refusals.iter().filter(|of| of.reason == SubsidyReason::HigherApplies).collect();
        assert!(lower.len() == 1 && Some(&lower[0].benefit) != decided.benefit.as_ref());
        let last = decided.steps.last().unwrap();
        assert_eq!((last.operation, &*last.citation.article), (Operation::ChooseHighest, "四（三）"));
    }

    #[test]
    fn the_employee_insured_get_nothing() {
        for category in [AssistanceCategory::SubsistenceAllowance, AssistanceCategory::ExtremePoverty] {
            let mut person = person(&[category]);
            person.facts.insurance = Insurance::Employee(Employment::Active);
            let decided = subsidy(&person, "2021-06-01");
            assert_eq!((decided.amount, decided.premium, decided.paid_by_person()), (Fen::ZERO, None, None));
            let other = SubsidyReason::NotFor(NotSubsidised::OtherInsurance);
            assert!(reasons(&decided).iter().all(|reason| *reason == other));
        }
    }

    #[test]
    fn a_low_income_elderly_person_is_paid_from_the_day_of_the_60th_birthday() {
        let mut person = person(&[AssistanceCategory::LowIncomeElderly]);
        person.facts.birth_date = day("1962-05-10");
        assert_eq!(yuan(&person, "2022-05-09"), both("0.00", "320.00"));
        assert_eq!(yuan(&person, "2022-05-10"), both("120.00", "200.00"));
        let young = subsidy(&person, "2022-05-09");
        assert!(reasons(&young).contains(&SubsidyReason::NotFor(NotSubsidised::AgeNotCovered)));
    }

    #[test]
    fn the_severely_disabled_are_paid_only_where_they_lost_the_ability_to_work() {
        let mut person = person(&[]);
        for (level, unable_to_work, paid) in
            [(1, true, "120.00"), (2, true, "120.00"), (2, false, "0.00"), (3, true, "0.00"), (0, true, "0.00")]
        {
            (person.facts.disability_level, person.unable_to_work) = (level, unable_to_work);
            assert_eq!(yuan(&person, "2021-06-01").0, paid, "level {level}");
        }
    }

    #[test]
    fn level_3_is_paid_for_a_rural_mental_disability_in_a_low_income_household() {
        let mut person = person(&[AssistanceCategory::LowIncomeSeriouslyIll]);
        (person.facts.disability_level, person.rural_mental_disability) = (3, true);
        assert_eq!(yuan(&person, "2021-06-01").0, "120.00");
        person.rural_mental_disability = false;
        assert_eq!(yuan(&person, "2021-06-01").0, "0.00");
        person.rural_mental_disability = true;
        person.facts.disability_level = 4;
        assert_eq!(yuan(&person, "2021-06-01").0, "0.00");
        person.facts.disability_level = 3;
        person.facts.categories = vec![AssistanceCategory::OtherHardship];
        assert_eq!(yuan(&person, "2021-06-01").0, "0.00");
    }

    #[test]
    fn the_registered_poor_are_excluded_except_in_extreme_poverty() {
        use AssistanceCategory::{ExtremePoverty, LowIncomeMinor, RegisteredPoor, SubsistenceAllowance};
        assert_eq!(yuan(&person(&[LowIncomeMinor]), "2021-06-01").0, "120.00");
        let excluded = person(&[SubsistenceAllowance, RegisteredPoor]);
        assert_eq!(yuan(&excluded, "2021-06-01"), both("0.00", "280.00"));
        assert!(reasons(&subsidy(&excluded, "2021-06-01")).contains(&SubsidyReason::ExcludedByProgramme));
        assert_eq!(yuan(&person(&[ExtremePoverty, RegisteredPoor]), "2021-06-01").0, "280.00");
    }

    #[test]
    fn another_household_gets_nothing() {
        let mut person = person(&[AssistanceCategory::ExtremePoverty]);
        person.facts.kunming_household = false;
        assert_eq!(yuan(&person, "2021-06-01"), both("0.00", "280.00"));
    }

    #[test]
    fn a_premium_below_the_fixed_amount_is_paid_and_no_more() {
        let later = "[document]\ntitle = 'Later'\nregion = '530100'\nin_force_from = 2030-01-01\nstatus = 'assumed'\n\
             [[parameter]]\nid = 'resident.premium'\narticle = '1'\nreplaces = ['假定值']\nvalue = ";
        for (premium, paid) in [("119.99", "119.99"), ("120.00", "120.00"), ("120.01", "120.00")] {
            let later = format!("{later}'{premium}'\n");
            let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/rulebook/kunming");
            let mut files: Vec<(String, String)> = std::fs::read_dir(directory)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap()))
                .collect();
            files.push(("later.toml".to_owned(), later));
            let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let rules = Rulebook::load(&files).unwrap_or_else(|faults| panic!("{faults}")).in_force(day("2030-01-01"));
            let decided = premium_subsidy(&rules, &person(&[AssistanceCategory::SubsistenceAllowance])).unwrap();
            assert_eq!(decided.amount.to_string(), paid);
        }
    }

    #[test]
    fn before_there_are_rules_none_is_made_up() {
        let rules = Rulebook::kunming().unwrap().in_force(day("2020-12-31"));
        let decided = premium_subsidy(&rules, &person(&[AssistanceCategory::ExtremePoverty]));
        assert_eq!(decided, Err(NoSubsidyRule(day("2020-12-31"))));
    }
}
