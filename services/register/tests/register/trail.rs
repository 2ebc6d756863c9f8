//! Who changed which facts, when and why; what was believed when; identity numbers; what other processes change.

use chrono::{DateTime, NaiveDate, Utc};
use host::Clock;
use identity_number::Keyring;
use register::{Instants, RegisterOptions, RegisterService};
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use store::testing::TestStore;
use store::{Database, Location};
use tonic::Request;
use wire::proto::google::r#type::Date;
use wire::register_v1::upkeep_server::Upkeep;
use wire::register_v1::{Fact, FileHeader, FindPersonsRequest, ListFactsRequest, RotateKeysRequest, SubjectKind};

use crate::files::{header, import, parts_with};
use crate::given::{CATEGORIES, PERSONS, clock, empty, filled, gather, question, rows_like};

const NUMBER: &str = "11010519491231002X";

/// The register on a day, counted from 2024-01-01.
async fn on_day(store: &TestStore, day: i64) -> RegisterService {
    RegisterService::open(&store.location, Clock::fixed(time(day))).await.unwrap()
}

fn time(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_704_067_200 + day * 86_400, 0).unwrap()
}

/// The register's database without the register.
async fn database(store: &TestStore) -> Database {
    match &store.location {
        Location::Directory(directory) => {
            let file = SqliteConnectOptions::new().filename(directory.join("register.sqlite3"));
            Database::Sqlite(SqlitePool::connect_with(file).await.unwrap())
        }
        Location::Postgres(url) => {
            let options: PgConnectOptions = url.parse().unwrap();
            Database::Postgres(PgPool::connect_with(options.options([("search_path", "register")])).await.unwrap())
        }
    }
}

fn by(name: &str, reason: &str, file: &str) -> FileHeader {
    FileHeader { changed_by: name.to_owned(), reason: reason.to_owned(), source: "list.csv".to_owned(), ..header(file) }
}

async fn store_file(register: &RegisterService, header: FileHeader, file: &str) -> u64 {
    let (outcome, rejected) = import(register, parts_with(header, file, 10)).await;
    assert_eq!(rejected, [], "{file}");
    outcome.ended_rows
}

async fn facts(register: &RegisterService, request: ListFactsRequest) -> Vec<Fact> {
    let request = ListFactsRequest { kind: SubjectKind::Person.into(), id: "P2".to_owned(), ..request };
    register.list_facts(Request::new(request)).await.unwrap().into_inner().facts
}

fn cell<'a>(fact: &'a Fact, column: &str) -> &'a str {
    fact.cells.iter().find(|cell| cell.column == column).map_or("", |cell| cell.text.as_str())
}

fn date(text: &str) -> Option<Date> {
    text.parse::<NaiveDate>().ok().map(Date::from)
}

#[tokio::test]
async fn what_was_believed_on_a_day_about_another_day_is_told() {
    for store in TestStore::each().await {
        store_file(&on_day(&store, 0).await, by("张", "参保", PERSONS), PERSONS).await;
        let first = rows_like(CATEGORIES, &["P2,registered-poor,2023-01-01,"]);
        store_file(&on_day(&store, 10).await, by("李", "名单", &first), &first).await;
        let corrected = rows_like(CATEGORIES, &["P2,registered-poor,2023-01-01,2023-06-30"]);
        let register = on_day(&store, 20).await;
        store_file(&register, by("王", "复核", &corrected), &corrected).await;

        let about_july = |day: i64| ListFactsRequest {
            effective_date: date("2023-07-01"),
            believed_time: Some(wire::timestamp(time(day))),
            ..ListFactsRequest::default()
        };
        for (day, believed) in [(5, false), (10, true), (19, true), (20, false), (30, false)] {
            let told = facts(&register, about_july(day)).await;
            let holds = told.iter().any(|fact| fact.table == "category");
            assert_eq!(holds, believed, "{} on day {day}", store.name);
            assert!(told.iter().any(|fact| fact.table == "cover"), "{} on day {day}", store.name);
        }
        let all = facts(&register, ListFactsRequest { with_superseded: true, ..ListFactsRequest::default() }).await;
        let trail: Vec<_> = all
            .iter()
            .filter(|fact| fact.table == "category")
            .map(|fact| {
                let change = fact.change.clone().unwrap();
                (cell(fact, "to_date").to_owned(), change.changed_by, change.reason, fact.superseded_time.is_some())
            })
            .collect();
        let told = |to: &str, by: &str, reason: &str, past| (to.to_owned(), by.to_owned(), reason.to_owned(), past);
        assert_eq!(trail, [told("", "李", "名单", true), told("2023-06-30", "王", "复核", false)], "{}", store.name);
        let now = facts(&register, ListFactsRequest::default()).await;
        assert_eq!(now.iter().filter(|fact| fact.table == "category").count(), 1);
    }
}

