//! Benefits as they hold on one day: every parameter looked up, every citation made.

use std::sync::Arc;

use chrono::Datelike;
use claim::{
    Among, BenefitId, Citation, CounterKey, CounterName, DiseaseCode, DiseaseKind, Fund, Level, PayerId, PricedCase,
    PricedLine, Reason, Service, Visit, VisitKind,
};
use money::{Fen, Rate};

use crate::conditions::{CodeList, Conditions};
use crate::document::{AccountHolder, BandRounding, Counted, Crossing};
use crate::draft::Part;
use crate::merging::{Merges, Notes};
use crate::value::{Band, ByLevel, ByPerson, Cited};
use crate::year::BenefitYear;

/// One benefit in force: who is paid what from which fund for which expense.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in a document")]
pub struct Benefit {
    pub(crate) id: BenefitId,
    pub(crate) title_zh: Arc<str>,
    pub(crate) title_en: Arc<str>,
    pub(crate) citation: Arc<Citation>,
    pub(crate) payer: PayerId,
    pub(crate) fund: Fund,
    pub(crate) base: Base,
    pub(crate) conditions: Conditions,
    pub(crate) per_drug: bool,
    pub(crate) per_disease: bool,
    pub(crate) disease_price: Option<CounterName>,
    pub(crate) not_after: Vec<NotAfter>,
    pub(crate) deductible: Option<Deductible>,
    pub(crate) formula: Formula,
    pub(crate) ceilings: Vec<Ceiling>,
    pub(crate) crossing: Crossing,
    pub(crate) beyond: Option<Arc<Benefit>>,
    pub(crate) tally: Option<CounterName>,
    pub(crate) tally_when_paid: bool,
    pub(crate) with_initial_self_pay: bool,
    pub(crate) violations: Option<Arc<Citation>>,
    pub(crate) forbidden: Option<CodeList>,
}

/// A refusal after which a benefit does not take a line.
#[derive(Debug)]
pub(crate) struct NotAfter {
    pub(crate) benefit: BenefitId,
    pub(crate) reason: Reason,
    /// The kinds of visit that it holds for; all where empty.
    pub(crate) kinds: Vec<VisitKind>,
}

/// The expense that a benefit looks at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Lines(Service),
    Overflow,
    Personal(Among<Service>),
    Remainder,
    EligibleRemainder,
}

#[derive(Debug)]
pub(crate) enum Formula {
    Rate { rate: Cited<ByPerson<Rate>>, level: Option<Level> },
    Bands(Bands),
    TopUp(Cited<ByPerson<Rate>>),
    Account(AccountHolder),
    NotPayableYet,
}

#[derive(Debug)]
pub(crate) struct Bands {
    pub(crate) rates: Cited<Vec<Band>>,
    pub(crate) threshold: Cited<ByLevel<Fen>>,
    pub(crate) counter: CounterName,
    pub(crate) rounding: BandRounding,
    pub(crate) less_paid: Option<CounterName>,
    pub(crate) concession: Option<Concession>,
}

#[derive(Debug)]
pub(crate) struct Concession {
    pub(crate) categories: Vec<claim::AssistanceCategory>,
    pub(crate) threshold_share: Cited<ByPerson<Rate>>,
    pub(crate) points: Cited<ByPerson<Rate>>,
    pub(crate) without_ceiling: bool,
}

