//! Histories from the tables, one statement for any number of keys.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;

use chrono::NaiveDate;
use claim::ItemTerms;
use money::{Fen, Rate};
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};
use store::StoreError;

use crate::caches::{Caches, Remembered};
use crate::dated::Period;
use crate::designation::{Agreement, Designation, InstitutionHistory};
use crate::history::{
    CatalogueEntry, CatalogueHistory, Cover, DiseasePrice, Filed, LevelCaps, Person, PersonHistory, insurance_of,
};
use crate::reads::{HistoryReads, Reads};
use crate::session::{SelectByKeys, Session, select_by_keys};

/// Histories by the id of what they are of.
pub(crate) type Histories<H> = HashMap<Arc<str>, H>;

/// What is read whole and remembered whole.
pub(crate) trait History: Default + Send + Sync + 'static {
    /// Where histories of this kind are remembered.
    fn remembered(caches: &Caches) -> &Remembered<Self>;

    /// Where histories of this kind are read that are not remembered.
    fn reads(reads: &Reads) -> &HistoryReads<Self>;

    /// The histories of those of `ids` that are known.
    fn read(
        session: &mut Session<'_>,
        ids: &[&str],
    ) -> impl Future<Output = Result<Histories<Self>, StoreError>> + Send;
}

/// A person's rows of all tables in one statement, so that they are of one moment. `part` names the table.
pub(crate) const PERSONS: SelectByKeys = select_by_keys!(
    "SELECT person_id, 'person' AS part, birth_date AS from_date, CAST(NULL AS DATE) AS to_date, sex AS code, \
     household_id AS kind, CAST(NULL AS TEXT) AS detail, kunming_household, disability_level FROM person WHERE person_id",
    "UNION ALL SELECT person_id, 'cover', from_date, to_date, scheme, state, flexible, NULL, NULL \
     FROM cover WHERE person_id",
    "UNION ALL SELECT person_id, 'category', from_date, to_date, category, NULL, NULL, NULL, NULL \
     FROM category WHERE person_id",
    "UNION ALL SELECT person_id, 'disease', approved_date, to_date, code, kind, NULL, NULL, NULL \
     FROM disease WHERE person_id",
    "UNION ALL SELECT person_id, 'filing', from_date, to_date, filing, route, NULL, NULL, NULL \
     FROM filing WHERE person_id",
    "UNION ALL SELECT person_id, 'identity', NULL, NULL, blind_index, NULL, NULL, NULL, NULL \
     FROM identity WHERE person_id",
);

type PersonPart = (
    String,
    String,
    Option<NaiveDate>,
    Option<NaiveDate>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<bool>,
    Option<i16>,
);

impl History for PersonHistory {
    fn remembered(caches: &Caches) -> &Remembered<Self> {
        &caches.persons
    }

    fn reads(reads: &Reads) -> &HistoryReads<Self> {
        &reads.persons
    }

    async fn read(session: &mut Session<'_>, ids: &[&str]) -> Result<Histories<Self>, StoreError> {
        let mut histories = Histories::<Self>::new();
        for row in session.select::<PersonPart>(PERSONS, ids).await? {
            let history = entry(&mut histories, &row.0);
            history.add(row)?;
        }
        Ok(histories)
    }
}

impl PersonHistory {
    fn add(&mut self, row: PersonPart) -> Result<(), StoreError> {
        let (_, part, from, to, code, kind, detail, kunming_household, disability_level) = row;
        let (code, kind) = (code.as_deref(), kind.as_deref());
        if part == "identity" {
            self.identity = code.map(str::to_owned);
            return Ok(());
        }
        let from = from.ok_or_else(|| unwritten("from_date"))?;
        let period = Period { from, to };
        match part.as_str() {
            "person" => {
                self.person = Some(Person {
                    birth_date: from,
                    sex: code.map(written).transpose()?,
                    kunming_household: kunming_household.ok_or_else(|| unwritten("kunming_household"))?,
                    disability_level: in_range(disability_level.unwrap_or_default())?,
                    household_id: optional(kind)?,
                });
            }
            "cover" => {
                let insurance = code.and_then(insurance_of).ok_or_else(|| unwritten("scheme"))?;
                let state = written(kind.unwrap_or_default())?;
                self.cover.put(period, Cover { insurance, state, flexible: optional(detail.as_deref())? });
            }
            "category" => self.categories.entry(written(code.unwrap_or_default())?).or_default().put(period, ()),
            "disease" => {
                let kind = written(kind.unwrap_or_default())?;
                self.diseases.entry(written(code.unwrap_or_default())?).or_default().put(period, kind);
            }
            "filing" => {
                let (filing, route) = (written(code.unwrap_or_default())?, written(kind.unwrap_or_default())?);
                self.filings.put(period, Filed { filing, route });
            }
            _ => return Err(unwritten("part")),
        }
        Ok(())
    }
}

