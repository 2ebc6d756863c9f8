//! What `onestop rules check` refuses: one test for each kind of fault, each told with its file and line.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails where its premises do not hold")]

use rulebook::Rulebook;

const HEAD: &str =
    "[document]\nnumber = 'A'\ntitle = 'First'\nregion = '530100'\nin_force_from = 2020-01-01\nstatus = 'official'\n";
const LATER: &str =
    "[document]\nnumber = 'B'\ntitle = 'Second'\nregion = '530100'\nin_force_from = 2022-01-01\nstatus = 'official'\n";
/// Line 7 of the first document; the benefit begins on line 12 and ends on line 21.
const RATE: &str = "[[parameter]]\nid = 'x.rate'\narticle = '1'\nvalue = '60%'\n\n";
const BENEFIT: &str = "[[benefit]]\nid = 'x'\narticle = '1'\ntitle = { zh = '甲', en = 'x' }\npayer = 'p'\n\
     fund = 'basic-outpatient'\nbase = 'lines'\nservice = 'stay'\nrate = { parameter = 'x.rate' }\n\n";
const PAYERS: &str = "[[order]]\nid = 'payers'\narticle = '1'\nmembers = ['p']\n";

fn order(members: &str) -> String {
    format!("{PAYERS}[[order]]\nid = 'p'\narticle = '1'\nmembers = [{members}]\n")
}

fn sound() -> String {
    format!("{HEAD}{RATE}{BENEFIT}{}", order("'x'"))
}

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let faults = Rulebook::load(files).expect_err("the documents are at fault");
    faults.0.iter().map(ToString::to_string).collect()
}

/// Asserts that the one document has one fault, on that line, that says `part`.
#[track_caller]
fn refused(text: &str, line: usize, part: &str) {
    let told = faults(&[("a.toml", text)]);
    let [told] = told.as_slice() else { panic!("there should be one fault: {told:#?}") };
    let start = format!("a.toml:{line}: ");
    assert!(told.starts_with(&start) && told.contains(part), "{told} should say {start}…{part}");
}

