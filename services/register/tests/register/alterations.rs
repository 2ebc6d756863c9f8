//! Which past days a change alters, of whom, on both kinds of store.

use register::RegisterService;
use store::testing::TestStore;
use tonic::Request;
use wire::register_v1::register_server::Register;
use wire::register_v1::{FileHeader, ListAlterationsRequest, SubjectKind};
use wire::{ErrorReason, Failure};

use crate::files::{header, import, parts_with};
use crate::given::{CATEGORIES, INSTITUTIONS, ITEMS, PERSONS, filled, rows_like};

/// Imports a file as the header says; answers the change's number and how many subjects it alters.
async fn change(register: &RegisterService, header: FileHeader, file: &str) -> (i64, u64) {
    let (outcome, rejected) = import(register, parts_with(header, file, 10)).await;
    assert_eq!(rejected, [], "{file}");
    (outcome.change_sequence, outcome.altered_subjects)
}

async fn record(register: &RegisterService, file: &str, rows: &[&str]) -> (i64, u64) {
    let file = rows_like(file, rows);
    change(register, header(&file), &file).await
}

fn asked(changes: &[i64], kind: SubjectKind) -> ListAlterationsRequest {
    ListAlterationsRequest {
        change_sequences: changes.to_vec(),
        kind: kind.into(),
        page_size: 1_000,
        ..ListAlterationsRequest::default()
    }
}

async fn told(register: &RegisterService, request: ListAlterationsRequest) -> Vec<String> {
    let answer = register.list_alterations(Request::new(request)).await.unwrap().into_inner();
    let date = |date: Option<wire::proto::google::r#type::Date>| {
        date.map(|date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)).unwrap()
    };
    let words =
        |of: wire::register_v1::Alteration| format!("{} {} {}", of.subject, date(of.from_date), date(of.through_date));
    answer.alterations.into_iter().map(words).collect()
}

async fn altered(register: &RegisterService, change: i64, kind: SubjectKind) -> Vec<String> {
    told(register, asked(&[change], kind)).await
}

/// The clock of these registers stands on 2024-06-01.
#[tokio::test]
async fn a_change_tells_whose_past_it_alters_and_one_of_today_or_later_tells_nothing() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let back_dated = "P1,other-hardship,2024-03-01,2024-04-30";
        let (number, subjects) = record(&register, CATEGORIES, &[back_dated]).await;
        assert_eq!(subjects, 1, "{}", store.name);
        let told_of = altered(&register, number, SubjectKind::Person).await;
        assert_eq!(told_of, ["P1 2024-03-01 2024-04-30"], "{}", store.name);
        assert!(altered(&register, number, SubjectKind::Institution).await.is_empty());
        let (again, subjects) = record(&register, CATEGORIES, &[back_dated]).await;
        assert_eq!((subjects, altered(&register, again, SubjectKind::Person).await.len()), (0, 0), "{}", store.name);

        for from in ["2024-06-01", "2024-06-02", "2025-01-01"] {
            let row = format!("P1,extreme-poverty,{from},{from}");
            assert_eq!(record(&register, CATEGORIES, &[row.as_str()]).await.1, 0, "{} {from}", store.name);
        }
        // What held until now and ends today is told of yesterday as it was.
        let ends = "P2,registered-poor,2021-01-01,2024-06-01";
        assert_eq!(record(&register, CATEGORIES, &[ends]).await.1, 0, "{}", store.name);
        let ended = "P2,registered-poor,2021-01-01,2024-05-15";
        let (number, _) = record(&register, CATEGORIES, &[ended]).await;
        let told_of = altered(&register, number, SubjectKind::Person).await;
        assert_eq!(told_of, ["P2 2024-05-15 2024-06-01"], "the last day itself is told of as the last: {}", store.name);
        let stranger = "P9,1960-02-29,female,true,2,employee,active,2019-12-01,";
        assert_eq!(record(&register, PERSONS, &[stranger]).await.1, 0, "nobody was settled for whom nobody knew");
    }
}

#[tokio::test]
async fn a_withdrawn_fact_and_one_that_a_full_list_ends_alter_the_past() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let file = rows_like(CATEGORIES, &["P2,subsistence-allowance,2024-01-01,2024-06-30"]);
        let withdrawal = FileHeader { withdraw: true, ..header(&file) };
        let (number, _) = change(&register, withdrawal, &file).await;
        let told_of = altered(&register, number, SubjectKind::Person).await;
        assert_eq!(told_of, ["P2 2024-01-01 2024-06-30"], "{}", store.name);

        let by_office = |file: &str| FileHeader { delivered_by: "民政局".to_owned(), ..header(file) };
        let first = rows_like(CATEGORIES, &["P1,other-hardship,2023-01-01,", "P2,other-hardship,2023-01-01,"]);
        change(&register, by_office(&first), &first).await;
        let list = rows_like(CATEGORIES, &["P1,other-hardship,2023-01-01,"]);
        let full_list_date = "2024-02-01".parse::<chrono::NaiveDate>().ok().map(Into::into);
        let full = FileHeader { full_list_date, ..by_office(&list) };
        let (number, _) = change(&register, full, &list).await;
        let told_of = altered(&register, number, SubjectKind::Person).await;
        // Beyond the end of the person's cover nothing is told either way.
        assert_eq!(told_of, ["P2 2024-01-31 2024-12-31"], "{}", store.name);
    }
}

