//! From what the documents say to the rules of one day.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use claim::{Among, BenefitId, Citation, CounterName, Listed, PayerId, SplitCitations};

use crate::benefit::{
    Again, Bands, Base, Benefit, Ceiling, CeilingAmount, Concession, Deductible, DiseaseCeiling, Formula, NotAfter,
    OneDisease, Per, Together,
};
use crate::conditions::{CodeList, Conditions, LineCondition};
use crate::convention::Conventions;
use crate::document::{
    BandsText, BaseText, BenefitText, ByDiseasesText, CeilingText, ConditionsText, Counted, DeductibleText, LineText,
    ListText, PerText,
};
use crate::in_force::{BenefitOrder, Exclusion, HighestApplies, InForce, Reduction};
use crate::load::{Item, Items};
use crate::merging::{Merges, Notes};
use crate::premium::{PremiumConditions, PremiumSubsidy, PremiumSubsidyText};
use crate::value::{Band, ByLevel, ByPerson, Cited, Value};

/// What an item rests on that is not there, with the item's document and line.
pub(crate) struct Unresolved {
    pub(crate) document: usize,
    pub(crate) line: usize,
    pub(crate) message: String,
}

type Resolved<T> = Result<T, String>;

/// The name of the order in which payers are asked.
pub(crate) const PAYERS: &str = "payers";

/// The definition under which the part of a stay before 1 January draws on the year in which it arose.
const STAY_SPLIT: &str = "stay.year-end-split";

/// Compiles what is in force on `date`. An item that rests on something not in force is not in force itself.
pub(crate) fn compile(items: &Items, date: NaiveDate) -> (InForce, Vec<Unresolved>) {
    let (items, mut unresolved) = items.as_read_on(date);
    let items = &items;
    let compiler = Compiler::new(items, date);
    let benefits: BTreeMap<BenefitId, Arc<Benefit>> = in_force(items, &items.benefits, date)
        .filter_map(|item| keep(item, compiler.benefit(&item.id), &mut unresolved))
        .map(|benefit| (benefit.id.clone(), benefit))
        .collect();
    let find = |id: &String| benefits.get(&BenefitId::new(id).ok()?).cloned();
    let payer_order = in_force(items, &items.orders, date).find(|order| order.id == PAYERS);
    let payer_order = payer_order.map_or_else(Vec::new, |order| {
        order.body.members.iter().filter_map(|member| keep(order, payer(member), &mut unresolved)).collect()
    });
    let orders = in_force(items, &items.orders, date).filter(|order| order.id != PAYERS).filter_map(|order| {
        let of = keep(order, payer(&order.id), &mut unresolved)?;
        Some(BenefitOrder::new(of, order.body.members.iter().filter_map(find).collect()))
    });
    let orders: Vec<_> = orders.collect();
    let only_draws = |payer: &PayerId| orders.iter().any(|order| order.payer == *payer && order.draws_on_accounts);
    let payers_of_funds = payer_order.iter().filter(|payer| !only_draws(payer)).cloned().collect();
    let mut groups: Vec<(PayerId, Vec<HighestApplies>)> = Vec::new();
    for group in in_force(items, &items.highest_applies, date) {
        let Some(payer) = keep(group, payer(&group.body.payer), &mut unresolved) else { continue };
        let members = group.body.members.iter().filter_map(find).collect();
        let highest = HighestApplies { citation: compiler.cite(group), members };
        match groups.iter_mut().find(|(of, _)| *of == payer) {
            Some((_, groups)) => groups.push(highest),
            None => groups.push((payer, vec![highest])),
        }
    }
    let exclusions = in_force(items, &items.exclusions, date).filter_map(|exclusion| {
        let payer = keep(exclusion, payer(&exclusion.body.payer), &mut unresolved)?;
        Some(Exclusion { payer, citation: compiler.cite(exclusion), text: exclusion.body.clone() })
    });
    let exclusions = exclusions.collect();
    let reductions = in_force(items, &items.reductions, date);
    let reductions = reductions.filter_map(|item| keep(item, compiler.reduction(item), &mut unresolved)).collect();
    let subsidies = in_force(items, &items.premium_subsidies, date);
    let premium_subsidies =
        subsidies.filter_map(|item| keep(item, compiler.premium_subsidy(item), &mut unresolved)).collect();
    let definitions = in_force(items, &items.definitions, date).map(|item| compiler.cite(item)).collect();
    let class_a = in_force(items, &items.lists, date).filter(|list| list.body.makes_class_a);
    let class_a_drugs = class_a.flat_map(|list| shared(&list.body.members)).collect();
    let split_citations = compiler.split_citations();
    let stay_split = compiler.definition(STAY_SPLIT).ok();
    let conventions = compiler.conventions(&mut unresolved);
    let person_rate = |id: &str| compiler.rate(id).ok();
    let (active_credit, retired_credit) =
        (person_rate("account.credit.active.rate"), person_rate("account.credit.retired.rate"));
    let long_term_care = person_rate("account.long-term-care.rate");
    let mut benefits: Vec<_> = benefits.into_iter().collect();
    benefits.sort_by_key(|(_, benefit)| benefit.line_service().is_none());
    let rules = InForce {
        date,
        payer_order,
        payers_of_funds,
        benefits,
        orders,
        groups,
        exclusions,
        reductions,
        definitions,
        premium_subsidies,
        class_a_drugs,
        split_citations,
        stay_split,
        conventions,
        active_credit,
        retired_credit,
        long_term_care,
    };
    (rules, unresolved)
}

