//! Imports take all rows or none, can be repeated, and are seen at once, on both kinds of store.

use crate::given::{
    CATEGORIES, DISEASES, FILINGS, INSTITUTIONS, ITEMS, PERSONS, empty, filled, gather, import, question, rows_like,
};
use register::RegisterService;
use store::testing::TestStore;
use wire::register_v1::{FactKind, GatherFactsResponse, ImportFactsResponse};
use wire::{ErrorReason, Failure};

fn faults(response: &ImportFactsResponse) -> Vec<(u64, &str)> {
    response.rejected.iter().map(|fault| (fault.number, fault.column.as_str())).collect()
}

async fn everything(register: &RegisterService, date: &str) -> Vec<GatherFactsResponse> {
    let mut facts = Vec::new();
    for person_id in ["P1", "P2", "P3"] {
        let question = question(person_id, &["H1", "H2", "H3"], &["A1", "B1", "X1", "A2"], date);
        facts.push(gather(register, question).await.unwrap());
    }
    facts
}

#[tokio::test]
async fn every_fault_of_every_row_is_told_and_nothing_is_stored() {
    for store in TestStore::each().await {
        let register = empty(&store).await;
        let file = rows_like(
            PERSONS,
            &[
                "P3,1990-01-01,male,true,0,resident,,2020-01-01,",
                "P 4,1990-02-30,man,yes,5,citizen,,2020-13-01,2020-1-1",
                "P5,2124-01-01,,true,,employee,,2020-01-01,2019-12-31",
                "P6,1990-01-01,,true,,resident,active,2020-01-01,",
                "P7,1990-01-01",
            ],
        );
        let response = import(&register, &file).await.unwrap();
        assert_eq!(response.stored_rows, 0, "{}", store.name);
        let expected = [
            (2, "person_id"),
            (2, "birth_date"),
            (2, "sex"),
            (2, "kunming_household"),
            (2, "disability_level"),
            (2, "scheme"),
            (2, "from"),
            (2, "to"),
            (3, "birth_date"),
            (3, "employment"),
            (3, "to"),
            (4, "employment"),
            (5, ""),
        ];
        assert_eq!(faults(&response), expected, "{}", store.name);
        assert!(response.rejected[2].description.contains("one of female, male"), "{:?}", response.rejected[2]);
        assert!(!gather(&register, question("P3", &["H1"], &[], "2024-01-01")).await.unwrap().person_known);
    }
}

#[tokio::test]
async fn wrong_rows_of_the_other_files_are_told_with_what_would_be_right() {
    let store = TestStore::sqlite();
    let register = filled(&store).await;
    let files: [(String, &[(u64, &str)]); 6] = [
        (
            rows_like(FILINGS, &["P1,none,2020-01-01,", "P1,holiday,,", "P9,emergency,2024-01-01,2023-01-01"]),
            &[(1, "filing"), (2, "filing"), (2, "from"), (3, "to")],
        ),
        (
            rows_like(CATEGORIES, &["P1,poor,2024-01-01,", "P9,registered-poor,2024-01-01,"]),
            &[(1, "category"), (2, "person_id")],
        ),
        (
            rows_like(DISEASES, &["P1,,acute,2024-01-01,", "P9,gout,chronic,2024-01-01,"]),
            &[(1, "disease"), (1, "kind"), (2, "person_id")],
        ),
        (
            rows_like(INSTITUTIONS, &["H3,,4,clinic,abroad,,"]),
            &[(1, "name"), (1, "level"), (1, "kind"), (1, "treatment_region"), (1, "from")],
        ),
        (
            rows_like(ITEMS, &["A2,甲,C,10%,1.001,,2024-01-01,", "B2,乙,B,,-1,,2024-01-01,"]),
            &[(1, "class"), (1, "self_pay_rate"), (1, "price_cap"), (2, "self_pay_rate"), (2, "price_cap")],
        ),
        (
            "item_code,name,item_kind,class,self_pay_rate,self_pay_rate_resident,from\n\
             B3,丙,西药,B,0.10,20%,2024-01-01\nB4,丁,药品,B,,0.20,2024-01-01\n"
                .to_owned(),
            &[(1, "item_kind"), (1, "self_pay_rate_resident"), (2, "self_pay_rate")],
        ),
    ];
    for (file, expected) in files {
        let response = import(&register, &file).await.unwrap();
        assert_eq!((faults(&response).as_slice(), response.stored_rows), (expected, 0), "{file}");
    }
    for file in
        [rows_like(DISEASES, &["P9,gout,chronic,2024-01-01,"]), rows_like(FILINGS, &["P9,emergency,2024-01-01,"])]
    {
        let unknown = import(&register, &file).await.unwrap();
        assert_eq!(unknown.rejected[0].description, "P9 is unknown: import persons first");
    }
}

