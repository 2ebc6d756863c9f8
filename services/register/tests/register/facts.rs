//! What was imported is answered on the days on which it holds, on both kinds of store.

use crate::given::{filled, gather, import, question, rows_like};
use claim::{AssistanceCategory, Employment, Filing, Insurance, ItemClass, ItemTerms, Level, PersonFacts};
use money::{Fen, Rate};
use register::RegisterService;
use store::testing::TestStore;
use wire::register_v1::register_client::RegisterClient;
use wire::{ErrorReason, Failure};

async fn person(register: &RegisterService, person_id: &str, date: &str) -> Option<PersonFacts> {
    let facts = gather(register, question(person_id, &["H1"], &[], date)).await.unwrap();
    assert!(facts.person_known);
    facts.person.map(|person| person.try_into().unwrap())
}

#[tokio::test]
async fn cover_holds_from_its_first_to_its_last_day() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let expected = [
            ("P1", "2019-11-30", None),
            ("P1", "2019-12-01", Some(Insurance::Employee(Employment::Active))),
            ("P1", "2024-02-29", Some(Insurance::Employee(Employment::Active))),
            ("P1", "2024-03-01", Some(Insurance::Employee(Employment::Retired))),
            ("P1", "2099-12-31", Some(Insurance::Employee(Employment::Retired))),
            ("P2", "2024-12-31", Some(Insurance::Resident)),
            ("P2", "2025-01-01", None),
        ];
        for (person_id, date, insurance) in expected {
            let facts = person(&register, person_id, date).await;
            assert_eq!(facts.map(|facts| facts.insurance), insurance, "{} {person_id} {date}", store.name);
        }
    }
}

#[tokio::test]
async fn the_facts_of_a_person_are_those_of_the_file() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let facts = person(&register, "P1", "2024-05-06").await.unwrap();
        assert_eq!(facts.birth_date.to_string(), "1960-02-29", "{}", store.name);
        assert_eq!(facts.sex, Some(claim::Sex::Female));
        assert!(facts.kunming_household);
        assert_eq!(facts.disability_level, 2);
        let facts = person(&register, "P2", "2024-05-06").await.unwrap();
        assert_eq!((facts.sex, facts.kunming_household, facts.disability_level), (None, false, 0));
    }
}

#[tokio::test]
async fn categories_and_filings_hold_from_their_first_to_their_last_day() {
    use AssistanceCategory::{RegisteredPoor, SubsistenceAllowance};
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let expected = [
            ("2020-12-31", vec![]),
            ("2023-12-31", vec![RegisteredPoor]),
            ("2024-01-01", vec![SubsistenceAllowance, RegisteredPoor]),
            ("2024-06-30", vec![SubsistenceAllowance, RegisteredPoor]),
            ("2024-07-01", vec![RegisteredPoor]),
        ];
        for (date, categories) in expected {
            let facts = person(&register, "P2", date).await.unwrap();
            assert_eq!(facts.categories, categories, "{} {date}", store.name);
        }
        for (date, ending) in [
            ("2024-06-29", vec![]),
            ("2024-06-30", vec![wire::claim_v1::AssistanceCategory::SubsistenceAllowance]),
            ("2024-07-01", vec![]),
        ] {
            let answer = gather(&register, question("P2", &["H1"], &[], date)).await.unwrap();
            assert_eq!(answer.categories_ending().collect::<Vec<_>>(), ending, "{} {date}", store.name);
        }
        for (date, codes) in [
            ("2021-12-31", vec![]),
            ("2022-01-01", vec!["hypertension"]),
            ("2023-12-31", vec!["hypertension"]),
            ("2024-01-01", vec![]),
            ("2024-04-09", vec![]),
            ("2024-04-10", vec!["chronic-renal-failure"]),
        ] {
            let facts = person(&register, "P1", date).await.unwrap();
            let diseases: Vec<_> = facts.diseases.iter().map(|filing| filing.code.as_str()).collect();
            assert_eq!(diseases, codes, "{} {date}", store.name);
        }
        let filing = &person(&register, "P1", "2024-05-06").await.unwrap().diseases[0];
        assert_eq!(
            (filing.kind, filing.approved_date.to_string()),
            (claim::DiseaseKind::Special, "2024-04-10".to_owned())
        );
    }
}

