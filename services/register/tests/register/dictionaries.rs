//! One file means something else by another province's dictionary.

use dictionary::Dictionaries;
use register::{Instants, RegisterOptions, RegisterService};
use store::testing::TestStore;
use wire::claim_v1::Filing;
use wire::register_v1::{FileHeader, RejectedCell};
use wire::{ErrorReason, Failure};

use crate::files::{header, import, parts_with, send};
use crate::given::{clock, gather, question};

/// Two provinces that number the reasons of a filing differently.
const PROVINCES: [(&str, &str, &str); 2] = [("甲省", "long-term", "referred"), ("乙省", "referred", "long-term")];

async fn register(store: &TestStore) -> RegisterService {
    let directory = tempfile::tempdir().unwrap();
    for (name, six, seven) in PROVINCES {
        let text = format!(
            "[dictionary]\nname = \"{name}\"\ntitle = \"{name}字典\"\nin_force_from = 2021-01-01\nextends = \"words\"\n\
             [[list]]\nid = \"filing\"\nfield = \"rloc_rea\"\ntitle = \"异地备案原因\"\nmembers = [\n\
             {{ code = \"06\", title = \"六\", means = \"{six}\" }}, {{ code = \"07\", title = \"七\", means = \"{seven}\" }}]\n"
        );
        std::fs::write(directory.path().join(format!("{name}.toml")), text).unwrap();
    }
    let dictionaries = Dictionaries::with_directory(directory.path()).unwrap();
    let options = RegisterOptions { clock: clock(), keyring: None, dictionaries, instants: Instants::system() };
    RegisterService::open_with(&store.location, options).await.unwrap()
}

async fn take(register: &RegisterService, dictionary: &str, file: &str) -> Vec<RejectedCell> {
    let header = FileHeader { dictionary: dictionary.to_owned(), ..header(file) };
    import(register, parts_with(header, file, 10)).await.1
}

#[tokio::test]
async fn the_same_file_is_read_by_the_dictionary_of_its_province() {
    const FILE: &str = "人员编号,异地备案类型,开始日期\nP1,06,2024-01-01\n";
    for store in TestStore::each().await {
        let register = register(&store).await;
        let persons = "人员编号,出生日期,昆明户籍,险种,在职状态,开始日期\nP1,1960-02-29,是,310,11,2020-01-01\n";
        assert_eq!(take(&register, "hunan", persons).await, [], "{}", store.name);
        for (province, expected) in [("甲省", Filing::LongTerm), ("乙省", Filing::Referred)] {
            assert_eq!(take(&register, province, FILE).await, [], "{} {province}", store.name);
            let facts = gather(&register, question("P1", &[], &[], "2024-05-06")).await.unwrap();
            assert_eq!(facts.filing(), expected, "{} {province}", store.name);
        }
        // Kunming's knows no such code.
        let rejected = take(&register, "", FILE).await;
        assert_eq!(rejected[0].column, "filing", "{}", store.name);
        assert!(rejected[0].description_zh.contains("“06”不是允许的取值"), "{rejected:?}");
    }
}

#[tokio::test]
async fn a_retired_person_has_the_code_of_the_province_and_no_other() {
    let store = TestStore::sqlite();
    let register = register(&store).await;
    let file = |code: &str| {
        format!("人员编号,出生日期,昆明户籍,险种,在职状态,开始日期\nP{code},1950-01-01,否,310,{code},2020-01-01\n")
    };
    for (province, code, is_known) in
        [("hunan", "12", true), ("hunan", "21", false), ("jiangxi", "21", true), ("jiangxi", "12", false)]
    {
        assert_eq!(take(&register, province, &file(code)).await.is_empty(), is_known, "{province} {code}");
    }
}

#[tokio::test]
async fn a_dictionary_that_nobody_knows_is_refused_with_those_that_are_known() {
    let store = TestStore::sqlite();
    let register = register(&store).await;
    let file = crate::given::PERSONS;
    let unknown = FileHeader { dictionary: "atlantis".to_owned(), ..header(file) };
    let status = send(&register, parts_with(unknown, file, 10)).await.unwrap_err();
    let failure = Failure::from_status(&status).unwrap();
    assert_eq!((failure.reason, failure.violations[0].field.as_str()), (ErrorReason::FieldViolation, "dictionary"));
    assert!(failure.violations[0].description.contains("chongqing, hunan, jiangxi, kunming"), "{failure:?}");
}
