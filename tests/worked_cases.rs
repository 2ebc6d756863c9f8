//! Every worked case, settled through the real services in one process, on both stores.
//!
//! The facts of a case become rows of the register, its visits become bills. Each must come to the amounts that the case
//! names, and to every amount of the pure calculation.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test takes what it needs of the harness")]
mod harness;

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::path::Path;

use chrono::NaiveDate;
use claim::{
    Amounts, AssistanceCategory, DiseaseCode, DiseaseFiling, Employment, Filing, InstitutionId, InstitutionKind,
    Insurance, ItemClass, Level, PersonFacts, PersonId, Statement, TreatmentRegion,
};
use futures::{StreamExt, stream};
use host::{MAX_MESSAGE_BYTES, Transport};
use money::Fen;
use onestop::platform::Platform;
use rulebook::{Lookup, Rulebook};
use store::testing::TestStore;
use wire::Failure;
use wire::account_v1::accounts_client::AccountsClient;
use wire::account_v1::credit_request::Source;
use wire::account_v1::{AuthoriseRequest, CreditRequest};
use wire::claim_v1::{Case, CaseLine, Kinship, VisitKind};
use wire::register_v1::register_client::RegisterClient;
use wire::register_v1::{FactKind, FactRow, ImportFactsRequest};
use wire::settlement_v1::SettleRequest;
use wire::settlement_v1::one_stop_client::OneStopClient;
use worked_case::{Chain, NotSettled, WorkedCase, WorkedLine, WorkedVisit, run_case};

/// Cases that facts of the register cannot express, by name in the order of the files, each with the reason. They run as
/// pure calculations only.
const INEXPRESSIBLE: [(&str, &str); 0] = [];

/// Fewer cases than this mean that they were not found.
const FEWEST_CASES: usize = 240;

/// How many cases settle at a time.
const CASES_AT_ONCE: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_worked_case_comes_to_its_amounts_through_the_services_on_sqlite() {
    settle_every_case(&TestStore::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_worked_case_comes_to_its_amounts_through_the_services_on_postgresql() {
    settle_every_case(&TestStore::postgres().await).await;
}

async fn settle_every_case(store: &TestStore) {
    let rules = Lookup::new(Rulebook::kunming().unwrap());
    let platform = Platform::open(&store.location, &rules).await.unwrap();
    let cases: Vec<WorkedCase> = texts_under(&harness::project().join("tests/cases")).iter().map(read).collect();
    assert!(cases.len() >= FEWEST_CASES, "only {} cases", cases.len());

    let mut rows = Rows::default();
    let mut expressible = Vec::new();
    let mut inexpressible = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let ids = Ids { case: number };
        match Rows::of(ids, case) {
            Ok(of_case) => {
                rows.append(of_case);
                expressible.push((ids, case));
            }
            Err(reason) => inexpressible.push((case.name.as_str(), reason)),
        }
    }
    let listed: Vec<_> = INEXPRESSIBLE.iter().map(|(name, _)| *name).collect();
    let found: Vec<_> = inexpressible.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, listed, "{inexpressible:#?}");
    import(&platform, rows).await;
    open_accounts(&platform, &expressible).await;

    let client = OneStopClient::new(host::in_process(platform.one_stop.clone()))
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    let settling = expressible.into_iter().map(|(ids, case)| differences(&client, &rules, ids, case));
    let settled: Vec<Vec<String>> = stream::iter(settling).buffer_unordered(CASES_AT_ONCE).collect().await;
    assert_eq!(settled.len() + INEXPRESSIBLE.len(), cases.len(), "{}", store.name);
    let differences: Vec<String> = settled.into_iter().flatten().collect();
    assert!(differences.is_empty(), "{}:\n{}", store.name, differences.join("\n"));
}

/// The texts of all cases under a directory: a TOML file is one, each line of a JSON Lines file is one.
fn texts_under(directory: &Path) -> Vec<CaseText> {
    let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let texts = paths.into_iter().flat_map(|path| {
        if path.is_dir() {
            return texts_under(&path);
        }
        let text = std::fs::read_to_string(&path).unwrap();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => vec![CaseText::Toml(text)],
            Some("jsonl") => {
                let lines = text.lines().filter(|line| !line.trim().is_empty());
                lines.map(|line| CaseText::Json(line.to_owned())).collect()
            }
            _ => Vec::new(),
        }
    });
    texts.collect()
}

enum CaseText {
    Toml(String),
    Json(String),
}

fn read(text: &CaseText) -> WorkedCase {
    match text {
        CaseText::Toml(text) => WorkedCase::from_toml(text).unwrap(),
        CaseText::Json(text) => WorkedCase::from_json(text).unwrap(),
    }
}