/// An institution's rows of both tables in one statement, so that they are of one moment. `part` names the table.
pub(crate) const INSTITUTIONS: SelectByKeys = select_by_keys!(
    "SELECT institution_id, 'institution' AS part, from_date, to_date, name, level, price_cap_level, kind, \
     treatment_region, special_exempt_allowed, by_agreement, department_of, district, tier, grade, legal_form, beds \
     FROM institution WHERE institution_id",
    "UNION ALL SELECT institution_id, 'agreement', from_date, to_date, state, grounds, NULL, \
     '', '', NULL, NULL, temporary, decided_by, NULL, NULL, NULL, NULL FROM agreement WHERE institution_id",
);

/// Of an agreement, its state stands in the place of the name, its grounds in that of the level, and the two that follow
/// the flags are whether it is temporary and who decided.
struct InstitutionPart {
    id: String,
    part: String,
    period: Period,
    name: String,
    level: String,
    price_cap_level: Option<String>,
    kind: String,
    treatment_region: String,
    special_exempt_allowed: Option<bool>,
    by_agreement: Option<bool>,
    department_of: Option<String>,
    district: Option<String>,
    tier: Option<String>,
    grade: Option<String>,
    legal_form: Option<String>,
    beds: Option<i32>,
}

impl<'r, R: Row> FromRow<'r, R> for InstitutionPart
where
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    NaiveDate: Decode<'r, R::Database> + Type<R::Database>,
    Option<NaiveDate>: Decode<'r, R::Database> + Type<R::Database>,
    Option<bool>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i32>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("institution_id")?,
            part: row.try_get("part")?,
            period: Period { from: row.try_get("from_date")?, to: row.try_get("to_date")? },
            name: row.try_get("name")?,
            level: row.try_get("level")?,
            price_cap_level: row.try_get("price_cap_level")?,
            kind: row.try_get("kind")?,
            treatment_region: row.try_get("treatment_region")?,
            special_exempt_allowed: row.try_get("special_exempt_allowed")?,
            by_agreement: row.try_get("by_agreement")?,
            department_of: row.try_get("department_of")?,
            district: row.try_get("district")?,
            tier: row.try_get("tier")?,
            grade: row.try_get("grade")?,
            legal_form: row.try_get("legal_form")?,
            beds: row.try_get("beds")?,
        })
    }
}

impl History for InstitutionHistory {
    fn remembered(caches: &Caches) -> &Remembered<Self> {
        &caches.institutions
    }

    fn reads(reads: &Reads) -> &HistoryReads<Self> {
        &reads.institutions
    }

    async fn read(session: &mut Session<'_>, ids: &[&str]) -> Result<Histories<Self>, StoreError> {
        let mut histories = Histories::<Self>::new();
        for row in session.select::<InstitutionPart>(INSTITUTIONS, ids).await? {
            let history = entry(&mut histories, &row.id);
            history.add(row)?;
        }
        Ok(histories)
    }
}

impl InstitutionHistory {
    fn add(&mut self, row: InstitutionPart) -> Result<(), StoreError> {
        match row.part.as_str() {
            "institution" => {
                let designation = Designation {
                    name: Arc::from(row.name),
                    level: written(&row.level)?,
                    price_cap_level: optional(row.price_cap_level.as_deref())?,
                    kind: written(&row.kind)?,
                    treatment_region: written(&row.treatment_region)?,
                    special_exempt_allowed: row
                        .special_exempt_allowed
                        .ok_or_else(|| unwritten("special_exempt_allowed"))?,
                    by_agreement: row.by_agreement.ok_or_else(|| unwritten("by_agreement"))?,
                    department_of: optional(row.department_of.as_deref())?,
                    district: row.district.map(Arc::from),
                    tier: optional(row.tier.as_deref())?,
                    grade: row.grade.map(Arc::from),
                    legal_form: optional(row.legal_form.as_deref())?,
                    beds: row.beds.map(in_range).transpose()?,
                };
                self.designations.put(row.period, designation);
            }
            "agreement" => {
                let agreement = Agreement {
                    state: written(&row.name)?,
                    grounds: row.level.split_whitespace().map(written).collect::<Result<_, _>>()?,
                    temporary: optional(row.department_of.as_deref())?,
                    decided_by: optional(row.district.as_deref())?,
                };
                self.agreements.put(row.period, agreement);
            }
            _ => return Err(unwritten("part")),
        }
        Ok(())
    }
}