#[tokio::test]
async fn the_same_rows_again_change_nothing() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let before = everything(&register, "2024-05-06").await;
        for (file, rows) in [(PERSONS, 3), (CATEGORIES, 2), (DISEASES, 2), (FILINGS, 4), (INSTITUTIONS, 3), (ITEMS, 3)]
        {
            let response = import(&register, file).await.unwrap();
            assert_eq!((response.stored_rows, response.rejected), (rows, vec![]), "{}", store.name);
        }
        assert_eq!(everything(&register, "2024-05-06").await, before, "{}", store.name);
    }
}

#[tokio::test]
async fn the_sample_register_is_taken_in_the_order_of_its_names() {
    let store = TestStore::sqlite();
    let register = empty(&store).await;
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/register");
    let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 5, "{paths:?}");
    for path in paths {
        let file = std::fs::read_to_string(&path).unwrap();
        let response = import(&register, &file).await.unwrap();
        assert_eq!(response.rejected, [], "{}", path.display());
        assert_ne!(response.stored_rows, 0, "{}", path.display());
    }
}

#[tokio::test]
async fn an_import_is_seen_by_the_next_question_of_every_kind() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let before = everything(&register, "2024-05-06").await;
        assert_eq!(before[0].person.as_ref().map(|person| person.disability_level), Some(2));
        let changes = [
            rows_like(
                PERSONS,
                &[
                    "P1,1960-02-29,female,true,4,employee,active,2019-12-01,2024-02-29",
                    "P1,1960-02-29,female,true,4,employee,retired,2024-03-01,",
                    "P3,1990-01-01,male,true,0,resident,,2020-01-01,",
                ],
            ),
            rows_like(CATEGORIES, &["P2,registered-poor,2021-01-01,2024-05-05"]),
            rows_like(DISEASES, &["P1,chronic-renal-failure,special,2024-04-10,2024-05-05"]),
            rows_like(FILINGS, &["P1,long-term,2024-03-01,2024-05-05", "P1,emergency,2024-05-06,"]),
            rows_like(INSTITUTIONS, &["H1,昆明市第一人民医院,1,hospital,local,2020-01-01,2024-05-31"]),
            rows_like(
                ITEMS,
                &["B1,靶向药,B,0.30,88.00,imatinib,2023-01-01,2024-12-31", "A2,头孢,A,,,,2024-05-06,2024-05-06"],
            ),
        ];
        for file in changes {
            assert_eq!(import(&register, &file).await.unwrap().rejected, [], "{} {file}", store.name);
        }
        let after = everything(&register, "2024-05-06").await;
        let [first, second, third] = after.as_slice() else { panic!("three persons") };
        let person = first.person.as_ref().unwrap();
        assert_eq!((person.disability_level, person.diseases.len()), (4, 0), "{}", store.name);
        assert_eq!(second.person.as_ref().unwrap().categories.len(), 1);
        assert!(third.person.is_some());
        assert_eq!(first.filing(), wire::claim_v1::Filing::Emergency);
        assert_eq!(first.institutions[0].facts.as_ref().unwrap().level, 1);
        let terms: Vec<_> = first.items.iter().map(|item| item.terms.unwrap().self_pay_rate_bp).collect();
        assert_eq!(terms, [0, 3_000, 0, 0]);
    }
}

