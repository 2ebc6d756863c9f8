//! Describing a benefit: what its text says, with every parameter looked up on the day.

mod terms;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use claim::{DiseaseKind, Level, PayerId, Reason, RuleStatus, VisitKind};

use crate::Rulebook;
use crate::compile::in_force;
use crate::description::{
    AtPharmacies, BenefitDescription, BenefitTitle, DescribedBase, DescribedCare, DescribedExclusion, DescribedGroup,
    DescribedLine, DescribedList, DescribedNotAfter, DescribedPeople, DescribedReduction, Description, Edition,
    NotDescribed, Said, SaidValue, Scheme, Source, SubsidyDescription, Tallied,
};
use crate::document::{
    BaseText, BenefitText, ConditionsText, Crossing, ExclusionText, LineText, ListText, PharmacyText, ReductionText,
    RegisterText, SchemeText,
};
use crate::load::{Item, Items};
use crate::premium::{PremiumConditionsText, PremiumSubsidyText};
use crate::value::Value;

impl Rulebook {
    /// The benefits and the subsidies of the premium in force on `date`, in the order of their ids.
    #[must_use]
    pub fn benefits_on(&self, date: NaiveDate) -> Vec<BenefitTitle> {
        let items = self.items.as_read_on(date).0;
        let mut titles: Vec<_> = in_force(&items, &items.benefits, date).map(title).collect();
        titles.extend(in_force(&items, &items.premium_subsidies, date).map(subsidy_title));
        titles.sort_by(|left, right| left.id.cmp(&right.id));
        titles
    }

    /// What the benefit or subsidy `id` says on `date`.
    ///
    /// # Errors
    /// Where no document has it, or it does not hold on the day.
    pub fn describe(&self, id: &str, date: NaiveDate) -> Result<Description, NotDescribed> {
        let items = &self.items.as_read_on(date).0;
        let describer = Describer { items, date };
        let benefit = in_force(items, &items.benefits, date).find(|item| item.id == id);
        let benefit = benefit.and_then(|item| describer.benefit(item)).map(Box::new).map(Description::Benefit);
        let found = benefit.or_else(|| {
            let subsidy = in_force(items, &items.premium_subsidies, date).find(|item| item.id == id)?;
            describer.subsidy(subsidy).map(Box::new).map(Description::Subsidy)
        });
        found.ok_or_else(|| not_described(&self.items, id, date))
    }
}

fn editions_of<'i, T>(items: &'i Items, all: &'i [Item<T>], id: &'i str) -> impl Iterator<Item = Edition> + 'i {
    all.iter().filter(move |item| item.id == id).map(|item| edition(items, item))
}

fn not_described(items: &Items, id: &str, date: NaiveDate) -> NotDescribed {
    let id = id.to_owned();
    let mut editions: Vec<_> = editions_of(items, &items.benefits, &id).collect();
    editions.extend(editions_of(items, &items.premium_subsidies, &id));
    if editions.is_empty() {
        let subsidies = items.premium_subsidies.iter().map(|item| item.id.clone());
        let known: BTreeSet<_> = items.benefits.iter().map(|item| item.id.clone()).chain(subsidies).collect();
        return NotDescribed::Unknown { id, known: known.into_iter().collect() };
    }
    editions.sort_by_key(|edition| edition.from);
    NotDescribed::NotInForce { id, date, editions }
}

fn title(item: &Item<BenefitText>) -> BenefitTitle {
    let title = &item.body.title;
    BenefitTitle { id: item.id.clone(), zh: title.zh.clone(), en: title.en.clone() }
}

fn subsidy_title(item: &Item<PremiumSubsidyText>) -> BenefitTitle {
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

fn refusals<'t>(
    id: &'t str,
    reasons: &'t BTreeMap<Reason, Vec<VisitKind>>,
) -> impl Iterator<Item = DescribedNotAfter> + 't {
    reasons.iter().map(|(reason, kinds)| DescribedNotAfter {
        benefit: id.to_owned(),
        reason: *reason,
        kinds: kinds.clone(),
    })
}

/// Everything here is `None` only where something named is not in force, which loading refuses.
struct Describer<'a> {
    items: &'a Items,
    date: NaiveDate,
}

impl<'a> Describer<'a> {
    // Every field of a text is named wherever a text is taken apart, so that none is forgotten. Counters are names that
    // only the ledger reads.
    fn benefit(&self, item: &Item<BenefitText>) -> Option<BenefitDescription> {
        let BenefitText {
            title: _,
            payer,
            fund,
            base: _,
            service: _,
            services: _,
            when,
            per_drug,
            per_disease,
            not_after,
            deductible,
            rate,
            bands: _,
            top_up: _,
            account: _,
            forbidden,
            not_payable_yet: _,
            ceilings: _,
            disease_price,
            disease_ceiling: _,
            crossing,
            beyond,
            tally,
            tally_when_paid,
            with_initial_self_pay,
            leave_out_violations,
        } = &item.body;
        let tallied = if *tally_when_paid { Tallied::WhenPaid } else { Tallied::Always };
        Some(BenefitDescription {
            date: self.date,
            title: title(item),
            source: source(self.items, &self.items.benefits, item),
            payer: PayerId::new(payer).ok()?,
            fund: *fund,
            base: self.base(item)?,
            people: self.people(when)?,
            care: self.care(when)?,
            not_after: not_after.iter().flat_map(|(id, reasons)| refusals(id, reasons)).collect(),
            per_drug: *per_drug,
            per_disease: *per_disease,
            with_initial_self_pay: *with_initial_self_pay,
            by_disease_price: disease_price.is_some(),
            deductible: self.maybe(deductible.as_ref(), Self::deductible)?,
            formula: self.formula(&item.body)?,
            ceilings: self.ceilings(item)?,
            whole_bill_beyond: *crossing == Crossing::Beyond,
            tally: tally.as_ref().map(|_| tallied),
            beyond: self
                .maybe(beyond.as_ref(), |describer, id| describer.benefits().find(|next| next.id == *id).map(title))?,
            violations: self.maybe(leave_out_violations.as_ref(), |describer, id| {
                describer.source_of(&describer.items.definitions, id)
            })?,
            forbidden: self.maybe(forbidden.as_ref(), Self::list)?,
            groups: self.groups(item),
            exclusions: self.exclusions(payer),
            reductions: if rate.is_some() { self.reductions(payer)? } else { Vec::new() },
        })
    }

