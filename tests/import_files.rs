//! Files as offices send them, imported by the binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use encoding_rs::GB18030;
use store::testing::TestStore;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use harness::{Serving, run, text};
use std::process::Command;

/// The binary, speaking English.
fn onestop(location: &store::Location) -> Command {
    let mut command = harness::onestop(location);
    command.env("ONESTOP_LANG", "en");
    command
}

const PERSONS: &str = "人员编号,出生日期,性别,昆明户籍,险种,在职状态,开始日期,结束日期\n\
     G1,1985-04-12,男,是,职工,在职,2019-12-01,\nG2,1955/9/30,女,否,居民,,2017年1月1日,2023-12-31\n";

#[test]
fn a_gbk_file_with_chinese_headers_and_words_is_stored() {
    let store = TestStore::sqlite();
    let file = store.directory().unwrap().join("参保人员.csv");
    fs::write(&file, GB18030.encode(PERSONS).0).unwrap();
    let output = run(onestop(&store.location).arg("import").arg(&file));
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("2 rows stored, 2 of them new"), "{}", text(&output.stdout));
    let utf8 = store.directory().unwrap().join("utf8.csv");
    fs::write(&utf8, format!("\u{feff}{PERSONS}")).unwrap();
    let output = run(onestop(&store.location).arg("import").arg(&utf8));
    assert!(text(&output.stdout).contains("2 rows stored, 0 of them new"), "{}", text(&output.stdout));
}

#[test]
fn a_file_that_is_neither_utf_8_nor_gbk_is_refused_with_its_line() {
    let store = TestStore::sqlite();
    let file = store.directory().unwrap().join("broken.csv");
    fs::write(&file, [PERSONS.as_bytes(), &[0xff, 0xff, b'\n']].concat()).unwrap();
    let output = run(onestop(&store.location).arg("import").arg(&file));
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("line "), "{}", text(&output.stderr));
}

#[test]
fn a_check_stores_nothing_and_the_report_has_every_fault() {
    let store = TestStore::sqlite();
    let directory = store.directory().unwrap();
    let (file, report) = (directory.join("persons.csv"), directory.join("report.csv"));
    let rows: Vec<_> = (0..300).map(|number| format!("W{number},1985-04-12,男,也许,居民,,2019-12-01,\n")).collect();
    let rows = rows.concat();
    fs::write(&file, format!("{}\n{rows}", PERSONS.lines().next().unwrap())).unwrap();
    let output = run(onestop(&store.location).arg("import").arg("--report").arg(&report).arg(&file));
    assert!(!output.status.success());
    let told = text(&output.stdout);
    assert!(told.contains("nothing stored, 300 faults in 300 rows") && told.contains("and 100 more"), "{told}");
    let faults = fs::read_to_string(&report).unwrap();
    assert_eq!(faults.lines().count(), 301);
    assert!(faults.lines().nth(300).unwrap().contains(",300,kunming_household,"), "{faults}");

    fs::write(&file, PERSONS).unwrap();
    let check = || run(onestop(&store.location).args(["import", "--check"]).arg(&file));
    for _ in 0..2 {
        assert!(text(&check().stdout).contains("2 rows are sound, 2 of them would be new"));
    }
}

#[test]
fn faults_are_told_in_chinese_unless_english_is_asked_for() {
    let store = TestStore::sqlite();
    let file = store.directory().unwrap().join("persons.csv");
    let row = "W1,1985-02-30,男,也许,居民,在职,2019-12-01,2018-01-01\n";
    fs::write(&file, format!("{}\n{row}", PERSONS.lines().next().unwrap())).unwrap();
    let told = text(&run(harness::onestop(&store.location).arg("import").arg(&file)).stdout);
    assert!(told.contains("未入库，1 行中有 4 处错误"), "{told}");
    for fault in [
        "第 1 行 birth_date：“1985-02-30”不是",
        "kunming_household：“也许”不是“是”或“否”",
        "employment：居民应为空",
        "to：早于 from",
    ] {
        assert!(told.contains(fault), "{fault}: {told}");
    }
    let told = text(&run(harness::onestop(&store.location).args(["import", "--lang", "en"]).arg(&file)).stdout);
    assert!(told.contains("nothing stored, 4 faults in 1 rows"), "{told}");
    let refused = run(harness::onestop(&store.location).args(["import", "--dictionary", "atlantis"]).arg(&file));
    assert!(!refused.status.success());
    let told = text(&refused.stderr);
    assert!(told.contains("提交的内容有误") && told.contains("dictionary"), "{told}");
}

