//! Medical assistance: 昆明市城乡医疗救助管理实施办法 四(二) to 四(四), 七(三).

use claim::{AssistanceCategory as Category, InstitutionKind, VisitKind};

use crate::audit::{Part, Service, Year};
use crate::bill::{Bill, Person};
use crate::rules;

/// The groups of 表2 to 表5 that the person belongs to on the day.
struct Groups {
    extreme_poverty: bool,
    subsistence_allowance: bool,
    /// 低收入救助对象 and 其他特殊困难人员.
    other: bool,
}

pub(crate) fn pay(year: &mut Year, person: &Person, bill: &Bill, parts: &mut [Part]) {
    let Some(groups) = groups(person, bill) else { return };
    if bill.is_at_pharmacy() {
        return;
    }
    let rate = rules::aid_rate(bill.level());
    let outpatient_rate = if groups.extreme_poverty {
        rules::WHOLE
    } else if groups.subsistence_allowance {
        rate
    } else {
        0
    };
    let paid = share_within(
        base(parts, &[Service::Ordinary]),
        ordinary_rate(&groups, person, bill),
        rules::AID_ORDINARY_CEILING - year.aid_ordinary,
    );
    year.aid_ordinary += paid;
    give(parts, &[Service::Ordinary], paid);

    let paid =
        share_within(base(parts, &[Service::Chronic]), outpatient_rate, rules::AID_CHRONIC_CEILING - year.aid_chronic);
    year.aid_chronic += paid;
    give(parts, &[Service::Chronic], paid);

    let special = [Service::Special, Service::ExemptSpecial];
    let paid = share_within(base(parts, &special), outpatient_rate, rules::AID_SPECIAL_CEILING - year.aid_special);
    year.aid_special += paid;
    give(parts, &special, paid);

    if bill.kind == VisitKind::Inpatient {
        let paid = stay(year, &groups, person, bill, base(parts, &[Service::Stay]));
        give(parts, &[Service::Stay], paid);
    }
}

/// None where the person is entitled to nothing here.
fn groups(person: &Person, bill: &Bill) -> Option<Groups> {
    let groups = Groups {
        extreme_poverty: person.is(Category::ExtremePoverty),
        subsistence_allowance: person.is(Category::SubsistenceAllowance),
        other: [
            Category::LowIncomeElderly,
            Category::LowIncomeMinor,
            Category::LowIncomeSeverelyDisabled,
            Category::LowIncomeSeriouslyIll,
            Category::OtherHardship,
        ]
        .into_iter()
        .any(|category| person.is(category)),
    };
    let in_any = groups.extreme_poverty || groups.subsistence_allowance || groups.other;
    // 四(四): the registered poor have their own programme; only extreme poverty has both.
    let excluded = person.is(Category::RegisteredPoor) && !groups.extreme_poverty;
    let entitled = in_any && !excluded && person.kunming_household && bill.date >= rules::assistance_from();
    entitled.then_some(groups)
}

/// 表2: only near home, only some.
fn ordinary_rate(groups: &Groups, person: &Person, bill: &Bill) -> i64 {
    let near_home = match bill.institution_kind {
        InstitutionKind::TownshipHealthCentre
        | InstitutionKind::VillageClinic
        | InstitutionKind::CommunityHealthCentre => true,
        InstitutionKind::Hospital | InstitutionKind::Pharmacy => false,
    };
    let severely_disabled = person.disability == 1 || person.disability == 2;
    let old = person.age(bill.date) >= rules::AID_OLD_AGE;
    if !near_home {
        0
    } else if groups.extreme_poverty {
        rules::WHOLE
    } else if groups.subsistence_allowance && (old || severely_disabled) {
        rules::AID_ORDINARY_RATE
    } else {
        0
    }
}

/// What is left of the parts that an item looks at, without the share of the lines that break the rules (七(三)).
fn base(parts: &[Part], services: &[Service]) -> i64 {
    let (mut left, mut breaking, mut eligible) = (0, 0, 0);
    for part in parts.iter().filter(|part| services.contains(&part.service)) {
        left += part.left();
        breaking += part.breaking;
        eligible += part.eligible;
    }
    if eligible == 0 { 0 } else { rules::in_proportion(left, eligible - breaking, eligible) }
}

fn share_within(base: i64, rate: i64, room: i64) -> i64 {
    rules::share(base, rate).min(room)
}

fn give(parts: &mut [Part], services: &[Service], paid: i64) {
    if let Some(part) = parts.iter_mut().find(|part| services.contains(&part.service)) {
        part.assistance += paid;
    }
}

/// 表4 and 表5: the item that pays more, and at a tie the one that the diagnosis names.
fn stay(year: &mut Year, groups: &Groups, person: &Person, bill: &Bill, base: i64) -> i64 {
    let rate = if groups.extreme_poverty { rules::WHOLE } else { rules::aid_rate(bill.level()) };
    let ordinary = share_within(base, rate, rules::AID_STAY_CEILING - year.aid_stay);
    if !is_major(person, bill) {
        year.aid_stay += ordinary;
        return ordinary;
    }
    // 20,000 over the year for those who are neither in extreme poverty nor on the allowance.
    let threshold = if groups.extreme_poverty || groups.subsistence_allowance { 0 } else { rules::AID_MAJOR_THRESHOLD };
    let above_before = (year.major_burden - threshold).max(0);
    let above_after = (year.major_burden + base - threshold).max(0);
    let major = share_within(above_after - above_before, rate, rules::AID_MAJOR_CEILING - year.aid_major);
    year.major_burden += base;
    if major >= ordinary {
        year.aid_major += major;
        major
    } else {
        year.aid_stay += ordinary;
        ordinary
    }
}

fn is_major(person: &Person, bill: &Bill) -> bool {
    let Some(diagnosis) = bill.diagnosis else { return false };
    let too_old = diagnosis.starts_with("childhood-") && person.age(bill.date) > rules::CHILD_AGE;
    rules::MAJOR_DISEASES.contains(&diagnosis) && !too_old
}
