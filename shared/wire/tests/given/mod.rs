//! Any well-formed value of the types of `claim`.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use claim::*;
use money::{Fen, Rate};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn id<T: std::str::FromStr<Err = InvalidText> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    "[A-Za-z0-9.-]{1,16}|[一-龥]{1,64}".prop_map(|text| text.parse().unwrap())
}

fn text() -> impl Strategy<Value = Arc<str>> {
    "[a-z.]{1,8}|[一-龥 〔〕]{1,12}".prop_map(Arc::from)
}

fn date() -> impl Strategy<Value = NaiveDate> {
    (0_i64..73_000).prop_map(|days| NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + chrono::Duration::days(days))
}

fn time_of_day() -> impl Strategy<Value = NaiveTime> {
    (0_u32..86_400).prop_map(|second| NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap())
}

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (0_i64..4_102_444_800_000_000).prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn amount() -> impl Strategy<Value = Fen> {
    prop_oneof![Just(Fen::ZERO), Just(Fen::MAX), (0..=Fen::MAX.get()).prop_map(Fen::new)]
}

fn rate() -> impl Strategy<Value = Rate> {
    (0_u16..=10_000).prop_map(|basis_points| Rate::new(basis_points).unwrap())
}

fn admission(kind: VisitKind, service_date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let earliest = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap();
    (kind == VisitKind::Inpatient).then(|| (service_date - chrono::Duration::days(days)).max(earliest))
}

fn case_line() -> impl Strategy<Value = CaseLine> {
    let disease = option::of(prop_oneof![Just("none".parse().unwrap()), id::<DiseaseCode>()]);
    (id(), 1..=Case::MAX_QUANTITY, 0_i64..1_000_000, disease, any::<bool>()).prop_map(
        |(item_code, quantity, fen, disease, violates_rules)| CaseLine {
            item_code,
            quantity,
            amount: Fen::new(fen),
            disease,
            violates_rules,
            service_date: None,
        },
    )
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let who = (id(), id(), select(VisitKind::ALL), date(), 0_i64..100);
    let what = (option::of(id()), option::of(id()), option::of(id()), option::of(id()), option::of(id()));
    let times = (option::of(time_of_day()), option::of(time_of_day()), any::<bool>());
    (who, what, family_accounts(), vec(case_line(), 1..8), times).prop_filter_map(
        "a bill of nothing",
        |((person_id, institution_id, kind, service_date, days), what, family, mut lines, times)| {
            let (service_time_of_day, admission_time, lines_have_days) = times;
            let admission_date = admission(kind, service_date, days);
            let admission_time_of_day = admission_time.filter(|_| admission_date.is_some_and(|day| day < service_date));
            for line in lines.iter_mut().filter(|_| lines_have_days) {
                line.service_date = Some(admission_date.unwrap_or(service_date));
            }
            let (registration, prescriber_id, host_id, disease, diagnosis) = what;
            let (use_individual_account, mut family_accounts) = family;
            family_accounts.retain(|member| *member != person_id);
            let total: Fen = lines.iter().map(|line| line.amount).sum();
            (total > Fen::ZERO).then_some(Case {
                person_id,
                institution_id,
                kind,
                service_date,
                service_time_of_day,
                admission_date,
                admission_time_of_day,
                registration,
                prescriber_id,
                host_id,
                disease,
                diagnosis,
                use_individual_account,
                family_accounts,
                total,
                lines,
            })
        },
    )
}

/// Whether accounts are used, and those of which family members.
fn family_accounts() -> impl Strategy<Value = (bool, Vec<PersonId>)> {
    (any::<bool>(), proptest::collection::btree_set(id::<PersonId>(), 0..4))
        .prop_map(|(used, members)| (used, members.into_iter().filter(|_| used).collect()))
}

fn insurance() -> impl Strategy<Value = Insurance> {
    prop_oneof![select(Employment::ALL).prop_map(Insurance::Employee), Just(Insurance::Resident)]
}