#[test]
fn dictionaries_are_shown_and_checked() {
    let store = TestStore::sqlite();
    let directory = store.directory().unwrap().join("dictionaries");
    fs::create_dir(&directory).unwrap();
    let shown = |arguments: &[&str]| {
        let mut command = harness::onestop(&store.location);
        text(&run(command.env("ONESTOP_DICTIONARIES", &directory).arg("dictionary").args(arguments)).stdout)
    };
    assert!(shown(&["show"]).lines().any(|line| line.starts_with("jiangxi\t360000\t")));
    assert!(shown(&["show", "jiangxi", "psn_type"]).contains("employment\tpsn_type\t21\t退休\tretired"));
    let own = directory.join("own.toml");
    let text = "[dictionary]\nname = \"own\"\ntitle = \"自编\"\nin_force_from = 2024-01-01\n\
        [[list]]\nid = \"sex\"\ntitle = \"性别\"\nmembers = [{ code = \"F\", title = \"女\", means = \"female\" }]\n";
    fs::write(&own, text).unwrap();
    assert!(shown(&["check", own.to_str().unwrap()]).contains("own from 2024-01-01, 1 lists, 1 codes"));
    assert!(shown(&["show", "own"]).contains("sex\t\tF\t女\tfemale"));
    fs::write(&own, text.replace("female", "lady")).unwrap();
    assert!(shown(&["check", own.to_str().unwrap()]).contains("means \"lady\", which is none of"));
}

#[test]
fn a_workbook_is_stored_by_a_running_register_too() {
    let store = TestStore::sqlite();
    let serving = Serving::start(onestop(&store.location).args(["serve", "--listen", "127.0.0.1:0"]));
    let file = store.directory().unwrap().join("persons.xlsx");
    write_workbook(&file, "G1");
    let import = || run(onestop(&store.location).args(["import", "--endpoint", &serving.endpoint]).arg(&file));
    let output = import();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("1 rows stored, 1 of them new"), "{}", text(&output.stdout));
    assert!(text(&import().stdout).contains("1 rows stored, 0 of them new"));

    write_workbook(&file, "</t></is></c><c r=\"A2\"><v>53010000000000001</v></c><c r=\"Z2\" t=\"inlineStr\"><is><t>");
    let output = import();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("format the column as text"), "{}", text(&output.stderr));
    serving.stop();
}

/// One person; the date of birth is a date of the spreadsheet, the other cells are texts.
fn write_workbook(path: &Path, person_id: &str) {
    let inline = |cell: &str, text: &str| format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let header: String = ["人员编号", "出生日期", "昆明户籍", "险种", "开始日期"]
        .iter()
        .zip(["A1", "B1", "C1", "D1", "E1"])
        .map(|(name, cell)| inline(cell, name))
        .collect();
    let row = [
        inline("A2", person_id),
        "<c r=\"B2\" s=\"1\"><v>31149</v></c>".to_owned(),
        inline("C2", "是"),
        inline("D2", "居民"),
        inline("E2", "2019-12-01"),
    ]
    .concat();
    let spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{office}/{kind}\" Target=\"{target}\"/>")
    };
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\">{}</Relationships>",
                relation("r1", "officeDocument", "xl/workbook.xml")
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{spreadsheet}\" xmlns:r=\"{office}\"><sheets><sheet name=\"名单\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\">{}{}</Relationships>",
                relation("r1", "worksheet", "worksheets/sheet1.xml"),
                relation("r2", "styles", "styles.xml")
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{spreadsheet}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(
                "<worksheet xmlns=\"{spreadsheet}\"><dimension ref=\"A1:E2\"/><sheetData><row r=\"1\">{header}</row><row r=\"2\">{row}</row></sheetData></worksheet>"
            ),
        ),
    ];
    let mut archive = ZipWriter::new(File::create(path).unwrap());
    for (name, content) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{content}").as_bytes()).unwrap();
    }
    archive.finish().unwrap();
}

const KEYS: &str = "ONESTOP_IDENTITY_KEYS";
const NUMBER: &str = "11010519491231002X";

