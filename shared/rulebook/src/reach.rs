//! Benefits that no line, overflow or group can ever reach on a day.
//!
//! It tells only what is certain: that nothing names the benefit, that its conditions contradict each other, that
//! nothing ever settles as what it looks at, or that an earlier benefit takes every line that it could take.

use claim::{InstitutionKind, VisitKind};

use crate::InForce;
use crate::compile::{Unresolved, in_force};
use crate::document::{BaseText, BenefitText, ConditionsText, LineText, PharmacyText};
use crate::load::{Item, Items};

/// The most severe and the least severe level of disability, and none.
const DISABILITY_LEVELS: std::ops::RangeInclusive<u8> = 0..=4;

/// The benefits in force on the day of `rules` that cannot be reached on it.
pub(crate) fn unreachable(items: &Items, rules: &InForce) -> Vec<Unresolved> {
    let made = |id: &str| rules.benefits.iter().any(|(benefit, _)| benefit.as_str() == id);
    let benefits: Vec<_> = in_force(items, &items.benefits, rules.date).filter(|benefit| made(&benefit.id)).collect();
    let reach = Reach { benefits: &benefits, rules };
    let unreachable = benefits.iter().filter_map(|benefit| {
        let message = format!("{} cannot be reached: {}", benefit.id, reach.obstacle(benefit)?);
        Some(Unresolved { document: benefit.document, line: benefit.line, message })
    });
    unreachable.collect()
}

struct Reach<'a> {
    benefits: &'a [&'a Item<BenefitText>],
    rules: &'a InForce,
}

impl Reach<'_> {
    fn obstacle(&self, benefit: &Item<BenefitText>) -> Option<String> {
        let text = &benefit.body;
        let day = self.rules.date;
        if let Some(contradiction) = contradiction(&text.when) {
            return Some(contradiction.to_owned());
        }
        if !self.rules.payer_order.iter().any(|payer| payer.as_str() == text.payer) {
            return Some(format!("{} is not among the payers asked on {day}", text.payer));
        }
        match text.base {
            BaseText::Overflow => self.overflow_obstacle(benefit),
            BaseText::Lines | BaseText::Remainder | BaseText::EligibleRemainder if !self.is_in_order(benefit) => {
                Some(format!("no order of {} names it on {day}", text.payer))
            }
            BaseText::Lines => self.shadowing(benefit).map(|earlier| {
                format!("{} comes before it and takes every line that it could take on {day}", earlier.id)
            }),
            BaseText::Personal if !self.is_in_order(benefit) && !self.is_in_group(benefit) => {
                Some(format!("no order and no highest_applies of {} names it on {day}", text.payer))
            }
            BaseText::Personal if !text.services.is_empty() && !self.is_left_by_others(text) => {
                Some(format!("nothing that it looks at is settled by a benefit in force on {day}"))
            }
            BaseText::Remainder | BaseText::EligibleRemainder => None,
            BaseText::Personal => self.repeated(benefit).map(|(group, earlier)| {
                format!("{} comes before it in {group} and pays the same wherever it would", earlier.id)
            }),
        }
    }

    fn overflow_obstacle(&self, benefit: &Item<BenefitText>) -> Option<String> {
        let day = self.rules.date;
        let mut sources = self.benefits.iter().filter(|of| of.body.beyond.as_ref() == Some(&benefit.id)).peekable();
        if sources.peek().is_none() {
            return Some(format!("no benefit in force on {day} names it in beyond"));
        }
        let by_own_payer = sources.any(|source| source.body.payer == benefit.body.payer);
        (!by_own_payer && !self.is_in_order(benefit))
            .then(|| format!("no order of {} names it on {day}", benefit.body.payer))
    }

    fn is_in_order(&self, benefit: &Item<BenefitText>) -> bool {
        let orders = self.rules.orders.iter().filter(|order| order.payer.as_str() == benefit.body.payer);
        orders.flat_map(|order| &order.benefits).any(|member| member.id.as_str() == benefit.id)
    }

    fn is_in_group(&self, benefit: &Item<BenefitText>) -> bool {
        let groups = self.rules.groups.iter().filter(|(payer, _)| payer.as_str() == benefit.body.payer);
        groups
            .flat_map(|(_, groups)| groups)
            .flat_map(|group| &group.members)
            .any(|member| member.id.as_str() == benefit.id)
    }

    /// Whether lines settle as one of the benefit's services for somebody whom the benefit is for.
    fn is_left_by_others(&self, text: &BenefitText) -> bool {
        self.benefits.iter().any(|source| {
            let schemes = (source.body.when.scheme, text.when.scheme);
            let same_people = !matches!(schemes, (Some(of), Some(asked)) if of != asked);
            same_people && source.body.service.is_some_and(|service| text.services.contains(&service))
        })
    }

    /// The benefit before it in its only group, with the group, that applies wherever it would and pays the same: of
    /// equal payments the first is taken.
    fn repeated(&self, benefit: &Item<BenefitText>) -> Option<(&str, &Item<BenefitText>)> {
        let groups = self.rules.groups.iter().flat_map(|(_, groups)| groups);
        let mut groups = groups.filter(|group| group.members.iter().any(|of| of.id.as_str() == benefit.id));
        let (group, None) = (groups.next()?, groups.next()) else { return None };
        let earlier = group.members.iter().take_while(|member| member.id.as_str() != benefit.id);
        let mut earlier = earlier.filter_map(|member| self.benefits.iter().find(|of| of.id == member.id.as_str()));
        let same = |of: &&&Item<BenefitText>| {
            is_as_wide(&of.body.when, &benefit.body.when) && pays_the_same(&of.body, &benefit.body)
        };
        earlier.find(same).map(|earlier| (&*group.citation.rule, *earlier))
    }

    /// The benefit before it in the order of its payer that applies wherever it would.
    fn shadowing(&self, benefit: &Item<BenefitText>) -> Option<&Item<BenefitText>> {
        let order = self.rules.orders.iter().find(|order| order.payer.as_str() == benefit.body.payer)?;
        let earlier = order.benefits.iter().take_while(|member| member.id.as_str() != benefit.id);
        let mut earlier = earlier.filter_map(|member| self.benefits.iter().find(|of| of.id == member.id.as_str()));
        let wider = |of: &&&Item<BenefitText>| {
            of.body.base == BaseText::Lines
                && of.body.not_after.is_empty()
                && is_as_wide(&of.body.when, &benefit.body.when)
        };
        earlier.find(wider).copied()
    }
}