#[tokio::test]
async fn a_cross_region_filing_holds_from_its_first_to_its_last_day_and_is_none_outside() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let expected = [
            ("P1", "2024-01-31", Filing::None),
            ("P1", "2024-02-01", Filing::Referred),
            ("P1", "2024-02-29", Filing::Referred),
            ("P1", "2024-03-01", Filing::LongTerm),
            ("P2", "2024-07-31", Filing::OtherTemporary),
            ("P2", "2024-08-01", Filing::None),
            ("P1", "2099-12-31", Filing::LongTerm),
            ("P2", "2024-05-05", Filing::None),
            ("P2", "2024-05-06", Filing::Emergency),
            ("P2", "2024-05-07", Filing::None),
            ("P9", "2024-05-06", Filing::None),
        ];
        for (person_id, date, filing) in expected {
            let facts = gather(&register, question(person_id, &["H1"], &[], date)).await.unwrap();
            assert_eq!(facts.filing(), wire::claim_v1::Filing::from(filing), "{} {person_id} {date}", store.name);
        }
    }
}

#[tokio::test]
async fn an_institution_is_told_as_it_was_designated_on_the_day() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        for (date, name, level, is_designated) in [
            ("2019-12-31", "昆明市第一人民医院", Level::Three, false),
            ("2024-05-31", "昆明市第一人民医院", Level::Three, true),
            ("2024-06-01", "昆明市第一医院", Level::Two, true),
        ] {
            let facts = gather(&register, question("P1", &["H1", "H9", "H1"], &[], date)).await.unwrap();
            let [institution] = &facts.institutions[..] else { panic!("{} {date}", store.name) };
            let told = claim::InstitutionFacts::try_from(institution.facts.clone().unwrap()).unwrap();
            assert_eq!((institution.name.as_str(), told.level), (name, level), "{} {date}", store.name);
            assert_eq!(institution.interruptions.is_empty(), is_designated, "{} {date}", store.name);
        }
        let facts = gather(&register, question("P1", &["H2"], &[], "2024-01-01")).await.unwrap();
        assert_eq!(facts.institutions[0].treatment_region(), wire::claim_v1::TreatmentRegion::Province);
    }
}

#[tokio::test]
async fn prices_are_capped_by_the_level_of_price_caps_and_not_by_that_of_deductibles() {
    const INSTITUTION: &str = "institution_id,name,level,price_cap_level,kind,treatment_region,department_of,from,to";
    const ITEM: &str = "item_code,name,class,price_cap,price_cap_level_2,price_cap_level_3,from";
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let institutions = [
            "L3,某三级医院,3,,hospital,local,,2020-01-01,2022-12-31",
            "L3,某三级医院,3,2,hospital,local,,2023-01-01,",
            "L1,某一级医院,1,,hospital,local,,2020-01-01,",
            "D3,其科室,1,1,hospital,local,L3,2020-01-01,",
        ];
        let items = ["C1,某项目,A,70.00,80.00,100.00,2020-01-01", "C2,另一项目,A,60.00,,,2020-01-01"];
        for file in [rows_like(INSTITUTION, &institutions), rows_like(ITEM, &items)] {
            assert_eq!(import(&register, &file).await.unwrap().rejected, [], "{}", store.name);
        }
        for (places, date, caps) in [
            (&["L3"][..], "2022-12-31", [Some(10_000), Some(6_000)]),
            (&["L3"], "2023-01-01", [Some(8_000), Some(6_000)]),
            // Where care is given counts, and not who prescribed it.
            (&["L1", "L3"], "2023-01-01", [Some(7_000), Some(6_000)]),
            (&["L3", "L1"], "2023-01-01", [Some(8_000), Some(6_000)]),
            // A department has the level of the hospital that runs it.
            (&["D3"], "2023-01-01", [Some(8_000), Some(6_000)]),
            (&[], "2023-01-01", [Some(7_000), Some(6_000)]),
        ] {
            let facts = gather(&register, question("P1", places, &["C1", "C2"], date)).await.unwrap();
            let told = [0, 1].map(|place: usize| facts.items[place].terms.as_ref().unwrap().price_cap_fen);
            assert_eq!(told, caps, "{} {places:?} {date}", store.name);
        }
        let facts = gather(&register, question("P1", &["L3"], &[], "2023-01-01")).await.unwrap();
        let told = claim::InstitutionFacts::try_from(facts.institutions[0].facts.clone().unwrap()).unwrap();
        assert_eq!(told.level, Level::Three, "{}: deductibles keep the institution's own level", store.name);
    }
}