fn disease_filing() -> impl Strategy<Value = DiseaseFiling> {
    (id(), select(DiseaseKind::ALL), date()).prop_map(|(code, kind, approved_date)| DiseaseFiling {
        code,
        kind,
        approved_date,
    })
}

pub(crate) fn person() -> impl Strategy<Value = PersonFacts> {
    let categories = subsequence(AssistanceCategory::ALL.to_vec(), 0..=AssistanceCategory::ALL.len()).prop_shuffle();
    (
        insurance(),
        date(),
        option::of(select(Sex::ALL)),
        any::<bool>(),
        0_u8..=4,
        categories,
        vec(disease_filing(), 0..3),
    )
        .prop_map(|(insurance, birth_date, sex, kunming_household, disability_level, categories, diseases)| {
            PersonFacts { insurance, birth_date, sex, kunming_household, disability_level, categories, diseases }
        })
}

pub(crate) fn institution() -> impl Strategy<Value = InstitutionFacts> {
    (id(), select(Level::ALL), select(InstitutionKind::ALL), any::<bool>()).prop_map(
        |(id, level, kind, special_exempt_allowed)| InstitutionFacts { id, level, kind, special_exempt_allowed },
    )
}

pub(crate) fn item_terms() -> impl Strategy<Value = ItemTerms> {
    (select(ItemClass::ALL), rate(), option::of(amount())).prop_map(|(class, self_pay_rate, price_cap)| ItemTerms {
        class,
        self_pay_rate,
        price_cap,
    })
}

pub(crate) fn visit() -> impl Strategy<Value = Visit> {
    let place = (institution(), option::of(select(Level::ALL)), option::of(select(Level::ALL)));
    let reason = (option::of(id()), option::of(id()), option::of(id()), family_accounts());
    let region = (select(TreatmentRegion::ALL), select(Filing::ALL));
    let times = (option::of(time_of_day()), option::of(time_of_day()));
    let price = option::of(amount());
    (select(VisitKind::ALL), date(), 0_i64..100, place, reason, region, times, price).prop_map(
        |(kind, service_date, days, place, reason, (treatment_region, filing), times, disease_price)| {
            let (service_time_of_day, admission_time_of_day) = times;
            let (institution, prescriber_level, host_level) = place;
            let (disease, diagnosis, registration, (use_individual_account, family_accounts)) = reason;
            Visit {
                kind,
                service_date,
                service_time_of_day,
                admission_date: admission(kind, service_date, days),
                admission_time_of_day,
                institution,
                prescriber_level,
                host_level,
                disease,
                diagnosis,
                disease_price,
                treatment_region,
                filing,
                registration,
                use_individual_account,
                family_accounts,
            }
        },
    )
}

fn split() -> impl Strategy<Value = LineSplit> {
    (0_i64..10_000, 0_i64..10_000, 0_i64..10_000, 100_000_i64..1_000_000).prop_map(
        |(excluded, above_price_cap, initial_self_pay, eligible)| LineSplit {
            excluded: Fen::new(excluded),
            above_price_cap: Fen::new(above_price_cap),
            initial_self_pay: Fen::new(initial_self_pay),
            eligible: Fen::new(eligible),
        },
    )
}

fn priced_line() -> impl Strategy<Value = PricedLine> {
    let tags = (option::of(id()), option::of(id()), any::<bool>(), option::of(date()));
    (option::of(id()), text(), 1..=Case::MAX_QUANTITY, split(), tags).prop_map(
        |(item_code, name, quantity, split, (disease, drug, violates_rules, service_date))| PricedLine {
            item_code,
            name,
            quantity,
            amount: split.total(),
            split,
            disease,
            drug,
            violates_rules,
            service_date,
        },
    )
}

fn citation() -> impl Strategy<Value = Arc<Citation>> {
    (text(), text(), text(), date(), select(RuleStatus::ALL)).prop_map(
        |(rule, document, article, in_force_from, status)| {
            Arc::new(Citation { rule, document, article, in_force_from, status })
        },
    )
}

