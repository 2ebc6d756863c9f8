//! The binary as its users run it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use store::Location;
use store::testing::TestStore;

use harness::{Serving, onestop, project, run, text};

fn example(name: &str) -> PathBuf {
    project().join("examples/cases").join(name)
}

const CHAIN: &str = "04-one-stop-subsistence-allowance.json";

fn prepared() -> (TestStore, Location) {
    let store = TestStore::sqlite();
    let location = store.location.clone();
    harness::import(&location, &harness::register_files());
    (store, location)
}

fn json_lines(output: &std::process::Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_sample_chain_is_settled_and_printed_as_json() {
    let (_store, location) = prepared();
    let output = run(onestop(&location).args(["settle", "--json"]).arg(example(CHAIN)));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let statements = json_lines(&output);
    let amounts = &statements[0]["amounts"];
    for (name, yuan) in [
        ("total", "100000.00"),
        ("eligible", "95000.00"),
        ("basic", "56472.00"),
        ("critical_illness", "21143.20"),
        ("assistance", "12169.36"),
        ("cash", "10215.44"),
    ] {
        assert_eq!(amounts[name], yuan, "{name}");
    }
    let again = run(onestop(&location).args(["settle", "--json"]).arg(example(CHAIN)));
    assert_eq!(text(&again.stdout), text(&output.stdout));
}

#[test]
fn a_statement_is_a_chinese_table_that_cites_every_figure() {
    let (_store, location) = prepared();
    let output = text(&run(onestop(&location).arg("settle").arg(example(CHAIN))).stdout);
    for part in ["结算单", "医疗救助", "12,169.36", "10,215.44", "计算过程", "假定", "〔"] {
        assert!(output.contains(part), "{part} is not in {output}");
    }
    let english = text(&run(onestop(&location).args(["settle", "--lang", "en"]).arg(example(CHAIN))).stdout);
    for part in ["One-stop settlement statement", "medical assistance", "Computation", "Assumed"] {
        assert!(english.contains(part), "{part} is not in {english}");
    }
}

#[test]
fn a_stored_settlement_is_explained_as_it_was_printed_when_it_was_settled() {
    let (_store, location) = prepared();
    let settled = run(onestop(&location).args(["settle", "--json"]).arg(example(CHAIN)));
    let settlement_id = json_lines(&settled)[0]["settlement_id"].as_str().unwrap().to_owned();
    let printed = run(onestop(&location).args(["settle", "--lang", "en"]).arg(example(CHAIN)));
    let explained = run(onestop(&location).args(["explain", &settlement_id, "--lang", "en"]));
    assert!(explained.status.success(), "{}", text(&explained.stderr));
    assert_eq!(text(&explained.stdout), text(&printed.stdout));

    let mut without_request = json_lines(&settled);
    without_request[0].as_object_mut().unwrap().remove("request_id");
    let explained = run(onestop(&location).args(["explain", &settlement_id, "--json"]));
    assert_eq!(json_lines(&explained), without_request);

    let serving = Serving::start(onestop(&location).args(["serve", "--listen", "127.0.0.1:0"]));
    let remote = run(onestop(&location).args(["explain", &settlement_id, "--json", "--endpoint", &serving.endpoint]));
    assert_eq!(json_lines(&remote), without_request);
    serving.stop();
}

#[test]
fn a_settlement_that_is_not_stored_is_told_by_its_typed_error() {
    let (_store, location) = prepared();
    for (settlement_id, parts) in [
        ("no-such-settlement", ["no-such-settlement: SETTLEMENT_NOT_FOUND", "未找到该结算记录。"]),
        ("a b", ["a b: FIELD_VIOLATION", "settlement_id"]),
    ] {
        let output = run(onestop(&location).args(["explain", settlement_id]));
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        let faults = text(&output.stderr);
        for part in parts {
            assert!(faults.contains(part), "{part} is not in {faults}");
        }
    }
}

#[test]
fn a_list_of_cases_is_answered_in_its_order_and_one_bad_case_does_not_stop_the_others() {
    let (store, location) = prepared();
    let good = fs::read_to_string(example("07-outpatient-visits.jsonl")).unwrap();
    let file = store.directory().unwrap().join("cases.jsonl");
    fs::write(&file, format!("{good}{{\"person_id\": 7}}\n")).unwrap();
    let output = run(onestop(&location).args(["settle", "--json", "--concurrency", "8"]).arg(&file));
    assert!(!output.status.success());
    let requests: Vec<_> = json_lines(&output).iter().map(|line| line["request_id"].clone()).collect();
    assert_eq!(requests, ["example-07-1", "example-07-2", "example-07-3", "example-07-4"]);
    let faults = text(&output.stderr);
    for part in [":5: FIELD_VIOLATION", "person_id must be a string", "institution_id", "service_date", "lines"] {
        assert!(faults.contains(part), "{part} is not in {faults}");
    }
}

#[test]
fn a_faulty_case_learns_at_once_what_its_file_shows_and_what_only_the_register_knows() {
    let (store, location) = prepared();
    let file = store.directory().unwrap().join("bad.json");
    let case = r#"{"person_id": "nobody", "institution_id": "nowhere", "kind": "outpatient", "service_date": "2023-03-01",
        "total": "10.00", "colour": "red", "lines": [
            {"item_code": "C9998", "amount": "-1.00"}, {"item_code": "C9999", "amount": "11.00"}]}"#;
    fs::write(&file, case).unwrap();
    let output = run(onestop(&location).arg("settle").arg(&file));
    assert!(!output.status.success());
    let faults = text(&output.stderr);
    let fields: Vec<_> = faults.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    let expected =
        ["lines[0].amount", "colour", "person_id", "institution_id", "lines[0].item_code", "lines[1].item_code"];
    assert_eq!(fields.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(expected), "{faults}");
}