#[derive(Debug)]
pub(crate) struct Deductible {
    pub(crate) amount: Cited<ByLevel<Fen>>,
    pub(crate) share: Option<Cited<ByPerson<Rate>>>,
    pub(crate) level: Option<Level>,
    pub(crate) at_most: Option<Cited<ByLevel<Fen>>>,
    pub(crate) first_bill_only: bool,
    /// The steps, each on what was borne on the terms before it.
    pub(crate) again: Vec<Again>,
    pub(crate) per: Per,
    pub(crate) counter: CounterName,
    pub(crate) notes: Option<Notes>,
    pub(crate) merges: Option<Merges>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Per {
    Visit,
    Bill,
    Year,
    Drug,
    Disease,
}

/// The share that is borne once something was borne in the year on the terms before it.
#[derive(Debug)]
pub(crate) struct Again {
    pub(crate) share: Cited<ByPerson<Rate>>,
    pub(crate) counter: CounterName,
}

#[derive(Debug)]
pub(crate) struct Ceiling {
    pub(crate) amount: CeilingAmount,
    pub(crate) counter: CounterName,
    pub(crate) together_with: Vec<Together>,
    pub(crate) counts: Counted,
}

/// A counter under the same ceiling: of this payer, or seen in an earlier payer's adjudication.
#[derive(Debug)]
pub(crate) struct Together {
    pub(crate) counter: CounterName,
    pub(crate) own: bool,
}

#[derive(Debug)]
pub(crate) enum CeilingAmount {
    Level(Cited<ByLevel<Fen>>),
    Diseases(Box<DiseaseCeiling>),
    OneDisease(Box<OneDisease>),
}

/// A ceiling for each disease.
#[derive(Debug)]
pub(crate) struct OneDisease {
    pub(crate) amount: Cited<ByLevel<Fen>>,
    pub(crate) raised_for: DiseaseCode,
    pub(crate) raised: Cited<ByLevel<Fen>>,
}

/// A ceiling that rises with the number of approved diseases.
#[derive(Debug)]
pub(crate) struct DiseaseCeiling {
    pub(crate) kind: DiseaseKind,
    pub(crate) first: Cited<ByLevel<Fen>>,
    pub(crate) raised_for: DiseaseCode,
    pub(crate) raised: Cited<ByLevel<Fen>>,
    pub(crate) raised_alone: bool,
    pub(crate) further: Cited<ByLevel<Fen>>,
    pub(crate) most: Cited<ByLevel<Fen>>,
}

impl Benefit {
    /// The benefit's id, such as `employee.outpatient`.
    #[must_use]
    pub const fn id(&self) -> &BenefitId {
        &self.id
    }

    /// The law that gives it.
    #[must_use]
    pub const fn citation(&self) -> &Arc<Citation> {
        &self.citation
    }

    /// Its name in Chinese.
    #[must_use]
    pub fn title_zh(&self) -> &str {
        &self.title_zh
    }

    /// Its name in English.
    #[must_use]
    pub fn title_en(&self) -> &str {
        &self.title_en
    }

    /// Whether each negotiated drug on a bill is a payment of its own.
    #[must_use]
    pub const fn is_per_drug(&self) -> bool {
        self.per_drug
    }

    /// Whether each disease on a bill is a payment of its own.
    #[must_use]
    pub const fn is_per_disease(&self) -> bool {
        self.per_disease
    }

    /// Whether the benefit does not take a line that others refused with these reasons.
    #[must_use]
    pub fn is_closed_after(&self, kind: VisitKind, refused: &[(&BenefitId, Reason)]) -> bool {
        let closes = |of: &NotAfter| {
            let meant = of.kinds.is_empty() || of.kinds.contains(&kind);
            meant && refused.iter().any(|(benefit, reason)| **benefit == of.benefit && *reason == of.reason)
        };
        self.not_after.iter().any(closes)
    }

    /// What lines settle as, for a benefit that lines are assigned to.
    #[must_use]
    pub const fn line_service(&self) -> Option<Service> {
        match self.base {
            Base::Lines(service) => Some(service),
            Base::Overflow | Base::Personal(_) | Base::Remainder | Base::EligibleRemainder => None,
        }
    }

    /// Whose individual account pays, for a benefit that draws on one.
    #[must_use]
    pub const fn account_holder(&self) -> Option<AccountHolder> {
        match self.formula {
            Formula::Account(holder) => Some(holder),
            Formula::Rate { .. } | Formula::Bands(_) | Formula::TopUp(_) | Formula::NotPayableYet => None,
        }
    }

    /// The published price of the visit's diagnosis, where the benefit pays by it.
    pub(crate) fn disease_price(&self, visit: &Visit) -> Option<Fen> {
        visit.disease_price.filter(|_| self.disease_price.is_some())
    }

    /// What earlier bills of the visit came to under its published price; none without a price, and for a visit of a
    /// single bill.
    pub(crate) fn priced_key(&self, visit: &Visit) -> Option<CounterKey> {
        self.disease_price(visit)?;
        let name = suffixed(self.disease_price.as_ref()?, visit.registration.as_ref()?.as_str());
        Some(CounterKey { name, benefit_year: visit.service_date.year() })
    }

