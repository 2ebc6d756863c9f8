//! `onestop person`, `onestop institution`, `onestop catalogue` and `onestop keys`.

mod beds;
mod change;

use std::io::{BufRead, Write};

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use claim::Standing;
use identity_number::Keyring;
use serde_json::{Map, Value, json};
use wire::register_v1::{
    self as proto, Fact, FactKind, FindPersonsRequest, ListFactsRequest, RotateKeysRequest, SubjectKind,
};

use crate::cli::{CatalogueCommand, InstitutionCommand, KeysCommand, PersonCommand, ShowFactsArgs};
use crate::client::Client;
use crate::facts::change::Change;
use crate::import::refused;
use crate::render::Lang;

/// Hours that Shanghai is ahead.
const SHANGHAI: chrono::TimeDelta = chrono::TimeDelta::hours(8);

/// Runs `onestop person`.
///
/// # Errors
/// Where the platform cannot be used.
pub async fn person(command: PersonCommand) -> Result<bool> {
    match command {
        PersonCommand::Show(args) => show(args, SubjectKind::Person).await,
        PersonCommand::Find { client } => {
            let mut number = zeroize::Zeroizing::new(String::new());
            std::io::stdin().lock().read_line(&mut number).context("standard input cannot be read")?;
            let mut client = Client::open(&client).await?;
            let request = FindPersonsRequest { identity_number: number.trim().to_owned() };
            let found = client.upkeep.find_persons(request).await.map_err(refused)?.into_inner();
            let mut out = std::io::stdout().lock();
            found.person_ids.iter().try_for_each(|person_id| writeln!(out, "{person_id}"))?;
            Ok(!found.person_ids.is_empty())
        }
        PersonCommand::Change(args) => Change::of(args.change, args.fact.kind())?.make().await,
        PersonCommand::Withdraw(args) => Change::of(args.change, args.fact.kind())?.withdrawing().make().await,
    }
}

/// Runs `onestop institution`.
///
/// # Errors
/// Where the platform cannot be used.
pub async fn institution(command: InstitutionCommand) -> Result<bool> {
    match command {
        InstitutionCommand::Show(args) => show(args, SubjectKind::Institution).await,
        InstitutionCommand::Change(args) => Change::of(args, FactKind::Institution)?.make().await,
        InstitutionCommand::Withdraw(args) => Change::of(args.change, args.fact.kind())?.withdrawing().make().await,
        InstitutionCommand::Apply(args) => Change::of_agreement(args, Standing::Applied).make().await,
        InstitutionCommand::Admit(args) | InstitutionCommand::Resume(args) => {
            Change::of_agreement(args, Standing::InForce).make().await
        }
        InstitutionCommand::Refuse(args) => Change::of_agreement(args, Standing::Refused).make().await,
        InstitutionCommand::Suspend(args) => Change::of_agreement(args, Standing::Suspended).make().await,
        InstitutionCommand::End(args) => Change::of_agreement(args, Standing::Ended).make().await,
        InstitutionCommand::Beds(args) => beds::count(args).await,
    }
}

/// Runs `onestop catalogue`.
///
/// # Errors
/// Where the platform cannot be used.
pub async fn catalogue(command: CatalogueCommand) -> Result<bool> {
    match command {
        CatalogueCommand::Show(args) => show(args, SubjectKind::Item).await,
        CatalogueCommand::Change(args) => Change::of_catalogue(args)?.make().await,
        CatalogueCommand::Withdraw(args) => Change::of_catalogue(args)?.withdrawing().make().await,
    }
}

/// Runs `onestop keys`.
///
/// # Errors
/// Where there is no randomness, or the platform cannot be used.
pub async fn keys(command: KeysCommand) -> Result<bool> {
    let mut out = std::io::stdout();
    match command {
        KeysCommand::New { id } => write!(out, "{}", *Keyring::generate(&id)?)?,
        KeysCommand::Rotate { client, lang } => {
            let mut client = Client::open(&client).await?;
            let answer = client.upkeep.rotate_keys(RotateKeysRequest {}).await.map_err(refused)?.into_inner();
            match lang {
                Lang::ZhCn => writeln!(out, "已用新密钥重新加密 {} 个身份证号", answer.rotated)?,
                Lang::En => writeln!(out, "{} identity numbers sealed anew", answer.rotated)?,
            }
        }
    }
    Ok(true)
}

