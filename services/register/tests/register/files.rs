//! Whole files are taken together or not at all, on both kinds of store.

use crate::given::{PERSONS, empty, filled, gather, question, request};
use register::RegisterService;
use store::testing::TestStore;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use wire::register_v1::import_file_request::Part;
use wire::register_v1::upkeep_client::UpkeepClient;
use wire::register_v1::{
    FactRow, FileEnd, FileHeader, FileRows, ImportFileRequest, ImportFileResponse, ImportOutcome, RejectedCell,
};
use wire::{ErrorReason, Failure};

pub(crate) fn header(file: &str) -> FileHeader {
    let request = request(file);
    FileHeader { kind: request.kind, columns: request.columns, ..FileHeader::default() }
}

/// The parts of a file with `at_once` rows each, and its end.
fn parts(file: &str, at_once: usize) -> Vec<Part> {
    parts_with(header(file), file, at_once)
}

/// As [`parts`], with a header of its own.
pub(crate) fn parts_with(header: FileHeader, file: &str, at_once: usize) -> Vec<Part> {
    let request = request(file);
    let rows = request.rows.chunks(at_once).map(|rows| Part::Rows(FileRows { rows: rows.to_vec() }));
    let end = Part::End(FileEnd { rows: u64::try_from(request.rows.len()).unwrap() });
    [Part::Header(header)].into_iter().chain(rows).chain([end]).collect()
}

pub(crate) async fn send(register: &RegisterService, parts: Vec<Part>) -> Result<Vec<ImportFileResponse>, Status> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for part in parts {
            if sender.send(ImportFileRequest { part: Some(part) }).await.is_err() {
                break;
            }
        }
    });
    let mut client = UpkeepClient::new(host::in_process(register::upkeep_server(register.clone())));
    let mut answers = client.import_file(ReceiverStream::new(receiver)).await?.into_inner();
    let mut told = Vec::new();
    while let Some(answer) = answers.message().await? {
        told.push(answer);
    }
    Ok(told)
}

pub(crate) async fn import(register: &RegisterService, parts: Vec<Part>) -> (ImportOutcome, Vec<RejectedCell>) {
    let told = send(register, parts).await.unwrap();
    let outcome = told.last().and_then(|last| last.outcome).unwrap();
    (outcome, told.into_iter().flat_map(|answer| answer.rejected).collect())
}

fn persons(rows: &[String]) -> String {
    crate::given::rows_like(PERSONS, &rows.iter().map(String::as_str).collect::<Vec<_>>())
}

async fn is_known(register: &RegisterService, person_id: &str) -> bool {
    gather(register, question(person_id, &["H1"], &[], "2024-05-06")).await.unwrap().person_known
}

#[tokio::test]
async fn a_file_of_many_messages_is_stored_whole_and_again_changes_nothing() {
    for store in TestStore::each().await {
        let register = empty(&store).await;
        let rows: Vec<String> =
            (0..5_003).map(|number| format!("Q{number},1990-01-01,,true,0,resident,,2020-01-01,")).collect();
        let file = persons(&rows);
        let (outcome, rejected) = import(&register, parts(&file, 700)).await;
        assert_eq!(rejected, [], "{}", store.name);
        assert_eq!(
            outcome,
            ImportOutcome {
                rows: 5_003,
                stored_rows: 5_003,
                changed_rows: 5_003,
                change_sequence: 1,
                ..ImportOutcome::default()
            }
        );
        for person_id in ["Q0", "Q2499", "Q5002"] {
            assert!(is_known(&register, person_id).await, "{} {person_id}", store.name);
        }
        let (again, _) = import(&register, parts(&file, 5_003)).await;
        assert_eq!((again.stored_rows, again.changed_rows), (5_003, 0), "{}", store.name);
    }
}

