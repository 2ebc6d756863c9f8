//! Agreements of institutions: their order, their grounds, who decides, and what a case learns of them, on both stores.

use crate::files::{header, import, parts_with};
use crate::given::{empty, filled, gather, question, rows_like};
use register::RegisterService;
use store::testing::TestStore;
use wire::claim_v1::{InstitutionLevel, Standing};
use wire::register_v1::{FileHeader, GatherFactsRequest, Interruption};

const INSTITUTIONS: &str = "institution_id,name,level,kind,treatment_region,by_agreement,tier,district,grade,legal_form,beds,department_of,from,to
A1,新申请医院,2,hospital,local,true,county,530114,二级甲等,private,120,,2020-01-01,
T1,某乡镇卫生院,1,township-health-centre,local,true,,530124,,public,20,,2020-01-01,
H3,昆明市第三人民医院,3,hospital,local,,prefecture,530102,三级甲等,public,1000,,2017-01-01,
F1,昆明方舱医院,1,hospital,local,true,,,,,,H3,2022-12-01,
";
const AGREEMENTS: &str = "institution_id,state,grounds,temporary,decided_by,from,to";

async fn given(store: &TestStore) -> RegisterService {
    let register = filled(store).await;
    assert_eq!(rejected(&register, INSTITUTIONS).await, NONE, "{}", store.name);
    register
}

const NONE: [(u64, String, String); 0] = [];

async fn rejected(register: &RegisterService, file: &str) -> Vec<(u64, String, String)> {
    let (_, rejected) = import(register, parts_with(header(file), file, 10)).await;
    rejected.into_iter().map(|cell| (cell.number, cell.column, cell.description)).collect()
}

async fn take(register: &RegisterService, rows: &[&str]) -> Vec<(u64, String, String)> {
    rejected(register, &rows_like(AGREEMENTS, rows)).await
}

/// Why an institution is not designated on a day; `None` where it is.
async fn hindrance(register: &RegisterService, id: &str, date: &str) -> Option<Standing> {
    let facts = gather(register, question("P1", &[id], &[], date)).await.unwrap();
    facts.institutions[0].interruptions.first().map(Interruption::standing)
}

#[tokio::test]
async fn an_institution_is_designated_from_its_admission_to_its_suspension() {
    for store in TestStore::each().await {
        let register = given(&store).await;
        let life = [
            "A1,applied,,,,2021-01-10,",
            "A1,refused,touting;leased-departments,,county,2021-02-01,",
            "A1,applied,,,,2021-05-01,",
            "A1,in-force,,,county,2021-06-01,2023-12-31",
            "A1,suspended,breach,,county,2023-03-10,2023-03-31",
            "A1,ended,own-wish,,county,2023-09-01,",
            "A1,applied,,,,2024-01-01,",
        ];
        assert_eq!(take(&register, &life).await, NONE, "{}", store.name);
        for (date, expected) in [
            ("2020-06-01", Some(Standing::Unlisted)),
            ("2021-01-31", Some(Standing::Applied)),
            ("2021-02-01", Some(Standing::Refused)),
            ("2021-05-31", Some(Standing::Applied)),
            ("2021-06-01", None),
            ("2023-03-09", None),
            ("2023-03-10", Some(Standing::Suspended)),
            ("2023-03-31", Some(Standing::Suspended)),
            ("2023-04-01", None),
            ("2023-08-31", None),
            ("2023-09-01", Some(Standing::Ended)),
            ("2024-01-01", Some(Standing::Applied)),
        ] {
            assert_eq!(hindrance(&register, "A1", date).await, expected, "{} {date}", store.name);
        }
    }
}

#[tokio::test]
async fn the_days_of_a_stay_without_designation_are_told() {
    for store in TestStore::each().await {
        let register = given(&store).await;
        assert_eq!(take(&register, &["H3,suspended,fraud,,pooling-region,2023-03-10,2023-03-20"]).await, NONE);
        let day = |text: &str| text.parse::<chrono::NaiveDate>().ok().map(Into::into);
        let stay = GatherFactsRequest { begun_date: day("2023-03-01"), ..question("P1", &["H3"], &[], "2023-03-31") };
        let facts = gather(&register, stay).await.unwrap();
        let [gap] = facts.institutions[0].interruptions[..] else { panic!("{}", store.name) };
        assert_eq!((gap.from_date, gap.to_date), (day("2023-03-10"), day("2023-03-20")), "{}", store.name);
        assert_eq!(gap.standing(), Standing::Suspended);
        let backwards =
            GatherFactsRequest { begun_date: day("2023-04-01"), ..question("P1", &["H3"], &[], "2023-03-31") };
        assert!(gather(&register, backwards).await.is_err());
    }
}

