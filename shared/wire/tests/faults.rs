//! A message with many faults is refused with all of them, each under its path.

use claim::{Adjudication, Case, PersonFacts, Violations};
use wire::proto::google::r#type::{Date, TimeOfDay};
use wire::{ErrorReason, case_from, claim_v1 as proto, first_difference};

#[expect(clippy::unnecessary_wraps, reason = "a date of a message is optional")]
const fn date(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

fn line(item_code: &str, amount_fen: i64) -> proto::CaseLine {
    proto::CaseLine { item_code: item_code.to_owned(), amount_fen, ..Default::default() }
}

fn outpatient_case() -> proto::Case {
    proto::Case {
        person_id: "530100000001".to_owned(),
        institution_id: "H5301".to_owned(),
        kind: proto::VisitKind::Outpatient.into(),
        service_date: date(2024, 5, 6),
        total_fen: 300,
        lines: vec![line("A1", 100), line("A2", 200)],
        ..Default::default()
    }
}

fn fields(violations: &Violations) -> Vec<&str> {
    violations.iter().map(|fault| fault.field.as_str()).collect()
}

fn faults_of(change: impl FnOnce(&mut proto::Case)) -> Vec<String> {
    let mut case = outpatient_case();
    change(&mut case);
    let violations = Case::try_from(case).err().unwrap_or_default();
    fields(&violations).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_quantity_that_was_not_given_is_one() {
    assert_eq!(Case::try_from(outpatient_case()).unwrap().lines[0].quantity, 1);
}

#[test]
fn a_line_that_opts_out_of_the_visits_disease_keeps_its_word() {
    let mut case = outpatient_case();
    case.lines[1].disease = "none".to_owned();
    let read = Case::try_from(case).unwrap();
    assert_eq!(read.lines[1].disease.as_ref().map(ToString::to_string).as_deref(), Some("none"));
}

#[test]
fn every_fault_of_a_case_is_told_at_once_in_the_order_of_the_fields() {
    let case = proto::Case {
        person_id: "5301 0001".to_owned(),
        institution_id: String::new(),
        kind: 99,
        service_date: date(2023, 2, 29),
        registration: "x".repeat(65),
        prescriber_id: "a\tb".to_owned(),
        total_fen: 0,
        lines: vec![
            line("A1", 100),
            proto::CaseLine { quantity: -1, amount_fen: -5, disease: " ".to_owned(), ..Default::default() },
            proto::CaseLine { quantity: Case::MAX_QUANTITY + 1, ..line("A3", money::Fen::MAX.get() + 1) },
        ],
        ..Default::default()
    };
    let failure = case_from(case).unwrap_err();
    assert_eq!(failure.reason, ErrorReason::FieldViolation);
    let fields: Vec<_> = failure.violations.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "person_id",
            "institution_id",
            "kind",
            "service_date",
            "registration",
            "prescriber_id",
            "total_fen",
            "lines[1].item_code",
            "lines[1].quantity",
            "lines[1].amount_fen",
            "lines[1].disease",
            "lines[2].quantity",
            "lines[2].amount_fen",
        ]
    );
}

#[test]
fn lines_that_do_not_sum_to_the_total_have_a_reason_of_their_own_when_nothing_else_is_wrong() {
    let mut case = outpatient_case();
    case.total_fen = 301;
    let failure = case_from(case.clone()).unwrap_err();
    assert_eq!(failure.reason, ErrorReason::CaseTotalMismatch);
    assert_eq!(failure.violations.len(), 1);
    assert_eq!(failure.violations[0].field, "total_fen");
    assert_eq!(failure.violations[0].description, "is 301 fen, but the lines sum to 300 fen");

    case.person_id.clear();
    let failure = case_from(case).unwrap_err();
    assert_eq!(failure.reason, ErrorReason::FieldViolation);
    assert_eq!(failure.violations.len(), 2);
}

#[test]
fn lines_whose_sum_leaves_every_range_are_a_mismatch_and_not_a_crash() {
    let faults = faults_of(|case| case.lines = vec![line("A1", i64::MAX), line("A2", i64::MAX)]);
    assert_eq!(faults, ["total_fen", "lines[0].amount_fen", "lines[1].amount_fen"]);
}

