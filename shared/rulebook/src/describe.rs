//! Describing a benefit: what its text says, with every parameter looked up on the day.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use claim::{DiseaseKind, Level, PayerId, RuleStatus};

use crate::Rulebook;
use crate::compile::in_force;
use crate::description::{
    AtPharmacies, BenefitDescription, BenefitTitle, BornePer, DescribedBase, DescribedCare, DescribedCeiling,
    DescribedCeilingAmount, DescribedConcession, DescribedDeductible, DescribedDiseaseCeiling, DescribedExclusion,
    DescribedFormula, DescribedGroup, DescribedLine, DescribedList, DescribedPeople, DescribedReduction, Edition,
    NotDescribed, Said, SaidValue, Scheme, Source,
};
use crate::document::{
    BaseText, BenefitText, CeilingText, ConditionsText, Counted, DeductibleText, LineText, PerText, PharmacyText,
    RegisterText, SchemeText,
};
use crate::load::{Item, Items};
use crate::value::Value;

impl Rulebook {
    /// The benefits in force on `date`, in the order of their ids.
    #[must_use]
    pub fn benefits_on(&self, date: NaiveDate) -> Vec<BenefitTitle> {
        let items = self.items.as_read_on(date).0;
        let mut titles: Vec<_> = in_force(&items, &items.benefits, date).map(title).collect();
        titles.sort_by(|left, right| left.id.cmp(&right.id));
        titles
    }

    /// What the benefit `id` says on `date`.
    ///
    /// # Errors
    /// Where no document has it, or it does not hold on the day.
    pub fn describe(&self, id: &str, date: NaiveDate) -> Result<BenefitDescription, NotDescribed> {
        let items = &self.items.as_read_on(date).0;
        let item = in_force(items, &items.benefits, date).find(|item| item.id == id);
        let described = item.and_then(|item| Describer { items, date }.benefit(item));
        described.ok_or_else(|| not_described(items, id, date))
    }
}

fn not_described(items: &Items, id: &str, date: NaiveDate) -> NotDescribed {
    let id = id.to_owned();
    let mut editions: Vec<_> =
        items.benefits.iter().filter(|item| item.id == id).map(|item| edition(items, item)).collect();
    if editions.is_empty() {
        let known: BTreeSet<_> = items.benefits.iter().map(|item| item.id.clone()).collect();
        return NotDescribed::Unknown { id, known: known.into_iter().collect() };
    }
    editions.sort_by_key(|edition| edition.from);
    NotDescribed::NotInForce { id, date, editions }
}

fn title(item: &Item<BenefitText>) -> BenefitTitle {
    let title = &item.body.title;
    BenefitTitle { id: item.id.clone(), zh: title.zh.clone(), en: title.en.clone() }
}

fn edition<T>(items: &Items, item: &Item<T>) -> Edition {
    let document = items.documents.get(item.document).map_or_else(String::new, |document| document.name().to_owned());
    Edition { document, article: item.article.clone(), from: item.from, to: item.to }
}

fn source<T>(items: &Items, all: &[Item<T>], item: &Item<T>) -> Source {
    let versions = |holds: fn(&NaiveDate, &NaiveDate) -> bool| {
        let versions = all.iter().filter(|other| other.id == item.id && holds(&other.from, &item.from));
        let mut editions: Vec<_> = versions.map(|other| edition(items, other)).collect();
        editions.sort_by_key(|edition| edition.from);
        editions
    };
    let mut earlier = versions(NaiveDate::lt);
    earlier.reverse();
    let status = items.documents.get(item.document).map_or(RuleStatus::Assumed, |document| document.status);
    Source { edition: edition(items, item), status, earlier, later: versions(NaiveDate::gt) }
}

fn said_value(value: &Value) -> SaidValue {
    const LEVELS: [Level; 3] = [Level::One, Level::Two, Level::Three];
    match value {
        Value::Amount(amount) => SaidValue::Amount(LEVELS.map(|level| amount.at(level))),
        Value::Rate(rate) => SaidValue::Rate {
            active: LEVELS.map(|level| rate.active().at(level)),
            retired: LEVELS.map(|level| rate.retired().at(level)),
        },
        Value::Number(number) => SaidValue::Number(*number),
        Value::Bands(bands) => SaidValue::Bands(bands.iter().map(|band| (band.up_to, band.rate)).collect()),
    }
}

const fn scheme(text: SchemeText) -> Scheme {
    match text {
        SchemeText::Employee => Scheme::Employee,
        SchemeText::Resident => Scheme::Resident,
    }
}

/// Everything here is `None` only where something named is not in force, which loading refuses.
struct Describer<'a> {
    items: &'a Items,
    date: NaiveDate,
}

