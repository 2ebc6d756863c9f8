//! All the facts of one case.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use claim::{Case, DiagnosisCode, Filing, InstitutionFacts, InstitutionId, ItemCode, PersonId, Standing};
use money::Fen;
use wire::register_v1 as proto;
use wire::{FromMessage, Reader};

use crate::caches::Caches;
use crate::designation::{Designation, InstitutionHistory, Interruption};
use crate::hearing::Hearing;
use crate::history::{CatalogueHistory, PersonHistory};
use crate::reading::{Histories, History};
use crate::reads::{ReadError, Reads};

const MAX_INSTITUTIONS: usize = 3;

/// What is asked for; duplicates are gone.
#[derive(Debug)]
pub(crate) struct Question {
    person_id: Option<PersonId>,
    institution_ids: Vec<InstitutionId>,
    item_codes: Vec<ItemCode>,
    priced_diagnosis: Option<DiagnosisCode>,
    service_date: NaiveDate,
    /// The first day of the visit.
    begun_date: NaiveDate,
}

impl FromMessage for Question {
    type Message = proto::GatherFactsRequest;

    fn read(message: proto::GatherFactsRequest, at: &Reader<'_>) -> Option<Self> {
        let person_id = at.optional_id("person_id", &message.person_id);
        let institution_ids =
            at.each("institution_ids", message.institution_ids, 0..=MAX_INSTITUTIONS, |id, at| at.id("", &id));
        let item_codes = at.each("item_codes", message.item_codes, 0..=Case::MAX_LINES, |code, at| at.id("", &code));
        let service_date = at.date("service_date", message.service_date);
        let priced_diagnosis = at.optional_id("priced_diagnosis", &message.priced_diagnosis);
        let begun_date = at.optional_date("begun_date", message.begun_date).and_then(|begun| {
            let in_order = begun.zip(service_date).is_none_or(|(begun, service)| begun <= service);
            at.check("begun_date", in_order, "is after service_date")?;
            Some(begun)
        });
        Some(Self {
            person_id: person_id?,
            institution_ids: once(institution_ids?),
            item_codes: once(item_codes?),
            priced_diagnosis: priced_diagnosis?,
            service_date: service_date?,
            begun_date: begun_date?.or(service_date)?,
        })
    }
}

/// The values in their order, each once.
fn once<T: Clone + Ord>(mut values: Vec<T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
    values
}

/// Answers `question` from what is remembered and, for the rest, with one read each of persons, institutions and the
/// catalogue.
pub(crate) async fn gather(
    reads: &Reads,
    caches: &Caches,
    hearing: &Hearing,
    question: &Question,
) -> Result<proto::GatherFactsResponse, ReadError> {
    let person_ids: Vec<&str> = question.person_id.iter().map(PersonId::as_str).collect();
    let institution_ids: Vec<&str> = question.institution_ids.iter().map(InstitutionId::as_str).collect();
    let item_codes = question.item_codes.iter().map(ItemCode::as_str);
    let codes: Vec<&str> = item_codes.chain(question.priced_diagnosis.as_ref().map(DiagnosisCode::as_str)).collect();
    let (persons, mut institutions, catalogue) = tokio::try_join!(
        histories::<PersonHistory>(reads, caches, hearing, &person_ids),
        histories::<InstitutionHistory>(reads, caches, hearing, &institution_ids),
        histories::<CatalogueHistory>(reads, caches, hearing, &codes),
    )?;
    let date = question.service_date;
    let hosts = institutions.values().filter_map(|history| history.described_on(date)?.department_of.clone());
    let hosts: Vec<InstitutionId> = hosts.collect();
    if !hosts.is_empty() {
        let hosts: Vec<&str> = hosts.iter().map(InstitutionId::as_str).collect();
        institutions.extend(histories::<InstitutionHistory>(reads, caches, hearing, &hosts).await?);
    }
    let person = question.person_id.as_ref().and_then(|id| persons.get(id.as_str()));
    let facts = person.and_then(|history| history.on(date));
    let insurance = facts.as_ref().map(|facts| facts.insurance);
    let filing = person.map_or(Filing::None, |history| history.filing_on(date));
    let ruling = question.institution_ids.first().and_then(|id| ruling(id, &institutions, date));
    let price_cap_level = ruling.map(|ruling| ruling.price_cap_level.unwrap_or(ruling.level));
    let price = |diagnosis: &DiagnosisCode| catalogue.get(diagnosis.as_str())?.price_on(date, ruling?.level);
    let item = |code: &ItemCode| {
        let (_, entry) = catalogue.get(code.as_str())?.item.on(date)?;
        Some(proto::Item {
            code: code.to_string(),
            name: (*entry.name).to_owned(),
            terms: Some((&entry.terms_for(insurance, price_cap_level)).into()),
            drug: entry.drug.as_ref().map(ToString::to_string).unwrap_or_default(),
        })
    };
    Ok(proto::GatherFactsResponse {
        person: facts.as_ref().map(Into::into),
        person_known: person.is_some(),
        cover_suspended: person.is_some_and(|history| history.is_suspended_on(date)),
        institutions: question
            .institution_ids
            .iter()
            .filter_map(|id| institution(id, &institutions, question.begun_date, date))
            .collect(),
        items: question.item_codes.iter().filter_map(item).collect(),
        filing: wire::claim_v1::Filing::from(filing).into(),
        categories_ending: person.map_or_else(Vec::new, |history| {
            let ending = history.categories_ending_on(date);
            ending.map(|category| wire::claim_v1::AssistanceCategory::from(category).into()).collect()
        }),
        disease_price_fen: question.priced_diagnosis.as_ref().and_then(price).map(Fen::get),
    })
}