/// Settles the visits of a case in order; tells where they differ from the case or from the pure calculation.
async fn differences(client: &OneStopClient<Transport>, rules: &Lookup, ids: Ids, case: &WorkedCase) -> Vec<String> {
    let pure = run_case(&Chain::new(), rules, case).visits;
    let mut differences = Vec::new();
    for ((index, visit), pure) in case.visits.iter().enumerate().zip(pure) {
        let request = SettleRequest { request_id: format!("visit-{index}"), case: Some(ids.bill(index, visit)) };
        let settled = client.clone().settle(request).await;
        let settled = settled.map(|answer| amounts_of(answer.into_inner().statement));
        let settled = settled.map_err(|status| Failure::from_status(&status).unwrap());
        let told = settled.as_ref().map_err(Failure::reason_name);
        let named = visit.expected.differences(index, told);
        differences.extend(named.iter().map(|difference| format!("{}: {difference}", case.name)));
        let pure = pure.as_ref().map(|settled| &settled.amounts).map_err(NotSettled::reason_name);
        if told != pure {
            let refused = settled.as_ref().err();
            differences.push(format!("{}: visits[{index}] {told:?} {refused:?}, pure {pure:?}", case.name));
        }
    }
    differences
}

fn amounts_of(statement: Option<wire::claim_v1::Statement>) -> Amounts {
    Statement::try_from(statement.unwrap()).unwrap().amounts
}

/// The ids of one case, which no other case uses.
#[derive(Clone, Copy)]
struct Ids {
    case: usize,
}

impl Ids {
    fn person(self) -> String {
        format!("P{}", self.case)
    }

    fn institution(self, id: &InstitutionId) -> String {
        format!("H{}-{id}", self.case)
    }

    /// An institution of which the case only tells the level.
    fn only_level(self, level: Level) -> String {
        format!("L{}-{level}", self.case)
    }

    /// An item of which the case may tell the use.
    fn item(self, visit: usize, line: usize, worked: &WorkedLine) -> String {
        let used = worked.item.as_ref().map_or_else(String::new, |item| format!("{item}:"));
        format!("{used}C{}-{visit}-{line}", self.case)
    }

    fn family_member(self, name: &PersonId) -> String {
        format!("P{}-{name}", self.case)
    }

    /// The bill of a visit.
    fn bill(self, index: usize, worked: &WorkedVisit) -> Case {
        let visit = &worked.visit;
        let only_level = |level: Option<Level>| level.map_or_else(String::new, |level| self.only_level(level));
        let is_stay = visit.kind == claim::VisitKind::Inpatient;
        Case {
            person_id: self.person(),
            institution_id: self.institution(&visit.institution.id),
            kind: VisitKind::from(visit.kind).into(),
            service_date: Some(visit.service_date.into()),
            // A case may leave the day of admission open where no rescue comes before it; a bill may not.
            admission_date: visit.admission_date.or(is_stay.then_some(visit.service_date)).map(Into::into),
            registration: visit.registration.as_ref().map_or_else(String::new, ToString::to_string),
            prescriber_id: only_level(visit.prescriber_level),
            host_id: only_level(visit.host_level),
            disease: visit.disease.as_ref().map_or_else(String::new, ToString::to_string),
            diagnosis: visit.diagnosis.as_ref().map_or_else(String::new, ToString::to_string),
            use_individual_account: visit.use_individual_account,
            family_account_person_ids: visit.family_accounts.iter().map(|member| self.family_member(member)).collect(),
            total_fen: worked.lines.iter().map(|line| line.amount.get()).sum(),
            lines: worked.lines.iter().enumerate().map(|(line, worked)| self.line(index, line, worked)).collect(),
            service_time_of_day: visit.service_time_of_day.map(Into::into),
            admission_time_of_day: visit.admission_time_of_day.map(Into::into),
        }
    }

    fn line(self, visit: usize, index: usize, line: &WorkedLine) -> CaseLine {
        CaseLine {
            item_code: self.item(visit, index, line),
            quantity: line.quantity,
            amount_fen: line.amount.get(),
            disease: line.disease.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string),
            violates_rules: line.violates_rules,
            service_date: line.service_date.map(Into::into),
        }
    }
}

/// What held on the days of a case's visits, one value a day.
struct Days<T>(BTreeMap<NaiveDate, T>);

