//! From a bill with its facts to the case that payers decide on: every line split into its four parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use claim::{
    AssistanceCategory, DiseaseCode, DrugCode, ItemClass, ItemCode, ItemTerms, LineSplit, PersonFacts, PricedCase,
    PricedLine, Visit,
};
use money::{Fen, Unrounded};

use crate::convention::{LastDay, SelfPayBase, SelfPayRounding};
use crate::{InForce, benefit_taking};

/// A bill with its facts, before its lines are split.
#[derive(Clone, Debug)]
pub struct UnpricedCase {
    /// Who, as the register knows the person on the service date.
    pub person: PersonFacts,
    /// The person's categories whose last day is the service date.
    pub categories_ending: Vec<AssistanceCategory>,
    /// Where, when and what for.
    pub visit: Visit,
    /// The lines, at least one.
    pub lines: Vec<UnpricedLine>,
}

/// One line of a bill with what the catalogue says of its item.
#[derive(Clone, Debug)]
pub struct UnpricedLine {
    /// The catalogue item; absent in worked cases.
    pub item_code: Option<ItemCode>,
    /// The item's name as printed on a statement; empty in worked cases.
    pub name: Arc<str>,
    /// What the line costs.
    pub amount: Fen,
    /// How many units, at least 1.
    pub quantity: i64,
    /// How the catalogue treats the item.
    pub terms: ItemTerms,
    /// The registered disease that it is for.
    pub disease: Option<DiseaseCode>,
    /// The negotiated drug that the item is.
    pub drug: Option<DrugCode>,
    /// Whether it breaks the rules of treatment (不按规定用药、诊疗).
    pub violates_rules: bool,
    /// The day on which the line arose; the visit's service date where absent.
    pub service_date: Option<NaiveDate>,
}

/// What one payment is made for: the payer and the benefit by their places, and the drug or disease of its own.
type Payment = (usize, usize, Option<DrugCode>, Option<DiseaseCode>);

impl InForce {
    /// The bill as payers decide on it; `None` on a day before there is any law of the split.
    #[must_use]
    pub fn price_case(&self, bill: UnpricedCase) -> Option<PricedCase> {
        let UnpricedCase { mut person, categories_ending, visit, lines } = bill;
        match self.conventions.last_day_of_category {
            LastDay::In => {}
            LastDay::Out => person.categories.retain(|category| !categories_ending.contains(category)),
        }
        let terms: Vec<_> = lines.iter().map(|line| self.terms_of(line.terms, line.drug.as_ref())).collect();
        let split = |(line, terms): (UnpricedLine, &ItemTerms)| PricedLine {
            item_code: line.item_code,
            name: line.name,
            quantity: line.quantity,
            amount: line.amount,
            split: self.price(line.amount, line.quantity, *terms),
            disease: line.disease,
            drug: line.drug,
            violates_rules: line.violates_rules,
            service_date: line.service_date,
        };
        let lines = lines.into_iter().zip(&terms).map(split).collect();
        let mut case = PricedCase { person, visit, lines, split_citations: self.split_citations()?.clone() };
        match self.conventions.self_pay_rounded_per {
            SelfPayRounding::Line => {}
            SelfPayRounding::Benefit => self.round_self_pay_per_payment(&mut case, &terms),
        }
        Some(case)
    }

    /// Rounds the initial self-pay once for all lines of one payment. Each line bears what the rounded sum grows by
    /// with it, which is within a fen of its own share and never more than what is in scope.
    fn round_self_pay_per_payment(&self, case: &mut PricedCase, terms: &[ItemTerms]) {
        let payments: Vec<_> = case.lines.iter().map(|line| self.payment_for(case, line)).collect();
        let mut sums: BTreeMap<Option<Payment>, Unrounded> = BTreeMap::new();
        for ((line, terms), payment) in case.lines.iter_mut().zip(terms).zip(payments) {
            let covered = line.split.initial_self_pay + line.split.eligible;
            let sum = sums.entry(payment).or_default();
            let before = sum.round_half_up();
            *sum = *sum + self.self_pay(line.amount, covered, *terms);
            let initial_self_pay = sum.round_half_up() - before;
            line.split = LineSplit { initial_self_pay, eligible: covered - initial_self_pay, ..line.split };
        }
    }

    fn payment_for(&self, case: &PricedCase, line: &PricedLine) -> Option<Payment> {
        self.payer_order.iter().enumerate().find_map(|(payer_place, payer)| {
            let (place, benefit) = benefit_taking(self.benefits_for(payer, case), case, line, |_, _, _| {})?;
            let drug = line.drug.clone().filter(|_| benefit.is_per_drug());
            let disease = line.disease.clone().filter(|_| benefit.is_per_disease());
            Some((payer_place, place, drug, disease))
        })
    }

    /// How the catalogue's `terms` hold for a drug on this day: a drug temporarily in scope is class A.
    ///
    /// # Basis
    /// 新阶段新冠疫情防控医保十六条工作措施 三.
    #[must_use]
    pub fn terms_of(&self, terms: ItemTerms, drug: Option<&DrugCode>) -> ItemTerms {
        let listed = drug.is_some_and(|drug| self.class_a_drugs.iter().any(|listed| **listed == *drug.as_str()));
        if listed { ItemTerms { class: ItemClass::A, ..terms } } else { terms }
    }

    /// Splits the amount of a line of `quantity` units into its four parts.
    ///
    /// What is above the price cap is taken off first; the initial self-pay of a class B item is a share of what
    /// is within the cap, rounded half up to the fen for each line. An excluded item is wholly excluded.
    ///
    /// # Basis
    /// 云人社发〔2016〕308号 四, 五（三）; 昆政办〔2022〕15号 第十四条 (initial self-pay comes off first).
    #[must_use]
    pub fn price(&self, amount: Fen, quantity: i64, terms: ItemTerms) -> LineSplit {
        if terms.class == ItemClass::Excluded {
            return LineSplit { excluded: amount, ..LineSplit::default() };
        }
        // A cap times a quantity beyond the range of an amount is above every amount.
        let cap = terms.price_cap.and_then(|cap| cap.checked_times(quantity));
        let covered = cap.map_or(amount, |cap| amount.min(cap));
        let initial_self_pay = self.self_pay(amount, covered, terms).round_half_up();
        LineSplit {
            excluded: Fen::ZERO,
            above_price_cap: amount - covered,
            initial_self_pay,
            eligible: covered - initial_self_pay,
        }
    }

    /// The initial self-pay of a line, of which `covered` is within the price cap: at most all of that.
    fn self_pay(&self, amount: Fen, covered: Fen, terms: ItemTerms) -> Unrounded {
        let whole = match self.conventions.self_pay_of {
            SelfPayBase::WithinCap => covered,
            SelfPayBase::WholeAmount => amount,
        };
        match terms.class {
            ItemClass::B => (whole * terms.self_pay_rate).min(covered.into()),
            ItemClass::A | ItemClass::Excluded => Unrounded::default(),
        }
    }
}