/// The histories of those of `ids` that are known; what is not remembered is read at once.
async fn histories<H: History>(
    reads: &Reads,
    caches: &Caches,
    hearing: &Hearing,
    ids: &[&str],
) -> Result<Histories<Arc<H>>, ReadError> {
    let remembered = H::remembered(caches);
    let mut histories = Histories::with_capacity(ids.len());
    let mut missing = Vec::new();
    let is_trusted = hearing.is_trusted();
    for id in ids {
        match remembered.get(id).filter(|_| is_trusted) {
            Some(history) => drop(histories.insert(Arc::from(*id), history)),
            None => missing.push(Arc::from(*id)),
        }
    }
    if !missing.is_empty() {
        histories.extend(H::reads(reads).submit(missing).await?);
    }
    Ok(histories)
}

/// An institution as it is on `date`; a department has the level and the rules of the hospital that runs it (B 七), and
/// is designated only while that is.
fn institution(
    id: &InstitutionId,
    institutions: &Histories<Arc<InstitutionHistory>>,
    begun: NaiveDate,
    date: NaiveDate,
) -> Option<proto::Institution> {
    let history = institutions.get(id.as_str())?;
    let own = history.described_on(date)?;
    let mut interruptions = history.interruptions(begun, date);
    let mut ruling = own;
    if let Some(host) = &own.department_of {
        let unknown = Interruption { standing: Standing::Unlisted, from: begun, to: date };
        let host = institutions.get(host.as_str());
        interruptions.extend(host.map_or_else(|| vec![unknown], |host| host.interruptions(begun, date)));
        ruling = host.and_then(|host| host.described_on(date)).unwrap_or(own);
    }
    interruptions.sort_by_key(|interruption| interruption.from);
    let facts = InstitutionFacts {
        id: id.clone(),
        level: ruling.level,
        kind: ruling.kind,
        special_exempt_allowed: ruling.special_exempt_allowed,
    };
    Some(proto::Institution {
        facts: Some((&facts).into()),
        name: (*own.name).to_owned(),
        treatment_region: wire::claim_v1::TreatmentRegion::from(own.treatment_region).into(),
        interruptions: interruptions.into_iter().map(Into::into).collect(),
    })
}

impl From<Interruption> for proto::Interruption {
    fn from(interruption: Interruption) -> Self {
        Self {
            standing: wire::claim_v1::Standing::from(interruption.standing).into(),
            from_date: Some(interruption.from.into()),
            to_date: Some(interruption.to.into()),
        }
    }
}

/// What rules the prices at an institution on `date`: what it is itself, or for a department its hospital (B 七).
fn ruling<'a>(
    id: &InstitutionId,
    institutions: &'a Histories<Arc<InstitutionHistory>>,
    date: NaiveDate,
) -> Option<&'a Designation> {
    let described = |id: &InstitutionId| institutions.get(id.as_str())?.described_on(date);
    let own = described(id)?;
    Some(own.department_of.as_ref().and_then(described).unwrap_or(own))
}
