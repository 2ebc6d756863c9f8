//! Loading rule documents: what is refused, with which file and line, and what holds on which day.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where its premises do not hold")]

use std::sync::Arc;

use chrono::NaiveDate;
use claim::{BenefitId, LineSplit, PayerId, PricedLine, RuleStatus};
use money::Fen;
use rulebook::{ItemSort, Rulebook};

const HEAD: &str =
    "[document]\nnumber = 'A'\ntitle = 'First'\nregion = '530100'\nin_force_from = 2020-01-01\nstatus = 'official'\n";
const LATER: &str =
    "[document]\nnumber = 'B'\ntitle = 'Second'\nregion = '530100'\nin_force_from = 2022-01-01\nstatus = 'assumed'\n";
const PARAMETER: &str = "[[parameter]]\nid = 'outpatient.deductible'\narticle = '1'\nvalue = '30.00'\n";

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let faults = Rulebook::load(files).expect_err("the documents are at fault");
    faults.0.iter().map(ToString::to_string).collect()
}

/// What a parameter says on a day, with its document.
fn said(rulebook: &Rulebook, id: &str, on: &str) -> Option<(String, String)> {
    let report = rulebook.report(date(on));
    report.items.into_iter().find(|item| item.id == id).map(|item| (item.says, item.document))
}

#[test]
fn the_documents_of_kunming_load() {
    let rulebook = Rulebook::kunming().unwrap_or_else(|faults| panic!("{faults}"));
    let rules = rulebook.in_force(date("2023-05-01"));
    let order: Vec<_> = rules.payer_order().iter().map(PayerId::as_str).collect();
    let last = ["medical-assistance", "individual-account"];
    assert_eq!(order, ["basic-insurance", "critical-illness", last[0], last[1]]);
    assert!(rules.split_citations().is_some());
}

#[test]
fn a_benefit_holds_from_its_first_day() {
    let rulebook = Rulebook::kunming().unwrap();
    let outpatient = BenefitId::new("employee.outpatient").unwrap();
    assert!(rulebook.in_force(date("2022-03-31")).benefit(&outpatient).is_none());
    assert!(rulebook.in_force(date("2022-04-01")).benefit(&outpatient).is_some());
}

#[test]
fn values_that_no_document_gives_are_reported_as_assumed() {
    let report = Rulebook::kunming().unwrap().report(date("2023-05-01"));
    let assumed: Vec<_> =
        report.assumed().filter(|item| item.sort == ItemSort::Parameter).map(|item| &*item.id).collect();
    for id in ["employee.inpatient.rate", "employee.pooling.ceiling", "resident.critical-illness.bands"] {
        assert!(assumed.contains(&id), "{id}");
    }
    for id in ["employee.outpatient.rate", "employee.yearly-maximum", "assistance.inpatient.ceiling"] {
        assert!(!assumed.contains(&id), "{id}");
    }
    let statuses = report.documents.iter().filter(|document| document.file.starts_with("assumed"));
    assert!(statuses.clone().count() == 3 && statuses.into_iter().all(|of| of.status == RuleStatus::Assumed));
}

#[test]
fn every_faulty_item_of_every_file_is_told_with_its_line() {
    let first = format!(
        "{HEAD}{PARAMETER}[[parameter]]\nid = 'a'\narticle = '1'\nvalue = 0.5\n[[parameter]]\nid = 'b'\narticle = '1'\nvalue = '1.001'\n"
    );
    let second = format!(
        "{LATER}[[parameter]]\nid = 'c'\nvalue = '1.00'\n[[parameter]]\nid = 'd'\narticle = '1'\nvalue = '1.00'\nwrong = 1\n"
    );
    let third = LATER.replace("530100", "440100");
    let told =
        faults(&[("first.toml", &first), ("second.toml", &second), ("third.toml", &third), ("fourth.toml", "= 1")]);
    let starts = [
        "first.toml:14: a: ",
        "first.toml:18: b: ",
        "second.toml:7: c: ",
        "second.toml:14: d: ",
        "third.toml:1: ",
        "fourth.toml:1: ",
    ];
    assert_eq!(told.len(), starts.len(), "{told:#?}");
    for (told, start) in told.iter().zip(starts) {
        assert!(told.starts_with(start), "{told} should start with {start}");
    }
}

#[test]
fn two_documents_that_claim_the_same_are_refused_unless_one_names_the_other() {
    let first = format!("{HEAD}{PARAMETER}");
    let silent = format!("{LATER}{}", PARAMETER.replace("30.00", "40.00"));
    let told = faults(&[("first.toml", &first), ("second.toml", &silent)]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("second.toml:7: outpatient.deductible is also given by A on 2022-01-01"), "{told:?}");

    let naming = format!("{silent}replaces = ['A']\n");
    let rulebook = Rulebook::load(&[("first.toml", &first), ("second.toml", &naming)]).unwrap();
    let (id, by) = ("outpatient.deductible", |says: &str, document: &str| Some((says.to_owned(), document.to_owned())));
    assert_eq!(said(&rulebook, id, "2021-12-31"), by("30.00", "A"));
    assert_eq!(said(&rulebook, id, "2022-01-01"), by("40.00", "B"));
}