#[test]
fn a_bill_has_one_to_five_thousand_lines() {
    assert_eq!(faults_of(|case| case.lines.clear()), ["lines"]);
    let full = |count: usize| proto::Case {
        total_fen: i64::try_from(count).unwrap(),
        lines: vec![line("A1", 1); count],
        ..outpatient_case()
    };
    assert!(case_from(full(Case::MAX_LINES)).is_ok());
    assert_eq!(fields(&Case::try_from(full(Case::MAX_LINES + 1)).unwrap_err()), ["lines"]);
}

#[test]
fn a_stay_has_an_admission_on_or_before_its_discharge_and_nothing_else_has_one() {
    let stay = |admission| {
        faults_of(|case| {
            case.kind = proto::VisitKind::Inpatient.into();
            case.admission_date = admission;
            case.use_individual_account = true;
            case.diagnosis = " ".to_owned();
        })
    };
    assert_eq!(stay(None), ["admission_date", "diagnosis"]);
    assert_eq!(stay(date(2024, 5, 6)), ["diagnosis"]);
    assert_eq!(stay(date(2024, 5, 7)), ["admission_date", "diagnosis"]);
    assert_eq!(faults_of(|case| case.admission_date = date(2024, 5, 6)), ["admission_date"]);
}

fn time(hours: i32, minutes: i32, seconds: i32, nanos: i32) -> TimeOfDay {
    TimeOfDay { hours, minutes, seconds, nanos }
}

#[test]
fn a_time_of_day_is_a_real_one_and_an_admission_is_before_the_end_of_the_stay() {
    let ending = |end: TimeOfDay| faults_of(|case| case.service_time_of_day = Some(end));
    for sound in [time(0, 0, 0, 0), time(23, 59, 59, 0)] {
        assert_eq!(ending(sound), [""; 0], "{sound:?}");
    }
    for unsound in [time(24, 0, 0, 0), time(9, 60, 0, 0), time(9, 0, 60, 0), time(9, 0, 0, 1), time(-1, 0, 0, 0)] {
        assert_eq!(ending(unsound), ["service_time_of_day"], "{unsound:?}");
    }
    let stay = |admission: Option<Date>, at: TimeOfDay| {
        faults_of(|case| {
            case.kind = proto::VisitKind::Inpatient.into();
            case.admission_date = admission;
            case.admission_time_of_day = Some(at);
            case.service_time_of_day = Some(time(14, 30, 0, 0));
        })
    };
    assert_eq!(stay(date(2024, 5, 5), time(14, 31, 0, 0)), [""; 0]);
    assert_eq!(stay(date(2024, 5, 6), time(14, 30, 0, 0)), [""; 0]);
    assert_eq!(stay(date(2024, 5, 6), time(14, 30, 1, 0)), ["admission_time_of_day"]);
    assert_eq!(faults_of(|case| case.admission_time_of_day = Some(time(9, 0, 0, 0))), ["admission_time_of_day"]);
}

#[test]
fn a_line_arises_on_a_day_of_its_visit() {
    let on = |day: Option<Date>| faults_of(|case| case.lines[1].service_date = day);
    assert_eq!(on(date(2024, 5, 6)), [""; 0]);
    assert_eq!(on(date(2024, 5, 5)), ["lines[1].service_date"]);
    let of_stay = |day: Option<Date>| {
        faults_of(|case| {
            case.kind = proto::VisitKind::Inpatient.into();
            case.admission_date = date(2024, 5, 1);
            case.lines[1].service_date = day;
        })
    };
    assert_eq!(of_stay(date(2024, 4, 30)), ["lines[1].service_date"]);
    assert_eq!(of_stay(date(2024, 5, 1)), [""; 0]);
    assert_eq!(of_stay(date(2024, 5, 7)), ["lines[1].service_date"]);
}

#[test]
fn a_day_is_a_real_one_of_the_years_1900_to_2100() {
    for sound in [date(1900, 1, 1), date(2100, 12, 31), date(2024, 2, 29)] {
        assert!(case_from(proto::Case { service_date: sound, ..outpatient_case() }).is_ok(), "{sound:?}");
    }
    let unsound = [
        None,
        date(1899, 12, 31),
        date(2101, 1, 1),
        date(2023, 2, 29),
        date(2024, 0, 1),
        date(2024, 5, -1),
        date(0, 5, 1),
        date(i32::MAX, 1, 1),
    ];
    for day in unsound {
        assert_eq!(faults_of(|case| case.service_date = day), ["service_date"], "{day:?}");
    }
}