#[test]
fn a_preview_leaves_nothing_behind() {
    let (_store, location) = prepared();
    let preview = run(onestop(&location).args(["preview", "--json"]).arg(example(CHAIN)));
    assert!(preview.status.success(), "{}", text(&preview.stderr));
    assert_eq!(json_lines(&preview)[0]["settlement_id"], Value::Null);
    let again = run(onestop(&location).args(["preview", "--json"]).arg(example(CHAIN)));
    assert_eq!(json_lines(&preview)[0]["amounts"], json_lines(&again)[0]["amounts"]);
}

#[test]
fn commands_reach_a_running_platform_and_its_store_is_not_shared_behind_its_back() {
    let (_store, location) = prepared();
    let serving = Serving::start(onestop(&location).args(["serve", "--listen", "127.0.0.1:0"]));
    let remote =
        run(onestop(&location).args(["settle", "--json", "--endpoint", &serving.endpoint]).arg(example(CHAIN)));
    assert!(remote.status.success(), "{}", text(&remote.stderr));
    assert_eq!(json_lines(&remote)[0]["amounts"]["cash"], "10215.44");
    let local = run(onestop(&location).arg("settle").arg(example(CHAIN)));
    assert!(!local.status.success());
    assert!(text(&local.stderr).contains("--endpoint"), "{}", text(&local.stderr));
    serving.stop();
}

#[test]
fn a_file_of_facts_with_a_wrong_row_is_reported_and_not_stored() {
    let (store, location) = prepared();
    let file = store.directory().unwrap().join("persons.csv");
    let header = "person_id,birth_date,sex,kunming_household,disability_level,scheme,employment,from,to";
    fs::write(&file, format!("{header}\nnew-1,1990-01-01,male,true,0,resident,,2020-01-01,\nnew-2,1990-02-30,male,true,9,resident,,2020-01-01,\n")).unwrap();
    let output = run(onestop(&location).arg("import").arg(&file));
    assert!(!output.status.success());
    let report = text(&output.stdout);
    for part in ["未入库", "第 2 行 birth_date", "第 2 行 disability_level"] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}

#[test]
fn the_rules_are_checked_and_what_is_assumed_is_named() {
    let store = TestStore::sqlite();
    let output = run(onestop(&store.location).args(["rules", "check", "--date", "2023-06-30"]));
    assert!(output.status.success());
    let report = text(&output.stdout);
    for part in ["昆政办〔2022〕15号", "第九条", "assumed", "documents valid"] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}

