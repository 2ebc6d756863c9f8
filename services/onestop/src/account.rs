//! `onestop account`: individual accounts at the counter.

mod credit;

use std::fmt::Display;
use std::io::Write;

use anyhow::{Context, Result};
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Utc};
use claim::{Kinship, MovementKind};
use comfy_table::{Cell, Table, presets};
use host::Clock;
use money::Fen;
use tonic::Status;
use wire::Listed;
use wire::account_v1::{
    AuthoriseRequest, GetAccountRequest, GetAccountResponse, InheritRequest, ListMovementsRequest, Movement,
    RefundRequest, RevokeRequest,
};

use crate::cli::{AccountCommand, AccountOptions};
use crate::client::Client;
use crate::fault::Fault;
use crate::render::{Lang, Words, right, yuan};

const SHANGHAI_SECONDS_EAST: i32 = 8 * 3_600;
const MOVEMENTS_PER_CALL: i32 = 500;

/// Runs an account command; a fault goes to standard error. Answers whether everything that was asked for succeeded.
///
/// # Errors
/// Where the platform or a file cannot be used at all, or the output cannot be written.
pub async fn run(command: AccountCommand) -> Result<bool> {
    match command {
        AccountCommand::Show { person, options } => Counter::open(&options).await?.show(&person).await,
        AccountCommand::Statement { person, year, options } => {
            Counter::open(&options).await?.statement(&person, year).await
        }
        AccountCommand::Credit { files, options } => credit::credit(&files, &options).await,
        AccountCommand::Authorise { person, member, kinship, from, to, options } => {
            let days = (from.unwrap_or_else(today), to);
            Counter::open(&options).await?.authorise(person, member, kinship, days).await
        }
        AccountCommand::Revoke { person, member, last, options } => {
            let last = last.unwrap_or_else(today);
            Counter::open(&options).await?.revoke(person, member, last).await
        }
        AccountCommand::Refund { person, options } => Counter::open(&options).await?.refund(person).await,
        AccountCommand::Inherit { person, heir, options } => {
            Counter::open(&options).await?.inherit(person, heir.unwrap_or_default()).await
        }
    }
}

fn today() -> NaiveDate {
    Clock::system().today()
}

/// The accounts and the language they are spoken of in.
struct Counter {
    client: Client,
    lang: Lang,
}

impl Counter {
    async fn open(options: &AccountOptions) -> Result<Self> {
        Ok(Self { client: Client::open(&options.client).await?, lang: options.lang })
    }