#[test]
fn facts_are_changed_and_shown_with_their_trail_and_touched_settlements_are_named() {
    let store = TestStore::sqlite();
    let location = &store.location;
    harness::import(location, &harness::register_files());
    let case = harness::project().join("examples/cases/04-one-stop-subsistence-allowance.json");
    assert!(run(onestop(location).arg("settle").arg(case)).status.success());
    let change = ["person", "change", "category", "person_id=530100000003", "category=subsistence-allowance"];
    let why = ["--by", "王", "--reason", "复核"];
    let output = run(onestop(location).args(change).args(["from=2021-01-01", "to=2021-12-31"]).args(why));
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let show = |arguments: &[&str]| {
        text(&run(harness::onestop(location).args(["person", "show", "530100000003"]).args(arguments)).stdout)
    };
    let now = show(&[]);
    assert!(
        now.contains("救助类别") && now.contains("to_date=2021-12-31") && now.contains("经办 王，原因 复核"),
        "{now}"
    );
    assert!(!now.contains("更正于") && show(&["--past"]).contains("更正于"));
    assert!(!show(&["--on", "2023-01-01"]).contains("救助类别"));
    assert!(show(&["--json"]).lines().count() == 3);

    let output = run(onestop(location).args(change).args(["from=2022-01-01"]).args(why));
    assert!(text(&output.stdout).contains("touches settlement "), "{}", text(&output.stdout));
    let output = run(onestop(location).args(change).args(["from=2021-06-01"]).args(why));
    assert!(!output.status.success());
    assert!(text(&output.stdout).contains("from overlaps"), "{}", text(&output.stdout));
    let unknown = run(harness::onestop(location).args(["catalogue", "show", "nothing"]));
    assert!(!unknown.status.success() && text(&unknown.stderr).contains("没有登记信息"));
}

#[test]
fn an_identity_number_is_in_no_log_output_or_file_of_the_store() {
    let store = TestStore::sqlite();
    let directory = store.directory().unwrap().to_owned();
    let made = run(onestop(&store.location).args(["keys", "new", "a"]));
    let keys = text(&made.stdout).replace('\n', ";");
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    let with_number = |birth_date: &str| {
        format!("人员编号,出生日期,昆明户籍,险种,开始日期,身份证号\nG1,{birth_date},是,居民,2019-12-01,{NUMBER}\n")
    };
    let import = |birth_date: &str| {
        fs::write(file.path(), with_number(birth_date)).unwrap();
        let mut command = onestop(&store.location);
        run(command.env(KEYS, &keys).args(["--log", "trace", "import"]).arg(file.path()))
    };
    let (refused, stored) = (import(NUMBER), import("1985-04-12"));
    assert!(!refused.status.success() && stored.status.success(), "{}", text(&stored.stderr));
    for output in [&refused, &stored] {
        for said in [&output.stdout, &output.stderr] {
            let said = String::from_utf8_lossy(said);
            assert!(!said.contains(&NUMBER[..17]), "{said}");
        }
    }
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let number = &NUMBER.as_bytes()[..17];
        assert!(!bytes.windows(17).any(|window| window == number), "{}", path.display());
    }
    let rotated = run(onestop(&store.location).env(KEYS, &keys).args(["keys", "rotate"]));
    assert!(text(&rotated.stdout).contains("0 identity numbers"), "{}", text(&rotated.stderr));
    let rotated = run(onestop(&store.location).env(KEYS, &keys).args(["keys", "rotate", "--lang", "zh-CN"]));
    assert_eq!(text(&rotated.stdout).trim(), "已用新密钥重新加密 0 个身份证号", "{}", text(&rotated.stderr));
}

#[test]
fn an_import_that_is_killed_leaves_the_facts_as_they_were() {
    let store = TestStore::sqlite();
    let directory = store.directory().unwrap();
    let file = directory.join("persons.csv");
    let header = "person_id,birth_date,kunming_household,scheme,from";
    let rows: Vec<_> = (0..25_000).map(|number| format!("K{number},1985-04-12,true,resident,2019-12-01\n")).collect();
    let rows = rows.concat();
    fs::write(&file, format!("{header}\n{rows}")).unwrap();
    let log = directory.join("register.sqlite3-wal");
    let mut child = onestop(&store.location).arg("import").arg(&file).spawn().unwrap();
    // Pages reach the write-ahead log while the one transaction is under way.
    while fs::metadata(&log).map_or(0, |log| log.len()) < 1_000_000 {
        assert!(child.try_wait().unwrap().is_none(), "the import ended before it could be killed");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for person_id in ["K0", "K12000", "K24999"] {
        assert!(!run(onestop(&store.location).args(["person", "show", person_id])).status.success(), "{person_id}");
    }
    let output = run(onestop(&store.location).arg("import").arg(&file));
    assert!(text(&output.stdout).contains("25000 rows stored, 25000 of them new"), "{}", text(&output.stdout));
}