/// The items that hold on `date` and are not replaced by another that holds.
pub(crate) fn in_force<'a, T>(
    items: &'a Items,
    all: &'a [Item<T>],
    date: NaiveDate,
) -> impl Iterator<Item = &'a Item<T>> {
    let holding = move || all.iter().filter(move |item| item.holds_on(date));
    holding().filter(move |item| !holding().any(|other| other.id == item.id && replaces(items, other, item)))
}

fn replaces<T>(items: &Items, later: &Item<T>, earlier: &Item<T>) -> bool {
    let Some(document) = items.documents.get(earlier.document) else { return false };
    later.from >= earlier.from && later.replaces.iter().any(|name| *name == document.title || name == document.name())
}

fn keep<T, U>(item: &Item<U>, result: Resolved<T>, unresolved: &mut Vec<Unresolved>) -> Option<T> {
    match result {
        Ok(made) => Some(made),
        Err(message) => {
            let message = format!("{}: {message}", item.id);
            unresolved.push(Unresolved { document: item.document, line: item.line, message });
            None
        }
    }
}

fn payer(id: &str) -> Resolved<PayerId> {
    PayerId::new(id).map_err(|error| format!("payer {id:?} {error}"))
}

fn shared(texts: &[String]) -> Vec<Arc<str>> {
    texts.iter().map(|text| Arc::from(text.as_str())).collect()
}

struct Compiler<'a> {
    items: &'a Items,
    date: NaiveDate,
    parameters: BTreeMap<&'a str, (&'a Item<Value>, Arc<Citation>)>,
    /// Benefits made so far; `None` while one is being made, so that a circle is noticed.
    made: RefCell<BTreeMap<&'a str, Option<Arc<Benefit>>>>,
}

impl<'a> Compiler<'a> {
    fn new(items: &'a Items, date: NaiveDate) -> Self {
        let mut compiler = Self { items, date, parameters: BTreeMap::new(), made: RefCell::default() };
        for item in in_force(items, &items.parameters, date) {
            let citation = compiler.cite(item);
            compiler.parameters.insert(&item.id, (item, citation));
        }
        compiler
    }

    fn cite<T>(&self, item: &Item<T>) -> Arc<Citation> {
        let document = self.items.documents.get(item.document);
        let (name, status) = document.map_or(("", claim::RuleStatus::Assumed), |of| (of.name(), of.status));
        Arc::new(Citation {
            rule: Arc::from(item.id.as_str()),
            document: Arc::from(name),
            article: Arc::from(item.article.as_str()),
            in_force_from: item.from,
            status,
        })
    }

    fn absent(&self, id: &str) -> String {
        format!("rests on {id}, which is not in force on {}", self.date)
    }