    fn say(&self, words: (&'static str, &'static str)) -> &'static str {
        self.lang.pick(words)
    }

    /// Tells why a call failed.
    fn refused(&self, place: impl Display, status: Status) -> Result<bool> {
        Fault::from(status).write(&mut std::io::stderr().lock(), place, self.lang)?;
        Ok(false)
    }

    /// Tells what a call did, in one line.
    fn done(&self, words: (&'static str, &'static str), rest: impl Display) -> Result<bool> {
        let colon = self.say(("：", ": "));
        writeln!(std::io::stdout().lock(), "{}{colon}{rest}", self.say(words))?;
        Ok(true)
    }

    async fn show(mut self, person: &str) -> Result<bool> {
        let request = GetAccountRequest { person_id: person.to_owned() };
        match self.client.accounts.get_account(request).await {
            Ok(answer) => self.print_account(person, answer.into_inner()),
            Err(status) => self.refused(person, status),
        }
    }

    fn print_account(&self, person: &str, account: GetAccountResponse) -> Result<bool> {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        let rows = [
            (("余额", "Balance"), account.balance_fen),
            (("结算中占用", "Held"), account.held_fen),
            (("可用余额", "Free"), account.free_fen),
        ];
        for (words, fen) in rows {
            table.add_row([Cell::new(self.say(words)), right(yuan(Fen::new(fen)))]);
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "{} {person}\n{table}", self.say(("个人账户", "Individual account")))?;
        if account.closed_time.is_some() {
            writeln!(out, "{}", self.say(("账户已注销", "The account is closed")))?;
        }
        if account.authorisations.is_empty() {
            return Ok(true);
        }
        let mut family = Table::new();
        family.load_style(presets::UTF8_FULL_CONDENSED).set_header([
            self.say(("家庭共济成员", "Family member")),
            self.say(("关系", "Kinship")),
            self.say(("自", "From")),
            self.say(("至", "To")),
        ]);
        for of in account.authorisations {
            let kinship = Kinship::from_number(of.kinship).context("the platform's answer is faulty")?;
            let day = |date: Option<wire::proto::google::r#type::Date>| {
                date.map_or_else(String::new, |date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day))
            };
            let kinship = self.lang.pick(kinship.words()).to_owned();
            family.add_row([of.member_person_id, kinship, day(of.from_date), day(of.to_date)]);
        }
        writeln!(out, "{family}")?;
        Ok(true)
    }

    async fn statement(mut self, person: &str, year: Option<i32>) -> Result<bool> {
        let movements = match self.movements(person).await? {
            Ok(movements) => movements,
            Err(status) => return self.refused(person, status),
        };
        let of_year = |movement: &&Movement| year.is_none_or(|year| recorded_on(movement).year() == year);
        let shown: Vec<&Movement> = movements.iter().filter(of_year).collect();
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
            self.say(("序号", "No.")),
            self.say(("日期", "Date")),
            self.say(("事项", "Movement")),
            self.say(("凭据", "Reference")),
            self.say(("相关人员", "Other person")),
            self.say(("金额", "Amount")),
            self.say(("余额", "Balance")),
        ]);
        for movement in &shown {
            let kind = MovementKind::from_number(movement.kind).context("the platform's answer is faulty")?;
            table.add_row([
                right(movement.sequence.to_string()),
                Cell::new(recorded_on(movement)),
                Cell::new(self.lang.pick(kind.words())),
                Cell::new(&movement.reference),
                Cell::new(&movement.other_person_id),
                right(yuan(Fen::new(movement.amount_fen))),
                right(yuan(Fen::new(movement.balance_fen))),
            ]);
        }
        let sum: Fen = shown.iter().map(|movement| Fen::new(movement.amount_fen)).sum();
        let before = shown.first().map_or(Fen::ZERO, |of| Fen::new(of.balance_fen) - Fen::new(of.amount_fen));
        let mut out = std::io::stdout().lock();
        writeln!(out, "{} {person}\n{table}", self.say(("个人账户明细", "Statement of individual account")))?;
        writeln!(
            out,
            "{} {} + {} {} = {} {}",
            self.say(("期初结转", "carried over")),
            yuan(before),
            self.say(("本期收支", "movements")),
            yuan(sum),
            self.say(("期末余额", "balance")),
            yuan(before + sum)
        )?;
        Ok(true)
    }

    /// All movements of an account, oldest first.
    async fn movements(&mut self, person: &str) -> Result<Result<Vec<Movement>, Status>> {
        let exists = self.client.accounts.get_account(GetAccountRequest { person_id: person.to_owned() }).await;
        if let Err(status) = exists {
            return Ok(Err(status));
        }
        let (mut movements, mut before_sequence) = (Vec::new(), 0);
        loop {
            let request =
                ListMovementsRequest { person_id: person.to_owned(), page_size: MOVEMENTS_PER_CALL, before_sequence };
            let page = match self.client.accounts.list_movements(request).await {
                Ok(answer) => answer.into_inner().movements,
                Err(status) => return Ok(Err(status)),
            };
            let Some(last) = page.last() else { break };
            before_sequence = last.sequence;
            movements.extend(page);
            if before_sequence <= 1 {
                break;
            }
        }
        movements.reverse();
        Ok(Ok(movements))
    }

    async fn authorise(
        mut self,
        person: String,
        member: String,
        kinship: Kinship,
        (from, to): (NaiveDate, Option<NaiveDate>),
    ) -> Result<bool> {
        let request = AuthoriseRequest {
            request_id: format!("authorise-{from}"),
            person_id: person.clone(),
            member_person_id: member.clone(),
            kinship: wire::claim_v1::Kinship::from(kinship).into(),
            from_date: Some(from.into()),
            to_date: to.map(Into::into),
        };
        match self.client.accounts.authorise(request).await {
            Ok(_) => self.done(("已添加进个人账户支付人员名单", "authorised"), member),
            Err(status) => self.refused(person, status),
        }
    }

    async fn revoke(mut self, person: String, member: String, last: NaiveDate) -> Result<bool> {
        let request = RevokeRequest {
            request_id: format!("revoke-{last}"),
            person_id: person.clone(),
            member_person_id: member.clone(),
            last_date: Some(last.into()),
        };
        match self.client.accounts.revoke(request).await {
            Ok(answer) if answer.get_ref().was_authorised => {
                self.done(("已从个人账户支付人员名单移除", "revoked"), member)
            }
            Ok(_) => self.done(("该人员不在个人账户支付人员名单", "was not authorised"), member),
            Err(status) => self.refused(person, status),
        }
    }

    async fn refund(mut self, person: String) -> Result<bool> {
        let request = RefundRequest { request_id: "refund".to_owned(), person_id: person.clone() };
        match self.client.accounts.refund(request).await {
            Ok(answer) => {
                let paid = yuan(Fen::new(answer.get_ref().paid_out_fen));
                self.done(("账户已注销，一次性清退金额", "closed; paid out"), paid)
            }
            Err(status) => self.refused(person, status),
        }
    }

    async fn inherit(mut self, person: String, heir: String) -> Result<bool> {
        let request =
            InheritRequest { request_id: "inherit".to_owned(), person_id: person.clone(), heir_person_id: heir };
        match self.client.accounts.inherit(request).await {
            Ok(answer) => {
                let inherited = yuan(Fen::new(answer.get_ref().inherited_fen));
                self.done(("账户已注销，继承金额", "closed; inherited"), inherited)
            }
            Err(status) => self.refused(person, status),
        }
    }
}

/// The civil day in Shanghai on which a movement was recorded.
fn recorded_on(movement: &Movement) -> NaiveDate {
    let time = movement.recorded_time.unwrap_or_default();
    let time: DateTime<Utc> = DateTime::from_timestamp(time.seconds, 0).unwrap_or_default();
    FixedOffset::east_opt(SHANGHAI_SECONDS_EAST)
        .map_or_else(|| time.date_naive(), |shanghai| time.with_timezone(&shanghai).date_naive())
}