#[test]
fn the_first_difference_of_two_cases_is_named_by_its_path() {
    let changed = |change: fn(&mut proto::Case)| {
        let mut case = outpatient_case();
        change(&mut case);
        first_difference(&outpatient_case(), &case)
    };
    assert_eq!(changed(|_| ()), None);
    assert_eq!(changed(|case| case.person_id.push('x')).as_deref(), Some("person_id"));
    assert_eq!(changed(|case| case.service_date = None).as_deref(), Some("service_date"));
    let at_nine = |case: &mut proto::Case| case.admission_time_of_day = Some(time(9, 0, 0, 0));
    assert_eq!(changed(at_nine).as_deref(), Some("admission_time_of_day"));
    let on_a_day = |case: &mut proto::Case| case.lines[1].service_date = date(2024, 5, 6);
    assert_eq!(changed(on_a_day).as_deref(), Some("lines[1].service_date"));
    assert_eq!(changed(|case| case.lines[1].amount_fen = 1).as_deref(), Some("lines[1].amount_fen"));
    assert_eq!(changed(|case| case.lines.truncate(1)).as_deref(), Some("lines"));
    assert_eq!(changed(|case| case.lines.push(line("A3", 1))).as_deref(), Some("lines"));
}

#[test]
fn facts_of_a_person_name_each_category_once() {
    let person = |categories: Vec<i32>| proto::PersonFacts {
        scheme: proto::Scheme::Resident.into(),
        birth_date: date(1960, 1, 1),
        disability_level: 5,
        categories,
        ..Default::default()
    };
    let faults = PersonFacts::try_from(person(vec![2, 8, 2])).unwrap_err();
    assert_eq!(fields(&faults), ["disability_level", "categories"]);
    let faults = PersonFacts::try_from(person(vec![2, 0, 77])).unwrap_err();
    assert_eq!(fields(&faults), ["disability_level", "categories[1]", "categories[2]"]);
}

fn decided() -> proto::Adjudication {
    proto::Adjudication {
        payer: "basic-insurance".to_owned(),
        portions: vec![proto::Portion {
            benefit: "employee.inpatient".to_owned(),
            service: proto::Service::Stay.into(),
            fund: proto::Fund::BasicInpatient.into(),
            base_fen: 100,
            paid_fen: 100,
            steps: vec![proto::Step {
                operation: proto::Operation::TakeBase.into(),
                result_fen: 100,
                ..Default::default()
            }],
            ..Default::default()
        }],
        citations: vec![proto::Citation {
            rule: "employee.inpatient.rate".to_owned(),
            document: "昆政办〔2022〕15号".to_owned(),
            article: "第九条".to_owned(),
            in_force_from_date: date(2022, 4, 1),
            status: proto::RuleStatus::Official.into(),
        }],
        ..Default::default()
    }
}

#[test]
fn a_citation_that_was_not_sent_is_a_fault_of_every_step_that_cites_it() {
    assert!(Adjudication::try_from(decided()).is_ok());
    let mut wrong = decided();
    wrong.portions[0].steps[0].citation = 1;
    wrong.refusals = vec![proto::Refusal { benefit: "a".to_owned(), reason: 1, citation: u32::MAX }];
    let faults = Adjudication::try_from(wrong).unwrap_err();
    assert_eq!(fields(&faults), ["portions[0].steps[0].citation", "refusals[0].citation"]);
}

#[test]
fn a_portion_that_does_not_close_is_refused() {
    let mut wrong = decided();
    wrong.portions[0].paid_fen = 99;
    assert_eq!(fields(&Adjudication::try_from(wrong).unwrap_err()), ["portions[0]"]);
}

#[test]
fn a_counter_moves_once_and_never_below_zero() {
    let counter_move = |before_fen| proto::CounterMove {
        counter: "employee.pooling.paid".to_owned(),
        benefit_year: 2024,
        before_fen,
        after_fen: 5,
    };
    let twice = proto::Adjudication { moves: vec![counter_move(0), counter_move(5)], ..decided() };
    assert_eq!(fields(&Adjudication::try_from(twice).unwrap_err()), ["moves"]);
    let below = proto::Adjudication { moves: vec![counter_move(-1)], ..decided() };
    assert_eq!(fields(&Adjudication::try_from(below).unwrap_err()), ["moves[0].before_fen"]);
}