    fn subsidy(&self, item: &Item<PremiumSubsidyText>) -> Option<SubsidyDescription> {
        let PremiumSubsidyText { title: _, payer, premium, amount, when } = &item.body;
        let PremiumConditionsText {
            scheme: of_scheme,
            kunming_household,
            categories,
            age_from,
            disability_levels,
            unable_to_work,
            rural_mental_disability,
        } = when;
        let all = &self.items.premium_subsidies;
        let others = in_force(self.items, all, self.date).filter(|of| of.id != item.id && of.body.payer == *payer);
        Some(SubsidyDescription {
            date: self.date,
            title: subsidy_title(item),
            source: source(self.items, all, item),
            payer: PayerId::new(payer).ok()?,
            people: DescribedPeople {
                scheme: of_scheme.map(scheme),
                kunming_household: *kunming_household,
                categories: categories.clone(),
                age_from: self.maybe(age_from.as_ref(), Self::said)?,
                disability_levels: disability_levels.clone(),
            },
            unable_to_work: *unable_to_work,
            rural_mental_disability: *rural_mental_disability,
            premium: self.said(premium)?,
            amount: self.maybe(amount.as_ref(), Self::said)?,
            others: others.map(subsidy_title).collect(),
            exclusions: self.exclusions(payer),
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
            BaseText::Remainder => DescribedBase::Remainder,
            BaseText::EligibleRemainder => DescribedBase::EligibleRemainder,
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
        let ConditionsText {
            scheme: _,
            kinds,
            line,
            levels,
            any_level_where,
            institution_kinds,
            pharmacy,
            kunming_household: _,
            categories: _,
            age_from: _,
            disability_levels: _,
            diagnosis_on,
            diagnosis_not_on,
        } = when;
        let at_pharmacies = |text| match text {
            PharmacyText::Prescription => AtPharmacies::WithPrescription,
            PharmacyText::Never => AtPharmacies::Nothing,
        };
        Some(DescribedCare {
            kinds: kinds.clone(),
            line: line.as_ref().map(|line| self.line(line)),
            levels: levels.clone(),
            any_level_where: any_level_where.filter(|_| !levels.is_empty()),
            institution_kinds: institution_kinds.clone(),
            pharmacy: pharmacy.map(at_pharmacies),
            diagnosis: self.maybe(diagnosis_on.as_ref(), Self::list)?,
            not_diagnosis: self.maybe(diagnosis_not_on.as_ref(), Self::list)?,
        })
    }

    fn line(&self, line: &LineText) -> DescribedLine {
        let LineText { approved, only, except, negotiated_drug: _, drug_not_on, registered } = line;
        match (approved, registered) {
            (Some(kind), _) => DescribedLine::Approved { kind: *kind, only: only.clone(), except: except.clone() },
            (None, Some(RegisterText::Special)) => DescribedLine::Registered(Some(DiseaseKind::Special)),
            (None, Some(RegisterText::Chronic)) => DescribedLine::Registered(Some(DiseaseKind::Chronic)),
            (None, Some(RegisterText::None)) => DescribedLine::Registered(None),
            // A list that is not in force takes nothing out.
            (None, None) => DescribedLine::NegotiatedDrug {
                not_on: drug_not_on.as_ref().and_then(|list| self.list(list)).map(Box::new),
            },
        }
    }

    fn list(&self, id: &String) -> Option<DescribedList> {
        let all = &self.items.lists;
        let item = in_force(self.items, all, self.date).find(|item| item.id == *id)?;
        let ListText { members, members_up_to_age, age, makes_class_a: _ } = &item.body;
        Some(DescribedList {
            members: members.clone(),
            members_up_to_age: members_up_to_age.clone(),
            age: self.maybe(age.as_ref(), Self::said)?,
            source: source(self.items, all, item),
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
        let describe = |exclusion: &Item<ExclusionText>| {
            let ExclusionText { payer: _, categories, unless, regions, filings, violations } = &exclusion.body;
            DescribedExclusion {
                categories: categories.clone(),
                unless: unless.clone(),
                regions: regions.clone(),
                filings: filings.clone(),
                violations: *violations,
                source: source(self.items, all, exclusion),
            }
        };
        exclusions.map(describe).collect()
    }

    fn reductions(&self, payer: &str) -> Option<Vec<DescribedReduction>> {
        let all = in_force(self.items, &self.items.reductions, self.date);
        let reductions = all.filter(|reduction| reduction.body.payer == payer);
        let describe = |reduction: &Item<ReductionText>| {
            let ReductionText { payer: _, parameter, regions, filings, always, never, only } = &reduction.body;
            Some(DescribedReduction {
                points: self.said(parameter)?,
                regions: regions.clone(),
                filings: filings.clone(),
                always: always.clone(),
                never: never.clone(),
                only: only.clone(),
            })
        };
        reductions.map(describe).collect()
    }
}