#[tokio::test]
async fn what_an_item_was_and_what_residents_bore_of_it_is_kept_when_it_changes() {
    for store in TestStore::each().await {
        let header = "项目编码,项目名称,目录类别,费用等级,先行自付比例,居民先行自付比例,开始日期";
        let register = on_day(&store, 10).await;
        for (reason, row) in
            [("目录", "B7,某药,耗材,乙类,0.10,0.30,2024-01-01"), ("更正", "B7,某药,药品,乙类,0.10,,2024-01-01")]
        {
            let file = rows_like(header, &[row]);
            store_file(&register, by("王", reason, &file), &file).await;
        }
        let kind = SubjectKind::Item.into();
        let asked =
            ListFactsRequest { kind, id: "B7".to_owned(), with_superseded: true, ..ListFactsRequest::default() };
        let facts = register.list_facts(Request::new(asked)).await.unwrap().into_inner().facts;
        let told: Vec<_> = facts
            .iter()
            .map(|fact| {
                let reason = fact.change.as_ref().map_or("", |change| &change.reason);
                (
                    cell(fact, "item_kind"),
                    cell(fact, "self_pay_rate_resident_bp"),
                    reason,
                    fact.superseded_time.is_some(),
                )
            })
            .collect();
        let told: std::collections::BTreeSet<_> = told.into_iter().collect();
        let expected = [("consumable", "3000", "目录", true), ("drug", "", "更正", false)];
        assert_eq!(told, expected.into(), "{}", store.name);
    }
}

#[tokio::test]
async fn the_trail_cannot_be_altered() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let file = rows_like(CATEGORIES, &["P2,subsistence-allowance,2024-01-01,2024-05-31"]);
        store_file(&register, by("张", "更正", &file), &file).await;
        let database = database(&store).await;
        for statement in [
            "UPDATE change SET reason = 'other'",
            "DELETE FROM change",
            "UPDATE superseded SET fact_key = 'other'",
            "DELETE FROM superseded",
            "UPDATE alteration SET subject = 'other'",
            "DELETE FROM alteration",
        ] {
            let refused = store::on_database!(&database, |pool| sqlx::raw_sql(statement).execute(pool).await.is_err());
            assert!(refused, "{} {statement}", store.name);
        }
    }
}

#[tokio::test]
async fn a_full_list_ends_the_entitlements_of_its_office_that_are_no_longer_on_it() {
    for store in TestStore::each().await {
        let register = empty(&store).await;
        store_file(&register, header(PERSONS), PERSONS).await;
        let delivered = |office: &str, file: &str, day: Option<&str>| FileHeader {
            delivered_by: office.to_owned(),
            full_list_date: day.and_then(date),
            ..header(file)
        };
        let civil =
            rows_like(CATEGORIES, &["P1,subsistence-allowance,2024-01-01,", "P2,subsistence-allowance,2024-01-01,"]);
        store_file(&register, delivered("民政局", &civil, None), &civil).await;
        let poor = rows_like(CATEGORIES, &["P2,registered-poor,2024-01-01,"]);
        store_file(&register, delivered("乡村振兴局", &poor, None), &poor).await;
        let list = rows_like(CATEGORIES, &["P1,subsistence-allowance,2024-01-01,", "P2,extreme-poverty,2024-07-01,"]);
        let only_checked = FileHeader { validate_only: true, ..delivered("民政局", &list, Some("2024-07-01")) };
        assert_eq!(store_file(&register, only_checked, &list).await, 1);
        for round in 0..2 {
            let ended = store_file(&register, delivered("民政局", &list, Some("2024-07-01")), &list).await;
            assert_eq!(ended, u64::from(round == 0), "{} round {round}", store.name);
        }
        for (person, day, expected) in [
            ("P1", "2024-07-01", vec!["subsistence-allowance"]),
            ("P2", "2024-06-30", vec!["registered-poor", "subsistence-allowance"]),
            ("P2", "2024-07-01", vec!["extreme-poverty", "registered-poor"]),
        ] {
            let told = gather(&register, question(person, &["H1"], &[], day)).await.unwrap();
            let person_facts = claim::PersonFacts::try_from(told.person.unwrap()).unwrap();
            let mut categories: Vec<_> = person_facts.categories.iter().map(|category| category.as_str()).collect();
            categories.sort_unstable();
            assert_eq!(categories, expected, "{} {person} {day}", store.name);
        }
        let kept = facts(&register, ListFactsRequest::default()).await;
        let offices = kept.iter().filter(|fact| fact.table == "category").map(|fact| cell(fact, "delivered_by"));
        assert_eq!(offices.clone().filter(|office| *office == "民政局").count(), 2, "{}", store.name);
        assert_eq!(offices.filter(|office| *office == "乡村振兴局").count(), 1);
    }
}