#[test]
fn the_document_that_the_others_are_spoilt_from_is_sound() {
    Rulebook::load(&[("a.toml", &sound())]).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn an_unknown_key_is_refused() {
    refused(&sound().replace("service =", "srvice = 'stay'\nservice ="), 19, "unknown field `srvice`");
    refused(&sound().replace("value =", "unit = 'yuan'\nvalue ="), 10, "unknown field `unit`");
    refused(&sound().replace("[[order]]\nid = 'p'", "[[ordre]]\nid = 'p'"), 26, "unknown field `ordre`");
}

#[test]
fn a_fault_inside_a_field_or_under_an_option_is_told_with_the_line_of_the_field() {
    let deductible = "deductible = { parameter = 'x.rate', per = 'visit',\n counter = 'c', wrong = 1 }\nservice =";
    refused(&sound().replace("service =", deductible), 20, "unknown field `wrong`");
    let under = "rate = { parameter = 'x.rate' }\n[benefit.under.P.a]\nwhen = {\n kinds = ['journey'] }\n";
    refused(&sound().replace("rate = { parameter = 'x.rate' }\n", under), 23, "journey");
    let absent = "rate = { parameter = 'x.rate' }\n[benefit.under.P.a]\nwithout = ['payer']\n";
    refused(&sound().replace("rate = { parameter = 'x.rate' }\n", absent), 21, "missing field `payer`");
}

#[test]
fn a_benefit_that_comes_after_the_same_terms_in_its_group_is_refused() {
    let personal = |id: &str, more: &str| {
        BENEFIT
            .replace("id = 'x'", &format!("id = '{id}'"))
            .replace("base = 'lines'\nservice = 'stay'", &format!("base = 'personal'\nservices = ['stay']{more}"))
    };
    let group = "[[highest_applies]]\nid = 'g'\narticle = '1'\npayer = 'p'\nmembers = ['y', 'z']\n";
    let text =
        |more: &str| sound().replace(BENEFIT, &format!("{BENEFIT}{}{}{group}", personal("y", ""), personal("z", more)));
    let narrower = text("\nwhen = { levels = ['1'] }");
    refused(&narrower, 32, "z cannot be reached: y comes before it in g and pays the same wherever it would");
    let ceiling = "\nceilings = [{ parameter = 'x.ceiling', counter = 'z' }]";
    let other =
        text(ceiling).replace(RATE, &format!("{RATE}{}", RATE.replace("x.rate", "x.ceiling").replace("60%", "1.00")));
    Rulebook::load(&[("a.toml", &other)]).unwrap_or_else(|faults| panic!("{faults}"));

    let in_two_groups =
        format!("{narrower}[[highest_applies]]\nid = 'h'\narticle = '1'\npayer = 'p'\nmembers = ['y']\n");
    refused(&in_two_groups, 32, "z cannot be reached: y comes before it in g");
    let in_another_too = in_two_groups.replace("members = ['y']\n", "members = ['z', 'y']\n");
    Rulebook::load(&[("a.toml", &in_another_too)]).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn an_account_pays_by_no_other_formula_and_only_what_is_left() {
    let account = BENEFIT
        .replace("fund = 'basic-outpatient'\nbase = 'lines'\nservice = 'stay'", "fund = 'account'\nbase = 'remainder'")
        .replace("rate = { parameter = 'x.rate' }", "account = 'own'");
    let text =
        |more: &str| sound().replace(BENEFIT, &account.replace("account = 'own'", &format!("account = 'own'{more}")));
    Rulebook::load(&[("a.toml", &text(""))]).unwrap_or_else(|faults| panic!("{faults}"));
    let told = "account pays a remainder or eligible-remainder, and is the only formula";
    for other in [
        "\nrate = { parameter = 'x.rate' }",
        "\nbands = { parameter = 'x.rate', threshold = 'x.rate', counter = 'c' }",
        "\ntop_up = 'x.rate'",
        "\nnot_payable_yet = true",
    ] {
        refused(&text(other), 12, told);
    }
    let lines = BENEFIT.replace("rate = { parameter = 'x.rate' }", "account = 'own'");
    refused(&sound().replace(BENEFIT, &lines), 12, told);
}

#[test]
fn each_step_of_a_deductible_counts_by_itself() {
    let text = |second: &str| {
        let again = format!(
            "deductible = {{ parameter = 'x.amount', per = 'visit', counter = 'c', again = [{{ share = 'x.rate', counter = 'a' }}, {{ share = 'x.rate', counter = '{second}' }}] }}\nrate ="
        );
        let amount = RATE.replace("x.rate", "x.amount").replace("60%", "90.00");
        sound().replace("rate =", &again).replace(RATE, &format!("{RATE}{amount}"))
    };
    refused(&text("a"), 17, "each step of again has a counter of its own");
    Rulebook::load(&[("a.toml", &text("b"))]).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn a_refusal_of_a_benefit_that_there_is_not_is_refused() {
    let text = sound().replace("service =", "not_after = { y = { level-too-low = [] } }\nservice =");
    refused(&text, 12, "y is not a benefit of any document");
}

#[test]
fn a_convention_is_said_once_on_a_day() {
    let convention = |id: &str| format!("[[convention]]\nid = '{id}'\narticle = '1'\nlast_day_of_category = 'out'\n");
    let one = format!("{}{}", sound(), convention("a"));
    Rulebook::load(&[("a.toml", &one)]).unwrap_or_else(|faults| panic!("{faults}"));
    let twice = format!("{one}{}", convention("b"));
    refused(&twice, 34, "b: another item says the same convention on 2020-01-01");
}

#[test]
fn a_missing_or_blank_citation_is_refused() {
    let uncited = RATE.replace("article = '1'\n", "");
    refused(&sound().replace(RATE, &uncited), 7, "x.rate: missing field `article`");
    let blank = RATE.replace("article = '1'", "article = ' '");
    refused(&sound().replace(RATE, &blank), 9, "x.rate: its article is blank");
}

#[test]
fn money_as_a_float_is_refused() {
    refused(&sound().replace("'60%'", "0.6"), 10, "value is a float: money is a string of yuan");
    let levels = RATE.replace("value = '60%'", "levels = { 1 = 30.0, 2 = '60.00', 3 = '90.00' }");
    refused(&sound().replace(RATE, &levels), 10, "floating point `30.0`");
    let bands = RATE.replace("value = '60%'", "bands = [{ up_to = 50000.5, rate = '60%' }, { rate = '70%' }]");
    refused(&sound().replace(RATE, &bands), 10, "floating point `50000.5`");
}

#[test]
fn a_gap_in_the_days_of_a_parameter_is_refused_with_the_days() {
    let text = sound().replace(
        RATE,
        "[[parameter]]\nid = 'y'\narticle = '1'\nto = 2020-06-30\nvalue = '1.00'\n[[parameter]]\nid = 'y'\narticle = '1'\n\
         from = 2020-07-02\nvalue = '2.00'\n[[parameter]]\nid = 'x.rate'\narticle = '1'\nvalue = '60%'\n",
    );
    refused(
        &text,
        12,
        "y is given before 2020-07-01 and from 2020-07-02 on, but by nobody from 2020-07-01 to 2020-07-01",
    );
    Rulebook::load(&[("a.toml", &text.replace("2020-07-02", "2020-07-01"))])
        .unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn a_gap_between_two_versions_of_a_benefit_is_refused_with_the_days() {
    let first = sound().replace(BENEFIT, &BENEFIT.replace("article = '1'\n", "article = '1'\nto = 2021-11-30\n"));
    let second = format!("{LATER}{BENEFIT}");
    let told = faults(&[("a.toml", &first), ("b.toml", &second)]);
    let gap =
        "b.toml:7: x is given before 2021-12-01 and from 2022-01-01 on, but by nobody from 2021-12-01 to 2021-12-31";
    assert_eq!(told, [gap]);
}

#[test]
fn a_benefit_that_needs_what_nobody_gives_on_some_day_is_refused_with_the_days() {
    let ending = sound().replace("value = '60%'", "to = 2021-12-31\nvalue = '60%'");
    refused(&ending, 13, "x: rests on x.rate, which is not in force on 2022-01-01");
    let starting = sound().replace("value = '60%'", "from = 2021-03-01\nvalue = '60%'");
    refused(&starting, 13, "x: rests on x.rate, which is not in force on 2020-01-01 (until 2021-02-28)");
}

#[test]
fn an_overlap_in_one_document_is_refused() {
    let twice =
        sound().replace(RATE, &format!("{RATE}{}", RATE.replace("article = '1'", "article = '2'\nfrom = 2021-05-01")));
    refused(&twice, 12, "x.rate is also given by A on 2021-05-01");
}

#[test]
fn a_last_day_before_the_first_is_refused() {
    refused(
        &sound().replace("value = '60%'", "to = 2019-12-31\nvalue = '60%'"),
        10,
        "its last day is before its first",
    );
}

#[test]
fn a_rule_may_hold_on_one_day_only() {
    let one_day = format!("{}[[parameter]]\nid = 'y'\narticle = '1'\nto = 2020-01-01\nvalue = '1.00'\n", sound());
    Rulebook::load(&[("a.toml", &one_day)]).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn a_time_is_not_a_date() {
    for time in ["2021-01-01T00:00:00", "2021-01-01T00:00:00Z"] {
        refused(&sound().replace("value = '60%'", &format!("from = {time}\nvalue = '60%'")), 10, "is not a date");
    }
}

#[test]
fn an_alternative_that_cannot_be_read_is_refused_although_nobody_chose_it() {
    refused(&sound().replace("'60%'", "'60%'\nunder = { P = { a = { value = 0.5 } } }"), 11, "value is a float");
}

#[test]
fn two_documents_that_claim_one_benefit_are_refused_unless_the_later_replaces_the_earlier() {
    let second = format!("{LATER}{BENEFIT}");
    let told = faults(&[("a.toml", &sound()), ("b.toml", &second)]);
    assert_eq!(told, ["b.toml:7: x is also given by A on 2022-01-01: name that document in replaces"]);
    let naming = second.replace("article = '1'", "article = '1'\nreplaces = ['A']");
    Rulebook::load(&[("a.toml", &sound()), ("b.toml", &naming)]).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn a_rate_outside_0_to_100_percent_is_refused() {
    for wrong in ["100.01%", "-1%", "160%", "0.001%"] {
        refused(&sound().replace("60%", wrong), 10, "is not a rate: write a percentage from \"0%\" to \"100%\"");
    }
    for right in ["0%", "100%"] {
        Rulebook::load(&[("a.toml", &sound().replace("60%", right))]).unwrap_or_else(|faults| panic!("{faults}"));
    }
}

#[test]
fn bands_out_of_order_are_refused() {
    let bands = |lower: &str, upper: &str| {
        let bands = format!(
            "bands = [{{ up_to = '{lower}', rate = '60%' }}, {{ up_to = '{upper}', rate = '70%' }}, {{ rate = '80%' }}]"
        );
        sound().replace(
            BENEFIT,
            &format!("{}{BENEFIT}", RATE.replace("x.rate", "y.bands").replace("value = '60%'", &bands)),
        )
    };
    refused(&bands("100.00", "50.00"), 15, "y.bands: bands ascend");
    refused(&bands("100.00", "100.00"), 15, "y.bands: bands ascend");
    Rulebook::load(&[("a.toml", &bands("100.00", "100.01"))]).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn a_benefit_that_nothing_names_is_refused() {
    refused(
        &sound().replace("members = ['x']", "members = []"),
        12,
        "x cannot be reached: no order of p names it on 2020-01-01",
    );
    let personal = BENEFIT
        .replace("id = 'x'", "id = 'y'")
        .replace("base = 'lines'\nservice = 'stay'", "base = 'personal'\nservices = ['stay']");
    let text = sound().replace(BENEFIT, &format!("{BENEFIT}{personal}"));
    refused(&text, 22, "y cannot be reached: no order and no highest_applies of p names it");
    let group = format!("{text}[[highest_applies]]\nid = 'g'\narticle = '1'\npayer = 'p'\nmembers = ['y']\n");
    Rulebook::load(&[("a.toml", &group)]).unwrap_or_else(|faults| panic!("{faults}"));
    let elsewhere = group.replace("services = ['stay']", "services = ['chronic']");
    refused(&elsewhere, 22, "y cannot be reached: nothing that it looks at is settled by a benefit in force");
}

#[test]
fn a_top_up_looks_at_one_service() {
    let top_up = BENEFIT
        .replace("base = 'lines'\nservice = 'stay'", "base = 'personal'\nservices = ['stay', 'chronic']")
        .replace("rate = { parameter = 'x.rate' }", "top_up = 'x.rate'");
    refused(&sound().replace(BENEFIT, &top_up), 12, "top_up (of one service)");
}

#[test]
fn an_overflow_that_nothing_flows_into_is_refused() {
    let overflow =
        BENEFIT.replace("id = 'x'", "id = 'y'").replace("base = 'lines'\nservice = 'stay'", "base = 'overflow'");
    let text = sound().replace(BENEFIT, &format!("{BENEFIT}{overflow}"));
    refused(&text, 22, "y cannot be reached: no benefit in force on 2020-01-01 names it in beyond");
    let reached = text.replace("service = 'stay'\n", "service = 'stay'\nbeyond = 'y'\n");
    Rulebook::load(&[("a.toml", &reached)]).unwrap_or_else(|faults| panic!("{faults}"));
    let of_another_payer = reached.replace(
        "payer = 'p'\nfund = 'basic-outpatient'\nbase = 'overflow'",
        "payer = 'q'\nfund = 'basic-outpatient'\nbase = 'overflow'",
    );
    refused(&of_another_payer, 23, "q is not among the payers asked");
    let asked = of_another_payer.replace("members = ['p']", "members = ['p', 'q']");
    refused(&asked, 23, "no order of q names it");
}

#[test]
fn a_benefit_whose_conditions_contradict_each_other_is_refused() {
    let with = |when: &str| sound().replace("service = 'stay'\n", &format!("service = 'stay'\nwhen = {{ {when} }}\n"));
    refused(&with("kinds = ['pharmacy'], pharmacy = 'never'"), 12, "asks for a pharmacy and never pays at one");
    refused(&with("line = { approved = 'special', only = ['a'], except = ['a', 'b'] }"), 12, "is one that it excepts");
    refused(&with("disability_levels = [5]"), 12, "no such level of disability");
    Rulebook::load(&[("a.toml", &with("disability_levels = [4]"))]).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn a_benefit_whose_every_line_goes_to_an_earlier_one_is_refused() {
    let narrow = BENEFIT.replace("id = 'x'", "id = 'y'").replace("service = 'stay'\n", "service = 'stay'\nwhen = { scheme = 'resident', levels = ['2'], line = { approved = 'special', except = ['a'] } }\n");
    let ordered = |first: &str, members: &str| {
        let first = BENEFIT.replace("service = 'stay'\n", &format!("service = 'stay'\n{first}"));
        format!("{HEAD}{RATE}{first}{narrow}{}", order(members))
    };
    for wider in [
        "",
        "when = { scheme = 'resident' }\n",
        "when = { levels = ['1', '2'] }\n",
        "when = { line = { approved = 'special' } }\n",
    ] {
        let line = if wider.is_empty() { 22 } else { 23 };
        refused(&ordered(wider, "'x', 'y'"), line, "y cannot be reached: x comes before it and takes every line");
        Rulebook::load(&[("a.toml", &ordered(wider, "'y', 'x'"))]).unwrap_or_else(|faults| panic!("{faults}"));
    }
    for other in [
        "when = { scheme = 'employee' }\n",
        "when = { levels = ['1', '3'] }\n",
        "when = { levels = ['1'], any_level_where = 'special-exempt' }\n",
        "when = { line = { approved = 'chronic' } }\n",
        "when = { line = { approved = 'special', except = ['b'] } }\n",
    ] {
        Rulebook::load(&[("a.toml", &ordered(other, "'x', 'y'"))]).unwrap_or_else(|faults| panic!("{faults}"));
    }

    // What an institution of another level is allowed reaches a benefit that the earlier one's levels shut out.
    let allowed = narrow.replace("levels = ['2']", "levels = ['2'], any_level_where = 'special-exempt'");
    let text = ordered("when = { levels = ['1', '2'] }\n", "'x', 'y'").replace(&narrow, &allowed);
    Rulebook::load(&[("a.toml", &text)]).unwrap_or_else(|faults| panic!("{faults}"));
    let text = ordered("when = { levels = ['1', '2'], any_level_where = 'special-exempt' }\n", "'x', 'y'");
    refused(&text.replace(&narrow, &allowed), 23, "y cannot be reached: x comes before it and takes every line");
}
