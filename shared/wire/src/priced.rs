//! The case priced with the facts of the register.

use std::sync::Arc;

use claim::{Case, Citation, LineSplit, PricedCase, PricedLine, SplitCitations, Visit};

use crate::case::{optional_text, read_family_accounts};
use crate::claim_v1 as proto;
use crate::reader::readable;
use crate::{FromMessage, Reader};

readable!(Citation, LineSplit, PricedCase, PricedLine, SplitCitations, Visit);

impl FromMessage for Visit {
    type Message = proto::Visit;

    fn read(message: proto::Visit, at: &Reader<'_>) -> Option<Self> {
        let kind = at.listed("kind", message.kind);
        let service_date = at.date("service_date", message.service_date);
        let admission_date = at.optional_date("admission_date", message.admission_date);
        let in_order = service_date.is_none_or(|end| admission_date.flatten().is_none_or(|start| start <= end));
        let in_order = at.check("admission_date", in_order, "must not be after the service date");
        let service_time_of_day = at.optional_time_of_day("service_time_of_day", message.service_time_of_day);
        let admission_time_of_day = at.optional_time_of_day("admission_time_of_day", message.admission_time_of_day);
        let institution = at.message("institution", message.institution);
        let prescriber_level = at.optional_listed("prescriber_level", message.prescriber_level);
        let host_level = at.optional_listed("host_level", message.host_level);
        let disease = at.optional_id("disease", &message.disease);
        let diagnosis = at.optional_id("diagnosis", &message.diagnosis);
        let price = message.disease_price_fen;
        let disease_price = price.map_or(Some(None), |price| at.amount("disease_price_fen", price).map(Some));
        let treatment_region = at.listed("treatment_region", message.treatment_region);
        let filing = at.listed("filing", message.filing);
        let registration = at.optional_id("registration", &message.registration);
        let family_accounts = read_family_accounts(message.family_account_person_ids, at);
        in_order?;
        Some(Self {
            kind: kind?,
            service_date: service_date?,
            service_time_of_day: service_time_of_day?,
            admission_date: admission_date?,
            admission_time_of_day: admission_time_of_day?,
            institution: institution?,
            prescriber_level: prescriber_level?,
            host_level: host_level?,
            disease: disease?,
            diagnosis: diagnosis?,
            disease_price: disease_price?,
            treatment_region: treatment_region?,
            filing: filing?,
            registration: registration?,
            use_individual_account: message.use_individual_account,
            family_accounts: family_accounts?,
        })
    }
}

impl FromMessage for LineSplit {
    type Message = proto::LineSplit;

    fn read(message: proto::LineSplit, at: &Reader<'_>) -> Option<Self> {
        let excluded = at.amount("excluded_fen", message.excluded_fen);
        let above_price_cap = at.amount("above_price_cap_fen", message.above_price_cap_fen);
        let initial_self_pay = at.amount("initial_self_pay_fen", message.initial_self_pay_fen);
        let eligible = at.amount("eligible_fen", message.eligible_fen);
        Some(Self {
            excluded: excluded?,
            above_price_cap: above_price_cap?,
            initial_self_pay: initial_self_pay?,
            eligible: eligible?,
        })
    }
}

impl FromMessage for PricedLine {
    type Message = proto::PricedLine;

    fn read(message: proto::PricedLine, at: &Reader<'_>) -> Option<Self> {
        let item_code = at.optional_id("item_code", &message.item_code);
        let quantity = at.number("quantity", message.quantity, 1..=Case::MAX_QUANTITY);
        let amount = at.amount("amount_fen", message.amount_fen);
        let split: Option<LineSplit> = at.message("split", message.split);
        let closed = amount.zip(split).and_then(|(amount, split)| {
            let total = split.total();
            at.check("split", total == amount, format_args!("sums to {total}, but the line is {amount}"))
        });
        let disease = at.optional_id("disease", &message.disease);
        let drug = at.optional_id("drug", &message.drug);
        let service_date = at.optional_date("service_date", message.service_date);
        closed?;
        Some(Self {
            item_code: item_code?,
            name: Arc::from(message.name),
            quantity: quantity?,
            amount: amount?,
            split: split?,
            disease: disease?,
            drug: drug?,
            violates_rules: message.violates_rules,
            service_date: service_date?,
        })
    }
}

impl FromMessage for Citation {
    type Message = proto::Citation;

    fn read(message: proto::Citation, at: &Reader<'_>) -> Option<Self> {
        let rule = at.check("rule", !message.rule.is_empty(), "is required");
        let document = at.check("document", !message.document.is_empty(), "is required");
        let in_force_from = at.date("in_force_from_date", message.in_force_from_date);
        let status = at.listed("status", message.status);
        rule.and(document)?;
        Some(Self {
            rule: Arc::from(message.rule),
            document: Arc::from(message.document),
            article: Arc::from(message.article),
            in_force_from: in_force_from?,
            status: status?,
        })
    }
}