/// A code's rows of both tables in one statement, so that they are of one moment. `part` names the table.
pub(crate) const CATALOGUE: SelectByKeys = select_by_keys!(
    "SELECT item_code, 'item' AS part, from_date, to_date, name, item_kind, class, self_pay_rate_bp, self_pay_rate_resident_bp, \
     price_cap_fen, price_cap_level_1_fen, price_cap_level_2_fen, price_cap_level_3_fen, drug FROM item WHERE item_code",
    "UNION ALL SELECT diagnosis, 'disease-price', from_date, to_date, name, level, '', 0, NULL, price_fen, NULL, NULL, \
     NULL, NULL FROM disease_price WHERE diagnosis",
);

/// Of a published price, its level stands in the place of the item's kind and the price in that of the price cap.
type CataloguePart = (
    String,
    String,
    NaiveDate,
    Option<NaiveDate>,
    String,
    Option<String>,
    String,
    i32,
    Option<i32>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
);

impl History for CatalogueHistory {
    fn remembered(caches: &Caches) -> &Remembered<Self> {
        &caches.catalogue
    }

    fn reads(reads: &Reads) -> &HistoryReads<Self> {
        &reads.catalogue
    }

    async fn read(session: &mut Session<'_>, ids: &[&str]) -> Result<Histories<Self>, StoreError> {
        let mut histories = Histories::<Self>::new();
        for row in session.select::<CataloguePart>(CATALOGUE, ids).await? {
            let history = entry(&mut histories, &row.0);
            history.add(row)?;
        }
        Ok(histories)
    }
}

impl CatalogueHistory {
    fn add(&mut self, row: CataloguePart) -> Result<(), StoreError> {
        let (_, part, from, to, name, kind, class, rate_bp, resident_bp, price_fen, one, two, three, drug) = row;
        let (period, name) = (Period { from, to }, Arc::from(name));
        match part.as_str() {
            "item" => {
                let rate = |bp: i32| Rate::new(in_range(bp)?).ok_or_else(|| unwritten("self_pay_rate_bp"));
                let terms = ItemTerms {
                    class: written(&class)?,
                    self_pay_rate: rate(rate_bp)?,
                    price_cap: price_fen.map(Fen::new),
                };
                let item = CatalogueEntry {
                    name,
                    kind: optional(kind.as_deref())?,
                    terms,
                    resident_self_pay_rate: resident_bp.map(rate).transpose()?,
                    level_caps: LevelCaps([one, two, three].map(|cap| cap.map(Fen::new))),
                    drug: optional(drug.as_deref())?,
                };
                self.item.put(period, item);
            }
            "disease-price" => {
                let level = optional(kind.as_deref().filter(|level| !level.is_empty()))?;
                let price = price_fen.map(Fen::new).ok_or_else(|| unwritten("price_fen"))?;
                self.prices.entry(level).or_default().put(period, DiseasePrice { name, price });
            }
            _ => return Err(unwritten("part")),
        }
        Ok(())
    }
}

/// The histories of `ids` without those that are unknown; each id is asked for once.
pub(crate) async fn read_each<H: History>(session: &mut Session<'_>, ids: &[&str]) -> Result<Histories<H>, StoreError> {
    let distinct: Vec<&str> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    H::read(session, &distinct).await
}

fn entry<'a, H: Default>(histories: &'a mut Histories<H>, id: &str) -> &'a mut H {
    histories.entry(Arc::from(id)).or_default()
}

fn written<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(StoreError::corrupt)
}

fn optional<T: FromStr<Err: std::fmt::Display>>(text: Option<&str>) -> Result<Option<T>, StoreError> {
    text.map(written).transpose()
}

fn in_range<N, T: TryFrom<N, Error: std::fmt::Display>>(number: N) -> Result<T, StoreError> {
    number.try_into().map_err(StoreError::corrupt)
}

fn unwritten(column: &str) -> StoreError {
    StoreError::corrupt(format_args!("a value of {column} that is never written"))
}