#[test]
fn production_does_not_start_on_assumed_rules() {
    let store = TestStore::sqlite();
    let output = run(onestop(&store.location).args(["serve", "--listen", "127.0.0.1:0", "--production"]));
    assert!(!output.status.success());
    let message = text(&output.stderr);
    for part in ["assumed", "resident.inpatient.rate", "rules check"] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
}

#[test]
fn worked_cases_that_hold_pass_and_those_that_do_not_are_told_with_what_was_got() {
    let store = TestStore::sqlite();
    let cases = project().join("tests/cases");
    let output = run(onestop(&store.location).args(["rules", "test"]).arg(&cases));
    assert!(output.status.success(), "{}", text(&output.stdout));
    assert!(text(&output.stdout).trim_end().ends_with(" 0 failed"));

    let file = store.directory().unwrap().join("wrong.toml");
    fs::write(
        &file,
        "name = 'wrong'\n[person]\nscheme = 'employee'\nemployment = 'active'\nbirth_date = '1980-01-01'\n\
         [[visits]]\nkind = 'outpatient'\ndate = '2023-03-01'\ninstitution = { id = 'h', level = 1 }\n\
         lines = [{ amount = '130.00', class = 'A' }]\nexpect = { basic = '60.01', cash = '70.00' }\n",
    )
    .unwrap();
    let output = run(onestop(&store.location).args(["rules", "test"]).arg(&file));
    assert!(!output.status.success());
    let report = text(&output.stdout);
    for part in ["60.01", "60.00", "0 passed, 1 failed"] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}

#[test]
fn rules_at_fault_are_told_with_file_and_line_and_the_check_fails() {
    let store = TestStore::sqlite();
    let directory = store.directory().unwrap().join("rules");
    fs::create_dir(&directory).unwrap();
    let head = "[document]\nnumber = 'A'\ntitle = 'First'\nregion = '530100'\nin_force_from = 2020-01-01\nstatus = 'official'\n";
    let float = "[[parameter]]\nid = 'a'\narticle = '1'\nvalue = 0.5\n";
    let uncited = "[[parameter]]\nid = 'b'\nvalue = '1.00'\n";
    fs::write(directory.join("first.toml"), format!("{head}{float}{uncited}")).unwrap();
    let above = "[[parameter]]\nid = 'c'\narticle = '1'\nvalue = '100.5%'\nwrong = 1\n";
    fs::write(directory.join("second.toml"), format!("{}{above}", head.replace('A', "B"))).unwrap();
    let output = run(onestop(&store.location).args(["rules", "check", "--rules"]).arg(&directory));
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let faults = text(&output.stderr);
    for part in [
        "first.toml:10: a: value is a float",
        "first.toml:11: b: missing field `article`",
        "second.toml:11: c: unknown field",
    ] {
        assert!(faults.contains(part), "{part} is not in {faults}");
    }
}