#[tokio::test]
async fn residents_bear_the_initial_self_pay_of_their_own_scheme_where_it_has_one() {
    const ITEM: &str = "项目编码,项目名称,费用等级,先行自付比例,居民先行自付比例,开始日期,结束日期";
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let items = [
            "R1,某药,乙类,0.10,,2020-01-01,2023-12-31",
            "R1,某药,乙类,0.10,0.20,2024-01-01,",
            "R2,另一药,乙类,0.15,0,2020-01-01,",
            "R3,甲类药,甲类,,0.30,2020-01-01,",
        ];
        let file = rows_like(ITEM, &items);
        assert_eq!(import(&register, &file).await.unwrap().rejected, [], "{}", store.name);
        assert_eq!(import(&register, &file).await.unwrap().rejected, [], "{}", store.name);
        for (person, date, rates) in [
            ("P1", "2023-12-31", [1_000, 1_500, 0]),
            ("P2", "2023-12-31", [1_000, 0, 0]),
            ("P1", "2024-01-01", [1_000, 1_500, 0]),
            ("P2", "2024-01-01", [2_000, 0, 0]),
            // Retired employees are employees, and nobody else has a scheme.
            ("P1", "2024-06-01", [1_000, 1_500, 0]),
            ("P2", "2025-01-01", [1_000, 1_500, 0]),
        ] {
            let facts = gather(&register, question(person, &["H1"], &["R1", "R2", "R3"], date)).await.unwrap();
            let told = [0, 1, 2].map(|place: usize| facts.items[place].terms.unwrap().self_pay_rate_bp);
            assert_eq!(told, rates, "{} {person} {date}", store.name);
        }
    }
}

#[tokio::test]
async fn the_published_price_of_a_diagnosis_is_that_of_the_level_of_the_institution_on_the_day() {
    const INSTITUTION: &str = "institution_id,name,level,price_cap_level,kind,treatment_region,department_of,from,to";
    const PRICE: &str = "诊断编码,病种名称,医院等级,付费标准,开始日期,结束日期";
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let institutions = [
            "L3,某三级医院,3,2,hospital,local,,2020-01-01,",
            "L1,某一级医院,1,,hospital,local,,2020-01-01,",
            "D3,其科室,1,,hospital,local,L3,2020-01-01,",
        ];
        let prices = [
            "H25.9,白内障,,6000.00,2022-04-01,2023-12-31",
            "H25.9,白内障,三级,7000,2022-04-01,2023-06-30",
            "H25.9,白内障,三级,7500,2023-07-01,2023-12-31",
            "K80.2,胆囊结石,2,9000,2022-04-01,",
        ];
        for file in [rows_like(INSTITUTION, &institutions), rows_like(PRICE, &prices), rows_like(PRICE, &prices)] {
            assert_eq!(import(&register, &file).await.unwrap().rejected, [], "{}", store.name);
        }
        for (diagnosis, place, date, price) in [
            ("H25.9", "L3", "2022-03-31", None),
            ("H25.9", "L3", "2022-04-01", Some(700_000)),
            ("H25.9", "L3", "2023-07-01", Some(750_000)),
            ("H25.9", "L3", "2024-01-01", None),
            ("H25.9", "L1", "2023-07-01", Some(600_000)),
            // A department has the level of the hospital that runs it.
            ("H25.9", "D3", "2023-07-01", Some(750_000)),
            ("K80.2", "L3", "2023-07-01", None),
            ("unknown", "L3", "2023-07-01", None),
            ("", "L3", "2023-07-01", None),
        ] {
            let priced_diagnosis = diagnosis.to_owned();
            let asked =
                wire::register_v1::GatherFactsRequest { priced_diagnosis, ..question("P1", &[place], &["A1"], date) };
            let facts = gather(&register, asked).await.unwrap();
            assert_eq!(facts.disease_price_fen, price, "{} {diagnosis} {place} {date}", store.name);
            assert_eq!(facts.items.len(), 1, "{}", store.name);
        }
        let wrong = rows_like(PRICE, &["H25.9,,四级,0,2023-01-01,", "K80.2,胆囊结石,2,8000,2023-01-01,"]);
        let faults: Vec<_> = import(&register, &wrong).await.unwrap().rejected;
        let faults: Vec<_> = faults.iter().map(|fault| (fault.number, fault.column.as_str())).collect();
        assert_eq!(faults, [(1, "name"), (1, "level"), (1, "price"), (2, "from")], "{}", store.name);
    }
}