    fn parameter<T>(&self, id: &str, sort: &str, take: impl Fn(&Value) -> Option<T>) -> Resolved<Cited<T>> {
        let (item, citation) = self.parameters.get(id).ok_or_else(|| self.absent(id))?;
        let value = take(&item.body).ok_or_else(|| format!("asks for {sort}, but {id} is {}", item.body.sort()))?;
        Ok(Cited { value, citation: Arc::clone(citation) })
    }

    fn amount(&self, id: &str) -> Resolved<Cited<ByLevel<money::Fen>>> {
        self.parameter(id, "an amount", |value| if let Value::Amount(amount) = value { Some(*amount) } else { None })
    }

    fn rate(&self, id: &str) -> Resolved<Cited<ByPerson<money::Rate>>> {
        self.parameter(id, "a rate", |value| if let Value::Rate(rate) = value { Some(*rate) } else { None })
    }

    fn number(&self, id: &str) -> Resolved<Cited<u32>> {
        self.parameter(id, "a number", |value| if let Value::Number(number) = value { Some(*number) } else { None })
    }

    fn bands(&self, id: &str) -> Resolved<Cited<Vec<Band>>> {
        self.parameter(id, "bands", |value| if let Value::Bands(bands) = value { Some(bands.clone()) } else { None })
    }

    fn conventions(&self, unresolved: &mut Vec<Unresolved>) -> Conventions {
        let texts: Vec<_> = in_force(self.items, &self.items.conventions, self.date).collect();
        let (conventions, repeated) = Conventions::of(texts.iter().map(|item| (&item.body, self.cite(item))));
        for item in repeated.into_iter().filter_map(|index| texts.get(index)) {
            let message = format!("{}: another item says the same convention on {}", item.id, self.date);
            unresolved.push(Unresolved { document: item.document, line: item.line, message });
        }
        conventions
    }

    fn benefit(&self, id: &str) -> Resolved<Arc<Benefit>> {
        match self.made.borrow().get(id) {
            Some(Some(benefit)) => return Ok(Arc::clone(benefit)),
            Some(None) => return Err(format!("{id} lies beyond itself")),
            None => {}
        }
        let item = in_force(self.items, &self.items.benefits, self.date).find(|item| item.id == id);
        let item = item.ok_or_else(|| self.absent(id))?;
        self.made.borrow_mut().insert(&item.id, None);
        let benefit = self.make(item).map(Arc::new);
        match &benefit {
            Ok(benefit) => self.made.borrow_mut().insert(&item.id, Some(Arc::clone(benefit))),
            Err(_) => self.made.borrow_mut().remove(id),
        };
        benefit
    }

    fn make(&self, item: &Item<BenefitText>) -> Resolved<Benefit> {
        let text = &item.body;
        Ok(Benefit {
            id: BenefitId::new(&item.id).map_err(|error| error.to_string())?,
            title_zh: Arc::from(text.title.zh.as_str()),
            title_en: Arc::from(text.title.en.as_str()),
            citation: self.cite(item),
            payer: payer(&text.payer)?,
            fund: text.fund,
            base: base(text)?,
            conditions: self.conditions(&text.when)?,
            per_drug: text.per_drug,
            per_disease: text.per_disease,
            disease_price: disease_price(text)?,
            not_after: not_after(text)?,
            deductible: text.deductible.as_ref().map(|deductible| self.deductible(deductible)).transpose()?,
            formula: self.formula(text)?,
            ceilings: self.ceilings(text)?,
            crossing: text.crossing,
            beyond: text.beyond.as_ref().map(|next| self.benefit(next)).transpose()?,
            tally: text.tally.as_deref().map(CounterName::new),
            tally_when_paid: text.tally_when_paid,
            forbidden: text.forbidden.as_ref().map(|list| self.code_list(list)).transpose()?,
            with_initial_self_pay: with_initial_self_pay(text)?,
            violations: text.leave_out_violations.as_ref().map(|id| self.definition(id)).transpose()?,
        })
    }