impl<T> Default for Days<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: PartialEq + Debug> Days<T> {
    /// Sets the value of a day, which the register can tell only once.
    fn put(&mut self, day: NaiveDate, value: T) -> Result<(), String> {
        match self.0.get(&day) {
            Some(earlier) if *earlier != value => Err(format!("on {day} both {earlier:?} and {value:?} hold")),
            _ => {
                self.0.insert(day, value);
                Ok(())
            }
        }
    }

    /// The first and the last day of each run of visits with the same value of a part.
    fn runs<U: PartialEq>(&self, part: impl Fn(&T) -> U) -> Vec<(NaiveDate, NaiveDate, U)> {
        let mut runs: Vec<(NaiveDate, NaiveDate, U)> = Vec::new();
        for (day, value) in &self.0 {
            let value = part(value);
            match runs.last_mut() {
                Some((_, last, of_run)) if *of_run == value => *last = *day,
                _ => runs.push((*day, *day, value)),
            }
        }
        runs
    }
}

/// An institution on a day: its level, its kind, where it is, and whether exempt special diseases are allowed.
type Designation = (Level, InstitutionKind, TreatmentRegion, bool);

type Cells = Vec<String>;

/// Rows of the register's files.
#[derive(Default)]
struct Rows {
    persons: Vec<Cells>,
    categories: Vec<Cells>,
    diseases: Vec<Cells>,
    filings: Vec<Cells>,
    institutions: Vec<Cells>,
    items: Vec<Cells>,
    prices: Vec<Cells>,
}

impl Rows {
    /// The facts of a case; the reason where the register cannot hold them.
    fn of(ids: Ids, case: &WorkedCase) -> Result<Self, String> {
        let mut persons = Days::default();
        let mut filings = Days::default();
        let mut institutions: BTreeMap<String, Days<Designation>> = BTreeMap::new();
        let mut rows = Self::default();
        for (index, WorkedVisit { person, visit, lines, .. }) in case.visits.iter().enumerate() {
            let day = visit.service_date;
            persons.put(day, person)?;
            filings.put(day, visit.filing)?;
            let at = institutions.entry(ids.institution(&visit.institution.id)).or_default();
            let institution = &visit.institution;
            let allowed = institution.special_exempt_allowed;
            at.put(day, (institution.level, institution.kind, visit.treatment_region, allowed))?;
            for level in visit.prescriber_level.into_iter().chain(visit.host_level) {
                let at = institutions.entry(ids.only_level(level)).or_default();
                at.put(day, (level, InstitutionKind::Hospital, TreatmentRegion::Local, false))?;
            }
            let items =
                lines.iter().enumerate().map(|(line, worked)| item(&ids.item(index, line, worked), worked, day));
            rows.items.extend(items);
            let priced = visit.diagnosis.as_ref().zip(visit.disease_price);
            rows.prices.extend(priced.map(|(diagnosis, price)| cells(&[diagnosis, diagnosis, &price, &day, &day])));
        }
        rows.add_person(&ids.person(), &persons)?;
        let in_force = filings.runs(|filing| *filing).into_iter().filter(|(.., filing)| *filing != Filing::None);
        rows.filings = in_force.map(|(from, to, filing)| cells(&[&ids.person(), &filing, &from, &to])).collect();
        for (id, days) in &institutions {
            for (from, to, (level, kind, region, allowed)) in days.runs(|designation| *designation) {
                rows.institutions.push(cells(&[id, id, &level, &kind, &region, &allowed, &from, &to]));
            }
        }
        Ok(rows)
    }

    fn add_person(&mut self, id: &str, days: &Days<&PersonFacts>) -> Result<(), String> {
        let mut diseases: BTreeMap<&DiseaseCode, &DiseaseFiling> = BTreeMap::new();
        for disease in days.0.values().flat_map(|facts| &facts.diseases) {
            let other = diseases.insert(&disease.code, disease).filter(|other| *other != disease);
            other.map_or(Ok(()), |other| Err(format!("both {other:?} and {disease:?} hold")))?;
        }
        for (from, to, facts) in
            days.runs(|facts| PersonFacts { categories: vec![], diseases: vec![], ..(*facts).clone() })
        {
            let sex = facts.sex.map_or("", claim::Sex::as_str);
            let (scheme, employment) = match facts.insurance {
                Insurance::Employee(employment) => ("employee", Employment::as_str(employment)),
                Insurance::Resident => ("resident", ""),
            };
            let PersonFacts { birth_date, kunming_household, disability_level, .. } = facts;
            let row: [&dyn Display; 9] =
                [&id, &birth_date, &sex, &kunming_household, &disability_level, &scheme, &employment, &from, &to];
            self.persons.push(cells(&row));
        }
        for category in AssistanceCategory::ALL {
            let held = days.runs(|facts| facts.categories.contains(category)).into_iter().filter(|(.., held)| *held);
            self.categories.extend(held.map(|(from, to, _)| cells(&[&id, category, &from, &to])));
        }
        let approved = diseases.values().map(|of| cells(&[&id, &of.code, &of.kind, &of.approved_date]));
        self.diseases.extend(approved);
        Ok(())
    }