#[tokio::test]
async fn one_wrong_row_at_the_end_of_a_file_keeps_all_of_it_out() {
    for store in TestStore::each().await {
        let register = empty(&store).await;
        let mut rows: Vec<String> =
            (0..4_500).map(|number| format!("Q{number},1990-01-01,,true,0,resident,,2020-01-01,")).collect();
        rows.push("Q1,1990-01-01,,true,0,resident,,2021-01-01,".to_owned());
        rows.push("Z,1990-01-01,,true,7,resident,,2021-01-01,".to_owned());
        let (outcome, rejected) = import(&register, parts(&persons(&rows), 1_000)).await;
        let mut numbers: Vec<_> = rejected.iter().map(|fault| (fault.number, fault.column.as_str())).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [(2, "from"), (4_501, "from"), (4_502, "disability_level")], "{}", store.name);
        assert_eq!((outcome.stored_rows, outcome.faults), (0, 3), "{}", store.name);
        for person_id in ["Q0", "Q1", "Q4499"] {
            assert!(!is_known(&register, person_id).await, "{} {person_id}", store.name);
        }
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_leaves_the_facts_as_they_were() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let whole = parts(&persons(&["Q1,1990-01-01,,true,0,resident,,2020-01-01,".to_owned()]), 1);
        let cut = whole[..2].to_vec();
        let status = send(&register, cut).await.unwrap_err();
        assert!(status.message().contains("nothing was stored"), "{status:?}");
        let mut short = whole.clone();
        short[2] = Part::End(FileEnd { rows: 2 });
        let status = send(&register, short).await.unwrap_err();
        let failure = Failure::from_status(&status).unwrap();
        assert_eq!(failure.reason, ErrorReason::FieldViolation);
        assert!(!is_known(&register, "Q1").await, "{}", store.name);
        let (outcome, _) = import(&register, whole).await;
        assert_eq!(outcome.stored_rows, 1, "{}", store.name);
        assert!(is_known(&register, "Q1").await);
    }
}

#[tokio::test]
async fn parts_out_of_order_are_refused() {
    let store = TestStore::sqlite();
    let register = empty(&store).await;
    let whole = parts(&persons(&["Q1,1990-01-01,,true,0,resident,,2020-01-01,".to_owned()]), 1);
    let row = |number| FactRow { number, cells: vec![String::new(); 9] };
    let backwards = Part::Rows(FileRows { rows: vec![row(2), row(1)] });
    for wrong in [
        whole[1..].to_vec(),
        vec![whole[0].clone(), whole[0].clone()],
        vec![whole[0].clone(), Part::Rows(FileRows { rows: vec![] })],
        vec![whole[0].clone(), backwards],
    ] {
        let status = send(&register, wrong).await.unwrap_err();
        assert_eq!(Failure::from_status(&status).unwrap().reason, ErrorReason::FieldViolation, "{status:?}");
    }
}

#[tokio::test]
async fn a_person_with_more_rows_than_a_life_has_is_at_fault() {
    let store = TestStore::sqlite();
    let register = empty(&store).await;
    let row = "Q1,1990-01-01,,true,0,resident,,2020-01-01,".to_owned();
    let (outcome, rejected) = import(&register, parts(&persons(&vec![row; 2_001]), 1_000)).await;
    assert_eq!((outcome.stored_rows, rejected.len()), (0, 1));
    assert!(rejected[0].description.contains("2000 rows or more"), "{rejected:?}");
}

#[tokio::test]
async fn chinese_headers_and_words_mean_the_same() {
    for store in TestStore::each().await {
        let register = empty(&store).await;
        let files = [
            "人员编号,出生日期,性别,昆明户籍,残疾等级,险种,在职状态,开始日期,结束日期\n\
             P1,1960年2月29日,女,是,2,职工,在职,2019/12/1,20240229\n\
             P1,1960-02-29,女,是,2,职工,退休,2024/03/01,\n",
            "人员编号,救助类别,开始日期\nP1,城乡低保对象,2024-01-01\n",
            "人员编号,病种,病种类别,审批日期\nP1,hypertension,慢性病,2022-01-01\n",
            "人员编号,异地备案类型,开始日期\nP1,异地长期居住,2024-01-01\n",
            "医药机构编号,机构名称,医院等级,机构类别,就医地,开始日期\nH1,示例医院,三级,医院,本地,2020-01-01\n",
            "项目编码,项目名称,费用等级,先行自付比例,开始日期\nA1,青霉素,乙类,0.10,2020-01-01\n",
        ];
        for file in files {
            let (outcome, rejected) = import(&register, parts(file, 10)).await;
            assert_eq!((rejected, outcome.faults), (vec![], 0), "{} {file}", store.name);
        }
        let facts = gather(&register, question("P1", &["H1"], &["A1"], "2024-02-29")).await.unwrap();
        let person = claim::PersonFacts::try_from(facts.person.clone().unwrap()).unwrap();
        assert_eq!(person.birth_date.to_string(), "1960-02-29");
        assert_eq!(person.insurance, claim::Insurance::Employee(claim::Employment::Active));
        assert_eq!((person.categories.len(), person.diseases.len()), (1, 1));
        assert_eq!((facts.institutions.len(), facts.items.len()), (1, 1));
        assert_eq!(facts.filing(), wire::claim_v1::Filing::LongTerm);
    }
}