#[tokio::test]
async fn an_institution_is_allowed_exempt_special_diseases_from_a_day_on() {
    const HEADER: &str = "institution_id,name,level,kind,treatment_region,special_exempt_allowed,from,to";
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let rows = [
            "D1,透析中心,1,hospital,local,,2022-01-01,2022-12-31",
            "D1,透析中心,1,hospital,local,true,2023-01-01,2023-12-31",
            "D1,透析中心,1,hospital,local,false,2024-01-01,",
        ];
        assert_eq!(import(&register, &rows_like(HEADER, &rows)).await.unwrap().rejected, [], "{}", store.name);
        for (id, date, allowed) in [
            ("D1", "2022-12-31", false),
            ("D1", "2023-01-01", true),
            ("D1", "2023-12-31", true),
            ("D1", "2024-01-01", false),
            // A file without the column allows nothing.
            ("H1", "2024-01-01", false),
        ] {
            let facts = gather(&register, question("P1", &[id], &[], date)).await.unwrap();
            let told = facts.institutions[0].facts.as_ref().unwrap().special_exempt_allowed;
            assert_eq!(told, allowed, "{} {id} {date}", store.name);
        }
        let response =
            import(&register, &rows_like(HEADER, &["D2,某院,1,hospital,local,yes,2022-01-01,"])).await.unwrap();
        assert_eq!(response.rejected[0].column, "special_exempt_allowed", "{}", store.name);
    }
}

#[tokio::test]
async fn items_are_told_once_in_the_order_asked_with_their_terms_of_the_day() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let facts =
            gather(&register, question("P1", &["H1"], &["X1", "B1", "A9", "A1", "B1"], "2024-12-31")).await.unwrap();
        let codes: Vec<_> = facts.items.iter().map(|item| item.code.as_str()).collect();
        assert_eq!(codes, ["X1", "B1", "A1"], "{}", store.name);
        let capped = facts.items[1].clone();
        assert_eq!((capped.name.as_str(), capped.drug.as_str()), ("靶向药", "imatinib"));
        let terms = ItemTerms {
            class: ItemClass::B,
            self_pay_rate: Rate::new(1_000).unwrap(),
            price_cap: Some(Fen::new(9_950)),
        };
        assert_eq!(capped.terms.map(TryInto::try_into), Some(Ok(terms)));
        let facts = gather(&register, question("P1", &["H1"], &["A1", "B1"], "2025-01-01")).await.unwrap();
        assert_eq!(facts.items.iter().map(|item| item.code.as_str()).collect::<Vec<_>>(), ["A1"]);
    }
}

#[tokio::test]
async fn what_is_unknown_is_left_out_and_everything_else_is_told() {
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let facts = gather(&register, question("P9", &["H9", "H2"], &["A1", "A9"], "2024-01-01")).await.unwrap();
        assert!(!facts.person_known && facts.person.is_none(), "{}", store.name);
        assert_eq!((facts.institutions.len(), facts.items.len()), (1, 1));
        assert!(facts.institutions[0].interruptions.is_empty());
        let not_covered = gather(&register, question("P2", &["H2"], &[], "2019-12-31")).await.unwrap();
        assert!(not_covered.person_known && not_covered.person.is_none());
    }
}

#[tokio::test]
async fn facts_outlive_the_process_that_imported_them() {
    for store in TestStore::each().await {
        drop(filled(&store).await);
        let register = crate::given::empty(&store).await;
        assert!(person(&register, "P1", "2024-05-06").await.is_some(), "{}", store.name);
    }
}