    fn append(&mut self, other: Self) {
        self.persons.extend(other.persons);
        self.categories.extend(other.categories);
        self.diseases.extend(other.diseases);
        self.filings.extend(other.filings);
        self.institutions.extend(other.institutions);
        self.items.extend(other.items);
        self.prices.extend(other.prices);
    }

    /// The rows by file, each with its header, in the order in which they are imported.
    fn files(self) -> [(FactKind, &'static str, Vec<Cells>); 7] {
        const INSTITUTIONS: &str = "institution_id,name,level,kind,treatment_region,special_exempt_allowed,from,to";
        const PERSONS: &str = "person_id,birth_date,sex,kunming_household,disability_level,scheme,employment,from,to";
        [
            (FactKind::Person, PERSONS, self.persons),
            (FactKind::Category, "person_id,category,from,to", self.categories),
            (FactKind::Disease, "person_id,disease,kind,approved_date", self.diseases),
            (FactKind::Filing, "person_id,filing,from,to", self.filings),
            (FactKind::Institution, INSTITUTIONS, self.institutions),
            (FactKind::Item, "item_code,name,class,self_pay_rate,price_cap,drug,from,to", self.items),
            (FactKind::DiseasePrice, "diagnosis,name,price,from,to", self.prices),
        ]
    }
}

fn item(code: &str, line: &WorkedLine, day: NaiveDate) -> Cells {
    let terms = line.terms;
    let is_class_b = terms.class == ItemClass::B;
    let basis_points = terms.self_pay_rate.basis_points();
    let fraction = format!("{}.{:04}", basis_points / 10_000, basis_points % 10_000);
    let self_pay_rate = if is_class_b { fraction } else { String::new() };
    let price_cap = terms.price_cap.map_or_else(String::new, |cap| cap.to_string());
    let drug = line.drug.as_ref().map_or_else(String::new, ToString::to_string);
    cells(&[&code, &code, &terms.class, &self_pay_rate, &price_cap, &drug, &day, &day])
}

fn cells(values: &[&dyn Display]) -> Cells {
    values.iter().map(ToString::to_string).collect()
}

/// Opens the accounts of the cases that use any, with the balances that they tell.
async fn open_accounts(platform: &Platform, cases: &[(Ids, &WorkedCase)]) {
    let using = |case: &WorkedCase| case.visits.iter().any(|visit| visit.visit.use_individual_account);
    for (ids, case) in cases.iter().filter(|(_, case)| using(case)) {
        open_account(platform, ids.person(), case.accounts.own).await;
        for (name, account) in &case.accounts.family {
            let holder = ids.family_member(name);
            open_account(platform, holder.clone(), account.balance).await;
            let request = AuthoriseRequest {
                request_id: "authorise".to_owned(),
                person_id: holder,
                member_person_id: ids.person(),
                kinship: Kinship::Parent.into(),
                from_date: Some(account.from.unwrap_or(earliest()).into()),
                to_date: account.to.map(Into::into),
            };
            AccountsClient::new(host::in_process(platform.accounts.clone())).authorise(request).await.unwrap();
        }
    }
}

fn earliest() -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 1).unwrap()
}

async fn open_account(platform: &Platform, person_id: String, balance: Fen) {
    if !balance.is_zero() {
        let source = Some(Source::OpeningBalanceFen(balance.get()));
        let request = CreditRequest { request_id: "opening".to_owned(), person_id, source };
        AccountsClient::new(host::in_process(platform.accounts.clone())).credit(request).await.unwrap();
    }
}

async fn import(platform: &Platform, rows: Rows) {
    let register = RegisterClient::new(host::in_process(platform.register.clone()));
    let register = register.max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES);
    for (kind, header, rows) in rows.files() {
        let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
        for rows in rows.chunks(register::MAX_IMPORT_ROWS) {
            let rows = rows.iter().zip(1..).map(|(cells, number)| FactRow { number, cells: cells.clone() }).collect();
            let columns = columns.clone();
            let request = ImportFactsRequest { kind: kind.into(), columns, rows, validate_only: false };
            let imported = register.clone().import_facts(request).await.unwrap().into_inner();
            assert_eq!(imported.rejected, [], "{kind:?}");
        }
    }
}