#[tokio::test]
async fn a_state_that_cannot_follow_or_lacks_its_ground_is_told_with_its_column() {
    for store in TestStore::each().await {
        let register = given(&store).await;
        for (rows, column, told) in [
            (&["A1,refused,touting,,,2021-02-01,"][..], "state", "is unlisted"),
            (&["A1,suspended,breach,,,2021-02-01,"], "state", "is unlisted"),
            (&["A1,lapsed,,,,2021-02-01,"], "state", "follows from what is recorded"),
            (&["A1,applied,,,,2021-01-01,", "A1,refused,,,,2021-02-01,"], "grounds", "is required"),
            (&["A1,applied,,,,2021-01-01,", "A1,refused,fraud,,,2021-02-01,"], "grounds", "no ground for refused"),
            (&["A1,in-force,touting,,,2021-02-01,"], "grounds", "no ground for in-force"),
            (&["A1,applied,,fever-clinic,,2021-01-01,"], "temporary", "designates nobody"),
            (&["A1,in-force,,,province,2021-02-01,"], "decided_by", "county is in charge"),
            (&["T1,in-force,,,pooling-region,2021-02-01,"], "decided_by", "county is in charge"),
            (&["H9,applied,,,,2021-01-01,"], "institution_id", "is unknown"),
        ] {
            let faults = take(&register, rows).await;
            assert!(faults.iter().any(|(_, at, text)| at == column && text.contains(told)), "{rows:?}: {faults:?}");
        }
        // Nothing of it was stored.
        assert_eq!(hindrance(&register, "A1", "2022-01-01").await, Some(Standing::Unlisted), "{}", store.name);
    }
}

#[tokio::test]
async fn an_earlier_state_is_not_taken_away_from_under_a_later_one() {
    for store in TestStore::each().await {
        let register = given(&store).await;
        let life = ["A1,applied,,,,2021-01-10,", "A1,in-force,,,,2021-06-01,", "A1,suspended,breach,,,2023-03-10,"];
        assert_eq!(take(&register, &life).await, NONE, "{}", store.name);
        let faults = take(&register, &["A1,ended,breach,,,2022-01-01,"]).await;
        assert!(faults.iter().any(|(.., told)| told.contains("suspended from 2023-03-10")), "{faults:?}");
    }
}

#[tokio::test]
async fn who_was_cancelled_for_fraud_may_apply_again_and_is_not_admitted() {
    for store in TestStore::each().await {
        let register = given(&store).await;
        let life = ["A1,in-force,,,,2021-06-01,", "A1,ended,fraud,,county,2022-01-01,", "A1,applied,,,,2023-01-01,"];
        assert_eq!(take(&register, &life).await, NONE, "{}", store.name);
        let faults = take(&register, &["A1,in-force,,,,2023-02-01,"]).await;
        assert!(faults.iter().any(|(.., told)| told.contains("breach or fraud")), "{faults:?}");
        assert_eq!(take(&register, &["A1,refused,cancelled-before,,county,2023-02-01,"]).await, NONE);
    }
}

#[tokio::test]
async fn temporary_designations_hold_in_their_window_for_whom_the_measures_name() {
    for store in TestStore::each().await {
        let register = given(&store).await;
        let window = [
            "T1,in-force,,fever-clinic,county,2023-01-06,2023-06-30",
            "F1,in-force,,makeshift-hospital,,2023-01-06,2023-03-31",
        ];
        assert_eq!(take(&register, &window).await, NONE, "{}", store.name);
        for (id, date, expected) in [
            ("T1", "2023-01-05", Some(Standing::Unlisted)),
            ("T1", "2023-01-06", None),
            ("T1", "2023-06-30", None),
            ("T1", "2023-07-01", Some(Standing::Lapsed)),
            ("F1", "2023-03-31", None),
            ("F1", "2023-04-01", Some(Standing::Lapsed)),
        ] {
            assert_eq!(hindrance(&register, id, date).await, expected, "{} {id} {date}", store.name);
        }
        for (row, told) in [
            ("A1,in-force,,fever-clinic,,2023-01-06,", "township health centres"),
            ("A1,in-force,,makeshift-hospital,,2023-01-06,", "department_of"),
            ("T1,in-force,,fever-clinic,,2023-01-05,", "before 2023-01-06"),
        ] {
            let faults = take(&register, &[row]).await;
            assert!(faults.iter().any(|(.., text)| text.contains(told)), "{row}: {faults:?}");
        }
    }
}

