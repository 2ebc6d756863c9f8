//! `onestop person`, `onestop institution`, `onestop catalogue` and `onestop keys`.

use std::io::{BufRead, Write};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use identity_number::Keyring;
use serde_json::{Map, Value, json};
use wire::register_v1::import_file_request::Part;
use wire::register_v1::{
    Fact, FactKind, FactRow, FileEnd, FileHeader, FileRows, FindPersonsRequest, ImportFileRequest, ListFactsRequest,
    RotateKeysRequest, SubjectKind,
};
use wire::settlement_v1::ListRequest;

use crate::cli::{ChangeArgs, KeysCommand, PersonCommand, ShowFactsArgs, SubjectCommand};
use crate::client::Client;
use crate::import::{refused, take_outcome};
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
        PersonCommand::Change { fact, change: args } => change(args, fact.kind()).await,
    }
}

/// Runs `onestop institution` or `onestop catalogue`.
///
/// # Errors
/// Where the platform cannot be used.
pub async fn subject(command: SubjectCommand, kind: SubjectKind) -> Result<bool> {
    match command {
        SubjectCommand::Show(args) => show(args, kind).await,
        SubjectCommand::Change(args) if kind == SubjectKind::Item => change(args, FactKind::Item).await,
        SubjectCommand::Change(args) => change(args, FactKind::Institution).await,
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
        KeysCommand::Rotate { client } => {
            let mut client = Client::open(&client).await?;
            let answer = client.upkeep.rotate_keys(RotateKeysRequest {}).await.map_err(refused)?.into_inner();
            writeln!(out, "{} identity numbers sealed anew", answer.rotated)?;
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
    const NAMES: [(&str, (&str, &str)); 7] = [
        ("person", ("人员", "person")),
        ("cover", ("参保", "cover")),
        ("category", ("救助类别", "category")),
        ("disease", ("门诊慢特病", "disease")),
        ("filing", ("异地备案", "filing")),
        ("institution", ("定点机构", "institution")),
        ("item", ("目录项目", "item")),
    ];
    NAMES.iter().find(|(name, _)| *name == table).map_or(table, |(_, words)| lang.pick(*words))
}

fn fact_text(fact: &Fact, lang: Lang) -> String {
    let mut text = table_name(&fact.table, lang).to_owned();
    for cell in fact.cells.iter().filter(|cell| !cell.text.is_empty()) {
        text.extend([" ", &cell.column, "=", &cell.text]);
    }
    let mut trail = Vec::new();
    if let Some(time) = shown_time(fact.recorded_time) {
        trail.push(format!("{} {time}", lang.pick(("登记于", "recorded"))));
    }
    if let Some(time) = shown_time(fact.superseded_time) {
        trail.push(format!("{} {time}", lang.pick(("更正于", "superseded"))));
    }
    if let Some(change) = &fact.change {
        let parts = [
            (("经办", "by"), &change.changed_by),
            (("原因", "reason"), &change.reason),
            (("来源", "source"), &change.source),
        ];
        trail.extend(
            parts
                .into_iter()
                .filter(|(_, said)| !said.is_empty())
                .map(|(word, said)| format!("{} {said}", lang.pick(word))),
        );
    }
    format!("{text}  [{}]", trail.join(lang.pick(("，", ", "))))
}

fn fact_json(fact: &Fact) -> Value {
    let cells: Map<String, Value> = fact.cells.iter().map(|cell| (cell.column.clone(), json!(cell.text))).collect();
    json!({
        "table": fact.table,
        "cells": cells,
        "recorded_time": shown_time(fact.recorded_time),
        "superseded_time": shown_time(fact.superseded_time),
        "changed_by": fact.change.as_ref().map(|change| &change.changed_by),
        "reason": fact.change.as_ref().map(|change| &change.reason),
        "source": fact.change.as_ref().map(|change| &change.source),
    })
}

/// Records one fact as a file of one row, and names the settlements that it may touch.
async fn change(args: ChangeArgs, kind: FactKind) -> Result<bool> {
    let (mut columns, mut cells) = (Vec::new(), Vec::new());
    for cell in &args.cells {
        let Some((column, value)) = cell.split_once('=') else { bail!("an argument is not COLUMN=VALUE") };
        columns.push(column.to_owned());
        cells.push(value.to_owned());
    }
    let value_of = |names: &[&str]| {
        let place = columns.iter().position(|column| names.contains(&column.as_str()));
        place.and_then(|place| cells.get(place)).cloned()
    };
    let (person_id, from, to) = (
        value_of(&["person_id", "人员编号"]),
        value_of(&["from", "approved_date", "开始日期", "审批日期"]),
        value_of(&["to", "结束日期"]),
    );
    let header = FileHeader {
        kind: kind.into(),
        columns,
        validate_only: args.check,
        changed_by: args.by.clone(),
        reason: args.reason.clone(),
        source: "onestop".to_owned(),
        ..FileHeader::default()
    };
    let row = Part::Rows(FileRows { rows: vec![FactRow { number: 1, cells }] });
    let parts = [Part::Header(header), row, Part::End(FileEnd { rows: 1 })];
    let parts = parts.map(|part| ImportFileRequest { part: Some(part) });
    let mut client = Client::open(&args.client).await?;
    let mut faults = Vec::new();
    let outcome = take_outcome(&mut client, tokio_stream::iter(parts), |answer| {
        faults.extend(answer.rejected);
        Ok(())
    });
    let outcome = outcome.await?;
    let mut out = std::io::stdout().lock();
    for fault in &faults {
        writeln!(out, "{} {}", fault.column, fault.description)?;
    }
    if outcome.faults == 0 {
        writeln!(out, "{} of 1 fact new, {} stored", outcome.changed_rows, outcome.stored_rows)?;
        if let Some(person_id) = person_id.filter(|_| outcome.changed_rows > 0) {
            name_touched(&mut client, &person_id, from.as_deref(), to.as_deref(), &mut out).await?;
        }
    }
    Ok(outcome.faults == 0)
}

/// Names the person's settlements of the days on which the fact holds: they may have to be adjudicated again.
async fn name_touched(
    client: &mut Client,
    person_id: &str,
    from: Option<&str>,
    to: Option<&str>,
    out: &mut impl Write,
) -> Result<()> {
    let day = |text: Option<&str>| text.and_then(|text| text.parse::<NaiveDate>().ok());
    let (from, to) = (day(from), day(to));
    let mut page_token = String::new();
    loop {
        let request = ListRequest { person_id: person_id.to_owned(), page_size: 0, page_token };
        let page = client.one_stop.list(request).await.map_err(refused)?.into_inner();
        for settlement in page.settlements {
            let date = settlement.service_date.unwrap_or_default();
            let date = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
            let served = day(Some(&date));
            let is_touched =
                served.is_some_and(|served| from.is_none_or(|from| from <= served) && to.is_none_or(|to| served <= to));
            if is_touched {
                writeln!(out, "touches settlement {} of {date}", settlement.settlement_id)?;
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(());
        }
    }
}