#[tokio::test]
async fn a_full_list_is_of_categories_and_of_an_office() {
    let store = TestStore::sqlite();
    let register = empty(&store).await;
    for wrong in [
        FileHeader { full_list_date: date("2024-07-01"), ..header(CATEGORIES) },
        FileHeader { full_list_date: date("2024-07-01"), delivered_by: "民政局".to_owned(), ..header(PERSONS) },
    ] {
        let told = crate::files::send(&register, parts_with(wrong, CATEGORIES, 10)).await;
        assert!(told.is_err());
    }
}

#[tokio::test]
async fn what_another_process_changed_is_honoured_after_hearing_of_it() {
    let store = TestStore::postgres().await;
    let (here, there) = (filled(&store).await, empty(&store).await);
    let ask = || async { gather(&there, question("P2", &["H1"], &[], "2024-05-06")).await.unwrap() };
    assert_eq!(ask().await.person.unwrap().categories.len(), 2);
    let ended = rows_like(CATEGORIES, &["P2,registered-poor,2021-01-01,2024-05-05"]);
    store_file(&here, header(&ended), &ended).await;
    there.catch_up().await.unwrap();
    assert_eq!(ask().await.person.unwrap().categories.len(), 1);
}

#[tokio::test]
async fn a_withdrawn_fact_was_believed_until_that_day_and_nothing_takes_its_place() {
    for store in TestStore::each().await {
        store_file(&on_day(&store, 0).await, by("张", "参保", PERSONS), PERSONS).await;
        let wrong = rows_like(CATEGORIES, &["P2,registered-poor,2023-01-01,"]);
        store_file(&on_day(&store, 10).await, by("李", "名单", &wrong), &wrong).await;
        let register = on_day(&store, 20).await;
        let withdrawing = FileHeader { withdraw: true, ..by("王", "误录", &wrong) };
        store_file(&register, withdrawing.clone(), &wrong).await;

        let holds = |believed: i64| {
            let (register, believed_time) = (register.clone(), Some(wire::timestamp(time(believed))));
            async move {
                let told = facts(&register, ListFactsRequest { believed_time, ..ListFactsRequest::default() }).await;
                told.iter().any(|fact| fact.table == "category")
            }
        };
        assert_eq!([holds(9).await, holds(10).await, holds(19).await, holds(20).await], [false, true, true, false]);
        let asked = gather(&register, question("P2", &[], &[], "2024-05-06")).await.unwrap();
        assert!(asked.person.unwrap().categories.is_empty(), "{}", store.name);
        let past = ListFactsRequest { with_superseded: true, ..ListFactsRequest::default() };
        let past = facts(&register, past).await.into_iter().find(|fact| fact.table == "category").unwrap();
        let change = past.superseding_change.unwrap();
        assert_eq!((change.changed_by.as_str(), change.reason.as_str()), ("王", "误录"), "{}", store.name);

        // What is not recorded so cannot be withdrawn, and the person stays when a time of cover is.
        let (outcome, _) = import(&register, parts_with(withdrawing, &wrong, 10)).await;
        assert_eq!((outcome.faults, outcome.stored_rows), (1, 0), "{}", store.name);
        let cover = rows_like(PERSONS, &["P2,2015-06-01,,false,,resident,,2020-01-01,2024-12-31"]);
        store_file(&register, FileHeader { withdraw: true, ..by("王", "误录", &cover) }, &cover).await;
        let asked = gather(&register, question("P2", &[], &[], "2024-05-06")).await.unwrap();
        assert!(asked.person_known && asked.person.is_none(), "{}", store.name);
    }
}

#[tokio::test]
async fn how_a_filing_was_made_is_kept_and_a_commitment_counts_as_documents_do() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let file = "人员编号,异地备案类型,备案方式,开始日期\nP2,异地长期居住,个人承诺,2024-07-01\n";
        store_file(&register, by("张", "掌上办", file), file).await;
        let told =
            facts(&register, ListFactsRequest { effective_date: date("2024-07-01"), ..ListFactsRequest::default() });
        let told = told.await.into_iter().find(|fact| fact.table == "filing").unwrap();
        assert_eq!(cell(&told, "route"), "personal-commitment", "{}", store.name);
        let facts = gather(&register, question("P2", &[], &[], "2024-07-01")).await.unwrap();
        assert_eq!(facts.filing(), wire::claim_v1::Filing::LongTerm, "{}", store.name);
    }
}