    fn formula(&self, text: &BenefitText) -> Resolved<Formula> {
        if let Some(holder) = text.account {
            let alone = text.rate.is_none() && text.bands.is_none() && text.top_up.is_none() && !text.not_payable_yet;
            let of_remainder = matches!(text.base, BaseText::Remainder | BaseText::EligibleRemainder);
            return if alone && of_remainder {
                Ok(Formula::Account(holder))
            } else {
                Err("account pays a remainder or eligible-remainder, and is the only formula".to_owned())
            };
        }
        match (&text.rate, &text.bands, &text.top_up, text.not_payable_yet) {
            (Some(rate), None, None, false) => {
                Ok(Formula::Rate { rate: self.rate(&rate.parameter)?, level: rate.level })
            }
            (None, Some(bands), None, false) => self.banded(bands).map(Formula::Bands),
            (None, None, Some(share), false) if text.services.len() == 1 => self.rate(share).map(Formula::TopUp),
            (None, None, None, true) => Ok(Formula::NotPayableYet),
            _ => Err("give exactly one of rate, bands, top_up (of one service), account or not_payable_yet".to_owned()),
        }
    }

    fn banded(&self, text: &BandsText) -> Resolved<Bands> {
        let concession = |of: &crate::document::ConcessionText| {
            Ok::<_, String>(Concession {
                categories: of.categories.clone(),
                threshold_share: self.rate(&of.threshold_share)?,
                points: self.rate(&of.points)?,
                without_ceiling: of.without_ceiling,
            })
        };
        Ok(Bands {
            rates: self.bands(&text.parameter)?,
            threshold: self.amount(&text.threshold)?,
            counter: CounterName::new(&text.counter),
            rounding: text.rounding,
            less_paid: text.less_paid.as_deref().map(CounterName::new),
            concession: text.concession.as_ref().map(concession).transpose()?,
        })
    }

    fn deductible(&self, text: &DeductibleText) -> Resolved<Deductible> {
        let merges = |of: &crate::document::MergesText| {
            Ok::<_, String>(Merges {
                noted_as: CounterName::new(&of.noted_as),
                days: self.number(&of.days)?,
                hours: of.hours.as_ref().map(|hours| self.number(hours)).transpose()?,
                latest_only: of.latest_only,
                adds: of.adds.as_deref().map(CounterName::new),
            })
        };
        let notes = |of: &crate::document::NotesText| Notes {
            borne_as: CounterName::new(&of.borne_as),
            standard_as: of.standard_as.as_deref().map(CounterName::new),
            to_the_minute: of.to_the_minute,
        };
        let again = |of: &crate::document::AgainText| {
            self.rate(&of.share).map(|share| Again { share, counter: CounterName::new(&of.counter) })
        };
        if text.again.iter().any(|of| text.again.iter().filter(|other| other.counter == of.counter).count() > 1) {
            return Err("each step of again has a counter of its own".to_owned());
        }
        let per = match text.per {
            PerText::Visit => Per::Visit,
            PerText::Bill => Per::Bill,
            PerText::Year => Per::Year,
            PerText::Drug => Per::Drug,
            PerText::Disease => Per::Disease,
        };
        Ok(Deductible {
            amount: self.amount(&text.parameter)?,
            share: text.share.as_ref().map(|share| self.rate(share)).transpose()?,
            level: text.level,
            at_most: text.at_most.as_ref().map(|most| self.amount(most)).transpose()?,
            first_bill_only: text.first_bill_only && !matches!(per, Per::Bill | Per::Year),
            again: text.again.iter().map(again).collect::<Result<_, _>>()?,
            per,
            counter: CounterName::new(&text.counter),
            notes: text.notes.as_ref().map(notes),
            merges: text.merges.as_ref().map(merges).transpose()?,
        })
    }