fn split_citations() -> impl Strategy<Value = SplitCitations> {
    (citation(), citation(), citation(), citation()).prop_map(
        |(excluded, above_price_cap, initial_self_pay, eligible)| SplitCitations {
            excluded,
            above_price_cap,
            initial_self_pay,
            eligible,
        },
    )
}

pub(crate) fn priced_case() -> impl Strategy<Value = PricedCase> {
    (person(), visit(), vec(priced_line(), 1..5), split_citations())
        .prop_map(|(person, visit, lines, split_citations)| PricedCase { person, visit, lines, split_citations })
}

fn input() -> impl Strategy<Value = Input> {
    let value = prop_oneof![amount().prop_map(InputValue::Amount), rate().prop_map(InputValue::Rate)];
    (select(InputName::ALL), value).prop_map(|(name, value)| Input { name, value })
}

fn step(law: Vec<Arc<Citation>>) -> impl Strategy<Value = Step> {
    (select(Operation::ALL), select(law), vec(input(), 0..4), amount(), any::<bool>()).prop_map(
        |(operation, citation, inputs, result, rounded)| {
            // What is reported is summed over the portions, and stays within the range of an amount.
            let is_reported = operation == Operation::ReportDeductible;
            let result = if is_reported { Fen::new(result.get() % 1_000) } else { result };
            Step { operation, citation, inputs: inputs.into(), result, rounded }
        },
    )
}

fn portion(law: Vec<Arc<Citation>>) -> impl Strategy<Value = Portion> {
    let parts = (0_i64..1_000, 0_i64..1_000, 0_i64..1_000, 0_i64..1_000);
    let lines = vec(0_u32..5, 0..4);
    let law = (vec(step(law), 0..5), option::of(id()));
    (id(), select(Service::ALL), select(Fund::ALL), lines, parts, law).prop_map(
        |(benefit, service, fund, lines, (deductible, coinsurance, above_ceiling, paid), (steps, family_account))| {
            Portion {
                benefit,
                service,
                fund,
                lines,
                base: Fen::new(paid + deductible + coinsurance + above_ceiling + paid),
                hospital_share: Fen::new(paid),
                deductible: Fen::new(deductible),
                coinsurance: Fen::new(coinsurance),
                above_ceiling: Fen::new(above_ceiling),
                paid: Fen::new(paid),
                steps,
                family_account,
            }
        },
    )
}

fn refusal(law: Vec<Arc<Citation>>) -> impl Strategy<Value = Refusal> {
    (id(), select(Reason::ALL), select(law)).prop_map(|(benefit, reason, citation)| Refusal {
        benefit,
        reason,
        citation,
    })
}

fn counter_move() -> impl Strategy<Value = CounterMove> {
    (text(), 2000_i32..2100, amount(), amount()).prop_map(|(name, benefit_year, before, after)| CounterMove {
        key: CounterKey { name: CounterName::new(&name), benefit_year },
        before,
        after,
    })
}

pub(crate) fn adjudication() -> impl Strategy<Value = Adjudication> {
    vec(citation(), 1..4).prop_flat_map(|law| {
        let portions = vec(portion(law.clone()), 0..4);
        let refusals = vec(refusal(law), 0..4);
        (id(), portions, refusals, vec(counter_move(), 0..4)).prop_map(|(payer, portions, refusals, mut moves)| {
            moves.sort_by(|a, b| a.key.cmp(&b.key));
            moves.dedup_by(|a, b| a.key == b.key);
            Adjudication { payer, portions, refusals, moves }
        })
    })
}

pub(crate) fn statement() -> impl Strategy<Value = Statement> {
    (option::of(id()), id(), time(), priced_case(), vec(adjudication(), 0..4)).prop_filter_map(
        "figures that do not close",
        |(settlement_id, person_id, recorded_time, case, adjudications)| {
            let amounts = Amounts::of(&case, &adjudications).ok()?;
            Some(Statement { settlement_id, person_id, recorded_time, case, adjudications, amounts })
        },
    )
}