/// Whether two benefits pay the same of the same expense, to whomever they are for.
fn pays_the_same(one: &BenefitText, other: &BenefitText) -> bool {
    let on_what = |of: &BenefitText| (of.fund, of.base, of.with_initial_self_pay, of.leave_out_violations.clone());
    let line = |of: &BenefitText| of.when.line.clone();
    on_what(one) == on_what(other)
        && one.services == other.services
        && line(one) == line(other)
        && one.deductible == other.deductible
        && one.rate == other.rate
        && one.bands == other.bands
        && one.top_up == other.top_up
        && one.ceilings == other.ceilings
        && (one.crossing, &one.beyond) == (other.crossing, &other.beyond)
        && (&one.tally, one.tally_when_paid) == (&other.tally, other.tally_when_paid)
}

/// Conditions that nobody and nothing can meet.
fn contradiction(when: &ConditionsText) -> Option<&'static str> {
    let only_pharmacies = when.kinds == [VisitKind::Pharmacy] || when.institution_kinds == [InstitutionKind::Pharmacy];
    if when.pharmacy == Some(PharmacyText::Never) && only_pharmacies {
        return Some("it asks for a pharmacy and never pays at one");
    }
    if when.diagnosis_on.is_some() && when.diagnosis_on == when.diagnosis_not_on {
        return Some("its diagnosis has to be on a list that it must not be on");
    }
    let line = when.line.as_ref();
    if line.is_some_and(|line| !line.only.is_empty() && line.only.iter().all(|code| line.except.contains(code))) {
        return Some("every disease that it asks for is one that it excepts");
    }
    let levels = &when.disability_levels;
    if !levels.is_empty() && !levels.iter().any(|level| DISABILITY_LEVELS.contains(level)) {
        return Some("there is no such level of disability: 1 to 4, 0 for none");
    }
    None
}

/// Whether what meets `narrow` always meets `wide`.
fn is_as_wide(wide: &ConditionsText, narrow: &ConditionsText) -> bool {
    let ConditionsText {
        scheme,
        kinds,
        line,
        levels,
        any_level_where,
        institution_kinds,
        pharmacy,
        kunming_household,
        categories,
        age_from,
        disability_levels,
        diagnosis_on,
        diagnosis_not_on,
    } = wide;
    is_wider_or_same(scheme.as_ref(), narrow.scheme.as_ref())
        && covers(kinds, &narrow.kinds)
        && line.as_ref().is_none_or(|wide| narrow.line.as_ref().is_some_and(|narrow| takes_every_line_of(wide, narrow)))
        && covers(levels, &narrow.levels)
        && (levels.is_empty() || is_wider_or_same(narrow.any_level_where.as_ref(), any_level_where.as_ref()))
        && covers(institution_kinds, &narrow.institution_kinds)
        && (narrow.pharmacy == Some(PharmacyText::Never)
            || is_wider_or_same(pharmacy.as_ref(), narrow.pharmacy.as_ref()))
        && (!kunming_household || narrow.kunming_household)
        && covers(categories, &narrow.categories)
        && is_wider_or_same(age_from.as_ref(), narrow.age_from.as_ref())
        && covers(disability_levels, &narrow.disability_levels)
        && is_wider_or_same(diagnosis_on.as_ref(), narrow.diagnosis_on.as_ref())
        && is_wider_or_same(diagnosis_not_on.as_ref(), narrow.diagnosis_not_on.as_ref())
}

fn takes_every_line_of(wide: &LineText, narrow: &LineText) -> bool {
    let excepted = wide
        .except
        .iter()
        .all(|code| narrow.except.contains(code) || (!narrow.only.is_empty() && !narrow.only.contains(code)));
    wide.approved == narrow.approved
        && wide.negotiated_drug == narrow.negotiated_drug
        && wide.registered == narrow.registered
        && covers(&wide.only, &narrow.only)
        && excepted
        && is_wider_or_same(wide.drug_not_on.as_ref(), narrow.drug_not_on.as_ref())
}

fn is_wider_or_same<T: PartialEq>(wide: Option<&T>, narrow: Option<&T>) -> bool {
    wide.is_none() || wide == narrow
}

/// Whether a list, which asks for nothing when empty, lets through all that `narrow` lets through.
fn covers<T: PartialEq>(wide: &[T], narrow: &[T]) -> bool {
    wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|member| wide.contains(member)))
}