#[tokio::test]
async fn a_corrected_price_and_a_corrected_level_are_told_with_the_departments_of_the_hospital() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let (price, _) = record(&register, ITEMS, &["B1,靶向药,B,0.10,90.00,imatinib,2023-01-01,2024-12-31"]).await;
        let told_of = altered(&register, price, SubjectKind::Item).await;
        assert_eq!(told_of, ["B1 2023-01-01 2024-12-31"], "{}", store.name);
        assert!(altered(&register, price, SubjectKind::Person).await.is_empty());
        let kind = "item_code,name,item_kind,class,from\nA1,青霉素,drug,A,2020-01-01\n";
        assert_eq!(change(&register, header(kind), kind).await.1, 0, "no settlement rests on what an item is");
        let resident = "item_code,name,class,self_pay_rate,self_pay_rate_resident,price_cap,drug,from,to\n\
                        B1,靶向药,B,0.10,0.20,90.00,imatinib,2023-01-01,2023-12-31\n\
                        B1,靶向药,B,0.10,,90.00,imatinib,2024-01-01,2024-12-31\n";
        let (rate, _) = change(&register, header(resident), resident).await;
        assert_eq!(altered(&register, rate, SubjectKind::Item).await, ["B1 2023-01-01 2023-12-31"], "{}", store.name);

        let price = "diagnosis,name,level,price,from\nH25.9,白内障,,6000,2022-04-01\nH25.9,白内障,3,7000,2023-01-01\n";
        let (price, _) = change(&register, header(price), price).await;
        assert_eq!(
            altered(&register, price, SubjectKind::Item).await,
            ["H25.9 2022-04-01 9999-12-31"],
            "{}",
            store.name
        );
        let lower = "diagnosis,name,level,price,from\nH25.9,白内障,3,6500,2023-01-01\n";
        let (lower, _) = change(&register, header(lower), lower).await;
        assert_eq!(
            altered(&register, lower, SubjectKind::Item).await,
            ["H25.9 2023-01-01 9999-12-31"],
            "{}",
            store.name
        );
        let withdrawn = "diagnosis,name,level,price,from\nH25.9,白内障,3,6500,2023-01-01\n";
        let header_of = FileHeader { withdraw: true, ..header(withdrawn) };
        let (withdrawn, _) = change(&register, header_of, withdrawn).await;
        let told_of = altered(&register, withdrawn, SubjectKind::Item).await;
        assert_eq!(told_of, ["H25.9 2023-01-01 9999-12-31"], "{}", store.name);

        let department = "institution_id,name,level,kind,treatment_region,department_of,from,to\n\
                          D1,方舱医院,3,hospital,local,H1,2023-01-01,\n";
        change(&register, header(department), department).await;
        let renamed = ["H1,另一名称,3,hospital,local,2020-01-01,2024-05-31"];
        assert_eq!(record(&register, INSTITUTIONS, &renamed).await.1, 0, "no settlement rests on a name");
        let lower = ["H1,昆明市第一人民医院,2,hospital,local,2020-01-01,2024-05-31"];
        let (level, subjects) = record(&register, INSTITUTIONS, &lower).await;
        assert_eq!(subjects, 2, "{}", store.name);
        let told_of = altered(&register, level, SubjectKind::Institution).await;
        assert_eq!(told_of, ["D1 2020-01-01 2024-05-31", "H1 2020-01-01 2024-05-31"], "{}", store.name);
    }
}

#[tokio::test]
async fn alterations_of_several_changes_are_told_together_page_by_page_and_by_name() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let (first, _) = record(&register, CATEGORIES, &["P1,other-hardship,2024-03-01,2024-03-31"]).await;
        let rows = ["P1,other-hardship,2024-05-01,2024-05-31", "P2,other-hardship,2024-05-01,2024-05-31"];
        let (second, _) = record(&register, CATEGORIES, &rows).await;
        let both = || asked(&[second, first, second], SubjectKind::Person);
        let whole = ["P1 2024-03-01 2024-05-31", "P2 2024-05-01 2024-05-31"];
        assert_eq!(told(&register, both()).await, whole, "{}", store.name);
        let one = |after: &str| ListAlterationsRequest { page_size: 1, after: after.to_owned(), ..both() };
        assert_eq!(told(&register, one("")).await, whole[..1]);
        assert_eq!(told(&register, one("P1")).await, whole[1..]);
        assert!(told(&register, one("P2")).await.is_empty());
        let named = ListAlterationsRequest { subjects: vec!["P2".to_owned(), "P3".to_owned()], ..both() };
        assert_eq!(told(&register, named).await, whole[1..], "{}", store.name);

        let unknown = register.list_alterations(Request::new(asked(&[first, 999], SubjectKind::Item))).await;
        let failure = Failure::from_status(&unknown.unwrap_err()).unwrap();
        assert_eq!(failure.reason, ErrorReason::ChangeNotFound, "{}", store.name);
        assert!(failure.message.contains("999") && !failure.message.contains(&first.to_string()), "{failure:?}");
        let faulty = register.list_alterations(Request::new(ListAlterationsRequest::default())).await;
        let failure = Failure::from_status(&faulty.unwrap_err()).unwrap();
        let fields: Vec<_> = failure.violations.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["kind", "change_sequences", "page_size"]);
    }
}