#[test]
fn a_rule_is_shown_as_a_person_would_read_it() {
    let store = TestStore::sqlite();
    let show = |arguments: &[&str]| run(onestop(&store.location).args(["rules", "show"]).args(arguments));
    let shown = text(&show(&["employee.outpatient", "--date", "2023-06-30"]).stdout);
    for part in [
        "职工普通门诊  [employee.outpatient]  2023-06-30",
        "对象：职工医保参保人员",
        "每次就诊 一级及以下 30.00、二级 60.00、三级 90.00 〔昆政办〔2022〕15号 第九条，2022-04-01起〕",
        "在职 一级及以下 60%、二级 55%、三级 50%；退休 一级及以下 65%、二级 60%、三级 55%",
        "年度限额：6,000.00",
        "由下一层支付：职工普通门诊超限额部分（按住院比例） [employee.outpatient.overflow]",
        "* 未见文件公布",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let stay = text(&show(&["employee.inpatient", "--date", "2023-06-30", "--lang", "en"]).stdout);
    for part in ["It replaced: 假定值", "from 2019-12-01 to 2022-03-31", "counted together with", "employee.special"]
    {
        assert!(stay.contains(part), "{part} is not in {stay}");
    }
    let listed = text(&show(&["--date", "2023-06-30"]).stdout);
    for benefit in listed.lines().filter_map(|line| line.split_whitespace().next()) {
        for lang in ["zh-CN", "en"] {
            let output = show(&[benefit, "--date", "2023-06-30", "--lang", lang]);
            assert!(output.status.success(), "{benefit}: {}", text(&output.stderr));
        }
    }
    assert!(listed.contains("assistance.inpatient  普通住院救助") && !listed.contains("nowhere"));

    let subsidy = text(&show(&["assistance.premium.disabled", "--date", "2023-06-30"]).stdout);
    for part in ["丧失劳动能力", "残疾等级 1、2 级", "当年个人缴费：350.00", "定额，不超过缴费 120.00", "就高，不叠加"]
    {
        assert!(subsidy.contains(part), "{part} is not in {subsidy}");
    }
    let surgery = text(&show(&["employee.day-surgery", "--date", "2023-06-30", "--lang", "en"]).stdout);
    let price = "Published price: the register's, of the diagnosis; what lies beyond it is the institution's";
    assert!(surgery.contains(price), "{surgery}");
    let elsewhere = "whatever the filing: ";
    assert!(surgery.contains(elsewhere) && surgery.contains("never for: "), "{elsewhere} is not in {surgery}");

    let unknown = show(&["nowhere"]);
    assert!(!unknown.status.success());
    let message = text(&unknown.stderr);
    assert!(message.contains("no benefit \"nowhere\"") && message.contains("employee.outpatient,"), "{message}");
    let early = text(&show(&["employee.outpatient", "--date", "2022-03-31"]).stderr);
    assert!(early.contains("not in force on 2022-03-31: from 2022-04-01 by 昆政办〔2022〕15号"), "{early}");
}

#[test]
fn what_holds_under_an_option_is_shown_where_it_is_chosen() {
    let store = TestStore::sqlite();
    let directory = store.directory().unwrap().join("rules");
    fs::create_dir(&directory).unwrap();
    for entry in fs::read_dir(project().join("shared/rulebook/kunming")).unwrap() {
        let path = entry.unwrap().path();
        let mut text = fs::read_to_string(&path).unwrap();
        for (chosen, other) in [
            ("exact-split", "whole-visit"),
            ("shared", "first-bill"),
            ("once-for-all-diseases", "per-disease"),
            ("raised-base", "ordinary-base"),
            ("full", "step"),
            ("difference-rounded-once", "each-rounded"),
            ("todays-terms", "less-what-was-paid"),
            ("all", "latest"),
            ("by-settled-service", "registered-disease"),
            ("every-basic-rate", "stays-only"),
            ("every-major-disease-stay", "paid-as-major-disease"),
            ("eligible-excludes-initial-self-pay", "eligible-includes-initial-self-pay"),
        ] {
            // AMB-29 and repeat-admission both have a "full"; only the latter has a "step".
            let options = format!("chosen = \"{chosen}\"\noptions = [\"{chosen}\", ");
            let at = text.match_indices(&options).map(|(at, _)| at);
            let at = at.filter(|at| text[*at..].lines().nth(1).unwrap().contains(other)).last();
            if let Some(at) = at {
                text.replace_range(at.."chosen = ".len() + at + chosen.len() + 2, &format!("chosen = \"{other}\""));
            }
        }
        fs::write(directory.join(path.file_name().unwrap()), text).unwrap();
    }
    let show = |benefit: &str, lang: &str| {
        let arguments = ["rules", "show", benefit, "--date", "2023-06-30", "--lang", lang, "--rules"];
        text(&run(onestop(&store.location).args(arguments).arg(&directory)).stdout)
    };
    for (benefit, lang, part) in [
        ("employee.outpatient", "en", "The bill that crosses: as a whole"),
        ("employee.outpatient", "zh-CN", "仅首张单据承担"),
        ("employee.chronic", "en", "each disease is a payment of its own"),
        ("employee.chronic", "en", "psychosis (alone)"),
        ("employee.inpatient", "en", "from time 3 in the year, of that 25%"),
        ("employee.inpatient", "zh-CN", "仅计最近一日"),
        ("employee.outpatient", "en", "only for: "),
        ("resident.critical-illness", "en", "the sums before and after are each rounded"),
        ("resident.critical-illness", "zh-CN", "减已付"),
        ("assistance.special.subsistence-allowance", "zh-CN", "登记为特殊病的病种"),
        ("assistance.special.subsistence-allowance", "en", "and the initial self-pay"),
        ("assistance.major-disease.low-income", "en", "only what this item pays for"),
    ] {
        let shown = show(benefit, lang);
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
}

#[test]
fn a_value_is_shown_with_what_replaced_it() {
    let store = TestStore::sqlite();
    let directory = store.directory().unwrap().join("rules");
    fs::create_dir(&directory).unwrap();
    for entry in fs::read_dir(project().join("shared/rulebook/kunming")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, directory.join(path.file_name().unwrap())).unwrap();
    }
    let later = "[document]\nnumber = '示例〔2023〕1号'\ntitle = '示例'\nregion = '530100'\nin_force_from = 2023-07-01\n\
         status = 'official'\n[[parameter]]\nid = 'employee.outpatient.ceiling'\narticle = '第一条'\nvalue = '7000.00'\n\
         replaces = ['昆政办〔2022〕15号']\n";
    fs::write(directory.join("later.toml"), later).unwrap();
    let show = |date| {
        let arguments = ["rules", "show", "employee.outpatient", "--date", date, "--rules"];
        text(&run(onestop(&store.location).args(arguments).arg(&directory)).stdout)
    };
    let before =
        "年度限额：6,000.00 〔昆政办〔2022〕15号 第九条，2022-04-01起；此后 示例〔2023〕1号 第一条，2023-07-01起〕";
    let after =
        "年度限额：7,000.00 〔示例〔2023〕1号 第一条，2023-07-01起；此前 昆政办〔2022〕15号 第九条，2022-04-01起〕";
    assert!(show("2023-06-30").contains(before), "{}", show("2023-06-30"));
    assert!(show("2023-07-01").contains(after), "{}", show("2023-07-01"));
}

#[test]
fn premium_subsidies_are_told_for_each_person_and_in_total() {
    let store = TestStore::sqlite();
    let file = store.directory().unwrap().join("people.jsonl");
    let person = |name: &str, rest: &str| format!("{{\"name\": \"{name}\", \"birth_date\": \"1950-01-01\", {rest}}}\n");
    let people = [
        person("T", "\"scheme\": \"resident\", \"categories\": [\"extreme-poverty\"]"),
        person("L", "\"scheme\": \"resident\", \"categories\": [\"subsistence-allowance\", \"low-income-elderly\"]"),
        person("E", "\"scheme\": \"employee\", \"employment\": \"retired\", \"categories\": [\"extreme-poverty\"]"),
        person("D", "\"scheme\": \"resident\", \"disability_level\": 2, \"unable_to_work\": true"),
    ];
    fs::write(&file, people.concat()).unwrap();
    let subsidies = |arguments: &[&str]| run(onestop(&store.location).arg("subsidies").arg(&file).args(arguments));
    let output = subsidies(&["--date", "2021-06-01", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = json_lines(&output);
    let amounts: Vec<_> = told[..4].iter().map(|line| [&line["subsidy"], &line["paid_by_person"]]).collect();
    let null = Value::Null;
    assert_eq!(amounts[0], ["280.00", "0.00"]);
    assert_eq!(amounts[1], ["120.00", "160.00"]);
    assert_eq!(amounts[2], [&Value::from("0.00"), &null]);
    assert_eq!(amounts[3], ["120.00", "160.00"]);
    let totals = &told[4]["totals"];
    assert_eq!([&totals["premium"], &totals["subsidy"], &totals["paid_by_persons"]], ["840.00", "520.00", "320.00"]);
    let shown = text(&subsidies(&["--date", "2021-06-01"]).stdout);
    for part in [
        "T：个人缴费标准 280.00，资助 280.00，个人负担 0.00；特困供养人员全额资助参保",
        "参加职工医保不予资助",
        "四（一）2、表1",
        "合计 4 人，资助 3 人",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let early = subsidies(&["--date", "2020-06-01"]);
    assert!(!early.status.success() && text(&early.stderr).contains("no rule on premium subsidies is in force"));

    fs::write(&file, format!("{}{{\"name\": 7}}\n", people[0])).unwrap();
    let output = subsidies(&["--date", "2024-01-01"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("people.jsonl:2: ") && text(&output.stdout).contains("资助 380.00"));
}

#[test]
fn the_premiums_of_a_county_sum_as_its_fund_plan_says() {
    let store = TestStore::sqlite();
    let file = store.directory().unwrap().join("county.jsonl");
    let line = |category: &str| {
        format!(
            "{{\"name\": \"x\", \"birth_date\": \"1980-01-01\", \"scheme\": \"resident\", \"categories\": [\"{category}\"]}}\n"
        )
    };
    fs::write(&file, line("extreme-poverty").repeat(30) + &line("subsistence-allowance").repeat(1_200)).unwrap();
    let output = run(onestop(&store.location).arg("subsidies").arg(&file).args(["--date", "2024-01-01", "--json"]));
    let told = json_lines(&output);
    assert_eq!(told.last().unwrap()["totals"]["subsidy"], "155400.00");
    assert_eq!(told.len(), 1_231);
}

#[test]
fn a_settlement_is_cancelled_decided_anew_told_and_audited_from_the_command_line() {
    let (_store, location) = prepared();
    let settled = run(onestop(&location).args(["settle", "--json"]).arg(example(CHAIN)));
    let id = json_lines(&settled)[0]["settlement_id"].as_str().unwrap().to_owned();
    let person = json_lines(&settled)[0]["person_id"].as_str().unwrap().to_owned();

    let nothing = ["readjudicate", &person, "--from", "2023-01-01", "--request-id", "a-1"];
    let nothing = run(onestop(&location).args(nothing).args(["--lang", "en"]));
    assert!(text(&nothing.stdout).contains("Nothing comes out otherwise"), "{}", text(&nothing.stderr));

    let cancel = ["cancel", &id, "--request-id", "c-1"];
    let cancelled = run(onestop(&location).args(cancel));
    for part in ["结算撤销", &id, "已撤销", "医疗救助: -12,169.36", "个人现金: -10,215.44"] {
        assert!(text(&cancelled.stdout).contains(part), "{part} is not in {}", text(&cancelled.stdout));
    }
    let again = run(onestop(&location).args(cancel));
    assert_eq!(text(&again.stdout), text(&cancelled.stdout));
    let other = run(onestop(&location).args(["cancel", &id, "--request-id", "c-2"]));
    assert!(!other.status.success());
    assert!(text(&other.stderr).contains("SETTLEMENT_CANCELLED"), "{}", text(&other.stderr));
    let reversed = run(onestop(&location).args(["reverse", &person, "never", "--request-id", "v-1", "--json"]));
    assert_eq!(json_lines(&reversed)[0]["outcome"], "REVERSAL_OUTCOME_NEVER_ARRIVED");
    let explained = text(&run(onestop(&location).args(["explain", &id, "--lang", "en"])).stdout);
    assert!(explained.starts_with("Cancelled: "), "{explained}");

    let history = run(onestop(&location).args(["history", &person, "--year", "2023", "--lang", "en"]));
    assert!(history.status.success());
    for part in ["#1 ", "settlement ", "Cancellation: ", "request kept out never", "4 links, the chain holds"] {
        assert!(text(&history.stdout).contains(part), "{part} is not in {}", text(&history.stdout));
    }
    let history = json_lines(&run(onestop(&location).args(["history", &person, "--year", "2023", "--json"])));
    assert_eq!(history.last().unwrap()["links"], 4);

    let feed = json_lines(&run(onestop(&location).args(["feed", "--cursor", "1"])));
    let cursors: Vec<_> = feed.iter().map(|line| line["cursor"].as_i64().unwrap()).collect();
    assert_eq!(cursors, [2, 3, 4]);
    assert_eq!(feed[1]["entry"]["adjustment"]["cash_difference"], "-10215.44");

    let audit = run(onestop(&location).arg("audit"));
    assert!(audit.status.success());
    assert_eq!(text(&audit.stdout), "1 persons, 4 links, 6 postings\n0 differences\n");
}
