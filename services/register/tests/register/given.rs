//! A register on each kind of store, and small files of facts for it.

use chrono::DateTime;
use host::Clock;
use register::RegisterService;
use store::testing::TestStore;
use tonic::{Request, Status};
use wire::proto::google::r#type::Date;
use wire::register_v1::register_server::Register;
use wire::register_v1::{
    FactKind, FactRow, GatherFactsRequest, GatherFactsResponse, ImportFactsRequest, ImportFactsResponse,
};

pub(crate) const PERSONS: &str = "\
person_id,birth_date,sex,kunming_household,disability_level,scheme,employment,from,to
P1,1960-02-29,female,true,2,employee,active,2019-12-01,2024-02-29
P1,1960-02-29,female,true,2,employee,retired,2024-03-01,
P2,2015-06-01,,false,,resident,,2020-01-01,2024-12-31
";

pub(crate) const CATEGORIES: &str = "\
person_id,category,from,to
P2,subsistence-allowance,2024-01-01,2024-06-30
P2,registered-poor,2021-01-01,
";

pub(crate) const DISEASES: &str = "\
person_id,disease,kind,approved_date,to
P1,chronic-renal-failure,special,2024-04-10,
P1,hypertension,chronic,2022-01-01,2023-12-31
";

pub(crate) const FILINGS: &str = "\
person_id,filing,from,to
P1,referred,2024-02-01,2024-02-29
P1,long-term,2024-03-01,
P2,emergency,2024-05-06,2024-05-06
P2,other-temporary,2024-07-01,2024-07-31
";

pub(crate) const INSTITUTIONS: &str = "\
institution_id,name,level,kind,treatment_region,from,to
H1,昆明市第一人民医院,3,hospital,local,2020-01-01,2024-05-31
H1,昆明市第一医院,2,hospital,local,2024-06-01,
H2,大理药店,1,pharmacy,province,2020-01-01,
";

pub(crate) const ITEMS: &str = "\
item_code,name,class,self_pay_rate,price_cap,drug,from,to
A1,青霉素,A,,,,2020-01-01,
B1,靶向药,B,0.10,99.50,imatinib,2023-01-01,2024-12-31
X1,特需病房,excluded,,,,2020-01-01,
";

pub(crate) fn clock() -> Clock {
    Clock::fixed(DateTime::from_timestamp(1_717_200_000, 123_456_000).unwrap())
}

/// An empty register; the store lives as long as it is held.
pub(crate) async fn empty(store: &TestStore) -> RegisterService {
    RegisterService::open(&store.location, clock()).await.unwrap()
}

/// A register with all the files above.
pub(crate) async fn filled(store: &TestStore) -> RegisterService {
    let register = empty(store).await;
    for file in [PERSONS, CATEGORIES, DISEASES, FILINGS, INSTITUTIONS, ITEMS] {
        let imported = import(&register, file).await.unwrap();
        assert_eq!(imported.rejected, [], "{}", store.name);
    }
    register
}

/// The request that imports a file without quotes.
pub(crate) fn request(file: &str) -> ImportFactsRequest {
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let columns = cells(file.lines().next().unwrap_or_default());
    let kind = register::fact_kind_of(&columns).unwrap_or(FactKind::Unspecified);
    let rows = file.lines().skip(1).zip(1..).map(|(line, number)| FactRow { number, cells: cells(line) }).collect();
    ImportFactsRequest { kind: kind.into(), columns, rows, validate_only: false }
}

pub(crate) async fn import(register: &RegisterService, file: &str) -> Result<ImportFactsResponse, Status> {
    register.import_facts(Request::new(request(file))).await.map(tonic::Response::into_inner)
}

/// The file's header with other rows below it.
pub(crate) fn rows_like(file: &str, rows: &[&str]) -> String {
    format!("{}\n{}\n", file.lines().next().unwrap_or_default(), rows.join("\n"))
}

pub(crate) fn question(
    person_id: &str,
    institution_ids: &[&str],
    item_codes: &[&str],
    date: &str,
) -> GatherFactsRequest {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let service_date = date.parse::<chrono::NaiveDate>().ok().map(Date::from);
    GatherFactsRequest {
        person_id: person_id.to_owned(),
        institution_ids: owned(institution_ids),
        item_codes: owned(item_codes),
        service_date,
        begun_date: None,
        priced_diagnosis: String::new(),
    }
}

pub(crate) async fn gather(
    register: &RegisterService,
    question: GatherFactsRequest,
) -> Result<GatherFactsResponse, Status> {
    register.gather_facts(Request::new(question)).await.map(tonic::Response::into_inner)
}