#[tokio::test]
async fn two_rows_that_claim_the_same_day_are_refused_also_when_one_is_stored_already() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let before = everything(&register, "2024-05-06").await;
        let files = [
            rows_like(PERSONS, &["P1,1960-02-29,female,true,2,resident,,2024-02-29,2024-02-29"]),
            rows_like(CATEGORIES, &["P2,registered-poor,2024-01-01,"]),
            rows_like(DISEASES, &["P1,hypertension,chronic,2023-12-31,"]),
            rows_like(FILINGS, &["P1,emergency,2024-02-29,2024-02-29"]),
            rows_like(INSTITUTIONS, &["H2,大理药店,1,pharmacy,province,2019-01-01,2020-01-01"]),
            rows_like(ITEMS, &["A1,青霉素,A,,,,2024-01-01,"]),
        ];
        for file in files {
            let response = import(&register, &file).await.unwrap();
            let [fault] = response.rejected.as_slice() else { panic!("{} {file} {response:?}", store.name) };
            assert!(fault.description.starts_with("overlaps with the row that holds from"), "{fault:?}");
        }
        assert_eq!(everything(&register, "2024-05-06").await, before, "{}", store.name);
    }
}

#[tokio::test]
async fn a_stored_row_can_be_ended_and_followed_by_another_in_one_file_in_any_order() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let file = rows_like(ITEMS, &["A1,青霉素,excluded,,,,2024-05-07,", "A1,青霉素,A,,,,2020-01-01,2024-05-06"]);
        assert_eq!(import(&register, &file).await.unwrap().rejected, [], "{}", store.name);
        for (date, class) in [("2024-05-06", 1), ("2024-05-07", 3)] {
            let facts = gather(&register, question("P1", &["H1"], &["A1"], date)).await.unwrap();
            assert_eq!(facts.items[0].terms.unwrap().class, class, "{} {date}", store.name);
        }
    }
}

#[tokio::test]
async fn a_row_may_be_repeated_in_a_file_but_not_contradicted() {
    let store = TestStore::sqlite();
    let register = empty(&store).await;
    let same = "A1,青霉素,A,,,,2020-01-01,";
    let response = import(&register, &rows_like(ITEMS, &[same, same])).await.unwrap();
    assert_eq!((response.stored_rows, response.rejected), (2, vec![]));
    let response = import(&register, &rows_like(ITEMS, &[same, "A1,青霉素,B,0.1,,,2020-01-01,"])).await.unwrap();
    assert_eq!(faults(&response), [(2, "")]);
    assert_eq!(response.rejected[0].description, "has the same key as row 1 with other values");
    let file = rows_like(
        PERSONS,
        &["P1,1960-01-01,,true,,resident,,2020-01-01,2020-12-31", "P1,1960-01-01,,false,,resident,,2021-01-01,"],
    );
    let response = import(&register, &file).await.unwrap();
    assert_eq!(faults(&response), [(1, "person_id")]);
}

#[tokio::test]
async fn a_check_tells_the_faults_of_the_rows_and_stores_nothing() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let before = everything(&register, "2024-05-06").await;
        let cases: [(String, &[(u64, &str)]); 4] = [
            (rows_like(ITEMS, &["A2,头孢,A,,,,2020-01-01,"]), &[]),
            (rows_like(ITEMS, &["A2,头孢,A,,,,2020-01-01,", "A2,头孢,A,,,,2021-01-01,"]), &[(1, "from"), (2, "from")]),
            (rows_like(CATEGORIES, &["P9,registered-poor,2024-01-01,"]), &[(1, "person_id")]),
            (rows_like(ITEMS, &["A1,青霉素,excluded,,,,2024-01-01,"]), &[(1, "from")]),
        ];
        for (file, expected) in cases {
            let request = wire::register_v1::ImportFactsRequest { validate_only: true, ..crate::given::request(&file) };
            let response = register_import(&register, request).await.unwrap();
            assert_eq!((faults(&response).as_slice(), response.stored_rows), (expected, 0), "{} {file}", store.name);
        }
        assert_eq!(everything(&register, "2024-05-06").await, before, "{}", store.name);
    }
}

#[tokio::test]
async fn a_header_with_faults_is_refused_with_all_of_them() {
    let store = TestStore::sqlite();
    let register = empty(&store).await;
    let mut request = crate::given::request(ITEMS);
    request.columns = ["item_code", "name", "name", "klass", "", "drug", "price_cap", "to"].map(str::to_owned).to_vec();
    let status = register_import(&register, request).await.unwrap_err();
    let failure = Failure::from_status(&status).unwrap();
    assert_eq!(failure.reason, ErrorReason::FieldViolation);
    let starts: Vec<_> = failure.violations.iter().map(|fault| &fault.description[..14]).collect();
    assert_eq!(starts, ["names name twi", "names \"klass\",", "names \"\", whic", "does not name ", "does not name "]);
}