#[tokio::test]
async fn a_question_with_many_faults_is_refused_with_all_of_them() {
    let store = TestStore::sqlite();
    let register = crate::given::empty(&store).await;
    let codes = vec!["A1"; 5_001];
    let status = gather(&register, question("P 1", &["H 1", "", "H2"], &codes, "nonsense")).await.unwrap_err();
    let failure = Failure::from_status(&status).unwrap();
    assert_eq!(failure.reason, ErrorReason::FieldViolation);
    let fields: Vec<_> = failure.violations.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["person_id", "institution_ids[0]", "institution_ids[1]", "item_codes", "service_date"]);
}

#[tokio::test]
async fn a_client_in_the_same_process_is_answered_by_the_server() {
    let store = TestStore::sqlite();
    let register = filled(&store).await;
    let mut client = RegisterClient::new(host::in_process(register::server(register)));
    let facts = client.gather_facts(question("P1", &["H1"], &["A1"], "2024-05-06")).await.unwrap().into_inner();
    assert!(facts.person.is_some());
    assert_eq!((facts.institutions.len(), facts.items.len()), (1, 1));
}

#[tokio::test]
async fn a_person_whose_cover_is_suspended_is_known_and_not_insured_on_those_days() {
    const HEADER: &str =
        "person_id,birth_date,kunming_household,scheme,employment,flexible,cover_state,household_id,from,to";
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let rows = [
            "S1,1980-01-01,true,employee,active,single-pooling,,H-17,2023-01-01,2023-02-28",
            "S1,1980-01-01,true,employee,active,single-pooling,suspended,H-17,2023-03-01,2023-05-31",
            "S1,1980-01-01,true,employee,active,with-account,active,H-17,2023-06-01,",
        ];
        assert_eq!(import(&register, &rows_like(HEADER, &rows)).await.unwrap().rejected, [], "{}", store.name);
        for (date, insured, suspended) in [
            ("2022-12-31", false, false),
            ("2023-02-28", true, false),
            ("2023-03-01", false, true),
            ("2023-05-31", false, true),
            ("2023-06-01", true, false),
        ] {
            let facts = gather(&register, question("S1", &["H1"], &[], date)).await.unwrap();
            assert!(facts.person_known);
            assert_eq!((facts.person.is_some(), facts.cover_suspended), (insured, suspended), "{} {date}", store.name);
        }
        let resident = "S2,1980-01-01,true,resident,,single-pooling,,,2023-01-01,";
        let response = import(&register, &rows_like(HEADER, &[resident])).await.unwrap();
        assert_eq!(response.rejected[0].column, "flexible", "{}", store.name);
        let moved = "S1,1980-01-01,true,employee,active,with-account,,H-18,2023-06-01,";
        let again = import(&register, &rows_like(HEADER, &[moved])).await.unwrap();
        assert_eq!(again.rejected, [], "another household from now on");
    }
}

#[tokio::test]
async fn beds_of_designated_institutions_are_counted_beside_the_insured() {
    use tonic::Request;
    use wire::register_v1::CountBedsRequest;
    use wire::register_v1::upkeep_server::Upkeep;
    for store in TestStore::each().await {
        let register = filled(&store).await;
        let institutions = "institution_id,name,level,kind,treatment_region,by_agreement,beds,from\n\
             B1,甲院,3,hospital,local,,600,2020-01-01\nB2,乙院,2,hospital,local,true,70,2020-01-01\n\
             B3,外省院,3,hospital,other-province,,900,2020-01-01\n";
        let agreements = "institution_id,state,grounds,from\nB2,in-force,,2024-01-01\nB1,suspended,breach,2024-06-01\n";
        for file in [institutions, agreements] {
            assert_eq!(import(&register, file).await.unwrap().rejected, [], "{}", store.name);
        }
        for (date, beds, insured) in
            [("2019-12-31", 0, 1), ("2023-12-31", 600, 2), ("2024-01-01", 670, 2), ("2025-01-01", 70, 1)]
        {
            let request = CountBedsRequest { date: date.parse::<chrono::NaiveDate>().ok().map(Into::into) };
            let counted = register.count_beds(Request::new(request)).await.unwrap().into_inner();
            assert_eq!((counted.beds, counted.insured_persons), (beds, insured), "{} {date}", store.name);
        }
    }
}