async fn show(args: ShowFactsArgs, kind: SubjectKind) -> Result<bool> {
    let mut client = Client::open(&args.client).await?;
    let request = ListFactsRequest {
        kind: kind.into(),
        id: args.id.clone(),
        effective_date: args.on.map(Into::into),
        believed_time: args.believed.map(|day| wire::timestamp(end_of(day))),
        with_superseded: args.past,
    };
    let facts = client.upkeep.list_facts(request).await.map_err(refused)?.into_inner().facts;
    let mut out = std::io::stdout().lock();
    for fact in &facts {
        if args.json {
            writeln!(out, "{}", fact_json(fact))?;
        } else {
            writeln!(out, "{}", fact_text(fact, args.lang))?;
        }
    }
    if facts.is_empty() {
        writeln!(std::io::stderr(), "{}: {}", args.id, args.lang.pick(("没有登记信息", "nothing is recorded")))?;
    }
    Ok(!facts.is_empty())
}

/// The last microsecond of a day in Shanghai.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    let next = day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN) - SHANGHAI;
    next.and_utc() - chrono::TimeDelta::microseconds(1)
}

fn shown_time(time: Option<prost_types::Timestamp>) -> Option<String> {
    let time = time.and_then(|time| DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?))?;
    Some((time.naive_utc() + SHANGHAI).format("%Y-%m-%d %H:%M:%S").to_string())
}

fn table_name(table: &str, lang: Lang) -> &str {
    const NAMES: [(&str, (&str, &str)); 9] = [
        ("person", ("人员", "person")),
        ("cover", ("参保", "cover")),
        ("category", ("救助类别", "category")),
        ("disease", ("门诊慢特病", "disease")),
        ("filing", ("异地备案", "filing")),
        ("institution", ("定点机构", "institution")),
        ("agreement", ("定点协议", "agreement")),
        ("item", ("目录项目", "item")),
        ("disease_price", ("病种付费标准", "disease price")),
    ];
    NAMES.iter().find(|(name, _)| *name == table).map_or(table, |(_, words)| lang.pick(*words))
}

fn fact_text(fact: &Fact, lang: Lang) -> String {
    let mut text = table_name(&fact.table, lang).to_owned();
    for cell in fact.cells.iter().filter(|cell| !cell.text.is_empty()) {
        text.extend([" ", &cell.column, "=", &cell.text]);
    }
    let mut trail = Vec::new();
    for (word, time, change) in [
        (("登记于", "recorded"), fact.recorded_time, &fact.change),
        (("更正于", "superseded"), fact.superseded_time, &fact.superseding_change),
    ] {
        trail.extend(shown_time(time).map(|time| format!("{} {time}", lang.pick(word))));
        trail.extend(change.iter().flat_map(|change| origin(change, lang)));
    }
    format!("{text}  [{}]", trail.join(lang.pick(("，", ", "))))
}

/// A change's number, and who made it, why and by what, as far as it was said.
fn origin(change: &proto::Change, lang: Lang) -> impl Iterator<Item = String> {
    let parts = [
        (("经办", "by"), &change.changed_by),
        (("原因", "reason"), &change.reason),
        (("来源", "source"), &change.source),
    ];
    let said = parts.into_iter().filter(|(_, said)| !said.is_empty());
    let number = format!("{} {}", lang.pick(("变更", "change")), change.change_sequence);
    std::iter::once(number).chain(said.map(move |(word, said)| format!("{} {said}", lang.pick(word))))
}

fn fact_json(fact: &Fact) -> Value {
    let cells: Map<String, Value> = fact.cells.iter().map(|cell| (cell.column.clone(), json!(cell.text))).collect();
    json!({
        "table": fact.table,
        "cells": cells,
        "recorded_time": shown_time(fact.recorded_time),
        "superseded_time": shown_time(fact.superseded_time),
        "change": fact.change.as_ref().map(|change| change.change_sequence),
        "changed_by": fact.change.as_ref().map(|change| &change.changed_by),
        "reason": fact.change.as_ref().map(|change| &change.reason),
        "source": fact.change.as_ref().map(|change| &change.source),
        "superseding_change": fact.superseding_change.as_ref().map(|change| change.change_sequence),
        "superseded_by": fact.superseding_change.as_ref().map(|change| &change.changed_by),
        "superseded_reason": fact.superseding_change.as_ref().map(|change| &change.reason),
    })
}