#[tokio::test]
async fn a_department_has_the_level_of_its_host_and_is_suspended_with_it() {
    for store in TestStore::each().await {
        let register = given(&store).await;
        assert_eq!(take(&register, &["F1,in-force,,makeshift-hospital,,2023-01-06,"]).await, NONE, "{}", store.name);
        let facts = gather(&register, question("P1", &["F1"], &[], "2023-02-01")).await.unwrap();
        let told = facts.institutions[0].clone();
        assert_eq!((told.name.as_str(), told.facts.unwrap().level()), ("昆明方舱医院", InstitutionLevel::Three));
        assert_eq!(take(&register, &["H3,suspended,breach,,,2023-02-10,"]).await, NONE, "{}", store.name);
        assert_eq!(hindrance(&register, "F1", "2023-02-09").await, None, "{}", store.name);
        assert_eq!(hindrance(&register, "F1", "2023-02-10").await, Some(Standing::Suspended), "{}", store.name);
    }
}

#[tokio::test]
async fn chinese_headers_and_words_of_agreements_mean_the_same() {
    for store in TestStore::each().await {
        let register = empty(&store).await;
        let files = [
            "医药机构编号,机构名称,医院等级,机构类别,就医地,协议管理,隶属层级,举办性质,床位数,开始日期\n\
             A1,某院,二级,医院,本地,是,县区级,非公立,80,2020-01-01\n",
            "医药机构编号,协议状态,原因,经办机构,开始日期\nA1,申请,,,2021-01-10\n\
             A1,不予定点,存在医托；出租承包科室,县区经办机构,2021-02-01\n",
        ];
        for file in files {
            assert_eq!(rejected(&register, file).await, NONE, "{} {file}", store.name);
        }
        assert_eq!(hindrance(&register, "A1", "2021-02-01").await, Some(Standing::Refused), "{}", store.name);
    }
}

#[tokio::test]
async fn a_state_recorded_by_mistake_is_withdrawn_and_what_it_hid_holds_again() {
    for store in TestStore::each().await {
        let register = given(&store).await;
        let life = ["A1,in-force,,,,2021-06-01,", "A1,suspended,breach,,,2023-03-10,"];
        assert_eq!(take(&register, &life).await, NONE, "{}", store.name);
        let file = rows_like(AGREEMENTS, &["A1,suspended,breach,,,2023-03-10,"]);
        for faults in [0, 1] {
            let withdrawing = FileHeader { withdraw: true, reason: "误录".to_owned(), ..header(&file) };
            let (outcome, _) = import(&register, parts_with(withdrawing, &file, 10)).await;
            assert_eq!((outcome.faults, outcome.changed_rows), (faults, 1 - faults), "{}", store.name);
            assert_eq!(hindrance(&register, "A1", "2023-03-10").await, None, "{}", store.name);
        }
    }
}

#[tokio::test]
async fn a_state_is_not_withdrawn_from_under_a_later_one_that_needs_it() {
    for store in TestStore::each().await {
        let register = given(&store).await;
        let life = ["A1,applied,,,,2021-01-10,", "A1,in-force,,,,2021-06-01,", "A1,suspended,breach,,,2023-03-10,"];
        assert_eq!(take(&register, &life).await, NONE, "{}", store.name);
        let withdraw = async |rows: &[&str]| {
            let file = rows_like(AGREEMENTS, rows);
            let withdrawing = FileHeader { withdraw: true, reason: "误录".to_owned(), ..header(&file) };
            let (_, rejected) = import(&register, parts_with(withdrawing, &file, 10)).await;
            rejected.into_iter().map(|cell| (cell.column, cell.description)).collect::<Vec<_>>()
        };
        let rejected = withdraw(&life[1..2]).await;
        assert_eq!(rejected.len(), 1, "{}: {rejected:?}", store.name);
        assert_eq!(rejected[0].0, "state");
        assert!(rejected[0].1.contains("suspended from 2023-03-10 on cannot follow on applied"), "{rejected:?}");
        assert_eq!(hindrance(&register, "A1", "2022-01-01").await, None, "{}", store.name);
        // Together with what needs it, it can go.
        assert_eq!(withdraw(&life[1..]).await, [], "{}", store.name);
        assert_eq!(hindrance(&register, "A1", "2022-01-01").await, Some(Standing::Applied), "{}", store.name);
    }
}