    /// Whether another benefit finds the same parts in what was decided before it. What lies beyond a ceiling is found
    /// by one benefit alone.
    #[must_use]
    pub fn looks_at_same(&self, other: &Self) -> bool {
        let by_lines = self.asks_for_lines() || other.asks_for_lines();
        !by_lines
            && self.base != Base::Overflow
            && self.base == other.base
            && self.with_initial_self_pay == other.with_initial_self_pay
    }

    /// The expense of a line that the benefit counts with.
    pub(crate) fn expense_of(&self, line: &PricedLine) -> Fen {
        let self_pay = if self.with_initial_self_pay { line.split.initial_self_pay } else { Fen::ZERO };
        line.split.eligible + self_pay
    }

    /// Adds the counters that the benefit reads for a year of this case, and those of what lies beyond its ceilings; some perhaps
    /// twice.
    pub fn add_counter_keys(
        &self,
        case: &PricedCase,
        benefit_year: BenefitYear<'_>,
        part: Option<&Part>,
        keys: &mut Vec<CounterKey>,
    ) {
        let year = benefit_year.year();
        let mut add = |key: CounterKey| keys.push(key);
        self.priced_key(&case.visit).into_iter().for_each(&mut add);
        if let Some(deductible) = &self.deductible {
            deductible.counter_key(&case.visit, year, part).into_iter().for_each(&mut add);
            deductible.again.iter().for_each(|again| add(again.counter_key(case.benefit_year())));
            if let Some((borne, standard)) = deductible.notes.as_ref().map(|notes| notes.keys(&case.visit)) {
                std::iter::once(borne).chain(standard).for_each(&mut add);
            }
            deductible.merges.iter().flat_map(|merges| merges.keys(&case.visit)).for_each(&mut add);
        }
        if let Formula::Bands(bands) = &self.formula {
            for name in std::iter::once(&bands.counter).chain(&bands.less_paid) {
                add(CounterKey { name: name.clone(), benefit_year: year });
            }
        }
        for ceiling in &self.ceilings {
            ceiling.counter_key(year, part).into_iter().for_each(&mut add);
            for together in ceiling.together_with.iter().filter(|together| together.own) {
                add(CounterKey { name: together.counter.clone(), benefit_year: year });
            }
        }
        if let Some(tally) = &self.tally {
            add(CounterKey { name: tally.clone(), benefit_year: year });
        }
        if let Some(next) = self.beyond.as_ref().filter(|next| next.payer == self.payer) {
            next.add_counter_keys(case, benefit_year, part, keys);
        }
    }
}

impl Again {
    /// What was borne in the year on the terms before this step or on better ones.
    pub(crate) fn counter_key(&self, benefit_year: i32) -> CounterKey {
        CounterKey { name: self.counter.clone(), benefit_year }
    }
}

impl Ceiling {
    /// The counter of what it holds; none for a ceiling for each disease where there is no disease.
    pub(crate) fn counter_key(&self, benefit_year: i32, part: Option<&Part>) -> Option<CounterKey> {
        let name = match self.amount {
            CeilingAmount::Level(_) | CeilingAmount::Diseases(_) => self.counter.clone(),
            CeilingAmount::OneDisease(_) => suffixed(&self.counter, part?.disease.as_ref()?.as_str()),
        };
        Some(CounterKey { name, benefit_year })
    }
}

impl Deductible {
    /// The counter of what was borne; none where bills share nothing. A visit is of the year in which it ends.
    pub(crate) fn counter_key(&self, visit: &Visit, year: i32, part: Option<&Part>) -> Option<CounterKey> {
        let (name, benefit_year) = match self.per {
            Per::Year => (self.counter.clone(), year),
            Per::Drug => (suffixed(&self.counter, part?.drug.as_ref()?.as_str()), year),
            Per::Disease => (suffixed(&self.counter, part?.disease.as_ref()?.as_str()), year),
            Per::Visit => (suffixed(&self.counter, visit.registration.as_ref()?.as_str()), visit.service_date.year()),
            Per::Bill => return None,
        };
        Some(CounterKey { name, benefit_year })
    }
}

pub(crate) fn suffixed(name: &CounterName, suffix: &str) -> CounterName {
    CounterName::new(&[name.as_str(), ":", suffix].concat())
}