    fn ceilings(&self, text: &BenefitText) -> Resolved<Vec<Ceiling>> {
        let mut ceilings: Vec<_> =
            text.ceilings.iter().map(|ceiling| self.ceiling(ceiling, text)).collect::<Result<_, _>>()?;
        if text.rate.is_none() && ceilings.iter().any(|ceiling| ceiling.counts == Counted::Expense) {
            return Err("only a benefit with a rate can have a ceiling that counts the expense".to_owned());
        }
        if let Some(of) = &text.disease_ceiling {
            let one = OneDisease {
                amount: self.amount(&of.parameter)?,
                raised_for: of.raised_for.clone(),
                raised: self.amount(&of.raised)?,
            };
            let (amount, counter) = (CeilingAmount::OneDisease(Box::new(one)), CounterName::new(&of.counter));
            ceilings.push(Ceiling { amount, counter, together_with: Vec::new(), counts: Counted::Payment });
        }
        Ok(ceilings)
    }

    fn ceiling(&self, text: &CeilingText, of: &BenefitText) -> Resolved<Ceiling> {
        let amount = match (&text.parameter, &text.by_diseases) {
            (Some(parameter), None) => CeilingAmount::Level(self.amount(parameter)?),
            (None, Some(diseases)) => CeilingAmount::Diseases(Box::new(self.disease_ceiling(diseases)?)),
            _ => return Err("a ceiling has either a parameter or by_diseases".to_owned()),
        };
        let together =
            |name: &String| Together { counter: CounterName::new(name), own: self.is_counted_by(name, &of.payer) };
        let together_with = text.together_with.iter().map(together).collect();
        Ok(Ceiling { amount, counter: CounterName::new(&text.counter), together_with, counts: text.counts })
    }

    fn is_counted_by(&self, counter: &str, payer: &str) -> bool {
        let of_payer = self.items.benefits.iter().filter(|benefit| benefit.body.payer == payer);
        of_payer.flat_map(|benefit| &benefit.body.ceilings).any(|ceiling| ceiling.counter == counter)
    }

    fn disease_ceiling(&self, text: &ByDiseasesText) -> Resolved<DiseaseCeiling> {
        Ok(DiseaseCeiling {
            kind: text.kind,
            first: self.amount(&text.first)?,
            raised_for: text.raised_for.clone(),
            raised: self.amount(&text.raised)?,
            raised_alone: text.raised_alone,
            further: self.amount(&text.further)?,
            most: self.amount(&text.most)?,
        })
    }

    fn conditions(&self, text: &ConditionsText) -> Resolved<Conditions> {
        Ok(Conditions {
            scheme: text.scheme,
            kinds: asked(&text.kinds),
            line: text.line.as_ref().map_or(Ok(LineCondition::Any), |line| self.line(line))?,
            levels: asked(&text.levels),
            any_level_where: text.any_level_where,
            institution_kinds: asked(&text.institution_kinds),
            pharmacy: text.pharmacy,
            kunming_household: text.kunming_household,
            categories: (!text.categories.is_empty()).then(|| text.categories.iter().copied().collect()),
            age_from: text.age_from.as_ref().map(|age| self.number(age)).transpose()?,
            disability_levels: text.disability_levels.clone(),
            diagnosis_on: text.diagnosis_on.as_ref().map(|list| self.code_list(list)).transpose()?,
            diagnosis_not_on: text.diagnosis_not_on.as_ref().map(|list| self.code_list(list)).transpose()?,
        })
    }

    fn line(&self, text: &LineText) -> Resolved<LineCondition> {
        match (text.approved, text.negotiated_drug, text.registered) {
            (None, false, Some(register)) => Ok(LineCondition::Registered(register)),
            (Some(kind), false, None) => {
                Ok(LineCondition::Approved { kind, only: text.only.clone(), except: text.except.clone() })
            }
            (None, true, None) => {
                // A list that is not in force takes nothing out.
                let list = text.drug_not_on.as_ref().and_then(|id| self.list(id));
                Ok(LineCondition::NegotiatedDrug {
                    not_on: list.map_or_else(Vec::new, |list| shared(&list.body.members)),
                })
            }
            _ => Err("a line condition is one of approved, negotiated_drug and registered".to_owned()),
        }
    }

