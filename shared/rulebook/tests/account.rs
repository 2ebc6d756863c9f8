//! What comes into an individual account, and which kinds of care anything is paid for.

#![expect(clippy::unwrap_used, reason = "a test fails where its premises do not hold")]

use std::sync::LazyLock;

use claim::{Employment, Insurance, VisitKind};
use money::Fen;
use rulebook::{AccountCredit, InForce, Rulebook};

static KUNMING: LazyLock<Rulebook> = LazyLock::new(|| Rulebook::kunming().unwrap());

fn rules(date: &str) -> InForce {
    KUNMING.in_force(date.parse().unwrap())
}

fn fen(text: &str) -> Fen {
    text.parse().unwrap()
}

fn credit(employment: Employment, base: &str) -> AccountCredit {
    rules("2022-04-01").account_credit(employment, fen(base)).unwrap()
}

#[test]
fn two_percent_of_the_base_is_credited_and_a_tenth_of_that_goes_to_long_term_care() {
    for (base, credited, long_term_care) in [
        ("8000", "160", "16"),
        // Each is rounded half up once: a fen from 0.25 and from 2.50 on.
        ("0.24", "0", "0"),
        ("0.25", "0.01", "0"),
        ("2.49", "0.05", "0"),
        ("2.50", "0.05", "0.01"),
    ] {
        for employment in [Employment::Active, Employment::Retired] {
            let expected = AccountCredit { credited: fen(credited), long_term_care: fen(long_term_care) };
            assert_eq!(credit(employment, base), expected, "{base} {employment:?}");
        }
    }
}

#[test]
fn nothing_is_credited_before_the_document_is_in_force() {
    for employment in [Employment::Active, Employment::Retired] {
        assert_eq!(rules("2022-03-31").account_credit(employment, fen("8000")), None);
    }
}

#[test]
fn a_kind_of_visit_is_covered_where_a_benefit_takes_its_lines() {
    let employee = Insurance::Employee(Employment::Active);
    for (date, insurance, kind, covered) in [
        ("2022-03-31", employee, VisitKind::Outpatient, false),
        ("2022-04-01", employee, VisitKind::Outpatient, true),
        ("2022-03-31", employee, VisitKind::Inpatient, true),
        ("2022-04-01", Insurance::Resident, VisitKind::Outpatient, true),
        ("2022-04-01", Insurance::Resident, VisitKind::EmergencyRescue, false),
    ] {
        assert_eq!(rules(date).covers(insurance, kind), covered, "{date} {insurance:?} {kind:?}");
    }
}