impl<'a> Describer<'a> {
    fn benefit(&self, item: &Item<BenefitText>) -> Option<BenefitDescription> {
        let text = &item.body;
        let violations = match &text.leave_out_violations {
            Some(id) => Some(self.source_of(&self.items.definitions, id)?),
            None => None,
        };
        Some(BenefitDescription {
            date: self.date,
            title: title(item),
            source: source(self.items, &self.items.benefits, item),
            payer: PayerId::new(&text.payer).ok()?,
            fund: text.fund,
            base: self.base(item)?,
            people: self.people(&text.when)?,
            care: self.care(&text.when)?,
            per_drug: text.per_drug,
            deductible: self.maybe(text.deductible.as_ref(), Self::deductible)?,
            formula: self.formula(text)?,
            ceilings: self.ceilings(item)?,
            beyond: self.maybe(text.beyond.as_ref(), |describer, id| {
                describer.benefits().find(|next| next.id == *id).map(title)
            })?,
            violations,
            groups: self.groups(item),
            exclusions: self.exclusions(&text.payer),
            reductions: if text.rate.is_some() { self.reductions(&text.payer)? } else { Vec::new() },
        })
    }

    fn benefits(&self) -> impl Iterator<Item = &'a Item<BenefitText>> {
        in_force(self.items, &self.items.benefits, self.date)
    }

    /// `Some(None)` for what is not asked for, `None` for what is and is not there.
    #[expect(clippy::option_option, reason = "absent and unresolvable are two things")]
    fn maybe<T, U>(&self, text: Option<&T>, make: impl Fn(&Self, &T) -> Option<U>) -> Option<Option<U>> {
        text.map_or(Some(None), |text| make(self, text).map(Some))
    }

    fn source_of<T>(&self, all: &'a [Item<T>], id: &str) -> Option<Source> {
        let item = in_force(self.items, all, self.date).find(|item| item.id == id)?;
        Some(source(self.items, all, item))
    }

    fn said(&self, id: &String) -> Option<Said> {
        let all = &self.items.parameters;
        let item = in_force(self.items, all, self.date).find(|item| item.id == *id)?;
        Some(Said { parameter: id.clone(), value: said_value(&item.body), source: source(self.items, all, item) })
    }

    fn base(&self, item: &Item<BenefitText>) -> Option<DescribedBase> {
        let text = &item.body;
        Some(match text.base {
            BaseText::Lines => DescribedBase::Lines(text.service?),
            BaseText::Overflow => {
                let sources = self.benefits().filter(|of| of.body.beyond.as_ref() == Some(&item.id));
                DescribedBase::Overflow(sources.map(title).collect())
            }
            BaseText::Personal => DescribedBase::Personal(text.services.clone()),
        })
    }

    fn people(&self, when: &ConditionsText) -> Option<DescribedPeople> {
        Some(DescribedPeople {
            scheme: when.scheme.map(scheme),
            kunming_household: when.kunming_household,
            categories: when.categories.clone(),
            age_from: self.maybe(when.age_from.as_ref(), Self::said)?,
            disability_levels: when.disability_levels.clone(),
        })
    }

    fn care(&self, when: &ConditionsText) -> Option<DescribedCare> {
        let pharmacy = |text| match text {
            PharmacyText::Prescription => AtPharmacies::WithPrescription,
            PharmacyText::Never => AtPharmacies::Nothing,
        };
        let line = |line: &LineText| match line.approved {
            None if line.registered.is_some() => DescribedLine::Registered(match line.registered {
                Some(RegisterText::Special) => Some(DiseaseKind::Special),
                Some(RegisterText::Chronic) => Some(DiseaseKind::Chronic),
                Some(RegisterText::None) | None => None,
            }),
            Some(kind) => DescribedLine::Approved { kind, only: line.only.clone(), except: line.except.clone() },
            None => DescribedLine::NegotiatedDrug,
        };
        Some(DescribedCare {
            kinds: when.kinds.clone(),
            line: when.line.as_ref().map(line),
            levels: when.levels.clone(),
            institution_kinds: when.institution_kinds.clone(),
            pharmacy: when.pharmacy.map(pharmacy),
            diagnosis: self.maybe(when.diagnosis_on.as_ref(), Self::list)?,
            not_diagnosis: self.maybe(when.diagnosis_not_on.as_ref(), Self::list)?,
        })
    }

    fn list(&self, id: &String) -> Option<DescribedList> {
        let all = &self.items.lists;
        let item = in_force(self.items, all, self.date).find(|item| item.id == *id)?;
        Some(DescribedList {
            members: item.body.members.clone(),
            members_up_to_age: item.body.members_up_to_age.clone(),
            age: self.maybe(item.body.age.as_ref(), Self::said)?,
            source: source(self.items, all, item),
        })
    }

    fn deductible(&self, text: &DeductibleText) -> Option<DescribedDeductible> {
        Some(DescribedDeductible {
            amount: self.said(&text.parameter)?,
            share: self.maybe(text.share.as_ref(), Self::said)?,
            level: text.level,
            at_most: self.maybe(text.at_most.as_ref(), Self::said)?,
            again: text.again.iter().map(|again| self.said(&again.share)).collect::<Option<_>>()?,
            per: match text.per {
                PerText::Visit => BornePer::Visit,
                PerText::Year => BornePer::Year,
                PerText::Drug => BornePer::Drug,
                PerText::Disease => BornePer::Disease,
            },
            merges: self.maybe(text.merges.as_ref(), |describer, merges| describer.said(&merges.days))?,
            counts_toward_stay: text.noted_as.is_some(),
        })
    }

    fn formula(&self, text: &BenefitText) -> Option<DescribedFormula> {
        if let Some(rate) = &text.rate {
            return Some(DescribedFormula::Rate { rate: self.said(&rate.parameter)?, level: rate.level });
        }
        if let Some(share) = &text.top_up {
            return self.said(share).map(DescribedFormula::TopUp);
        }
        let Some(bands) = &text.bands else { return Some(DescribedFormula::NotPayableYet) };
        let concession = self.maybe(bands.concession.as_ref(), |describer, concession| {
            Some(Box::new(DescribedConcession {
                categories: concession.categories.clone(),
                threshold_share: describer.said(&concession.threshold_share)?,
                points: describer.said(&concession.points)?,
                without_ceiling: concession.without_ceiling,
            }))
        });
        let (rates, threshold) = (self.said(&bands.parameter)?, self.said(&bands.threshold)?);
        Some(DescribedFormula::Bands { rates, threshold, concession: concession? })
    }

    fn ceilings(&self, item: &Item<BenefitText>) -> Option<Vec<DescribedCeiling>> {
        let ceilings = item.body.ceilings.iter().map(|ceiling| self.ceiling(item, ceiling));
        let of_each = item.body.disease_ceiling.iter().map(|of| {
            let amount = DescribedCeilingAmount::OfEachDisease {
                amount: self.said(&of.parameter)?,
                raised_for: of.raised_for.clone(),
                raised: self.said(&of.raised)?,
            };
            Some(DescribedCeiling { amount, of_expense: false, together_with: Vec::new() })
        });
        ceilings.chain(of_each).collect()
    }

    fn ceiling(&self, of: &Item<BenefitText>, text: &CeilingText) -> Option<DescribedCeiling> {
        let amount = match (&text.parameter, &text.by_diseases) {
            (Some(parameter), _) => DescribedCeilingAmount::Amount(self.said(parameter)?),
            (None, Some(diseases)) => DescribedCeilingAmount::ByDiseases(Box::new(DescribedDiseaseCeiling {
                first: self.said(&diseases.first)?,
                raised_for: diseases.raised_for.clone(),
                raised: self.said(&diseases.raised)?,
                further: self.said(&diseases.further)?,
                most: self.said(&diseases.most)?,
            })),
            (None, None) => return None,
        };
        let counted = |other: &&Item<BenefitText>| {
            let mut counters = other.body.ceilings.iter().map(|ceiling| &ceiling.counter);
            other.id != of.id
                && counters.any(|counter| *counter == text.counter || text.together_with.contains(counter))
        };
        Some(DescribedCeiling {
            amount,
            of_expense: text.counts == Counted::Expense,
            together_with: self.benefits().filter(counted).map(title).collect(),
        })
    }

    fn groups(&self, item: &Item<BenefitText>) -> Vec<DescribedGroup> {
        let all = &self.items.highest_applies;
        let groups = in_force(self.items, all, self.date).filter(|group| group.body.members.contains(&item.id));
        let describe = |group: &Item<crate::document::HighestAppliesText>| {
            let others = self.benefits().filter(|of| of.id != item.id && group.body.members.contains(&of.id));
            DescribedGroup { others: others.map(title).collect(), source: source(self.items, all, group) }
        };
        groups.map(describe).collect()
    }

    fn exclusions(&self, payer: &str) -> Vec<DescribedExclusion> {
        let all = &self.items.exclusions;
        let exclusions = in_force(self.items, all, self.date).filter(|exclusion| exclusion.body.payer == payer);
        let describe = |exclusion: &Item<crate::document::ExclusionText>| DescribedExclusion {
            categories: exclusion.body.categories.clone(),
            unless: exclusion.body.unless.clone(),
            regions: exclusion.body.regions.clone(),
            filings: exclusion.body.filings.clone(),
            violations: exclusion.body.violations,
            source: source(self.items, all, exclusion),
        };
        exclusions.map(describe).collect()
    }

    fn reductions(&self, payer: &str) -> Option<Vec<DescribedReduction>> {
        let all = in_force(self.items, &self.items.reductions, self.date);
        let reductions = all.filter(|reduction| reduction.body.payer == payer);
        let describe = |reduction: &Item<crate::document::ReductionText>| {
            Some(DescribedReduction {
                points: self.said(&reduction.body.parameter)?,
                regions: reduction.body.regions.clone(),
                filings: reduction.body.filings.clone(),
            })
        };
        reductions.map(describe).collect()
    }
}