impl FromMessage for SplitCitations {
    type Message = proto::SplitCitations;

    fn read(message: proto::SplitCitations, at: &Reader<'_>) -> Option<Self> {
        let excluded = at.message("excluded", message.excluded);
        let above_price_cap = at.message("above_price_cap", message.above_price_cap);
        let initial_self_pay = at.message("initial_self_pay", message.initial_self_pay);
        let eligible = at.message("eligible", message.eligible);
        Some(Self {
            excluded: Arc::new(excluded?),
            above_price_cap: Arc::new(above_price_cap?),
            initial_self_pay: Arc::new(initial_self_pay?),
            eligible: Arc::new(eligible?),
        })
    }
}

impl FromMessage for PricedCase {
    type Message = proto::PricedCase;

    fn read(message: proto::PricedCase, at: &Reader<'_>) -> Option<Self> {
        let person = at.message("person", message.person);
        let visit = at.message("visit", message.visit);
        let lines = at.messages("lines", message.lines, 1..=Case::MAX_LINES);
        let split_citations = at.message("split_citations", message.split_citations);
        Some(Self { person: person?, visit: visit?, lines: lines?, split_citations: split_citations? })
    }
}

impl From<&Visit> for proto::Visit {
    fn from(visit: &Visit) -> Self {
        let optional_level =
            |level: Option<claim::Level>| level.map_or(proto::InstitutionLevel::Unspecified, Into::into).into();
        Self {
            kind: proto::VisitKind::from(visit.kind).into(),
            service_date: Some(visit.service_date.into()),
            admission_date: visit.admission_date.map(Into::into),
            institution: Some((&visit.institution).into()),
            prescriber_level: optional_level(visit.prescriber_level),
            host_level: optional_level(visit.host_level),
            disease: optional_text(visit.disease.as_ref()),
            diagnosis: optional_text(visit.diagnosis.as_ref()),
            disease_price_fen: visit.disease_price.map(money::Fen::get),
            treatment_region: proto::TreatmentRegion::from(visit.treatment_region).into(),
            filing: proto::Filing::from(visit.filing).into(),
            registration: optional_text(visit.registration.as_ref()),
            use_individual_account: visit.use_individual_account,
            service_time_of_day: visit.service_time_of_day.map(Into::into),
            admission_time_of_day: visit.admission_time_of_day.map(Into::into),
            family_account_person_ids: visit.family_accounts.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&LineSplit> for proto::LineSplit {
    fn from(split: &LineSplit) -> Self {
        Self {
            excluded_fen: split.excluded.get(),
            above_price_cap_fen: split.above_price_cap.get(),
            initial_self_pay_fen: split.initial_self_pay.get(),
            eligible_fen: split.eligible.get(),
        }
    }
}

impl From<&PricedLine> for proto::PricedLine {
    fn from(line: &PricedLine) -> Self {
        Self {
            item_code: optional_text(line.item_code.as_ref()),
            name: (*line.name).to_owned(),
            quantity: line.quantity,
            amount_fen: line.amount.get(),
            split: Some((&line.split).into()),
            disease: optional_text(line.disease.as_ref()),
            drug: optional_text(line.drug.as_ref()),
            violates_rules: line.violates_rules,
            service_date: line.service_date.map(Into::into),
        }
    }
}

impl From<&Citation> for proto::Citation {
    fn from(citation: &Citation) -> Self {
        Self {
            rule: (*citation.rule).to_owned(),
            document: (*citation.document).to_owned(),
            article: (*citation.article).to_owned(),
            in_force_from_date: Some(citation.in_force_from.into()),
            status: proto::RuleStatus::from(citation.status).into(),
        }
    }
}

impl From<&SplitCitations> for proto::SplitCitations {
    fn from(citations: &SplitCitations) -> Self {
        Self {
            excluded: Some((&*citations.excluded).into()),
            above_price_cap: Some((&*citations.above_price_cap).into()),
            initial_self_pay: Some((&*citations.initial_self_pay).into()),
            eligible: Some((&*citations.eligible).into()),
        }
    }
}

impl From<&PricedCase> for proto::PricedCase {
    fn from(case: &PricedCase) -> Self {
        Self {
            person: Some((&case.person).into()),
            visit: Some((&case.visit).into()),
            lines: case.lines.iter().map(Into::into).collect(),
            split_citations: Some((&case.split_citations).into()),
        }
    }
}