    fn list(&self, id: &str) -> Option<&'a Item<ListText>> {
        in_force(self.items, &self.items.lists, self.date).find(|list| list.id == id)
    }

    fn code_list(&self, id: &str) -> Resolved<CodeList> {
        let list = self.list(id).ok_or_else(|| self.absent(id))?;
        Ok(CodeList {
            citation: self.cite(list),
            members: shared(&list.body.members),
            members_up_to_age: shared(&list.body.members_up_to_age),
            age: list.body.age.as_ref().map(|age| self.number(age)).transpose()?,
        })
    }

    fn definition(&self, id: &str) -> Resolved<Arc<Citation>> {
        let definition = in_force(self.items, &self.items.definitions, self.date).find(|item| item.id == id);
        definition.map(|item| self.cite(item)).ok_or_else(|| self.absent(id))
    }

    fn split_citations(&self) -> Option<SplitCitations> {
        Some(SplitCitations {
            excluded: self.definition("split.excluded").ok()?,
            above_price_cap: self.definition("split.above-price-cap").ok()?,
            initial_self_pay: self.definition("split.initial-self-pay").ok()?,
            eligible: self.definition("split.eligible").ok()?,
        })
    }

    fn premium_subsidy(&self, item: &Item<PremiumSubsidyText>) -> Resolved<PremiumSubsidy> {
        let text = &item.body;
        Ok(PremiumSubsidy {
            id: BenefitId::new(&item.id).map_err(|error| error.to_string())?,
            title_zh: Arc::from(text.title.zh.as_str()),
            title_en: Arc::from(text.title.en.as_str()),
            payer: payer(&text.payer)?,
            citation: self.cite(item),
            premium: self.amount(&text.premium)?,
            amount: text.amount.as_ref().map(|amount| self.amount(amount)).transpose()?,
            conditions: PremiumConditions {
                age_from: text.when.age_from.as_ref().map(|age| self.number(age)).transpose()?,
                text: text.when.clone(),
            },
        })
    }

    fn reduction(&self, item: &Item<crate::document::ReductionText>) -> Resolved<Reduction> {
        let text = &item.body;
        Ok(Reduction {
            payer: payer(&text.payer)?,
            points: self.rate(&text.parameter)?,
            regions: text.regions.iter().copied().collect(),
            filings: text.filings.iter().copied().collect(),
            always: text.always.iter().copied().collect(),
            never: text.never.iter().copied().collect(),
            only: asked(&text.only),
        })
    }
}

/// A list that asks for nothing when empty.
fn asked<T: Listed>(members: &[T]) -> Among<T> {
    if members.is_empty() { Among::all() } else { members.iter().copied().collect() }
}

fn not_after(text: &BenefitText) -> Resolved<Vec<NotAfter>> {
    let refusals = text.not_after.iter().flat_map(|(id, reasons)| reasons.iter().map(move |of| (id, of)));
    let made = refusals.map(|(id, (reason, kinds))| {
        let benefit = BenefitId::new(id).map_err(|error| error.to_string())?;
        Ok(NotAfter { benefit, reason: *reason, kinds: kinds.clone() })
    });
    made.collect()
}

fn disease_price(text: &BenefitText) -> Resolved<Option<CounterName>> {
    if text.disease_price.is_some() && text.base != BaseText::Lines {
        return Err("only a benefit that lines are assigned to pays by the published price of a disease".to_owned());
    }
    Ok(text.disease_price.as_deref().map(CounterName::new))
}

fn with_initial_self_pay(text: &BenefitText) -> Resolved<bool> {
    if text.with_initial_self_pay && text.base != BaseText::Personal {
        return Err("only a benefit on the personal expense can look at the initial self-pay".to_owned());
    }
    Ok(text.with_initial_self_pay)
}

fn base(text: &BenefitText) -> Resolved<Base> {
    match (text.base, text.service, text.services.as_slice()) {
        (BaseText::Lines, Some(service), []) => Ok(Base::Lines(service)),
        (BaseText::Overflow, None, []) => Ok(Base::Overflow),
        (BaseText::Personal, None, [_, ..]) => Ok(Base::Personal(text.services.iter().copied().collect())),
        (BaseText::Remainder, None, []) => Ok(Base::Remainder),
        (BaseText::EligibleRemainder, None, []) => Ok(Base::EligibleRemainder),
        _ => Err("base lines has one service, personal has services, the others have neither".to_owned()),
    }
}