#[tokio::test]
async fn optional_columns_may_be_missing() {
    let store = TestStore::sqlite();
    let register = empty(&store).await;
    let files = [
        "person_id,birth_date,kunming_household,scheme,from\nP1,1990-01-01,true,resident,2020-01-01\n",
        "item_code,name,class,from\nA1,青霉素,A,2020-01-01\n",
    ];
    for file in files {
        assert_eq!(import(&register, file).await.unwrap().rejected, [], "{file}");
    }
}

#[tokio::test]
async fn an_import_has_a_kind_and_one_to_ten_thousand_rows() {
    for store in TestStore::each().await {
        let register = empty(&store).await;
        let rows: Vec<String> = (0..=10_000).map(|number| format!("A{number},青霉素,A,,,,2020-01-01,")).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let most = import(&register, &rows_like(ITEMS, &rows[..10_000])).await.unwrap();
        assert_eq!((most.stored_rows, most.rejected), (10_000, vec![]), "{}", store.name);
        for rows in [&rows[..], &[]] {
            let mut request = crate::given::request(&rows_like(ITEMS, rows));
            request.rows.truncate(if rows.is_empty() { 0 } else { request.rows.len() });
            let status = register_import(&register, request).await.unwrap_err();
            let failure = Failure::from_status(&status).unwrap();
            assert_eq!(failure.violations[0].field, "rows", "{}", store.name);
        }
        let unspecified = wire::register_v1::ImportFactsRequest {
            kind: FactKind::Unspecified.into(),
            ..crate::given::request(ITEMS)
        };
        let status = register_import(&register, unspecified).await.unwrap_err();
        assert_eq!(Failure::from_status(&status).unwrap().violations[0].field, "kind");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn questions_during_an_import_never_leave_the_old_answer_behind() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        for round in 0..30 {
            let level = round % 5;
            let file = rows_like(
                PERSONS,
                &[
                    &format!("P1,1960-02-29,female,true,{level},employee,active,2019-12-01,2024-02-29"),
                    &format!("P1,1960-02-29,female,true,{level},employee,retired,2024-03-01,"),
                ],
            );
            let asking: Vec<_> = (0..8)
                .map(|_| {
                    let register = register.clone();
                    tokio::spawn(async move {
                        gather(&register, question("P1", &["H1"], &[], "2024-05-06")).await.map(drop)
                    })
                })
                .collect();
            assert_eq!(import(&register, &file).await.unwrap().rejected, []);
            let facts = gather(&register, question("P1", &["H1"], &[], "2024-05-06")).await.unwrap();
            assert_eq!(facts.person.unwrap().disability_level, level, "{} round {round}", store.name);
            for asked in asking {
                asked.await.unwrap().unwrap();
            }
            let facts = gather(&register, question("P1", &["H1"], &[], "2024-05-06")).await.unwrap();
            assert_eq!(facts.person.unwrap().disability_level, level, "{} round {round}", store.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_imports_at_once_that_claim_the_same_day_one_is_refused() {
    for store in TestStore::each().await {
        let register = empty(&store).await;
        let files = ["A1,青霉素,A,,,,2020-01-01,", "A1,青霉素,A,,,,2021-01-01,"].map(|row| rows_like(ITEMS, &[row]));
        let (first, second) = tokio::join!(import(&register, &files[0]), import(&register, &files[1]));
        let stored: Vec<_> = [first, second].into_iter().map(|response| response.unwrap().stored_rows).collect();
        assert_eq!(stored.iter().sum::<u64>(), 1, "{} {stored:?}", store.name);
    }
}

async fn register_import(
    register: &RegisterService,
    request: wire::register_v1::ImportFactsRequest,
) -> Result<ImportFactsResponse, tonic::Status> {
    use wire::register_v1::register_server::Register;
    register.import_facts(tonic::Request::new(request)).await.map(tonic::Response::into_inner)
}