async fn with_keys(store: &TestStore, keys: &str) -> RegisterService {
    let keyring = Keyring::read(keys).unwrap();
    let dictionaries = dictionary::Dictionaries::built_in().unwrap();
    let options =
        RegisterOptions { clock: clock(), keyring: Some(keyring), dictionaries, instants: Instants::system() };
    RegisterService::open_with(&store.location, options).await.unwrap()
}

async fn found(register: &RegisterService) -> Vec<String> {
    let request = FindPersonsRequest { identity_number: NUMBER.to_owned() };
    register.find_persons(Request::new(request)).await.unwrap().into_inner().person_ids
}

/// Everything that the store holds of identity numbers, as text.
async fn stored_identities(store: &TestStore) -> String {
    let database = database(store).await;
    let rows: Vec<(String, String, String)> = store::on_database!(&database, |pool| {
        sqlx::query_as("SELECT person_id, sealed || blind_index, seal_key || index_key FROM identity")
            .fetch_all(pool)
            .await
            .unwrap()
    });
    format!("{rows:?}")
}

#[tokio::test]
async fn an_identity_number_is_found_but_never_stored_told_or_repeated() {
    for store in TestStore::each().await {
        let first = Keyring::generate("a").unwrap();
        let register = with_keys(&store, &first).await;
        let persons = format!("{},identity_number", PERSONS.lines().next().unwrap());
        let row = |number: &str| format!("{persons}\nP2,2015-06-01,,false,,resident,,2020-01-01,2024-12-31,{number}\n");
        store_file(&register, header(&row(NUMBER)), &row(NUMBER)).await;
        assert_eq!(found(&register).await, ["P2"], "{}", store.name);
        let (again, _) = import(&register, parts_with(header(&row(NUMBER)), &row(NUMBER), 10)).await;
        assert_eq!(again.changed_rows, 0, "{}", store.name);
        let shown = format!("{:?}", facts(&register, ListFactsRequest::default()).await);
        assert!(!shown.contains(&NUMBER[..17]) && !shown.contains("identity"), "{shown}");
        let stored = stored_identities(&store).await;
        assert!(!stored.contains(&NUMBER[..17]), "{stored}");

        let wrong = row("110105194912310021").replace("2015-06-01", NUMBER);
        let (outcome, rejected) = import(&register, parts_with(header(&wrong), &wrong, 10)).await;
        assert_eq!(outcome.stored_rows, 0);
        let told = format!("{rejected:?}");
        assert!(told.contains("check character") && !told.contains("19491231"), "{told}");
        let as_id = row("").replace("P2", NUMBER);
        let (outcome, rejected) = import(&register, parts_with(header(&as_id), &as_id, 10)).await;
        assert_eq!((outcome.faults, rejected[0].column.as_str()), (1, "person_id"));
        assert!(!format!("{rejected:?}").contains("19491231"));

        let both = format!("{}{}", *first, *Keyring::generate("b").unwrap());
        drop(register);
        let rotating = with_keys(&store, &both).await;
        assert_eq!(found(&rotating).await, ["P2"], "{} before rotation", store.name);
        for expected in [1, 0] {
            let rotated = rotating.rotate_keys(Request::new(RotateKeysRequest {})).await.unwrap().into_inner().rotated;
            assert_eq!(rotated, expected, "{}", store.name);
        }
        drop(rotating);
        let newest: Vec<&str> = both.lines().filter(|line| line.contains(" b ")).collect();
        let register = with_keys(&store, &newest.join("\n")).await;
        assert_eq!(found(&register).await, ["P2"], "{} with the new keys alone", store.name);
        assert!(stored_identities(&store).await.contains("bb"), "{}", store.name);
    }
}

#[tokio::test]
async fn without_keys_no_identity_number_is_taken() {
    let store = TestStore::sqlite();
    let register = empty(&store).await;
    let file = format!(
        "{},identity_number\nP2,2015-06-01,,false,,resident,,2020-01-01,,{NUMBER}\n",
        PERSONS.lines().next().unwrap()
    );
    let (outcome, rejected) = import(&register, parts_with(header(&file), &file, 10)).await;
    assert_eq!((outcome.faults, rejected[0].column.as_str()), (1, "identity_number"));
    assert!(register.find_persons(Request::new(FindPersonsRequest::default())).await.is_err());
}