#[test]
fn an_earlier_rule_holds_again_after_a_temporary_one() {
    let first = format!("{HEAD}{PARAMETER}");
    let temporary = format!("{LATER}{}to = 2022-06-30\nreplaces = ['First']\n", PARAMETER.replace("30.00", "40.00"));
    let rulebook = Rulebook::load(&[("first.toml", &first), ("second.toml", &temporary)]).unwrap();
    let says = |on| said(&rulebook, "outpatient.deductible", on).map(|(says, _)| says);
    assert_eq!(says("2022-06-30").as_deref(), Some("40.00"));
    assert_eq!(says("2022-07-01").as_deref(), Some("30.00"));
}

#[test]
fn a_benefit_that_rests_on_what_is_not_in_force_is_refused() {
    let benefit = "[[benefit]]\nid = 'x'\narticle = '1'\ntitle = { zh = '甲', en = 'x' }\npayer = 'p'\nfund = 'basic-outpatient'\nbase = 'lines'\nservice = 'stay'\nrate = { parameter = 'x.rate' }\n";
    let first = format!("{HEAD}{benefit}");
    let told = faults(&[("first.toml", &first)]);
    assert_eq!(told, ["first.toml:7: x: rests on x.rate, which is not in force on 2020-01-01"]);

    let mistyped = format!("{HEAD}{benefit}{}", PARAMETER.replace("outpatient.deductible", "x.rate"));
    let told = faults(&[("first.toml", &mistyped)]);
    assert_eq!(told, ["first.toml:7: x: asks for a rate, but x.rate is an amount"]);
}

#[test]
fn an_overflow_that_comes_back_to_itself_is_refused() {
    let benefit = |id: &str, next: &str| {
        format!(
            "[[benefit]]\nid = '{id}'\narticle = '1'\ntitle = {{ zh = '甲', en = 'x' }}\npayer = 'p'\nfund = 'basic-outpatient'\nbase = 'overflow'\nrate = {{ parameter = 'rate' }}\nbeyond = '{next}'\n"
        )
    };
    let rate = PARAMETER.replace("outpatient.deductible", "rate").replace("30.00", "50%");
    let first = format!("{HEAD}{rate}{}{}", benefit("x", "y"), benefit("y", "x"));
    assert!(faults(&[("first.toml", &first)])[0].contains("lies beyond itself"));
}

#[test]
fn an_order_of_unknown_benefits_and_a_reading_that_is_not_implemented_are_refused() {
    let order = "[[order]]\nid = 'p'\narticle = '1'\nmembers = ['nowhere']\n";
    let reading = |chosen: &str, id: &str| {
        format!(
            "[[reading]]\nid = '{id}'\narticle = '1'\nquestion = '?'\nchosen = '{chosen}'\noptions = ['payment', 'expense']\n"
        )
    };
    let text = format!(
        "{HEAD}{order}{}{}{}",
        reading("expense", "AMB-05"),
        reading("other", "AMB-05"),
        reading("payment", "X")
    );
    let told = faults(&[("first.toml", &text)]).join("\n");
    for part in
        ["nowhere is not a benefit", "only \"payment\" is implemented", "not one of its options", "X is not a reading"]
    {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_line_is_shut_out_only_by_an_exclusion_of_lines() {
    let exclusion = |payer: &str, what: &str| {
        format!("[[exclusion]]\nid = 'out-{payer}'\narticle = '1'\npayer = '{payer}'\n{what}\n")
    };
    let text = [exclusion("people", "categories = ['registered-poor']"), exclusion("lines", "violations = true")];
    let rules = Rulebook::load(&[("first.toml", &format!("{HEAD}{}{}", text[0], text[1]))]).unwrap();
    let rules = rules.in_force(date("2020-01-01"));
    let shut_out = |payer: &str, violates_rules| {
        let line = PricedLine {
            item_code: None,
            name: Arc::default(),
            quantity: 1,
            amount: Fen::ZERO,
            split: LineSplit::default(),
            disease: None,
            drug: None,
            service_date: None,
            violates_rules,
        };
        rules.line_exclusion(&PayerId::new(payer).unwrap(), &line).is_some()
    };
    assert!(shut_out("lines", true));
    assert!(!shut_out("lines", false) && !shut_out("people", true) && !shut_out("other", true));
}

#[test]
fn the_report_reads_as_text() {
    let text = Rulebook::kunming().unwrap().report(date("2022-05-01")).to_string();
    assert!(text.contains("parameter employee.outpatient.deductible = 30.00 / 60.00 / 90.00 (昆政办〔2022〕15号 第九条, from 2022-04-01, official)"));
    assert!(text.contains("AMB-05"));
}
